"""Rules that a person may confirm: how one is written down, said, and run again over every row.

A check names its kind and its columns, never SQL: a file of checks that somebody edited can ask no
more of the source than these kinds do.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.errors import InputError
from bot.domain.faults import first_fault
from bot.domain.vocabulary import FindingLevel
from bot.texts import texts_beside
from probes.contract import Finding
from probes.quality.codes import all_of, coded_finding, shown
from probes.quality.sentences import say
from probes.sources import ColumnFamily, Source, quote

CHECKS_FORMAT = "hour48.checks/1"
_SIGNS = {"sum": " + ", "product": " × "}
_WORDS = texts_beside(__file__, "checks.yaml")


@dataclass(frozen=True)
class TableCheck:
    """One rule.

    Args:
        kind: a key of `KINDS`.
        columns: what it is about, in the kind's order.
        params: numbers of the rule, such as a tolerance or the ends of a range.
        holds: share of rows that kept it when it was found.
    """

    kind: str
    columns: tuple[str, ...]
    params: Mapping[str, float] = field(default_factory=dict)
    holds: float = 1.0

    @property
    def key(self) -> str:
        """What tells it from other checks of its table."""
        return f"{self.kind}:{'|'.join(self.columns)}"

    @property
    def sentence(self) -> str:
        """The rule in words."""
        names = [shown(name) for name in self.columns]
        facts = {key: f"{value:g}" for key, value in self.params.items()}
        second = names[1] if len(names) > 1 else ""
        facts |= {"first": names[0], "second": second, "last": names[-1], "parts": self.parts}
        return _WORDS.say(self.kind, all=all_of(names), **facts)

    @property
    def parts(self) -> str:
        """What the last column is the sum or product of."""
        return _SIGNS.get(self.kind, "").join(map(shown, self.columns[:-1]))

    def breaks(self) -> str:
        """Return the SQL condition of a row that breaks the rule."""
        return KINDS[self.kind].condition([quote(name) for name in self.columns], self.params)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON, with its sentence and its condition for people."""
        return {
            "key": self.key,
            "kind": self.kind,
            "columns": list(self.columns),
            "params": dict(self.params),
            "holds": round(self.holds, 6),
            "sentence": self.sentence,
        }


Condition = Callable[[Sequence[str], Mapping[str, float]], str]


@dataclass(frozen=True)
class CheckKind:
    """How many columns a kind takes, at least and at most, and what breaks it."""

    least: int
    most: int
    condition: Condition
    params: tuple[str, ...] = ()
    of_numbers: bool = False


def _sum(columns: Sequence[str], params: Mapping[str, float]) -> str:
    parts = " + ".join(columns[:-1])
    return f"abs({parts} - {columns[-1]}) > {float(params['tolerance']):g}"


def _product(columns: Sequence[str], params: Mapping[str, float]) -> str:
    parts = " * ".join(columns[:-1])
    most = f"{float(params['tolerance']):g} * greatest(1, abs({columns[-1]}))"
    return f"abs({parts} - {columns[-1]}) > {most}"


def _of_groups(_columns: Sequence[str], _params: Mapping[str, float]) -> str:
    return ""


def _range(columns: Sequence[str], params: Mapping[str, float]) -> str:
    least, most = float(params["least"]), float(params["most"])
    return f"{columns[0]} NOT BETWEEN {least:g} AND {most:g}"


KINDS: dict[str, CheckKind] = {
    "order": CheckKind(2, 2, lambda c, _: f"{c[1]} < {c[0]}"),
    "part": CheckKind(2, 2, lambda c, _: f"{c[0]} > {c[1]}", of_numbers=True),
    "sum": CheckKind(3, 12, _sum, ("tolerance",), of_numbers=True),
    "product": CheckKind(3, 3, _product, ("tolerance",), of_numbers=True),
    "range": CheckKind(1, 1, _range, ("least", "most"), of_numbers=True),
    "present": CheckKind(1, 1, lambda c, _: f"{c[0]} IS NULL"),
    "unique": CheckKind(1, 6, _of_groups),
    "decides": CheckKind(2, 2, _of_groups),
}
"""Groups of rows break `unique` and `decides`, so a statement of their own counts them."""


def violations(source: Source, table: str, check: TableCheck) -> int:
    """Count the rows that break a check, over every row.

    Raises:
        ProbeFault: the source could not answer.
    """
    relation = source.relation(table)
    columns = [quote(name) for name in check.columns]
    present = " AND ".join(f"{name} IS NOT NULL" for name in columns)
    if check.kind == "unique":
        cells = ", ".join(columns)
        counted = f"SELECT count(*) AS n FROM {relation} WHERE {present} GROUP BY {cells}"  # noqa: S608  (names are quoted)
        sql = f"SELECT sum(n - 1) FROM ({counted}) AS counted"  # noqa: S608  (names are quoted)
    elif check.kind == "decides":
        pairs = (
            f"SELECT {columns[0]} AS a, {columns[1]} AS b, count(*) AS n FROM {relation} "  # noqa: S608  (names are quoted)
            f"WHERE {present} GROUP BY 1, 2"
        )
        sql = f"SELECT sum(total - most) FROM (SELECT sum(n) AS total, max(n) AS most FROM ({pairs}) AS pairs GROUP BY a) AS decided"  # noqa: S608, E501  (names are quoted)
    else:
        sql = f"SELECT sum(CASE WHEN {check.breaks()} THEN 1 ELSE 0 END) FROM {relation}"  # noqa: S608  (names are quoted)
    return int(source.rows(sql)[0][0] or 0)


EXACT_CODES = {
    "order": "order_broken",
    "part": "part_over_total",
    "sum": "sum_broken",
    "product": "product_broken",
}
RARE = 0.001


def rare_breaks(
    source: Source, table: str, rows: int, checks: Sequence[TableCheck]
) -> Iterator[Finding]:
    """Count the breaks of rules that every sampled row kept, over every row of a large table.

    Args:
        source: an open source.
        table: one of its tables.
        rows: how many it has.
        checks: rules that hold in the sample.
    """
    asked = [check for check in checks if check.kind in EXACT_CODES]
    if not asked:
        return
    cells = ", ".join(f"sum(CASE WHEN {check.breaks()} THEN 1 ELSE 0 END)" for check in asked)
    answer = source.rows(f"SELECT {cells} FROM {source.relation(table)}")[0]  # noqa: S608  (names are quoted)
    for check, count in zip(asked, answer, strict=True):
        if 0 < int(count or 0) <= RARE * rows:
            share = int(count) / rows
            last_first = check.kind in {"sum", "product"}
            first, *others = reversed(check.columns) if last_first else check.columns
            yield coded_finding(
                FindingLevel.NOTE,
                EXACT_CODES[check.kind],
                column=first,
                others=others,
                rows=int(count),
                where=check.breaks(),
                words={"parts": check.parts, "before": say("before")},
                share=round(share, 9),
                check=replace(check, holds=1 - share).plain(),
            )


class _Written(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str
    columns: list[str] = Field(min_length=1, max_length=12)
    params: dict[str, float] = Field(default_factory=dict)
    holds: float = 1.0
    table: str | None = None


def read_checks(path: Path) -> list[TableCheck]:
    """Read a file of checks: a list of them, an object with `checks`, or a whole probe result.

    Raises:
        InputError: naming the file and what is wrong with which check.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise InputError(
            say("checks_file_unreadable", path=path, broken=broken), field="checks"
        ) from None
    if isinstance(raw, Mapping):
        facts = raw.get("facts")
        raw = raw.get("checks", facts.get("checks") if isinstance(facts, Mapping) else None)
    if not isinstance(raw, list):
        raise InputError(say("holds_list_checks", path=path), field="checks")
    return checks_from_plain(raw, str(path))


def write_checks(path: Path, checks: Sequence[Mapping[str, Any]]) -> None:
    """Write checks for a person to confirm by keeping them.

    Raises:
        InputError: the file can't be written.
    """
    text = json.dumps(
        {"format": CHECKS_FORMAT, "checks": list(checks)}, ensure_ascii=False, indent=2
    )
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as wrong:
        raise InputError(
            say("can_t_written", path=path, strerror=wrong.strerror), field="checks"
        ) from None


def checks_from_plain(raw: Sequence[Any], place: str) -> list[TableCheck]:
    """Return checks from their JSON form.

    Raises:
        InputError: naming what is wrong with which check.
    """
    return [_check(one, f"{place}: check {at}") for at, one in enumerate(raw, start=1)]


def _check(raw: Any, place: str) -> TableCheck:
    try:
        written = _Written.model_validate(raw)
    except ValidationError as wrong:
        raise InputError(f"{place}: {first_fault(wrong)}.", field="checks") from None
    kind = KINDS.get(written.kind)
    if kind is None:
        known = ", ".join(KINDS)
        raise InputError(
            say("unknown_kind_use", place=place, kind=written.kind, known=known), field="checks"
        )
    if not kind.least <= len(written.columns) <= kind.most:
        raise InputError(
            say(
                "takes_columns",
                place=place,
                kind=written.kind,
                least=kind.least,
                most=kind.most,
                columns=len(written.columns),
            ),
            field="checks",
        )
    lacking = [name for name in kind.params if name not in written.params]
    if lacking:
        raise InputError(f"{place}: “{written.kind}” needs {', '.join(lacking)}.", field="checks")
    return TableCheck(written.kind, tuple(written.columns), written.params, written.holds)


def _lost(check: TableCheck, families: Mapping[str, ColumnFamily]) -> tuple[str, str] | None:
    """Return the column that a check can't run on any more and why, in words."""
    gone = next((name for name in check.columns if name not in families), None)
    if gone is not None:
        return gone, say("not_in_table")
    kinds = {name: families[name] for name in check.columns}
    first = kinds[check.columns[0]]
    for name, family in kinds.items():
        if KINDS[check.kind].of_numbers and family is not ColumnFamily.NUMBER:
            return name, say("no_number")
        if check.kind == "order" and family is not first:
            return name, say("another_type", other=shown(check.columns[0]))
    return None


def confirmed_findings(
    source: Source, table: str, checks: Sequence[TableCheck]
) -> Iterator[Finding]:
    """Run confirmed checks again over every row and say which hold."""
    families = {column.name: column.family for column in source.columns(table)}
    for check in checks:
        words = {"check_words": check.sentence}
        lost = _lost(check, families)
        if lost is not None:
            gone, why = lost
            yield coded_finding(
                FindingLevel.SLOWS,
                "check_lost",
                column=gone,
                words={**words, "why": why},
                check=check.plain(),
            )
            continue
        broken = violations(source, table, check)
        others = check.columns[1:]
        if broken:
            yield coded_finding(
                FindingLevel.SLOWS,
                "check_failed",
                column=check.columns[0],
                others=others,
                rows=broken,
                where=check.breaks() or None,
                words=words,
                check=check.plain(),
            )
        else:
            yield coded_finding(
                FindingLevel.OK,
                "check_holds",
                column=check.columns[0],
                words=words,
                check=check.plain(),
            )
