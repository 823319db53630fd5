"""Who is in the model's share of the traffic, and what is recorded of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.traffic import in_share, new_secret, pseudonym, token_hash

SHARES = st.floats(0, 100)


@given(st.text(max_size=30), SHARES, SHARES)
def test_a_growing_share_keeps_those_it_had(entity, one, other):
    low, high = sorted((one, other))
    assert not in_share(entity, low, "a") or in_share(entity, high, "a")


@given(st.text(max_size=30), st.text(max_size=9))
def test_nobody_is_in_no_share_and_everybody_in_the_whole(entity, salt):
    assert not in_share(entity, 0, salt)
    assert in_share(entity, 100, salt)


@pytest.mark.parametrize(("percent", "least", "most"), [(1, 420, 580), (25, 12_200, 12_800)])
def test_a_share_is_about_as_large_as_asked(percent, least, most):
    taken = sum(in_share(str(number), percent, "hour48") for number in range(50_000))
    assert least < taken < most


def test_another_salt_chooses_others():
    chosen = [{n for n in range(5_000) if in_share(str(n), 10, salt)} for salt in ("a", "b")]
    assert len(chosen[0] & chosen[1]) < 0.2 * len(chosen[0])


def test_a_pseudonym_is_the_same_within_a_deployment_and_says_nothing_elsewhere():
    one, other = new_secret(), new_secret()
    assert pseudonym("4711", one) == pseudonym("4711", one)
    assert pseudonym("4711", one) not in {pseudonym("4711", other), pseudonym("4712", one)}
    assert "4711" not in pseudonym("4711", one)


def test_a_token_is_stored_as_a_hash():
    assert len(token_hash("secret")) == 64
    assert "secret" not in token_hash("secret")
