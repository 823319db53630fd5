"""How many there are, by how they stand: counted over the record, whoever is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from bot.ask.items import ENGLISH, PENDING, items_of
from bot.ask.lexicon import entry
from bot.ask.question import Question, Reply
from bot.ask.replies.obstacles import blocked, resolved
from bot.reading.meaning import nearness

IS_COUNT: Final = 0.6
"""From this nearness in meaning a question counts what one of the sample questions does."""


def counted(q: Question) -> Reply | None:
    """Return the count that a question asks for, and what is counted; None where it asks none."""
    if not q.says("how_many"):
        return None
    samples = dict(entry(ENGLISH, "counts"))
    near = {sort: max(nearness(q.text, texts)) for sort, texts in samples.items()}
    best = max(near, key=near.__getitem__)
    return COUNTING[best](q) if near[best] >= IS_COUNT else None


def requests(q: Question) -> Reply:
    """Count the requests, of and by those who are named, and tell each of them."""
    people = set(q.slots.people)
    found = [
        item
        for item in items_of(q)
        if item.sort == "request" and (not people or people & set(item.people))
    ]
    states = Counter(item.state for item in found)
    names = ("approved", "rejected", "expired", PENDING)
    line = q.say("requests", count=len(found), **{name: states[name] for name in names})
    return Reply([line, *(i.line for i in found)], [fact for i in found for fact in i.facts])


COUNTING: Final[Mapping[str, Callable[[Question], Reply | None]]] = {
    "request": requests,
    "blocker": blocked,
    "resolved": resolved,
}
