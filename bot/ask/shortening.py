"""A reply in at most ninety words: what a question asks for is the last to be cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.ask.lexicon import words_of
from bot.ask.question import WHOLE, Reply
from bot.ask.say import quoted_words, quotes_of, say, with_quotes
from bot.ask.slots import means

MOST_WORDS: Final = 90
LEAST_QUOTED: Final = 5
"""Words of a quote by which it can be told from others."""
LEAST: Final = {False: (LEAST_QUOTED, 4), True: (16, LEAST_QUOTED)}
"""Whether lines are ranked → the fewest words of a quote, and fewer if only then they fit."""
WORDS_OF_MORE: Final = 4
LEAST_SHARED: Final = 2
"""So many words of a question tell that it asks for a line of a list."""
WORTH_OF_WORD: Final = 2
"""How much graver a line is for each word of the question that its quotes hold."""


def shortened(reply: Reply, language: str, asked: Collection[str] = (), spare: int = 0) -> str:
    """Return a reply in at most ninety words, and how many lines of a list were left out.

    A list is told in full with short quotes; of other replies the last lines are left out so that
    the quotes of the first stay whole. What holds the words that are asked for is cut last.

    Args:
        reply: what is to be said.
        language: its language.
        asked: the words of the question that name something.
        spare: words to leave free for what is said before it.
    """
    reply = _once(reply)
    lengths = _Lengths.of(reply, spare)
    whole = dict.fromkeys(range(len(reply.lines)), MOST_WORDS)
    if lengths.words(whole) <= MOST_WORDS:
        return " ".join(filter(None, [reply.head, *reply.lines]))
    shared = _shared(reply, asked)
    order = _order(reply, shared)
    grave = reply.gravity or [0] * len(shared)
    firm = [at for at in order if grave[at] >= WHOLE or 0 < shared[at] == max(shared)]
    if reply.is_ranked:
        firm = [*order[:1], *firm]
    cuts = _raised(lengths, _least(reply, lengths, order, firm), reply, order, firm)
    lines = [
        with_quotes(reply.lines[at], cuts[at], asked if shared[at] else ()) for at in sorted(cuts)
    ]
    left = 0 if reply.is_ranked else len(reply.lines) - len(cuts)
    more = [say(language, "more", count=left)] if left else []
    return " ".join(filter(None, [reply.head, *lines, *more]))


@dataclass(frozen=True, slots=True)
class _Lengths:
    """How many words a reply has, by how many each quote has."""

    head: int
    lines: Sequence[int]
    quotes: Sequence[Sequence[int]]

    @classmethod
    def of(cls, reply: Reply, spare: int) -> _Lengths:
        lines = [len(line.split()) for line in reply.lines]
        quotes = [quoted_words(line) for line in reply.lines]
        return cls(len(reply.head.split()) + spare, lines, quotes)

    def words(self, cuts: Mapping[int, int]) -> int:
        """Return the words of the head and of some lines, place → the most words of a quote."""
        cut = sum(max(0, n - most) for at, most in cuts.items() for n in self.quotes[at])
        return self.head + sum(self.lines[at] for at in cuts) - cut


def _once(reply: Reply) -> Reply:
    """Return a reply without the lines that another one holds."""
    lines = [*enumerate(reply.lines)]
    kept = [
        at
        for at, line in lines
        if not any(line in other and (line != other or o < at) for o, other in lines if o != at)
    ]
    gravity = [reply.gravity[at] for at in kept] if reply.gravity else ()
    return replace(reply, lines=[reply.lines[at] for at in kept], gravity=gravity)


def _shared(reply: Reply, asked: Collection[str]) -> list[int]:
    """Return how many words of a question the quotes of each line hold; one of a list's is none."""
    written = [set(words_of(" ".join(quotes_of(line)))) for line in reply.lines]
    counts = [sum(any(means(w, other) for other in words) for w in asked) for words in written]
    return counts if reply.is_ranked else [n if n >= LEAST_SHARED else 0 for n in counts]


def _order(reply: Reply, shared: Sequence[int]) -> list[int]:
    """Return the places of the lines, that which is to be cut last first."""
    places = range(len(reply.lines))
    if reply.is_ranked:
        return list(places)
    grave = reply.gravity or [0] * len(reply.lines)
    return sorted(places, key=lambda at: -grave[at] - WORTH_OF_WORD * shared[at])


def _least(
    reply: Reply, lengths: _Lengths, order: Sequence[int], firm: Sequence[int]
) -> dict[int, int]:
    """Return the places of the lines there is room for, with the fewest words of their quotes."""
    found = [_in_room(reply, lengths, order, firm, least) for least in LEAST[reply.is_ranked]]
    enough = 1 if reply.is_ranked else len(reply.lines)
    fitting = (c for c in found if len(c) >= enough and lengths.words(c) <= MOST_WORDS)
    return next(fitting, found[-1] if reply.is_ranked else found[0])


def _in_room(
    reply: Reply, lengths: _Lengths, order: Sequence[int], firm: Sequence[int], least: int
) -> dict[int, int]:
    """Return the places of the lines for which there is room, with quotes that short.

    The likeliest line, or those of a list nearest to the question, have room for whole quotes.
    """
    cuts = dict.fromkeys(order, least)
    cuts |= dict.fromkeys(order[:1] if reply.is_ranked else firm, MOST_WORDS)
    if lengths.words(cuts) <= MOST_WORDS:
        return dict.fromkeys(order, least)
    room, kept = MOST_WORDS - (0 if reply.is_ranked else WORDS_OF_MORE), dict[int, int]()
    for at in order:
        if kept and lengths.words(kept | {at: cuts[at]}) > room:
            break
        kept[at] = cuts[at]
    return dict.fromkeys(kept, least)


def _raised(
    lengths: _Lengths,
    cuts: dict[int, int],
    reply: Reply,
    order: Sequence[int],
    firm: Sequence[int],
) -> dict[int, int]:
    """Return the words of each line's quotes with the words that are left: those of a list evenly.

    The likeliest line, and those nearest to the question, come first.
    """
    is_all = reply.is_ranked or len(cuts) == len(reply.lines)
    room = MOST_WORDS - (0 if is_all else WORDS_OF_MORE)
    evenly = () if reply.is_ranked else range(LEAST_QUOTED, MOST_WORDS)
    for limit, places in [
        (MOST_WORDS, firm),
        *((n, order) for n in evenly),
        (MOST_WORDS, order),
    ]:
        for at in filter(cuts.__contains__, places):
            longest = min(limit, max(lengths.quotes[at], default=0))
            tries = range(longest, cuts[at], -1)
            fits = (n for n in tries if lengths.words(cuts | {at: n}) <= room)
            cuts[at] = next(fits, cuts[at])
    return cuts
