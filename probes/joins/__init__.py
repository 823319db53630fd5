"""Joins: which columns of two tables name the same thing, and how much of it meets.

Both tables may live in different databases: each hashes its own keys, the hashes are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.errors import InputError
from bot.domain.vocabulary import LEVEL_RANK, FindingLevel
from probes.contract import (
    Finding,
    Picture,
    ProbeContext,
    ProbeRequest,
    ProbeResult,
)
from probes.joins.authority import authority_findings
from probes.joins.pairs import ALIKE, Pair, TableSide, candidates, find_pairs, judge, sketches
from probes.joins.sketch import LAST, compare, draw
from probes.joins.texts import CODES, say, step_words
from probes.quality.codes import percent, shown
from probes.quality.facts import count_distinct_rows
from probes.sources import Source, find_place, open_place

FOUND_ALL = 0.99
FOUND_MOST = 0.80
SURE = 0.70
PAIRS_SHOWN = 5
CHANCE_NUMBERS = 500
CHANCE_TEXTS = 20
COMPOSITE_MOST = 4
UNIQUE_ROWS = 0.98


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Compare two tables.

    Raises:
        InputError: a source, a table or the second table is not one.
        ProbeFault: a source cannot be reached or read.
    """
    other = request.options.get("other")
    if not isinstance(other, str) or not other:
        raise InputError(say("two_tables_needed"), field="other")
    first = find_place(request.source or "", context.settings, table=request.table)
    second = find_place(other, context.settings)
    context.progress(0.05, say("opening_both", first=first.name, second=second.name))
    with (
        open_place(first, context.scratch, context.memory_mb, context.disk_mb) as ours,
        open_place(second, context.scratch, context.memory_mb, context.disk_mb) as theirs,
    ):
        left, right = _side(ours, first.table), _side(theirs, second.table)
        findings, pairs = _compared(left, right, context)
    findings.sort(key=lambda found: -LEVEL_RANK[found.level])
    return _result(request, left, right, findings, pairs, _pictures(pairs, request, context))


def _side(source: Source, table: str | None) -> TableSide:
    named = source.only_table(table)
    return TableSide(source, named, source.row_count(named))


def _compared(
    left: TableSide, right: TableSide, context: ProbeContext
) -> tuple[list[Finding], list[Pair]]:
    empty = [side for side in (left, right) if not side.rows]
    if empty:
        return [CODES.finding("side_empty", {"rows": 0}, table=empty[0].table)], []
    context.progress(0.15, say("hashing_keys", table=shown(left.table)))
    ours = sketches(left, candidates(left, right.source.columns(right.table)))
    context.progress(0.5, say("hashing_keys", table=shown(right.table)))
    theirs = sketches(right, candidates(right, left.source.columns(left.table)))
    context.progress(0.8, say("comparing"))
    pairs = find_pairs(left, right, ours, theirs)
    sure = [pair for pair in pairs if _is_sure(pair)]
    sure = _with_composite(sure, left, right)
    context.progress(0.9, say("step_comparing_sides"))
    if not sure:
        return [_no_key(left, right, pairs)], []
    best = sure[0]
    texts = [
        one
        for pair in sure[:PAIRS_SHOWN]
        for one in _pair_findings(pair, left, right, best=pair is best)
    ]
    return [*texts, *authority_findings(best, left, right)], sure[:PAIRS_SHOWN]


def _is_sure(pair: Pair) -> bool:
    """Whether it is more than chance: a unique side that is mostly met, or like names."""
    overlap = pair.overlap
    unique = (pair.left_unique and overlap.right_found >= 0.5) or (
        pair.right_unique and overlap.left_found >= 0.5
    )
    bold = overlap.step == LAST  # numbers behind any letters: only believed under like names
    named = pair.alike >= ALIKE and (pair.score >= SURE or pair.is_namesake)
    return named or (unique and not bold and not _by_chance(pair))


def _by_chance(pair: Pair) -> bool:
    """Whether the keys may be small numbers or a few letters, which any two tables share."""
    left, right = pair.overlap.left, pair.overlap.right
    numeric = left.numeric or right.numeric
    return min(left.distinct(), right.distinct()) < (CHANCE_NUMBERS if numeric else CHANCE_TEXTS)


def _with_composite(sure: list[Pair], left: TableSide, right: TableSide) -> list[Pair]:
    """Put a key of several columns first where no single one is unique on either side."""
    if any(pair.left_unique or pair.right_unique for pair in sure):
        return sorted(
            sure, key=lambda pair: (not (pair.left_unique or pair.right_unique), -pair.score)
        )
    same = [pair for pair in sure if pair.overlap.step == 0][: COMPOSITE_MOST * 2]
    chosen = _smallest_key(same, right, 1) or _smallest_key(same, left, 0)
    if not chosen:
        return sure
    sides = []
    for at, side in enumerate((left, right)):
        by_name = {column.name: column for column in side.source.columns(side.table)}
        names = [(pair.overlap.left, pair.overlap.right)[at].columns[0] for pair in chosen]
        sides.append(draw(side.source, side.table, tuple(by_name[name] for name in names)))
    overlap = compare(*sides)
    return [judge(overlap, left, right), *sure] if overlap else sure


def _smallest_key(pairs: list[Pair], side: TableSide, at: int) -> list[Pair]:
    """Return the fewest columns of one side that tell its rows apart; none where all do not."""
    chosen: list[Pair] = []
    reached = 0
    for pair in sorted(
        pairs, key=lambda one: -(one.overlap.left, one.overlap.right)[at].distinct()
    ):
        names = [(one.overlap.left, one.overlap.right)[at].columns[0] for one in [*chosen, pair]]
        count = count_distinct_rows(side.source, side.table, names)
        if count > reached:
            chosen, reached = [*chosen, pair], count
        if reached >= UNIQUE_ROWS * side.rows and len(chosen) > 1:
            return chosen if len(chosen) <= COMPOSITE_MOST else []
    return []


def _pair_findings(
    pair: Pair, left: TableSide, right: TableSide, *, best: bool
) -> Iterator[Finding]:
    yield _met(pair, left, right, best=best)
    overlap = pair.overlap
    if overlap.step > 0:
        yield _after_normalising(pair, best=best)
    if best:
        yield from _shape(pair, left, right)


def _met(pair: Pair, left: TableSide, right: TableSide, *, best: bool) -> Finding:
    overlap = pair.overlap
    ours, theirs = (shown(name) for name in pair.names)
    share = max(overlap.left_found, overlap.right_found)
    evidence = {
        "left": ours,
        "right": theirs,
        "left_found": round(overlap.left_found, 5),
        "right_found": round(overlap.right_found, 5),
        "left_keys": round(overlap.left.distinct()),
        "right_keys": round(overlap.right.distinct()),
        "exact": overlap.exact,
        "compared_keys": list(overlap.compared),
        "step": step_words(overlap.step),
    }
    is_poor = best and share < FOUND_MOST
    return CODES.finding(
        "keys_match" if share >= FOUND_ALL else "keys_partly",
        evidence,
        level=FindingLevel.SLOWS if is_poor else None,
        case="exact" if overlap.exact else "about",
        table=shown(left.table),
        other=shown(right.table),
        share_left=percent(overlap.left_found),
        share_right=percent(overlap.right_found),
    )


def _after_normalising(pair: Pair, *, best: bool) -> Finding:
    overlap = pair.overlap
    ours, theirs = (shown(name) for name in pair.names)
    evidence = {
        step_words(at): round(share, 5) for at, share in enumerate(overlap.steps_left_found)
    }
    return CODES.finding(
        "formats_differ",
        evidence,
        level=FindingLevel.SLOWS if best else None,
        ours=ours,
        theirs=theirs,
        raw_left_found=percent(overlap.raw_left_found),
        left_found=percent(overlap.left_found),
        steps=step_words(overlap.step),
    )


def _shape(pair: Pair, left: TableSide, right: TableSide) -> Iterator[Finding]:
    overlap = pair.overlap
    for side, rows_found in ((left, overlap.left_rows_found), (right, overlap.right_rows_found)):
        if rows_found < FOUND_ALL:
            other = right if side is left else left
            is_poor = rows_found < FOUND_MOST and side is left
            yield CODES.finding(
                "orphans",
                {"table": side.table, "orphan_share": round(1 - rows_found, 5)},
                level=FindingLevel.SLOWS if is_poor else None,
                share=percent(1 - rows_found),
                table=shown(side.table),
                other=shown(other.table),
            )
    if not pair.left_unique and not pair.right_unique:
        yield CODES.finding("many_to_many", _fans(pair))
    elif overlap.right_fan[0] > 1.02 or overlap.left_fan[0] > 1.02:
        fan, table = max((overlap.left_fan, left.table), (overlap.right_fan, right.table))
        mean, most = fan
        yield CODES.finding("fan_out", _fans(pair), fan=mean, most=most, table=shown(table))
    if len(overlap.left.columns) > 1:
        count = {"columns": len(overlap.left.columns)}
        yield CODES.finding("composite_key", count, names=shown(pair.names[0]))
    for side, found in ((left, overlap.left), (right, overlap.right)):
        yield from _gaps(side, found.columns)


def _fans(pair: Pair) -> dict[str, Any]:
    left, right = pair.overlap.left_fan, pair.overlap.right_fan
    return {
        "left_mean": round(left[0], 3),
        "left_most": left[1],
        "right_mean": round(right[0], 3),
        "right_most": right[1],
    }


def _gaps(side: TableSide, columns: tuple[str, ...]) -> Iterator[Finding]:
    from probes.sources import quote

    present = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
    relation = side.source.relation(side.table)
    row = side.source.rows(f"SELECT count(*) FROM {relation} WHERE {present}")[0]  # noqa: S608  (names are quoted)
    share = 1 - int(row[0]) / side.rows
    if share > 0.001:
        yield CODES.finding(
            "keys_missing",
            {"share": round(share, 5)},
            level=FindingLevel.SLOWS if share >= 0.2 else None,
            share=percent(share),
            table=shown(side.table),
        )


def _no_key(left: TableSide, right: TableSide, pairs: list[Pair]) -> Finding:
    tried = {"pairs_tried": len(pairs)}
    table, other = shown(left.table), shown(right.table)
    return CODES.finding("no_common_key", tried, table=table, other=other)


def _pictures(pairs: list[Pair], request: ProbeRequest, context: ProbeContext) -> list[Picture]:
    if not pairs or not request.options.get("pictures", True):
        return []
    from probes.pictures import KeyOverlap as Bar
    from probes.pictures import join_overlap

    bars = []
    for pair in pairs:
        ours, both, theirs = pair.overlap.compared
        bars.append(Bar(*pair.names, ours - both, both, theirs - both))
    return [join_overlap(context.folder, bars)]


def _result(
    request: ProbeRequest,
    left: TableSide,
    right: TableSide,
    findings: list[Finding],
    pairs: list[Pair],
    pictures: list[Picture],
) -> ProbeResult:
    facts = {
        "left": {"source": left.source.name, "table": left.table, "rows": left.rows},
        "right": {"source": right.source.name, "table": right.table, "rows": right.rows},
        "keys": [list(pair.names) for pair in pairs],
    }
    worst = findings[0]
    scenario = {"side_empty": "missing", "no_common_key": "unusable"}.get(worst.code, "accessible")
    return ProbeResult(
        request.probe,
        left.source.name,
        left.table,
        tuple(findings),
        scenario,
        worst.sentence,
        facts,
        pictures,
    )
