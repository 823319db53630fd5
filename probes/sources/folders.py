"""Which files of a folder are one table.

They are alike but for a number or a month in their names, or of the very same columns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from probes.kinds import SUFFIX_KINDS, SourceKind

MOST_FILES: Final = 5_000
RELATED: Final = 0.5
"""Files of one table share so many of their columns."""
COMPARED: Final = 200
MAIN_FILES: Final = 3
NEARLY: Final = 0.8
TELLING: Final = 4
"""So many columns are hardly those of two kinds of things; a code and its name may well be."""
FEW_ODD: Final = 2
READ: Final = frozenset({SourceKind.CSV, SourceKind.PARQUET, SourceKind.JSON, SourceKind.EXCEL})
_MONTH: Final = (
    r"(?<![A-Za-z])(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"
    r"aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![A-Za-z])"
)
_COUNTED: Final = re.compile(rf"(?<![A-Za-z])[QqHh](?=\d)|\d+|{_MONTH}", re.IGNORECASE)
_EDGES: Final = re.compile(r"[\s_.,()\-#]*#[\s_.,()\-#]*")


@dataclass(frozen=True)
class FileTable:
    """A table of a folder: its name, and the files that it is in."""

    name: str
    kind: SourceKind
    paths: tuple[Path, ...]


def table_name(path: Path) -> str:
    """Return the table's name that a file stands for: its name without the known ending."""
    for suffix in sorted(SUFFIX_KINDS, key=len, reverse=True):
        if path.name.lower().endswith(suffix) and len(path.name) > len(suffix):
            return path.name[: -len(suffix)]
    return path.name


def file_kind(path: Path) -> SourceKind | None:
    """Return what a file of a folder is by its ending, where it is something that can be read."""
    lower = path.name.lower()
    for suffix in sorted(SUFFIX_KINDS, key=len, reverse=True):
        if lower.endswith(suffix):
            kind = SUFFIX_KINDS[suffix]
            return kind if kind in READ else None
    return None


def tables_in(folder: Path) -> list[FileTable]:
    """Return the tables of a folder and of the folders in it.

    Raises:
        OSError: it cannot be listed.
    """
    groups: dict[tuple[str, SourceKind], list[Path]] = {}
    for path in islice(_files(folder), MOST_FILES):
        kind = file_kind(path)
        if kind is not None:
            groups.setdefault((_key(folder, path, kind), kind), []).append(path)
    found = [
        table
        for (key, kind), paths in groups.items()
        for table in _tables_of(folder, key, kind, sorted(paths))
    ]
    taken: dict[str, FileTable] = {}
    for table in _with_renamed(_of_branches(found)):
        name = _unused(table, taken, folder)
        taken[name] = FileTable(name, table.kind, table.paths)
    return sorted(taken.values(), key=lambda table: table.name)


def main_table(tables: Sequence[FileTable]) -> FileTable | None:
    """Return the table that a folder is of, where all else in it is a file that fell out of it.

    Such a file is called like the others and has other columns, as one without its header.
    """
    main = max(tables, key=lambda table: len(table.paths))
    usual = _without_counts(table_name(main.paths[0]))
    others = [path for table in tables if table is not main for path in table.paths]
    alike = all(_without_counts(table_name(path)) == usual for path in others)
    return main if len(main.paths) >= MAIN_FILES and len(others) <= FEW_ODD and alike else None


def _with_renamed(tables: list[FileTable]) -> list[FileTable]:
    """Return the tables, a file of another name with the only large one's very columns in that."""
    large = [table for table in tables if len(table.paths) >= MAIN_FILES]
    if len(large) != 1:
        return tables
    main = large[0]
    names = set(_header(main.paths[0], main.kind))
    renamed = [
        table
        for table in tables
        if table is not main
        and len(table.paths) == 1
        and table.kind is main.kind
        and table.paths[0].parent == main.paths[0].parent
        and len(names) > 1
        and set(_header(table.paths[0], table.kind)) == names
    ]
    paths = (*main.paths, *(path for table in renamed for path in table.paths))
    whole = FileTable(main.name, main.kind, paths)
    return [whole if one is main else one for one in tables if one not in renamed]


def _of_branches(tables: list[FileTable]) -> list[FileTable]:
    """Return the tables, single files of the very same columns in one: one a branch or machine.

    A file whose name shares their word, or nearly all of whose columns are theirs, belongs to them.
    """
    alone = [table for table in tables if len(table.paths) == 1]
    names = {one: _header(one.paths[0], one.kind) for one in alone if len(alone) >= MAIN_FILES}
    alike: dict[object, list[FileTable]] = {}
    for one, header in names.items():
        alike.setdefault((one.kind, one.paths[0].parent, frozenset(header)), []).append(one)
    for whole in alike.values():
        first = whole[0]
        if len(whole) < MAIN_FILES or len(set(names[first])) < TELLING:
            continue
        word = _shared_word([one.name for one in whole])
        paths = [one.paths[0] for one in whole]
        paths += [
            one.paths[0]
            for one in alone
            if one not in whole
            and (one.kind, one.paths[0].parent) == (first.kind, paths[0].parent)
            and _belongs(names[first], names[one], called_alike=word in _words(one.name))
        ]
        merged = FileTable(word or paths[0].parent.name, first.kind, tuple(sorted(paths)))
        tables = [merged, *(one for one in tables if one.paths[0] not in paths)]
    return tables


def _belongs(usual: Sequence[str], header: Sequence[str], *, called_alike: bool) -> bool:
    """Whether a file of some columns is one of those of the usual ones."""
    if called_alike:
        return _share_columns(usual, header)
    nearly = len(set(usual) & set(header)) >= NEARLY * len(usual)
    return nearly and len(usual) == len(header)


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_\d]+", name.lower()) if word]


def _shared_word(names: Sequence[str]) -> str:
    """Return the longest word that all names hold; nothing where there is none."""
    shared = set.intersection(*(set(_words(name)) for name in names))
    return max(sorted(shared), key=len, default="")


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _key(folder: Path, path: Path, kind: SourceKind) -> str:
    """Return what the files of one table share: their folder, of Parquet; else the name's words."""
    inside = path.relative_to(folder)
    if kind is SourceKind.PARQUET and len(inside.parts) > 1:
        return inside.parts[0]
    return "/".join([*map(_without_counts, inside.parts[:-1]), _without_counts(table_name(path))])


def _without_counts(name: str) -> str:
    return _COUNTED.sub("#", name).lower()


def _tables_of(
    folder: Path, key: str, kind: SourceKind, paths: Sequence[Path]
) -> Iterator[FileTable]:
    in_folder = kind is SourceKind.PARQUET and "/" not in key and not (folder / key).is_file()
    is_tree = in_folder and paths[0].parent != folder
    related = list(paths) if is_tree else _related(paths, kind)
    if is_tree or len(related) > max(1, len(paths) // 2):
        name = key if is_tree else _shared_name(folder, paths[0])
        yield FileTable(name, kind, tuple(related))
    else:
        related = []
    for path in (one for one in paths if one not in related):
        yield FileTable(table_name(path), kind, (path,))


def _shared_name(folder: Path, path: Path) -> str:
    """Return the words of a path that are no number and no month, else the folder's name."""
    inside = path.relative_to(folder)
    for part in (table_name(path), *reversed(inside.parts[:-1])):
        words = _EDGES.sub("_", _COUNTED.sub("#", part)).strip("_ ")
        if words:
            return words
    return folder.name


def _unused(table: FileTable, taken: dict[str, FileTable], folder: Path) -> str:
    first = table.paths[0]
    inside = first.relative_to(folder)
    names = (table.name, first.name, "_".join([*inside.parts[:-1], first.name]))
    return next((name for name in names if name not in taken), str(inside))


def _related(paths: Sequence[Path], kind: SourceKind) -> list[Path]:
    """Return the files that share their columns with the usual one of a few."""
    if kind not in {SourceKind.CSV, SourceKind.PARQUET} or len(paths) == 1:
        return list(paths)
    headers = {path: tuple(_header(path, kind)) for path in paths[:COMPARED]}
    usual = Counter(filter(None, headers.values())).most_common(1)
    first = usual[0][0] if usual else ()
    return [
        path
        for path in paths
        if not (header := headers.get(path)) or not first or _share_columns(first, header)
    ]


def _share_columns(one: Sequence[str], other: Sequence[str]) -> bool:
    if not any(letter.isalpha() for name in (*one, *other) for letter in name):
        return len(one) == len(other)  # no header: numbers all the way
    shared = len(set(one) & set(other))
    return shared >= RELATED * max(1, min(len(one), len(other)))


def _header(path: Path, kind: SourceKind) -> list[str]:
    """Return a file's column names as far as they are plain to see; none where they are not."""
    if kind is SourceKind.PARQUET:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_schema

        try:
            return list(read_schema(path).names)
        except (ArrowException, OSError):
            return []
    if path.suffix.lower() not in {".csv", ".tsv", ".txt", ".tab", ".psv"}:
        return []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        line = file.readline(1 << 20).strip()
    if not line:
        return []
    mark = max(",;\t|^~", key=line.count)
    return [cell.strip(' "').lower() for cell in line.split(mark)]
