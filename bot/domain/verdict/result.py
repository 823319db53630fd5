"""The verdict itself: five answers, a path, and all that explains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.verdict.assumed import Assumed
from bot.domain.verdict.chances import Chances
from bot.domain.verdict.delay import Delay
from bot.domain.verdict.evidence import Evidence
from bot.domain.verdict.model import (
    CategoryShare,
    Cause,
    CauseDays,
    Cost,
    Critical,
    Fix,
    Forecast,
    Hinge,
    PlanProgress,
    Sentence,
    StickingPoint,
)
from bot.domain.vocabulary import Category, Kind, Path, ShouldDoAI, TimelineBand


@dataclass(frozen=True, slots=True)
class Verdict:
    """The five answers, the path and all that explains them.

    Args:
        deployed: a deployment was made and still stands.
        claimed: nothing but somebody's word shows it.
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
        causes: what stood between the sprint and a deployment when the record ended.
        hours_by_category: hours lost, by `bot.domain.hours_lost`.
        hours_by_kind: the same hours by kind.
        computed: what follows from the facts alone, where the team corrected an answer.
        evidence: question key → what its answer rests on.
        assumed: every number that nobody said.
        cause_days: a cause's id → how long it takes by itself.
        chances: of a deployment within thirty days, now and with fixes done.
        delay: what the wait costs; None where nobody said what the use case is worth.
        progress: how the plan stands; None where nothing is told of it.
    """

    deployed: bool
    unlimited_resources: bool
    critical_path: Critical | None
    runner_up: Critical | None
    timeline: TimelineBand
    forecast: Forecast
    fixes: tuple[Fix, ...]
    should_do_ai: ShouldDoAI
    path: Path
    surprise: Category | None
    reasons: Mapping[str, tuple[Sentence, ...]]
    champions: tuple[str, ...]
    sticking_points: tuple[StickingPoint, ...]
    shares: tuple[CategoryShare, ...]
    hours_by_category: Mapping[Category, float]
    hours_by_kind: Mapping[Kind, float]
    cost: Cost
    hinges: tuple[Hinge, ...]
    causes: tuple[Cause, ...]
    computed: Verdict | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    assumed: tuple[Assumed, ...] = ()
    cause_days: Mapping[str, CauseDays] = field(default_factory=dict)
    chances: Chances | None = None
    delay: Delay | None = None
    progress: PlanProgress | None = None
    claimed: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether it is shown to be live and nothing is open: nothing is left to forecast."""
        return self.deployed and not self.causes and self.forecast.p50 <= 0

    @property
    def nothing_known(self) -> bool:
        """Whether no phase was reached, nothing is open, and the team has not said otherwise."""
        seen = self.evidence["path"].phases if "path" in self.evidence else ("",)
        return not (seen or self.causes or self.deployed or self.computed)

    @property
    def by_facts(self) -> Verdict:
        """The verdict before the team's corrections."""
        return self.computed or self
