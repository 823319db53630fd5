"""Pairs of blockers that count as one cause, or of which somebody should say whether they are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from bot.domain.record import SprintRecord
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.likeness import ASKED_ABOUT, likeness, words_shared
from bot.domain.verdict.links import Links
from bot.domain.verdict.model import Cause, Sort
from bot.domain.verdict.obstacles import bad_gates, blocker_obstacle
from bot.domain.vocabulary import Severity


class SamePair(NamedTuple):
    """Two blockers that are counted as one cause, or that may be one.

    Args:
        first: the id of one.
        second: the id of the other.
        joined: they count as one; else somebody should say.
        why: why they count as one, or the words that they share.
    """

    first: str
    second: str
    joined: bool
    why: str


def same_pairs(record: SprintRecord) -> tuple[SamePair, ...]:
    """Return the open blockers that count as one cause, and those that may be one, likeliest first.

    Pairs that somebody has parted are left out; so are those that somebody joined by hand from the
    ones to ask about.
    """
    links = Links(record)
    gates = bad_gates(record)
    opened = [
        blocker_obstacle(blocker, record, gates)
        for blocker in sorted(record.blockers, key=lambda each: (each.raised_at, each.id))
        if blocker.severity is Severity.STOPS and not blocker.resolution and not blocker.approval
    ]
    groups = [set(_blocker_ids(cause)) for cause in causes_of(record)]
    found: list[tuple[float, SamePair]] = []
    for one, other in combinations(opened, 2):
        ids = {one.fact.id, other.fact.id}
        joined = any(ids <= group for group in groups)
        close = likeness(one.title, other.title)
        if not links.parted(one, other) and (joined or close >= ASKED_ABOUT):
            shared = ", ".join(sorted(words_shared(one.title, other.title)[:3]))
            found.append((close, SamePair(one.fact.id, other.fact.id, joined, shared)))
    return tuple(pair for _, pair in sorted(found, key=lambda each: (-each[0], each[1])))


def _blocker_ids(cause: Cause) -> Iterator[str]:
    return (fact.id for fact in cause.records if fact.sort is Sort.BLOCKER)
