"""The estimators of a compiled model: features in, a number for each output out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from operator import mul
from typing import Any, Final

Estimator = Callable[[list[float]], Sequence[float]]
"""Features to the chances of the classes, or to the one number of a regression."""


def estimator_of(plain: Mapping[str, Any]) -> Estimator:
    """Return the estimator that a compiled model describes; `kind` says which."""
    return _ESTIMATORS[plain["kind"]](plain)


def _constant(plain: Mapping[str, Any]) -> Estimator:
    values = tuple(plain["values"])
    return lambda _features: values


def _linear(plain: Mapping[str, Any]) -> Estimator:
    rows = list(zip(plain["weights"], plain["offsets"], strict=True))
    link = _LINKS[plain["link"]]

    def run(features: list[float]) -> Sequence[float]:
        return link([sum(map(mul, weights, features)) + offset for weights, offset in rows])

    return run


def _net(plain: Mapping[str, Any]) -> Estimator:
    import numpy as np

    layers = [
        (np.asarray(weights), np.asarray(offsets))
        for weights, offsets in zip(plain["weights"], plain["offsets"], strict=True)
    ]
    link = _LINKS[plain["link"]]

    def run(features: list[float]) -> Sequence[float]:
        signal = np.asarray(features)
        for weights, offsets in layers[:-1]:
            signal = np.maximum(signal @ weights + offsets, 0.0)
        weights, offsets = layers[-1]
        return link((signal @ weights + offsets).tolist())

    return run


def _boosting(plain: Mapping[str, Any]) -> Estimator:
    """Add the trees of each output to its start, in the order in which they were grown."""
    grown = [
        (start, [_nested(tree) for tree in trees])
        for start, trees in zip(plain["starts"], plain["trees"], strict=True)
    ]
    link = _LINKS[plain["link"]]

    def run(features: list[float]) -> Sequence[float]:
        both = features + [-one for one in features]
        totals = []
        for start, trees in grown:
            total = start
            for root in trees:
                node = root
                while node.__class__ is tuple:
                    node = node[2] if both[node[0]] <= node[1] else node[3]
                total += node
            totals.append(total)
        return link(totals)

    return run


def _forest(plain: Mapping[str, Any]) -> Estimator:
    """Average the trees; each leaf names its row of the table of values."""
    trees = [(_nested(tree), [tuple(row) for row in tree["rows"]]) for tree in plain["trees"]]
    count = len(trees)

    def run(features: list[float]) -> Sequence[float]:
        both = array("f", features).tolist()  # scikit-learn's trees compare in 32 bits
        both += [-one for one in both]
        totals = (0.0,) * len(trees[0][1][0])
        for root, rows in trees:
            node = root
            while node.__class__ is tuple:
                node = node[2] if both[node[0]] <= node[1] else node[3]
            totals = tuple(map(float.__add__, totals, rows[int(node)]))
        return [total / count for total in totals]

    return run


def _nested(tree: Mapping[str, Any]) -> Any:
    """Return a tree as nested tuples (feature, threshold, left, right); a leaf is its number.

    Where a missing value goes left, the test is turned round on the negated feature, so that NaN,
    which is never `<=`, takes the right way in both cases.
    """
    features, thresholds = tree["features"], tree["thresholds"]
    nodes: list[Any] = [None] * len(features)
    for at in reversed(range(len(features))):
        if features[at] < 0:
            nodes[at] = float(tree["values"][at])
            continue
        left, right = nodes[tree["left"][at]], nodes[tree["right"][at]]
        if tree["missing_left"][at]:
            turned = -math.nextafter(thresholds[at], math.inf)
            nodes[at] = (features[at] + tree["width"], turned, right, left)
        else:
            nodes[at] = (features[at], thresholds[at], left, right)
    return nodes[0]


def _sigmoid(raw: Sequence[float]) -> Sequence[float]:
    value = raw[0]
    if value >= 0:
        yes = 1.0 / (1.0 + math.exp(-value))
        return (1.0 - yes, yes)
    small = math.exp(value)
    yes = small / (1.0 + small)
    return (1.0 - yes, yes)


def _softmax(raw: Sequence[float]) -> Sequence[float]:
    most = max(raw)
    powers = [math.exp(value - most) for value in raw]
    whole = sum(powers)
    return [power / whole for power in powers]


_LINKS: Final[dict[str, Callable[[Sequence[float]], Sequence[float]]]] = {
    "identity": lambda raw: raw,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
}
_ESTIMATORS: Final[dict[str, Callable[[Mapping[str, Any]], Estimator]]] = {
    "constant": _constant,
    "linear": _linear,
    "net": _net,
    "boosting": _boosting,
    "forest": _forest,
}
