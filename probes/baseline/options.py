"""What may be asked of the baseline probe besides a source and a target."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import UseCase
from probes.baseline.texts import say
from probes.settings import TableHints


class Effort(StrEnum):
    """How much time the probe may take."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


@dataclass(frozen=True)
class Bounds:
    """What an effort allows.

    Args:
        rows: read from the table.
        fold_rows: the slower models learn from in each fold; see `models.GAINS_FROM_ROWS`.
        asked_rows: checked in each fold.
        seconds: for comparing models; a family whose turn comes later is not tried.
    """

    rows: int
    fold_rows: int
    asked_rows: int
    seconds: float


BOUNDS: Final = {
    Effort.QUICK: Bounds(rows=60_000, fold_rows=3_000, asked_rows=3_000, seconds=6.0),
    Effort.STANDARD: Bounds(rows=400_000, fold_rows=6_000, asked_rows=12_000, seconds=20.0),
    Effort.THOROUGH: Bounds(rows=2_000_000, fold_rows=40_000, asked_rows=60_000, seconds=240.0),
}


@dataclass(frozen=True)
class Options:
    """The probe's options.

    Args:
        effort: how much time to take.
        positive: the value of the target that counts as yes.
        time: the column that says when a prediction would be made.
        entity: the column that says whom a row is about.
        item: the column that says what was bought, for a recommendation.
        known_after: columns filled only after the fact; no model sees them.
        trusted: columns somebody vouches for: known when the prediction is made.
        explained: why a near-perfect figure is right, in somebody's words.
        capacity: how many cases the business can act on: a number of rows, or a share below 1.
        value_per_hit: what acting on a right case is worth, in the business's money.
        cost_per_action: what acting on any case costs.
        use_case: which template helps to find the target.
        horizon: days ahead that maintenance asks about.
        outcome_days: days until an outcome is known; younger rows are left out.
    """

    effort: Effort = Effort.STANDARD
    positive: str | None = None
    time: str | None = None
    entity: str | None = None
    item: str | None = None
    known_after: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    explained: str | None = None
    capacity: float | None = None
    value_per_hit: float | None = None
    cost_per_action: float | None = None
    use_case: UseCase | None = None
    horizon: float | None = None
    outcome_days: float | None = None

    @property
    def bounds(self) -> Bounds:
        """What the effort allows."""
        return BOUNDS[self.effort]


def read_options(raw: Mapping[str, Any], hints: TableHints, use_case: UseCase | None) -> Options:
    """Read the request's options; what it leaves out comes from the configuration.

    Raises:
        InputError: an option is unknown or cannot be read.
    """
    unknown = sorted(set(raw) - set(Options.__dataclass_fields__))
    if unknown:
        known = ", ".join(Options.__dataclass_fields__)
        raise InputError(say("option_unknown", unknown=unknown[0], known=known), field=unknown[0])
    return Options(
        effort=_choice(raw, "effort", Effort) or Effort.STANDARD,
        positive=_text(raw, "positive"),
        time=_text(raw, "time") or hints.time,
        entity=_text(raw, "entity") or hints.entity,
        item=_text(raw, "item"),
        known_after=(*_names(raw, "known_after"), *hints.known_after),
        trusted=_names(raw, "trusted"),
        explained=_text(raw, "explained"),
        capacity=_amount(raw, "capacity", least=0.0),
        value_per_hit=_amount(raw, "value_per_hit"),
        cost_per_action=_amount(raw, "cost_per_action"),
        use_case=_choice(raw, "use_case", UseCase) or use_case,
        horizon=_amount(raw, "horizon", least=0.0),
        outcome_days=_amount(raw, "outcome_days", least=0.0),
    )


def _text(raw: Mapping[str, Any], name: str) -> str | None:
    value = raw.get(name)
    return None if value is None or value == "" else str(value)


def _names(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = raw.get(name) or ()
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        raise InputError(say("columns_option_invalid", name=name), field=name)
    return tuple(str(one).strip() for one in value if str(one).strip())


def _amount(raw: Mapping[str, Any], name: str, least: float | None = None) -> float | None:
    written = raw.get(name)
    if written is None or written == "":
        return None
    try:
        text = str(written).strip()
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise InputError(say("takes_number_none", name=name, written=written), field=name) from None
    if not math.isfinite(value) or (least is not None and value <= least):
        raise InputError(say("number_option_invalid", name=name, written=written), field=name)
    return value


def _choice(raw: Mapping[str, Any], name: str, choices: Any) -> Any:
    value = _text(raw, name)
    if value is None:
        return None
    try:
        return choices(value.lower())
    except ValueError:
        known = ", ".join(choices)
        raise InputError(
            say("choice_option_invalid", name=name, known=known, value=value), field=name
        ) from None
