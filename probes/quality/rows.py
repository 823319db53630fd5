"""What rows say together: copies, keys, gaps and freshness in time, silent entities, the label."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from probes.contract import Finding, Level, ProbeFault
from probes.quality.codes import found, graded, percent, shown
from probes.quality.facts import TableFacts, count_distinct_rows, count_exactly
from probes.settings import TableHints
from probes.sources import Family, quote

KEY_CANDIDATES = 12
KEY_NAME = re.compile(r"(^|_)(id|key|uuid|guid|code|number|nr|no|sku|ean)$|[a-z](Id|ID|Key|Uuid)$")
ENTITY_NAME = re.compile(
    r"(^|_)(machine|device|sensor|asset|vehicle|store|customer|household|meter|plant|unit|user|"
    r"client|account|tailnum|station|site)(_?(id|no|nr|number|key|code))?$",
    re.IGNORECASE,
)
STALE_DAYS = 30
FUTURE_SLACK = timedelta(days=2)
DAYS_MOST = 40_000
FILLED_WEEKDAY = 0.5
RECENT_DAYS = 7
LABEL_VALUES = 20
POSITIVES_STOP = 10
POSITIVES_SLOW = 100
REPORTS_EACH = 50
GUESSED_SILENT_SLOWS = 0.75
SILENT_STOPS = 0.75
STOPPED_SHARE = 0.3


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
        for column in facts.of_family(Family.TIME)
        if column.missing_share < 0.5
        and not re.search(r"birth|dob|expir|valid|due|end", column.name, re.IGNORECASE)
    ]
    best = max(candidates, key=lambda column: column.distinct or 0, default=None)
    return best.name if best else None


def _likely_entity(facts: TableFacts) -> str | None:
    for column in facts.of_family(Family.TEXT, Family.NUMBER):
        distinct = column.distinct or 0
        if ENTITY_NAME.search(column.name) and 1 < distinct <= column.present / 5:
            return column.name
    return None


def row_findings(facts: TableFacts, hints: TableHints) -> Iterator[Finding]:
    """Say which rows and keys are twins, exactly."""
    if facts.rows < 2:
        return
    distinct = count_distinct_rows(facts.source, facts.table)
    copies = facts.rows - distinct
    facts.duplicates = copies
    if copies > 0:
        share = copies / facts.rows
        sentence = f"{copies:,} rows ({percent(share)}) are copies of another row."
        evidence = {"copies": copies, "rows": facts.rows, "share": round(share, 6)}
        yield found(graded(share, slows=0.01), "duplicate_rows", sentence, evidence)
    yield from _keys(facts, hints, copies)


def count_candidates(facts: TableFacts) -> tuple[Finding, ...]:
    """Count exactly what a sketch calls nearly unique: a finding must not rest on an estimate.

    Returns:
        Nothing yet; the counts are kept in the facts for the checks that follow.
    """
    near = [
        column
        for column in facts.of_family(Family.NUMBER, Family.TEXT)
        if (column.distinct or 0) >= 0.7 * column.present and column.present > 1
    ]
    near.sort(key=lambda column: (not KEY_NAME.search(column.name), -(column.distinct or 0)))
    names = [column.name for column in near[:KEY_CANDIDATES]]
    if names:
        for name, exact in count_exactly(facts.source, facts.table, names).items():
            facts.columns[name].exact_distinct = exact
    return ()


def _keys(facts: TableFacts, hints: TableHints, copies: int) -> Iterator[Finding]:
    told = [name for name in hints.key if name in facts.columns]
    if told:
        distinct = count_distinct_rows(facts.source, facts.table, told)
        yield from _twins(", ".join(told), facts.rows - distinct, facts.rows, None)
        return
    for column in facts.columns.values():
        exact = column.exact_distinct
        if exact is None or not KEY_NAME.search(column.name):
            continue
        twins = column.present - exact
        if copies < twins <= 0.2 * column.present or (0 < twins == copies):
            yield from _twins(column.name, twins, column.present, column.name)


def _twins(name: str, twins: int, rows: int, column: str | None) -> Iterator[Finding]:
    if twins > 0:
        share = twins / rows
        sentence = (
            f"{shown(name)} looks like a key, but {twins:,} rows ({percent(share)}) repeat it."
        )
        evidence = {"twins": twins, "rows": rows, "share": round(share, 6)}
        yield found(Level.SLOWS, "duplicate_keys", sentence, evidence, column=column)


def time_findings(facts: TableFacts, roles: Roles, now: datetime) -> Iterator[Finding]:
    """Say whether time is fresh, in the past, without gaps and steady."""
    if roles.time is None or facts.columns[roles.time].column.family is not Family.TIME:
        return
    days = _rows_by_day(facts, roles.time)
    today = now.date()
    past = {day: rows for day, rows in days.items() if day <= today + FUTURE_SLACK}
    yield from _future(roles.time, days, past, facts.rows)
    usual = {day: rows for day, rows in past.items() if day.year > 1900}
    if not usual:
        return
    yield from _freshness(roles.time, max(usual), today)
    if len(usual) >= 14:
        yield from _gaps(roles.time, usual)
        yield from _drop(roles.time, usual)


def _rows_by_day(facts: TableFacts, time: str) -> dict[date, int]:
    relation = facts.source.relation(facts.table)
    rows = facts.source.rows(
        f"SELECT CAST(CAST({quote(time)} AS DATE) AS VARCHAR) AS d, count(*) AS n "  # noqa: S608  (names are quoted)
        f"FROM {relation} WHERE {quote(time)} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {DAYS_MOST}"
    )
    return {day: int(count) for text, count in rows if (day := _day(str(text)))}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:  # a year that no calendar of ours knows; told by the column's own checks
        return None


def _future(
    time: str, days: dict[date, int], past: dict[date, int], rows: int
) -> Iterator[Finding]:
    ahead = sum(count for day, count in days.items() if day not in past and day.year < 2100)
    if ahead:
        share = ahead / rows
        sentence = f"{shown(time)} lies in the future in {percent(share)} of the rows."
        evidence = {"future": ahead, "share": round(share, 6)}
        yield found(graded(share, slows=0.05), "future_times", sentence, evidence, column=time)


def _freshness(time: str, newest: date, today: date) -> Iterator[Finding]:
    age = (today - newest).days
    if age > STALE_DAYS:
        sentence = f"The newest row by {shown(time)} is {age:,} days old."
        yield found(Level.SLOWS, "stale", sentence, {"days": age}, column=time)


def _gaps(time: str, days: dict[date, int]) -> Iterator[Finding]:
    """Count empty days, but only on weekdays that are usually filled."""
    first, last = min(days), max(days)
    span = (last - first).days + 1
    every = [first + timedelta(days=at) for at in range(span)]
    usual = {
        weekday
        for weekday in range(7)
        if _filled([day in days for day in every if day.weekday() == weekday]) >= FILLED_WEEKDAY
    }
    empty = [day for day in every if day.weekday() in usual and day not in days]
    if not empty:
        return
    longest = _longest_run(empty)
    share = len(empty) / span
    sentence = f"{shown(time)} has {days_of(len(empty))} without a row, {longest} in one stretch."
    evidence = {"empty_days": len(empty), "longest": longest, "days": span}
    level = Level.SLOWS if longest >= 3 or share >= 0.02 else Level.NOTE
    yield found(level, "time_gaps", sentence, evidence, column=time)


def days_of(count: int) -> str:
    """Return a number of days in words."""
    return "1 day" if count == 1 else f"{count:,} days"


def _filled(flags: list[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def _longest_run(days: list[date]) -> int:
    longest = run = 1
    for before, after in pairwise(days):
        run = run + 1 if (after - before).days == 1 else 1
        longest = max(longest, run)
    return longest


def _drop(time: str, days: dict[date, int]) -> Iterator[Finding]:
    """Compare the last full days with the days before; the very last may be half a day."""
    last = max(days)
    recent = [days.get(last - timedelta(days=at), 0) for at in range(1, RECENT_DAYS + 1)]
    before = [rows for day, rows in days.items() if (last - day).days > RECENT_DAYS]
    if len(before) < 14:
        return
    usual = sorted(before)[len(before) // 2]
    now = sum(recent) / len(recent)
    if usual >= 5 and now < 0.5 * usual:
        sentence = (
            f"The last {RECENT_DAYS} days hold {percent(now / usual)} of the usual rows a day."
        )
        evidence = {"share_of_usual": round(now / usual, 4), "days": RECENT_DAYS}
        yield found(Level.SLOWS, "volume_drop", sentence, evidence, column=time)


def entity_findings(facts: TableFacts, roles: Roles, hints: TableHints) -> Iterator[Finding]:
    """Say how many of the known entities report, at all and lately."""
    if roles.entity is None:
        return
    known = _expected(facts, hints)
    seen, lately, days = _entities(facts, roles)
    if known and seen < known:
        share = 1 - seen / known
        sentence = f"{seen:,} of {known:,} entities of {shown(roles.entity)} have ever reported."
        counts = {"seen": seen, "expected": known}
        level = Level.STOPS if share > SILENT_STOPS else graded(share, slows=0.05)
        yield found(level, "entities_missing", sentence, counts, column=roles.entity)
    if lately is None or lately >= seen or days is None:
        return
    share = 1 - lately / seen
    sentence = (
        f"{lately:,} of {seen:,} entities of {shown(roles.entity)} reported in the last "
        f"{days:g} days of the data."
    )
    evidence: dict[str, Any] = {"reporting": lately, "seen": seen, "days": days}
    if share >= 0.05 if roles.entity_told else share >= 0.3:
        stops = roles.entity_told and share > SILENT_STOPS
        told = graded(share, slows=0.2 if roles.entity_told else _guessed_slows(facts, seen))
        level = Level.STOPS if stops else told
        yield found(level, "entities_silent", sentence, evidence, column=roles.entity)


def _guessed_slows(facts: TableFacts, seen: int) -> float:
    """Return the silent share that slows where we guessed the entity: customers may fall silent."""
    return GUESSED_SILENT_SLOWS if facts.rows >= REPORTS_EACH * seen else 2.0


def _expected(facts: TableFacts, hints: TableHints) -> int | None:
    if hints.expected_entities:
        return hints.expected_entities
    if not hints.entity_list:
        return None
    table, _, column = hints.entity_list.rpartition(".")
    relation = facts.source.relation(facts.source.only_table(table))
    return int(
        facts.source.rows(f"SELECT count(DISTINCT {quote(column)}) FROM {relation}")[0][0]  # noqa: S608  (names are quoted)
    )


def _entities(facts: TableFacts, roles: Roles) -> tuple[int, int | None, float | None]:
    """Count the entities ever seen, and those seen in the newest stretch of time."""
    entity, relation = quote(roles.entity or ""), facts.source.relation(facts.table)
    timed = roles.time and facts.columns[roles.time].column.family is Family.TIME
    ends = _ends(facts, roles.time) if timed and roles.time else None
    if ends is None or roles.time is None:
        sql = f"SELECT count(DISTINCT {entity}) FROM {relation}"  # noqa: S608  (names are quoted)
        return int(facts.source.rows(sql)[0][0]), None, None
    first, last = ends
    window = min(timedelta(days=RECENT_DAYS), (last - first) / 10)
    since = (last - window).isoformat(sep=" ", timespec="seconds")
    seen, lately = facts.source.rows(
        f"SELECT count(*), sum(CASE WHEN t >= CAST('{since}' AS TIMESTAMP) THEN 1 ELSE 0 END) "  # noqa: S608  (names are quoted, the moment is ours)
        f"FROM (SELECT {entity} AS e, max({quote(roles.time)}) AS t FROM {relation} "
        f"WHERE {entity} IS NOT NULL GROUP BY {entity}) AS by_entity"
    )[0]
    return int(seen), int(lately or 0), round(window.total_seconds() / 86_400, 2)


def _ends(facts: TableFacts, time: str) -> tuple[datetime, datetime] | None:
    column = facts.columns[time]
    try:
        first = datetime.fromisoformat(str(column.smallest)[:19])
        last = datetime.fromisoformat(str(column.largest)[:19])
    except ValueError:  # years beyond the calendar, told elsewhere
        return None
    return (first, last) if last > first else None


def label_findings(facts: TableFacts, roles: Roles) -> Iterator[Finding]:
    """Say whether the label is there with enough of each outcome."""
    target = roles.target
    if target is None:
        return
    if target not in facts.columns:
        sentence = f"There is no column {shown(target)} to predict."
        yield found(
            Level.STOPS, "label_missing", sentence, {"columns": len(facts.columns)}, column=target
        )
        return
    column = facts.columns[target]
    if not column.present:
        yield found(
            Level.STOPS,
            "label_empty",
            f"{shown(target)} has no value in any row.",
            {"rows": facts.rows},
            column=target,
        )
        return
    yield from _label_values(facts, target)
    if column.missing:
        share = column.missing_share
        sentence = f"{shown(target)} is unknown in {percent(share)} of the rows."
        evidence = {"missing": column.missing, "share": round(share, 6)}
        yield found(graded(share, slows=0.2), "label_gaps", sentence, evidence, column=target)


def _label_values(facts: TableFacts, target: str) -> Iterator[Finding]:
    relation, label = facts.source.relation(facts.table), quote(target)
    rows = facts.source.rows(
        f"SELECT count(*) AS n FROM {relation} WHERE {label} IS NOT NULL "  # noqa: S608  (names are quoted)
        f"GROUP BY {label} ORDER BY n DESC LIMIT {LABEL_VALUES + 1}"
    )
    counts = [int(row[0]) for row in rows]
    if len(counts) == 1:
        sentence = f"{shown(target)} has the same value in every row."
        yield found(Level.STOPS, "label_constant", sentence, {"classes": 1}, column=target)
        return
    amount = len(counts) > LABEL_VALUES
    rarest = sum(counts) if amount else counts[-1]
    what = "an amount in" if amount else "as its rarest outcome"
    evidence = {"classes": None if amount else len(counts), "rarest": rarest, "rows": facts.rows}
    if rarest < POSITIVES_SLOW:
        level = Level.STOPS if rarest < POSITIVES_STOP and len(counts) == 2 else Level.SLOWS
        sentence = f"{shown(target)} has only {rarest:,} rows of its rarest outcome."
        yield found(level, "label_few_positives", sentence, evidence, column=target)
        return
    sentence = f"{shown(target)} has {what} {rarest:,} rows."
    yield found(Level.OK, "label_ok", sentence, evidence, column=target)


def known_after_findings(facts: TableFacts, hints: TableHints) -> Iterator[Finding]:
    """Say which columns the administrator calls known only afterwards."""
    present = [name for name in hints.known_after if name in facts.columns]
    if present:
        names = ", ".join(map(shown, present))
        sentence = f"{len(present)} columns are only known after the fact: {names}."
        yield found(Level.NOTE, "known_after", sentence, {"columns": len(present)})


def filling_findings(facts: TableFacts, roles: Roles) -> Iterator[Finding]:
    """Say which columns went empty in the newest tenth of the sampled rows."""
    sample = facts.sample
    if roles.time is None or roles.time not in sample or len(sample) < 500:
        return
    ordered = sample.sort_values(roles.time, kind="stable").dropna(subset=[roles.time])
    edge = int(len(ordered) * 0.9)
    before, after = ordered.iloc[:edge].isna().mean(), ordered.iloc[edge:].isna().mean()
    for name in sample.columns:
        jump = float(after[name] - before[name])
        if jump >= STOPPED_SHARE and name != roles.time:
            sentence = (
                f"{shown(name)} is missing in {percent(float(after[name]))} of the newest rows, "
                f"before in {percent(float(before[name]))}."
            )
            evidence = {
                "newest_missing": round(float(after[name]), 4),
                "before": round(float(before[name]), 4),
            }
            yield found(Level.SLOWS, "stopped_filling", sentence, evidence, column=name)


def twin_column_findings(facts: TableFacts) -> Iterator[Finding]:
    """Say which columns equal an earlier one on every sampled row."""
    import pandas as pd

    if len(facts.sample) < 100:
        return
    seen: dict[int, str] = {}
    for name in facts.sample.columns:
        values = facts.sample[name]
        if values.nunique() < 3:
            continue
        mark = hash(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
        if mark in seen:
            sentence = (
                f"{shown(name)} equals {shown(seen[mark])} on all {len(values):,} sampled rows."
            )
            evidence = {"sampled": len(values)}
            yield found(Level.NOTE, "duplicate_columns", sentence, evidence, column=name)
        seen.setdefault(mark, name)


def skipped(check: str, fault: ProbeFault) -> Finding:
    """Return the finding that stands for a check that the source could not answer."""
    sentence = f"The check of {check} was left out: {fault.finding.sentence}"
    return found(
        Level.NOTE, "check_skipped", sentence, {"check": check, "fault": fault.finding.code}
    )


def utc_now() -> datetime:
    """Return the present moment in UTC, as the data's times are read."""
    return datetime.now(UTC)
