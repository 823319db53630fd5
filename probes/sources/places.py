"""Read `SOURCE[.TABLE]`: a configured name, a file's path or a database URL, then the table.

The longest reading that exists wins: a configured name, else a path (paths may hold dots), else
what stands before one of the dots. In a URL the table follows the first dot after the last slash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import SecretStr

from bot.domain.errors import InputError
from probes.kinds import FILE_KINDS, SPARK_HERE, SUFFIX_KINDS, SourceKind, kind_of
from probes.settings import ProbeSettings, SourceSettings
from probes.sources.texts import say

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class SourceAddress:
    """A source and, where one was named, its table. `name` never holds a password."""

    name: str
    settings: SourceSettings
    table: str | None = None


def find_place(text: str, settings: ProbeSettings, *, table: str | None = None) -> SourceAddress:
    """Return the source and the table that `SOURCE[.TABLE]` names.

    Args:
        text: as typed.
        settings: whose sources' names come first.
        table: a table given apart from the text.

    Raises:
        InputError: no such source, file or readable URL.
    """
    text = text.strip()
    configured = _configured(text, settings)
    if configured:
        name, rest = configured
        return SourceAddress(name, settings.sources[name], table or rest)
    if _URL.match(text):
        return _from_url(text, table)
    return _from_path(text, settings, table)


def shown_name(text: str | None) -> str | None:
    """Return a place as it may be shown and stored: a URL without user, password and query."""
    if text is None or not _URL.match(text):
        return text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _configured(text: str, settings: ProbeSettings) -> tuple[str, str | None] | None:
    return next(
        (split for split in _splits(text) if split[0] in settings.sources),
        None,
    )


def _splits(text: str) -> list[tuple[str, str | None]]:
    """Return each reading of the text as a name and a table, the longest name first."""
    dots = [at for at, letter in enumerate(text) if letter == "."]
    parts = [(text[:at], text[at + 1 :]) for at in reversed(dots)]
    return [(text, None), *((name, table) for name, table in parts if _may_be(name, table))]


def _may_be(name: str, table: str) -> bool:
    """Whether what stands before a dot may be a name: of “../x.csv” neither “.” nor “..” is one.

    An ending is no table, so that a missing “x.csv” beside a folder “x” is not looked for in there.
    """
    named = bool(name.strip("./") and table) and not table.startswith(("/", "\\", "."))
    return named and f".{table.lower()}" not in SUFFIX_KINDS


def _from_url(text: str, table: str | None) -> SourceAddress:
    kind = kind_of(text)
    parts = urlsplit(text)
    if kind in FILE_KINDS:  # sqlite:///file.db: the same as the path alone
        return _from_path(parts.path.removeprefix("/") or parts.netloc, ProbeSettings(), table)
    database_path, rest = _url_path(kind, parts)
    url = urlunsplit(parts._replace(path=database_path))
    database = database_path.rpartition("/")[2]
    name = "/".join(part for part in (parts.hostname or kind.value, database) if part)
    return SourceAddress(name, SourceSettings(kind=kind, url=SecretStr(url)), table or rest or None)


def _url_path(kind: SourceKind, parts: SplitResult) -> tuple[str, str]:
    """Return a URL's path up to the database, and the table after it."""
    if kind is SourceKind.SPARK and parts.hostname == SPARK_HERE:
        here = next((split for split in _splits(parts.path) if Path(split[0]).exists()), None)
        if here:
            return here[0], here[1] or ""
    head, slash, last = parts.path.rpartition("/")
    database, _, table = last.partition(".")
    return head + slash + database, table


def _from_path(text: str, settings: ProbeSettings, table: str | None) -> SourceAddress:
    for name, rest in _splits(text):
        path = Path(name).expanduser()
        if path.exists():
            found = SourceSettings(kind=kind_of(str(path)), path=path)
            return SourceAddress(path.name, found, table or rest)
    known = ", ".join(sorted(settings.sources)) or say("none_configured")
    looked = Path(text).expanduser()
    if _looks_like_path(text):
        raise InputError(
            say(
                "source_file_missing",
                absolute=_absolute(looked),
                words=text,
                known=known,
            ),
            field="source",
        )
    raise InputError(
        say("source_unknown", words=text, known=known),
        field="source",
    )


def _looks_like_path(text: str) -> bool:
    ending = text.lower().endswith(tuple(SUFFIX_KINDS))
    return ending or "/" in text or "\\" in text


def _absolute(path: Path) -> str:
    try:
        return str(path.resolve())
    except OSError:  # a name that is too long, or a loop of links
        return str(path)
