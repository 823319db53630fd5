"""A story tells what became of its plan: claimed, proved, refused and broken again stay apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.enums import FixState
from bot.domain.errors import InputError
from bot.domain.story import parse_story
from bot.domain.verdict import answers_of, to_json, verdict
from bot.playbook.replay import replay_story

WAITS = {"audit": "6-12 months", "dpo": "3 weeks", "form": "2 weeks", "keys": "1 week"}
EVENTS = [
    {
        "at": at + 1,
        "by": "Ana",
        "blocker": name,
        "title": f"The {name} waits for somebody else",
        "kind": "approval_process",
        "lead_time": wait,
    }
    for at, (name, wait) in enumerate(WAITS.items())
]
REFUSED = {"day": 2, "by": "Ana", "fix": "audit", "outcome": "refused", "says": "Still denied."}
PROVED = {"day": 9, "by": "Ana", "fix": "audit", "outcome": "proved"}
CLAIMED = {"day": 3, "by": "Dee", "fix": "dpo", "outcome": "claimed"}
WORKED = {"day": 4, "fix": "form", "outcome": "proved"}
BROKE = {"day": 8, "fix": "form", "outcome": "regressed", "held_until": 7, "says": "Denied."}


def story(*plan: dict[str, Any], events: list[dict[str, Any]] = EVENTS) -> dict[str, Any]:
    return {"story": "Four waits", "team": {"business": "Dee"}, "events": events, "plan": [*plan]}


def told(*plan: dict[str, Any]) -> dict[str, Any]:
    return to_json(verdict(parse_story(story(*plan)).record))


def test_claimed_proved_and_broken_again_are_never_one_sum():
    found = told(BROKE, WORKED, PROVED, CLAIMED, REFUSED)
    states = {fix["blocker"]: fix["state"] for fix in found["fixes"]}
    wanted = {"audit": "proved", "dpo": "claimed", "form": "regressed", "keys": "open"}
    assert states == {**wanted, "record": "open"}  # the last one is the next step
    counts = {key: value for key, value in found["progress"].items() if key != "forecast_days"}
    wanted = {"count": 5, "proved": 1, "claimed": 1, "regressed": 1, "stuck": 0, "open": 2}
    assert counts == wanted
    first = found["reasons"]["progress"][0]
    assert first.startswith("1 of 5 proved, 1 claimed without a check, 1 broke again, 2 open.")
    (audit,) = [fix for fix in found["fixes"] if fix["blocker"] == "audit"]
    assert [each["outcome"] for each in audit["changes"]] == ["refused", "proved"]


def test_the_forecast_counts_what_is_proved_and_nothing_else():
    before = told()["forecast_days"]
    for plan, is_sooner in [
        ([PROVED], True),
        ([CLAIMED], False),
        ([REFUSED], False),
        ([WORKED, BROKE], False),
    ]:
        counted = told(*plan)
        assert counted["forecast_days"] == before
        assert (counted["progress"]["forecast_days"]["p50"] < before["p50"]) is is_sooner


def test_the_answers_are_those_of_the_debrief_whatever_happens_later():
    bare, later = parse_story(story()).record, parse_story(story(PROVED, CLAIMED)).record
    assert answers_of(verdict(bare)) == answers_of(verdict(later))
    assert "progress" not in told()
    assert "progress" not in told()["reasons"]
    assert all("state" not in fix for fix in told()["fixes"])


def test_an_item_is_named_by_whatever_tells_of_its_cause():
    asked = [
        {"at": 1, "by": "Dee", "request": "security", "of": "Cho", "deadline": 4},
        {"at": 2, "by": "Cho", "decide": "security", "decision": "rejected", "why": "No."},
    ]
    for name in ("decide security", "request security", "approval-security"):
        plan = {"day": 1, "fix": name, "outcome": "proved"}
        record = parse_story(story(plan, events=asked)).record
        assert record.plan[0].state is FixState.PROVED
        assert verdict(record).progress.counts.proved == 1  # type: ignore[union-attr]  # it has a plan


WRONG = [
    ({**PROVED, "fix": "elsewhere"}, 'there is no record "elsewhere"'),
    ({**PROVED, "outcome": "done"}, "must be one of claimed, proved, refused"),
    ({**PROVED, "day": -1}, "must be between 0"),
    ({**BROKE, "fix": "dpo"}, "the item is open; it can't be regressed"),
    ({**PROVED, "held_until": 3}, "belongs to an item that has `regressed`"),
    ({**CLAIMED, "by": None}, "name who said so"),
    ({**BROKE, "held_until": 9}, "must be between 0 and 8"),
    ({**PROVED, "hour": 3}, "unknown key"),
]


@pytest.mark.parametrize(("entry", "fault"), WRONG)
def test_what_cannot_have_happened_names_the_entry(entry, fault):
    with pytest.raises(InputError, match="plan 1") as refused:
        parse_story(story({key: value for key, value in entry.items() if value is not None}))
    assert fault in str(refused.value)


@pytest.mark.parametrize("second", ["refused", "claimed"])
def test_what_is_proved_is_neither_refused_nor_claimed(second):
    with pytest.raises(InputError, match=f"the item is proved; it can't be {second}"):
        parse_story(story(WORKED, {"day": 5, "by": "Ana", "fix": "form", "outcome": second}))


def test_a_plan_about_what_is_settled_is_refused_with_what_it_is_about(tmp_path, capsys):
    settled = [*EVENTS, {"at": 9, "by": "Eve", "resolve": "keys"}]
    file = tmp_path / "waits.yaml"
    file.write_text(json.dumps(story({**PROVED, "fix": "keys"}, events=settled)))
    with pytest.raises(InputError, match='no item about "keys"; it is about audit'):
        replay_story(file, as_json=True)
    file.write_text(json.dumps(story(PROVED)))
    assert replay_story(file, as_json=False)
    assert "What became of the plan" in capsys.readouterr().out
