"""Pairs of records that count as one cause, or of which somebody should say whether they are."""

from __future__ import annotations

from itertools import combinations
from typing import Final, NamedTuple

from bot.domain.record import SprintRecord
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.likeness import ASKED_ABOUT, likeness
from bot.domain.verdict.links import Links
from bot.domain.verdict.model import FactRef, Obstacle, Sort
from bot.domain.verdict.obstacles import find_obstacles

SORTS: Final = (Sort.BLOCKER, Sort.APPROVAL, Sort.FINDING, Sort.GATE)
"""What people join and part by hand, the sort that names a pair first."""


class SamePair(NamedTuple):
    """Two records that are counted as one cause, or that may be one.

    Args:
        first: one of them.
        second: the other.
        joined: they count as one; else somebody should say.
        titles: what each is, in its own words.
    """

    first: FactRef
    second: FactRef
    joined: bool
    titles: tuple[str, str]


def same_pairs(record: SprintRecord) -> tuple[SamePair, ...]:
    """Return the open records that count as one cause, and those that may be one, likeliest first.

    Of a cause of many records each is paired with the first. Pairs that somebody has parted are
    left out; a gate is never asked about, for it reports what others tell of.
    """
    links = Links(record)
    opened = sorted(
        (each for each in find_obstacles(record) if each.is_open and each.fact.sort in SORTS),
        key=lambda each: (SORTS.index(each.fact.sort), each.at, each.fact.id),
    )
    cause = {fact: cause.id for cause in causes_of(record) for fact in cause.records}
    firsts: dict[str, FactRef] = {}
    for each in opened:
        firsts.setdefault(cause.get(each.fact, ""), each.fact)
    found: list[tuple[float, SamePair]] = []
    for one, other in combinations(opened, 2):
        is_one = cause.get(one.fact) == cause.get(other.fact)
        close = likeness(words_of(one), words_of(other))
        is_shown = (
            firsts[cause.get(one.fact, "")] == one.fact
            if is_one
            else close >= ASKED_ABOUT and other.fact.sort is not Sort.GATE
        )
        if is_shown and not links.parted(one, other):
            pair = SamePair(one.fact, other.fact, is_one, (words_of(one), words_of(other)))
            found.append((close, pair))
    return tuple(pair for _, pair in sorted(found, key=lambda each: (not each[1].joined, -each[0])))


def words_of(obstacle: Obstacle) -> str:
    """Return what a record says in its own words: a refusal its reason, all else its title."""
    return obstacle.reason or obstacle.title
