"""Which of two tables to believe: the one that covers more, is fresher, and what they agree on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.joins.pairs import Pair, TableSide
from probes.joins.sketch import LAST, key_text, stepwise
from probes.joins.texts import CODES, say
from probes.quality.codes import percent, shown
from probes.sources import Column, ColumnFamily, quote

AHEAD = 0.02
FRESHER_DAYS = 1.0
AGREEMENT_COLUMNS = 4
AGREEMENT_KEYS = 5_000
AGREEMENT_LEAST = 0.95


def authority_findings(pair: Pair, left: TableSide, right: TableSide) -> Iterator[Finding]:
    """Say which side to believe, and where the two disagree about the same key."""
    agreed = _agreement(pair, left, right)
    yield from _disagreements(agreed)
    yield _authority(pair, left, right, agreed)


def _authority(pair: Pair, left: TableSide, right: TableSide, agreed: dict[str, float]) -> Finding:
    named = [side for side in (left, right) if side.source.settings.authoritative]
    overlap = pair.overlap
    evidence: dict[str, Any] = {
        "left_covers": round(overlap.right_found, 5),
        "right_covers": round(overlap.left_found, 5),
        "agreement": {shown(name): round(share, 4) for name, share in agreed.items()},
    }
    fresher = _fresher_days(left, right)
    if fresher is not None:
        evidence["left_fresher_days"] = round(fresher, 2)
    if len(named) == 1:
        table = shown(named[0].table)
        return CODES.finding("authoritative", evidence, case="configured", table=table)
    winner, why = _winner(pair, left, right, fresher)
    if winner is None:
        ours, theirs = shown(left.table), shown(right.table)
        return CODES.finding("authority_unclear", evidence, left=ours, right=theirs)
    table = shown(winner.table)
    return CODES.finding("authoritative", evidence, case="looks", table=table, why=why)


def _winner(
    pair: Pair, left: TableSide, right: TableSide, fresher: float | None
) -> tuple[TableSide | None, str]:
    """Weigh uniqueness, then coverage, then freshness: a register has each thing once."""
    if pair.left_unique != pair.right_unique:
        winner = left if pair.left_unique else right
        return winner, say("key_unique")
    ahead = pair.overlap.right_found - pair.overlap.left_found
    if abs(ahead) > AHEAD:
        return left if ahead > 0 else right, say("knows_more_keys")
    if fresher is not None and abs(fresher) >= FRESHER_DAYS:
        return left if fresher > 0 else right, say("is_fresher")
    return None, ""


def _fresher_days(left: TableSide, right: TableSide) -> float | None:
    ours, theirs = _newest(left), _newest(right)
    return (ours - theirs).total_seconds() / 86_400 if ours and theirs else None


def _newest(side: TableSide) -> datetime | None:
    times = [c for c in side.source.columns(side.table) if c.family is ColumnFamily.TIME]
    if not times:
        return None
    cells = ", ".join(f"CAST(max({column.quoted}) AS VARCHAR)" for column in times)
    row = side.source.rows(f"SELECT {cells} FROM {side.source.relation(side.table)}")[0]  # noqa: S608  (names are quoted)
    moments = [moment for value in row if value and (moment := _moment(str(value)))]
    return max((one for one in moments if one <= datetime.now()), default=None)  # noqa: DTZ005  (the data's clock has no zone)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:19])
    except ValueError:  # a year beyond the calendar
        return None


def _agreement(pair: Pair, left: TableSide, right: TableSide) -> dict[str, float]:
    """Compare columns of the same name for the same sampled keys, where keys are unique."""
    if not (pair.left_unique and pair.right_unique):
        return {}
    keys = {name.lower() for name in (*pair.overlap.left.columns, *pair.overlap.right.columns)}
    theirs = {column.name.lower(): column for column in right.source.columns(right.table)}
    shared = [
        (column, theirs[column.name.lower()])
        for column in left.source.columns(left.table)
        if column.name.lower() in theirs.keys() - keys
        and column.family
        in {ColumnFamily.TEXT, ColumnFamily.NUMBER, ColumnFamily.TIME, ColumnFamily.BOOLEAN}
    ][:AGREEMENT_COLUMNS]
    if not shared:
        return {}
    ours_rows = _hashed(left, pair.overlap.left.columns, [one for one, _ in shared])
    their_rows = _hashed(right, pair.overlap.right.columns, [other for _, other in shared])
    both = ours_rows.keys() & their_rows.keys()
    return {
        column.name: sum(ours_rows[key][at] == their_rows[key][at] for key in both) / len(both)
        for at, (column, _) in enumerate(shared)
        if both
    }


def _hashed(
    side: TableSide, key: tuple[str, ...], columns: list[Column]
) -> dict[str, tuple[Any, ...]]:
    by_name = {column.name: column for column in side.source.columns(side.table)}
    cells = [f"md5(lower(trim({column.as_text}))) AS v{at}" for at, column in enumerate(columns)]
    names = ", ".join(f"v{at}" for at in range(len(columns)))
    keys = key_text(tuple(by_name[name] for name in key))
    steps = stepwise(
        f"SELECT {keys} AS s0, {', '.join(cells)} FROM {side.source.relation(side.table)} "  # noqa: S608  (names are quoted)
        f"WHERE {quote(key[0])} IS NOT NULL",
        names,
    )
    rows = side.source.rows(
        f"SELECT md5(s{LAST}) AS k, {names} FROM {steps} ORDER BY 1 LIMIT {AGREEMENT_KEYS}"  # noqa: S608  (names are quoted)
    )
    return {str(row[0]): tuple(row[1:]) for row in rows}


def _disagreements(agreed: dict[str, float]) -> Iterator[Finding]:
    for name, share in agreed.items():
        if share < AGREEMENT_LEAST:
            found = CODES.finding(
                "values_disagree",
                {"agreement": round(share, 4)},
                level=FindingLevel.SLOWS if share < 0.8 else None,
                column=shown(name),
                share=percent(share),
            )
            yield replace(found, column=name)
