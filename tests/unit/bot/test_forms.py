"""A form's fields carry their rules; every fault is said at once, each under its block."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from bot.domain.errors import FormError
from bot.forms import check_form, refuse, with_rules
from handlers.typed_text import fill


@with_rules
@dataclass(frozen=True, slots=True)
class Order:
    what: Annotated[str, refuse(lambda what, _: None if what else "Say what.")]
    count: Annotated[
        int, refuse(lambda n, info: f"At most {info.context}." if n > info.context else None)
    ] = 1


def test_every_fault_is_said_under_its_field():
    with pytest.raises(FormError) as refused:
        check_form(Order("", 9), 5)
    assert refused.value.errors == {"what": "Say what.", "count": "At most 5."}


def test_the_block_of_a_fault_may_have_another_name():
    with pytest.raises(FormError) as refused:
        check_form(Order(""), 5, lambda fault: f"order_{fault['loc'][0]}")
    assert list(refused.value.errors) == ["order_what"]


def test_a_form_is_filled_in_before_its_rules_are_asked():
    order = fill(Order, what="", count="9")
    assert order == Order("", 9)
    check_form(Order("tea", 5), 5)
