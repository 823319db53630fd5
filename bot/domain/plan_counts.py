"""How many items of a plan are proved, claimed, broken again or open: never one sum for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bot.domain.enums import FixState


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """How many items stand where; `open` are those that nobody called done yet."""

    count: int = 0
    proved: int = 0
    claimed: int = 0
    regressed: int = 0
    stuck: int = 0
    open: int = 0

    @property
    def left(self) -> int:
        """Items that somebody still has to act on."""
        return self.count - self.proved - self.claimed

    def plain(self) -> dict[str, int]:
        """Return the counts by name."""
        return asdict(self)


def counts_of(states: Iterable[str]) -> PlanCounts:
    """Count items by state."""
    found = Counter(FixState(state) for state in states)
    return PlanCounts(
        count=found.total(),
        proved=found[FixState.PROVED],
        claimed=found[FixState.CLAIMED],
        regressed=found[FixState.REGRESSED],
        stuck=found[FixState.STUCK],
        open=found[FixState.OPEN],
    )
