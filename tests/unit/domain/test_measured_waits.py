"""What was measured of a wait counts before what somebody said, in a story and in the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.verdict.model import Basis

BLOCKER = {
    "at": 2,
    "by": "Ana",
    "blocker": "replica",
    "title": "Read access to the billing replica needs a form",
    "kind": "approval_process",
    "lead_time": "2 weeks",
}


def judged(*events, lead_time="2 weeks"):
    blocker = BLOCKER | ({"lead_time": lead_time} if lead_time else {})
    if not lead_time:
        blocker.pop("lead_time", None)
    return verdict(parse_story({"story": "S", "events": [blocker, *events]}).record)


def wait(**fields):
    return {"at": 40, "by": "Ana", "measured": "replica", "source": "JIRA SEC-114", **fields}


def days(found):
    return found.causes[0].days.mode


def test_what_is_left_of_a_quote_counts_from_the_day_it_was_asked():
    found = judged(wait(asked=-9 * 24 + 48))
    cause = found.causes[0]
    assert cause.basis is Basis.MEASURED
    assert days(found) == pytest.approx(5.0)
    assert cause.words == "quoted 2 weeks · measured 9 days so far (JIRA SEC-114)"
    told = " ".join(sentence.text for sentence in found.reasons["timeline"])
    assert "quoted 2 weeks · measured 9 days so far (JIRA SEC-114)" in told
    assert found.forecast.p50 < judged().forecast.p50


def test_a_wait_beyond_its_quote_refutes_the_quote():
    found = judged(wait(asked=48 - 60 * 24))
    assert days(found) == pytest.approx(21.0)
    assert found.forecast.p50 > judged().forecast.p50


def test_a_wait_that_ended_is_nearly_nothing_although_nobody_pressed_resolved():
    found = judged(wait(asked=-200, ended=30))
    assert days(found) < 1
    assert "over" in found.causes[0].words


def test_a_refused_wait_is_a_refusal():
    found = judged(wait(asked=-200, ended=30, outcome="refused"))
    assert found.causes[0].refused
    assert days(found) == 14


def test_a_meeting_that_decides_is_not_over_before_it_was():
    found = judged(wait(asked=-13 * 24, meets=48 + 30 * 24))
    assert days(found) == pytest.approx(30.0)


def test_access_is_asked_for_and_granted_in_a_story():
    asked = {"at": 3, "by": "Ben", "ask_access": "replica", "source": "crm.customers"}
    found = judged(asked, {"at": 20, "by": "Ben", "granted": "replica"})
    assert found.causes[0].words == (
        "quoted 2 weeks · measured 17 hours (SELECT on crm.customers, over)"
    )


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_a_longer_wait_so_far_never_forecasts_less_once_the_quote_is_passed(first, second):
    shorter, longer = sorted((first, second))
    beyond = 48 - 14 * 24
    near, far = (judged(wait(asked=beyond - more)) for more in (shorter, longer))
    assert days(far) >= days(near) - 1e-9


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (wait(measured="none"), 'no blocker "none" has come up by hour 40; known: replica'),
        (wait(asked=41), "asked"),
        (wait(ended=41), "ended"),
        (wait(asked=-5, ended=-10), "ended"),
        (wait(outcome="done"), "belongs to a wait that has `ended`"),
        (wait(outcome="maybe", ended=40), "outcome"),
        (wait(source=None), "source"),
        ({"at": 4, "by": "B", "granted": "replica"}, "nobody has asked for access"),
    ],
)
def test_a_wait_that_cannot_be_read_names_its_event_and_field(event, says):
    with pytest.raises(InputError, match=says) as refused:
        judged(event)
    assert "event 2" in refused.value.message
