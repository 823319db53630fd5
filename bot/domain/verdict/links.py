"""Links that people made between records: a blocker's request or finding, and "same as" presses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


def reference_of(obstacle: Obstacle) -> str:
    """Return how a link names the record that an obstacle is: "blocker:ID"."""
    return f"{_NAMED[obstacle.fact.sort]}:{obstacle.fact.id}"


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
