"""Which columns a figure rests on that nobody has vouched for, and what is left without them.

A column that all but gives the answer is either a very good sign or was written after the fact; the
numbers cannot tell. So nothing is left out for looking like a leak: the figure is measured with and
without what is in doubt, both models are kept, and a person says whether it is known in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.columns import FramePlan
from probes.baseline.leak_kinds import NEAR_PERFECT, SUSPECTED, Leak
from probes.baseline.leak_sample import draw_sample
from probes.baseline.leak_together import carriers
from probes.baseline.models import ModelFamily
from probes.baseline.scores import ConfidenceInterval, SplitScore, begin_check, choose
from probes.baseline.splits import Parting, last_folds
from probes.baseline.task import PredictionTask
from probes.baseline.worker_pool import Workbench

MATTERS: Final = 0.02
"""A figure that falls by so much without what is in doubt is not promised before it is settled."""

IN_DOUBT: Final = "left out until somebody says that it is known in time"
"""The reason written beside a column that the second model does without."""

_ONE_BY_ONE: Final = 4
_FEW_FOLDS: Final = 2
_COMPARED: Final = (ModelFamily.LINEAR, ModelFamily.BOOSTING)


@dataclass(frozen=True)
class DoubtedColumns:
    """What is in doubt, and the figures without it.

    Args:
        columns: columns that nobody has vouched for.
        carried: those of them that no search suspected; a near-perfect figure rests on them.
        near_perfect: whether the figure is one that must be explained before it counts.
        plan: the columns without those in doubt.
        outcomes: the models without them; none where no column is left.
        each: the figure without one of the columns at a time.
    """

    columns: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    near_perfect: bool = False
    plan: FramePlan = field(default_factory=lambda: FramePlan(()))
    outcomes: tuple[SplitScore, ...] = ()
    each: dict[str, float] = field(default_factory=dict)

    @property
    def without(self) -> SplitScore | None:
        """The best simple model without what is in doubt."""
        return choose(self.outcomes) if self.outcomes else None

    def to_plain(self) -> dict[str, Any] | None:
        """Return it as JSON; nothing where nothing is in doubt."""
        if not self.columns:
            return None
        without = self.without
        left = without.interval.to_plain() | {"model": without.family.value} if without else {}
        each = {name: round(figure, 4) for name, figure in self.each.items()}
        return left | {"columns": list(self.columns), "each": each}


def is_near_perfect(figure: ConfidenceInterval) -> bool:
    """Return whether a figure is so good that it must be explained before it counts."""
    return round(figure.mean, 3) >= NEAR_PERFECT


def suspected_columns(leaks: Sequence[Leak], written_after: Sequence[str]) -> list[str]:
    """Return the columns that the searches suspect, each once."""
    found = [name for leak in leaks if leak.kind in SUSPECTED for name in leak.columns]
    return list(dict.fromkeys([*found, *written_after]))


@dataclass(frozen=True)
class Bench:
    """What the checks without some columns need: the table, its parting and where fits are done."""

    workbench: Workbench
    data: pd.DataFrame
    task: PredictionTask
    thin: Callable[[ModelFamily], Parting]

    def begin(
        self, family: ModelFamily, plan: FramePlan, folds: int | None = None
    ) -> Callable[[], SplitScore]:
        """Begin to check a family on the columns of a plan, on the last folds or all."""
        parting = self.thin(family)
        asked = parting if folds is None else last_folds(parting, folds)
        return begin_check(self.workbench, family, self.data, plan, self.task, asked)


def carrying_columns(
    data: pd.DataFrame, plan: FramePlan, task: PredictionTask, groups: NDArray[np.int64] | None
) -> list[str]:
    """Return the columns that carry a near-perfect figure, the strongest first."""
    sample = draw_sample(data, plan, task, groups)
    if len(sample.matrix.columns) == 0:
        return plan.names[:1]
    return carriers(sample)


def doubt(
    bench: Bench,
    plan: FramePlan,
    lead: SplitScore,
    suspects: Sequence[str],
    carried: Sequence[str],
    tried: Sequence[ModelFamily],
) -> DoubtedColumns:
    """Measure what is left without the columns in doubt.

    Args:
        bench: what the checks need.
        plan: the columns of the leading model.
        lead: its outcome.
        suspects: columns that the searches suspect and nobody has vouched for.
        carried: columns that carry a near-perfect figure and nobody has vouched for.
        tried: the families that were compared.
    """
    near_perfect = is_near_perfect(lead.interval)
    columns = tuple(name for name in dict.fromkeys([*suspects, *carried]) if name in plan.names)
    if not columns:
        return DoubtedColumns(near_perfect=near_perfect)
    left = plan.without(columns, IN_DOUBT)
    families = [one for one in dict.fromkeys((lead.family, *_COMPARED)) if one in tried]
    running = [bench.begin(family, left) for family in families] if left.columns else []
    alone = columns[:_ONE_BY_ONE] if len(columns) > 1 else ()
    one_out = {
        name: bench.begin(lead.family, plan.without({name}, IN_DOUBT), _FEW_FOLDS)
        for name in alone
        if len(plan.columns) > 1
    }
    only_carried = tuple(name for name in columns if name not in suspects)
    return DoubtedColumns(
        columns,
        only_carried,
        near_perfect,
        left,
        tuple(checked() for checked in running),
        {name: _without_one(checked(), lead) for name, checked in one_out.items()},
    )


def _without_one(checked: SplitScore, lead: SplitScore) -> float:
    """Return the leading figure less what was lost on the folds that were checked."""
    with_it = lead.folds[-len(checked.folds) :]
    return lead.interval.mean - float(np.mean(np.subtract(with_it, checked.folds)))
