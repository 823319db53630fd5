"""Forty more that nothing was tuned on: other databases, other files, other findings."""

from __future__ import annotations

import atexit
import csv
import random
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import ExitStack
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import MetaData, Table, create_engine, insert

from tests.integration.fixes.planted import Batch, Place, Row, Shut, grant, write_csv, write_table
from tests.mariadb import mariadb

COLUMNS = (
    "shipment int, depot text, born text, weight text, goods text, street text,"
    " ordered text, shipped text"
)
DEPOTS = ("01067", "04109", "20095", "50667", "80331", "09111", "07743", "60311")
GOODS = ("pallet", "crate", "parcel", "drum", "roll")
STREETS = ("Hauptstraße", "Königsallee", "Bäckergasse", "Mühlenweg", "Am Markt", "Torstraße")
FIRST = date(2024, 1, 1)


def _row(at: int, luck: random.Random) -> Row:
    ordered = FIRST + timedelta(days=luck.randint(0, 500))
    return {
        "shipment": 70_000 + at,
        "depot": luck.choice(DEPOTS),
        "born": (date(1950, 1, 1) + timedelta(days=luck.randint(0, 18_000))).isoformat(),
        "weight": f"{luck.randint(2, 40)} kg",
        "goods": luck.choice(GOODS),
        "street": luck.choice(STREETS),
        "ordered": ordered.isoformat(),
        "shipped": (ordered + timedelta(days=luck.randint(1, 12))).isoformat(),
    }


def _zeros_lost(row: Row, at: int, _luck: random.Random) -> None:
    if at % 2:
        row["depot"] = str(row["depot"]).lstrip("0")


def _default_birthday(row: Row, at: int, _luck: random.Random) -> None:
    if at % 4 == 3:
        row["born"] = "1985-06-01"


def _grams(row: Row, at: int, _luck: random.Random) -> None:
    if at % 5 == 1:
        row["weight"] = f"{int(str(row['weight']).split()[0]) * 1000} g"


def _several(row: Row, at: int, _luck: random.Random) -> None:
    if at % 3 == 1:
        row["goods"] = f"{row['goods']};{GOODS[at % 5]}"


def _mojibake(row: Row, _at: int, _luck: random.Random) -> None:
    row["street"] = str(row["street"]).encode().decode("latin-1")


def _too_early(row: Row, at: int, _luck: random.Random) -> None:
    if at % 16 == 7:
        row["shipped"] = (date.fromisoformat(row["ordered"]) - timedelta(days=9)).isoformat()


def _sqlite(path: Path, rows: list[Row]) -> None:
    part = path.with_name(f".part-{path.name}")
    part.unlink(missing_ok=True)
    with sqlite3.connect(part) as database:
        _fill(database, rows)
    database.close()
    part.replace(path)


def _duckdb(path: Path, rows: list[Row]) -> None:
    part = path.with_name(f".part-{path.name}")
    part.unlink(missing_ok=True)
    with duckdb.connect(str(part)) as database:
        _fill(database, rows)
    part.replace(path)


def _fill(database: Any, rows: list[Row]) -> None:
    database.execute(f"CREATE TABLE shipments ({COLUMNS})")
    marks = ", ".join("?" * len(rows[0]))
    database.executemany(
        f"INSERT INTO shipments VALUES ({marks})", [tuple(row.values()) for row in rows]
    )


def _months(path: Path, rows: list[Row]) -> None:
    path.mkdir(exist_ok=True)
    third = len(rows) // 3 + 1
    for at in range(3):
        write_csv(path / f"shipments_2025_{at + 1:02}.csv", rows[at * third : (at + 1) * third])


def _archive(path: Path, rows: list[Row]) -> None:
    inside = path.with_name(f".{path.name}.csv")
    with inside.open("w", newline="", encoding="utf-16") as out:
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(rows)
    part = path.with_name(f".part-{path.name}")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inside, "export/shipments.tsv")
    part.replace(path)


@cache
def _maria_port() -> int:
    """Start one server a process; its user `reader` may log in and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="hour48-maria-"))
    running = ExitStack()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(running.close)
    statements = "CREATE DATABASE cargo CHARACTER SET utf8mb4; CREATE USER reader@'127.0.0.1';"
    return running.enter_context(mariadb(folder, statements))


def _maria(*statements: str, rows: list[Row] | None = None) -> None:
    """Run statements as root, the last of which may make a table for rows."""
    engine = create_engine(f"mysql+pymysql://root@127.0.0.1:{_maria_port()}/cargo")
    with engine.begin() as root:
        for statement in statements:
            root.exec_driver_sql(statement)
        if rows:
            table = Table(statements[-1].split()[2], MetaData(), autoload_with=root)
            root.execute(insert(table), rows)
    engine.dispose()


def _write_maria(table: str, rows: list[Row]) -> None:
    _maria(
        f"DROP TABLE IF EXISTS {table}",
        f"CREATE TABLE {table} ({COLUMNS.replace('text', 'varchar(80)')})",
        rows=rows,
    )


def _maria_source(table: str) -> dict[str, Any]:
    return {"url": f"mysql://reader@127.0.0.1:{_maria_port()}/cargo", "tables": [table]}


def _servers(_folder: Path, url: str, reader: str) -> list[Place]:
    """Return a table of MariaDB, and a view of PostgreSQL over a table that nobody may read."""

    def in_maria(rows: list[Row]) -> None:
        _write_maria("shipments", rows)
        _maria("GRANT SELECT ON cargo.shipments TO reader@'127.0.0.1'")

    def in_view(rows: list[Row]) -> None:
        grant(url, "DROP VIEW IF EXISTS shipments_seen")
        write_table(url, "shipments_kept", COLUMNS, rows)
        grant(url, "REVOKE SELECT ON shipments_kept FROM reader")
        grant(url, "CREATE VIEW shipments_seen AS SELECT * FROM shipments_kept")
        grant(url, "GRANT SELECT ON shipments_seen TO reader")

    viewed = {"url": reader, "tables": ["shipments_seen"]}
    return [
        Place("maria", _maria_source("shipments"), "shipments", 201, THIRD, in_maria),
        Place("view", viewed, "shipments_seen", 202, THIRD, in_view),
    ]


def _shut(folder: Path, url: str, reader: str) -> list[Shut]:
    return [
        _by_role(url, reader),
        _in_maria(),
        _login_page(folder / "portal.csv"),
        _not_loaded(folder / "warehouse.sqlite"),
    ]


def _by_role(url: str, reader: str) -> Shut:
    """Return a table that only members of a role may read."""
    write_table(url, "ledger", COLUMNS, THIRD.rows(1, ()))
    grant(url, "REVOKE SELECT ON ledger FROM reader")
    grant(
        url,
        "DO $$ BEGIN CREATE ROLE analysts; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    )
    grant(url, "GRANT SELECT ON ledger TO analysts")
    return Shut(
        "ledger",
        "privilege_missing",
        {"url": reader, "tables": ["ledger"]},
        "ledger",
        lambda: grant(url, "REVOKE analysts FROM reader"),
        lambda: grant(url, "GRANT analysts TO reader"),
    )


def _in_maria() -> Shut:
    who = "reader@'127.0.0.1'"
    _write_maria("ledger", THIRD.rows(2, ()))
    _maria(f"GRANT INSERT ON cargo.ledger TO {who}")
    return Shut(
        "maria_ledger",
        "privilege_missing",
        _maria_source("ledger"),
        "ledger",
        lambda: _maria(
            f"GRANT SELECT ON cargo.ledger TO {who}", f"REVOKE SELECT ON cargo.ledger FROM {who}"
        ),
        lambda: _maria(f"GRANT SELECT ON cargo.ledger TO {who}"),
    )


def _login_page(path: Path) -> Shut:
    """Return a file that was fetched without a login: a web page under its name."""

    def closed() -> None:
        path.write_text(page)

    page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n"
    return Shut(
        "portal",
        "file_other_format",
        {"path": str(path)},
        None,
        closed,
        lambda: write_csv(path, THIRD.rows(3, ())),
    )


def _not_loaded(path: Path) -> Shut:
    """Return a database whose table nobody has loaded yet."""

    def without() -> None:
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE other (id int)")
        database.close()

    return Shut(
        "warehouse",
        "table_absent",
        {"path": str(path)},
        "shipments",
        without,
        lambda: _sqlite(path, THIRD.rows(4, ())),
    )


THIRD = Batch(
    {
        "early": ("order_broken", "ordered", _too_early),
        "encoding": ("broken_encoding", "street", _mojibake),
        "lists": ("lists_in_text", "goods", _several),
        "lost zeros": ("lost_zeros", "depot", _zeros_lost),
        "birthdays": ("default_dates", "born", _default_birthday),
        "grams": ("units_mixed", "weight", _grams),
    },
    _row,
    (
        ("shipments.sqlite", _sqlite),
        ("shipments.duckdb", _duckdb),
        ("months", _months),
        ("shipments.zip", _archive),
    ),
    COLUMNS,
    0,
    _shut,
    _servers,
)
