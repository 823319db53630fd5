"""The bytes of a text file: what encoding they are, and a plain UTF-8 copy where that is another.

DuckDB reads UTF-16 only from the low byte and without letters outside the basic plane, takes the
other byte order for Chinese, and stops at a NUL byte in a header; so such files are copied first.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Final
from uuid import uuid4

from probes.sources.base import Remark
from probes.sources.texts import say

HEAD_BYTES: Final = 4096
BLOCK_BYTES: Final = 8 * 1024 * 1024
LETTER_BYTES: Final = 4
"""The most that UTF-8 takes for one letter."""

_WITHIN_A_LETTER: Final = frozenset(bytes([byte]) for byte in range(0x80, 0xC0))

BINARY_SHARE: Final = 0.05
PLAIN_SHARE: Final = 0.5

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""In this order: one of UTF-32 starts as one of UTF-16 does."""

_OTHER_FORMATS: Final = (
    (0, b"SQLite format 3\0", "sqlite_database"),
    (0, b"PK\x03\x04", "looks_like_excel"),
    (0, b"\xd0\xcf\x11\xe0", "excel_workbook_before"),
    (0, b"PAR1\x15", "parquet_file"),
    (8, b"DUCK", "duckdb_database"),
    (0, b"\x1f\x8b", "file_packed_gzip"),
    (0, b"(\xb5/\xfd", "file_packed_zstd"),
    (0, b"\xfd7zXZ\x00", "file_packed_xz"),
    (0, b"%PDF-", "pdf"),
    (0, b"\x80\x02", "python_pickle"),
    (0, b"\x80\x03", "python_pickle"),
    (0, b"\x80\x04", "python_pickle"),
    (0, b"\x80\x05", "python_pickle"),
    (0, b"\x89HDF", "hdf5_file"),
    (0, b"ARROW1", "arrow_file"),
    (0, b"ORC", "orc_file"),
    (0, b"Obj\x01", "avro_file"),
    (0, b"$FL2", "spss_file"),
    (0, b"<stata_dta>", "stata_file"),
    (0, b"\x93NUMPY", "numpy_file"),
    (0, b"7z\xbc\xaf\x27\x1c", "seven_zip_archive"),
    (0, b"Rar!\x1a\x07", "rar_archive"),
    (0, b"\x89PNG", "picture"),
    (0, b"\xff\xd8\xff", "picture"),
)
_PACKED: Final = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2"}
"""Endings of packed files, and what pyarrow calls each way of packing."""
_DIVIDING: Final = b"\t\n\r\x0b\x0c\x1b\x01\x02\x1e\x1f"
"""Control bytes that stand in texts; some systems divide columns by one of the last four."""
_TEXT_FORMATS: Final = (
    ("<!doctype html", "looks_like_html"),
    ("<html", "looks_like_html"),
    ("<?xml", "xml_document"),
    ("version https://git-lfs", "looks_like_lfs_pointer"),
    ("{\\rtf", "rich_text_document"),
)


class OtherFormatError(OSError):
    """A file is of another format than its name says; the text says which."""


class LockedFileError(OSError):
    """A file cannot be read without a password."""


@dataclass
class OddLines:
    """How many lines are odd in one way, and which is the first."""

    count: int = 0
    first: int = 0
    last: int = 0

    def add(self, line: int) -> None:
        """Count one line."""
        self.count += 1
        self.first = self.first or line
        self.last = line

    def remarks(self, code: str) -> list[Remark]:
        """Return the remark on them, if there are any."""
        return [Remark(code, self.count, self.first)] if self.count else []


@dataclass(frozen=True)
class PlainText:
    """Where a file's text stands in UTF-8 and without NUL bytes, and what was bent for that."""

    path: Path
    remarks: list[Remark] = field(default_factory=list)
    longest_line: int = 0
    """In bytes; 0 where the lines were not looked at."""


def plain_text(path: Path, work: Path) -> PlainText:
    """Return a file's text as UTF-8 without NUL bytes: in its place where it is so, else a copy.

    Args:
        path: of the file; a packed one is unpacked into the folder.
        work: the folder for a copy; whoever has read it deletes it.

    Raises:
        OtherFormatError: the file is of a format that is known by its first bytes.
        OSError: it is not text at all.
    """
    if path.suffix.lower() in _PACKED:
        path = _unpacked(path, work)
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    refuse_other_formats(head)
    encoding = wide_encoding(head)
    if encoding:
        return PlainText(_copied(path, work, encoding, errors="replace"))
    if _is_binary(head):
        raise OSError("not a text file")
    if head.startswith(codecs.BOM_UTF8) and head[3:].lstrip()[:1] in {b"{", b"["}:
        path = _copied(path, work, "utf-8-sig", errors="as_windows")  # no JSON reader takes a mark
    if _ends_with_returns(head):
        path = _copied(path, work, "utf-8", errors="as_windows")
    broken, nul, longest = _look_at_lines(path)
    if broken.count or nul.count:
        path = _copied(path, work, "utf-8", errors="as_windows")
    remarks = broken.remarks("encoding_not_utf8") + nul.remarks("nul_bytes")
    return PlainText(path, remarks, longest)


def wide_encoding(head: bytes) -> str | None:
    """Return the encoding of a file of two or four bytes a letter, by its mark or by its zeros."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" not in head:
        return None
    return next((one for one in ("utf-16-le", "utf-16-be") if _reads_as(head, one)), None)


def _reads_as(head: bytes, encoding: str) -> bool:
    """Whether lines of cells, or plain letters, come out when a file's start is so decoded."""
    text = head.decode(encoding, errors="replace")
    if "\0" in text or not {"\n", "\r"} & set(text):
        return False
    plain = sum(letter < "\x80" for letter in text)
    return plain > PLAIN_SHARE * len(text) or any(mark in text for mark in ",;\t|")


def refuse_other_formats(head: bytes) -> None:
    """Name the format of a file that is none of ours, by its first bytes.

    Raises:
        OtherFormatError: it is known; the text says which.
    """
    for start, mark, key in _OTHER_FORMATS:
        if head[start:].startswith(mark):
            raise OtherFormatError(say(key))
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()[:80].decode("latin-1").lower()
    for beginning, key in _TEXT_FORMATS:
        if text.startswith(beginning):
            raise OtherFormatError(say(key))
    if re.match(r"<[a-z!?][^\n,;\t|]*>", text):
        raise OtherFormatError(say("xml_html_document"))


def _unpacked(path: Path, work: Path) -> Path:
    """Unpack a file into the folder, under its name without the ending.

    Raises:
        OSError: it is not packed in the way that its ending says, or is cut off.
    """
    import pyarrow

    place = work / f"unpacked-{path.stem}"
    with (
        pyarrow.input_stream(str(path), compression=_PACKED[path.suffix.lower()]) as packed,
        place.open("wb") as plain,
    ):
        while block := packed.read(BLOCK_BYTES):
            plain.write(block)
    return place


def _ends_with_returns(head: bytes) -> bool:
    """Whether lines end with a carriage return alone, as Excel for Mac writes them."""
    return b"\r" in head and b"\n" not in head


def _is_binary(head: bytes) -> bool:
    """Whether a file starts with more control bytes than any text has; NUL bytes aside."""
    kept = head.replace(b"\0", b"")
    odd = sum(byte < 32 and byte not in _DIVIDING for byte in kept)
    return odd > BINARY_SHARE * len(kept)


def _look_at_lines(path: Path) -> tuple[OddLines, OddLines, int]:
    """Count the lines that are not UTF-8 and those that hold NUL bytes; measure the longest."""
    broken, nul, number, longest, begun = OddLines(), OddLines(), 1, 0, 0
    with path.open("rb") as stream:
        for block in _blocks(stream):
            lines = block.split(b"\n")
            if b"\0" in block or not _is_utf8(block):
                for at, line in enumerate(lines, start=number):
                    if b"\0" in line and at != nul.last:
                        nul.add(at)
                    if not _is_utf8(line) and at != broken.last:
                        broken.add(at)
            longest = max(longest, begun + len(lines[0]), *map(len, lines[1:]))
            begun = len(lines[-1]) + (begun if len(lines) == 1 else 0)
            number += len(lines) - 1
    return broken, nul, longest


def _blocks(stream: BufferedReader) -> Iterator[bytes]:
    """Yield a file in blocks that end with a line, or with a letter of one that has no end yet."""
    while block := stream.read(BLOCK_BYTES) + stream.readline(BLOCK_BYTES):
        for _ in range(LETTER_BYTES - 1):
            if stream.peek(1)[:1] not in _WITHIN_A_LETTER or block.endswith(b"\n"):
                break
            block += stream.read(1)
        yield block


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _copied(path: Path, work: Path, encoding: str, *, errors: str) -> Path:
    """Write a file's text anew, in UTF-8, without NUL bytes and with one kind of line ends."""
    place = work / f"plain-{uuid4().hex[:8]}{path.suffix}"
    with (
        path.open(encoding=encoding, errors=errors, newline=None) as old,
        place.open("w", encoding="utf-8", newline="") as new,
    ):
        for block in iter(lambda: old.read(BLOCK_BYTES), ""):
            new.write(block.replace("\0", ""))
    return place


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as Windows-1252, Latin-1 with a few more letters."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  (only named where text is decoded)
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error("as_windows", _as_windows)
