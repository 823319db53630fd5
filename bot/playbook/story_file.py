"""Reading a story's file: its size, its YAML and its keys, before the rules read what it says."""

from __future__ import annotations

import stat
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from bot.domain.errors import InputError
from bot.domain.record import STANDARD_PHASES, Phase
from bot.domain.story import Story, parse_story
from bot.domain.vocabulary import Kind
from bot.playbook.texts import say

LARGEST: Final = 1_000_000
DEEPEST: Final = 12
STORIES: Final = Path(__file__).parent / "stories"
_LOADER: Final[type] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_story(path: Path, *, phases: Sequence[Phase] = STANDARD_PHASES) -> Story:
    """Read a story file.

    Args:
        path: the file.
        phases: the phases of the playbook it ran by.

    Raises:
        InputError: there is no such file, it is too large, no YAML, or breaks the story's rules.
    """
    return parse_story(read_mapping(path), name=path.name, phases=phases, suggest=suggested_kind)


def suggested_kind(title: str) -> Kind:
    """Return the product's own suggestion for a blocker's kind."""
    from bot.suggest.suggestion import suggest

    try:
        return suggest(title)[0].kind
    except InputError:  # a title without a letter says nothing about its kind
        return Kind.MISSING_PROCESS


def read_mapping(path: Path) -> Any:
    """Return what the file's YAML says; aliases, doubled keys and deep nesting are refused."""
    text = _text(path)
    try:
        _check_events(text, path.name)
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader that refuses more
    except yaml.YAMLError as error:
        raise _refusal(path.name, error) from None
    except InputError:
        raise
    except ValueError:  # an impossible date, or a number of thousands of digits
        fault = say("value_impossible")
        raise InputError(f"{path.name} {fault}") from None


def _text(path: Path) -> str:
    _check_file(path)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(say("story_not_utf8", name=path.name)) from None
    except OSError as error:
        why = error.strerror or error
        raise InputError(say("cannot_read_story", path=path, why=why)) from None


def _check_file(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise InputError(say("story_check_path", path=path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(say("cannot_read_story", path=path, why=why)) from None
    if not stat.S_ISREG(found.st_mode):
        raise InputError(say("story_not_a_file", path=path))
    if found.st_size > LARGEST:
        raise InputError(
            say(
                "story_too_large",
                name=path.name,
                st_size=found.st_size,
                largest=LARGEST,
            )
        )


def _check_events(text: str, name: str) -> None:
    depth = documents = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise InputError(say("story_alias_refused", name=name, line=line))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise InputError(say("story_too_deep", name=name, line=line))
        if documents > 1:
            raise InputError(say("several_stories", name=name, line=line))


def _loader() -> Any:
    class StoryLoader(_LOADER):  # type: ignore[misc] # the C loader is known at run time only
        """Reads plain values and refuses a key that is written twice."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  (PyYAML's)
            """Return the mapping, once its keys are known to be different words."""
            seen: set[Hashable] = set()
            for key_node, _ in node.value:
                key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
                if key is None or key in seen:
                    fault = f'the key "{key}" stands there twice' if key else "a key must be a word"
                    raise yaml.constructor.ConstructorError(None, None, fault, key_node.start_mark)
                seen.add(key)
            return super().construct_mapping(node, deep)

    return StoryLoader


def _refusal(name: str, error: yaml.YAMLError) -> InputError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f"{name}, line {mark.line + 1}" if mark else name
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or say("yaml")
    return InputError(say("problem_at_place", place=place, problem=problem))
