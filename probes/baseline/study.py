"""What the baseline probe measures of one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from probes.baseline import labels
from probes.baseline.columns import FramePlan
from probes.baseline.entities import Entity
from probes.baseline.event_time import EventTime, TimeChoice
from probes.baseline.insight import Curve, Weight
from probes.baseline.leak_kinds import Leak
from probes.baseline.models import ModelFamily
from probes.baseline.scores import GUESSING, ConfidenceInterval, SplitScore
from probes.baseline.splits import Parting, Split
from probes.baseline.task import PredictionTask
from probes.baseline.trust import DoubtedColumns
from probes.baseline.twins import Twins
from probes.baseline.wide import Narrowing
from probes.baseline.worth import Worth

THE_ANSWER_ITSELF: Final = "the answer itself under another name"
"""The reason written beside a column that is the target value for value."""

KNOWN_AFTER: Final = "known only afterwards"
"""The reason written beside a column of which somebody said so."""


@dataclass
class Study:
    """Everything measured on one table.

    Args:
        rows_read: rows of the table that were looked at.
        task: what is foretold.
        plan: the columns the models saw.
        plan_beside: the same with the columns that only say when, for partings without order.
        known_after: columns left out because somebody said so.
        written_after: date columns that lie after the row's own time, with the share of rows.
        leaks: suspicions of the leak search.
        partings: the ways the rows were parted, the leading one first.
        outcomes: the leading parting's models, guessing included.
        beside: the chosen family, and boosting, under the other partings, with the columns that
            only say when.
        chosen: the model the report stands by.
        twins: rows that are copies of others.
        event_time: the column that says when a prediction would be made, and why.
        entity: the column that names whom a row is about.
        unseen: whether checks in order of time must ask of entities, or copies, not learnt from.
        unripe: rows left out because their outcome may not be known yet.
        by_rival: the best model in the order of another date that could be the time of prediction,
            where the figure by it is no better than guessing.
        rival: that date.
        doubt: the columns the figure rests on that nobody has vouched for.
        model_without: the model to keep that does without them.
        label_issues: what is odd about the labels.
        skipped: families that would have taken too long.
        narrowing: how the columns of a very wide table were chosen.
    """

    rows_read: int
    task: PredictionTask
    plan: FramePlan
    known_after: tuple[str, ...] = ()
    written_after: dict[str, float] = field(default_factory=dict)
    leaks: list[Leak] = field(default_factory=list)
    partings: list[Parting] = field(default_factory=list)
    outcomes: list[SplitScore] = field(default_factory=list)
    beside: list[SplitScore] = field(default_factory=list)
    chosen: SplitScore | None = None
    plan_beside: FramePlan = field(default_factory=lambda: FramePlan(()))
    twins: Twins = field(default_factory=lambda: Twins(None))
    event_time: EventTime = field(default_factory=lambda: EventTime(None, TimeChoice.NO_DATE))
    entity: Entity | None = None
    unseen: bool = False
    unripe: int = 0
    by_rival: SplitScore | None = None
    rival: str | None = None
    doubt: DoubtedColumns = field(default_factory=DoubtedColumns)
    model_without: Any = None
    label_issues: list[labels.LabelIssue] = field(default_factory=list)
    skipped: tuple[ModelFamily, ...] = ()
    narrowing: Narrowing | None = None
    worth: Worth | None = None
    curve: Curve | None = None
    weights: list[Weight] = field(default_factory=list)
    data: pd.DataFrame = field(default_factory=pd.DataFrame)
    model: Any = None

    @property
    def time_column(self) -> str | None:
        """The column that says when a prediction would be made."""
        return self.event_time.column

    @property
    def entity_column(self) -> str | None:
        """The column that names whom a row is about."""
        return self.entity.column if self.entity else None

    @property
    def lead(self) -> SplitScore:
        """The model the report stands by; there is one once the study ran."""
        if self.chosen is None:
            raise RuntimeError("the study has not run")
        return self.chosen

    @property
    def guessing(self) -> SplitScore:
        """How guessing did under the leading parting."""
        return next(one for one in self.outcomes if one.family is ModelFamily.DUMMY)

    @property
    def headline(self) -> ConfidenceInterval:
        """The figure the report leads with."""
        return self.lead.interval

    @property
    def is_chance(self) -> bool:
        """Whether the headline's interval reaches down to guessing."""
        return self.reaches_chance(self.lead)

    def reaches_chance(self, score: SplitScore) -> bool:
        """Return whether a figure's interval reaches down to guessing."""
        least = max(GUESSING[self.task.kind], self.guessing.interval.mean)
        return score.interval.low <= least

    @property
    def flattered(self) -> tuple[SplitScore, SplitScore] | None:
        """The honest and the random check of the family for which the two are furthest apart."""
        honest = {one.family: one for one in self.outcomes}
        pairs = [
            (honest[one.family], one)
            for one in self.beside
            if one.split is Split.RANDOM and self.lead.split is not Split.RANDOM
        ]
        return max(pairs, key=lambda two: two[1].interval.mean - two[0].interval.mean, default=None)
