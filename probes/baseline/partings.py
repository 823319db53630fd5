"""How a study parts its rows into those to learn from and those to ask about."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probes.baseline.calendar import without_calendar
from probes.baseline.models import GAINS_FROM_ROWS, ModelFamily
from probes.baseline.options import Bounds
from probes.baseline.splits import (
    Parting,
    Split,
    group_numbers,
    part_apart,
    part_at_random,
    part_by_group,
    part_by_time,
    thin_folds,
    without_asking,
)
from probes.baseline.study import Study
from probes.baseline.task import TaskKind
from probes.baseline.texts import CODES
from probes.contract import ProbeFault

_SAME_ANSWER: Final = 0.9
"""Of entities whose rows agree so far beyond chance in the answer, none is asked about again."""

_FEWEST_UNSEEN: Final = 200
_CLASSES_AT_FULL_ROWS: Final = 3


def settle_partings(study: Study, frame: pd.DataFrame) -> None:
    """Choose the ways to part the rows, the leading one first.

    Raises:
        ProbeFault: the rows cannot be parted.
    """
    task, entities = study.task, entities_of(study, frame)
    together = study.twins.groups if entities is None else None
    candidates = [
        _by_time(study, frame),
        part_by_group(entities, task, Split.ENTITY, str(study.entity_column))
        if entities is not None
        else None,
        _apart(study) if together is not None else part_at_random(task),
        part_at_random(task) if together is not None else None,
    ]
    if study.narrowing:
        spared = study.narrowing.rows
        candidates = [one and without_asking(one, spared, task) for one in candidates]
    study.partings = [parting for parting in candidates if parting is not None]
    if not study.partings:
        raise cannot_part(study)


def _by_time(study: Study, frame: pd.DataFrame) -> Parting | None:
    """Part the rows by the time of the prediction; see `in_order`."""
    if study.time_column is None:
        return None
    parting, study.unseen = in_order(study, frame, study.time_column)
    return parting


def in_order(study: Study, frame: pd.DataFrame, column: str) -> tuple[Parting | None, bool]:
    """Part by time; where the answer of one row is that of all its entity's, ask of new ones only.

    So it is with copies, whose answers are copied, too. None where too little is left to ask about:
    then entities or copies part the rows. Says beside it whether only new ones are asked of.
    """
    entity = study.entity
    same = entity is not None and entity.answer_alike >= _SAME_ANSWER
    groups = entities_of(study, frame) if same else study.twins.groups
    beside = None if same else study.twins.beside
    unseen = groups is not None
    parting = part_by_time(frame, column, study.task, groups, beside)
    asked = sum(len(test) for _, test in parting.folds) if parting else 0
    return (parting if asked >= _FEWEST_UNSEEN or not unseen else None), unseen


def _apart(study: Study) -> Parting | None:
    twins = study.twins
    if twins.groups is not None and twins.beside is not None:
        return part_apart(twins.groups, twins.beside, study.task)
    return part_at_random(study.task, twins.groups)


def cannot_part(study: Study) -> ProbeFault:
    """Return the refusal of rows that leave too little to learn from or to ask about."""
    rows = {"rows": len(study.task.answers)}
    return CODES.fault("too_few_positives", rows, "unparted", target=study.task.target)


def settle_calendar(study: Study, frame: pd.DataFrame) -> None:
    """Leave out what only says when, where the checks ask of later rows."""
    study.plan_beside = study.plan
    if study.time_column and study.partings[0].split is Split.TIME:
        rows = frame.iloc[study.task.rows]
        study.plan = without_calendar(rows, study.plan, study.time_column)


def entities_of(study: Study, frame: pd.DataFrame) -> NDArray[np.int64] | None:
    """Return the number of whom each labelled row is about; None without such a column."""
    name = study.entity_column
    return group_numbers(frame[name].iloc[study.task.rows]) if name else None


def thin(study: Study, parting: Parting, family: ModelFamily, bounds: Bounds) -> Parting:
    """Return a parting with as many rows as a family may learn from and be asked about."""
    return thin_folds(parting, rows_of(study, family, bounds), bounds.asked_rows)


def rows_of(study: Study, family: ModelFamily, bounds: Bounds) -> int:
    """Return how many rows a family may learn from: boosting grows a tree for each class."""
    rows = bounds.fold_rows * GAINS_FROM_ROWS[family]
    if family is not ModelFamily.BOOSTING or study.task.kind is not TaskKind.MULTICLASS:
        return rows
    return max(bounds.fold_rows, rows // max(1, len(study.task.classes) // _CLASSES_AT_FULL_ROWS))
