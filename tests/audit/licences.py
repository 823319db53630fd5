"""The licences of what the run lock installs, each against a table of what may be used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

LOCKED: Final = re.compile(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", re.MULTILINE)
FREE: Final = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|PSFL|Python Software Foundation|MPL|Mozilla Public|LGPL|"
    r"Lesser General Public|Zlib|Unlicense|CC0|HPND|Kiwi|Enthought|matplotlib|Public Domain|"
    r"redistribution and use in source and binary)",
    re.IGNORECASE,
)
"""Licences under which a package may be used beside Apache-2.0 code without any duty to it."""
NOT_FREE: Final = re.compile(
    r"(?<!Lesser )\bGeneral Public License|(?<!L)\bA?GPL|AGPL|SSPL|BUSL|Commons Clause|proprietary",
    re.IGNORECASE,
)
LOOKED_UP: Final[Mapping[str, str]] = {"skops": "MIT"}
"""Packages whose metadata says nothing that can be read → the licence in their repository."""


class Doubt(NamedTuple):
    """A package whose licence is not one that may be used, or is not told."""

    package: str
    licence: str


def locked(lock: Path) -> dict[str, str]:
    """Return the packages of a lock and their versions."""
    return {name.lower(): version for name, version in LOCKED.findall(lock.read_text("utf-8"))}


def is_free(licence: str) -> bool:
    """Tell whether a package under this licence may be used; `OR` is the user's choice."""
    parts = re.split(r"\bOR\b", licence)
    return any(bool(FREE.search(part)) and not NOT_FREE.search(part) for part in parts)


def doubts(licences: Mapping[str, str], packages: Iterable[str]) -> Iterator[Doubt]:
    """Yield the packages of which somebody has to look at the licence."""
    for name in packages:
        told = LOOKED_UP.get(name) or licences.get(name, "")
        if not is_free(told):
            yield Doubt(name, " ".join(told.split())[:80] or "not told")
