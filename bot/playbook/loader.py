"""Loading a playbook: read, checked whole, refused with file, line and field when broken."""

from __future__ import annotations

import shutil
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.domain.errors import InputError
from bot.domain.faults import fault_words
from bot.playbook.model import Playbook
from bot.playbook.rules import broken_rules
from bot.playbook.source import Place, PlaybookError, Problem, SourceFiles, read_source, spell
from bot.playbook.texts import say
from bot.texts import FALLBACK, read

STANDARD: Final = Path(__file__).parent / "standard"


def load_playbook(path: Path | None = None) -> Playbook:
    """Return the playbook at `path`, a folder of YAML files or one file; None is the standard one.

    The same unchanged files are read once.

    Raises:
        PlaybookError: something in it is wrong; the message names file, line and field.
        InputError: there is no playbook at `path`.
    """
    folder = (path or STANDARD).resolve()
    return _load(folder, _fingerprint(folder))


def in_language(playbook: Playbook, into: str) -> Playbook:
    """Return the standard playbook in another language; a company's own is in its own already."""
    if into == FALLBACK or playbook is not load_playbook():
        return playbook
    return _translated(into)


@cache
def _translated(into: str) -> Playbook:
    values: dict[str, Any] = {}
    for file in sorted(STANDARD.glob("*.yaml")):
        values |= read(file, into)
    playbook = Playbook.model_validate(values)
    faults = [f"{spell(place)} {fault}" for place, fault in broken_rules(playbook)]
    if faults:
        raise ValueError(say("translation_cannot_used", language=into, faults="; ".join(faults)))
    return playbook


def check_playbook(path: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with the playbook at `path`; nothing when it can be used.

    Raises:
        InputError: there is no playbook at `path`.
    """
    try:
        load_playbook(path)
    except PlaybookError as error:
        return error.problems
    return ()


def copy_playbook(destination: Path) -> list[Path]:
    """Copy the standard playbook's files into the new folder `destination` and return them.

    Raises:
        InputError: the folder holds something already, or cannot be written.
    """
    try:
        if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
            raise InputError(say("destination_not_empty", destination=destination))
        shutil.copytree(STANDARD, destination, dirs_exist_ok=True)
    except OSError as error:
        raise InputError(
            say("playbook_cannot_written", destination=destination, strerror=error.strerror)
        ) from error
    return sorted(destination.glob("*.yaml"))


def _fingerprint(path: Path) -> tuple[tuple[str, int, int], ...]:
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    stats = [(file.name, file.stat()) for file in files if file.exists()]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


@lru_cache(maxsize=32)
def _load(path: Path, fingerprint: tuple[tuple[str, int, int], ...]) -> Playbook:  # noqa: ARG001 - part of the cache's key
    source = read_source(path)
    if source.problems:
        raise PlaybookError(source.problems)
    try:
        playbook = Playbook.model_validate(source.values)
    except ValidationError as error:
        raise PlaybookError([_problem(source, each) for each in error.errors()]) from None
    faults = [source.problem(place, fault) for place, fault in broken_rules(playbook)]
    if faults:
        raise PlaybookError(faults)
    return playbook


def _problem(source: SourceFiles, error: ErrorDetails) -> Problem:
    place: Place = tuple(step for step in error["loc"] if step not in UNION_BRANCHES)
    if error["type"] == "extra_forbidden":
        return source.problem(place, say("playbook_key_unknown"))
    return source.problem(place, fault_words(error, error["input"]))


UNION_BRANCHES: Final = frozenset({"int", "float", "constrained-int", "constrained-float"})
"""Steps that the checker adds to a path for a value of two types, and no file holds."""
