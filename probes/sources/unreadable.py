"""Why a file cannot be read, as far as its bytes tell: what to say beside its kind."""

from __future__ import annotations

import errno
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from bot.texts import joined
from probes.kinds import SourceKind
from probes.sources.text_bytes import OtherFormatError, refuse_other_formats
from probes.sources.texts import say

HEAD_BYTES: Final = 4096
DOCUMENT_BYTES: Final = 32 * 1024 * 1024
_PACKED_STARTS: Final = {".gz": b"\x1f\x8b", ".zst": b"(\xb5/\xfd", ".bz2": b"BZh"}
_STARTS: Final = {
    SourceKind.PARQUET: b"PAR1",
    SourceKind.EXCEL: b"PK\x03\x04",
    SourceKind.FOLDER: b"PK",
}
_PARQUET_END: Final = b"PAR1"
_ARCHIVE_END: Final = b"PK\x05\x06"
_ARCHIVE_TAIL: Final = 1 << 16
_NAMED: Final = 4


def unreadable(kind: SourceKind, path: Path, *, inside: bool) -> str:
    """Return what a file should have been and why it is not, to be put into a sentence.

    Args:
        kind: what it was read as.
        path: of the file.
        inside: whether it is one of a folder's, so that its name is told.
    """
    named = say(f"kind_{kind.value}")
    if inside:
        named = joined("", (named, f" ({path.name})"))
    why = _why(kind, path)
    return joined("", (named, ": ", why)) if why else named


def _why(kind: SourceKind, path: Path) -> str:
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return ""
    if not size:
        return say("why_no_bytes")
    packed = path.suffix.lower()
    if packed in _PACKED_STARTS:
        is_packed = head.startswith(_PACKED_STARTS[packed])
        return say("why_packing_breaks_off" if is_packed else "why_not_packed", ending=packed)
    if kind is SourceKind.JSON:
        return _where_no_json(path, size)
    start = _STARTS.get(kind)
    if start and not head.startswith(start):
        return _what_else(head)
    return say("why_end_missing") if start and _lacks_end(kind, path, size) else ""


def _lacks_end(kind: SourceKind, path: Path, size: int) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, size - _ARCHIVE_TAIL))
        tail = file.read()
    return (
        not tail.endswith(_PARQUET_END) if kind is SourceKind.PARQUET else _ARCHIVE_END not in tail
    )


def _where_no_json(path: Path, size: int) -> str:
    if size > DOCUMENT_BYTES:
        return ""
    try:
        json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError):
            return say("why_no_json", line=error.lineno, place=error.colno)
    return ""


def _what_else(head: bytes) -> str:
    """Return what a file seems to be instead, by its first bytes."""
    try:
        refuse_other_formats(head)
    except OtherFormatError as other:
        return say("why_other_format", what=other.args[0])
    text = head.decode("utf-8", errors="ignore")
    return say("why_plain_text") if text.isprintable() or "\n" in text else ""


def nothing_inside(files: Sequence[str]) -> str:
    """Return what a folder or an archive holds in place of tables."""
    if not files:
        return say("holds_nothing")
    return say("holds", shown=joined(", ", files[:_NAMED]))


def is_disk_full(error: Exception) -> bool:
    """Whether what went wrong is that no room is left on the disk."""
    if isinstance(error, duckdb.IOException):
        return any(
            words in str(error) for words in ("No space left", "File too large", "Disk quota")
        )
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
