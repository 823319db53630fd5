"""Times that hang on an event, and times without an end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.reading.lexicon import any_of
from bot.reading.ranges import INDEFINITE, DayRange, Span

_CLAUSE_END: Final = (
    r"(?=\s*(?:$|[,.;:!?()\n/\"]|-\s|\b(?:then|and|but|or|und|aber|dann|oder|et|"
    r"mais|puis|ou|y|pero|luego|that's|thats|so|nothing|nobody|says?|said|"
    r"sagt|dit|dice|which|for|fur|pour|para|lol|on|am|le|el|in|im|en|no|ne|kein|keine|kann|we|nix)\b))"
)
_PHRASES: Final = (
    ("immediate", DayRange(0.0, 0.1, 0.5)),
    ("asap", DayRange(0.5, 2.0, 7.0)),
    ("soon", DayRange(1.0, 5.0, 21.0)),
)
_RELEASE: Final = DayRange(7.0, 30.0, 90.0)
_SPRINT: Final = DayRange(7.0, 14.0, 28.0)


_ENDS_AFTER_ALL: Final = re.compile(
    r"[^,.;]{0,30}\b(?:before|until|till|vor|bis|avant|antes|hasta)\b"
)
_THING: Final = re.compile(r"(?<![a-z])(?:the|an?|this|that|each|every|my|our|their|your)\s+$")
"""What makes a noun of the word behind it."""
_STOPS: Final = ("", ".", "!", "?", ":", "-", "(", ")", '"')
"""What stands around "never" where it is the whole answer."""


@cache
def _open_end() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('open_end')}(?![a-z])")


@cache
def _unknown_end() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('unknown_end')}(?![a-z])")


@cache
def _open_end_alone() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z]){any_of('open_end_alone')}(?![a-z])")


def open_ends(folded: str, *, alone: bool) -> Iterator[Span]:
    """Find words that say that there is no end, or that nobody knows it.

    Args:
        folded: the text.
        alone: the text is nothing but a time, so that "never" is one too.
    """
    for found in _open_end().finditer(folded):
        if not _ENDS_AFTER_ALL.match(folded[found.end() :]):
            yield Span(found.start(), found.end(), "open_end", INDEFINITE)
    for found in _unknown_end().finditer(folded):
        yield Span(found.start(), found.end(), "open_end")
    for found in _open_end_alone().finditer(folded):
        around = folded[: found.start()].rstrip()[-1:], folded[found.end() :].lstrip()[:1]
        if alone or (around[0] in _STOPS and around[1] in _STOPS):
            yield Span(found.start(), found.end(), "open_end", INDEFINITE)


@cache
def _event() -> re.Pattern[str]:
    article = (
        r"(?:the |our |their |this |next |a |das |die |der |dem |den |le |la |l'|"
        r"les |el |los |las )?"
    )
    name = r"(?:[a-z0-9'-]+ ){0,4}?"
    noun = (
        rf"{article}(?:[a-z0-9'&-]+ ){{0,3}}?{any_of('event_nouns')}(?:\s+(?:is |"
        rf"has |ist |est |esta )?{any_of('event_states')})?"
    )
    state = rf"{name}{any_of('event_states')}(?: [a-z]+){{0,2}}?"
    cue = rf"(?:(?P<strong>{any_of('event_strong')})|(?P<weak>{any_of('event_weak')}))"
    return re.compile(rf"(?<![a-z]){cue}\s+(?:{noun}|(?P<state>{state})){_CLAUSE_END}")


def events(folded: str) -> Iterator[Span]:
    """Find what has to happen first: "after the freeze", "wenn Karl zurück ist"."""
    for found in _event().finditer(folded):
        sort = "event" if found["strong"] else "event_weak"
        if not _is_a_till(found, folded):
            yield Span(found.start(), found.end(), sort)
    for found in _unnamed().finditer(folded):
        if not _is_a_till(found, folded):
            yield Span(found.start(), found.end(), "event_unnamed")


def _is_a_till(found: re.Match[str], folded: str) -> bool:
    """Return whether the cue is a shop's till, as in "the till database"."""
    return found[0].startswith("till") and bool(_THING.search(folded[: found.start()]))


@cache
def _unnamed() -> re.Pattern[str]:
    """Match an event that is in no table, behind words that put something off until it."""
    not_event = r"(?!per\b|an?\b|par\b|pro\b|al\b|minutes?|seconds?|hours?|midnight)"
    return re.compile(
        rf"(?<![a-z]){any_of('event_off')}(?: {not_event}[a-z'-]+){{1,6}}"
        r"(?=\s*(?:$|[,.;:!?()\n]))"
    )


@cache
def _release() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![a-z])(?:{any_of('next')}\s+(?:\w+ )?(?P<what>release|sprint|mep|"
        rf"mise en production|pase a produccion|deployment|wartungsfenster)"
        rf"|(?P<after>release|sprint|mep|pase a produccion)\s+{any_of('next_after')})(?![a-z])"
    )


def releases(folded: str) -> Iterator[Span]:
    """Find "the next release" and the like: a usual length to forecast with, but no date said."""
    for found in _release().finditer(folded):
        what = found["what"] or found["after"]
        days = _SPRINT if what == "sprint" else _RELEASE
        yield Span(found.start(), found.end(), "release", days)


def phrases(folded: str) -> Iterator[Span]:
    """Find "asap", "immediately" and the like."""
    for name, days in _PHRASES:
        for found in re.finditer(rf"(?<![a-z]){any_of(name)}(?![a-z])", folded):
            said = (0.0, 0.0) if name == "immediate" else None
            yield Span(found.start(), found.end(), "phrase", days, said)
