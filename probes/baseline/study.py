"""The study of one table: every measurement the findings speak of, in the order they are made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.sprint.vocabulary import Kind, Remedy
from probes.baseline.columns import FramePlan, order_values, plan_frame, prepare, prepared_names
from probes.baseline.insight import Curve, Weight, column_weights, learning_curve
from probes.baseline.leakage import Leak, LeakKind, find_leaks
from probes.baseline.models import Family
from probes.baseline.options import Effort, Options
from probes.baseline.scores import (
    Interval,
    Outcome,
    check,
    choose,
    fit,
)
from probes.baseline.splits import (
    Parting,
    Split,
    find_entity_column,
    find_time_column,
    group_numbers,
    part_at_random,
    part_by_group,
    part_by_time,
    thin_folds,
)
from probes.baseline.task import Task, TaskKind
from probes.baseline.worth import Worth, worth_at
from probes.contract import Finding, Level, ProbeFault, Progress, SuggestedBlocker

EXCLUDED: Final = frozenset(LeakKind) - {LeakKind.LIFT}
"""Suspicions that keep a column out of the models until somebody vouches for it."""

_AFTERWARDS: Final = 0.05
_LARGE: Final = 3
_LEAK_ROUNDS: Final = 2
_MOST_KEPT_ROWS: Final = 60_000
"""Rows the kept model learns from, unless it is boosting: the others gain nothing from more."""


@dataclass
class Study:
    """Everything measured on one table.

    Args:
        rows_read: rows of the table that were looked at.
        task: what is foretold.
        plan: the columns the models saw.
        known_after: columns left out because somebody said so.
        written_after: date columns that lie after the row's own time, with the share of rows.
        leaks: suspicions of the leak search.
        partings: the ways the rows were parted, the leading one first.
        outcomes: the leading parting's models, guessing included.
        beside: the chosen family under the other partings.
        chosen: the model the report stands by.
        large: boosting with all rows learnt, checked on the last part of the leading parting, then
            on one at random; empty where the folds saw all rows anyway.
        twins: share of rows that repeat another's values.
        skipped: families that would have taken too long.
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
    large: list[Outcome] = field(default_factory=list)
    twins: float = 0.0
    skipped: tuple[Family, ...] = ()
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
    def judged(self) -> Outcome:
        """The check behind the headline: on all rows where that was better, else over folds."""
        if self.large and self.large[0].interval.mean >= self.lead.folds[-1]:
            return self.large[0]
        return self.lead

    @property
    def headline(self) -> Interval:
        """The figure the report leads with."""
        return self.judged.interval

    @property
    def at_random(self) -> Outcome | None:
        """The judged model checked at random, where the honest check is another."""
        checks = self.beside if self.judged is self.lead else self.large[1:]
        return next((one for one in reversed(checks) if one.split is Split.RANDOM), None)


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
    with threadpool_limits(limits=1):
        _settle_columns(study, frame, options)
        progress(0.15, "looking for columns that give the answer away")
        _settle_leaks(study, options)
        _settle_partings(study, frame)
        _compare(study, options, progress)
        _learn_from_all(study, options, progress)
        _understand(study, options, progress)
    return study


def _settle_columns(study: Study, frame: pd.DataFrame, options: Options) -> None:
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
    study.plan = plan_frame(rows, leave_out)
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
    return ProbeFault(
        Finding(
            Level.STOPS,
            "no_features",
            f"Besides “{study.task.target}” no column is left to learn from.",
            {"left_out": {one.name: one.reason for one in study.plan.left_out[:20]}},
            "A model needs at least one column that is known when the prediction is made.",
            SuggestedBlocker(
                Kind.DATA_ACCESS, Remedy.PEOPLE, "The table holds nothing to learn from"
            ),
        )
    )


def _settle_leaks(study: Study, options: Options) -> None:
    """Search, take the finds away, and search again: one leak hides behind another."""
    thorough = options.effort is Effort.THOROUGH
    for _ in range(_LEAK_ROUNDS):
        found = find_leaks(study.data, study.plan, study.task, thorough=thorough)
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
    task, rows = study.task, frame.iloc[study.task.rows]
    hashed = pd.util.hash_pandas_object(study.data, index=False)
    twins = hashed.duplicated(keep=False)
    study.twins = float(twins.mean())
    entities = group_numbers(rows[study.entity_column]) if study.entity_column else None
    together = group_numbers(hashed) if study.twins > 0.01 and entities is None else None
    candidates = [
        part_by_time(frame, study.time_column, task) if study.time_column else None,
        part_by_group(entities, task, Split.ENTITY, str(study.entity_column))
        if entities is not None
        else None,
        part_at_random(task, together),
        part_at_random(task) if together is not None else None,
    ]
    study.partings = [parting for parting in candidates if parting is not None]
    if not study.partings:
        raise _cannot_part(study)


def _cannot_part(study: Study) -> ProbeFault:
    return ProbeFault(
        Finding(
            Level.STOPS,
            "too_few_positives",
            f"The rows with “{study.task.target}” cannot be parted into learning and checking with "
            "both outcomes in each.",
            {"rows": len(study.task.answers)},
            "More cases of the rarer outcome are needed before any score means something.",
            SuggestedBlocker(Kind.DATA_ACCESS, Remedy.PEOPLE, "Too few known cases to learn from"),
        )
    )


def _used(study: Study) -> pd.DataFrame:
    names = [name for column in study.plan.columns for name in prepared_names(column)]
    return study.data[names]


def _compare(study: Study, options: Options, progress: Progress) -> None:
    bounds = options.bounds
    data, started = _used(study), time.monotonic()
    parting = thin_folds(study.partings[0], bounds.fold_rows)
    skipped = []
    for place, family in enumerate(Family):
        spent = time.monotonic() - started
        if family is not Family.DUMMY and study.outcomes[1:] and spent > bounds.seconds:
            skipped.append(family)
            continue
        progress(0.3 + 0.08 * place, f"checking {family.value} {parting.split.value}")
        study.outcomes.append(check(family, data, study.plan, study.task, parting))
    study.skipped = tuple(skipped)
    study.chosen = choose(study.outcomes)
    for other in study.partings[1:]:
        thinned = thin_folds(other, bounds.fold_rows)
        study.beside.append(check(study.lead.family, data, study.plan, study.task, thinned))


def _learn_from_all(study: Study, options: Options, progress: Progress) -> None:
    """Where the folds saw only a part, learn from all rows and check on those held out."""
    data = _used(study)
    largest = max(len(train) for train, _ in study.partings[0].folds)
    if largest > _LARGE * options.bounds.fold_rows and options.effort is not Effort.QUICK:
        progress(0.7, f"learning from all rows, checking {study.partings[0].split.value}")
        study.large = _check_all(study, data)
    progress(0.85, "fitting the model to keep")
    everything = np.arange(len(study.task.answers))
    if study.judged.family is not Family.BOOSTING:
        everything = _some(everything, _MOST_KEPT_ROWS)
    study.model = fit(study.judged.family, data, study.plan, study.task, everything)


def _check_all(study: Study, data: pd.DataFrame) -> list[Outcome]:
    """Let boosting, which gains most from many rows, learn all but the last part, side by side."""
    leading, other = study.partings[0], study.partings[-1]
    asked = [leading] if other.split is leading.split else [leading, other]

    def last_part(parting: Parting) -> Outcome:
        one = Parting(parting.split, parting.column, parting.folds[-1:])
        with threadpool_limits(limits=1):  # the limit holds for the thread that sets it
            return check(Family.BOOSTING, data, study.plan, study.task, one)

    with ThreadPoolExecutor(len(asked)) as pool:
        return list(pool.map(last_part, asked))


def _some(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    return (
        rows if len(rows) <= most else np.sort(np.random.default_rng(48).permutation(rows)[:most])
    )


def _understand(study: Study, options: Options, progress: Progress) -> None:
    data, judged = _used(study), study.judged
    if study.task.kind is TaskKind.BINARY:
        study.worth = worth_at(
            study.task.answers[judged.tested],
            judged.predictions,
            options.capacity,
            options.value_per_hit,
            options.cost_per_action,
        )
    parting = thin_folds(study.partings[0], options.bounds.fold_rows)
    progress(0.9, "asking whether more rows would help")
    study.curve = learning_curve(
        study.lead.family, data, study.plan, study.task, parting, study.lead
    )
    progress(0.95, "asking what the model looks at")
    asked = list(parting.folds[-1][1])
    study.weights = column_weights(judged.model, data, study.plan, study.task, asked)
