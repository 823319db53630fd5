"""The tables of a folder, or of an archive: which files are one, and how they are read together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from probes.kinds import SourceKind
from probes.sources.archives import common_folder, unpack
from probes.sources.base import Remark, quote
from probes.sources.faults import fault
from probes.sources.folders import FileTable, main_table, tables_in
from probes.sources.together import read_together, summed
from probes.sources.unreadable import nothing_inside

if TYPE_CHECKING:
    from probes.sources.files import FileSource

Loader = Callable[[], str]
"""Makes one table ready and returns the SQL that names it."""


def find_in_folder(source: FileSource) -> dict[str, Loader]:
    """Return the tables of a folder; files alike but for a number or a month are one.

    Raises:
        ProbeFault: it is no folder, or holds no table.
    """
    if source.path.is_file():
        unpacked = unpack(source.path, source.work)
        if not unpacked:
            raise fault("folder_no_tables", source.name, nothing_inside(()))
        return _find_in(source, common_folder(unpacked))
    if not source.path.is_dir():
        raise fault("file_no_file", source.name)
    parts = [path for path in sorted(source.path.iterdir()) if not path.name.startswith((".", "_"))]
    if parts and all(path.is_dir() and "=" in path.name for path in parts):
        everywhere = source.path / "**" / "*.parquet"
        return source.loaders_of(SourceKind.PARQUET, source.path.name, everywhere)
    return _find_in(source, source.path)


def _find_in(source: FileSource, folder: Path) -> dict[str, Loader]:
    found: dict[str, Loader] = {}
    tables = tables_in(folder)
    if not tables:
        names = sorted(path.name for path in folder.iterdir() if path.name[0] not in "._")
        raise fault("folder_no_tables", source.name, nothing_inside(names))
    main = main_table(tables)
    source.main = main.name if main else None
    for table in tables:
        if len(table.paths) == 1:
            loaders = source.loaders_of(table.kind, table.name, table.paths[0])
            for name, loader in loaders.items():
                found[name if name not in found else f"{table.name}_{name}"] = loader
        else:
            source.parts[table.name] = list(table.paths)
            found[table.name] = partial(_load_together, source, table)
        if table.name in found:
            source.sizes[table.name] = sum(path.stat().st_size for path in table.paths)
    return found


def _load_together(source: FileSource, table: FileTable) -> str:
    """Return the SQL to read several files as one table; columns that some lack are empty."""
    if table.kind is SourceKind.PARQUET:
        return _parquet_together(source, table.paths)
    remarks: list[Remark] = []
    named: list[str] = []
    filled = [path for path in table.paths if path.stat().st_size]
    for at, path in enumerate(filled or table.paths[:1]):
        for part, loader in source.loaders_of(table.kind, f"part {at}", path).items():
            named.append(loader())
            remarks += source.remarks.pop(part, [])
    every = read_together(source.connection, named)
    source.connection.execute(f"CREATE TABLE {quote(table.name)} AS {every}")
    for part in named:
        source.connection.execute(f"DROP TABLE IF EXISTS {part}")
    source.remarks[table.name] = summed(remarks)
    return quote(table.name)


def _parquet_together(source: FileSource, paths: Sequence[Path]) -> str:
    places = ["'" + str(path).replace("'", "''") + "'" for path in paths]
    parts = [f"read_parquet({place})" for place in places]
    every = read_together(source.connection, parts)
    if "REPLACE" not in every:
        return f"read_parquet([{', '.join(places)}], union_by_name = true)"
    return f"({every})"
