"""JSON as APIs and tools write it: where the records stand in a document, one line a record.

DuckDB reads an array of objects or an object a line. A document with its records under `data`, of
columns, or keyed by id would be one row of one cell; here its records are written a line each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

from probes.sources.text_bytes import OddLines

HEAD_LETTERS: Final = 1 << 20
WHOLE_BYTES: Final = 32 * 1024 * 1024
"""A document up to this size is parsed as one; of a larger one its first array is read in parts."""
DEEPEST: Final = 4
KEYED_LEAST: Final = 5
"""So many entries of one kind under keys of their own are records, fewer are settings."""
KEY: Final = "key"

_FIRST_RECORDS: Final = re.compile(r'"((?:[^"\\]|\\.)*)"\s*:\s*\[\s*(?=\{)')

_BETWEEN: Final = re.compile(r"[ \t\r\n,]*")

Records = Iterable[Any]


def records_of(path: Path, table: str, place: Path) -> dict[str, Path]:
    """Return the tables of a document, each as a file with a record a line.

    Args:
        path: of the file, in UTF-8.
        table: the name of the table where there is only one.
        place: a folder for the files.

    Returns:
        Nothing where DuckDB can read the file as it stands.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = file.read(HEAD_LETTERS)
    if not _is_document(head):
        return {}
    if path.stat().st_size > WHOLE_BYTES:
        return _large(path, head, table, place)
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except ValueError:
        return {}
    found = dict(_tables(document))
    if len(found) == 1:
        found = {table: next(iter(found.values()))}
    return {
        name: _written(records, place / f"records-{at}.jsonl")
        for at, (name, records) in enumerate(found.items())
    }


def _is_document(head: str) -> bool:
    """Whether it is one object, or an array of arrays, and not an object a line."""
    text = head.lstrip()
    if text.startswith("["):
        return text[1:].lstrip().startswith("[")
    if not text.startswith("{"):
        return False
    first, line_end, rest = text.partition("\n")
    try:
        json.loads(first)
    except ValueError:
        return True
    return not (line_end and rest.strip())


def _tables(document: Any) -> Iterator[tuple[str, Records]]:
    whole = _whole(document)
    if whole is not None:
        yield "", whole
        return
    if not isinstance(document, dict):
        return
    found = list(_lists(document, "", DEEPEST))
    longest = max((len(records) for _, records in found), default=0)
    named: dict[str, int] = {}
    for name, records in found:
        if records or not longest:
            named[name] = named.get(name, 0) + 1
            yield (name if named[name] == 1 else f"{name}_{named[name]}"), records


def _whole(document: Any) -> Records | None:
    """Return the records of a document that is one table, in one of the usual notations."""
    if isinstance(document, list):
        return _of_rows(document)
    if not isinstance(document, dict) or not document:
        return None
    split = _of_names_and_rows(document)
    if split is not None:
        return split
    values = list(document.values())
    if all(isinstance(value, list) for value in values):
        return _of_columns(document)
    if all(isinstance(value, dict) for value in values):
        return _of_keys(document)
    return None


def _of_names_and_rows(document: Mapping[str, Any]) -> list[Any] | None:
    """Return the records of an object that names its columns once, beside the rows (as pandas)."""
    names = document.get("columns")
    rows = document.get("data", document.get("rows"))
    if not (isinstance(names, list) and names and isinstance(rows, list)):
        return None
    if not all(isinstance(row, list) and len(row) <= len(names) for row in rows):
        return None
    # Query services describe each column: {"name": …, "type": …}.
    plain = [str(one.get("name", one) if isinstance(one, dict) else one) for one in names]
    return [dict(zip(plain, row, strict=False)) for row in rows]


def _of_rows(rows: list[Any]) -> Records | None:
    if not rows or not all(isinstance(row, list) for row in rows):
        return None
    names = rows[0]
    if all(isinstance(name, str) for name in names) and len(rows) > 1:
        return [dict(zip(names, row, strict=False)) for row in rows[1:]]
    return [{f"column_{at}": cell for at, cell in enumerate(row, 1)} for row in rows]


def _of_columns(document: Mapping[str, list[Any]]) -> Records | None:
    lengths = {len(column) for column in document.values()}
    plain = not any(isinstance(cell, dict) for column in document.values() for cell in column[:5])
    if len(lengths) != 1 or not plain or len(document) < 2:
        return None
    return [dict(zip(document, row, strict=True)) for row in zip(*document.values(), strict=True)]


def _of_keys(document: Mapping[str, Mapping[str, Any]]) -> Records | None:
    """Return the records of an object of objects: one a key, or one column a key (as pandas)."""
    keys = [tuple(inner) for inner in document.values()]
    if len(set(keys)) == 1 and len(keys[0]) >= KEYED_LEAST and all(k.isdigit() for k in keys[0]):
        return [{name: inner[key] for name, inner in document.items()} for key in keys[0]]
    shared = set.intersection(*map(set, keys)) if keys else set()
    if len(document) < KEYED_LEAST or not shared:
        return None
    own = KEY if KEY not in shared else "_key"
    return [{own: key, **inner} for key, inner in document.items()]


def _lists(node: Mapping[str, Any], name: str, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the lists of records in a document, by their key; one under a vague key by its own."""
    for key, value in node.items():
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield key or name, value
        elif isinstance(value, dict) and (split := _of_names_and_rows(value)) is not None:
            yield key or name, split
        elif isinstance(value, dict) and depth:
            yield from _lists(value, key, depth - 1)


def _written(records: Records, place: Path) -> Path:
    with place.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return place


def _large(path: Path, head: str, table: str, place: Path) -> dict[str, Path]:
    """Read the first array of objects of a large document record by record."""
    begins = _FIRST_RECORDS.search(head)
    if begins is None:
        return {}
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        file.read(begins.end())
        return {table: _written(_stream(file), place / "records-0.jsonl")}


def _stream(file: TextIOWrapper) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    held, at = "", 0
    while True:
        at = _BETWEEN.match(held, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if held.startswith("]", at):
            return
        try:
            record, at = decoder.raw_decode(held, at)
        except ValueError:
            more = file.read(HEAD_LETTERS)
            if not more:
                raise OSError("the document is cut off") from None
            held, at = held[at:] + more, 0
            continue
        yield record


def readable_lines(path: Path, place: Path) -> OddLines:
    """Copy the lines of a file that are JSON; return those that are not.

    Raises:
        OSError: hardly any line is.
    """
    torn, kept = OddLines(), 0
    with (
        path.open(encoding="utf-8-sig", errors="replace") as old,
        place.open("w", encoding="utf-8") as new,
    ):
        for number, line in enumerate(old, 1):
            if not line.strip():
                continue
            try:
                json.loads(line)
            except ValueError:
                torn.add(number)
                continue
            kept += 1
            new.write(line if line.endswith("\n") else line + "\n")
    if kept <= torn.count:
        raise OSError("not JSON")
    return torn
