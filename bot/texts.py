"""Sentences in YAML files, in the language of whoever reads them, with English as fallback.

English stands beside the code that says it. A translation is a folder
`bot/messages/texts/<language>` that holds the same files: those of `bot/messages/texts/en` at its
top, any other under its path in the source tree, for example `probes/quality/codes.yaml`. A folder
that `language.folder` names holds further languages in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

K = TypeVar("K")
FALLBACK: Final = "en"
OWN_FOLDER: Final = "HOUR48_LANGUAGE__FOLDER"
"""Names a folder of more languages in the environment, where child processes read it too."""
TRANSLATIONS: Final = Path(__file__).parent / "messages" / "texts"
SOURCE_TREE: Final = Path(__file__).parents[1]
_language: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """Return the language that texts are said in just now, for example `en`."""
    return _language.get() or FALLBACK


@contextmanager
def speaking_else(wanted: str) -> Iterator[None]:
    """Say every text inside in this language, unless somebody's own has been chosen before."""
    if _language.get() is not None:
        yield
    else:
        with speaking(wanted):
            yield


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Say every text inside in this language."""
    token = _language.set(wanted)
    try:
        yield
    finally:
        _language.reset(token)


@cache
def languages() -> tuple[str, ...]:
    """Return the languages there are: the folders of texts."""
    found = {each.name for folder in _folders() for each in folder.iterdir() if each.is_dir()}
    return tuple(sorted(found))


def use_folder(folder: Path | None) -> None:
    """Take further languages from a folder, in this process and its children."""
    if folder is not None:
        os.environ[OWN_FOLDER] = str(folder)
        languages.cache_clear()


def _folders() -> list[Path]:
    own = os.environ.get(OWN_FOLDER)
    return [TRANSLATIONS, Path(own)] if own else [TRANSLATIONS]


def known_language(name: str) -> str:
    """Return the language of this name.

    Raises:
        ValueError: there are no texts in it.
    """
    if name not in languages():
        raise ValueError(f"there are no texts in “{name}”; there are {', '.join(languages())}")
    return name


def nearest(locale: str | None, otherwise: str = FALLBACK) -> str:
    """Return the language of a locale.

    Args:
        locale: as Slack gives it, for example `de-DE`; None where it is not known.
        otherwise: the language where there are no texts in that of the locale.
    """
    parts = (locale or "").replace("_", "-").lower().split("-")
    return next((each for each in ("-".join(parts), parts[0]) if each in languages()), otherwise)


def translated(path: Path, into: str) -> Path | None:
    """Return where the translation of a file of sentences is, if there is one.

    Args:
        path: the English file.
        into: the language.
    """
    if into == FALLBACK:
        return None
    roots = [each for each in (TRANSLATIONS / FALLBACK, SOURCE_TREE) if path.is_relative_to(each)]
    if not roots:  # a probe of another package
        return None
    places = (folder / into / path.relative_to(roots[0]) for folder in _folders())
    return next((place for place in places if place.is_file()), None)


@cache
def read(path: Path, into: str = FALLBACK) -> Mapping[str, Any]:
    """Return what a file of sentences says, with English where the translation says nothing.

    Args:
        path: the English file.
        into: the language.
    """
    found: dict[str, Any] = _loaded(path.read_text("utf-8")) or {}
    other = translated(path, into)
    return found if other is None else _over(found, read(other))


def _loaded(text: str) -> Any:
    import yaml  # not above: what says no sentence, such as the suggestion, needs no YAML

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast with libyaml
    return yaml.load(text, Loader=loader)  # noqa: S506 - safe, as its name says


def _over(english: Any, other: Any) -> Any:
    """Lay a translation over English: mappings key by key, lists of one length item by item."""
    if isinstance(english, Mapping) and isinstance(other, Mapping):
        return {key: _over(value, other.get(key)) for key, value in english.items()}
    if isinstance(english, list) and isinstance(other, list) and len(english) == len(other):
        return [_over(*both) for both in zip(english, other, strict=True)]
    return english if other is None else other


@cache
def _read_all(path: Path, into: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for each in sorted(path.glob("*.yaml")) if path.is_dir() else (path,):
        found |= read(each, into)
    return found


class Texts:
    """Sentences with their facts in braces.

    Args:
        path: YAML of key and sentence, or of key and table of words; or a folder of such files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def say(self, key: str, /, **facts: Any) -> str:
        """Return a sentence with its facts filled in.

        Raises:
            KeyError: there is no such sentence, or a fact is missing.
        """
        return str(self.template(key)).format(**facts)

    def template(self, key: str) -> str:
        """Return a sentence as it is written."""
        return str(_read_all(self._path, language())[key])

    def table(self, key: str, of: Callable[[str], K]) -> dict[K, str]:
        """Return a table of words, with `of` making its keys."""
        words = _read_all(self._path, language())[key]
        return {of(str(word)): str(said) for word, said in words.items()}

    def keys(self) -> frozenset[str]:
        """Return the keys of all sentences."""
        return frozenset(_read_all(self._path, FALLBACK))


def preload(into: str) -> None:
    """Read every translated file of the probes, for a process that may soon read no more files."""
    if into != FALLBACK:
        for path in sorted((SOURCE_TREE / "probes").rglob("*.yaml")):
            if translated(path, into):
                read(path, into)
