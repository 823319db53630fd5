"""Sources: open one by its configured name, a path or a URL, and ask it for aggregates."""

from __future__ import annotations

from pathlib import Path

from probes.contract import ProbeContext
from probes.kinds import FILE_KINDS, SourceKind
from probes.sources.base import Column, ColumnFamily, Source, listed, quote
from probes.sources.places import SourceAddress, find_place

__all__ = [
    "Column",
    "ColumnFamily",
    "Source",
    "SourceAddress",
    "find_place",
    "listed",
    "open_place",
    "open_source",
    "quote",
]


def open_source(
    text: str, context: ProbeContext, *, table: str | None = None
) -> tuple[Source, str | None]:
    """Open the source that `SOURCE[.TABLE]` names, read-only.

    Returns:
        The open source and the table that was named, if any; pass it to `source.only_table`.

    Raises:
        InputError: there is no such source, or its driver is not installed.
        ProbeFault: it cannot be reached or read.
    """
    place = find_place(text, context.settings, table=table)
    found = open_place(place, context.scratch, context.memory_mb, context.disk_mb)
    return found, place.table


def open_place(place: SourceAddress, folder: Path, memory_mb: int, disk_mb: int = 10_240) -> Source:
    """Open a place; `folder` takes working files, which `close` deletes.

    Raises:
        InputError: the driver it needs is not installed.
        ProbeFault: it cannot be reached or read.
    """
    if place.settings.kind is SourceKind.FOLDER:
        from probes.sources.file_folders import FolderSource

        return FolderSource(place.name, place.settings, folder, memory_mb, disk_mb)
    if place.settings.kind in FILE_KINDS:
        from probes.sources.files import FileSource

        return FileSource(place.name, place.settings, folder, memory_mb, disk_mb)
    if place.settings.kind is SourceKind.SPARK:
        from probes.sources.spark import SparkSource

        return SparkSource(place.name, place.settings, memory_mb)
    from probes.sources.servers import ServerSource

    return ServerSource(place.name, place.settings)
