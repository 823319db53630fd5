"""The encoders of a compiled model: tables and arithmetic over one row's prepared values.

A block takes the prepared values and appends its outputs, in the order of the pipeline's columns.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

Block = Callable[[Sequence[Any], list[float]], None]

_THRESHOLD: Final = 1e-7
_CLIP: Final = 5.19933758270342
"""As scikit-learn's QuantileTransformer: values so near an end are at the end, and that is here."""
_TOKEN: Final = re.compile(r"(?u)\b\w\w+\b")
_inverse_normal: Final = NormalDist().inv_cdf


def block_of(plain: Mapping[str, Any]) -> Block:
    """Return the block that a compiled model describes.

    Args:
        plain: the block as plain data; `kind` and the positions `at` of its prepared values.
    """
    return _BLOCKS[plain["kind"]](plain)


def _passed(plain: Mapping[str, Any]) -> Block:
    at = list(plain["at"])

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        out += [prepared[one] for one in at]

    return run


def _ordinal(plain: Mapping[str, Any]) -> Block:
    tables = [
        (at, {level: float(number) for number, level in enumerate(levels)}.get)
        for at, levels in zip(plain["at"], plain["levels"], strict=True)
    ]

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        out += [known(prepared[at], -1.0) for at, known in tables]

    return run


def _onehot(plain: Mapping[str, Any]) -> Block:
    tables = []
    for at, levels in zip(plain["at"], plain["levels"], strict=True):
        rows = {
            level: tuple(float(number == place) for number in range(len(levels)))
            for place, level in enumerate(levels)
        }
        tables.append((at, rows.get, (0.0,) * len(levels)))

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        for at, known, unknown in tables:
            out += known(prepared[at], unknown)

    return run


def _target(plain: Mapping[str, Any]) -> Block:
    """Encode each level by what it meant for the target; already scaled where the model scales."""
    tables = [
        (at, {level: tuple(row) for level, row in table}.get, tuple(other))
        for at, table, other in zip(plain["at"], plain["tables"], plain["unknown"], strict=True)
    ]

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        for at, known, unknown in tables:
            out += known(prepared[at], unknown)

    return run


def _smooth(plain: Mapping[str, Any]) -> Block:
    """Fill in, note what was missing, bring to a normal distribution, and scale."""
    medians, at = list(plain["medians"]), list(plain["at"])
    indicated = list(plain["indicators"])
    references = list(plain["references"])
    maps = [_quantile_map(one, references) for one in plain["quantiles"]]
    scales = list(zip(maps, plain["mean"], plain["scale"], strict=True))

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        values = [prepared[one] for one in at]
        missing = [float(math.isnan(values[one])) for one in indicated]
        filled = [
            median if math.isnan(value) else value
            for value, median in zip(values, medians, strict=True)
        ]
        out += [
            (mapped(value) - mean) / scale
            for value, (mapped, mean, scale) in zip(filled + missing, scales, strict=True)
        ]

    return run


def _quantile_map(quantiles: Sequence[float], references: Sequence[float]) -> Callable[..., float]:
    low, high = quantiles[0], quantiles[-1]
    up, up_to = list(quantiles), list(references)
    down, down_to = [-one for one in reversed(up)], [-one for one in reversed(up_to)]

    def mapped(value: float) -> float:
        if value - _THRESHOLD < low:
            return -_CLIP
        if value + _THRESHOLD > high:
            return _CLIP
        share = 0.5 * (_interpolated(value, up, up_to) - _interpolated(-value, down, down_to))
        if not 0.0 < share < 1.0:
            return -_CLIP if share <= 0.0 else _CLIP
        return max(-_CLIP, min(_CLIP, _inverse_normal(share)))

    return mapped


def _interpolated(value: float, at: list[float], to: list[float]) -> float:
    place = bisect_right(at, value) - 1
    if place >= len(at) - 1:
        return to[-1]
    if place < 0:
        return to[0]
    slope = (to[place + 1] - to[place]) / (at[place + 1] - at[place])
    return slope * (value - at[place]) + to[place]


def _text(plain: Mapping[str, Any]) -> Block:
    """Hash the words, weigh them by rarity, and project: scikit-learn's text pipeline."""
    (at,), size = plain["at"], int(plain["features"])
    rarity = list(plain["idf"])
    directions = [tuple(column) for column in zip(*plain["components"], strict=True)]
    width = len(plain["components"])

    def run(prepared: Sequence[Any], out: list[float]) -> None:
        counts: dict[int, float] = {}
        for word in _TOKEN.findall(prepared[at].lower()):
            place = _place(word, size)
            counts[place] = counts.get(place, 0.0) + 1.0
        ordered = dict(sorted(counts.items()))  # scikit-learn adds up in this order
        out += _projected(_unit(_weighed(_unit(ordered), rarity)), directions, width)

    return run


def _unit(values: dict[int, float]) -> dict[int, float]:
    total = 0.0
    for value in values.values():
        total += value * value  # not `sum`, which makes up for what is rounded off
    length = math.sqrt(total)
    return {at: value / length for at, value in values.items()} if length else values


def _weighed(values: dict[int, float], rarity: Sequence[float]) -> dict[int, float]:
    return {at: (math.log(value) + 1.0) * rarity[at] for at, value in values.items()}


def _projected(
    values: dict[int, float], directions: Sequence[tuple[float, ...]], width: int
) -> list[float]:
    sums = [0.0] * width
    for at, value in values.items():
        sums = [sum_ + value * weight for sum_, weight in zip(sums, directions[at], strict=True)]
    return sums


@lru_cache(maxsize=50_000)
def _place(word: str, size: int) -> int:
    return abs(murmur3(word.encode())) % size


def murmur3(data: bytes) -> int:
    """Return MurmurHash3 (x86, 32 bits, seed 0), signed: how scikit-learn hashes words."""
    whole, state = len(data) // 4 * 4, 0
    for start in range(0, whole, 4):
        state ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        state = (_turned(state, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    if tail := data[whole:]:
        state ^= _mixed(int.from_bytes(tail, "little"))
    state ^= len(data)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        state = ((state ^ (state >> shift)) * factor) & 0xFFFFFFFF
    return state - (1 << 32) if state >> 31 else state


def _mixed(block: int) -> int:
    return (_turned((block * 0xCC9E2D51) & 0xFFFFFFFF, 15) * 0x1B873593) & 0xFFFFFFFF


def _turned(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & 0xFFFFFFFF


_BLOCKS: Final[dict[str, Callable[[Mapping[str, Any]], Block]]] = {
    "passed": _passed,
    "ordinal": _ordinal,
    "onehot": _onehot,
    "target": _target,
    "smooth": _smooth,
    "text": _text,
}
