"""Stories that cannot have happened, or are no stories: one sentence with file, event and field."""

import os

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.playbook.story_file import load_story

ASK = {"at": 26, "by": "Dee", "request": "security", "of": "Cho", "deadline": 12}
YES = {"at": 30, "by": "Cho", "decide": "security", "decision": "approved"}
STOP = {"at": 1, "by": "Ana", "blocker": "b", "title": "A form"}
SPARSE = {
    "code": "label_sparse",
    "level": "stops",
    "says": "the label is empty in 94 % of the rows",
}
FOUND = {"at": 5, "by": "Ben", "probe": "quality", "source": "crm", "findings": [SPARSE]}
OVERRIDE = {"at": 6, "by": "Ana", "override": "label_sparse", "why": "We label by hand"}
JOIN = {"at": 9, "by": "Ana"}


@pytest.mark.parametrize(
    ("events", "named"),
    [
        ([{**STOP, "colour": "red"}], ["event 1", "colour", "unknown key"]),
        ([{**STOP, "at": 48.1}], ["event 1", '"at"', "between 0 and 48"]),
        ([{**STOP, "at": -1}], ['"at"']),
        ([{**STOP, "at": float("nan")}], ['"at"']),
        ([{**STOP, "at": "noon"}], ['"at"', "number"]),
        ([{**STOP, "at": True}], ['"at"', "number"]),
        ([{**STOP, "by": False}], ['"by"', "quotes"]),
        ([{**STOP, "kind": "weather"}], ['"kind"', "data_access"]),
        ([STOP, {**STOP, "at": 2}], ["event 2", "taken"]),
        ([{"at": 1, "by": "Ana"}], ["event 1", "exactly one"]),
        ([{**STOP, "gate": "data"}], ["exactly one"]),
        ([{"at": 2, "by": "Eve", "resolve": "b"}], ["resolve", "no blocker"]),
        ([STOP, {"at": 0.5, "by": "Eve", "resolve": "b"}], ["event 2", "no blocker"]),
        (
            [STOP, *({"at": t, "by": "Eve", "resolve": "b"} for t in (2, 3))],
            ["event 3", "already resolved"],
        ),
        ([{"at": 8, "by": "Ana", "gate": "lunch", "scenario": "works"}], ['"gate"', "phases"]),
        ([{"at": 8, "by": "Ana", "gate": "data", "scenario": "works"}], ['"scenario"']),
        ([YES], ["nobody has asked"]),
        ([ASK, {**YES, "by": "Eve"}], ["event 2", '"by"', "not asked"]),
        ([ASK, YES, {**YES, "at": 31}], ["event 3", "already decided"]),
        ([ASK, {**YES, "at": 39}], ["event 2", "deadline passed"]),
        ([{**ASK, "of": "Dee"}], ["own request"]),
        ([ASK, {**YES, "decision": "expired"}], ['"decision"']),
        ([{"at": 3, "by": "Ana", "rollback": "why"}], ["nothing is live"]),
        ([{"at": 3, "by": "Ana", "deploy": 0}], ["nothing is deployed"]),
        ([{"at": 3, "by": "Ana", "deploy": 101}], ['"deploy"']),
        ([{"at": 3, "by": "Ana", "action_plan": "maybe"}], ["yes or no"]),
        ([{**FOUND, "findings": "none"}], ['"findings"', "list"]),
        (
            [{**FOUND, "findings": [{"code": "x", "level": "bad", "says": "y"}]}],
            ["finding 1", "ok"],
        ),
        ([{**FOUND, "findings": [{"code": "x", "level": "ok"}]}], ["finding 1", '"says"']),
        ([FOUND, {**OVERRIDE, "override": "leak"}], ["event 2", "no probe", "label_sparse"]),
        ([FOUND, {**OVERRIDE, "at": 4}], ["no probe", "none yet"]),
        ([FOUND, {"at": 6, "by": "Ana", "override": "label_sparse"}], ['"why"', "words"]),
        ([STOP, {**JOIN, "same_cause": "b"}], ['"same_cause"', "at least two"]),
        ([STOP, {**JOIN, "same_cause": ["b", "c"]}], ['"same_cause"', '"c"', "known: b"]),
        ([STOP, {**JOIN, "same_cause": ["b", "b"]}], ["twice"]),
        ([STOP, {**JOIN, "same_cause": ["b", "decide legal"]}], ["decide legal"]),
        ([STOP, {**JOIN, "not_same_cause": ["b", 7]}], ['"not_same_cause"', '"7"']),
        ([{"at": 3, "by": "Dee", "owner": "budget", "of": "Ana"}], ['"owner"', "model"]),
        ([{"at": 3, "by": "Dee", "owner": "model"}], ['"of"']),
        ([{"at": 3, "by": "A", "guardrail": "p99", "outcome": "red"}], ['"outcome"', "breached"]),
        ([{"at": 3, "by": "A", "answer": "Three", "hour": 20}], ['"hour"', "hour 20"]),
        ([{"at": 3, "by": "A", "deploy": 1, "evidence": ["x"]}], ['"evidence"', "words"]),
        ([{**STOP, "why": "x"}], ['"why"', "unknown key"]),
        (["text"], ["event 1"]),
        ("text", ['"events"']),
    ],
)
def test_an_impossible_event_is_named(events, named):
    with pytest.raises(InputError) as refusal:
        parse_story({"story": "x", "events": events}, name="x.yaml")
    for word in ("x.yaml", *named):
        assert word in refusal.value.message
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    "story",
    [None, [], "x", {}, {"story": "x", "evnts": []}, {"story": "x", "team": {"boss": "A"}}]
    + [{"story": "x", "expected": {"technical": n}} for n in (-1, 1.5, "many", True)]
    + [{"story": "x", "expect": {"path": "somewhere"}}, {"story": "x", "criteria": [1]}],
)
def test_a_story_that_is_none_is_refused(story):
    with pytest.raises(InputError, match=r"x\.yaml"):
        parse_story(story, name="x.yaml")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "pairs"),
        ("story: [", "line"),
        ("story: a\nstory: b\n", "line 2"),
        ("a: &a [1]\nb: *a\n", "aliases"),
        ("story: a\n---\nstory: b\n", "one file"),
        ("story: " + "[" * 50, "deeply"),
        ("story: !!python/object:os.system x\n", "line 1"),
        ("story: x\nevents: []\n#" + "x" * 10_000_000, "bytes"),
        ("story: \x07", "bell"),
        ("story: x\nevents:\n  - {at: " + "9" * 5_000 + ", by: A, deploy: 1}\n", "cannot be"),
        ("story: x\nevents:\n  - {at: 2026-13-45, by: A, deploy: 1}\n", "number"),
    ],
)
def test_a_file_that_is_no_story_is_refused(tmp_path, text, word):
    path = tmp_path / "bell.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as refusal:
        load_story(path)
    assert word in refusal.value.message


def test_a_missing_file_a_folder_and_bytes_are_refused(tmp_path):
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    for name in ("none.yaml", ".", "bytes.yaml", "loop.yaml", "pipe.yaml"):
        with pytest.raises(InputError) as refusal:
            load_story(tmp_path / name)
        assert refusal.value.message.count(str(tmp_path)) <= 1


def test_more_events_than_a_sprint_can_have_are_refused():
    events = [{**STOP, "blocker": f"b{n}"} for n in range(2_001)]
    with pytest.raises(InputError, match="at most 2,000"):
        parse_story({"story": "x", "events": events})


def test_silence_until_the_deadline_becomes_an_organizational_blocker():
    record = parse_story({"story": "x", "events": [ASK]}).record
    assert record.approvals[0].decision == "expired"
    blocker = record.blockers[0]
    assert (blocker.category, blocker.raised_at, blocker.approval) == (
        "organizational",
        38,
        "security",
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=9),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["story", "events", "at", "by", "blocker", "gate", "title"]),
                x,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_anything_at_all_is_a_story_or_one_refusal(value):
    try:
        parse_story(value)
    except InputError as refusal:
        assert refusal.message  # noqa: PT017 - a story is no refusal either


def test_yes_and_no_are_read_with_and_without_quotes():
    text = (
        "story: x\ncriteria: {valuable: yes, not_critical: 'no', real_data: null}\n"
        "expect: {should_do_ai: no}\n"
    )
    story = parse_story(yaml.safe_load(text))
    assert [answer.met for answer in story.record.criteria] == [True, False, None]
    assert story.expect == {"should_do_ai": "no"}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"value": 40_000}, ["value", "pairs"]),
        ({"value": {"amount": "much", "currency": "EUR", "per": "month"}}, ['"amount"', "number"]),
        ({"value": {"amount": 1, "currency": "EUR", "per": "moon"}}, ['"per"', "month"]),
        ({"history": {"function": "security"}}, ['"history"', "list"]),
        ({"history": [{"function": "x", "quoted": "soonish or so", "took": "1 day"}]}, ["quoted"]),
        ({"history": [{"function": "x", "quoted": "1 day"}]}, ["history 1", '"took"']),
        ({"forecasts": [{"p50": 35, "p80": 20, "took": 3}]}, ["forecasts 1", '"p80"', "35"]),
        ({"forecasts": [{"p50": 3, "p80": 20, "took": None}]}, ["forecasts 1", '"after"']),
        ({"forecasts": [{"p50": -3, "p80": 20, "took": 1}]}, ['"p50"', "between"]),
    ],
)
def test_worth_past_quotes_and_past_forecasts_are_read_or_refused_by_name(more, named):
    with pytest.raises(InputError) as refusal:
        parse_story({"story": "x", **more}, name="x.yaml")
    for word in ("x.yaml", *named):
        assert word in refusal.value.message
    assert "\n" not in refusal.value.message


def test_everything_the_format_adds_is_in_the_record():
    ask = {"at": 28, "by": "Dee", "request": "legal", "of": "Cho"}
    no = {"at": 30, "by": "Cho", "decide": "legal", "decision": "rejected"}
    locked = {"at": 8, "by": "Ana", "gate": "data", "scenario": "locked", "lead_time": "3 weeks"}
    record = parse_story(
        {
            "story": "x",
            "value": {"amount": 40_000, "currency": "EUR", "per": "month"},
            "history": [{"function": "security", "quoted": "2 weeks", "took": "5 weeks"}],
            "forecasts": [
                {"p50": 20, "p80": 35, "took": 41},
                {"p50": 20, "p80": 35, "took": None, "after": 90},
            ],
            "events": [
                STOP,
                FOUND,
                OVERRIDE,
                locked,
                ask,
                {**no, "why": "No DPIA", "lead_time": "4 weeks"},
                {"at": 31, "by": "Ana", "same_cause": ["b", "decide legal", "gate data"]},
                {"at": 31, "by": "Ana", "not_same_cause": ["b", "label_sparse"]},
                {"at": 33, "by": "Dee", "owner": "model", "of": "Ana"},
                {"at": 34, "by": "Ana", "deploy": 1, "evidence": "https://example.org/log"},
                {"at": 36, "by": "Ana", "guardrail": "p99 latency", "outcome": "breached"},
                {"at": 37, "by": "Ana", "rollback": "too slow"},
                {"at": 38, "by": "Ana", "deploy": 1},
                {"at": 40, "by": "Ana", "answer": "Three teams must say yes", "hour": 20},
            ],
        }
    ).record
    assert (record.value.amount, record.value.per) == (40_000, "month")
    assert [(q.function, q.quoted, q.took) for q in record.history] == [("security", 14, 35)]
    assert [(f.p80, f.took, f.after) for f in record.forecasts] == [(35, 41, None), (35, None, 90)]
    assert [(o.code, o.why) for o in record.overrides] == [("label_sparse", "We label by hand")]
    assert record.gates[0].lead_time == "3 weeks"
    assert (record.approvals[0].reason, record.approvals[0].lead_time) == ("No DPIA", "4 weeks")
    assert [(link.records, link.same) for link in record.links] == [
        (("blocker:b", "approval:legal", "gate:data-1"), True),
        (("blocker:b", f"finding:{record.findings[0].id}"), False),
    ]
    assert [(o.part, o.owner) for o in record.owners] == [("model", "Ana")]
    assert [d.verified for d in record.deployments] == [True, False]
    assert [(g.name, g.outcome) for g in record.guardrails] == [("p99 latency", "breached")]
    assert [(a.hour, a.text) for a in record.answers] == [(20, "Three teams must say yes")]


def test_a_past_quote_that_never_came_counts_as_never_and_one_still_open_as_open():
    told = [
        {"function": "security", "quoted": "2 weeks", "took": None},
        {"function": "security", "quoted": "2 weeks", "took": None, "after": 90},
    ]
    never, open_ = parse_story({"story": "x", "events": [], "history": told}).record.history
    assert (never.took, never.after) == (None, None)
    assert (open_.took, open_.after) == (None, 90)


def test_quotes_that_never_came_make_a_forecast_worse():
    blocker = {"at": 4, "by": "Ana", "blocker": "x", "title": "Security has to sign"}
    blocker |= {"kind": "approval_process", "lead_time": "2 weeks"}
    quote = {"function": "security", "quoted": "2 weeks", "took": None}
    plain, never = (
        verdict(parse_story({"story": "x", "events": [blocker], "history": history}).record)
        for history in ([], [quote] * 12)
    )
    assert never.forecast.p80 > plain.forecast.p80
