"""Which columns tell the answer because they were written after it.

Four searches, from cheap to dear: each column alone, what is missing, sums, differences and ratios
of pairs, and each column added to the rest. The last is needed: a column can look harmless alone
and still complete the answer together with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.columns import FramePlan
from probes.baseline.leak_alone import figures_alone, missing_leaks, single_leaks, word_leaks
from probes.baseline.leak_kinds import Leak, LeakKind
from probes.baseline.leak_sample import draw_sample
from probes.baseline.leak_together import jumps, pair_leaks
from probes.baseline.task import PredictionTask

_MOST_COLUMNS: Final = 60

_MOST_PAIRED: Final = 40

_FIRST: Final = (LeakKind.COPY, LeakKind.MISSING, LeakKind.ALONE)
"""A column that several searches find is named by the one that says most about it."""


def find_leaks(
    data: pd.DataFrame,
    plan: FramePlan,
    task: PredictionTask,
    *,
    thorough: bool,
    entities: NDArray[np.int64] | None = None,
) -> list[Leak]:
    """Search for columns that give the answer away.

    Args:
        data: the prepared frame, one row per row of the task.
        plan: its columns.
        task: the answers.
        thorough: try more columns and more pairs.
        entities: whom each row is about, by number; what names them again is no leak.

    Returns:
        The suspicions, the surest first; a column is named once, by the first search that finds it.
    """
    sample = draw_sample(data, plan, task, entities)
    alone = figures_alone(sample)
    leaks = [*single_leaks(sample, alone), *missing_leaks(sample), *word_leaks(sample)]
    leaks.sort(key=lambda leak: _FIRST.index(leak.kind))
    taken = _columns_of(leaks)
    most = 2 if thorough else 1
    leaks += pair_leaks(sample, alone, taken, _MOST_PAIRED * most)
    leaks += jumps(sample, alone, _columns_of(leaks), _MOST_COLUMNS * most)
    first = {leak.columns: leak for leak in reversed(leaks)}
    return [leak for leak in leaks if first[leak.columns] is leak]


def _columns_of(leaks: Sequence[Leak]) -> set[str]:
    return {name for leak in leaks for name in leak.columns}
