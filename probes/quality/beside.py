"""Other tables of the same folder: which are there, and whether references to them hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations

from bot.domain.vocabulary import LEVEL_RANK, FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, found, shown
from probes.quality.copies import KEY_NAME
from probes.quality.references import LEAD, LEAST
from probes.quality.sentences import say
from probes.quality.view import named
from probes.sources import Column, ColumnFamily, Source, listed

TABLES_MOST = 8
OF_MAIN = frozenset({"few_rows", "stale", "volume_drop", "entities_silent", "table_empty"})
"""What a table that others look up may well be: short, old and no feed."""
KEYS_LEAST = 5
COLUMNS_LEAST, SHARED_LEAST, TIMES_NATURAL = 3, 0.005, 5
"""Rows that a table repeats by itself may well stand in another one too."""
KEYED = 0.8
"""Where so many of a column's values differ it names rows, and the others stand there twice."""


def chosen_table(source: Source, wanted: str | None) -> str:
    """Return the table that is meant; of a folder of several, the largest.

    Raises:
        InputError: it does not exist, or there are several and nobody knows which is the largest.
    """
    return source.only_table(wanted or source.largest_table())


def other_tables(source: Source, table: str, wanted: str | None) -> list[str]:
    """Return the other tables of a folder; none where one of them was asked for."""
    if wanted is not None or source.largest_table() is None:
        return []
    return [one for one in source.tables() if one != table][:TABLES_MOST]


def of_other_table(table: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Return what slows the work with another table, each told as that table's."""
    for one in findings:
        if LEVEL_RANK[one.level] < LEVEL_RANK[FindingLevel.SLOWS] or one.code in OF_MAIN:
            continue
        sentence = say("of_other_table", table=shown(table), what=one.sentence)
        told = {key: value for key, value in one.evidence.items() if key != "check"}
        evidence = {**told, "table": table}
        yield found(FindingLevel.SLOWS, one.code, sentence, evidence, column=one.column)


def beside_findings(source: Source, table: str, wanted: str | None) -> Iterator[Finding]:
    """Say which other tables a folder has, and which keys of theirs are repeated or missing."""
    others = other_tables(source, table, wanted)
    if not others:
        return
    yield coded_finding(
        FindingLevel.NOTE,
        "other_tables",
        words={"tables": listed(others), "table": shown(table), "source": source.name},
        count=len(others),
    )
    columns = {
        one: {column.name.casefold(): column for column in source.columns(one)}
        for one in (table, *others)
    }
    for other in others:
        yield from _shared(source, table, other, [set(columns[one]) for one in (table, other)])
    for of, to in permutations(columns, 2):
        for folded, column in columns[to].items():
            same = columns[of].get(folded)
            if same is not None and _may_be_key(column, same):
                yield from _referred(source, (of, same.name), (to, column.name))


def _shared(source: Source, table: str, other: str, names: list[set[str]]) -> Iterator[Finding]:
    """Say how many rows a table of the same columns shares with this one, as a test may."""
    if names[0] != names[1] or len(names[0]) < COLUMNS_LEAST:
        return
    cells = ", ".join(named(column.name) for column in source.columns(table))
    there = f"SELECT {cells} FROM {source.relation(other)}"  # noqa: S608  (names are quoted)
    here = f"SELECT {cells} FROM {source.relation(table)}"  # noqa: S608  (names are quoted)
    rows, differ, shared = source.rows(
        f"SELECT (SELECT count(*) FROM ({there}) AS a), "  # noqa: S608  (names are quoted)
        f"(SELECT count(*) FROM (SELECT DISTINCT * FROM ({there}) AS b) AS c), "
        f"(SELECT count(*) FROM ({there} INTERSECT {here}) AS d)"
    )[0]
    natural = 1 - differ / max(1, rows)
    if shared >= KEYS_LEAST and shared / rows >= max(SHARED_LEAST, TIMES_NATURAL * natural):
        words = {"there": shown(other), "here": shown(table)}
        share = round(shared / rows, 6)
        yield coded_finding(
            FindingLevel.SLOWS, "rows_shared", rows=shared, words=words, share=share
        )


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
    if keys < KEYS_LEAST or keys < KEYED * rows:
        return
    own, differ = source.rows(f"SELECT count({name}), count(DISTINCT {name}) FROM {here}")[0]  # noqa: S608  (names are quoted)
    if differ >= KEYED * own and own >= rows:  # not every order has a payment, nor needs one
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
