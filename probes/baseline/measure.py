"""The measurements that a baseline report speaks of, in the order they are made."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits

from probes.baseline import labels
from probes.baseline.calendar import without_calendar
from probes.baseline.columns import FramePlan, order_values, plan_frame, prepare, with_moments
from probes.baseline.entities import find_entity
from probes.baseline.event_time import find_event_time, written_after
from probes.baseline.insight import Weight, begin_curve, column_weights
from probes.baseline.leak_kinds import CERTAIN, SUSPECTED
from probes.baseline.leakage import find_leaks
from probes.baseline.models import ModelFamily
from probes.baseline.options import Bounds, Effort, Options
from probes.baseline.partings import (
    cannot_part,
    entities_of,
    in_order,
    rows_of,
    settle_calendar,
    settle_partings,
    thin,
)
from probes.baseline.scores import SplitScore, begin_check, choose, fit
from probes.baseline.splits import Parting, Split, last_folds, thin_folds
from probes.baseline.study import KNOWN_AFTER, THE_ANSWER_ITSELF, Study
from probes.baseline.task import FEWEST_ROWS, PredictionTask, TaskKind
from probes.baseline.texts import CODES, named, say
from probes.baseline.trust import Bench, carrying_columns, doubt, is_near_perfect, suspected_columns
from probes.baseline.twins import find_twins
from probes.baseline.wide import choosing_rows, is_wide, narrow
from probes.baseline.worker_pool import Workbench
from probes.baseline.worth import Worth, worth_at
from probes.contract import ProbeFault, ProgressReporter
from probes.parallelism import worker_count

_LEAK_ROUNDS: Final = 2
_MANY_ROWS: Final = 60_000
_REMEMBERS_WELL: Final = (ModelFamily.BOOSTING,)
_MORE_AT_ONCE: Final = 3
"""A model that is fitted once may learn from so many times the rows of a fold."""


def study_table(
    frame: pd.DataFrame, task: PredictionTask, options: Options, progress: ProgressReporter
) -> Study:
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
        progress(0.15, say("step_finding_leaks"))
        _settle_leaks(study, frame, options)
        settle_partings(study, frame)
        settle_calendar(study, frame)
        with Workbench() as bench:
            _compare(study, options, bench, progress)
            settle_rivals(study, frame, options, bench)
            _settle_doubt(study, options, bench, progress)
            _deepen(study, frame, options, bench, progress)
    return study


def _settle_columns(
    study: Study, frame: pd.DataFrame, notations: Mapping[str, str], options: Options
) -> None:
    target = [study.task.column]
    _leave_out_unripe(study, frame, options)
    rows = frame.iloc[study.task.rows]
    study.entity = find_entity(rows, study.task.answers, target, _named(options.entity, frame))
    study.event_time = find_event_time(
        rows, target, asked=_named(options.time, frame), entities=entities_of(study, frame)
    )
    study.written_after = written_after(rows, study.time_column, options.trusted)
    leave_out = dict.fromkeys(study.known_after, KNOWN_AFTER) | {study.task.column: "the target"}
    if study.entity_column:
        leave_out.setdefault(study.entity_column, say("names_subject"))
    study.plan = plan_frame(rows, leave_out, notations)
    if not study.plan.columns:
        raise _no_columns(study)
    study.data = prepare(rows, study.plan).reset_index(drop=True)


def _leave_out_unripe(study: Study, frame: pd.DataFrame, options: Options) -> None:
    """Leave out rows that are younger than an outcome takes to become known."""
    if options.outcome_days is None:
        return
    rows = frame.iloc[study.task.rows]
    asked = _named(options.time, frame)
    time = find_event_time(rows, [study.task.column], asked=asked).column
    if time is None:
        return
    moments = order_values(rows[time]).to_numpy(dtype="float64")
    ripe = np.flatnonzero(moments <= np.nanmax(moments) - options.outcome_days)
    study.unripe = len(moments) - len(ripe)
    study.task = study.task.at(ripe)
    if len(ripe) < FEWEST_ROWS or len(np.unique(study.task.answers)) < 2:
        raise cannot_part(study)


def _named(name: str | None, frame: pd.DataFrame) -> str | None:
    return name if name is not None and name in frame else None


def _no_columns(study: Study) -> ProbeFault:
    left_out = {one.name: one.reason for one in study.plan.left_out[:20]}
    return CODES.fault("no_features", {"left_out": left_out}, target=study.task.target)


def _settle_width(study: Study, frame: pd.DataFrame, options: Options) -> None:
    """Choose among the columns of a very wide table, on rows that no model is checked on."""
    if not is_wide(study.plan):
        return
    time = study.time_column
    moments = order_values(frame[time].iloc[study.task.rows]).to_numpy("float64") if time else None
    rows = choosing_rows(study.task, moments, entities_of(study, frame))
    study.plan, study.narrowing = narrow(
        study.data, study.plan, study.task, rows, {*options.trusted, str(time)}
    )
    study.data = study.data[study.plan.prepared_names].copy()


def _settle_leaks(study: Study, frame: pd.DataFrame, options: Options) -> None:
    """Search, look away from the finds, and search again: one leak hides behind another.

    Only what is the answer itself is left out; what is suspected stays until somebody says more.
    """
    thorough = options.effort is Effort.THOROUGH
    study.twins = find_twins(study.data, study.plan, study.task.answers)
    entities = entities_of(study, frame)
    if entities is None:
        entities = study.twins.groups
    looked_at = study.plan
    for _ in range(_LEAK_ROUNDS):
        found = find_leaks(study.data, looked_at, study.task, thorough=thorough, entities=entities)
        known = {leak.columns for leak in study.leaks}
        study.leaks += [leak for leak in found if leak.columns not in known]
        named = [leak for leak in found if leak.kind in CERTAIN | SUSPECTED]
        taken = {name for leak in named for name in leak.columns} - {*options.trusted}
        if not taken or len(taken) >= len(looked_at.columns):
            break
        looked_at = looked_at.without(taken, "")
    copies = {name for leak in study.leaks if leak.kind in CERTAIN for name in leak.columns}
    study.plan = study.plan.without(copies - {*options.trusted}, THE_ANSWER_ITSELF)
    if not study.plan.columns:
        raise _no_columns(study)


def _compare(study: Study, options: Options, bench: Workbench, progress: ProgressReporter) -> None:
    bounds, leading, started = options.bounds, study.partings[0], _hand_seconds()
    checks: list[Callable[[], SplitScore]] = []
    skipped = []
    for place, family in enumerate(ModelFamily):
        bench.wait_for_a_free_hand()
        if len(checks) > 1 and _hand_seconds() - started > bounds.seconds:
            skipped.append(family)
            continue
        progress(
            0.3 + 0.08 * place, say("checking_way", model=named(family), how=named(leading.split))
        )
        parting = thin(study, leading, family, bounds)
        checks.append(begin_check(bench, family, study.data, study.plan, study.task, parting))
    study.outcomes = [checked() for checked in checks]
    study.skipped = tuple(skipped)
    study.chosen = choose(study.outcomes)


def _hand_seconds() -> float:
    """Return the processor's time for each hand: a busy machine tries the same models as a free."""
    return time.process_time() / worker_count()


def _settle_doubt(
    study: Study, options: Options, bench: Workbench, progress: ProgressReporter
) -> None:
    """Measure the figure without the columns that it rests on and nobody has vouched for."""
    progress(0.66, say("step_without_leaks"))
    suspects = suspected_columns(study.leaks, [*study.written_after])
    carried = []
    if is_near_perfect(study.headline) and not options.explained:
        carried = carrying_columns(study.data, study.plan, study.task, study.twins.groups)
    bounds, leading = options.bounds, study.partings[0]
    study.doubt = doubt(
        Bench(bench, study.data, study.task, lambda family: thin(study, leading, family, bounds)),
        study.plan,
        study.lead,
        [name for name in suspects if name not in options.trusted],
        [name for name in carried if name not in options.trusted],
        [one.family for one in study.outcomes],
    )


def _deepen(
    study: Study,
    frame: pd.DataFrame,
    options: Options,
    bench: Workbench,
    progress: ProgressReporter,
) -> None:
    """Check the chosen family otherwise, fit the model to keep, ask for more rows, look inside.

    The longest jobs are begun first, so that all hands end at about the same time.
    """
    progress(0.72, say("step_fitting", value=named(study.lead.family)))
    beside = _begin_otherwise(study, options.bounds, bench)
    kept = bench.begin(partial(_fit_to_keep, study, study.lead, study.plan, options.bounds))
    without = study.doubt.without
    second = without and bench.begin(
        partial(_fit_to_keep, study, without, study.doubt.plan, options.bounds)
    )
    odd = bench.begin(partial(_label_issues, study, frame))
    leading = thin(study, study.partings[0], study.lead.family, options.bounds)
    curve = begin_curve(bench, study.data, study.plan, study.task, leading, study.lead)
    weights = bench.begin(partial(_weights_of, study, leading))
    study.worth = _worth_of(study, options)
    study.beside = [checked() for checked in beside]
    study.model, study.curve, study.weights = kept.result(), curve(), weights.result()
    study.model_without = second.result() if second else None
    study.label_issues = odd.result()


def _label_issues(study: Study, frame: pd.DataFrame) -> list[labels.LabelIssue]:
    issues = list(labels.turned_round(study.data, study.plan, study.task))
    if study.time_column:
        moments = order_values(frame[study.time_column].iloc[study.task.rows])
        issues += labels.over_time(study.task, moments.to_numpy(dtype="float64"))
    flips = labels.flipped(study.task, study.lead.tested, study.lead.predictions)
    return [*issues, flips] if flips else issues


def _begin_otherwise(
    study: Study, bounds: Bounds, bench: Workbench
) -> list[Callable[[], SplitScore]]:
    """Check the chosen family under the other partings; of large tables, on one part at random.

    On small tables boosting too: a line may be chosen because boosting only knew entities again.
    """
    begin = partial(begin_check, bench, data=study.data, plan=study.plan_beside, task=study.task)
    lead = study.lead.family
    if len(study.task.answers) > _MANY_ROWS:
        learn = rows_of(study, lead, bounds) * _MORE_AT_ONCE
        asked = bounds.asked_rows * _MORE_AT_ONCE
        return [
            begin(family=lead, parting=thin_folds(last_folds(other, 1), learn, asked))
            for other in study.partings[1:][-1:]
        ]
    checked = {one.family for one in study.outcomes}
    return [
        begin(family=family, parting=thin(study, other, family, bounds))
        for other in study.partings[1:]
        for family in dict.fromkeys((lead, *_REMEMBERS_WELL))
        if family in checked
    ]


def _fit_to_keep(study: Study, lead: SplitScore, plan: FramePlan, bounds: Bounds) -> Pipeline:
    """Fit a model to keep on as many rows as its family gains from."""
    most = rows_of(study, lead.family, bounds) * _MORE_AT_ONCE
    everything = _some(np.arange(len(study.task.answers)), most)
    later = lead.split is Split.TIME
    return fit(lead.family, study.data, plan, study.task, everything, later=later)


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


def settle_rivals(study: Study, frame: pd.DataFrame, options: Options, bench: Workbench) -> None:
    """Check in the order of each other date that could be the time, where much hangs on it.

    The chosen family is checked first; the others only where it fails.
    """
    if study.lead.split is not Split.TIME or study.is_chance:
        return
    rows = frame.iloc[study.task.rows]
    families = [study.lead.family, *(one.family for one in study.outcomes)]
    for rival in study.event_time.rivals:
        parting, _ = in_order(study, frame, rival)
        if parting is None:
            continue
        plan = without_calendar(rows, study.plan, rival)
        scores: list[SplitScore] = []
        for family in dict.fromkeys(families):
            if family is ModelFamily.DUMMY:
                continue
            thinned = thin(study, parting, family, options.bounds)
            check = begin_check(bench, family, study.data, plan, study.task, thinned)
            scores.append(check())
            if not study.reaches_chance(scores[-1]):
                break
        else:
            study.rival = rival
            study.by_rival = max(scores, key=lambda one: one.interval.mean)
            return
