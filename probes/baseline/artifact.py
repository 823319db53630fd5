"""The saved model: scikit-learn through skops, and plain data beside it; no code, no pickle.

Opening it never runs what it names: types outside scikit-learn, NumPy and the short list below are
refused, so a file from elsewhere cannot smuggle anything in.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bot.domain.errors import InputError
from probes.baseline.columns import ColumnPlan, FramePlan, Use, prepare
from probes.baseline.joint import joint_shares
from probes.baseline.task import TaskKind
from probes.baseline.texts import listed, say
from probes.contract import about_file

FORMAT: Final = "hour48.model/1"
TRUSTED_TYPES: Final = (
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
)
"""What our own models need beyond skops' own list; all of it scikit-learn's or NumPy's data."""

_BINS: Final = 10
_LEVELS: Final = 20


@dataclass(frozen=True)
class ServedModel:
    """A model with what is needed to use, explain and watch it.

    Args:
        model: the fitted pipeline.
        plan: how a raw row becomes what the pipeline takes.
        kind: what kind of answer it gives.
        target: what it foretells.
        classes: the outcomes in index order.
        typical: a usual value of each column, to explain a decision against.
        reference: shares of values per column and of scores when it was trained, to see drift.
        about: family, figure, date and the like, for people.
    """

    model: Any
    plan: FramePlan
    kind: TaskKind
    target: str
    classes: tuple[str, ...]
    typical: Mapping[str, Any]
    reference: Mapping[str, Any]
    about: Mapping[str, Any]

    def scores(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return for each row the chance of yes, of the likeliest class, or the number.

        Raises:
            InputError: the rows lack a column that the model uses.
        """
        prepared = self._prepared(frame)
        if self.kind is TaskKind.REGRESSION:
            return np.asarray(self.model.predict(prepared), dtype=float)
        probabilities = np.asarray(self.model.predict_proba(prepared), dtype=float)
        return probabilities[:, -1] if self.kind is TaskKind.BINARY else probabilities.max(axis=1)

    def outcomes(self, frame: pd.DataFrame) -> list[str | float]:
        """Return the foretold outcome of each row: a class's name, or the number.

        Raises:
            InputError: the rows lack a column that the model uses.
        """
        foretold = np.asarray(self.model.predict(self._prepared(frame)))
        if self.kind is TaskKind.REGRESSION:
            return [float(value) for value in foretold]
        return [self.classes[int(index)] for index in foretold]

    def require(self, given: Collection[str]) -> None:
        """Go on only where every column that the model uses is given, if only as empty.

        Raises:
            InputError: some are not; it names them.
        """
        absent = [name for name in self.plan.names if name not in given]
        if absent:
            raise InputError(say("column_absent", columns=listed(absent)), field=absent[0])

    def _prepared(self, frame: pd.DataFrame) -> pd.DataFrame:
        self.require([str(name) for name in frame.columns])
        return prepare(frame, self.plan)


def describe(served: ServedModel) -> dict[str, Any]:
    """Return what a model is in JSON values: its columns, its answers and its honest figure."""
    return {
        "target": served.target,
        "kind": served.kind.value,
        "classes": list(served.classes),
        "columns": [
            {"name": column.name, "use": column.use.value} for column in served.plan.columns
        ],
        "about": dict(served.about),
    }


def save_model(path: Path, served: ServedModel) -> Path:
    """Write the model to `path`, and its description beside it."""
    import skops.io

    about_file(path).write_text(json.dumps(describe(served), allow_nan=False), "utf-8")

    skops.io.dump(
        {
            "format": FORMAT,
            "model": served.model,
            "plan": served.plan.to_plain(),
            "kind": served.kind.value,
            "target": served.target,
            "classes": list(served.classes),
            "typical": dict(served.typical),
            "reference": dict(served.reference),
            "about": dict(served.about),
        },
        path,
    )
    return path


def load_model(path: Path) -> ServedModel:
    """Open a saved model, without running anything it names.

    Raises:
        InputError: it is absent, not one of ours, or names types that are not trusted.
    """
    raw = _open(path)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise InputError(say("model_hour48_saved", name=path.name), field="artifact")
    return ServedModel(
        model=raw["model"],
        plan=FramePlan.from_plain(raw["plan"]),
        kind=TaskKind(raw["kind"]),
        target=raw["target"],
        classes=tuple(raw["classes"]),
        typical=raw["typical"],
        reference=raw["reference"],
        about=raw["about"],
    )


def _open(path: Path) -> Any:
    from zipfile import BadZipFile

    import skops.io

    if not path.is_file():
        raise InputError(say("model", name=path.name), field="artifact")
    try:
        strange = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if strange:
            named = ", ".join(sorted(strange)[:3])
            raise InputError(
                say("pickle_types_refused", name=path.name, named=named), field="artifact"
            )
        return skops.io.load(path, trusted=list(TRUSTED_TYPES))
    except InputError:
        raise
    except (BadZipFile, KeyError, ValueError, TypeError, OSError):
        raise InputError(say("damaged_saved_model", name=path.name), field="artifact") from None


def typical_row(prepared: pd.DataFrame, plan: FramePlan) -> dict[str, Any]:
    """Return a usual value of each column: the median, the commonest level, an empty text."""
    return {column.name: _typical(prepared[column.name], column) for column in plan.columns}


def _typical(values: pd.Series, column: ColumnPlan) -> Any:
    if column.use is Use.TEXT:
        return ""
    if column.use is Use.CATEGORY:
        return str(values.mode().iloc[0])
    middle = float(values.median())
    if math.isnan(middle):  # the column is empty
        return None
    if column.use is Use.DATE:
        return str(pd.Timestamp("1970-01-01") + pd.Timedelta(days=middle))
    return middle


def reference_shares(
    prepared: pd.DataFrame, plan: FramePlan, scores: NDArray[np.float64]
) -> dict[str, Any]:
    """Return how the values and the scores spread when the model was trained.

    Each number by its tenths, each category by its commonest levels, and which of them go together;
    texts are not watched.
    """
    watched = {
        column.name: _shares(prepared[column.name], column)
        for column in plan.columns
        if column.use is not Use.TEXT
    }
    return {
        "columns": watched,
        "scores": _number_shares(scores),
        "rows": len(prepared),
        "joint": joint_shares(prepared, watched),
    }


def _shares(values: pd.Series, column: ColumnPlan) -> dict[str, Any]:
    if column.use is not Use.CATEGORY:
        return _number_shares(values.to_numpy(dtype=float))
    counts = values.value_counts(normalize=True).iloc[:_LEVELS]
    return {"levels": [str(name) for name in counts.index], "shares": [float(x) for x in counts]}


def _number_shares(values: NDArray[np.float64]) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not len(known):
        return {"edges": [], "shares": [0.0], "missing": 1.0}
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return {
        "edges": [float(edge) for edge in edges],
        "shares": number_bins(known, edges),
        "missing": float(1 - len(known) / len(values)),
    }


def number_bins(
    known: NDArray[np.float64], edges: Sequence[float] | NDArray[np.float64]
) -> list[float]:
    """Return the share of values that fall between the edges, one more than there are edges."""
    places = np.searchsorted(np.asarray(edges), known, side="right")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return [float(count / max(1, len(known))) for count in counts]
