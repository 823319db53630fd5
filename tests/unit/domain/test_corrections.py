"""The team's own answers take the place of the computed ones, and the path follows them."""

import pytest

from bot.domain.record import Blocker, Correction, SprintRecord
from bot.domain.verdict import answers_of, verdict
from bot.domain.verdict.model import Sort
from bot.domain.vocabulary import Kind, Remedy

FORM = Blocker("form", "A form for the replica", Kind.APPROVAL_PROCESS, 1.0, "Ana", "data")
CORE = Blocker(
    "core",
    "The core system is replaced first",
    Kind.INTEGRATION,
    20.0,
    "Ana",
    "integration",
    remedy=Remedy.ARCHITECTURE,
    lead_time="4 years",
)


def _judged(*corrections, blockers=(FORM,)):
    told = tuple(
        Correction(f"c{n}", question, answer, "Dee", 48.0, "we know better")
        for n, (question, answer) in enumerate(corrections)
    )
    return verdict(SprintRecord("x", blockers=blockers, corrections=told))


@pytest.mark.parametrize(
    ("question", "answer", "wanted"),
    [
        ("unlimited_resources", "yes", {"unlimited_resources": True}),
        ("timeline", "months", {"timeline": "months"}),
        ("timeline", "years", {"timeline": "years", "path": "build_foundation"}),
        ("should_do_ai", "no", {"should_do_ai": "no", "path": "build_foundation"}),
        ("should_do_ai", "not_yet", {"should_do_ai": "not_yet", "path": "fix_blockers"}),
        ("critical_path", "skills", {"critical_path": "skills"}),
        ("critical_path", "none", {"critical_path": None}),
    ],
)
def test_a_correction_takes_the_place_of_the_computed_answer(question, answer, wanted):
    plain, corrected = answers_of(_judged()), answers_of(_judged((question, answer)))
    assert corrected == {**plain, **wanted}


def test_the_computed_verdict_stays_beside_the_corrected_one():
    corrected = _judged(("timeline", "years"))
    assert corrected.by_facts == _judged()
    assert _judged().by_facts == _judged()
    first, *rest = corrected.reasons["timeline"]
    assert first.text == "Dee corrected this for the team: years. We know better."
    assert first.facts[0].sort is Sort.CORRECTION
    assert tuple(rest) == _judged().reasons["timeline"]


def test_a_team_that_says_weeks_says_that_nothing_is_foundation_work():
    assert _judged(blockers=(CORE,)).path == "build_foundation"
    corrected = _judged(("timeline", "weeks"), ("should_do_ai", "yes"), blockers=(CORE,))
    assert corrected.path == "fix_blockers"
    assert "changed it from “build the foundation”" in corrected.reasons["path"][0].text
    assert any("Ana" in s.text or "builder" in s.text for s in corrected.reasons["plan"])
    assert corrected.reasons["plan"] != corrected.by_facts.reasons["plan"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [("timeline", "a while"), ("thirty_days", "Cho signs the form by Friday"), ("weather", "fine")],
)
def test_a_correction_in_words_is_shown_and_changes_no_answer(question, answer):
    corrected = _judged((question, answer))
    assert answers_of(corrected) == answers_of(_judged())
    assert answer in corrected.reasons[question][0].text


def test_the_last_correction_of_a_question_counts():
    assert _judged(("timeline", "years"), ("timeline", "days")).timeline == "days"
