"""The probe: packages, secrets, reasons, groups, and what people have answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.baseline.artifact import ServedModel, load_model
from probes.baseline.columns import prepare, with_plain_names
from probes.baseline.splits import part_at_random
from probes.baseline.task import PredictionTask, TaskKind, read_task
from probes.contract import Finding, Picture, ProbeContext, ProbeRequest, ProbeResult
from probes.governance import answers, fairness, packages, secrets
from probes.governance.texts import CODES, say
from probes.sources import open_source
from probes.texts import say as shared

_OPTIONS: Final = (
    "artifact",
    "config",
    "groups",
    "capacity",
    "answers",
    "audit",
    "annex_iii",
    "use_case",
    "today",
)
_SCENARIOS: Final = (
    ("security", {"secret_found", "known_vulnerabilities"}),
    ("privacy", {"privacy_open", "high_risk_duties_open", "risk_open", "groups_differ"}),
    ("privacy", {"annex_iii_doubtful", "annex_iii_likely", "annex_iii_open"}),
    ("nobody", {"nobody_accountable", "no_plan", "not_monitored"}),
    ("privacy", {"documentation_open", "validation_open"}),
    ("security", {"file_not_found", "vulnerabilities_unchecked"}),
)
"""Scenarios of the deployment phase and the findings that lead to them, the first ones first."""
_ROWS: Final = 50_000
_EXPLAINED: Final = 20


def run_governance(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Run the probe; see `probes.governance.run`."""
    options = _read_options(request, context)
    findings: list[Finding] = []
    pictures: list[Picture] = []
    context.progress(0.05, say("listing_packages"))
    installed = packages.installed_packages()
    bill = packages.write_bill(installed, context.folder)
    findings += packages.licences(installed)
    if options.get("audit") is not False:
        context.progress(0.1, say("step_vulnerabilities"))
        findings += packages.vulnerabilities()
    context.progress(0.5, say("looking_secrets"))
    findings += secrets.secret_findings(_files(options))
    if options.get("artifact") and request.source:
        context.progress(0.6, say("step_explaining"))
        more, pictures = _model_findings(request, context, options)
        findings += more
    today = _today(options)
    stands = answers.standings(options["answers"], {found.code for found in findings}, today)
    findings += answers.answer_findings(stands, today)
    use_case = options.get("use_case") or []
    named = [use_case] if isinstance(use_case, str) else map(str, use_case)
    words = [*named, request.target or "", *_columns(request, context)]
    findings += answers.annex_findings(str(options.get("annex_iii") or ""), stands, words)
    findings += answers.coverage_findings(stands)
    scenario, why = _scenario(findings)
    return ProbeResult(
        "governance",
        source=request.source,
        findings=findings,
        scenario=scenario,
        scenario_why=why,
        facts={"packages": len(installed), "duties": [one.to_plain() for one in stands]},
        pictures=pictures,
        artifacts={"sbom": bill},
    )


def _today(options: Mapping[str, Any]) -> date:
    """Return the day that acceptances are compared with: a sprint's own, which play runs ahead."""
    given = options.get("today")
    if given is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise InputError(say("today_takes_day"), field="today") from None


def _read_options(request: ProbeRequest, context: ProbeContext) -> Mapping[str, Any]:
    """Return what the request asks for, the configuration where it says nothing."""
    unknown = sorted(set(request.options) - set(_OPTIONS))
    if unknown:
        raise InputError(
            say("option_unknown", unknown=unknown[0], options=", ".join(_OPTIONS)),
            field=unknown[0],
        )
    if not isinstance(request.options.get("answers") or {}, Mapping):
        raise InputError(say("answers_option_invalid"), field="answers")
    configured = context.settings.governance
    given = answers.merged(
        configured.answers(), configured.accepted(), request.options.get("answers") or {}
    )
    return {**configured.options(), **request.options, "answers": given}


def _columns(request: ProbeRequest, context: ProbeContext) -> list[str]:
    if not request.source:
        return []
    source, named = open_source(str(request.source), context, table=request.table)
    with source:
        return [one.name for one in source.columns(source.only_table(named))]


def _files(options: Mapping[str, Any]) -> dict[str, Path]:
    named = {"artifact": "saved model", "config": "configuration"}
    return {words: Path(str(options[key])) for key, words in named.items() if options.get(key)}


def _model_findings(
    request: ProbeRequest, context: ProbeContext, options: Mapping[str, Any]
) -> tuple[list[Finding], list[Picture]]:
    served = load_model(Path(str(options["artifact"])))
    source, named = open_source(str(request.source), context, table=request.table)
    with source:
        table = source.only_table(named)
        frame = with_plain_names(source.read_frame(table, rows=_ROWS))
    positive = served.classes[-1] if served.classes else None
    task = read_task(frame, request.target or served.target, positive)
    rows = frame.iloc[task.rows].reset_index(drop=True)
    findings = [_explained(served, rows)]
    groups = _groups(options, rows)
    if task.kind is not TaskKind.BINARY or served.kind is not TaskKind.BINARY or not groups:
        return findings, []
    context.progress(0.7, say("step_groups"))
    some = some_rows(task)
    task, rows = task.at(some), rows.iloc[some].reset_index(drop=True)
    scores = out_of_sample_scores(served, rows, task)
    if scores is None:
        return findings, []
    share = min(1.0, max(0.001, float(options.get("capacity") or 0.1)))
    chosen = scores >= np.quantile(scores, 1 - share)
    pictures: list[Picture] = []
    for column in groups:
        of_column, picture = fairness.bias(
            task.answers, scores, chosen, rows[column], context.folder, columns=len(groups)
        )
        findings += of_column
        pictures.append(picture)
    return findings, pictures


def _groups(options: Mapping[str, Any], rows: pd.DataFrame) -> list[str]:
    raw = options.get("groups") or []
    names = raw.split(",") if isinstance(raw, str) else list(raw)
    absent = [name for name in names if name not in rows]
    if absent:
        raise InputError(say("table_column_group", absent=absent[0]), field="groups")
    return [str(name) for name in names]


def _explained(served: ServedModel, rows: pd.DataFrame) -> Finding:
    """Explain the highest-scored cases and count how many get a reason."""
    top = np.argsort(-served.scores(rows))[:_EXPLAINED]
    cases = rows.iloc[top].astype(object)
    every = [reasons_for(served, dict(case)) for _, case in cases.iterrows()]
    explained = sum(bool(one) for one in every)
    names = pd.Series([one.column for found in every for one in found[:1]], dtype=object)
    leading = [str(name) for name in names.value_counts().index[:3]]
    counts = {"explained": explained, "cases": len(every)}
    return CODES.finding(
        "decisions_explained",
        counts | {"leading": leading},
        level=None if explained == len(every) else FindingLevel.NOTE,
        leading=", ".join(leading) or shared("none"),
    )


def _scenario(findings: list[Finding]) -> tuple[str, str]:
    """Return the deployment phase's scenario that this looks like, and why; stops go first."""
    for level in (FindingLevel.STOPS, FindingLevel.SLOWS):
        for scenario, codes in _SCENARIOS:
            for found in findings:
                if found.level is level and found.code in codes:
                    return scenario, found.sentence
    return "works", say("nothing_found_title")


MOST_REASONS: Final = 4


@dataclass(frozen=True)
class Reason:
    """A column of one case, and how much the score changes when it is made typical instead."""

    column: str
    effect: float

    @property
    def sentence(self) -> str:
        """The reason in words, without the person's value."""
        way = "raises" if self.effect > 0 else "lowers"
        return say("differs_usual_score", column=self.column, way=way)


def reasons_for(served: ServedModel, row: dict[str, Any]) -> list[Reason]:
    """Return the columns that move one case's score most, the strongest first.

    Each column alone is set to its typical value; what that changes is its effect.
    """
    columns = served.plan.names
    case = {name: row.get(name) for name in columns}
    rows = [case, *({**case, name: served.typical.get(name)} for name in columns)]
    scores = served.scores(pd.DataFrame(rows, dtype=object))
    effects = [
        Reason(name, float(scores[0] - changed))
        for name, changed in zip(columns, scores[1:], strict=True)
    ]
    ranked = sorted(effects, key=lambda one: -abs(one.effect))
    return [one for one in ranked[:MOST_REASONS] if abs(one.effect) > 1e-6]


MOST_ROWS: Final = 20_000
_SEED: Final = 48


def some_rows(task: PredictionTask) -> NDArray[np.intp]:
    """Return positions of at most `MOST_ROWS` rows of a task, drawn at random."""
    drawn = np.random.default_rng(_SEED).permutation(len(task.answers))[:MOST_ROWS]
    return np.sort(drawn)


def out_of_sample_scores(
    served: ServedModel, rows: pd.DataFrame, task: PredictionTask
) -> NDArray[np.float64] | None:
    """Return the chance of yes of each row, by copies of the model that learned the other rows.

    Args:
        served: the saved model; its pipeline is fitted anew, five times.
        rows: the rows of the task.
        task: their answers, yes or no.

    Returns:
        The scores; none where the rows cannot be parted with both outcomes in each part.
    """
    parting = part_at_random(task)
    if parting is None:
        return None
    data = prepare(rows, served.plan)
    inputs = data[list(served.model.feature_names_in_)]
    answers = task.answers.astype(int)
    scores = np.full(len(rows), np.nan)
    for learn, ask in parting.folds:
        fitted = clone(served.model).fit(inputs.iloc[learn], answers[learn])
        scores[ask] = fitted.predict_proba(inputs.iloc[ask])[:, -1]
    return None if np.isnan(scores).any() else scores
