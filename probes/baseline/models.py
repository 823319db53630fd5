"""The simplest models worth trying, as scikit-learn pipelines over a prepared frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    OrdinalEncoder,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

from probes.baseline.columns import FramePlan, Use, prepared_names
from probes.baseline.task import TaskKind

FEW_LEVELS: Final = 12
"""Categories with more levels are encoded by the target, within the training part only."""

_MOST_TREES: Final = 400
_FEWEST_ROUNDS: Final = 12
_BOLDEST: Final = 0.3
"""Of boosting that tells many classes apart: trees in all, rounds, and the step of each."""

_TEXT_FEATURES: Final = 2**12
_TEXT_PARTS: Final = 16
_SEED: Final = 48


class ModelFamily(StrEnum):
    """The models tried, simplest first; the order breaks ties."""

    DUMMY = "guessing"
    LINEAR = "linear"
    BOOSTING = "boosting"
    FOREST = "random forest"
    NETWORK = "small neural net"


SIMPLICITY: Final = {
    ModelFamily.DUMMY: 0,
    ModelFamily.LINEAR: 1,
    ModelFamily.FOREST: 1,
    ModelFamily.BOOSTING: 3,
    ModelFamily.NETWORK: 4,
}


GAINS_FROM_ROWS: Final = {
    ModelFamily.DUMMY: 1,
    ModelFamily.LINEAR: 3,
    ModelFamily.FOREST: 1,
    ModelFamily.BOOSTING: 17,
    ModelFamily.NETWORK: 1,
}
"""Rows each family learns from, in multiples of what the effort allows: boosting gains most from
more and is the quickest, a forest and a net gain little and are slow.
"""


@dataclass(frozen=True)
class Shape:
    """What a model's settings depend on.

    Args:
        kind: of task.
        rows: to learn from.
        columns: as they were prepared.
        later: whether it will be asked about rows later than those it learnt.
        classes: to tell apart; none for numbers.
    """

    kind: TaskKind
    rows: int
    columns: int
    later: bool = False
    classes: int = 0


def make_model(family: ModelFamily, plan: FramePlan, shape: Shape) -> Pipeline:
    """Return an unfitted pipeline of `family` over the columns of `plan`.

    Args:
        family: which model.
        plan: the columns, as `prepare` will give them.
        shape: the kind of task and the size of the training part.
    """
    if family is ModelFamily.DUMMY:
        return make_pipeline(_DUMMY[shape.kind is TaskKind.REGRESSION]())
    smooth = family in {ModelFamily.LINEAR, ModelFamily.NETWORK}
    return make_pipeline(_encoder(plan, shape, smooth=smooth), _ESTIMATORS[family](shape))


def _encoder(plan: FramePlan, shape: Shape, *, smooth: bool) -> ColumnTransformer:
    columns = _by_treatment(plan)
    parts: list[tuple[str, Any, Any]] = [
        ("numbers", _smooth_numbers(shape) if smooth else "passthrough", columns["numbers"]),
        ("few", _few_levels(smooth=smooth), columns["few"]),
        ("many", _many_levels(shape, smooth=smooth), columns["many"]),
    ]
    parts += [(f"text {number}", _text(), name) for number, name in enumerate(columns["text"])]
    used = [part for part in parts if len(part[2])]
    return ColumnTransformer(used, sparse_threshold=0.0)


def _by_treatment(plan: FramePlan) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {"numbers": [], "few": [], "many": [], "text": []}
    for column in plan.columns:
        if column.use is Use.TEXT:
            columns["text"].append(column.name)
        elif column.use is Use.CATEGORY:
            columns["few" if column.levels <= FEW_LEVELS else "many"].append(column.name)
        else:
            columns["numbers"].extend(prepared_names(column))
    return columns


def _smooth_numbers(shape: Shape) -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(
            n_quantiles=min(200, max(2, shape.rows)),
            output_distribution="normal",
            subsample=20_000,
            random_state=_SEED,
        ),
        StandardScaler(),
    )


def _few_levels(*, smooth: bool) -> Any:
    if smooth:
        return OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)


def _many_levels(shape: Shape, *, smooth: bool) -> Any:
    encoder = TargetEncoder(
        target_type=_TARGET_TYPES[shape.kind],
        cv=KFold(3, shuffle=True, random_state=_SEED),
    )
    return make_pipeline(encoder, StandardScaler()) if smooth else encoder


_TARGET_TYPES: Final = {
    TaskKind.BINARY: "binary",
    TaskKind.MULTICLASS: "multiclass",
    TaskKind.REGRESSION: "continuous",
}


def _text() -> Pipeline:
    return make_pipeline(
        HashingVectorizer(n_features=_TEXT_FEATURES, alternate_sign=False),
        TfidfTransformer(sublinear_tf=True),
        TruncatedSVD(_TEXT_PARTS, random_state=_SEED),
    )


def _linear(shape: Shape) -> Any:
    if shape.kind is TaskKind.REGRESSION:
        return RidgeCV(alphas=(0.1, 1.0, 10.0, 100.0, 1000.0))
    return LogisticRegression(C=_softness(shape), max_iter=300)


def _softness(shape: Shape) -> float:
    return 1.0 if shape.rows >= 20 * shape.columns else 0.1


def _forest(shape: Shape) -> Any:
    make = RandomForestRegressor if shape.kind is TaskKind.REGRESSION else RandomForestClassifier
    return make(
        n_estimators=60 if shape.rows < 5_000 else 40,
        min_samples_leaf=3 if shape.rows < 5_000 else 5,
        max_samples=min(1.0, 10_000 / shape.rows) if shape.rows > 10_000 else None,
        max_features="sqrt" if shape.kind is not TaskKind.REGRESSION else 0.4,
        random_state=_SEED,
    )


def _boosting(shape: Shape) -> Any:
    make = (
        HistGradientBoostingRegressor
        if shape.kind is TaskKind.REGRESSION
        else HistGradientBoostingClassifier
    )
    return make(
        **_within_trees(_boosting_size(shape), shape.classes),
        max_features=min(1.0, 200 / max(1, shape.columns)),
        early_stopping=False,
        random_state=_SEED,
    )


def _boosting_size(shape: Shape) -> dict[str, Any]:
    """Return leaves and rounds that suit the number of rows: more of both as the data grow.

    Later rows differ from those learnt, so that what many leaves remember would not hold.
    """
    rows = shape.rows
    if rows < 5_000:
        return {"max_iter": 80, "learning_rate": 0.05, "max_leaf_nodes": 8, "l2_regularization": 1}
    if shape.later:
        return {"max_iter": 60, "learning_rate": 0.1, "max_leaf_nodes": 31, "l2_regularization": 1}
    if rows < 50_000:
        return {"max_iter": 120, "learning_rate": 0.1, "max_leaf_nodes": 31, "l2_regularization": 1}
    return {"max_iter": 70, "learning_rate": 0.3, "max_leaf_nodes": 127, "l2_regularization": 5}


def _within_trees(size: dict[str, Any], classes: int) -> dict[str, Any]:
    """Return fewer and bolder rounds where each one grows a tree for each of many classes."""
    rounds = max(_FEWEST_ROUNDS, _MOST_TREES // max(1, classes))
    if rounds >= size["max_iter"]:
        return size
    bolder = min(_BOLDEST, size["learning_rate"] * size["max_iter"] / rounds)
    return size | {"max_iter": rounds, "learning_rate": bolder}


def _network(shape: Shape) -> Any:
    make = MLPRegressor if shape.kind is TaskKind.REGRESSION else MLPClassifier
    return make(
        hidden_layer_sizes=(32,),
        alpha=1e-2,
        early_stopping=shape.rows >= 500,
        n_iter_no_change=4,
        learning_rate_init=0.005,
        max_iter=25,
        batch_size=min(256, max(32, shape.rows // 50)),
        random_state=_SEED,
    )


_DUMMY: Final[dict[bool, Callable[[], Any]]] = {
    True: DummyRegressor,
    False: lambda: DummyClassifier(strategy="prior"),
}
_ESTIMATORS: Final[dict[ModelFamily, Callable[[Shape], Any]]] = {
    ModelFamily.LINEAR: _linear,
    ModelFamily.BOOSTING: _boosting,
    ModelFamily.FOREST: _forest,
    ModelFamily.NETWORK: _network,
}
