"""A reply in at most ninety words: quotes are cut evenly, then lines are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.ask.question import Reply
from bot.ask.say import quoted_words, say, with_quotes

MOST_WORDS: Final = 90
LEAST_QUOTED: Final = (5, 4)
"""Words of a quote by which it can be told from others; the fewer only if all lines then fit."""
WORDS_OF_MORE: Final = 4


def shortened(reply: Reply, language: str) -> str:
    """Return a reply in at most ninety words, and how many lines were left out.

    Quotes are cut before a line is left out, all to the same number of words, and no more than
    that takes. The least grave lines are left out first.
    """
    most = max((n for line in (reply.head, *reply.lines) for n in quoted_words(line)), default=0)
    rooms = {least: _in_room(reply, min(least, most)) for least in LEAST_QUOTED}
    fitting = (least for least, kept in rooms.items() if len(kept) == len(reply.lines))
    least = next(fitting, LEAST_QUOTED[0])
    kept = rooms[least]
    left = len(reply.lines) - len(kept)
    more = [say(language, "more", count=left)] if left else []
    chosen = replace(reply, lines=[reply.lines[at] for at in kept])
    room = MOST_WORDS - (WORDS_OF_MORE if left else 0)
    tries = (_quoting(chosen, each) for each in range(most, least, -1))
    fits = next((parts for parts in tries if _words(parts) <= room), None)
    return " ".join([*(fits or _quoting(chosen, least)), *more])


def _quoting(reply: Reply, most: int) -> list[str]:
    """Return the parts of a reply, its quotes cut to so many words each."""
    return [with_quotes(part, most) for part in (reply.head, *reply.lines) if part]


def _words(parts: Sequence[str]) -> int:
    return sum(len(part.split()) for part in parts)


def _in_room(reply: Reply, most: int) -> list[int]:
    """Return the places of the lines for which there is room, with quotes that short."""
    head = _words(_quoting(replace(reply, lines=()), most))
    counts = [len(with_quotes(line, most).split()) for line in reply.lines]
    places = list(range(len(counts)))
    if head + sum(counts) <= MOST_WORDS:
        return places
    room, kept = MOST_WORDS - WORDS_OF_MORE - head, list[int]()
    for at in sorted(places, key=lambda at: -reply.gravity[at]) if reply.gravity else places:
        if kept and counts[at] > room:
            break
        kept.append(at)
        room -= counts[at]
    return sorted(kept)
