"""Questions 1 and 5, and the path: rules on causes, where one more only makes things worse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict.assumptions import DATA_STEP, LONG_STEP, NOT_AT_ALL, NOT_NOW
from bot.domain.verdict.model import Cause, FactRef, Sort
from bot.domain.verdict.obstacles import approval_fact, is_deployed, standing_approvals
from bot.domain.vocabulary import (
    STRUCTURAL_REMEDIES,
    Category,
    Decision,
    Kind,
    Path,
    Remedy,
    ShouldDoAI,
    Timeline,
)


class Doubt(StrEnum):
    """The four reasons not to do AI now, and the want of any evidence."""

    ARCHITECTURE = "architecture"
    ORGANIZATION = "organization"
    RISK = "risk"
    BIGGER_PROBLEMS = "bigger_problems"
    NO_EVIDENCE = "no_evidence"


@dataclass(frozen=True, slots=True)
class Held:
    """A doubt that the facts bear out, and how far."""

    doubt: Doubt
    answer: ShouldDoAI
    fact: FactRef
    title: str
    days: float = 0.0
    turn: tuple[float, str, str] = (0.0, "", "")
    evidence: tuple[FactRef, ...] = ()

    @property
    def facts(self) -> tuple[FactRef, ...]:
        """The fact that bears it out, and what probes found about it."""
        return self.fact, *self.evidence

    @property
    def order(self) -> tuple[int, float, tuple[float, str, str]]:
        """The gravest first; among those the one that takes longest."""
        return -_GRAVITY.index(self.answer), -self.days, self.turn


_DATA_SCENARIOS: Final = frozenset({"data.missing", "data.unusable"})
_CLOSED_DOORS: Final = frozenset({"integration.resistance", "deployment.nobody"})
_RISK_FUNCTIONS: Final = frozenset({"security", "privacy", "legal"})
_GRAVITY: Final = (ShouldDoAI.YES, ShouldDoAI.NOT_YET, ShouldDoAI.NO)


def structural(causes: Iterable[Cause]) -> list[Cause]:
    """Return the causes that budget, people and tools cannot remove (question 1)."""
    return [cause for cause in causes if cause.remedy in STRUCTURAL_REMEDIES]


def is_about_missing_data(cause: Cause) -> bool:
    """Return whether the data itself, not the way to it, is what is wrong."""
    rebuilt = cause.kind is Kind.DATA_ACCESS and cause.remedy is Remedy.ARCHITECTURE
    return rebuilt or (cause.scenario in _DATA_SCENARIOS and cause.category is Category.TECHNICAL)


def is_foundation(cause: Cause) -> bool:
    """Return whether removing the cause is foundation work rather than a fix."""
    days = cause.days.mode
    if is_about_missing_data(cause) or cause.scenario == "integration.impossible":
        return days >= DATA_STEP
    return days > NOT_NOW or (cause.remedy is Remedy.ARCHITECTURE and days >= LONG_STEP)


def _is_closed_to(cause: Cause) -> bool:
    return cause.days.indefinite or cause.days.mode > NOT_AT_ALL


def _architecture(cause: Cause) -> bool:
    return (
        cause.category is Category.TECHNICAL
        and not is_about_missing_data(cause)
        and is_foundation(cause)
    )


def _is_risk(cause: Cause) -> bool:
    refused_for_risk = cause.refused and bool(_RISK_FUNCTIONS.intersection(cause.refused_on))
    return refused_for_risk or (cause.kind is Kind.RISK_TOLERANCE and not cause.refused)


def _risk(cause: Cause) -> bool:
    return _is_risk(cause) and (cause.refused or cause.days.mode > NOT_NOW)


def _organization(cause: Cause) -> bool:
    if cause.category is not Category.ORGANIZATIONAL or _is_risk(cause):
        return False
    closed = cause.refused or cause.scenario in _CLOSED_DOORS
    return closed or cause.days.mode > NOT_NOW


def _bigger_problems(cause: Cause) -> bool:
    if cause.category is Category.CAPABILITY:
        return cause.days.mode > NOT_NOW
    return is_about_missing_data(cause) and is_foundation(cause)


_TESTS: Final[dict[Doubt, Callable[[Cause], bool]]] = {
    Doubt.ARCHITECTURE: _architecture,
    Doubt.ORGANIZATION: _organization,
    Doubt.RISK: _risk,
    Doubt.BIGGER_PROBLEMS: _bigger_problems,
}


def held_doubts(record: SprintRecord, causes: Sequence[Cause]) -> list[Held]:
    """Return every reason not to do AI now that a fact bears out."""
    held = [
        _held(doubt, cause) for doubt, test in _TESTS.items() for cause in causes if test(cause)
    ]
    return [*held, *_deployed_against_a_no(record), *_no_plan(record), *_no_evidence(record)]


def _held(doubt: Doubt, cause: Cause) -> Held:
    return Held(
        doubt,
        ShouldDoAI.NO if _is_closed_to(cause) else ShouldDoAI.NOT_YET,
        cause.fact,
        cause.title,
        cause.days.mode,
        cause.turn,
        cause.evidence,
    )


def _deployed_against_a_no(record: SprintRecord) -> list[Held]:
    if not is_deployed(record):
        return []
    return [
        Held(
            Doubt.RISK,
            ShouldDoAI.NOT_YET,
            approval_fact(approval),
            f"live although {approval.approver} said no on {approval.subject.replace('_', ' ')}",
        )
        for approval in standing_approvals(record)
        if approval.decision is Decision.REJECTED
    ]


def _no_plan(record: SprintRecord) -> list[Held]:
    plan = record.action_plan
    if plan is None or plan.ready:
        return []
    fact = FactRef(Sort.ACTION_PLAN, plan.id, f"action plan, hour {plan.at:g}", plan.permalink)
    title = "the business has no plan for what to do with the output"
    return [Held(Doubt.BIGGER_PROBLEMS, ShouldDoAI.NOT_YET, fact, title)]


def is_empty(record: SprintRecord) -> bool:
    """Return whether nothing at all was recorded."""
    told = (record.blockers, record.gates, record.approvals, record.deployments)
    return not any((*told, record.rollbacks, record.action_plans, record.findings))


def _no_evidence(record: SprintRecord) -> list[Held]:
    if not is_empty(record):
        return []
    fact = FactRef(Sort.RECORD, "record", "the empty record")
    return [Held(Doubt.NO_EVIDENCE, ShouldDoAI.NOT_YET, fact, "nothing was recorded")]


def should_do_ai(doubts: Iterable[Held]) -> ShouldDoAI:
    """Return question 5's answer: as grave as the gravest reason that holds."""
    return max((held.answer for held in doubts), key=_GRAVITY.index, default=ShouldDoAI.YES)


def path_for(
    deployed: bool,
    foundation: bool,
    answer: ShouldDoAI,
    timeline: Callable[[], Timeline],
) -> Path:
    """Return the path. Only a deployment that stands leads to "deploy more".

    Args:
        deployed: whether a deployment stands.
        foundation: whether any cause in the way is foundation work.
        answer: question 5's.
        timeline: asked only where nothing else decides, since it takes a forecast to answer.
    """
    if foundation or answer is ShouldDoAI.NO or timeline() is Timeline.YEARS:
        return Path.BUILD_FOUNDATION
    return Path.DEPLOY_MORE if deployed and answer is ShouldDoAI.YES else Path.FIX_BLOCKERS
