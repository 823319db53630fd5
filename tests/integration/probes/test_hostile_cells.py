# ruff: noqa: E501  (statements read better on one line)
"""Huge, nested and broken cells, and files that change meanwhile: every table probe says one thing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from probes import baseline, joins, quality
from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest, to_json
from probes.sources import Source, open_source

Make = Callable[..., ProbeContext]
Ask = Callable[[str, ProbeContext], list[Finding]]


def asked(
    request: ProbeRequest, run: Callable[..., object], context: ProbeContext
) -> list[Finding]:
    try:
        result = run(request, context)
    except ProbeFault as fault:
        return [fault.finding]
    assert "Traceback" not in to_json(result)  # type: ignore[arg-type]  # what a probe returns
    return list(result.findings)  # type: ignore[attr-defined]  # what a probe returns


def ask_quality(place: str, context: ProbeContext) -> list[Finding]:
    return asked(ProbeRequest("quality", place, options={"pictures": False}), quality.run, context)


def ask_joins(place: str, context: ProbeContext) -> list[Finding]:
    return asked(ProbeRequest("joins", place, options={"other": place}), joins.run, context)


def ask_baseline(place: str, context: ProbeContext) -> list[Finding]:
    request = ProbeRequest("baseline", place, target="y", options={"effort": "quick"})
    return asked(request, baseline.run, context)


ASKS: dict[str, Ask] = {"quality": ask_quality, "joins": ask_joins, "baseline": ask_baseline}
ROWS = "n AS id, n % 2 AS y, n % 7 + random() AS reading"


def parquet(path: Path, select: str) -> str:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute(f"SELECT setseed(0.5); COPY ({select}) TO '{path}' (FORMAT parquet)")
    return str(path)


def huge(folder: Path) -> str:
    cell = "CASE WHEN n = 7 THEN repeat('x', 50000000) ELSE 'y' || n END AS doc"
    return parquet(folder / "huge.parquet", f"SELECT {ROWS}, {cell} FROM range(300) t(n)")


def nested(folder: Path) -> str:
    cells = "{'k': n, 'l': [n]} AS struct, to_json({'k': n}) AS as_json, json_object('k', n)::VARCHAR AS as_text"
    return parquet(folder / "nested.parquet", f"SELECT {ROWS}, {cells} FROM range(300) t(n)")


def deep(folder: Path) -> str:
    cell = "[" * 500 + "]" * 500
    path = folder / "deep.csv"
    path.write_text("id,y,doc\n" + "".join(f'{n},{n % 2},"{cell}"\n' for n in range(300)))
    return str(path)


def latin(folder: Path) -> str:
    path = folder / "latin.csv"
    path.write_bytes(
        b"id,y,ort\n"
        + "".join(f"{n},{n % 2},K\xf6ln{n % 9}\n" for n in range(300)).encode("latin-1")
    )
    return str(path)


def broken_sqlite(folder: Path) -> str:
    path = folder / "broken.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE t (id INTEGER, y INTEGER, ort TEXT)")
        made.executemany(
            "INSERT INTO t VALUES (?, ?, CAST(? AS TEXT))",
            [(n, n % 2, b"K\xf6ln\xff") for n in range(300)],
        )
    return str(path)


def nul_bytes(folder: Path) -> str:
    path = folder / "nul.csv"
    path.write_bytes(
        b"id,y,name\n" + b"".join(b"%d,%d,a\x00b%d\n" % (n, n % 2, n % 5) for n in range(300))
    )
    return str(path)


CELLS: dict[str, Callable[[Path], str]] = {
    "nested": nested,
    "deep": deep,
    "latin": latin,
    "broken sqlite": broken_sqlite,
    "nul bytes": nul_bytes,
    "huge": huge,
}
SAID = {
    ("nested", "quality"): {"nested_column", "json_in_text"},
    ("nested", "joins"): {"keys_match"},
    ("nested", "baseline"): {"no_better_than_guessing", "columns_left_out"},
    ("deep", "quality"): {"json_in_text", "constant"},
    ("deep", "joins"): {"keys_match"},
    ("deep", "baseline"): {"no_features"},
    ("latin", "quality"): {"encoding_not_utf8"},
    ("latin", "joins"): {"keys_match"},
    ("latin", "baseline"): {"no_better_than_guessing"},
    ("broken sqlite", "quality"): {"broken_encoding"},
    ("broken sqlite", "joins"): {"keys_match"},
    ("broken sqlite", "baseline"): {"no_features"},
    ("nul bytes", "quality"): {"nul_bytes"},
    ("nul bytes", "joins"): {"keys_match"},
    ("nul bytes", "baseline"): {"no_better_than_guessing"},
    ("huge", "quality"): {"huge_values"},
    ("huge", "joins"): {"keys_match"},
    ("huge", "baseline"): {"no_better_than_guessing", "columns_left_out"},
}
LONG = {
    ("huge", "joins"),
    ("huge", "quality"),
    ("huge", "baseline"),
    ("nested", "quality"),
    ("nested", "joins"),
    ("nested", "baseline"),
    ("deep", "quality"),
    ("deep", "joins"),
    ("deep", "baseline"),
    ("latin", "baseline"),
    ("nul bytes", "baseline"),
}


@pytest.mark.parametrize(
    ("cells", "probe"),
    [pytest.param(*case, marks=[pytest.mark.slow] if case in LONG else []) for case in SAID],
)
def test_each_probe_says_what_it_can_of_odd_cells(
    tmp_path: Path, context: Make, cells: str, probe: str
) -> None:
    found = ASKS[probe](CELLS[cells](tmp_path), context())
    assert SAID[cells, probe] <= {one.code for one in found}
    assert max(len(one.sentence) for one in found) < 500


def changed_sqlite(path: Path) -> dict[str, Callable[[], object]]:
    def run(statement: str) -> None:
        with closing(sqlite3.connect(path)) as made, made:
            made.execute(statement)

    return {
        "rows inserted": lambda: run("INSERT INTO t SELECT id + 1000, y FROM t"),
        "rows deleted": lambda: run("DELETE FROM t WHERE id > 100"),
        "column dropped": lambda: run("ALTER TABLE t DROP COLUMN y"),
        "table dropped": lambda: run("DROP TABLE t"),
        "overwritten": lambda: path.write_bytes(b"nothing of the kind" * 9),
        "gone": path.unlink,
    }


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("rows inserted", 600, 300),
        ("rows deleted", 101, 300),
        ("column dropped", "no column", 300),
        ("table dropped", "source_failed", 300),
        ("overwritten", "file_unreadable", 300),
        ("gone", "source_lost", 300),
    ],
)
def test_a_sqlite_table_that_changes_is_read_as_it_was_or_told(
    tmp_path: Path, context: Make, change: str, before: object, after: object
) -> None:
    """Change it once before its first read and once after, in the same probe."""
    for read_first, wanted in ((False, before), (True, after)):
        path = tmp_path / f"{read_first}.sqlite"
        with closing(sqlite3.connect(path)) as made, made:
            made.execute("CREATE TABLE t (id INTEGER, y INTEGER)")
            made.executemany("INSERT INTO t VALUES (?, ?)", [(n, n % 2) for n in range(300)])
        source, _ = open_source(str(path), context())
        with source:
            if read_first:
                source.columns("t")
            changed_sqlite(path)[change]()
            assert told(source, "y") == wanted


def test_rows_written_while_a_sqlite_table_is_copied_are_not_seen(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from probes.sources import loading

    path = tmp_path / "busy.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("PRAGMA journal_mode = wal")
        made.execute("CREATE TABLE t (id INTEGER)")
        made.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(300)])
    look = loading._sqlite_shapes

    def look_and_write(*given: Any) -> Any:
        shapes = look(*given)
        with closing(sqlite3.connect(path)) as made, made:
            made.execute("INSERT INTO t VALUES ('a word among the numbers')")
        return shapes

    monkeypatch.setattr(loading, "_sqlite_shapes", look_and_write)
    source, _ = open_source(str(path), context())
    with source:
        assert source.rows(f"SELECT count(*), sum(id) FROM {source.relation('t')}") == [
            (300, 44850)
        ]


def told(source: Source, column: str) -> object:
    try:
        if column not in [one.name for one in source.columns("t")]:
            return "no column"
        return source.rows(f"SELECT count({column}) FROM {source.relation('t')}")[0][0]
    except ProbeFault as fault:
        return fault.finding.code


@pytest.mark.parametrize(
    ("probe", "moment", "wanted"),
    [
        ("quality", 0.02, "near_unique"),
        ("quality", 0.5, "near_unique"),
        ("joins", 0.02, "keys_match"),
        ("joins", 0.3, "keys_match"),
        ("baseline", 0.02, "target_absent"),
        pytest.param("baseline", 0.15, "no_better_than_guessing", marks=pytest.mark.slow),
    ],
)
def test_a_postgresql_column_dropped_at_any_moment_ends_in_a_finding(
    postgres: str, context: Make, probe: str, moment: float, wanted: str
) -> None:
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute("DROP TABLE IF EXISTS shrinking")
        owner.execute(
            "CREATE TABLE shrinking AS SELECT n AS id, n % 2 AS y, n % 9 AS c FROM generate_series(1, 300) n"
        )
        owner.execute("SET lock_timeout = '200ms'")
        tried: list[bool] = []

        def meddle(fraction: float | None, sentence: str) -> None:
            if tried or not sentence or (fraction or 0) < moment:
                return
            tried.append(True)
            with contextlib.suppress(psycopg.errors.LockNotAvailable):
                owner.execute("ALTER TABLE shrinking DROP COLUMN y")
                owner.execute("DELETE FROM shrinking WHERE id > 200")

        place = postgres.replace("/postgres?", "/postgres.shrinking?")
        plain = context()
        found = ASKS[probe](place, ProbeContext(plain.settings, plain.folder, meddle))
    assert tried
    assert wanted in {one.code for one in found}
