"""Watches every column of what callers send for change, one row for each entity.

Entities come back and their rows are alike, so an entity counts once in a block. Blocks of three
sizes run side by side: the small ones see a broken column at once, the large ones a slight shift.
Each new block is a fresh bet with a smaller share of the allowed false alarms. Pure: rows in, bets
out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from serving.evidence import (
    changed_location,
    changed_shares,
    log_mean,
    lost_relation,
    threshold,
)
from serving.form import MISSING_BIN, OTHER_BIN
from serving.texts import say

SIZES: Final = (100, 400, 1_600)
"""Entities of a block."""
AGES: Final = (3_600.0, 6 * 3_600.0, 24 * 3_600.0)
"""Seconds after which a block that is not full begins anew, so that returning entities count."""
FEWEST: Final = 15
"""Entities before a block says anything."""
MOST_TRUST: Final = 1_500.0
"""Rows that the training data's shares count for at most: a healthy population moves a little."""
_STAKES: Final = {"shares": 0.3, "location": 0.4, "relation": 0.3}
"""A slight shift of all values needs the largest stake; what breaks shows with any."""
CALM: Final = 1.0
"""Log evidence of a whole block below which nothing speaks for a change."""
_MUCH: Final = 0.25
"""By how much a bin's share has risen, to be what is said of the column."""
SCORES: Final = "score"
"""The pseudo-column of the model's scores."""


@dataclass(frozen=True)
class TrainingColumn:
    """What is known of a column from training.

    Args:
        name: of the column.
        shares: of its bins, adding to one; the last bin is missing, or other levels.
        ranks: of the bins of numbers; none for levels.
        groups: coarse group of each bin.
        partners: position of a partner column, and the table of both.
    """

    name: str
    shares: tuple[float, ...]
    ranks: tuple[float, ...] = ()
    groups: tuple[int, ...] = ()
    partners: tuple[tuple[int, tuple[tuple[float, ...], ...]], ...] = ()


def columns_of(reference: Mapping[str, Any], watched: Sequence[str]) -> list[TrainingColumn]:
    """Return the watched columns as training had them.

    Args:
        reference: as kept with the model.
        watched: the columns in the order of their bins.
    """
    rows = float(reference.get("rows") or 1_000)
    joint = reference.get("joint") or {}
    place = {name: number for number, name in enumerate(watched)}
    found = []
    for name in watched:
        spread = reference["columns"][name]
        together = joint.get(name, {"groups": (), "partners": ()})
        found.append(
            TrainingColumn(
                name,
                _smoothed(spread, rows),
                _ranks(spread),
                tuple(together["groups"]),
                tuple(
                    (place[one["with"]], tuple(map(tuple, one["shares"])))
                    for one in together["partners"]
                ),
            )
        )
    return found


def score_column(reference: Mapping[str, Any]) -> TrainingColumn:
    """Return the model's scores as a column."""
    rows = float(reference.get("rows") or 1_000)
    return TrainingColumn(SCORES, _smoothed(reference["scores"], rows), _ranks(reference["scores"]))


def _smoothed(spread: Mapping[str, Any], rows: float) -> tuple[float, ...]:
    if "levels" in spread:
        shares = [*spread["shares"], max(0.0, 1 - math.fsum(spread["shares"]))]
    else:
        known = 1 - spread["missing"]
        shares = [*(one * known for one in spread["shares"]), spread["missing"]]
    raised = [one * rows + 0.5 for one in shares]
    whole = math.fsum(raised)
    return tuple(one / whole for one in raised)


def _ranks(spread: Mapping[str, Any]) -> tuple[float, ...]:
    """Return the mean rank of each bin's values, from about -1.7 to 1.7; none for missing."""
    if "levels" in spread:
        return ()
    ranks, below = [], 0.0
    for share in spread["shares"]:
        ranks.append((below + share / 2 - 0.5) * math.sqrt(12))
        below += share
    return tuple(ranks)


def place_of(code: int, column: TrainingColumn) -> int:
    """Return a bin's place among a column's shares."""
    last = len(column.shares) - 1
    return last if code in (MISSING_BIN, OTHER_BIN) else min(code, last)


@dataclass
class Block:
    """Entities seen since a block began, counted by bin.

    Args:
        size: entities that fill it.
        number: which block of its size, from 1.
        began: of its first entity, in seconds.
        seen: the entities.
        rows: places of each entity's bins.
    """

    size: int
    number: int = 1
    began: float | None = None
    seen: set[str] = field(default_factory=set)
    counts: list[list[int]] = field(default_factory=list)
    tables: dict[tuple[int, int], list[list[int]]] = field(default_factory=dict)

    def next(self) -> Block:
        """Return the block after this one."""
        return Block(self.size, self.number + 1)


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """What a block says of a column.

    Args:
        column: its name.
        size: of the block.
        entities: that it has seen.
        excess: how far the evidence is above (below when negative) what an alarm needs.
        evidence: the log e-value.
        says: what has changed most, in words.
    """

    column: str
    size: int
    entities: int
    excess: float
    evidence: float
    says: str


def _of_itself(bets: Sequence[tuple[str, float]]) -> float:
    """Return the evidence that a column's own values have changed."""
    return max(value for says, value in bets if says != "relation")


def _together(bets: Sequence[tuple[str, float]]) -> float:
    """Return the log e-value of a column's bets, each kind with a share of the stake."""
    kinds = [says for says, _ in bets]
    stakes = [_STAKES[says] / kinds.count(says) for says in kinds]
    whole = math.fsum(stakes)
    return log_mean([value for _, value in bets], [stake / whole for stake in stakes])


class Drift:
    """The bets on all columns.

    Args:
        columns: as training had them.
        rows: of training.
        alpha: the chance of a false alarm, over all columns, sizes and blocks.
    """

    def __init__(self, columns: Sequence[TrainingColumn], rows: float, alpha: float) -> None:
        self.columns = list(columns)
        self._trust = max(1.0, min(rows, MOST_TRUST))
        self._alpha = alpha / max(1, len(columns)) / len(SIZES)
        self.blocks = [Block(size) for size in SIZES]
        self.finished: list[ColumnChange] = []
        self._calm: dict[str, float] = {}

    def see(self, entity: str, codes: Sequence[int], at: float) -> None:
        """Take one row; an entity that a block has seen already counts no more in it.

        Args:
            entity: whom it is about.
            codes: a bin for each column.
            at: when, in seconds.
        """
        places = [place_of(code, column) for code, column in zip(codes, self.columns, strict=True)]
        for number, age in enumerate(AGES):
            block = self.blocks[number]
            if block.began is not None and at - block.began > age:
                block = self._begin_anew(number)
            if entity in block.seen:
                continue
            self._count(block, entity, places, at)
            if len(block.seen) >= block.size:
                self._begin_anew(number)

    def _begin_anew(self, number: int) -> Block:
        block = self.blocks[number]
        changes = self._changes(block)
        self.finished += changes
        for one in changes:
            if one.evidence < CALM and one.entities > block.size / 2:
                self._calm[f"{one.size} {one.column}"] = block.began or 0.0
        self.blocks[number] = self.blocks[number].next()
        return self.blocks[number]

    def _count(self, block: Block, entity: str, places: Sequence[int], at: float) -> None:
        if block.began is None:
            block.began = at
            block.counts = [[0] * len(column.shares) for column in self.columns]
        block.seen.add(entity)
        for counts, place in zip(block.counts, places, strict=True):
            counts[place] += 1
        for own, column in enumerate(self.columns):
            for other, shares in column.partners:
                table = block.tables.get((own, other))
                if table is None:
                    table = block.tables[own, other] = [[0] * len(row) for row in shares]
                partner = self.columns[other]
                table[partner.groups[places[other]]][column.groups[places[own]]] += 1

    def changes(self) -> list[ColumnChange]:
        """Return what all blocks say: those that ended since the last look, and those under way.

        After an alarm all blocks begin anew, so that what was seen before it does not keep the
        alarm from closing once the column is mended.
        """
        found, self.finished = self.finished, []
        found += self.peek()
        if any(change.excess > 0 for change in found):
            self.blocks = [block.next() for block in self.blocks]
        return found

    def peek(self) -> list[ColumnChange]:
        """Return what the blocks under way say."""
        return [change for block in self.blocks for change in self._changes(block)]

    def is_calm(self, column: str, size: int, since: float) -> bool:
        """Return whether a whole block that began since then shows no change of a column.

        Args:
            column: its name.
            size: of the block that showed one; a smaller one might not.
            since: when it was shown, in seconds.
        """
        return self._calm.get(f"{size} {column}", 0.0) > since

    def _changes(self, block: Block) -> list[ColumnChange]:
        """Return what a block says of each column.

        A relation that is lost is lost for both of its columns. So those of a column that has
        itself changed say nothing more; the rest is laid to the column of which most is lost.
        """
        if len(block.seen) < FEWEST:
            return []
        lost = self._lost(block)
        bets = [self._bets(block, at, lost) for at in range(len(self.columns))]
        needed = threshold(self._alpha, block.number)
        evidence = [_together(each) for each in bets]
        own = {at for at, each in enumerate(bets) if _of_itself(each) > needed}
        rest = {pair: value for pair, value in lost.items() if not own & set(pair)}
        broken = {at for at in range(len(bets)) if evidence[at] > needed} - own
        culprit = self._culprit(broken, rest, own)
        return [
            ColumnChange(
                column.name,
                block.size,
                len(block.seen),
                self._excess(at, evidence[at] - needed, broken, culprit),
                evidence[at],
                self._words(block, at, max(bets[at], key=lambda bet: bet[1])[0]),
            )
            for at, column in enumerate(self.columns)
        ]

    def _words(self, block: Block, at: int, changed: str) -> str:
        column, counts = self.columns[at], block.counts[at]
        rows = len(block.seen)
        if changed == "relation":
            return say("relation")
        most = max(range(len(counts)), key=lambda place: counts[place])
        last = len(counts) - 1
        for place, key in (
            (last, "shares_missing" if column.ranks else "shares_other"),
            (most, "shares_one"),
        ):
            now, was = counts[place] / rows, column.shares[place]
            if now > was + _MUCH:
                return say(key, now=now, was=was)
        if column.ranks and changed == "location":
            total = math.fsum(map(lambda one, rank: one * rank, counts, column.ranks))
            return say("location_up" if total > 0 else "location_down")
        return say("shares")

    def _culprit(
        self, broken: set[int], rest: Mapping[tuple[int, int], float], own: set[int]
    ) -> int | None:
        """Return the column of which most relations are lost, if that is not explained already."""
        if not broken or (own and not any(value > 0 for value in rest.values())):
            return None
        blame = dict.fromkeys(range(len(self.columns)), 0.0)
        for pair, value in rest.items():
            for at in pair:
                blame[at] += value
        return max(blame, key=lambda at: blame[at])

    @staticmethod
    def _excess(at: int, excess: float, broken: set[int], culprit: int | None) -> float:
        if at == culprit:
            return max(excess, 1e-9)
        return min(excess, -1e-9) if at in broken else excess

    def _lost(self, block: Block) -> dict[tuple[int, int], float]:
        """Return the evidence that each column no longer goes with each of its partners."""
        return {
            (at, other): lost_relation(block.tables[at, other], shares, self._trust)
            for at, column in enumerate(self.columns)
            for other, shares in column.partners
            if (at, other) in block.tables
        }

    def _bets(
        self, block: Block, at: int, lost: Mapping[tuple[int, int], float]
    ) -> list[tuple[str, float]]:
        column, counts = self.columns[at], block.counts[at]
        bets = [("shares", changed_shares(counts, column.shares, self._trust))]
        if column.ranks:
            known = sum(counts[: len(column.ranks)])
            total = math.fsum(map(lambda one, rank: one * rank, counts, column.ranks))
            bets.append(("location", changed_location(total, known, self._trust)))
        return bets + [("relation", lost[at, other]) for other, _ in column.partners if lost]

    def to_plain(self) -> dict[str, Any]:
        """Return the state as JSON; `restore` takes it back."""
        return {
            "calm": self._calm,
            "blocks": [
                {
                    "size": block.size,
                    "number": block.number,
                    "began": block.began,
                    "seen": sorted(block.seen),
                    "counts": block.counts,
                    "tables": [[*key, table] for key, table in block.tables.items()],
                }
                for block in self.blocks
            ],
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on from a state that `to_plain` gave."""
        self._calm = dict(plain["calm"])
        self.blocks = [
            Block(
                one["size"],
                one["number"],
                one["began"],
                set(one["seen"]),
                one["counts"],
                {(own, other): table for own, other, table in one["tables"]},
            )
            for one in plain["blocks"]
        ]
