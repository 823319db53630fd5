"""Forty defects that nothing was tuned on: other files, other findings, other ways to be shut."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from tests.integration.fixes.planted import Batch, Row, Shut, grant, write_table

CITIES = ("Hamburg", "Leipzig", "Essen", "Bremen")
REASONS = ("moved house", "price", "service", "no use for it", "other shop")
FIRST = date(2023, 1, 1)


def _row(at: int, luck: random.Random) -> Row:
    return {
        "customer_id": 50_000 + at,
        "city": luck.choice(CITIES),
        "joined": (FIRST + timedelta(days=luck.randint(0, 700))).isoformat(),
        "reason": luck.choice(REASONS),
        "visits": luck.randint(1, 60),
    }


def _twins(row: Row, at: int, _luck: random.Random) -> None:
    if at % 6 == 5:
        row["customer_id"] -= 3


def _spellings(row: Row, at: int, _luck: random.Random) -> None:
    if at % 3 == 0:
        row["city"] = str(row["city"]).upper()


def _dates(row: Row, at: int, _luck: random.Random) -> None:
    if at % 4 == 1:
        year, month, day = str(row["joined"]).split("-")
        row["joined"] = f"{day}.{month}.{year}"


def _placeholders(row: Row, at: int, _luck: random.Random) -> None:
    if at % 3 == 2:
        row["reason"] = "n/a"


def _at_once(write: Callable[[Path, list[Row]], None]) -> Callable[[Path, list[Row]], None]:
    """Let nobody read half of a file."""

    def writing(path: Path, rows: list[Row]) -> None:
        part = path.with_name(f".part-{path.name}")
        write(part, rows)
        part.replace(path)

    return writing


def _parquet(path: Path, rows: list[Row]) -> None:
    pd.DataFrame(rows).to_parquet(path)


def _workbook(path: Path, rows: list[Row]) -> None:
    pd.DataFrame(rows).to_excel(path, index=False)


def _lines(path: Path, rows: list[Row]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _document(path: Path, rows: list[Row]) -> None:
    path.write_text(json.dumps({"export": {"made": "2026-03-01", "customers": rows}}))


def _bars(path: Path, rows: list[Row]) -> None:
    table = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    path.write_text("".join("|".join(line) + "\r\n" for line in table))


def _zipped(path: Path, rows: list[Row]) -> None:
    table = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    path.write_bytes(gzip.compress("".join(";".join(line) + "\n" for line in table).encode()))


def _shut(folder: Path, url: str, reader: str) -> list[Shut]:
    """Return two files that nobody has put there, and two tables behind a closed schema."""
    return [*(_away(folder, at) for at in range(2)), *(_behind(url, reader, at) for at in range(2))]


def _away(folder: Path, at: int) -> Shut:
    path = folder / f"away_{at}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)

    def put() -> None:
        _at_once(_parquet)(path, UNSEEN.rows(at, ()))

    shown: dict[str, Any] = {"path": str(path)}
    return Shut(f"away_{at}", "file_absent", shown, None, lambda: path.unlink(missing_ok=True), put)


def _behind(url: str, reader: str, at: int) -> Shut:
    schema = f"closed_{at}"
    grant(url, f"CREATE SCHEMA IF NOT EXISTS {schema}")
    write_table(url, f"{schema}.people", UNSEEN.columns, UNSEEN.rows(at, ()))
    return Shut(
        schema,
        "privilege_missing",
        {"url": reader, "tables": [f"{schema}.people"]},
        f"{schema}.people",
        lambda: grant(url, f"REVOKE USAGE ON SCHEMA {schema} FROM reader"),
        lambda: grant(url, f"GRANT USAGE ON SCHEMA {schema} TO reader"),
    )


UNSEEN = Batch(
    {
        "twins": ("duplicate_keys", "customer_id", _twins),
        "spelling": ("spelling_variants", "city", _spellings),
        "dates": ("date_formats_mixed", "joined", _dates),
        "placeholders": ("placeholder_text", "reason", _placeholders),
    },
    _row,
    (
        ("people.parquet", _at_once(_parquet)),
        ("people.xlsx", _at_once(_workbook)),
        ("people.jsonl", _at_once(_lines)),
        ("people.json", _at_once(_document)),
        ("people.txt", _at_once(_bars)),
        ("people.csv.gz", _at_once(_zipped)),
    ),
    "customer_id int, city text, joined text, reason text, visits int",
    3,
    _shut,
)
