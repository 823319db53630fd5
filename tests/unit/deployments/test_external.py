"""What runs elsewhere: how it is known, and when it falls silent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.deployments import external, monitoring
from bot.domain.errors import InputError
from tests.runtimes import (
    ANA,
    TEAM,
    trail,
)
from tests.stage import words_of
from tests.unit.deployments.staging import live_card, row_of


@pytest.mark.parametrize(
    ("link", "is_watched", "trust", "said"),
    [
        (None, False, "claimed", "hour48 has not seen it"),
        ("https://grafana.example/d/1", False, "evidence", "Evidence"),
        ("https://model.example/livez", True, "evidence", "will ask"),
    ],
)
def test_what_runs_elsewhere_says_how_it_is_known(
    runtime, sprint_id, link, is_watched, trust, said
):
    from bot.deployments.announcements import trust_of

    with runtime.uow(TEAM) as uow:
        row = external.note_elsewhere(uow, ANA, sprint_id, 1, link=link, is_watched=is_watched)
        assert trust_of(row) == trust
        number = row.id
    assert said in words_of(live_card(runtime, sprint_id, number))


def test_a_watched_address_that_falls_silent_says_so_once(runtime, sprint_id):
    with runtime.uow(TEAM) as uow:
        row = external.note_elsewhere(
            uow, ANA, sprint_id, 1, link="https://model.example/livez", is_watched=True
        )
        number = row.id
    for answer in ({"status": 200}, {"status": 200}, {"status": 500}, {"error": "refused"}):
        monitoring.note_answer(runtime, TEAM, number, answer, datetime.now(UTC))
    assert "does *not* answer" in words_of(live_card(runtime, sprint_id, number))
    row = row_of(runtime, number)
    assert (row.watched["checks"], row.watched["up"]) == (4, 2)
    actions = [each.action for each in trail(runtime, "deployment")]
    assert actions.count("went_down") == 1


@pytest.mark.parametrize(
    "link",
    ["ftp://a.example", "javascript:alert(1)", "https://", "https://u:p@a.example", "x" * 2000],
)
def test_a_link_that_is_none_is_refused(runtime, sprint_id, link):
    with pytest.raises(InputError, match="not a link"), runtime.uow(TEAM) as uow:
        external.note_elsewhere(uow, ANA, sprint_id, 1, link=link)
