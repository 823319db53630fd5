"""Stories that cannot have happened, or are no stories: one sentence with file, event and field."""

import os

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.story import parse_story
from bot.playbook.story_file import load_story

ASK = {"at": 26, "by": "Dee", "request": "security", "of": "Cho", "deadline": 12}
YES = {"at": 30, "by": "Cho", "decide": "security", "decision": "approved"}
STOP = {"at": 1, "by": "Ana", "blocker": "b", "title": "A form"}


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
        ([{"at": 3, "by": "Ana", "deploy": 0}], ["no deployment"]),
        ([{"at": 3, "by": "Ana", "deploy": 101}], ['"deploy"']),
        ([{"at": 3, "by": "Ana", "action_plan": "maybe"}], ["yes or no"]),
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
    text = "story: x\ncriteria: {valuable: yes, not_critical: 'no'}\nexpect: {should_do_ai: no}\n"
    story = parse_story(yaml.safe_load(text))
    assert [answer.met for answer in story.record.criteria] == [True, False]
    assert story.expect == {"should_do_ai": "no"}
