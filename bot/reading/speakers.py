"""Who is heard in a sentence, whoever it is: who says, wants, promises, has to sign or is away."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of, words

ARTICLES: Final = (
    r"(?:the|our|their|an?|some|that|this|my|de[rnms]|die|das|unser\w*|"
    r"eine?[nmrs]?|le|la|les|l'|un|une|notre|nos|el|los|las|lo|nuestr\w+|d'|"
    r"de|du|des|al|au|aux|vom|von|beim|bei|zum|zur)"
)


def is_edge(word: str) -> bool:
    """Return whether a word ends the name of somebody, as "still" or "until" does."""
    return word in words("edge_words")


@cache
def function_name() -> str:
    """Return a pattern for the name of a function, such as "data warehouse team"."""
    tail = rf"(?:[\s-]{any_of('party_tails')})?(?:'s)?"
    return rf"(?:{any_of('functions')}{tail})"


@cache
def _label() -> re.Pattern[str]:
    who = rf"(?P<who>(?:[a-z]+ )?{function_name()})"
    return re.compile(rf"(?:^|[.;!?]\s+)(?:{ARTICLES}\s+)?{who}:\s")


def labelled(folded: str, _: str) -> tuple[int, int] | None:
    """Find the function whose word a sentence gives: "ops: tomorrow maybe"."""
    found = _label().search(folded)
    return found.span("who") if found else None


@cache
def _speaking() -> re.Pattern[str]:
    start = r"(?:^|[.;:,!?(]\s*|\s-+\s|\band |\bund |\bet |\by )"
    just = r"(?:still |just |only |also |now |erst |noch |jetzt )?"
    return re.compile(
        rf"{start}(?:{ARTICLES}\s+|(?<=')\s*)?"
        rf"(?P<who>[a-z][a-z&-]+(?:'s)?(?: [a-z&-]+){{0,2}}?)\s+{just}{any_of('speaks')}(?![a-z])"
    )


def speaker(folded: str, _: str) -> tuple[int, int] | None:
    """Find who is said to say, want, promise or be away, whoever it is: "union rep insists"."""
    for found in _speaking().finditer(folded):
        start, end = found.span("who")
        whose = folded.rfind("'s ", start, end)
        start = start if whose < 0 else whose + 3
        words = [word.removesuffix("'s") for word in folded[start:end].split()]
        if words and not any(_is_thing(word) for word in words) and _is_somebody(words[-1]):
            return start, end
    return None


@cache
def _said() -> re.Pattern[str]:
    return re.compile(
        r"(?:[,\")-]|\bso)\s*"
        r"(?:says?|said|dixit|sagt|meint|dit|d'apres|selon|dice|segun|ask|frag|demander a)\s+"
        rf"(?:{ARTICLES}\s+|(?<='))?"
        r"(?P<who>[a-z][a-z&-]+(?: (?:from|of|in|von|aus|de|du) [a-z]+)?)"
    )


def said_by(folded: str, _: str) -> tuple[int, int] | None:
    """Find who is named behind what was said: "till Friday, says Dina"."""
    for found in _said().finditer(folded):
        first = found["who"].split()[0]
        if not _is_thing(first) and _is_somebody(first):
            return found.span("who")
    return None


def _is_thing(word: str) -> bool:
    return word in words("things") or is_edge(word)


def _is_somebody(word: str) -> bool:
    return word not in words("not_names") or bool(re.fullmatch(any_of("functions"), word))


@cache
def _role() -> re.Pattern[str]:
    titled = r"(?:(?:mr|mrs|ms|dr|prof|mme|sra?)\.?|m\.|herrn?|frau) [a-z'-]{3,}"
    who = rf"(?P<who>(?:[a-z]+ )?{any_of('roles')}|{titled})"
    return re.compile(rf"(?<![a-z0-9'-]){who}(?![a-z0-9-])")


def role(folded: str, _: str) -> tuple[int, int] | None:
    """Return the first person or body by what they do: "translation agency", "the basis guy"."""
    found = _role().search(folded)
    if not found:
        return None
    first, *rest = found["who"].split()
    if rest and (
        _is_thing(first) or first in words("acting_words") or re.fullmatch(ARTICLES, first)
    ):
        return found.end() - len(" ".join(rest)), found.end()
    return found.span("who")
