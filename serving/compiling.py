"""Compiles a kept model to plain arithmetic, and checks that it says the same as scikit-learn.

Runs in a process of its own (`python -m serving.compiling MODEL OUT`): pandas and scikit-learn take
150 MB that a worker has no use for afterwards.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from bot.isolation.confinement import Confinement, confine
from probes.baseline.artifact import ServedModel, load_model
from probes.baseline.columns import FramePlan, prepared_names
from probes.baseline.task import TaskKind
from serving.form import COMPILED, SLOW, CompiledModel, form_of
from serving.reference import reference_rows
from serving.texts import say

ROWS_CHECKED: Final = 1_000
TOLERANCE: Final = 1e-9
"""Of a score's difference, relative where scores are above one."""

Plain = dict[str, Any]


class CannotCompile(Exception):  # noqa: N818 - no fault: the slow form takes its place
    """A part of the pipeline that has no arithmetic here; the message names it."""


def compile_model(path: Path, rows: int = ROWS_CHECKED) -> Plain:
    """Return a kept model's form as plain data, checked row by row against scikit-learn.

    Args:
        path: of the kept model.
        rows: how many rows to compare.

    Returns:
        The form. Where the model has a part that cannot be compiled, or a compared row differs, it
        says `form: scikit-learn` and the reason.

    Raises:
        InputError: the file is no model that hour48 saved.
    """
    served = load_model(path)
    facts = _facts(served)
    try:
        plain = facts | {"form": COMPILED, "reason": None} | _arithmetic(served)
    except CannotCompile as refusal:
        return facts | {"form": SLOW, "reason": str(refusal)}
    differs = _difference(served, form_of(plain), rows)
    if differs is None:
        return plain | {"checked": rows}
    return facts | {"form": SLOW, "reason": differs}


def _facts(served: ServedModel) -> Plain:
    plan = served.plan.to_plain()
    return {
        "task": served.kind.value,
        "target": served.target,
        "classes": list(served.classes),
        "columns": plan["columns"],
        "reference": _plain(served.reference),
        "about": _plain(served.about),
    }


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _difference(served: ServedModel, form: CompiledModel, rows: int) -> str | None:
    """Return how a compared row differs, or None when all are equal."""
    asked = reference_rows(form.facts, rows)
    frame = pd.DataFrame(asked, columns=served.plan.names, dtype=object)
    scores, answers = served.scores(frame), served.outcomes(frame)
    for number, row in enumerate(asked):
        scored = form.score(form.prepare(row))
        wanted = float(scores[number])
        if abs(scored.score - wanted) > TOLERANCE * max(1.0, abs(wanted)):
            return say("row_scores", number=number, score=scored.score, wanted=wanted)
        if served.classes and scored.answer != answers[number]:
            return say("row", number=number, answer=scored.answer, answers=answers[number])
    return None


def _arithmetic(served: ServedModel) -> Plain:
    steps = served.model.steps
    if len(steps) == 1:
        return {"blocks": [], "estimator": _estimator(steps[0][1], served)}
    (_, encoder), (_, estimator) = steps[-2:]
    if len(steps) != 2 or type(encoder).__name__ != "ColumnTransformer":
        raise CannotCompile(f"a pipeline of {len(steps)} steps")
    at = _positions(served.plan)
    blocks = [
        block
        for _, part, names in encoder.transformers_
        if _is_used(part, names)
        for block in _blocks(part, [at[name] for name in _listed(names)])
    ]
    return {"blocks": blocks, "estimator": _estimator(estimator, served)}


def _is_used(part: Any, names: Any) -> bool:
    return not isinstance(part, str) or (part != "drop" and len(names) > 0)


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else [str(name) for name in names]


def _positions(plan: FramePlan) -> dict[str, int]:
    names = [name for column in plan.columns for name in prepared_names(column)]
    return {name: number for number, name in enumerate(names)}


def _blocks(part: Any, at: list[int]) -> list[Plain]:
    kinds = tuple(type(step).__name__ for step in _steps(part))
    make = _BLOCKS.get(kinds)
    if make is None:
        raise CannotCompile(f"the encoder {' + '.join(kinds)}")
    return [make(_steps(part), at)]


def _steps(part: Any) -> list[Any]:
    if hasattr(part, "steps"):
        return [step for _, step in part.steps]
    return [part]


def _passed(_: list[Any], at: list[int]) -> Plain:
    return {"kind": "passed", "at": at}


def _levels(encoder: Any) -> list[list[str]]:
    levels = [[str(level) for level in known] for known in encoder.categories_]
    if any(len(set(known)) != len(known) for known in levels):
        raise CannotCompile("levels that are written alike")
    return levels


def _ordinal(steps: list[Any], at: list[int]) -> Plain:
    (encoder,) = steps
    if encoder.handle_unknown != "use_encoded_value" or encoder.unknown_value != -1:
        raise CannotCompile("an OrdinalEncoder of other settings")
    return {"kind": "ordinal", "at": at, "levels": _levels(encoder)}


def _onehot(steps: list[Any], at: list[int]) -> Plain:
    (encoder,) = steps
    if encoder.handle_unknown != "ignore" or encoder.drop is not None:
        raise CannotCompile("a OneHotEncoder of other settings")
    return {"kind": "onehot", "at": at, "levels": _levels(encoder)}


def _target(steps: list[Any], at: list[int]) -> Plain:
    encoder, *scaler = steps
    classes = len(encoder.classes_) if encoder.target_type_ == "multiclass" else 1
    mean, scale = _scaling(scaler[0]) if scaler else (None, None)
    otherwise = np.atleast_1d(encoder.target_mean_).astype(float)
    tables, unknown = [], []
    for number, known in enumerate(_levels(encoder)):
        place = slice(number * classes, (number + 1) * classes)
        encodings = np.stack([np.asarray(one, float) for one in encoder.encodings_[place]], axis=1)
        rest = otherwise[None, :]
        if mean is not None and scale is not None:
            encodings = (encodings - mean[place]) / scale[place]
            rest = (rest - mean[place]) / scale[place]
        tables.append([[level, row] for level, row in zip(known, encodings.tolist(), strict=True)])
        unknown.append(rest[0].tolist())
    return {"kind": "target", "at": at, "tables": tables, "unknown": unknown}


def _scaling(scaler: Any) -> tuple[Any, Any]:
    return np.asarray(scaler.mean_, float), np.asarray(scaler.scale_, float)


def _smooth(steps: list[Any], at: list[int]) -> Plain:
    imputer, quantiles, scaler = steps
    if quantiles.output_distribution != "normal" or imputer.strategy != "median":
        raise CannotCompile("a QuantileTransformer of other settings")
    mean, scale = _scaling(scaler)
    indicator = imputer.indicator_
    return {
        "kind": "smooth",
        "at": at,
        "medians": np.asarray(imputer.statistics_, float).tolist(),
        "indicators": [] if indicator is None else [int(one) for one in indicator.features_],
        "quantiles": quantiles.quantiles_.T.tolist(),
        "references": quantiles.references_.tolist(),
        "mean": mean.tolist(),
        "scale": scale.tolist(),
    }


def _text(steps: list[Any], at: list[int]) -> Plain:
    hashing, rarity, projection = steps
    plain_words = hashing.analyzer == "word" and hashing.ngram_range == (1, 1)
    if not plain_words or hashing.alternate_sign or hashing.norm != "l2" or not rarity.sublinear_tf:
        raise CannotCompile("a HashingVectorizer of other settings")
    return {
        "kind": "text",
        "at": at,
        "features": int(hashing.n_features),
        "idf": rarity.idf_.tolist(),
        "components": projection.components_.tolist(),
    }


_BLOCKS: Final[dict[tuple[str, ...], Callable[[list[Any], list[int]], Plain]]] = {
    ("FunctionTransformer",): _passed,
    ("str",): _passed,
    ("OrdinalEncoder",): _ordinal,
    ("OneHotEncoder",): _onehot,
    ("TargetEncoder",): _target,
    ("TargetEncoder", "StandardScaler"): _target,
    ("SimpleImputer", "QuantileTransformer", "StandardScaler"): _smooth,
    ("HashingVectorizer", "TfidfTransformer", "TruncatedSVD"): _text,
}
"""By the names of an encoder's steps; a pass-through is a word or a FunctionTransformer."""


def _estimator(estimator: Any, served: ServedModel) -> Plain:
    check_is_fitted(estimator)
    make = _ESTIMATORS.get(type(estimator).__name__)
    if make is None:
        raise CannotCompile(f"the model {type(estimator).__name__}")
    return make(estimator, served)


def _link(served: ServedModel) -> str:
    return {
        TaskKind.REGRESSION: "identity",
        TaskKind.BINARY: "sigmoid",
        TaskKind.MULTICLASS: "softmax",
    }[served.kind]


def _prior(estimator: Any, _: ServedModel) -> Plain:
    return {"kind": "constant", "values": np.asarray(estimator.class_prior_, float).tolist()}


def _mean(estimator: Any, _: ServedModel) -> Plain:
    return {"kind": "constant", "values": np.ravel(estimator.constant_).astype(float).tolist()}


def _linear(estimator: Any, served: ServedModel) -> Plain:
    weights = np.atleast_2d(np.asarray(estimator.coef_, float))
    offsets = np.atleast_1d(np.asarray(estimator.intercept_, float))
    return {
        "kind": "linear",
        "weights": weights.tolist(),
        "offsets": offsets.tolist(),
        "link": _link(served),
    }


def _net(estimator: Any, served: ServedModel) -> Plain:
    if estimator.activation != "relu":
        raise CannotCompile(f"a net with {estimator.activation}")
    return {
        "kind": "net",
        "weights": [np.asarray(one, float).tolist() for one in estimator.coefs_],
        "offsets": [np.asarray(one, float).tolist() for one in estimator.intercepts_],
        "link": _link(served),
    }


def _boosting(estimator: Any, served: ServedModel) -> Plain:
    starts = np.ravel(estimator._baseline_prediction).astype(float)
    if estimator.is_categorical_ is not None and estimator.is_categorical_.any():
        raise CannotCompile("boosting with categories of its own")
    width = int(estimator.n_features_in_)
    outputs: list[list[Plain]] = [[] for _ in starts]
    for grown in estimator._predictors:
        for output, tree in zip(outputs, grown, strict=True):
            output.append(_boosted_tree(tree.nodes, width))
    return {
        "kind": "boosting",
        "starts": starts.tolist(),
        "trees": outputs,
        "link": _link(served),
    }


def _boosted_tree(nodes: Any, width: int) -> Plain:
    leaf = nodes["is_leaf"].astype(bool)
    return {
        "width": width,
        "features": np.where(leaf, -1, nodes["feature_idx"].astype(int)).tolist(),
        "thresholds": np.where(leaf, 0.0, nodes["num_threshold"]).tolist(),
        "left": nodes["left"].astype(int).tolist(),
        "right": nodes["right"].astype(int).tolist(),
        "missing_left": nodes["missing_go_to_left"].astype(int).tolist(),
        "values": np.where(leaf, nodes["value"], 0.0).tolist(),
    }


def _forest(estimator: Any, served: ServedModel) -> Plain:
    width = int(estimator.n_features_in_)
    trees = [_grown_tree(tree.tree_, width, served) for tree in estimator.estimators_]
    return {"kind": "forest", "trees": trees}


def _grown_tree(tree: Any, width: int, served: ServedModel) -> Plain:
    nodes = tree.__getstate__()["nodes"]
    leaf = tree.children_left < 0
    rows = tree.value[:, 0, :][leaf]
    if served.kind is not TaskKind.REGRESSION:
        rows = rows / rows.sum(axis=1, keepdims=True)
    return {
        "width": width,
        "features": np.where(leaf, -1, tree.feature).tolist(),
        "thresholds": np.where(leaf, 0.0, tree.threshold).tolist(),
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "missing_left": nodes["missing_go_to_left"].astype(int).tolist(),
        "values": (np.cumsum(leaf) - 1).tolist(),
        "rows": rows.tolist(),
    }


_ESTIMATORS: Final[Mapping[str, Callable[[Any, ServedModel], Plain]]] = {
    "DummyClassifier": _prior,
    "DummyRegressor": _mean,
    "LogisticRegression": _linear,
    "RidgeCV": _linear,
    "MLPClassifier": _net,
    "MLPRegressor": _net,
    "HistGradientBoostingClassifier": _boosting,
    "HistGradientBoostingRegressor": _boosting,
    "RandomForestClassifier": _forest,
    "RandomForestRegressor": _forest,
}


def main(arguments: Sequence[str]) -> None:
    """Compile one file into another, with no network and no file but these two."""
    model, out = map(Path, arguments)
    gc.disable()  # this process ends before there is anything to collect
    confine(Confinement(read=(str(model),), write=(str(out.parent),)))
    out.write_text(json.dumps(compile_model(model)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
