"""A pseudo-language: every text accented and about 40 % longer, so that English stands out.

`write(folder)` makes the language `xx` out of all English texts, as a translator would by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.texts import FALLBACK, OWN_FOLDER, SOURCE_TREE, TRANSLATIONS, languages

NAME: Final = "xx"
LONGER: Final = 0.4
ACCENTS: Final = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
KEPT: Final = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{[^{}\s]*\}|`[^`]*`|\[[^\]]*\]|<[^>]+>|&\w+;|:[a-z0-9_+-]+:|https?://\S+|/[a-z]+\b"
    r"|\\.|\b[\w.-]+@[\w.-]+\b|\b[A-Z0-9]+_[A-Z0-9_]+\b|--[a-z-]+|\[/?[a-z]+\]|\b[a-z0-9-]+(?:[._][a-z0-9-]+)+\b",
    re.DOTALL,
)
"""Placeholders, code, links, emoji, commands, settings and markup."""
PLURAL: Final = re.compile(r"plural\([^)]*\)")
LITERAL: Final = re.compile(r"'([^']*)'")
"""Words that stand inside a placeholder."""
WORD: Final = re.compile(r"[^\W\d_]+")
IDENTIFIERS: Final = frozenset(
    {
        *("key", "remedies", "buttons", "probe", "start", "end", "approvals", "currency"),
        *("sources", "phase", "scenario", "kind", "remedy", "name", "level", "group", "section"),
        *("for", "refs", "found_by", "code", "category", "role", "needs", "network", "options"),
        *("variables",),
    }
)
"""Fields of mixed files that are no words."""


@contextmanager
def installed(folder: Path) -> Iterator[Path]:
    """Let this process know the pseudo-language, beside whatever else the folder holds."""
    write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(OWN_FOLDER, str(folder))
        languages.cache_clear()
        yield folder
    languages.cache_clear()


def accented(text: str) -> str:
    """Return a text as the pseudo-language has it, with everything that is no word kept."""
    text = PLURAL.sub(lambda found: LITERAL.sub(_literal, found.group()), text)
    plain = KEPT.split(text)
    budget = round(LONGER * sum(map(len, plain)))
    parts, kept = [], KEPT.findall(text)
    for at, part in enumerate(plain):
        words = WORD.findall(part)
        more = round(budget * len(part) / max(1, sum(map(len, plain)))) if words else 0
        parts.append(_longer(part, more))
        parts.append(kept[at] if at < len(kept) else "")
    return "".join(parts)


def _literal(found: re.Match[str]) -> str:
    return f"'{_longer(found.group(1), 2)}'"


def _longer(part: str, more: int) -> str:
    """Accent a stretch of words and double vowels until it is so many letters longer."""
    left = more

    def said(found: re.Match[str]) -> str:
        nonlocal left
        word = found.group().translate(ACCENTS)
        if word.isascii():
            word = f"{word}ø"
            left -= 1
        grown = ""
        for letter in word:
            grown += letter
            if left > 0 and not letter.isascii():
                grown += letter.lower()
                left -= 1
        return grown

    return WORD.sub(said, part)


def sources() -> list[Path]:
    """Return every English file of sentences."""
    shipped = [*(TRANSLATIONS / FALLBACK).glob("*.yaml")]
    others = [
        path
        for package in ("bot", "probes", "serving", "hour48")
        for path in (SOURCE_TREE / package).rglob("*.yaml")
        if path.name in FILES or path.parent.name in ("sentences", "standard")
    ]
    return sorted({*shipped, *others})


FILES: Final = frozenset(
    {
        *(
            "texts.yaml",
            "codes.yaml",
            "access_codes.yaml",
            "effects.yaml",
            "checks.yaml",
            "duties.yaml",
        ),
        *("frameworks.yaml", "annex_iii.yaml", "probes.yaml"),
    }
)


def write(folder: Path) -> Path:
    """Write the language into a folder of languages; return its own folder."""
    for path in sources():
        root = TRANSLATIONS / FALLBACK
        place = path.relative_to(root if path.is_relative_to(root) else SOURCE_TREE)
        target = folder / NAME / place
        target.parent.mkdir(parents=True, exist_ok=True)
        values = yaml.safe_load(path.read_text("utf-8"))
        mixed = not path.is_relative_to(root) and path.name != "texts.yaml"
        said = _walked(values, accented, mixed=mixed and path.parent.name != "sentences")
        target.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), "utf-8")
    return folder / NAME


def _walked(value: Any, said: Callable[[str], str], *, mixed: bool, field: str = "") -> Any:
    if isinstance(value, Mapping):
        return {
            key: _walked(each, said, mixed=mixed, field=str(key)) for key, each in value.items()
        }
    if isinstance(value, list):
        return [_walked(each, said, mixed=mixed, field=field) for each in value]
    if not isinstance(value, str) or (mixed and field in IDENTIFIERS):
        return value
    return said(value)
