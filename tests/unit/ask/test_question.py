"""Whole sets of questions about stories of their own, with what an answer has to rest on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bot.ask.facts import of_other
from bot.ask.shortening import MOST_WORDS
from bot.domain.record import SprintRecord
from bot.playbook.figures import phases_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from hour48.asking import answer_story

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASKED = Path(__file__).with_name("asked")
STORIES = Path(__file__).parents[2] / "stories"
OF_THE_VERDICT = frozenset(
    {"forecast_days", "chance_30_days", "critical_path", "fixes", "path", "surprise"}
    | {"hours_lost", "should_do_ai", "timeline", "cost_of_delay", "team", "champions", "deployed"}
)
UNREAD = frozenset({"-"})
"""Intents of a question of which nobody said what it may be read as."""
LEAST = {True: 0.9, False: 0.7}
"""Whether somebody said what a question may be read as: the least share that is right. Most of
those wordings are learnt by now; the others are near to what a story holds. docs/ask.md has the
first runs."""


@dataclass(frozen=True)
class Case:
    """A question: story|hour|who asks|language|known|intents|facts|words|set."""

    story: Path
    at: float
    asker: str | None
    language: str
    is_known: bool
    intents: frozenset[str]
    facts: frozenset[str]
    words: str


def cases() -> list[Case]:
    found = []
    for row in (ASKED / "questions.txt").read_text("utf-8").splitlines():
        story, at, asker, language, known, intents, facts, words, _ = row.split("|")
        path = next(p for p in (ASKED / f"{story}.yaml", STORIES / f"{story}.yaml") if p.exists())
        named = frozenset(filter(None, facts.split(",")))
        wanted = frozenset(intents.split(","))
        case = Case(path, float(at), asker or None, language, known == "y", wanted, named, words)
        found.append(case)
    return found


@cache
def record(story: Path) -> SprintRecord:
    return load_story(story, phases=phases_of(load_playbook())).record


def recorded(known: SprintRecord, hour: float) -> set[str]:
    """Return the names of all that was recorded up to an hour; gates to come may be announced."""
    found = {f"gate {phase.key}" for phase in known.phases}
    for blocker in known.blockers:
        if blocker.raised_at <= hour:
            found.add(blocker.id)
        found |= {f"resolve {blocker.id}" for each in blocker.history if each.at <= hour}
    for approval in known.approvals:
        if approval.requested_at <= hour:
            found.add(f"request {approval.subject}")
        if approval.decided_at is not None and approval.decided_at <= hour:
            found.add(f"decide {approval.subject}")
    kinds = ("deployments", "rollbacks", "action_plans", "overrides", "owners", "guardrails")
    for name in (*kinds, "answers", "findings", "links", "corrections"):
        found |= {of_other(each).name for each in getattr(known, name) if each.at <= hour}
    return found


def test_what_is_asked_is_answered_from_the_record_and_nothing_else():
    wrong, invented, all_cases = [], [], cases()
    for case in all_cases:
        answer = answer_story(case.story, case.words, at=case.at, asker=case.asker, playbook=None)
        names = {fact.name for fact in answer.facts}
        made_up = names - recorded(record(case.story), case.at) - OF_THE_VERDICT
        invented += [(case.words, each) for each in made_up]
        assert len(answer.text.split()) <= MOST_WORDS, case.words
        assert answer.language == case.language, case.words
        is_right = answer.known is case.is_known and case.facts <= names
        is_read = case.intents == UNREAD or str(answer.intent) in case.intents
        if not is_right or (case.is_known and not is_read):
            wrong.append((case, str(answer.intent), answer.text[:80]))
    assert not invented
    for is_read, least in LEAST.items():
        asked = sum((case.intents != UNREAD) is is_read for case in all_cases)
        missed = [each for each in wrong if (each[0].intents != UNREAD) is is_read]
        assert 1 - len(missed) / asked >= least, "\n".join(map(str, missed))
