"""What a verdict is made of: sentences with the facts they rest on, answers, a forecast, a plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.enums import FixState
from bot.domain.plan_counts import PlanCounts
from bot.domain.plan_facts import FixChange
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    Category,
    Kind,
    Path,
    PathFamily,
    Remedy,
)
from bot.reading.ranges import DayRange


class Sort(StrEnum):
    """The sorts of facts that a sentence can rest on."""

    BLOCKER = "blocker"
    APPROVAL = "approval"
    GATE = "gate"
    DEPLOYMENT = "deploy"
    ROLLBACK = "rollback"
    ACTION_PLAN = "action_plan"
    CRITERION = "criterion"
    FINDING = "finding"
    EXPECTED = "expected"
    TEAM = "team"
    CORRECTION = "correction"
    OVERRIDE = "override"
    OWNER = "owner"
    GUARDRAIL = "guardrail"
    QUOTES = "quotes"
    FIGURES = "figures"
    RECORD = "record"


@dataclass(frozen=True, slots=True, order=True)
class FactRef:
    """Points at one fact of the record; `label` names it for people."""

    sort: Sort
    id: str
    label: str = field(default="", compare=False)
    permalink: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.label or f"{self.sort} {self.id}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and the facts it rests on."""

    text: str
    facts: tuple[FactRef, ...]

    def __str__(self) -> str:
        return f"{self.text} [{', '.join(str(fact) for fact in self.facts)}]"


class Nature(StrEnum):
    """Whether a cause is waited for, beside all other waits, or built, after what comes before."""

    WAIT = "wait"
    BUILD = "build"


class Basis(StrEnum):
    """Where a number of days comes from."""

    MEASURED = "measured"
    STATED = "stated"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One record about something between the sprint and a deployment.

    Args:
        id: unique in the record, whatever it comes from.
        fact: the fact it is.
        title: what it is.
        phase: the phase it was recorded in.
        kind: the root cause.
        family: the critical-path family; None where none of them fits.
        remedy: what would remove it.
        remedy_stated: False where the remedy is derived.
        days: how long it takes to remove.
        basis: where `days` comes from.
        waits_for: the function it waits for.
        scenario: the gate's scenario that it explains, where the gate was not the best one.
        refused: somebody said no.
        recorded: a blocker or approval, rather than a gate or a finding read by itself.
        words: the lead time as it was said.
        owner: who takes care of it, where someone does.
        at: the hour it came up.
        matter: what it is about, by its facts and not by its id or hour, so that the same sprint
            told from a story and from the database draws the same futures.
        is_open: whether it still stands in the way.
        subject: what was asked, where it is an approval.
        reason: what the approver gave as the reason.
        asked: who was asked, by name, where it is an approval.
        unread: a lead time as it was said, where no figure could be read from it.
        undated: that is a date, and the day on which it was said is not known.
        kind_stated: somebody chose the kind or the family; else the product suggested it.
        evidence: what probes found about it.
        family_guessed: the family is only what is usual in the phase; no word says so.
    """

    id: str
    fact: FactRef
    title: str
    phase: str
    kind: Kind
    family: PathFamily | None
    remedy: Remedy
    days: DayRange
    remedy_stated: bool = False
    basis: Basis = Basis.ASSUMED
    waits_for: str | None = None
    scenario: str | None = None
    refused: bool = False
    recorded: bool = True
    words: str | None = None
    owner: str | None = None
    at: float = 0.0
    matter: str = ""
    is_open: bool = True
    subject: str | None = None
    reason: str = ""
    asked: str = ""
    kind_stated: bool = True
    unread: str | None = None
    undated: bool = False
    evidence: tuple[FactRef, ...] = ()
    family_guessed: bool = False

    @property
    def turn(self) -> tuple[float, str, str]:
        """Where it stands among obstacles of equal weight: by hour, then by its words."""
        return round(self.at, 2), self.title, self.id

    @property
    def category(self) -> Category:
        """The root cause's category."""
        return KIND_CATEGORY[self.kind]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing between the sprint and a deployment, whatever number of records are about it.

    Args:
        id: the id of the record that leads it.
        title: the leading record's own words.
        records: the facts that tell of it, the leading one first.
        phase: the phase that it holds up; of building work, the phase whose work it is.
        kind: the root cause.
        family: the critical-path family; None where none of them fits.
        remedy: what would remove it.
        function: who it waits for, as a function and never a person; lower case.
        days: how long it takes to remove.
        nature: whether it is waited for or built.
        basis: where `days` comes from.
        matter: what it is about; its draws are seeded by this.
        words: the lead time as it was said.
        words_of: the record that `words` was said of.
        needs: the ids of causes that must be done before this one can begin.
        merged_because: why its records are taken for one thing, a sentence each.
        remedy_stated: False where the remedy is derived.
        waits_for: the function as somebody said it; None where `function` is derived.
        owner: who takes care of it.
        scenario: "phase.scenario" of the gate that it explains or is.
        refused: somebody said no.
        refused_on: the subjects that were refused.
        recorded: somebody wrote it down or was asked; else a gate or a finding tells of it.
        at: the hour it came up first.
        evidence: what probes found about it.
        is_silence: a request that nobody answered leads it.
        unread: a lead time as it was said, where no figure could be read from it.
        undated: that is a date, and the day on which it was said is not known.
        kind_stated: somebody chose the kind; else the product suggested it from the words.
        family_guessed: the family is only what is usual in the phase; no record says so.
    """

    id: str
    title: str
    records: tuple[FactRef, ...]
    phase: str
    kind: Kind
    family: PathFamily | None
    remedy: Remedy
    function: str
    days: DayRange
    nature: Nature = Nature.WAIT
    basis: Basis = Basis.ASSUMED
    matter: str = ""
    words: str | None = None
    needs: tuple[str, ...] = ()
    merged_because: tuple[str, ...] = ()
    remedy_stated: bool = False
    waits_for: str | None = None
    owner: str | None = None
    scenario: str | None = None
    refused: bool = False
    refused_on: tuple[str, ...] = ()
    recorded: bool = True
    at: float = 0.0
    evidence: tuple[FactRef, ...] = ()
    is_silence: bool = False
    unread: str | None = None
    undated: bool = False
    kind_stated: bool = True
    family_guessed: bool = False
    words_of: FactRef | None = None

    @property
    def fact(self) -> FactRef:
        """The record that leads it."""
        return self.records[0]

    @property
    def facts(self) -> tuple[FactRef, ...]:
        """Every record about it, and what probes found about it."""
        return tuple(dict.fromkeys((*self.records, *self.evidence)))

    @property
    def days_stated(self) -> bool:
        """Whether somebody said, or a probe measured, how long it takes."""
        return self.basis is not Basis.ASSUMED

    @property
    def turn(self) -> tuple[float, str, str]:
        """Where it stands among causes of equal weight: by hour, then by its words."""
        return round(self.at, 2), self.title, self.id

    @property
    def category(self) -> Category:
        """The root cause's category."""
        return KIND_CATEGORY[self.kind]


@dataclass(frozen=True, slots=True)
class Quote:
    """A lead time somebody quoted in the past, and what came of it.

    Args:
        quoted_days: as it was said; 0 where nobody said how long.
        actual_days: how long it took; None while it is not over.
        kind: the root cause, where it is known.
        waits_for: the function that quoted it.
        open_days: how long it has been open, where it is not over; None says that it never came.
    """

    quoted_days: float
    actual_days: float | None
    kind: Kind | None = None
    waits_for: str | None = None
    open_days: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """The playbook's editable figures for what things cost; defaults are the article's.

    Args:
        currency: the sign before an amount.
        person_hour: what one person's hour costs.
        assessment: what a classic readiness assessment costs.
        assessment_days: how long it takes, least and most.
        working_share: the part of a sprint's hours in which people work.
    """

    currency: str = "$"
    person_hour: float = 100.0
    assessment: float = 500_000.0
    assessment_days: tuple[float, float] = (91.0, 183.0)
    working_share: float = 1 / 3


@dataclass(frozen=True, slots=True)
class Forecast:
    """Question 3's distribution, in days from the end of the record.

    Args:
        p50: as likely sooner as later.
        p80: four of five draws are done by then.
        deciles: the ten-percent steps from 10 to 90, for a picture.
        histogram: counts of draws in equal bins from 0 to `longest`.
        longest: the upper end of the histogram, in days.
        correction: what quotes were multiplied by, from past sprints.
        never: the share of futures without an end.
    """

    p50: float
    p80: float
    deciles: tuple[float, ...] = ()
    histogram: tuple[int, ...] = ()
    longest: float = 0.0
    correction: float = 1.0
    never: float = 0.0


NO_WAIT: Final = Forecast(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class CauseDays:
    """How long one cause takes by itself, in days from the day it begins.

    Args:
        p50: as likely sooner as later.
        p80: four in five by then.
        chance_30: the chance that it is over within thirty days, 0 to 1.
    """

    p50: float
    p80: float
    chance_30: float


@dataclass(frozen=True, slots=True)
class Critical:
    """One candidate for the critical path: the causes that share a family.

    Args:
        family: the family they share; None for a cause of its own.
        cause: the longest of them.
        saved: the days by which the P50 comes sooner without it (hours/24 for one long resolved);
            while candidates are ranked, the same by the most likely lead times.
        beside: how many more causes of its family are gone in that figure.
    """

    family: PathFamily | None
    cause: Cause
    saved: float
    beside: int = 0

    @property
    def family_said(self) -> PathFamily | None:
        """The family where the record says it; beside a guess the cause's own title is shown."""
        return None if self.cause.family_guessed else self.family


@dataclass(frozen=True, slots=True)
class Fix:
    """One item of the thirty-day plan.

    Args:
        text: who does what to what, by when.
        owner: who takes it.
        due_day: days after the debrief.
        blocker: the id of the blocker, approval or gate it removes.
        in_thirty_days: False where thirty days only take the first step.
        cause: the id of the cause it removes; None where it is about none.
        is_question: it asks the owner, since the record does not say what would help.
        state: how it stands after the debrief, where that is told.
        changes: what happened to it since.
    """

    text: str
    owner: str
    due_day: int
    blocker: str
    in_thirty_days: bool
    facts: tuple[FactRef, ...]
    cause: str | None = None
    is_question: bool = False
    state: FixState = FixState.OPEN
    changes: tuple[FixChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """How the plan stands after the debrief.

    Args:
        counts: proved, claimed, regressed, stuck and open items.
        forecast: the forecast at the debrief, counting what is proved as settled by then.
    """

    counts: PlanCounts
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """How much was expected and how much happened in one category."""

    category: Category
    votes: int
    blockers: int
    expected: float
    happened: float


@dataclass(frozen=True, slots=True)
class StickingPoint:
    """A function where things got stuck; never a person."""

    function: str
    count: int
    hours: float
    facts: tuple[FactRef, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the sprint took by the playbook's figures; nobody measured it."""

    person_hours: float
    person_hours_waited: float
    amount: float


@dataclass(frozen=True, slots=True)
class Hinge:
    """A fact that, if wrong, would change the path."""

    fact: FactRef
    path: Path
    sentence: Sentence
