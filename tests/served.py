"""Kept models of every kind and family, for tests and measurements of serving."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probes.baseline.artifact import ServedModel, reference_shares, save_model, typical_row
from probes.baseline.columns import FramePlan, plan_frame, prepare
from probes.baseline.models import ModelFamily, Shape, make_model
from probes.baseline.task import TaskKind, read_task

FAMILIES = tuple(ModelFamily)
TARGETS = {
    TaskKind.BINARY: "left",
    TaskKind.MULTICLASS: "segment",
    TaskKind.REGRESSION: "worth",
}
LABELS = {*TARGETS.values()}
_ALL_SORTS = 4_000


@cache
def customers(rows: int = _ALL_SORTS, seed: int = 48) -> pd.DataFrame:
    """Return a table with every sort of column that a plan knows, gaps in most of them."""
    rng = np.random.default_rng(seed)
    visits = rng.poisson(4, rows)
    spend = np.round(rng.gamma(2, 300, rows) + 40 * visits, 2)
    joined = pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 1500, rows), "D")
    city = rng.choice([f"city {n}" for n in range(40)], rows)
    frame = pd.DataFrame(
        {
            "visits": visits,
            "spend": _gaps(spend, rng),
            "income": [f"{one:,.2f}".translate(str.maketrans(",.", ".,")) for one in spend * 31],
            "area": _gaps(rng.choice(["north", "south", "Straße"], rows), rng),
            "city": _gaps(city, rng, 0.05),
            "joined": joined.strftime("%d.%m.%Y"),
            "last_seen": (joined + pd.to_timedelta(visits * 9.37, "h")).astype(str),
            "note": [_note(rng) for _ in range(rows)],
            "is_member": rng.random(rows) < 0.4,
        }
    )
    pull = visits + rng.normal(0, 1.5, rows) + (frame["area"] == "north") * 2
    frame["left"] = (pull < 3).astype(int)
    frame["segment"] = np.select([pull < 3, pull < 5], ["cold", "warm"], "hot")
    frame["worth"] = spend * (1 + 0.2 * rng.normal(size=rows)) + 10 * visits
    return frame


def _gaps(values: Any, rng: np.random.Generator, share: float = 0.1) -> pd.Series:
    return pd.Series(values).astype(object).where(rng.random(len(values)) > share, None)


def _note(rng: np.random.Generator) -> str:
    words = "late order again broken pump leaks oil the engine hums wrote twice nobody answers"
    return " ".join(rng.choice(words.split(), rng.integers(4, 14)))


def fitted(
    frame: pd.DataFrame, target: str, family: ModelFamily, leave_out: set[str] = LABELS
) -> ServedModel:
    """Return a model of one family, learnt from the first half of the rows."""
    plan: FramePlan = plan_frame(frame, dict.fromkeys(leave_out, "a label"))
    task = read_task(frame, target)
    half = len(frame) // 2
    prepared = prepare(frame.iloc[:half], plan)
    shape = Shape(task.kind, half, len(plan.columns), classes=len(task.classes))
    model = make_model(family, plan, shape).fit(prepared, task.answers[:half])
    served = ServedModel(model, plan, task.kind, target, task.classes, {}, {}, {})
    return ServedModel(
        model,
        plan,
        task.kind,
        target,
        task.classes,
        typical_row(prepared, plan),
        reference_shares(prepared, plan, served.scores(frame.iloc[:half])),
        {"family": family.value, "rows": half, "made": "2026-03-09"},
    )


def kept(folder: Path, frame: pd.DataFrame, target: str, family: ModelFamily) -> Path:
    """Write such a model as the baseline probe keeps it."""
    return save_model(folder / f"{target}-{family.name}.skops", fitted(frame, target, family))


def as_callers_send(frame: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return the rows as JSON values."""
    rows = frame[names].astype(object).where(frame[names].notna(), None)
    return [{name: _json(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _json(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
