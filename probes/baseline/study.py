"""The study of one table: every measurement the findings speak of, in the order they are made."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from probes.baseline.calendar import without_calendar
from probes.baseline.columns import FramePlan, order_values, plan_frame, prepare, with_moments
from probes.baseline.insight import Curve, Weight, begin_curve, column_weights
from probes.baseline.leak_kinds import Leak, LeakKind
from probes.baseline.leakage import find_leaks
from probes.baseline.models import GAINS_FROM_ROWS, Family
from probes.baseline.options import Bounds, Effort, Options
from probes.baseline.refusals import cannot_learn
from probes.baseline.scores import Interval, Outcome, begin_check, choose, fit
from probes.baseline.side_by_side import Workbench
from probes.baseline.splits import (
    Parting,
    Split,
    find_entity_column,
    find_time_column,
    group_numbers,
    last_folds,
    part_at_random,
    part_by_group,
    part_by_time,
    thin_folds,
    without_asking,
)
from probes.baseline.task import Task, TaskKind
from probes.baseline.wide import Narrowing, choosing_rows, is_wide, narrow
from probes.baseline.worth import Worth, worth_at
from probes.contract import ProbeFault, Progress
from probes.parallelism import worker_count

EXCLUDED: Final = frozenset(LeakKind) - {LeakKind.LIFT}
"""Suspicions that keep a column out of the models until somebody vouches for it."""

_AFTERWARDS: Final = 0.05
_LEAK_ROUNDS: Final = 2
_MANY_ROWS: Final = 60_000
_REMEMBERS_WELL: Final = (Family.BOOSTING,)
_CLASSES_AT_FULL_ROWS: Final = 3
_MORE_AT_ONCE: Final = 3
"""A model that is fitted once may learn from so many times the rows of a fold."""


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
        twins: share of rows that repeat another's values.
        skipped: families that would have taken too long.
        narrowing: how the columns of a very wide table were chosen.
    """

    rows_read: int
    task: Task
    plan: FramePlan
    known_after: tuple[str, ...] = ()
    written_after: dict[str, float] = field(default_factory=dict)
    leaks: list[Leak] = field(default_factory=list)
    partings: list[Parting] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    beside: list[Outcome] = field(default_factory=list)
    chosen: Outcome | None = None
    plan_beside: FramePlan = field(default_factory=lambda: FramePlan(()))
    twins: float = 0.0
    skipped: tuple[Family, ...] = ()
    narrowing: Narrowing | None = None
    worth: Worth | None = None
    curve: Curve | None = None
    weights: list[Weight] = field(default_factory=list)
    data: pd.DataFrame = field(default_factory=pd.DataFrame)
    model: Any = None
    time_column: str | None = None
    entity_column: str | None = None

    @property
    def lead(self) -> Outcome:
        """The model the report stands by; there is one once the study ran."""
        if self.chosen is None:
            raise RuntimeError("the study has not run")
        return self.chosen

    @property
    def guessing(self) -> Outcome:
        """How guessing did under the leading parting."""
        return next(one for one in self.outcomes if one.family is Family.DUMMY)

    @property
    def headline(self) -> Interval:
        """The figure the report leads with."""
        return self.lead.interval

    @property
    def flattered(self) -> tuple[Outcome, Outcome] | None:
        """The honest and the random check of the family for which the two are furthest apart."""
        honest = {one.family: one for one in self.outcomes}
        pairs = [
            (honest[one.family], one)
            for one in self.beside
            if one.split is Split.RANDOM and self.lead.split is not Split.RANDOM
        ]
        return max(pairs, key=lambda two: two[1].interval.mean - two[0].interval.mean, default=None)


def study_table(frame: pd.DataFrame, task: Task, options: Options, progress: Progress) -> Study:
    """Measure everything the baseline probe reports.

    Args:
        frame: the table, with unique text names.
        task: what is to be foretold.
        options: the request's options.
        progress: told about each step.

    Raises:
        ProbeFault: no column is left to learn from, or the rows cannot be parted.
    """
    study = Study(len(frame), task, FramePlan(()), tuple(dict.fromkeys(options.known_after)))
    # Small fits on many threads wait for each other, many times longer when the machine is busy.
    with threadpool_limits(limits=1), warnings.catch_warnings():
        # A net or a line that stops early is still checked like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        frame, notations = with_moments(frame)
        _settle_columns(study, frame, notations, options)
        _settle_width(study, frame, options)
        progress(0.15, "looking for columns that give the answer away")
        _settle_leaks(study, frame, options)
        _settle_partings(study, frame)
        _settle_calendar(study, frame)
        with Workbench() as bench:
            _compare(study, options, bench, progress)
            _deepen(study, options, bench, progress)
    return study


def _settle_columns(
    study: Study, frame: pd.DataFrame, notations: Mapping[str, str], options: Options
) -> None:
    rows = frame.iloc[study.task.rows]
    study.time_column = _named(options.time, frame) or find_time_column(rows, [study.task.column])
    study.entity_column = _named(options.entity, frame) or find_entity_column(
        rows, [study.task.column]
    )
    study.written_after = _written_after(rows, study.time_column, options.trusted)
    leave_out = (
        dict.fromkeys(study.known_after, "known only afterwards")
        | dict.fromkeys(study.written_after, "later than the row's own time")
        | {study.task.column: "the target"}
    )
    if study.entity_column:
        leave_out.setdefault(study.entity_column, "names whom the row is about")
    study.plan = plan_frame(rows, leave_out, notations)
    if not study.plan.columns:
        raise _no_columns(study)
    study.data = prepare(rows, study.plan).reset_index(drop=True)


def _named(name: str | None, frame: pd.DataFrame) -> str | None:
    return name if name is not None and name in frame else None


def _written_after(
    rows: pd.DataFrame, time_column: str | None, trusted: Sequence[str]
) -> dict[str, float]:
    """Return date columns that lie after the row's own time in more than a few rows."""
    if time_column is None or not pd.api.types.is_datetime64_any_dtype(rows[time_column]):
        return {}
    moment = order_values(rows[time_column])
    shares = {
        str(name): float((order_values(rows[name]) > moment).mean())
        for name in rows.columns
        if name != time_column
        and name not in trusted
        and pd.api.types.is_datetime64_any_dtype(rows[name])
    }
    return {name: share for name, share in shares.items() if share > _AFTERWARDS}


def _no_columns(study: Study) -> ProbeFault:
    return cannot_learn(
        "no_features",
        f"Besides “{study.task.target}” no column is left to learn from.",
        "A model needs at least one column that is known when the prediction is made.",
        "The table holds nothing to learn from",
        left_out={one.name: one.reason for one in study.plan.left_out[:20]},
    )


def _entities(study: Study, frame: pd.DataFrame) -> NDArray[np.int64] | None:
    name = study.entity_column
    return group_numbers(frame[name].iloc[study.task.rows]) if name else None


def _settle_width(study: Study, frame: pd.DataFrame, options: Options) -> None:
    """Choose among the columns of a very wide table, on rows that no model is checked on."""
    if not is_wide(study.plan):
        return
    time = study.time_column
    moments = order_values(frame[time].iloc[study.task.rows]).to_numpy("float64") if time else None
    rows = choosing_rows(study.task, moments, _entities(study, frame))
    study.plan, study.narrowing = narrow(
        study.data, study.plan, study.task, rows, {*options.trusted, str(time)}
    )
    study.data = study.data[study.plan.prepared_names].copy()


def _settle_leaks(study: Study, frame: pd.DataFrame, options: Options) -> None:
    """Search, take the finds away, and search again: one leak hides behind another."""
    thorough = options.effort is Effort.THOROUGH
    entities = _entities(study, frame)
    for _ in range(_LEAK_ROUNDS):
        found = find_leaks(study.data, study.plan, study.task, thorough=thorough, entities=entities)
        known = {leak.columns for leak in study.leaks}
        study.leaks += [leak for leak in found if leak.columns not in known]
        taken = {
            name
            for leak in found
            if leak.kind in EXCLUDED
            for name in leak.columns
            if name not in options.trusted
        }
        if not taken or len(taken) >= len(study.plan.columns):
            break
        study.plan = study.plan.without(taken, "may be known only afterwards")


def _settle_partings(study: Study, frame: pd.DataFrame) -> None:
    task, entities = study.task, _entities(study, frame)
    hashed = pd.util.hash_pandas_object(study.data, index=False)
    twins = hashed.duplicated(keep=False)
    study.twins = float(twins.mean())
    together = group_numbers(hashed) if study.twins > 0.01 and entities is None else None
    candidates = [
        part_by_time(frame, study.time_column, task) if study.time_column else None,
        part_by_group(entities, task, Split.ENTITY, str(study.entity_column))
        if entities is not None
        else None,
        part_at_random(task, together),
        part_at_random(task) if together is not None else None,
    ]
    if study.narrowing:
        spared = study.narrowing.rows
        candidates = [one and without_asking(one, spared, task) for one in candidates]
    study.partings = [parting for parting in candidates if parting is not None]
    if not study.partings:
        raise _cannot_part(study)


def _cannot_part(study: Study) -> ProbeFault:
    return cannot_learn(
        "too_few_positives",
        f"The rows with “{study.task.target}” cannot be parted into learning and checking with "
        "both outcomes in each.",
        "More cases of the rarer outcome are needed before any score means something.",
        "Too few known cases to learn from",
        rows=len(study.task.answers),
    )


def _settle_calendar(study: Study, frame: pd.DataFrame) -> None:
    """Leave out what only says when, where the checks ask of later rows."""
    study.plan_beside = study.plan
    if study.time_column and study.partings[0].split is Split.TIME:
        rows = frame.iloc[study.task.rows]
        study.plan = without_calendar(rows, study.plan, study.time_column)


def _thin(study: Study, parting: Parting, family: Family, bounds: Bounds) -> Parting:
    return thin_folds(parting, _rows_of(study, family, bounds), bounds.asked_rows)


def _rows_of(study: Study, family: Family, bounds: Bounds) -> int:
    """Return how many rows a family may learn from: boosting grows a tree for each class."""
    rows = bounds.fold_rows * GAINS_FROM_ROWS[family]
    if family is not Family.BOOSTING or study.task.kind is not TaskKind.MULTICLASS:
        return rows
    return max(bounds.fold_rows, rows // max(1, len(study.task.classes) // _CLASSES_AT_FULL_ROWS))


def _compare(study: Study, options: Options, bench: Workbench, progress: Progress) -> None:
    bounds, leading, started = options.bounds, study.partings[0], _hand_seconds()
    checks: list[Callable[[], Outcome]] = []
    skipped = []
    for place, family in enumerate(Family):
        bench.wait_for_a_free_hand()
        if len(checks) > 1 and _hand_seconds() - started > bounds.seconds:
            skipped.append(family)
            continue
        progress(0.3 + 0.08 * place, f"checking {family.value} {leading.split.value}")
        parting = _thin(study, leading, family, bounds)
        checks.append(begin_check(bench, family, study.data, study.plan, study.task, parting))
    study.outcomes = [checked() for checked in checks]
    study.skipped = tuple(skipped)
    study.chosen = choose(study.outcomes)


def _hand_seconds() -> float:
    """Return the processor's time for each hand: a busy machine tries the same models as a free."""
    return time.process_time() / worker_count()


def _deepen(study: Study, options: Options, bench: Workbench, progress: Progress) -> None:
    """Check the chosen family otherwise, fit the model to keep, ask for more rows, look inside.

    The longest jobs are begun first, so that all hands end at about the same time.
    """
    progress(0.72, f"checking {study.lead.family.value} otherwise and fitting it to keep")
    beside = _begin_otherwise(study, options.bounds, bench)
    kept = bench.begin(partial(_fit_to_keep, study, options.bounds))
    leading = _thin(study, study.partings[0], study.lead.family, options.bounds)
    curve = begin_curve(bench, study.data, study.plan, study.task, leading, study.lead)
    weights = bench.begin(partial(_weights_of, study, leading))
    study.worth = _worth_of(study, options)
    study.beside = [checked() for checked in beside]
    study.model, study.curve, study.weights = kept.result(), curve(), weights.result()


def _begin_otherwise(study: Study, bounds: Bounds, bench: Workbench) -> list[Callable[[], Outcome]]:
    """Check the chosen family under the other partings; of large tables, on one part at random.

    On small tables boosting too: a line may be chosen because boosting only knew entities again.
    """
    begin = partial(begin_check, bench, data=study.data, plan=study.plan_beside, task=study.task)
    lead = study.lead.family
    if len(study.task.answers) > _MANY_ROWS:
        learn = _rows_of(study, lead, bounds) * _MORE_AT_ONCE
        asked = bounds.asked_rows * _MORE_AT_ONCE
        return [
            begin(family=lead, parting=thin_folds(last_folds(other, 1), learn, asked))
            for other in study.partings[1:][-1:]
        ]
    checked = {one.family for one in study.outcomes}
    return [
        begin(family=family, parting=_thin(study, other, family, bounds))
        for other in study.partings[1:]
        for family in dict.fromkeys((lead, *_REMEMBERS_WELL))
        if family in checked
    ]


def _fit_to_keep(study: Study, bounds: Bounds) -> Pipeline:
    """Fit the model to keep on as many rows as its family gains from."""
    family = study.lead.family
    most = _rows_of(study, family, bounds) * _MORE_AT_ONCE
    everything = _some(np.arange(len(study.task.answers)), most)
    later = study.lead.split is Split.TIME
    return fit(family, study.data, study.plan, study.task, everything, later=later)


def _some(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    return (
        rows if len(rows) <= most else np.sort(np.random.default_rng(48).permutation(rows)[:most])
    )


def _worth_of(study: Study, options: Options) -> Worth | None:
    if study.task.kind is not TaskKind.BINARY:
        return None
    return worth_at(
        study.task.answers[study.lead.tested],
        study.lead.predictions,
        options.capacity,
        options.value_per_hit,
        options.cost_per_action,
    )


def _weights_of(study: Study, leading: Parting) -> list[Weight]:
    asked = list(leading.folds[-1][1])
    return column_weights(study.lead.model, study.data, study.plan, study.task, asked)
