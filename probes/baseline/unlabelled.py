"""Anomalies that nobody has marked: what stands out, how firmly, and what cannot be known.

An isolation forest is set beside a rule anybody can check: how many usual spreads a number lies
from the middle. Without marked cases neither can be called right; what can be measured is whether
the forest names the same cases when it learns from other rows, and whether the rule would do.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.impute import SimpleImputer

from bot.texts import as_share
from probes.baseline.columns import FramePlan, Use, plan_frame, prepare, with_columns, with_moments
from probes.baseline.options import Options
from probes.baseline.task import FEWEST_ROWS
from probes.baseline.texts import CODES, say
from probes.contract import Finding, ProbeResult

DEFAULT_SHARE: Final = 0.01
STABLE: Final = 0.5
"""Share of the flagged that two forests, taught by different rows, must have in common."""

_TREES: Final = 100
_LOOK_AT: Final = 50
_USUAL: Final = 1.4826
"""The median distance from the middle times this is the standard deviation of a bell curve."""

Values = NDArray[np.float64]


def run_unlabelled(
    frame: pd.DataFrame, options: Options, *, source: str | None, table: str | None
) -> ProbeResult:
    """Say what stands out in a table without marked cases.

    Raises:
        ProbeFault: too few rows, or no column to look at.
    """
    frame, notations = with_moments(frame)
    plan = plan_frame(frame, dict.fromkeys(options.known_after, say("known_afterwards")), notations)
    plan = FramePlan(tuple(one for one in plan.columns if one.use is not Use.TEXT), plan.left_out)
    if len(frame) < FEWEST_ROWS or not plan.columns:
        few = {"rows": len(frame), "least": FEWEST_ROWS}
        raise CODES.fault("too_few_rows", few, "unlabelled")
    values = _as_numbers(prepare(frame, plan), plan)
    flagged = _flagged_count(options.capacity, len(frame))
    distance = _spreads_from_middle(values)
    forests = _forest_scores(values)
    chosen = _most(forests.mean(axis=1), flagged)
    steady = _common(*(_most(one, flagged) for one in forests.T))
    simple = _common(chosen, _most(distance.max(axis=1), flagged))
    findings = [
        _unmarked(flagged, len(frame)),
        _steadiness(steady, flagged),
        _rule(simple, flagged),
        _leading(distance, chosen),
    ]
    return ProbeResult(
        "baseline",
        source=source,
        table=table,
        findings=findings,
        scenario="works",
        scenario_why=say("anomalies_title"),
        facts={
            "kind": say("without_marked_cases"),
            "rows": len(frame),
            "columns": len(plan.columns),
            "flagged": flagged,
            "same_after_learning_from_other_rows": round(steady, 4),
            "same_as_the_rule": round(simple, 4),
            "left_out": {one.name: one.reason for one in plan.left_out},
        },
    )


def _as_numbers(data: pd.DataFrame, plan: FramePlan) -> pd.DataFrame:
    words = [one.name for one in plan.columns if one.use is Use.CATEGORY]
    if words:
        rare = data[words].apply(lambda column: -column.map(column.value_counts(normalize=True)))
        data = with_columns(data, {name: rare[name] for name in words})
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    return pd.DataFrame(imputer.fit_transform(data), columns=data.columns)


def _flagged_count(capacity: float | None, rows: int) -> int:
    wanted = DEFAULT_SHARE if capacity is None else capacity
    return max(1, min(rows // 2, round(wanted * rows) if wanted < 1 else int(wanted)))


def _spreads_from_middle(values: pd.DataFrame) -> pd.DataFrame:
    away = (values - values.median()).abs()
    spread = (away.median() * _USUAL).replace(0.0, np.nan).fillna(values.std()).replace(0.0, np.nan)
    return (away / spread).fillna(0.0)


def _forest_scores(values: pd.DataFrame) -> Values:
    """Return the scores of two forests that learnt from different halves of the rows."""
    order = np.random.default_rng(48).permutation(len(values))
    halves = np.array_split(order, 2)
    scores = [
        -IsolationForest(n_estimators=_TREES, random_state=48)
        .fit(values.iloc[half])
        .score_samples(values)
        for half in halves
    ]
    return np.column_stack(scores)


def _most(scores: Values | pd.Series, count: int) -> set[int]:
    return {int(row) for row in np.argsort(-np.asarray(scores), kind="stable")[:count]}


def _common(first: set[int], second: set[int]) -> float:
    return len(first & second) / max(1, len(first))


def _unmarked(flagged: int, rows: int) -> Finding:
    evidence = {"flagged": flagged, "rows": rows}
    look_at = min(_LOOK_AT, flagged)
    return CODES.finding(
        "anomalies_unmarked", evidence, flagged=flagged, rows=rows, look_at=look_at
    )


def _steadiness(steady: float, flagged: int) -> Finding:
    evidence = {"common": round(steady, 4), "flagged": flagged}
    code = "flags_steady" if steady >= STABLE else "flags_waver"
    return CODES.finding(code, evidence, steady=steady, flagged=flagged)


def _rule(simple: float, flagged: int) -> Finding:
    evidence = {"common": round(simple, 4), "flagged": flagged}
    advice = say("rule_first" if simple >= STABLE else "forest_adds")
    return CODES.finding(
        "rule_beside_forest", evidence, simple=simple, flagged=flagged, advice=advice
    )


def _leading(distance: pd.DataFrame, chosen: set[int]) -> Finding:
    most = distance.iloc[sorted(chosen)].idxmax(axis="columns").value_counts(normalize=True)
    named = ", ".join(f"{name} ({as_share(share)})" for name, share in most.head(3).items())
    shares = {str(name): round(float(share), 4) for name, share in most.head(5).items()}
    return CODES.finding("stands_out_by", {"columns": shares}, named=named)
