"""The guards over a deployment's arms: errors, latency, split. Pure: rows in, findings out.

An entity counts once in a block: calls of the same entity are alike, and 24 people who come back
are 24 observations however often they call. Short blocks see a model that breaks at once, long ones
a rate that is only doubled; each new block is a fresh bet with a smaller share of the allowed false
alarms. Callers' mistakes are counted nowhere here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.enums import DeploymentState
from bot.domain.traffic import Arm
from serving.evidence import above_rate, other_rate, worse_rate
from serving.texts import say

BLOCKS: Final = ((1_000, 600.0), (6_000, 24 * 3_600.0))
"""Entities of the watched arm, and seconds, after which a block begins anew."""
SHARES: Final = {1_000: 0.1, 6_000: 0.9}
"""Of the allowed false alarms, by block: a short one sees what is broken, which needs no more; a
long one sees a rate that is only doubled, where each part counts."""
SHORT_NAME: Final = 12
"""Characters of a pseudonym that tell entities apart within a block."""

ALARM: Final = {"errors": 0.015, "latency": 0.005, "sample_ratio": 0.005}
"""Chance of a false alarm, over the whole life of a stage."""
PULL: Final = {"errors": 0.005, "latency": 0.002}
"""Chance of pulling a healthy model, of the guards that may."""
COLUMNS_ALPHA: Final = 0.02
SCORES_ALPHA: Final = 0.005
"""Chance of a false alarm over all columns together, and of the scores."""


@dataclass(frozen=True)
class GuardLimits:
    """What a deployment may do before its guards act.

    Args:
        slow_ms: from when on an answer counts as slow, inside the service.
        error_rate: allowed in a shadow run, where there is no other arm to compare with.
        error_bound: an error rate that has to be ruled out before the model gets more traffic.
        harmful: an outcome whose share must not rise; none watches no harm.
    """

    slow_ms: float = 100.0
    error_rate: float = 0.01
    error_bound: float = 0.10
    harmful: str | None = None

    @classmethod
    def of(cls, plain: Mapping[str, Any] | None) -> GuardLimits:
        """Return the limits of a deployment's row; what is left out is as usual."""
        known = {name: value for name, value in (plain or {}).items() if name in _FIELDS}
        return cls(**known)


_FIELDS: Final = frozenset(GuardLimits.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """What a guard has to say.

    Args:
        guard: which one.
        subject: of what: a column, or the model.
        level: go, hold, alert or pull.
        says: in words.
        facts: the figures behind it.
    """

    guard: str
    subject: str
    level: str
    says: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ArmTotals:
    """What one arm's entities saw in a block."""

    rows: int = 0
    errors: int = 0
    slow: int = 0


@dataclass
class ArmBlock:
    """Entities of both arms since a block began.

    Args:
        size: entities of the watched arm that fill it.
        seconds: how long it lasts at most.
        number: which block of its size, from 1.
        began: of its first row.
    """

    size: int
    seconds: float
    number: int = 1
    began: float | None = None
    watched: ArmTotals = field(default_factory=ArmTotals)
    beside: ArmTotals = field(default_factory=ArmTotals)
    seen: set[str] = field(default_factory=set)

    def is_over(self, at: float) -> bool:
        """Return whether a row at this moment belongs to the next block."""
        aged = self.began is not None and at - self.began > self.seconds
        return aged or self.watched.rows >= self.size

    def see(self, entity: str, arm: Arm, *, failed: bool, slow: bool, at: float) -> None:
        """Count an entity's first row in this block."""
        if entity in self.seen:
            return
        side = self.beside if arm is Arm.CONTROL else self.watched
        if side is self.beside and side.rows >= 2 * self.size:
            return  # control is never short of entities
        self.began = at if self.began is None else self.began
        self.seen.add(entity)
        side.rows += 1
        side.errors += failed
        side.slow += slow


class ArmGuards:
    """Compares the model's arm with control; in a shadow run, the model with what is allowed.

    Args:
        limits: of the deployment.
    """

    def __init__(self, limits: GuardLimits) -> None:
        self.limits = limits
        self.blocks = [ArmBlock(size, seconds) for size, seconds in BLOCKS]
        self._over: list[ArmBlock] = []

    def see(
        self, entity: str, arm: Arm, *, error: str | None, latency_ms: float, at: float
    ) -> None:
        """Take one answered row.

        Args:
            entity: its pseudonym.
            arm: that it was given.
            error: of ours, if there was one.
            latency_ms: inside the service.
            at: when, in seconds.
        """
        for place, known in enumerate(self.blocks):
            if known.is_over(at):
                self._over.append(known)
                self.blocks[place] = ArmBlock(known.size, known.seconds, known.number + 1)
            self.blocks[place].see(
                entity[:SHORT_NAME],
                arm,
                failed=error is not None,
                slow=latency_ms > self.limits.slow_ms,
                at=at,
            )

    def findings(self, state: DeploymentState, percent: float) -> Iterator[GuardVerdict]:
        """Yield what the blocks say that ended since the last look, and those under way."""
        blocks, self._over = [*self._over, *self.blocks], []
        for block in blocks:
            yield from self._errors(block, state)
            if state is DeploymentState.LIVE and 0 < percent < 100:
                yield from self._latency(block)
                yield from self._split(block, percent)

    def _errors(self, block: ArmBlock, state: DeploymentState) -> Iterator[GuardVerdict]:
        one, other = block.watched, block.beside
        if state is DeploymentState.LIVE and other.rows:
            evidence = worse_rate(one.errors, one.rows, other.errors, other.rows)
            yield from _alarm("errors", block, evidence, _beside("errors", block, "errors"))
            return
        if one.rows:
            evidence = above_rate(one.errors, one.rows, self.limits.error_rate)
            says = say(
                "errors_alone", bad=one.errors, rows=one.rows, allowed=self.limits.error_rate
            )
            yield from _alarm("errors", block, evidence, says)

    def _latency(self, block: ArmBlock) -> Iterator[GuardVerdict]:
        one, other = block.watched, block.beside
        evidence = worse_rate(one.slow, one.rows, other.slow, other.rows)
        says = _beside("latency", block, "slow", slow=self.limits.slow_ms)
        yield from _alarm("latency", block, evidence, says)

    def _split(self, block: ArmBlock, percent: float) -> Iterator[GuardVerdict]:
        if block.size != BLOCKS[0][0] or block.beside.rows >= 2 * block.size:
            return  # where control is no longer counted, the split is not known
        hits, rows = block.watched.rows, block.watched.rows + block.beside.rows
        if not rows:
            return
        evidence = other_rate(hits, rows, percent / 100)
        says = say("sample_ratio", hits=hits, rows=rows, got=hits / rows, wanted=percent)
        yield from _alarm("sample_ratio", block, evidence, says)

    @property
    def answered(self) -> int:
        """Entities that the longest block has seen in the watched arm."""
        return max(block.watched.rows for block in self.blocks)

    @property
    def is_calm(self) -> bool:
        """Whether the newest block speaks against an error."""
        block = self.blocks[0]
        return block.watched.rows > 0 and block.watched.errors == 0

    def to_plain(self) -> list[dict[str, Any]]:
        """Return the state as JSON; `restore` takes it back."""
        return [
            {
                "size": block.size,
                "seconds": block.seconds,
                "number": block.number,
                "began": block.began,
                "watched": [block.watched.rows, block.watched.errors, block.watched.slow],
                "beside": [block.beside.rows, block.beside.errors, block.beside.slow],
                "seen": sorted(block.seen),
            }
            for block in self.blocks
        ]

    def restore(self, plain: list[Mapping[str, Any]]) -> None:
        """Go on from a state that `to_plain` gave."""
        self.blocks = [
            ArmBlock(
                one["size"],
                one["seconds"],
                one["number"],
                one["began"],
                ArmTotals(*one["watched"]),
                ArmTotals(*one["beside"]),
                set(one["seen"]),
            )
            for one in plain
        ]


def _beside(key: str, block: ArmBlock, count: str, **facts: Any) -> str:
    return say(
        key,
        bad=getattr(block.watched, count),
        rows=block.watched.rows,
        beside_bad=getattr(block.beside, count),
        beside_rows=block.beside.rows,
        **facts,
    )


def _alarm(guard: str, block: ArmBlock, evidence: float, says: str) -> Iterator[GuardVerdict]:
    share = SHARES[block.size]
    facts = {"evidence": round(evidence, 2), "rows": block.watched.rows, "block": block.size}
    if guard in PULL and evidence > _bar(PULL[guard] * share, block.number):
        yield GuardVerdict(guard, "model", "pull", says, facts)
    elif evidence > _bar(ALARM[guard] * share, block.number):
        yield GuardVerdict(guard, "model", "alert", says, facts)


def _bar(alpha: float, look: int) -> float:
    """Return how large a log e-value has to be: the parts of all looks, 1/look², add up to alpha.

    The first look gets more than with `threshold`: most stages end in a block's first turn.
    """
    return math.log(1 / alpha) + math.log(math.pi**2 / 6) + 2 * math.log(look)


def entities_needed(bound: float, confidence: float = 0.9) -> int:
    """Return how many entities without an error rule out an error rate.

    Args:
        bound: the rate.
        confidence: that it is ruled out.
    """
    return math.ceil(math.log(1 - confidence) / math.log(1 - bound))


def advice_of(
    guards: ArmGuards, alarms: list[GuardVerdict], *, shadow_entities: int | None = None
) -> GuardVerdict:
    """Return whether the model may get more traffic, and what is missing until it may.

    Args:
        guards: over the arms.
        alarms: that are open.
        shadow_entities: how many a shadow run has to see; none when the model is live.
    """
    rows = guards.answered
    if shadow_entities is not None:
        more = max(0, shadow_entities - rows)
        says = say("hold_shadow" if more else "hold_shadow_seen", rows=rows, more=more)
        return GuardVerdict("rollout", "model", "hold", says, {"rows": rows, "more": more})
    bound = guards.limits.error_bound
    more = max(0, entities_needed(bound) - rows)
    facts = {"rows": rows, "more": more, "bound": bound}
    if alarms or more or not guards.is_calm:
        return GuardVerdict("rollout", "model", "hold", say("hold", **facts), facts)
    return GuardVerdict("rollout", "model", "go", say("go", **facts), facts)
