"""Questions 1 and 5, and the path: rules on causes, where one more only makes things worse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.assumptions import DATA_STEP, LONG_STEP, NOT_AT_ALL, NOT_NOW
from bot.domain.verdict.evidence import EvidenceLevel, reached_by, weakest
from bot.domain.verdict.facts import criterion_fact
from bot.domain.verdict.model import Cause, FactRef, Sort
from bot.domain.verdict.texts import say
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    STRUCTURAL_REMEDIES,
    Category,
    Criterion,
    Kind,
    Path,
    PathFamily,
    Remedy,
    ShouldDoAI,
)
from bot.reading.ranges import YEAR


class Doubt(StrEnum):
    """The four reasons not to do AI now, and the want of any evidence."""

    ARCHITECTURE = "architecture"
    ORGANIZATION = "organization"
    RISK = "risk"
    BIGGER_PROBLEMS = "bigger_problems"
    NO_EVIDENCE = "no_evidence"


_ABOUT_A_YES: Final = (Doubt.ORGANIZATION, Doubt.RISK)
"""The reasons of which somebody who has to say yes tells."""
REASONS: Final = (Doubt.ARCHITECTURE, Doubt.ORGANIZATION, Doubt.RISK, Doubt.BIGGER_PROBLEMS)


@dataclass(frozen=True, slots=True)
class SupportedDoubt:
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
        return tuple(dict.fromkeys((self.fact, *self.evidence)))

    @property
    def order(self) -> tuple[int, float, tuple[float, str, str]]:
        """The gravest first; among those the one that takes longest."""
        return -_GRAVITY.index(self.answer), -self.days, self.turn


_DATA_SCENARIOS: Final = frozenset({"data.missing", "data.unusable"})
_CLOSED_SCENARIOS: Final = frozenset({"integration.resistance", "deployment.nobody"})
_UNSKILLED_SCENARIOS: Final = frozenset({"model.no_skills"})
_NO_BY_NATURE: Final = frozenset({Kind.RISK_TOLERANCE, Kind.ACCOUNTABILITY})
_RISK_FUNCTIONS: Final = frozenset({"security", "privacy", "legal"})
NO_WAIT_BEYOND: Final = 3 * YEAR
"""When all of it together takes longer, "not yet" would promise what nobody waits for."""
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


def _says_no(cause: Cause) -> bool:
    """Whether it is a no to which nobody put a time: a fear, or that nobody will answer for it."""
    return cause.kind in _NO_BY_NATURE and cause.recorded and not cause.days_stated


def _risk(cause: Cause) -> bool:
    return _is_risk(cause) and (cause.refused or cause.days.mode > NOT_NOW or _says_no(cause))


def _organization(cause: Cause) -> bool:
    if cause.category is not Category.ORGANIZATIONAL or _is_risk(cause):
        return False
    closed = cause.refused or cause.scenario in _CLOSED_SCENARIOS
    return closed or cause.days.mode > NOT_NOW or _says_no(cause)


def _bigger_problems(cause: Cause) -> bool:
    if cause.category is Category.CAPABILITY:
        return cause.days.mode > NOT_NOW or cause.scenario in _UNSKILLED_SCENARIOS
    return is_about_missing_data(cause) and is_foundation(cause)


_TESTS: Final[dict[Doubt, Callable[[Cause], bool]]] = {
    Doubt.ARCHITECTURE: _architecture,
    Doubt.ORGANIZATION: _organization,
    Doubt.RISK: _risk,
    Doubt.BIGGER_PROBLEMS: _bigger_problems,
}


def held_doubts(record: SprintRecord, causes: Sequence[Cause]) -> list[SupportedDoubt]:
    """Return every reason not to do AI now that a fact bears out, or that too little was seen."""
    held = [
        _held(doubt, cause) for doubt, test in _TESTS.items() for cause in causes if test(cause)
    ]
    held += _found_to_stop(causes, {each.fact for each in held})
    held += [*_no_plan(record), *_criteria_unmet(record)]
    return held or _too_little_seen(record)


def _found_to_stop(causes: Iterable[Cause], known: Collection[FactRef]) -> list[SupportedDoubt]:
    """Return the doubts that stopping findings bear out, whatever their code.

    A finding that tells of a wait for somebody's yes, as for access, is no doubt by itself.
    """
    return [
        _held(_doubt_of_finding(cause), cause)
        for cause in causes
        if cause.fact not in known
        and any(fact.sort is Sort.FINDING for fact in cause.records)
        and (cause.kind, cause.family) not in _WAITS_FOR_A_YES
    ]


_WAITS_FOR_A_YES: Final = frozenset(
    {
        (Kind.APPROVAL_PROCESS, PathFamily.DATA_ACCESS_PROCESS),
        (Kind.APPROVAL_PROCESS, PathFamily.SECURITY_APPROVAL),
        (Kind.APPROVAL_PROCESS, PathFamily.INTEGRATION_CAPABILITIES),
    }
)


def _doubt_of_finding(cause: Cause) -> Doubt:
    if cause.family is PathFamily.PRIVACY_REVIEW or cause.kind is Kind.RISK_TOLERANCE:
        return Doubt.RISK
    if cause.kind is Kind.DATA_ACCESS:
        return Doubt.BIGGER_PROBLEMS
    return _CATEGORY_DOUBT[cause.category]


def covered_reasons(record: SprintRecord) -> dict[Doubt, EvidenceLevel]:
    """Return how well each of the four reasons is covered by what was seen.

    A blocker or a request speaks of the reasons that it is about, whenever somebody typed it: three
    approvals waited for say nothing of data, skills or architecture.
    """
    reached, told = reached_by(record), _told_of(record)
    return {
        doubt: reached.level_for(_phases_of(doubt, reached.phases), told=doubt in told)
        for doubt in REASONS
    }


def _told_of(record: SprintRecord) -> frozenset[Doubt]:
    """Return the reasons of which a blocker or a request tells."""
    told = {each for blocker in record.blockers for each in _reasons_of(blocker.kind)}
    return frozenset(told.union(_ABOUT_A_YES if record.approvals else ()))


def _reasons_of(kind: Kind) -> Collection[Doubt]:
    if kind is Kind.DATA_ACCESS:
        return (Doubt.BIGGER_PROBLEMS,)
    category = KIND_CATEGORY[kind]
    return _ABOUT_A_YES if category is Category.ORGANIZATIONAL else (_CATEGORY_DOUBT[category],)


def _phases_of(doubt: Doubt, phases: Sequence[str]) -> Sequence[str]:
    """Return the phases that speak of a reason: early ones of data and skills, late ones of rules.

    By their place and not by their keys, so that a company's own phases are judged alike.
    """
    half = (len(phases) + 1) // 2
    return phases[:half] if doubt is Doubt.BIGGER_PROBLEMS else phases[half:] or phases


def _too_little_seen(record: SprintRecord) -> list[SupportedDoubt]:
    if weakest(covered_reasons(record).values()) is not EvidenceLevel.THIN:
        return []
    fact = FactRef(Sort.RECORD, "record", say("whole_record"))
    return [SupportedDoubt(Doubt.NO_EVIDENCE, ShouldDoAI.NOT_YET, fact, "")]


def is_contradicted(answer: ShouldDoAI, days: float, *, foundation: bool) -> bool:
    """Return whether an answer would contradict what the same page says of the time.

    Args:
        answer: question 5's, by the reasons that hold.
        days: the forecast's P50.
        foundation: whether the path is the foundation.
    """
    too_mild = answer is ShouldDoAI.YES and foundation
    return too_mild or (answer is not ShouldDoAI.NO and days > NO_WAIT_BEYOND)


def held_by_time(cause: Cause, days: float) -> SupportedDoubt:
    """Return the doubt that the longest cause bears out where all of it takes years."""
    answer = ShouldDoAI.NO if days > NO_WAIT_BEYOND else ShouldDoAI.NOT_YET
    return replace(_held(_CATEGORY_DOUBT[cause.category], cause), answer=answer)


_CATEGORY_DOUBT: Final = {
    Category.TECHNICAL: Doubt.ARCHITECTURE,
    Category.ORGANIZATIONAL: Doubt.ORGANIZATION,
    Category.CAPABILITY: Doubt.BIGGER_PROBLEMS,
}


def _held(doubt: Doubt, cause: Cause) -> SupportedDoubt:
    return SupportedDoubt(
        doubt,
        ShouldDoAI.NO if _is_closed_to(cause) else ShouldDoAI.NOT_YET,
        cause.fact,
        cause.title,
        cause.days.mode,
        cause.turn,
        cause.evidence,
    )


def _no_plan(record: SprintRecord) -> list[SupportedDoubt]:
    plan = record.action_plan
    if plan is None or plan.ready:
        return []
    fact = FactRef(
        Sort.ACTION_PLAN, plan.id, say("action_plan_hour", at=int(plan.at)), plan.permalink
    )
    title = texts.say("no_action_plan")
    return [SupportedDoubt(Doubt.BIGGER_PROBLEMS, ShouldDoAI.NOT_YET, fact, title)]


_CRITERION_DOUBT: Final = {
    Criterion.VALUABLE: Doubt.BIGGER_PROBLEMS,
    Criterion.NOT_CRITICAL: Doubt.RISK,
    Criterion.REAL_DATA: Doubt.BIGGER_PROBLEMS,
}


def _criteria_unmet(record: SprintRecord) -> list[SupportedDoubt]:
    """A use case that is worth nothing, critical, or without real data, as the team itself said."""
    return [
        SupportedDoubt(
            _CRITERION_DOUBT[answer.criterion],
            ShouldDoAI.NOT_YET,
            criterion_fact(answer.criterion),
            texts.say(f"unmet_{answer.criterion}"),
        )
        for answer in sorted(record.criteria, key=lambda answer: answer.criterion)
        if answer.met is False
    ]


def should_do_ai(doubts: Iterable[SupportedDoubt]) -> ShouldDoAI:
    """Return question 5's answer: as grave as the gravest reason that holds."""
    return max((held.answer for held in doubts), key=_GRAVITY.index, default=ShouldDoAI.YES)


def path_for(
    answer: ShouldDoAI,
    in_years: Callable[[], bool],
    *,
    live: bool,
    foundation: bool,
) -> Path:
    """Return the path. Only a deployment that stands with nothing open leads to "deploy more".

    Args:
        answer: question 5's.
        in_years: whether the timeline is years; asked only where nothing else decides, since it
            takes a forecast to answer.
        live: whether a deployment stands and nothing is open.
        foundation: whether any cause in the way is foundation work.
    """
    if foundation or answer is ShouldDoAI.NO or in_years():
        return Path.BUILD_FOUNDATION
    return Path.DEPLOY_MORE if live and answer is ShouldDoAI.YES else Path.FIX_BLOCKERS
