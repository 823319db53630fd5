"""Reading a playbook's files: plain values, and for every value the file and line it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.errors import InputError
from bot.playbook.texts import say

LARGEST_FILE: Final = 1_000_000
DEEPEST: Final = 20
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a playbook.

    Args:
        file: the file's name inside the playbook.
        line: its line, counted from 1.
        field: the path to the value, as in `hours[3].words`.
        fault: what is wrong and what to do.
    """

    file: str
    line: int
    field: str
    fault: str

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}"
        return f"{place}, {self.field}: {self.fault}" if self.field else f"{place}: {self.fault}"


class PlaybookError(InputError):
    """A playbook that cannot be used; `problems` holds everything found, in order of appearance."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.file, problem.line)))
        first, others = self.problems[0], len(self.problems) - 1
        more = say("more_problems", others=others) if others else ""
        super().__init__(say("playbook_cannot_used", first=first, more=more), field=first.field)


@dataclass(slots=True)
class SourceFiles:
    """What the files say, and where.

    Args:
        values: the top-level keys of all files together.
        places: for each path to a value its file and line.
        problems: what could not be read.
    """

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Place, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, place: Place, fault: str) -> Problem:
        """Return `fault` with the file and line of the nearest value that stands in a file."""
        known = place
        while known and known not in self.places:
            known = known[:-1]
        file, line = self.places.get(known, ("playbook.yaml", 1))
        return Problem(file, line, spell(place), fault)


def spell(place: Place) -> str:
    """Return a path to a value as people write it: `hours[3].words`."""
    spelt = ""
    for step in place:
        spelt += f"[{step}]" if isinstance(step, int) else f".{step}" if spelt else str(step)
    return spelt


def read_source(path: Path) -> SourceFiles:
    """Read one YAML file, or every YAML file of a folder, as one playbook.

    Raises:
        InputError: there is no such file or folder, or it holds no YAML.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not path.exists() or not files:
        raise InputError(say("playbook_missing", path=path))
    source = SourceFiles()
    for file in files:
        _read_file(file, source)
    return source


def _read_file(file: Path, source: SourceFiles) -> None:
    try:
        root = _compose(file)
    except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        source.problems.append(_unreadable(file, error))
        return
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        fault = say("outermost_not_mapping")
        source.problems.append(Problem(file.name, 1, "", fault))
        return
    reader = _Reader(file.name, source)
    for key, value in reader.pairs(root, ()):
        source.values[key] = value


def _compose(file: Path) -> yaml.Node | None:
    if file.stat().st_size > LARGEST_FILE:
        raise ValueError(say("file_too_large", most=LARGEST_FILE))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    node: yaml.Node | None = yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=loader)
    return node


def _unreadable(file: Path, error: Exception) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        fault = say("valid_yaml_column", column=mark.column + 1, problem=error.problem)
        return Problem(file.name, mark.line + 1, "", fault)
    if isinstance(error, UnicodeDecodeError):
        return Problem(file.name, 1, "", say("playbook_not_utf8"))
    if isinstance(error, yaml.reader.ReaderError):
        return Problem(file.name, 1, "", say("character_refused", reason=error.reason))
    return Problem(file.name, 1, "", str(error))


class _Reader:
    """Turns one file's nodes into plain values and keeps their lines."""

    def __init__(self, file: str, source: SourceFiles) -> None:
        self._file = file
        self._source = source
        self._seen: set[int] = set()
        self._scalars = yaml.SafeLoader("")

    def pairs(self, node: yaml.MappingNode, place: Place) -> list[tuple[str, Any]]:
        pairs = []
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            here = (*place, key)
            if earlier := self._source.places.get(here):
                fault = say("key_repeated", file=earlier[0], line=earlier[1])
                self._refuse(key_node, here, fault)
                continue
            self._source.places[here] = (self._file, key_node.start_mark.line + 1)
            pairs.append((key, self._value(value_node, here)))
        return pairs

    def _value(self, node: yaml.Node, place: Place) -> Any:
        self._source.places.setdefault(place, (self._file, node.start_mark.line + 1))
        if id(node) in self._seen:
            return self._refuse(node, place, say("alias_refused"))
        self._seen.add(id(node))
        if len(place) > DEEPEST:
            return self._refuse(node, place, say("playbook_too_deep"))
        if isinstance(node, yaml.MappingNode):
            return dict(self.pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._value(item, (*place, at)) for at, item in enumerate(node.value))
        return self._scalar(node, place)

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        try:
            return self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            return self._refuse(node, place, say("holds_cannot_read", value=node.value))

    def _refuse(self, node: yaml.Node, place: Place, fault: str) -> None:
        problem = Problem(self._file, node.start_mark.line + 1, spell(place), fault)
        self._source.problems.append(problem)
