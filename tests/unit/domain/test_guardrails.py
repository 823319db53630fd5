"""Guardrails that were breached, as causes, and how they join what was done about them."""

import pytest

from bot.domain.story import parse_story
from bot.domain.verdict import to_json, verdict
from bot.domain.vocabulary import Path

LIVE = {"at": 34, "by": "Ana", "deploy": 1, "evidence": "https://grafana/churn"}
BREACH = {"at": 36, "by": "Ana", "guardrail": "p99 latency", "outcome": "breached"}


def judged(*events):
    return verdict(parse_story({"story": "x", "events": list(events)}).record)


def records(found):
    return [{fact.sort.value for fact in cause.records} for cause in found.causes]


def test_a_breached_guardrail_is_a_cause_beside_a_live_model():
    found = judged(LIVE, BREACH)
    assert records(found) == [{"guardrail"}]
    assert "p99 latency" in found.causes[0].title
    assert found.path is Path.FIX_BLOCKERS
    assert any("p99 latency" in fix.text for fix in found.fixes)


@pytest.mark.parametrize(
    "after",
    [
        {"at": 38, "by": "Ana", "guardrail": "p99 latency", "outcome": "ok"},
        {"at": 38, "by": "Ana", "deploy": 1, "evidence": "https://grafana/churn"},
    ],
)
def test_a_guardrail_that_holds_again_or_a_new_deployment_ends_it(after):
    assert judged(LIVE, BREACH, after).causes == ()


@pytest.mark.parametrize(
    "reason", ["p99 latency over 800 ms", "too slow", "guardrail", "orders tripled, must validate"]
)
def test_a_rollback_after_a_breach_is_the_same_cause(reason):
    found = judged(LIVE, BREACH, {"at": 36.2, "by": "Ana", "rollback": reason})
    assert records(found) == [{"rollback", "guardrail"}]
    assert found.causes[0].merged_because


def test_a_rollback_for_something_else_is_not_merged_with_the_breach():
    found = judged(LIVE, BREACH, {"at": 44, "by": "Ana", "rollback": "privacy has not answered"})
    assert sorted(map(sorted, records(found))) == [["guardrail"], ["rollback"]]


def test_the_cause_takes_its_kind_from_what_was_guarded():
    found = judged(LIVE, BREACH | {"guardrail": "precision at 100"})
    assert to_json(found)["causes"][0]["kind"] == "missing_process"


def test_a_guardrail_that_held_again_is_not_told_as_breached():
    events = [
        {"at": 33, "by": "Ana", "deploy": 1, "evidence": "https://x.example"},
        {"at": 37, "by": "Ana", "guardrail": "alarms", "outcome": "breached"},
        {"at": 45, "by": "Ana", "guardrail": "alarms", "outcome": "ok"},
    ]
    told = verdict(parse_story({"story": "x", "events": events}).record).reasons["deployed"]
    assert not any("breached" in each.text for each in told)


PUMPS = {
    **{"at": 37.5, "by": "Ana", "blocker": "pumps", "severity": "stops"},
    "title": "pump numbers are shifted by one after a restart",
}


@pytest.mark.parametrize(
    ("reason", "at", "joined"),
    [
        ("every alert names the wrong pump after the reboot", 38, True),
        ("every alert names the wrong pump after the reboot", 46, False),
        ("privacy wants the phone numbers out", 38, False),
    ],
)
def test_a_rollback_told_in_other_words_is_the_fault_that_was_just_logged(reason, at, joined):
    found = judged(LIVE, PUMPS, {"at": at, "by": "Ana", "rollback": reason})
    assert ({"rollback", "blocker"} in records(found)) is joined


@pytest.mark.parametrize(("how", "left"), [("fixed", False), ("worked_around", True)])
def test_a_rollback_whose_fault_was_fixed_since_is_not_in_the_way(how, left):
    rollback = {"at": 38, "by": "Ana", "rollback": "every alert names the wrong pump"}
    late = PUMPS | {"at": 38.5, "severity": "slows"}
    resolve = {"at": 40, "by": "Ana", "resolve": "pumps", "how": how}
    assert bool(judged(LIVE, rollback, late, resolve).causes) is left
