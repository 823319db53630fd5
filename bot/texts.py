"""Sentences in YAML files, in the language of whoever reads them, with English as fallback.

English stands beside the code that says it. A translation is a folder
`bot/messages/texts/<language>` that holds the same files: those of `bot/messages/texts/en` at its
top, any other under its path in the source tree, for example `probes/quality/codes.yaml`. A folder
that `language.folder` names holds further languages in the same way.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final, Self, TypeVar

K = TypeVar("K")
FALLBACK: Final = "en"
OWN_FOLDER: Final = "HOUR48_LANGUAGE__FOLDER"
"""Names a folder of more languages in the environment, where child processes read it too."""
TRANSLATIONS: Final = Path(__file__).parent / "messages" / "texts"
SOURCE_TREE: Final = Path(__file__).parents[1]
NESTED: Final = 6
"""How deep sentences may stand in sentences; what comes from another machine could go on."""
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
        with use_language(wanted):
            yield


@contextmanager
def use_language(wanted: str | None) -> Iterator[None]:
    """Say every text inside in this language, or where it is None in none that is chosen yet."""
    token = _language.set(wanted)
    try:
        yield
    finally:
        _language.reset(token)


def speak(wanted: str) -> None:
    """Say every text in this language from here on, until the `use_language` around it ends."""
    _language.set(wanted)


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
    return [TRANSLATIONS, Path(own)] if own and Path(own).is_dir() else [TRANSLATIONS]


def known_language(name: str) -> str:
    """Return the language of this name.

    Raises:
        ValueError: there are no texts in it.
    """
    if name not in languages():
        known = ", ".join(languages())
        raise ValueError(texts_beside(__file__).say("language_unknown", name=name, known=known))
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


def _is_ours(path: Path) -> bool:
    """Whether sentences of a file are stored with what they were made of: those of the probes."""
    return path.is_relative_to(SOURCE_TREE / "probes")


class ComposedText(str):
    """A sentence that knows what it was made of.

    Args:
        words: the sentence.
        made_of: `{"text": file#key, "facts": {…}}`, `{"join": separator, "parts": […]}`, or
            `{"bare": …}` and `{"capital": …}`, without its full stop and with a capital. A fact or
            part may be another `ComposedText`.
    """

    __slots__ = ("_made_of",)
    _made_of: Mapping[str, Any]

    def __new__(cls, words: str, made_of: Mapping[str, Any]) -> Self:
        """Return the words with what they were made of."""
        made = super().__new__(cls, words)
        made._made_of = made_of
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any]]:  # type: ignore[override]  # str has one
        return str(self), self._made_of

    @property
    def source(self) -> dict[str, Any]:
        """What it was made of, as JSON: of the facts only those that the sentence shows."""
        made = self._made_of
        if "text" not in made:
            return {key: _plain_fact(value) for key, value in made.items()}
        shown = {name for _, name, _, _ in Formatter().parse(_template(made["text"], FALLBACK))}
        facts = {key: _plain_fact(value) for key, value in made["facts"].items() if key in shown}
        return {"text": made["text"], "facts": facts}


def _plain_fact(fact: Any) -> Any:
    if isinstance(fact, ComposedText):
        return fact.source
    if isinstance(fact, Mapping):  # a source that was read
        return fact
    if isinstance(fact, list | tuple):
        return [_plain_fact(each) for each in fact]
    fact = fact.item() if hasattr(fact, "item") else fact  # numpy's scalars
    number = (
        fact is None or isinstance(fact, int) or (isinstance(fact, float) and math.isfinite(fact))
    )
    return fact if number else str(fact)


def joined(separator: str, sentences: Iterable[str]) -> ComposedText:
    """Return sentences or names in a row, which can be said again."""
    parts = list(sentences)
    return ComposedText(separator.join(parts), {"join": separator, "parts": parts})


def bare(sentence: str) -> str:
    """Return a sentence without its full stop."""
    words = sentence.rstrip(".")
    return ComposedText(words, {"bare": sentence}) if isinstance(sentence, ComposedText) else words


class _Filler(Formatter):
    """Fills a sentence's places; a share has a space before its sign."""

    def format_field(self, value: Any, format_spec: str) -> str:
        shown: str = super().format_field(value, format_spec)
        return f"{shown[:-1]} %" if format_spec.endswith("%") else shown


_FILLER: Final = _Filler()


def _filled(template: str, facts: Mapping[str, Any]) -> str:
    if "%}" not in template:
        return template.format(**facts)
    return _FILLER.vformat(template, (), facts)


def as_share(value: float, decimals: int = 0) -> str:
    """Return a share of 1 as a person reads it: 50 %."""
    return f"{100 * value:.{decimals}f} %"


def translate_source(source: Any, into: str) -> str | None:
    """Return a sentence in a language, or None where its text is gone or takes other facts.

    Args:
        source: as `ComposedText.source` gives it.
        into: the language.
    """
    try:
        return str(_again(source, into, NESTED)) if isinstance(source, Mapping) else None
    except (LookupError, ValueError, TypeError, AttributeError, OSError):
        return None


def _again(source: Any, into: str, deep: int) -> Any:
    if not isinstance(source, Mapping):
        return source
    if not deep:
        raise ValueError(source)
    if "bare" in source:
        return str(_again(source["bare"], into, deep - 1)).rstrip(".")
    if "parts" in source:
        return str(source["join"]).join(
            str(_again(part, into, deep - 1)) for part in source["parts"]
        )
    facts = {key: _again(fact, into, deep - 1) for key, fact in source["facts"].items()}
    return _filled(_template(source["text"], into), facts)


def _template(name: str, into: str) -> str:
    """Return the text of `file#key`, where a key in a table is `table.key`."""
    file, _, key = name.partition("#")
    if file not in _files():
        raise LookupError(name)
    return _looked_up(read(SOURCE_TREE / file, into), key)


@cache
def _files() -> frozenset[str]:
    """Return the files of sentences that a stored sentence may name."""
    found = (SOURCE_TREE / "probes").rglob("*.yaml")
    return frozenset(path.relative_to(SOURCE_TREE).as_posix() for path in found)


def _looked_up(texts: Mapping[str, Any], key: str) -> str:
    found: Any = texts
    for part in key.split("."):
        found = found[part] if part in found else {str(k): v for k, v in found.items()}[part]
    return str(found)


class Texts:
    """Sentences with their facts in braces.

    Args:
        path: YAML of key and sentence, or of key and table of words; or a folder of such files.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: dict[tuple[object, ...], Mapping[Any, str]] = {}
        self._name = path.relative_to(SOURCE_TREE).as_posix() if _is_ours(path) else ""

    def say(self, key: str, /, **facts: Any) -> str:
        """Return a sentence with its facts filled in.

        Args:
            key: of the sentence; `table.key` in a table.
            facts: what its braces name.

        Raises:
            KeyError: there is no such sentence, or a fact is missing.
        """
        return self._said(key, _filled(self.template(key), facts), facts)

    def template(self, key: str) -> str:
        """Return a sentence as it is written."""
        return _looked_up(_read_all(self._path, language()), key)

    def table(self, key: str, of: Callable[[str], K]) -> Mapping[K, str]:
        """Return a table of words, with `of` making its keys; it is made once for a language."""
        known = (key, of, language())
        if known not in self._tables:
            words = _read_all(self._path, language())[key]
            self._tables[known] = {
                of(str(word)): self._said(f"{key}.{word}", said, {}) for word, said in words.items()
            }
        return self._tables[known]

    def _said(self, key: str, words: object, facts: Mapping[str, Any]) -> str:
        if not self._name:
            return str(words)
        return ComposedText(str(words), {"text": f"{self._name}#{key}", "facts": facts})

    def keys(self) -> frozenset[str]:
        """Return the keys of all sentences."""
        return frozenset(_read_all(self._path, FALLBACK))


def texts_beside(module: str, name: str = "texts.yaml") -> Texts:
    """Return the texts in a file or folder beside a module.

    Args:
        module: its `__file__`.
        name: of the file or folder.
    """
    return Texts(Path(module).with_name(name))


def preload(into: str) -> None:
    """Read every translated file of the probes, for a process that may soon read no more files."""
    if into != FALLBACK:
        for path in sorted((SOURCE_TREE / "probes").rglob("*.yaml")):
            if translated(path, into):
                read(path, into)
