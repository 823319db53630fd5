"""What the report says, as one plain tree: page, PDF, picture, JSON and CSV all read this.

Words are final here and not yet escaped for any medium; times are already in the reader's zone.
`bot.report.compose` builds it from a sprint's record and verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHOWN_FIXES: Final = 7
"""How many lines of the plan a sponsor sees at once; the others stand behind them."""


@dataclass(frozen=True, slots=True)
class ReportFact:
    """Something that was written down during the sprint.

    Args:
        id: unique in the report, `sort:id`.
        sort: what it is, in one word for people ("Blocker").
        words: what it says.
        hour: hours since the kickoff; None for what has no moment, such as a vote.
        when: the same, as the reader's calendar shows it; may be empty.
        by: who wrote it down; may be empty.
        link: where it was said, an https address; None when nowhere to be opened.
    """

    id: str
    sort: str
    words: str
    hour: float | None = None
    when: str = ""
    by: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement and the facts it rests on."""

    words: str
    facts: tuple[ReportFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """The team's own answer.

    Args:
        computed: what the facts alone say, where the team's answer stands in its place.
    """

    answer: str
    by: str
    when: str
    reason: str | None = None
    computed: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """One of the five answers."""

    number: int
    key: str
    question: str
    answer: str
    meaning: str
    sentences: tuple[Sentence, ...]
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class PathAhead:
    """Which of the three paths, what it asks for, and what would change it.

    Args:
        plan: the method's steps.
        steps: the same with this sprint's own blockers, people and days.
    """

    key: str
    title: str
    meaning: str
    share_percent: int
    plan: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    doubts: tuple[Sentence, ...] = ()
    steps: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyBlocker:
    """The one blocker of the critical path."""

    title: str
    category: str
    category_title: str
    kind: str
    waits_for: str | None
    saves: str
    sentences: tuple[Sentence, ...]
    runner_up: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name, and a remark where one helps."""

    name: str
    value: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the sprint cost, beside what organisations usually pay to learn the same."""

    figures: tuple[Figure, ...]
    sentences: tuple[Sentence, ...]
    comparisons: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """One line of the fix-it plan.

    Args:
        number: its place in the order of the critical path.
        words: who does what to which system.
        owner: the person it belongs to; None while nobody has taken it.
        due: the ISO date; None when it cannot be done in thirty days.
        due_words: the same for people, or why there is none.
        blocker: the fact it removes.
        state: how it stands after the debrief; None where nothing is told of the plan.
        state_words: the same for people.
    """

    number: int
    words: str
    owner: str | None
    due: str | None
    due_words: str
    blocker: ReportFact | None = None
    state: str | None = None
    state_words: str = ""


@dataclass(frozen=True, slots=True)
class CategoryHours:
    """One category: what was expected of it beside what happened.

    Args:
        key: the stable key, which also colours it.
        title: its name.
        votes: how many expected it to block.
        expected_share: their part of all votes, 0 to 1.
        hours: hours stopped or slowed by it.
        happened_share: its part of all that blocked, 0 to 1.
        blockers: how many blockers and missing approvals that is.
    """

    key: str
    title: str
    votes: int
    expected_share: float
    hours: float
    happened_share: float
    blockers: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long it would really take, as a distribution over days.

    Args:
        p50: days by which it is live in half of the draws; None when never.
        p80: the same for four of five.
        p50_words: the same for people.
        p80_words: the same for people.
        curve: (days, share of draws that are live by then), both rising.
    """

    p50: float | None
    p80: float | None
    p50_words: str
    p80_words: str
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Champion:
    """A champion, and what they did."""

    name: str
    function: str | None
    deeds: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class StickingPoint:
    """A function in which things got stuck; never a person."""

    function: str
    hours: float
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A criterion that was not met, and why the sprint started all the same."""

    criterion: str
    reason: str
    by: str | None


@dataclass(frozen=True, slots=True)
class PhaseBand:
    """A phase on the timeline, and how it turned out."""

    key: str
    title: str
    start: float
    end: float
    outcome: str | None
    learning: str | None


@dataclass(frozen=True, slots=True)
class BlockerBar:
    """A blocker on the timeline.

    Args:
        label: its title.
        category: the key that colours it.
        stops: whether it stopped the sprint or only slowed it.
        spans: the stretches of hours in which it blocked.
        open: whether it still blocked at the end.
        words: the whole of it in a sentence, for those who cannot see the bar.
    """

    label: str
    category: str
    stops: bool
    spans: tuple[tuple[float, float], ...]
    open: bool
    words: str


@dataclass(frozen=True, slots=True)
class ApprovalBar:
    """An approval on the timeline, from the request to its end."""

    label: str
    start: float
    end: float
    decision: str
    words: str


@dataclass(frozen=True, slots=True)
class Live:
    """A stretch of hours in which the model took a share of the traffic, in percent."""

    start: float
    end: float
    percent: float
    words: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The hours of the sprint, as what ran beside what."""

    length: float
    ended_at: float
    phases: tuple[PhaseBand, ...]
    bars: tuple[BlockerBar, ...]
    waits: tuple[ApprovalBar, ...]
    live: tuple[Live, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked at an hour, and what the team answered in words."""

    hour: str
    question: str
    answers: tuple[ReportFact, ...]


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The whole report."""

    title: str
    use_case: str
    kickoff: str
    end: str
    zone: str
    team: tuple[Figure, ...]
    outcome: str
    path: PathAhead
    answers: tuple[ReportAnswer, ...]
    key_blocker: KeyBlocker | None
    cost: Cost
    fixes: tuple[Fix, ...]
    progress: tuple[Sentence, ...]
    timeline: Timeline
    categories: tuple[CategoryHours, ...]
    surprise: tuple[Sentence, ...]
    forecast: Forecast
    champions: tuple[Champion, ...]
    sticking_points: tuple[StickingPoint, ...]
    overrides: tuple[Override, ...]
    findings: tuple[ReportFact, ...]
    exchanges: tuple[Exchange, ...]
    kept: tuple[ReportFact, ...]
    facts: tuple[ReportFact, ...]
