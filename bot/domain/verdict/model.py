"""What a verdict is made of: sentences with the facts they rest on, answers, a forecast, a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bot.domain.lead_time import DayRange
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    Category,
    Family,
    Kind,
    Path,
    Remedy,
    ShouldDoAI,
    Timeline,
)

if TYPE_CHECKING:
    from bot.domain.verdict.chances import Chances
    from bot.domain.verdict.delay import Delay


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


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something between the sprint and a deployment: a blocker, a missing approval, a bad gate.

    Args:
        id: unique in the record, whatever it comes from.
        fact: the fact it is.
        title: what it is.
        phase: the phase whose end it holds up.
        kind: the root cause.
        family: the critical-path family; None where none of them fits.
        remedy: what would remove it.
        remedy_stated: False where the remedy is derived.
        days: how long it takes to remove.
        days_stated: False where nobody said how long and the range is the method's own figure.
        waits_for: the function it waits for.
        scenario: the gate's scenario that it explains, where the gate was not the best one.
        refused: somebody said no.
        recorded: a blocker or approval, rather than a gate read by itself.
        words: the lead time as it was said.
        owner: who takes care of it, where someone does.
        at: the hour it came up.
        matter: what it is about, by its facts and not by its id, so that the same sprint told from
            a story and from the database draws the same futures.
        evidence: what probes found about it.
    """

    id: str
    fact: FactRef
    title: str
    phase: str
    kind: Kind
    family: Family | None
    remedy: Remedy
    days: DayRange
    remedy_stated: bool = False
    days_stated: bool = False
    waits_for: str | None = None
    scenario: str | None = None
    refused: bool = False
    recorded: bool = True
    words: str | None = None
    owner: str | None = None
    at: float = 0.0
    matter: str = ""
    evidence: tuple[FactRef, ...] = ()

    @property
    def facts(self) -> tuple[FactRef, ...]:
        """The fact it is, and what probes found about it."""
        return self.fact, *self.evidence

    @property
    def turn(self) -> tuple[float, str, str]:
        """Where it stands among obstacles of equal weight: by hour, then by its words."""
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
class Cause:
    """One candidate for the critical path: the obstacles that share a family.

    Args:
        family: the family they share; None for an obstacle of its own.
        obstacle: the longest of them.
        saved: the days a deployment would come sooner without it (hours/24 for one long resolved).
    """

    family: Family | None
    obstacle: Obstacle
    saved: float


@dataclass(frozen=True, slots=True)
class Fix:
    """One item of the thirty-day plan.

    Args:
        text: who does what to what, by when.
        owner: who takes it.
        due_day: days after the debrief.
        blocker: the id of the blocker, approval or gate it removes.
        in_thirty_days: False where thirty days only take the first step.
    """

    text: str
    owner: str
    due_day: int
    blocker: str
    in_thirty_days: bool
    facts: tuple[FactRef, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """How much was expected and how much happened in one category."""

    category: Category
    votes: int
    blockers: int
    expected: float
    happened: float


@dataclass(frozen=True, slots=True)
class HoursLost:
    """Hours that something stood still (`waiting`) or went slowly (`working`)."""

    waiting: float = 0.0
    working: float = 0.0


@dataclass(frozen=True, slots=True)
class StickingPoint:
    """A function where things got stuck; never a person."""

    function: str
    count: int
    hours: float
    facts: tuple[FactRef, ...]


@dataclass(frozen=True, slots=True)
class Cost:
    """What the sprint cost, beside the classic way."""

    person_hours: float
    person_hours_waited: float
    amount: float
    saved_amount: float
    saved_days: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Hinge:
    """A fact that, if wrong, would change the path."""

    fact: FactRef
    path: Path
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """The five answers, the path and all that explains them.

    Args:
        deployed: a deployment was made and still stands.
        unlimited_resources: question 1.
        critical_path: question 2, the cause whose absence saves most; None where nothing stops.
        runner_up: the next cause.
        timeline: question 3 in a word, by the forecast's P50.
        forecast: question 3.
        fixes: question 4, in the order of the critical path.
        should_do_ai: question 5.
        path: one of three.
        surprise: the category most under-expected; None where nobody voted or nothing exceeded.
        reasons: question key → sentences.
        hinges: what would change the path; empty means that no single fact does.
        obstacles: what stood between the sprint and a deployment when the record ended.
        computed: what follows from the facts alone, where the team corrected an answer.
        chances: of a deployment within thirty days, now and with fixes done.
        delay: what the wait costs; None where nobody said what the use case is worth.
    """

    deployed: bool
    unlimited_resources: bool
    critical_path: Cause | None
    runner_up: Cause | None
    timeline: Timeline
    forecast: Forecast
    fixes: tuple[Fix, ...]
    should_do_ai: ShouldDoAI
    path: Path
    surprise: Category | None
    reasons: Mapping[str, tuple[Sentence, ...]]
    champions: tuple[str, ...]
    sticking_points: tuple[StickingPoint, ...]
    shares: tuple[Share, ...]
    hours_by_category: Mapping[Category, HoursLost]
    hours_by_kind: Mapping[Kind, HoursLost]
    cost: Cost
    hinges: tuple[Hinge, ...]
    obstacles: tuple[Obstacle, ...]
    computed: Verdict | None = None
    chances: Chances | None = None
    delay: Delay | None = None

    @property
    def by_facts(self) -> Verdict:
        """The verdict before the team's corrections."""
        return self.computed or self
