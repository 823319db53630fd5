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


DECADES = 15 * 365.25
LIFETIME = 40 * 365.25
MUCH_WIDER = 3
IN_ORDER = 0.3


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
    """Return the most varied time column that is mostly filled, births and expiries left out."""
    import pandas as pd

    filled = [one for one in facts.of_family(ColumnFamily.TIME) if one.missing_share < 0.5]
    seen = [one.name for one in filled if one.name in facts.sample]
    days = {name: facts.sample[name].astype("string").str.slice(0, 10) for name in seen}
    births = spread_like_births(
        {name: pd.to_datetime(texts, errors="coerce") for name, texts in days.items()}
    )
    candidates = [one for one in filled if not NO_EVENT.search(one.name) and one.name not in births]
    best = max(candidates, key=lambda column: column.distinct or 0, default=None)
    return best.name if best else None


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
