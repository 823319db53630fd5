"""Which fix-it items are taken, which are sent back, and what is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.fix_lint import lint_fix
from bot.fix_lint.dates import without_dates

HERE = Path(__file__).parent
STORIES = (HERE.parents[1] / "stories").glob("*.yaml")
CLEAR = "Ana grants the analysts SELECT on the orders schema by Friday"


def _precision_and_recall(name: str) -> tuple[float, float]:
    """Of sending back: how many sent back are vague, how many vague are sent back."""
    labelled = yaml.safe_load((HERE / name).read_text(encoding="utf-8"))
    caught = sum(not lint_fix(text).ok for text in labelled["vague"])
    wronged = sum(not lint_fix(text).ok for text in labelled["concrete"])
    return caught / (caught + wronged), caught / len(labelled["vague"])


def test_there_are_two_hundred_labelled_items_and_no_item_twice():
    labelled = yaml.safe_load((HERE / "labelled.yaml").read_text(encoding="utf-8"))
    apart = yaml.safe_load((HERE / "held_out.yaml").read_text(encoding="utf-8"))
    assert {key: len(texts) for key, texts in labelled.items()} == {"vague": 100, "concrete": 100}
    everything = [
        text.casefold() for part in (labelled, apart) for key in part for text in part[key]
    ]
    assert len(everything) == len(set(everything)) == 260


def test_the_labelled_items_are_told_apart():
    precision, recall = _precision_and_recall("labelled.yaml")
    assert precision >= 0.97
    assert recall >= 0.97


def test_items_held_out_are_told_apart():
    precision, recall = _precision_and_recall("held_out.yaml")
    assert precision >= 0.9
    assert recall >= 0.9


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (CLEAR, ()),
        ("Improve data maturity", ("who", "what", "system", "by_when")),
        ("Give the data science team direct access to the production replica", ("who", "by_when")),
        ("We give the analysts access to the replica by Friday", ("who",)),
        ("Somebody adds an index to orders.created_at by Friday", ("who",)),
        ("Ana improves data maturity by Friday", ("what", "system")),
        ("Ana looks into the Snowflake permissions by Friday", ("what",)),
        ("Ana reduces the latency of the scoring API by Friday", ("what",)),
        ("Ana reduces the latency of the scoring API to 200 ms by Friday", ()),
        ("Ana adds a rollback job to the release pipeline soon", ("by_when",)),
        ("Ana adds a rollback job to the release pipeline asap", ("by_when",)),
        ("The replica is opened to the analysts by the DBA team by 12 May", ()),
        ("Legal and compliance sign the contract by Friday", ()),
        ("Passwords for the till database given to Ben by Monday (owner: DBA team)", ()),
        ("Read role on the orders schema, platform team, 4 June", ()),
        ("Ana turns the nightly feed off and on again by Friday", ()),
        ("Cho cuts the access form from five pages to one by Friday", ()),
        ("Rotate the API keys; Jonas, two weeks", ()),
        ("Ana finds out whether the port can be opened by Friday", ("what",)),
        ("A better dashboard, Ana, Friday", ("what",)),
        ("Trust built between the departments by June", ("who", "what", "system")),
        ("IT installs Docker on the builders' laptops by Friday", ()),
        ("Write the runbook for the scorer by Friday (platform team)", ()),
        ("<@U024BE7LH> adds a staging database by 2030-01-31", ()),
        ("By 6 June the CISO signs the exemption form", ()),
        ("Our systems get faster", ("who", "what", "system", "by_when")),
    ],
)
def test_what_is_missing_is_named(text: str, missing: tuple[str, ...]):
    assert lint_fix(text).missing == missing


def test_an_item_is_taken_when_deed_and_thing_are_named_even_without_name_and_date():
    told = lint_fix("Grant the analysts read access to the replica")
    assert told.ok
    assert "who does it" in told.message
    assert "by when" in told.message


def test_name_and_date_alone_do_not_make_a_wish_concrete():
    assert not lint_fix("Ana will align stakeholders by Friday").ok


def test_owner_and_date_from_the_items_fields_count():
    told = lint_fix("Grant the analysts read access to the replica", owner="Ana", due="2030-01-31")
    assert (told.ok, told.missing, told.suggestion) == (True, (), "")


def test_blank_fields_do_not_count():
    told = lint_fix("Grant the analysts access to the replica", owner=" ", due="")
    assert told.missing == ("who", "by_when")


def test_the_suggestion_fits_the_subject_and_is_itself_clear():
    for text in (
        "improve skills",
        "align stakeholders",
        "better governance",
        "modernise legacy",
        "x",
    ):
        suggestion = lint_fix(text, owner="Ben").suggestion.removeprefix("For example: ")
        assert suggestion.startswith("Ben ")
        assert lint_fix(suggestion).missing == ()


@pytest.mark.parametrize(
    "text",
    [
        "by Friday", "by 12 May", "by May 12th", "by 2025-05-12", "before the end of the month",
        "until 1.6.2025", "by EOW", "within two weeks", "in 10 days", "by the end of Q3", "tomorrow",  # noqa: E501  (a table reads better so)
        "by day 14", "due: 2025-06-01", "by next Tuesday", "no later than 3 June 2026", "by noon",
        "within 5 working days", "by mid-March", "this week", "by the March release", "in week 23",
    ],
)  # fmt: skip  # a table, one row a line
def test_a_deadline_is_found(text: str):
    assert without_dates(f"Ana adds a job {text}")[1]


@pytest.mark.parametrize(
    "text", ["soon", "asap", "someday", "going forward", "may be", "by Ana", ""]
)
def test_a_vague_time_is_no_deadline(text: str):
    assert not without_dates(f"Ben adds a job {text}")[1]


@pytest.mark.parametrize("text", ["", "  \n", "?!", "2025-05-12", "x" * 2_001])
def test_an_empty_or_endless_item_is_refused(text: str):
    with pytest.raises(InputError):
        lint_fix(text)


@pytest.mark.parametrize("story", sorted(STORIES), ids=lambda path: path.stem)
def test_what_the_product_proposes_passes_its_own_lint(story: Path):
    told = yaml.safe_load(story.read_text(encoding="utf-8"))
    fixes = verdict(parse_story(told).record).fixes
    assert [fix.text for fix in fixes if not lint_fix(fix.text).ok] == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Ana: who owns the model? Answer by Friday.", ()),
        ("Who owns the model?", ("who", "what", "by_when")),
        ("Ben improves “the data” by Friday", ("what",)),
        ("Ben answers the privacy request by Friday", ()),
    ],
)
def test_a_question_by_a_day_is_concrete(text: str, missing: tuple[str, ...]):
    assert lint_fix(text).missing == missing


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_any_text_is_judged_the_same_way_twice(text: str):
    item = f"a{text}"
    told = lint_fix(item)
    assert told == lint_fix(item)
    assert told.ok == (not {"what", "system"} & set(told.missing))
    assert bool(told.suggestion) == bool(told.missing)


@given(st.sampled_from(["Ana", "the DBA team", "Ben Lee"]), st.sampled_from(["Friday", "12 May"]))
def test_filling_the_fields_never_makes_an_item_worse(owner: str, due: str):
    for text in ("improve data quality", "grant access to the replica", CLEAR):
        assert set(lint_fix(text, owner=owner, due=due).missing) <= set(lint_fix(text).missing)


def test_the_command_prints_the_judgement_as_json():
    command = [sys.executable, "-m", "hour48", "lint-fix", "improve data maturity", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["ok"] is False
    assert told["missing"] == ["who", "what", "system", "by_when"]
    assert told["message"].startswith("Too vague")
