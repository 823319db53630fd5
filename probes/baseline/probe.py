"""The probe: study the table, tell what was found, keep the model and its card."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pandas as pd

from bot.domain.vocabulary import FindingLevel, UseCase
from probes.baseline import confidence
from probes.baseline.card import WITHOUT_CARD_FILE, write_card
from probes.baseline.columns import with_plain_names
from probes.baseline.demand import find_sales, run_demand
from probes.baseline.findings import findings_of
from probes.baseline.maintenance import Ahead, look_ahead
from probes.baseline.measure import study_table
from probes.baseline.model_file import WITHOUT_FILE, keep_model, without_doubt
from probes.baseline.options import Options
from probes.baseline.reading import ReadTable
from probes.baseline.recommend import find_purchases, run_recommendation
from probes.baseline.scores import METRIC, SplitScore
from probes.baseline.splits import Split
from probes.baseline.study import Study
from probes.baseline.task import read_task
from probes.baseline.templates import find_target, label_names
from probes.baseline.texts import named, say
from probes.baseline.trust import is_near_perfect
from probes.baseline.unlabelled import run_unlabelled
from probes.contract import Finding, Picture, ProbeContext, ProbeResult, finding_to_plain
from probes.parallelism import worker_count
from probes.pictures import Bar, importance, model_comparison

_NEEDED_AT_THE_END: Final = ("skops.io", "matplotlib.backends.backend_agg")


def run_baseline(reading: ReadTable, context: ProbeContext) -> ProbeResult:
    """Study a table that has been read; see `probes.baseline.run`."""
    if worker_count() > 1:
        # Loading them takes as long as a large fit, and a fit mostly needs no interpreter.
        Thread(target=lambda: [*map(import_module, _NEEDED_AT_THE_END)], daemon=True).start()
    frame, asked, options = reading.frame, reading.target, reading.options
    place = {"source": reading.source, "table": reading.table}
    if asked is None and (without := _without_target(reading, context)):
        return without
    target = asked or find_target(list(frame.columns), options.use_case)
    ahead = _ahead(frame, target, options, asked=asked is not None)
    if ahead is None:
        study = study_frame(frame, target, options, context)
        return result_of(study, options, context, **place)
    study = study_frame(ahead.frame, ahead.target, options, context)
    result = result_of(study, options, context, **place)
    lead, *rest = result.findings
    return replace(result, findings=[lead, ahead.note, *rest])


def _ahead(frame: pd.DataFrame, target: str, options: Options, *, asked: bool) -> Ahead | None:
    """Return what maintenance asks ahead of time; none for other use cases."""
    if options.use_case is not UseCase.MAINTENANCE:
        return None
    return look_ahead(frame, target, options, asked=asked)


def _without_target(reading: ReadTable, context: ProbeContext) -> ProbeResult | None:
    """Return what a use case can learn without a label, none where it needs one."""
    frame, options = reading.frame, reading.options
    name, table = reading.source, reading.table
    if options.use_case is UseCase.RECOMMENDATION:
        purchases = find_purchases(frame, options)
        return run_recommendation(frame, purchases, context, name, table) if purchases else None
    if options.use_case is UseCase.INVENTORY:
        sales = find_sales(frame, options)
        return run_demand(frame, sales, context, name, table) if sales else None
    if options.use_case is UseCase.ANOMALY and not label_names(
        list(frame.columns), options.use_case
    ):
        context.progress(0.4, say("looking_stands_out"))
        return run_unlabelled(frame, options, source=name, table=table)
    return None


def study_frame(frame: pd.DataFrame, target: str, options: Options, context: ProbeContext) -> Study:
    """Study a table that has been read.

    Raises:
        ProbeFault: the target cannot be learnt; its finding says why.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    frame = with_plain_names(frame)
    task = read_task(frame, target, options.positive)
    return study_table(frame, task, options, context.progress)


def result_of(
    study: Study, options: Options, context: ProbeContext, *, source: str | None, table: str | None
) -> ProbeResult:
    """Return a study as the probe's result, with its pictures, model and card in the folder."""
    context.progress(0.98, say("drawing_saving"))
    findings = findings_of(study, options)
    lead = findings[0]
    works = say("built_title", sentence=lead.sentence)
    against = _against(findings)
    choices, second = _choices(study, options, context, source=source, table=table)
    card = write_card(study, findings, context.folder, source=source, table=table)
    first = {"model": keep_model(study, context.folder), "card": card}
    return ProbeResult(
        probe="baseline",
        source=source,
        table=table,
        findings=findings,
        scenario=None if against else "works",
        scenario_why=against.sentence if against else works,
        facts=facts_of(study) | {"choices": choices},
        pictures=_pictures(study, context),
        artifacts=first | second,
    )


def _against(findings: list[Finding]) -> Finding | None:
    """Return what keeps "works" from being said: the headline promises nothing, or one stops."""
    lead = findings[0]
    if lead.level is not FindingLevel.OK:
        return lead
    return next((one for one in findings if one.level is FindingLevel.STOPS), None)


def _choices(
    study: Study, options: Options, context: ProbeContext, *, source: str | None, table: str | None
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return what each answer about the columns in doubt makes of the result, and the second model.

    Known in time: the model with them counts, and its figure leads. Only known later: the other.
    """
    without = without_doubt(study)
    if not study.doubt.columns:
        return {}, {}
    choices = {"known": _choice(confidence.plain_headline(study, options), "model")}
    if without is None:
        return choices, {}
    findings = [confidence.plain_headline(without, options)]
    if not is_near_perfect(without.headline):  # else that one has to be explained in turn
        choices["later"] = _choice(findings[0], "model_without_suspects")
    kept = keep_model(without, context.folder, WITHOUT_FILE)
    card = write_card(
        without, findings, context.folder, source=source, table=table, name=WITHOUT_CARD_FILE
    )
    return choices, {"model_without_suspects": kept, "card_without_suspects": card}


def _choice(lead: Finding, artifact: str) -> dict[str, Any]:
    return {"finding": finding_to_plain(lead), "artifact": artifact}


def facts_of(study: Study) -> dict[str, Any]:
    """Return the whole comparison as JSON values."""
    return {
        "target": study.task.target,
        "kind": study.task.kind.value,
        "positive": study.task.positive or None,
        "metric": METRIC[study.task.kind],
        "rows": len(study.task.answers),
        "columns": len(study.plan.columns),
        "time_column": study.time_column,
        "entity_column": study.entity_column,
        "split": study.lead.split.value,
        "model": study.lead.family.value,
        "headline": study.headline.to_plain(),
        "models": [_outcome(one) for one in study.outcomes],
        "beside": [_outcome(one) for one in study.beside],
        "time_order": study.event_time.choice.value,
        "leaks": [leak.to_plain() for leak in study.leaks],
        "without_suspects": study.doubt.to_plain(),
        "labels": {one.code: one.facts for one in study.label_issues},
        "left_out": {one.name: one.reason for one in study.plan.left_out},
        "worth": study.worth.to_plain() if study.worth else None,
        "curve": study.curve.to_plain() if study.curve else None,
        "importance": [
            {"column": one.column, "mean": round(one.mean, 5), "spread": round(one.spread, 5)}
            for one in study.weights[:30]
        ],
    }


def _outcome(one: SplitScore) -> dict[str, Any]:
    return {
        "model": one.family.value,
        "split": one.split.value,
        **one.interval.to_plain(),
        "rows_learnt": one.learnt,
        "folds": [round(figure, 4) for figure in one.folds],
        "seconds": round(one.seconds, 2),
    }


def _pictures(study: Study, context: ProbeContext) -> list[Picture]:
    ranked = sorted(study.outcomes, key=lambda one: (one is not study.lead, -one.interval.mean))
    at_random = [one for one in study.beside if one.split is Split.RANDOM]
    metric = named(METRIC[study.task.kind])
    subtitle = say(
        "checked_times",
        target=study.task.target,
        how=named(study.lead.split),
        count=len(study.lead.folds),
    )
    weights = [
        Bar(one.column, one.mean, one.mean - one.spread, one.mean + one.spread)
        for one in study.weights
    ]
    return [
        model_comparison(
            context.folder,
            [_bar(one) for one in ranked],
            guessing=study.guessing.interval.mean,
            metric=metric,
            subtitle=subtitle,
            beside=[_bar(one) for one in at_random],
            beside_name=named(Split.RANDOM) if at_random else "",
        ),
        importance(
            context.folder,
            weights,
            metric=metric,
            subtitle=say("on_new_rows", model=named(study.lead.family)),
        ),
    ]


def _bar(one: SplitScore) -> Bar:
    return Bar(named(one.family), one.interval.mean, one.interval.low, one.interval.high)
