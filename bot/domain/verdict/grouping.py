"""Grouping of records that are about one thing into one group each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.domain.verdict.likeness import candidate_pairs
from bot.domain.verdict.links import Links, reference_of
from bot.domain.verdict.matching import alike, attaches, because
from bot.domain.verdict.model import Obstacle, Sort


@dataclass(frozen=True, slots=True)
class _Join:
    """Two obstacles that are one thing: how sure that is, and why."""

    weight: float
    one: int
    other: int
    why: str

    @property
    def turn(self) -> tuple[float, int, int]:
        return -self.weight, self.one, self.other


@dataclass(slots=True)
class ObstacleGroup:
    """Obstacles that are one thing, and why."""

    members: list[Obstacle]
    because: list[str]


class Grouping:
    """Joins obstacles: blockers, approvals, rollbacks and findings first, then the gates.

    A record joins a group only when it fits every blocker in it, so that two things which are not
    alike never become one through a third. Approvals and rollbacks, which say little by themselves,
    join the group that holds what they fit best.
    """

    def __init__(self, obstacles: Sequence[Obstacle], links: Links) -> None:
        self._all = obstacles
        self._links = links
        self._group = list(range(len(obstacles)))
        self._members: dict[int, list[int]] = {at: [at] for at in self._group}
        self._because: dict[int, list[str]] = {at: [] for at in self._group}

    def groups(self) -> list[ObstacleGroup]:
        """Return every record in the one group that it belongs to."""
        for join in self._linked():
            self._join(join)
        for join in sorted(self._said_alike(), key=lambda join: join.turn):
            if self._fits(join):
                self._join(join)
        silences = [at for at in self._of(Sort.BLOCKER) if self._all[at].subject]
        others = self._of(*(Sort.APPROVAL, Sort.ROLLBACK, Sort.GUARDRAIL, Sort.FINDING, Sort.GATE))
        for single in (*silences, *others):
            best = min(self._attachments(single), key=lambda join: join.turn, default=None)
            if best:
                self._join(best)
        return [
            ObstacleGroup([self._all[at] for at in members], self._because[number])
            for number, members in self._members.items()
        ]

    def _of(self, *sorts: Sort) -> Iterator[int]:
        for sort in sorts:
            yield from (at for at, each in enumerate(self._all) if each.fact.sort is sort)

    def _linked(self) -> Iterator[_Join]:
        by_reference = {reference_of(each): at for at, each in enumerate(self._all)}
        for one, other, why in self._links.made(by_reference):
            if not self._links.parted(self._all[one], self._all[other]):
                yield _Join(1.0, min(one, other), max(one, other), why)

    def _said_alike(self) -> Iterator[_Join]:
        """Yield the pairs of blockers that say the same in other words."""
        places = list(self._of(Sort.BLOCKER))
        for first, second in candidate_pairs(self._all[at].title for at in places):
            one, other = sorted((places[first], places[second]))
            weight = alike(self._all[one], self._all[other])
            if weight:
                yield _Join(weight, one, other, because(self._all[one], self._all[other]))

    def _fits(self, join: _Join) -> bool:
        first, second = self._group[join.one], self._group[join.other]
        if first == second:
            return False
        return all(
            not self._links.parted(self._all[one], self._all[other])
            and (
                {self._all[one].fact.sort, self._all[other].fact.sort} != {Sort.BLOCKER}
                or alike(self._all[one], self._all[other])
            )
            for one in self._members[first]
            for other in self._members[second]
        )

    def _attachments(self, single: int) -> Iterator[_Join]:
        mine = self._all[single]
        if len(self._members[self._group[single]]) > 1 and mine.fact.sort is not Sort.GATE:
            return
        for at, other in enumerate(self._all):
            if self._group[at] == self._group[single]:
                continue
            found = attaches(mine, other)
            if found and not any(
                self._links.parted(mine, self._all[member])
                for member in self._members[self._group[at]]
            ):
                yield _Join(found[0], min(single, at), max(single, at), found[1])

    def _join(self, join: _Join) -> None:
        first, second = self._group[join.one], self._group[join.other]
        if first == second:
            return
        for member in self._members[second]:
            self._group[member] = first
        self._members[first] += self._members.pop(second)
        self._because[first] += [*self._because.pop(second), join.why]
