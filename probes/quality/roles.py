"""Which columns say when a row happened, whom it is about and what is to be predicted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from probes.quality.facts import TableFacts
from probes.settings import TableHints
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

ENTITY_NAME = re.compile(
    r"(^|_)(machine|device|sensor|asset|vehicle|store|customer|household|meter|plant|unit|user|"
    r"client|account|tailnum|station|site|branch|terminal|till|pump|turbine|truck|"
    r"maschine|anlage|pumpe|z(ä|ae)hler|kunde|filiale|standort|fahrzeug|kasse|capteur|compteur|magasin|tienda|sucursal|"
    r"cliente|sklep|czujnik|klient|klant|winkel)(_?(id|no|nr|number|key|code))?$",
    re.IGNORECASE,
)


NO_EVENT = re.compile(
    r"birth|dob|expir|valid|due|end|(^|_)geb|geburt|f(ä|ae)llig|ablauf|venc|caduc|(é|e)ch(é|e)ance|scaden|naiss|nacim|nascita",
    re.IGNORECASE,
)

BIRTH_TIME = re.compile(r"birth|dob(_|$)|(^|_)geb|geburt|naiss|nacim|nascita", re.IGNORECASE)
"""People who were born one after the other were not seen in that order."""

OUTCOME_TIME = re.compile(
    r"birth|dob|geb|bday|expir|valid|due|end|close|resolve|ship|deliver|return|cancel|updat|modif|out$|f(ä|ae)llig|ablauf|ende(_|$)|bis$|venc|caduc|(é|e)ch(é|e)ance|scaden|entrega|liefer|zugestellt|"
    r"abschluss|naiss|nacim|nascita",
    re.IGNORECASE,
)
"""Times of what came of an event; of several times the clock is none of these."""

DECADES = 15 * 365.25
LIFETIME = 40 * 365.25
MUCH_WIDER = 3
IN_ORDER = 0.3
FILLED_LEAST = 0.5
PAIRS_LEAST = 40
LATER = 0.9
SOMEDAYS = 0.3
SOON = 0.25
TAIL = 0.05


@dataclass(frozen=True)
class Roles:
    """Which columns are the time, the entity and the label; `told` says who named the entity."""

    time: str | None
    entity: str | None
    target: str | None
    entity_told: bool = False


def find_roles(facts: TableFacts, hints: TableHints, target: str | None) -> Roles:
    """Return the roles the administrator gave, else those that names and types suggest."""
    columns = {name.lower(): name for name in facts.columns}
    given = {role: columns.get((getattr(hints, role) or "").lower()) for role in ("time", "entity")}
    wanted = target or hints.target
    return Roles(
        time=given["time"] or _likely_time(facts),
        entity=given["entity"] or _likely_entity(facts),
        target=columns.get(wanted.lower(), wanted) if wanted else None,
        entity_told=given["entity"] is not None,
    )


def _likely_time(facts: TableFacts) -> str | None:
    """Return the time column that the table's events happen at."""
    import pandas as pd

    names = [one.name for one in facts.of_family(ColumnFamily.TIME) if one.name in facts.sample]
    texts = {name: facts.sample[name].astype("string").str.slice(0, 19) for name in names}
    best = event_time({name: pd.to_datetime(at, errors="coerce") for name, at in texts.items()})
    return None if best and NO_EVENT.search(best) else best


def event_time(moments: Mapping[str, pd.Series]) -> str | None:
    """Return the earliest complete time of an event: the most varied one that follows no other.

    Births, expiries and what only follows another time, as an end or a return, are no clock: the
    newest events have not come to it yet, so that its tail is thin.
    """
    filled = {name: at for name, at in moments.items() if at.notna().mean() > FILLED_LEAST}
    births = spread_like_births(filled)
    events = {name: at for name, at in filled.items() if name not in births}
    firsts = [
        name
        for name, at in events.items()
        if not any(_follows(at, one) for other, one in events.items() if other != name)
    ]
    return max(
        firsts or events,
        key=lambda name: (not OUTCOME_TIME.search(name), events[name].nunique()),
        default=None,
    )


def _follows(later: pd.Series, earlier: pd.Series) -> bool:
    """Whether a time is that of another event's end: days after it, soon or with a thin tail."""
    a, b = (at.astype("datetime64[s]").astype("int64") / 86_400 for at in (earlier, later))
    both = earlier.notna() & later.notna()
    if both.sum() < PAIRS_LEAST or earlier.notna().mean() < later.notna().mean() - 0.02:
        return False
    lag = (b // 1 - a // 1)[both]
    if (lag >= 0).mean() < LATER or (lag > 0).mean() < SOMEDAYS:
        return False
    span = float(b[both].quantile(0.99) - b[both].quantile(0.01))
    soon = float(lag.quantile(0.9)) <= SOON * span
    return soon or _tail(a[both]) > 2 * _tail(b[both])


def _tail(days: pd.Series) -> float:
    """Return the share of the rows in the last part of the time that they cover."""
    first, last = float(days.min()), float(days.max())
    return float((days > last - TAIL * (last - first)).mean())


def spread_like_births(moments: Mapping[str, pd.Series]) -> set[str]:
    """Return the columns of moments that are spread like births, whatever their names.

    They lie in no order over decades: over far longer than another column, or over a lifetime.
    """
    days = {
        name: at.dropna().astype("datetime64[s]").astype("int64") / 86_400
        for name, at in moments.items()
    }
    widths = {
        name: float(at.quantile(0.95) - at.quantile(0.05)) if len(at) else 0.0
        for name, at in days.items()
    }
    return {
        name
        for name, width in widths.items()
        if width > DECADES
        and (width > LIFETIME or any(width > MUCH_WIDER * one for one in widths.values()))
        and abs(days[name].corr(days[name].index.to_series(), method="spearman")) < IN_ORDER
    }


def _likely_entity(facts: TableFacts) -> str | None:
    for column in facts.of_family(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        distinct = column.distinct or 0
        if ENTITY_NAME.search(column.name) and 1 < distinct <= column.present / 5:
            return column.name
    return None
