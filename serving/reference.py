"""Rows made up from the shares of values that a model keeps of its training data; no person's row.

They stand in for real rows where a compiled model is compared with the original.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from serving.form import FormFacts
from serving.texts import say
from serving.values import MISSING_LEVEL

EXTREMES: Final = (0, 0.0, -1, 1e-12, 1e12, -1e30, 1e30, 7, 2.5, True)
_ODD: Final = 0.1
"""Share of values that are missing, extreme or unknown."""
_WORDS: Final = [
    "late",
    "order",
    "again",
    "broken",
    "pump",
    "leaks",
    "oil",
    "the",
    "a",
    "I",
    "wrote",
    "twice",
    "nobody",
    "Straße",
    "ok",
    "42",
    "ü",
]
_ISO_DAYS: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - dates in tables have no zone

Maker = Callable[[random.Random], Any]


def reference_rows(facts: FormFacts, count: int) -> list[dict[str, Any]]:
    """Return rows such as a caller sends them, spread like the training data, with odd values.

    Args:
        facts: of the model.
        count: how many.
    """
    draw = random.Random(48)
    makers = {str(one["name"]): _maker(one, facts) for one in facts.columns}
    return [{name: make(draw) for name, make in makers.items()} for _ in range(count)]


def _maker(column: Mapping[str, Any], facts: FormFacts) -> Maker:
    usual, odd = _MAKERS[column["use"]](column, facts.reference["columns"].get(column["name"], {}))
    return lambda draw: odd(draw) if draw.random() < _ODD else usual(draw)


def _number(column: Mapping[str, Any], shares: Mapping[str, Any]) -> tuple[Maker, Maker]:
    write = _NUMBERS_AS[str(column["notation"])]
    edges = list(shares.get("edges") or [0.0, 1.0])

    def usual(draw: random.Random) -> Any:
        return write(_between(edges, draw))

    def odd(draw: random.Random) -> Any:
        value = draw.choice([None, draw.choice(edges), *EXTREMES])
        return None if value is None else write(value)

    return usual, odd


def _between(edges: list[float], draw: random.Random) -> float:
    """Return a value in one of the bins that the edges make, the open ones at the ends too."""
    wide = (edges[-1] - edges[0]) or abs(edges[0]) or 1.0
    ends = [edges[0] - wide / 2, *edges, edges[-1] + wide]
    place = draw.randrange(len(ends) - 1)
    return draw.uniform(ends[place], ends[place + 1])


_NUMBERS_AS: Final[dict[str, Callable[[float], Any]]] = {
    "": lambda value: value,
    "comma": lambda value: f"{value:,.4f}".translate(str.maketrans(",.", ".,")),
    "point": lambda value: f"{value:,.4f}",
}


def _category(_: Mapping[str, Any], shares: Mapping[str, Any]) -> tuple[Maker, Maker]:
    levels = [None if level == MISSING_LEVEL else level for level in shares.get("levels") or ["?"]]
    return (
        lambda draw: draw.choice(levels),
        lambda draw: draw.choice([None, say("never_seen_before"), 3, 2.0]),
    )


def _text(_: Mapping[str, Any], __: Mapping[str, Any]) -> tuple[Maker, Maker]:
    return (
        lambda draw: " ".join(draw.choices(_WORDS, k=draw.randrange(1, 20))),
        lambda draw: draw.choice([None, "", "x", " "]),
    )


def _date(column: Mapping[str, Any], shares: Mapping[str, Any]) -> tuple[Maker, Maker]:
    notation = str(column["notation"]) or "%Y-%m-%d %H:%M:%S"
    edges = list(shares.get("edges") or [18_000.0, 20_000.0])

    def usual(draw: random.Random) -> str:
        moment = _ISO_DAYS + timedelta(days=_between(edges, draw))
        return moment.replace(microsecond=0).strftime(notation)

    return usual, lambda draw: None if draw.random() < 0.5 else usual(draw)


_MAKERS: Final[dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Maker, Maker]]]] = {
    "number": _number,
    "category": _category,
    "text": _text,
    "date": _date,
}
