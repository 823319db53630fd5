"""Links that people made between records: a blocker's request or finding, and "same as" presses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import combinations
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.model import Obstacle, Sort

_NAMED: Final = {
    Sort.BLOCKER: "blocker",
    Sort.APPROVAL: "approval",
    Sort.GATE: "gate",
    Sort.ROLLBACK: "rollback",
    Sort.FINDING: "finding",
    Sort.GUARDRAIL: "guardrail",
}

_CLOSED: Final = frozenset({Sort.APPROVAL, Sort.FINDING})
"""What ends with the blocker that people called the same."""


def reference_of(obstacle: Obstacle) -> str:
    """Return how a link names the record that an obstacle is: "blocker:ID"."""
    return f"{_NAMED[obstacle.fact.sort]}:{obstacle.fact.id}"


def chain_from(names: Set[str], pairs: Collection[Set[str]]) -> frozenset[str]:
    """Return the names, and all that pairs join with them directly or through others."""
    known = frozenset(names)
    while True:
        wider = known.union(*(pair for pair in pairs if not known.isdisjoint(pair)))
        if wider == known:
            return known
        known = wider


class Links:
    """The links of one record; of two that contradict each other the later one counts.

    Args:
        record: the sprint.
    """

    def __init__(self, record: SprintRecord) -> None:
        self._record = record
        self._silences = {
            f"approval:{blocker.approval}": f"blocker:{blocker.id}"
            for blocker in record.blockers
            if blocker.approval
        }
        self._said: dict[frozenset[str], tuple[bool, str]] = {}
        for link in sorted(record.links, key=lambda each: (each.at, each.id)):
            for pair in combinations(map(self._known, link.records), 2):
                self._said[frozenset(pair)] = link.same, link.by

    def _known(self, reference: str) -> str:
        """An expired request is told by the blocker that its silence became."""
        return self._silences.get(reference, reference)

    def parted(self, one: Obstacle, other: Obstacle) -> bool:
        """Return whether people said that two obstacles are different things."""
        same, _ = self._said.get(frozenset((reference_of(one), reference_of(other))), (True, ""))
        return not same

    def made(self, places: Mapping[str, int]) -> Iterator[tuple[int, int, str]]:
        """Yield the pairs of places that people joined, and why they are one thing.

        Args:
            places: reference → place of the obstacles there are.
        """
        for pair, (same, by) in self._said.items():
            one, other = (*sorted(pair), "")[:2]
            if same and one in places and other in places:
                yield places[one], places[other], texts.say("because_joined_by", who=by)
        for blocker in self._record.blockers:
            mine = places.get(f"blocker:{blocker.id}")
            found = places.get(f"finding:{blocker.finding}")
            if mine is not None and found is not None:
                yield mine, found, texts.say("because_logged_from_finding")

    def joined(self) -> list[frozenset[str]]:
        """Return the pairs of records that people called one thing."""
        return [pair for pair, (same, _) in self._said.items() if same]


def with_twins_resolved(record: SprintRecord) -> SprintRecord:
    """Return the record with what people called the same as a resolved blocker resolved too.

    A blocker that was raised after that stays open: then the thing came back.
    """
    joined = Links(record).joined()
    ended = [each for each in record.blockers if joined and each.resolution]
    if not ended:
        return record
    known = {f"blocker:{each.id}": each for each in record.blockers}
    for first in sorted(ended, key=lambda each: (each.resolved_at or 0.0, each.id)):
        for name in chain_from({f"blocker:{first.id}"}, joined) & known.keys():
            twin, change = known[name], first.resolution
            if change and not twin.resolution and twin.raised_at <= change.at:
                known[name] = replace(twin, history=(*twin.history, change))
    return replace(record, blockers=tuple(known.values()))


def closed_by_link(obstacles: Sequence[Obstacle], record: SprintRecord) -> tuple[Obstacle, ...]:
    """Return the obstacles; what people called the same as a resolved blocker stands no more.

    A request or a finding ends so, and only where no other blocker of that chain is open. What came
    up after the blocker was resolved stays: then the thing came back. What only reads alike stays.
    """
    joined = Links(record).joined()
    ended = [each for each in record.blockers if joined and each.resolution]
    if not ended:
        return tuple(obstacles)
    open_ = {f"blocker:{each.id}" for each in record.blockers if not each.resolution}
    until: dict[str, float] = {}
    for blocker in ended:
        chain = chain_from({f"blocker:{blocker.id}"}, joined)
        if chain.isdisjoint(open_):
            last = blocker.resolved_at or 0.0
            until |= {name: max(last, until.get(name, last)) for name in chain}
    return tuple(
        replace(each, is_open=False)
        if each.fact.sort in _CLOSED and each.at <= until.get(reference_of(each), -1.0)
        else each
        for each in obstacles
    )
