"""Which columns say when a row happened, whom it is about and what is to be predicted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from probes.quality.facts import TableFacts
from probes.settings import TableHints
from probes.sources import ColumnFamily

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
    candidates = [
        column
        for column in facts.of_family(ColumnFamily.TIME)
        if column.missing_share < 0.5 and not NO_EVENT.search(column.name)
    ]
    best = max(candidates, key=lambda column: column.distinct or 0, default=None)
    return best.name if best else None


def _likely_entity(facts: TableFacts) -> str | None:
    for column in facts.of_family(ColumnFamily.TEXT, ColumnFamily.NUMBER):
        distinct = column.distinct or 0
        if ENTITY_NAME.search(column.name) and 1 < distinct <= column.present / 5:
            return column.name
    return None
