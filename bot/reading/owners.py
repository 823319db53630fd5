"""Who takes care of a blocker, as its line says: a mention, or a name beside a cue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.reading.folding import fold
from bot.reading.lexicon import any_of, words

_NAME: Final = r"[A-ZÄÖÜÉ][\w'-]{1,20}"
_MENTION: Final = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>|(?<![\w@])@([^\W\d_][\w.-]{1,40})")


def owner(text: str) -> str | None:
    """Return who a sentence says takes care of it, as written: a mention, or a name with a cue."""
    folded = fold(text)
    who = next(filter(None, _named(folded, text)), None)
    if who:
        return who
    mention = next((m for m in _MENTION.finditer(text) if _stands_apart(text, m)), None)
    return (mention[1] or mention[2]).rstrip(".") if mention else None


def _stands_apart(text: str, mention: re.Match[str]) -> bool:
    """Whether a mention is no part of a sentence: "no GPU (@ana)", "@ben: no GPU"."""
    before, after = text[: mention.start()].strip(), text[mention.end() :].strip()
    return not before or (not after.strip(" ).") and not re.search(r"\w$", before))


@cache
def _owner_cue() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('owner_cues')}\s*:?\s*")


def is_cue(words: str) -> bool:
    """Return whether words only announce an owner: "owner", "assigned to"."""
    return _owner_cue().fullmatch(fold(words)) is not None


def _named(folded: str, text: str) -> Iterator[str | None]:
    """Yield who is named after a cue, after a verb without a subject, and before a verb."""
    for form in (_owner_cue(), _verb_first()):
        yield from (_name_at(text, found.end()) for found in form.finditer(folded))
    for found in _owner_tail().finditer(folded):
        yield _name_at(text, found.start("who"), any_case=True)


@cache
def _verb_first() -> re.Pattern[str]:
    """Match a verb without a subject before it: "lo mira" Marta, "darum kümmert sich" Jens."""
    return re.compile(
        rf"(?:^|[,.;:!?(-]\s*|(?<![a-z])(?:das|dies|darum|hierum|eso|esto|de ell[oa]|de eso)\s+)"
        rf"{any_of('owner_after')}(?:\s+de (?:ello|eso|esto))?\s+"
    )


@cache
def _owner_tail() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?P<who><@[a-z0-9]+(?:\|[^>]*)?>|@?[\w.'-]+)"
        rf"\s+(?:(?:qui|quien|who)\s+)?{any_of('owner_after')}(?![a-z])"
    )


def _name_at(text: str, start: int, *, any_case: bool = False) -> str | None:
    mention = _MENTION.match(text, start)
    if mention:
        return (mention[1] or mention[2]).rstrip(".")
    found = re.match(
        rf"{_NAME}(?:\s+{_NAME})?" if not any_case else r"[^\W\d_][\w'-]{1,20}", text[start:]
    )
    if not found or fold(found[0].split()[0]) in words("not_names"):
        return None
    return found[0]
