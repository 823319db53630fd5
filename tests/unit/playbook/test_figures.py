"""The standard playbook holds the method's facts, and its words are written, not generated."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from bot.domain.verdict.priors import Priors
from bot.domain.vocabulary import KIND_CATEGORY, PHASE_HOURS, PHASE_SCENARIOS, Kind, PhaseKey
from bot.playbook.figures import priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.sandbox import PromptFacts, render

FACTS = PromptFacts(5, 43, "churn", "Ana", "Ben", "Cho", "Dee")


@pytest.fixture(scope="module")
def playbook():
    return load_playbook()


def test_it_runs_48_hours_in_the_four_phases_of_the_method(playbook):
    spans = {phase.key: (phase.start, phase.end) for phase in playbook.phases}
    assert spans == {key.value: span for key, span in PHASE_HOURS.items()}
    assert tuple(phase.end for phase in playbook.phases) == (8, 16, 24, 48)


@pytest.mark.parametrize("phase", list(PhaseKey))
def test_each_phase_has_its_four_scenarios_best_first(playbook, phase):
    assert tuple(each.key for each in playbook.phase(phase).scenarios) == PHASE_SCENARIOS[phase]


def test_only_the_best_scenario_of_a_phase_suggests_no_blocker(playbook):
    for phase in playbook.phases:
        best, *others = phase.scenarios
        assert best.suggests.kind is None
        assert all(each.suggests.kind and each.suggests.remedy for each in others)


def test_there_are_49_prompts_and_no_sentence_comes_twice(playbook):
    words = [entry.words for entry in playbook.hours]
    questions = [entry.question for entry in playbook.hours]
    assert [entry.hour for entry in playbook.hours] == list(range(49))
    assert len(set(words)) == len(set(questions)) == 49


def test_a_prompt_is_two_sentences_or_three_short_ones_at_most(playbook):
    for entry in playbook.hours:
        told = render(entry.words, FACTS)
        assert len(re.findall(r"[.!?](?:\s|$)", told)) <= 3, told
        assert len(told) <= 170, told
        assert entry.question.endswith("?") or "it?" in entry.question


def test_no_two_neighbouring_prompts_begin_alike(playbook):
    openings = [" ".join(render(entry.words, FACTS).split()[:2]) for entry in playbook.hours]
    assert all(now != then for now, then in pairwise(openings))


@pytest.mark.parametrize(
    ("first", "last", "probes"),
    [
        (1, 2, {"access"}),
        (3, 7, {"quality", "joins"}),
        (8, 10, {"environment"}),
        (11, 15, {"baseline"}),
        (16, 23, {"integration", None}),
        (24, 48, {"governance", None}),
    ],
)
def test_the_probe_fits_the_hour(playbook, first, last, probes):
    assert {playbook.hour(hour).probe for hour in range(first, last + 1)} == probes


def test_kinds_offer_their_likely_remedies_and_a_deciding_question(playbook):
    assert [entry.key for entry in playbook.kinds] == list(KIND_CATEGORY)
    assert all(entry.question.endswith("?") for entry in playbook.kinds)
    assert playbook.kind(Kind.APPROVAL_PROCESS).title == "Approval process"


def test_the_paths_carry_the_shares_of_the_method(playbook):
    shares = {path.key.value: path.share_percent for path in playbook.paths}
    assert shares == {"deploy_more": 5, "fix_blockers": 60, "build_foundation": 35}
    assert playbook.costs.assessment == 500_000
    assert playbook.follow_up_days == (7, 14, 21, 30)


@pytest.mark.parametrize(
    ("hour", "phase"),
    [
        (0, "data"),
        (7.99, "data"),
        (8, "model"),
        (24, "deployment"),
        (48, "deployment"),
        (99, "deployment"),
    ],
)
def test_the_phase_at_an_hour(playbook, hour, phase):
    assert playbook.phase_at(hour).key == phase


def test_words_change_with_the_facts(playbook):
    waiting = PromptFacts(27, 21, "churn", "Ana", "Ben", "Cho", "Dee", waiting_approvals=3)
    assert "Approvals waiting: 3." in render(playbook.hour(27).words, waiting)
    assert "No approval is waiting" in render(playbook.hour(27).words, FACTS)


def test_a_fact_full_of_template_marks_is_not_run(playbook):
    hostile = PromptFacts(0, 48, "{{ 7 * 7 }}{% raw %}", "Ana", "Ben", "Cho", "Dee")
    assert "{{ 7 * 7 }}" in render(playbook.hour(0).question, hostile)


def test_it_is_read_once(playbook):
    assert load_playbook() is playbook


def test_what_the_verdict_assumes_without_a_playbook_is_what_the_standard_one_says():
    assert priors_of(load_playbook()) == Priors()
