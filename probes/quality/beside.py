"""Other tables of the same folder: which are there, and whether references to them hold."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, shown
from probes.quality.copies import KEY_NAME
from probes.quality.references import LEAD, LEAST
from probes.quality.view import named
from probes.sources import Column, ColumnFamily, Source, listed

TABLES_MOST = 8
KEYED = 0.8
"""Where so many of a column's values differ it names rows, and the others stand there twice."""


def chosen_table(source: Source, wanted: str | None) -> str:
    """Return the table that is meant; of a folder of several, the largest.

    Raises:
        InputError: it does not exist, or there are several and nobody knows which is the largest.
    """
    return source.only_table(wanted or source.largest_table())


def beside_findings(source: Source, table: str, wanted: str | None) -> Iterator[Finding]:
    """Say which other tables a folder has, and which keys of theirs are repeated or missing."""
    others = [one for one in source.tables() if one != table]
    if not others or wanted is not None or source.largest_table() is None:
        return
    yield coded_finding(
        FindingLevel.NOTE,
        "other_tables",
        words={"tables": listed(others), "table": shown(table), "source": source.name},
        count=len(others),
    )
    own = {column.name.casefold(): column for column in source.columns(table)}
    for other in others[:TABLES_MOST]:
        for column in source.columns(other):
            same = own.get(column.name.casefold())
            if same is not None and _may_be_key(column, same):
                yield from _referred(source, (table, same.name), (other, column.name))


def _may_be_key(one: Column, other: Column) -> bool:
    keyed = one.family is ColumnFamily.TEXT or (
        one.family is ColumnFamily.NUMBER and not one.is_float and KEY_NAME.search(one.name)
    )
    return bool(keyed and one.family is other.family)


def _referred(source: Source, of: tuple[str, str], to: tuple[str, str]) -> Iterator[Finding]:
    """Compare a column with the one of the same name that names another table's rows."""
    name, key = named(of[1]), named(to[1])
    here, there = source.relation(of[0]), source.relation(to[0])
    rows, keys = source.rows(f"SELECT count({key}), count(DISTINCT {key}) FROM {there}")[0]  # noqa: S608  (names are quoted)
    if keys < LEAST or keys < KEYED * rows:
        return
    counts = f"SELECT {key} AS k, count(*) AS n FROM {there} WHERE {key} IS NOT NULL GROUP BY 1"  # noqa: S608  (names are quoted)
    filled, lost, twice = source.rows(
        f"SELECT count(*), count(*) FILTER (n IS NULL), count(*) FILTER (n > 1) "  # noqa: S608  (names are quoted)
        f"FROM {here} LEFT JOIN ({counts}) AS keys ON {name} = k WHERE {name} IS NOT NULL"
    )[0]
    if filled < LEAST or lost > (1 - LEAD) * filled:
        return
    pointed = f"{to[0]}.{to[1]}"
    if twice:
        yield coded_finding(
            FindingLevel.SLOWS,
            "lookup_repeated",
            column=of[1],
            words={"key": shown(pointed), "times": f"{rows - keys:,}"},
            rows=twice,
            share=round(twice / filled, 6),
        )
    if lost:
        yield coded_finding(
            FindingLevel.SLOWS,
            "reference_broken",
            column=of[1],
            words={"other": shown(pointed)},
            rows=lost,
            share=round(lost / filled, 6),
        )
