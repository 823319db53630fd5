"""Backups: one portable file, taken while the bot runs, that restores on SQLite or PostgreSQL.

The file is a zip: `about.json` names the schema's revision, and each table is a file of one JSON
row a line. It is read in one snapshot, so that no half of a transaction is in it.
"""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

from alembic.migration import MigrationContext
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from bot.db.columns import Moment
from bot.db.engine import migrate
from bot.db.texts import say
from bot.domain.errors import InputError

ABOUT: Final = "about.json"
FORMAT: Final = 1
ROWS_AT_ONCE: Final = 500
BLOBS_AT_ONCE: Final = 4
"""Of tables that hold whole models, up to 20 MB a row."""
NOT_KEPT: Final = frozenset({"alembic_version", "lanes"})
"""Who holds a queue just now means nothing later; the revision stands in `about.json`."""


def back_up(engine: Engine, file: Path) -> dict[str, int]:
    """Write everything into a new file.

    Args:
        engine: the bot's database; the bot may go on running.
        file: where to; it must not be there yet.

    Returns:
        How many rows of each table were written.

    Raises:
        InputError: the file is there, its folder is not, or the database is empty.
    """
    if file.exists():
        raise InputError(say("backup_exists", file=file))
    if not file.absolute().parent.is_dir():
        raise InputError(say("folder_create_first", parent=file.absolute().parent))
    unfinished = file.with_name(file.name + ".part")
    try:
        with engine.connect() as plain:
            counts = _write_all(_snapshot(plain), unfinished)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return counts


def _snapshot(connection: Connection) -> Connection:
    """Let all that is read show one moment."""
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.execution_options(read_only=True)


def _write_all(connection: Connection, file: Path) -> dict[str, int]:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        raise InputError(say("nothing_to_back_up"))
    tables = _tables(connection)
    about = {
        "form": FORMAT,
        "revision": revision,
        "taken_at": datetime.now(UTC).isoformat(),
        "tables": [table.name for table in tables],
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ABOUT, json.dumps(about, indent=2))
        return {table.name: _write(connection, table, archive) for table in tables}


def _write(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    rows = select(table).order_by(*table.primary_key.columns)
    with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as out:
        found = connection.execute(rows.execution_options(yield_per=_at_once(table)))
        for row in found.mappings():
            out.write(json.dumps(_whole(_plain_row(row)), ensure_ascii=False).encode() + b"\n")
            count += 1
    return count


def _plain_row(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): _plain(value) for name, value in row.items()}


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Take a model's file into its row, so that a backup needs no second file.

    One whose file is gone keeps its path, and says so when it is asked for.
    """
    path = row.get("folder_path")
    if not path or row.get("content") is not None or not Path(path).is_file():
        return row
    return row | {"content": _plain(Path(path).read_bytes()), "folder_path": None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _at_once(table: Table) -> int:
    return BLOBS_AT_ONCE if table.name == "models" else ROWS_AT_ONCE


def restore(engine: Engine, file: Path) -> dict[str, int]:
    """Read a backup into an empty database and bring it to this version's schema.

    Args:
        engine: an empty database, of either kind; no bot may run on it.
        file: what `back_up` wrote, by this version or an older one.

    Returns:
        How many rows of each table were read.

    Raises:
        InputError: the file is no backup, is of a newer version, or the database is not empty.
    """
    about = _about(file)
    if inspect(engine).get_table_names() and not _is_empty(engine):
        raise InputError(say("restore_needs_empty"))
    migrate(engine, _known_revision(engine, str(about["revision"])))
    with zipfile.ZipFile(file) as archive, engine.begin() as connection:
        tables = [table for table in _tables(connection) if table.name in about["tables"]]
        counts = {table.name: _read(connection, table, archive) for table in tables}
        _go_on_counting(connection, tables)
    migrate(engine)
    return counts


_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    ValueError,
    OSError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)
"""What reading an archive raises that is cut off, changed, packed otherwise or locked."""


def _about(file: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            about = json.loads(archive.read(ABOUT))
    except FileNotFoundError:
        raise InputError(say("is_not_there", file=file)) from None
    except _UNREADABLE:
        about = None
    if not isinstance(about, dict):
        raise InputError(say("backup_hour48_damaged", file=file))
    if about.get("form") != FORMAT or not {"revision", "tables"} <= about.keys():
        raise InputError(say("backup_too_new", file=file))
    return about


def _known_revision(engine: Engine, revision: str) -> str:
    from alembic.script import ScriptDirectory

    from bot.db.engine import migration_config

    known = {each.revision for each in _scripts(ScriptDirectory, migration_config(engine))}
    if revision not in known:
        raise InputError(say("backup_schema_unknown", revision=revision))
    return revision


def _scripts(directory: Any, config: Any) -> Iterator[Any]:
    yield from directory.from_config(config).walk_revisions()


def _is_empty(engine: Engine) -> bool:
    with engine.connect() as connection:
        tables = _tables(connection)
        return not any(
            connection.scalar(select(func.count()).select_from(table)) for table in tables
        )


def _tables(connection: Connection) -> list[Table]:
    """Return the database's own tables as they are, those that others refer to first."""
    found = MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        for column in table.columns:
            _speak_plainly(table, column.name)
    return [table for table in found.sorted_tables if table.name not in NOT_KEPT]


def _speak_plainly(table: Table, name: str) -> None:
    """Let moments and what may be empty be as the bot writes them, on either database."""
    column = table.columns[name]
    if isinstance(column.type, DateTime):
        column.type = Moment()
    if isinstance(column.type, JSON):
        column.type = JSON(none_as_null=True)


def _read(connection: Connection, table: Table, archive: zipfile.ZipFile) -> int:
    count = 0
    with archive.open(f"{table.name}.jsonl") as lines:
        for rows in _batches(lines, table):
            connection.execute(insert(table), rows)
            count += len(rows)
    return count


def _batches(lines: IO[bytes], table: Table) -> Iterator[list[dict[str, Any]]]:
    moments = {column.name for column in table.columns if isinstance(column.type, Moment)}
    blobs = {column.name for column in table.columns if isinstance(column.type, LargeBinary)}
    batch: list[dict[str, Any]] = []
    for line in lines:
        row = json.loads(line)
        for name in moments & row.keys():
            row[name] = row[name] and datetime.fromisoformat(row[name])
        for name in blobs & row.keys():
            row[name] = None if row[name] is None else base64.b64decode(row[name])
        batch.append(row)
        if len(batch) == _at_once(table):
            yield batch
            batch = []
    if batch:
        yield batch


def _go_on_counting(connection: Connection, tables: list[Table]) -> None:
    """Let PostgreSQL number new rows after those that were read; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        if "id" not in table.columns:
            continue
        highest = connection.scalar(select(func.max(table.columns["id"])))
        if highest:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :highest)"),
                {"table": table.name, "highest": highest},
            )
