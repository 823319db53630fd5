"""How the lines of a text file are divided into columns, where DuckDB's own sniffer errs.

The sniffer knows comma, semicolon, tab and bar. Systems of record also write `^`, `~`, `||` or
control characters, blanks after the delimiter, columns of fixed width, or commas in decimals.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 256 * 1024
LINES_LOOKED_AT: Final = 400
LINES_LEAST: Final = 3
ALIKE: Final = 0.97
"""So many lines must be divided as the first one."""
USUAL: Final = (",", ";", "\t", "|")
RARE: Final = ("^", "~", "\x01", "\x1f", "\x02", "\x1e", "¦", "§", "þ", "¬", "!", "#", "*", "$")
WEAK: Final = (":", " ", "@", "&", "%", "=", "/")
"""Common within values: only where the first line is plainly a list of names."""
DOUBLED: Final = ("||", "~~", "^^", "::", ";;", "|~|", "##", "$$")
FIXED_COLUMNS_LEAST: Final = 2
PADDED: Final = 0.9
LONGEST_LINE: Final = 20
TITLES_MOST: Final = 20
COLUMNS_OF_TITLES: Final = 3

_NAME: Final = re.compile(r"[^\W\d]\w*")
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
_BLANKS_BEFORE_QUOTE: Final = re.compile(r'"([,;|]) +"')
_DECIMAL_COMMA: Final = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+),\d+")
_DECIMAL_POINT: Final = re.compile(r"-?\d+\.\d+")
_THOUSANDS_POINT: Final = re.compile(r"-?\d{1,3}(\.\d{3})+")


@dataclass(frozen=True)
class Layout:
    """How a file's lines are divided.

    Args:
        delimiter: where the sniffer must be told.
        skip: lines before the header, which say how the file is to be read.
        blanks: whether blanks stand between a delimiter and a quote.
        edges: where each column begins, of a file whose columns have fixed widths.
        decimal_comma: whether decimals are written with a comma, and thousands with a point.
        is_padded: whether it has fixed widths, and nothing tells where a column begins.
        open_header: whether the header ends with a delimiter that no other line ends with.
        usual: the delimiter that the sniffer should find, where it divides nearly every line.
        width: into how many columns that divides the first line.
    """

    delimiter: str | None = None
    skip: int = 0
    blanks: bool = False
    edges: tuple[int, ...] = ()
    decimal_comma: bool = False
    is_padded: bool = False
    open_header: bool = False
    usual: str | None = None
    width: int = 0


def layout_of(path: Path) -> Layout:
    """Return how a file in UTF-8 is divided, by its first lines."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        head = file.read(HEAD_BYTES)
    lines = [line for line in re.split(r"\r\n|\r|\n", head)[:LINES_LOOKED_AT] if line.strip()]
    if len(head) == HEAD_BYTES and len(lines) > 1:
        lines.pop()  # cut off
    if not lines:
        return Layout()
    declared = _SEPARATOR_LINE.match(lines[0])
    if declared:
        return Layout(
            declared.group(1), 1, decimal_comma=_has_decimal_commas(lines[1:], declared.group(1))
        )
    blanks = _BLANKS_BEFORE_QUOTE.search(head)
    if blanks:
        mark = blanks.group(1)
        commas = mark != "," and _has_decimal_commas(lines, mark)
        return Layout(mark, blanks=True, decimal_comma=commas)
    if len(lines) < LINES_LEAST:
        return Layout()
    titles = _titles(re.split(r"\r\n|\r|\n", head)[:TITLES_MOST])
    if titles:
        mark, skip = titles
        return Layout(
            mark, skip, decimal_comma=mark != "," and _has_decimal_commas(lines[skip:], mark)
        )
    open_end = next((mark for mark in USUAL if _ends_open(lines, mark)), None)
    return Layout(open_end, open_header=True) if open_end else _of_lines(lines)


def _of_lines(lines: Sequence[str]) -> Layout:
    doubled = next((mark for mark in DOUBLED if _divides(lines, mark)), None)
    if doubled:  # as a single mark it would leave every other column empty and unnamed
        return Layout(doubled)
    usual = next((mark for mark in USUAL if _divides(lines, mark)), None)
    if usual:
        commas = usual != "," and _has_decimal_commas(lines, usual)
        return Layout(decimal_comma=commas, usual=usual, width=len(_parts(lines[0], usual)))
    rare = next((mark for mark in RARE if _divides(lines, mark)), None)
    if rare:
        return Layout(rare, decimal_comma=_has_decimal_commas(lines, rare))
    if any(lines[0].count(mark) for mark in USUAL):
        return Layout()  # a usual one that some lines break: the sniffer's own business
    edges = _fixed_edges(lines)
    if edges:
        return Layout(edges=edges)
    weak = next((mark for mark in WEAK if _divides_names(lines, mark)), None)
    return Layout(weak) if weak else Layout(is_padded=_is_padded(lines))


def _titles(lines: Sequence[str]) -> tuple[str, int] | None:
    """Return the delimiter and the number of title lines above the header, filled up with it."""
    for mark in USUAL:
        cells = [[cell.strip() for cell in _parts(line, mark)] for line in lines]
        width = len(cells[0])
        at = next((n for n, row in enumerate(cells) if not _is_title(row, width, n)), len(cells))
        if not 0 < at < len(cells) - 1 or width < COLUMNS_OF_TITLES:
            continue
        names, following = cells[at], cells[at + 1]
        named = len(set(names)) == width and all(names) and not any(map(_is_number, names))
        if named and len(following) == width and sum(map(bool, following)) > width / 2:
            return mark, at
    return None


def _is_title(row: Sequence[str], width: int, at: int) -> bool:
    """Whether a line's last cell is blank; in the first line at least half of all are."""
    if len(row) == 1 < width:
        return True
    filled = sum(map(bool, row))
    return len(row) == width and not row[-1] and (2 * filled <= width or at > 0)


def _divides(lines: Sequence[str], mark: str) -> bool:
    """Whether a mark divides the first line and nearly all others into as many parts."""
    first = _parts(lines[0], mark)
    if len(first) < 2 or (len(mark) > 1 and not all(part.strip() for part in first)):
        return False
    alike = sum(len(_parts(line, mark)) == len(first) for line in lines)
    return alike >= ALIKE * len(lines)


def _ends_open(lines: Sequence[str], mark: str) -> bool:
    """Whether the first line ends with a mark that makes one part more than nearly all others."""
    if not lines[0].rstrip().endswith(mark):
        return False
    named = len(_parts(lines[0].rstrip(), mark)) - 1
    alike = sum(len(_parts(line, mark)) == named for line in lines[1:])
    return named >= 2 and alike >= ALIKE * (len(lines) - 1)


def _divides_names(lines: Sequence[str], mark: str) -> bool:
    names = _parts(lines[0], mark)
    if len(names) < 3 or len(set(names)) < len(names):
        return False
    if not all(_NAME.fullmatch(name.strip()) for name in names) or not _divides(lines, mark):
        return False
    columns = list(zip(*(_parts(line, mark) for line in lines[1:]), strict=False))
    return any(all(_is_number(cell) for cell in column) for column in columns)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*-?\d+([.,]\d+)?\s*", text))


def _parts(line: str, mark: str) -> list[str]:
    if '"' not in line:
        return line.split(mark)
    if len(mark) > 1:
        return re.sub(r'"[^"]*"', lambda found: "x" * len(found.group()), line).split(mark)
    try:
        return next(csv.reader([line], delimiter=mark), [])
    except csv.Error:
        return line.split(mark)


def _has_decimal_commas(lines: Sequence[str], mark: str) -> bool:
    cells = [cell.strip().strip('"') for line in lines[1:] for cell in _parts(line, mark)]
    commas = sum(bool(_DECIMAL_COMMA.fullmatch(cell)) for cell in cells)
    points = sum(
        bool(_DECIMAL_POINT.fullmatch(cell)) and not _THOUSANDS_POINT.fullmatch(cell)
        for cell in cells
    )
    return commas > 0 and points == 0


def _fixed_edges(lines: Sequence[str]) -> tuple[int, ...]:
    """Return where columns of fixed width begin: after a gutter that is blank in every line."""
    if "\t" in lines[0] or len(lines) <= LINES_LEAST:
        return ()
    width = max(map(len, lines))
    taken = [any(at < len(line) and line[at] != " " for line in lines) for at in range(width)]
    starts = [at for at in range(width) if taken[at] and (at == 0 or not taken[at - 1])]
    if len(starts) < FIXED_COLUMNS_LEAST:
        return ()
    ends = [*starts[1:], width]
    names = [lines[0][at:end].strip() for at, end in zip(starts, ends, strict=True)]
    one_word_each = all(_NAME.fullmatch(name) for name in names)
    padded = sum("  " in line for line in lines) >= PADDED * len(lines)
    return (0, *starts[1:]) if one_word_each and padded else ()


def _is_padded(lines: Sequence[str]) -> bool:
    """Whether all lines are as long and filled up with blanks: widths that nothing tells."""
    lengths = Counter(map(len, lines))
    length, count = lengths.most_common(1)[0]
    padded = sum("  " in line.strip() for line in lines)
    return (
        length >= LONGEST_LINE
        and count >= PADDED * len(lines)
        and padded >= PADDED * len(lines)
        and len(lines) > LINES_LEAST
    )


def rewritten(path: Path, layout: Layout, place: Path) -> Path:
    """Write a file that DuckDB cannot divide as a plain CSV, line by line; return where it is."""
    with (
        path.open(encoding="utf-8-sig", errors="replace", newline="") as old,
        place.open("w", encoding="utf-8", newline="") as new,
    ):
        writer = csv.writer(new, lineterminator="\n")
        writer.writerows(_rows(old, layout))
    return place


def _rows(file: Iterator[str], layout: Layout) -> Iterator[list[str]]:
    if layout.edges:
        ends = [*layout.edges[1:], None]
        spans = [slice(at, end) for at, end in zip(layout.edges, ends, strict=True)]
        for line in file:
            if line.strip():
                yield [line[span].strip() for span in spans]
        return
    lines = islice(file, layout.skip, None)
    csv.field_size_limit(1 << 30)
    for row in csv.reader(lines, delimiter=layout.delimiter or ",", skipinitialspace=True):
        if row:
            yield [cell.rstrip(" ") for cell in row]
