"""Looks at what was served since the last look, and writes what the guards find.

Runs in the bot, beside no model: what a model is like was published by the worker that loaded it.
A look is a few transactions, each whole: one that fails is as if it had not been, and two bots take
turns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from bot.db.deployment_models import Deployment
from bot.db.engine import session_factory
from bot.db.served_predictions import next_predictions
from bot.db.serving_models import GuardFinding, Outcome, Prediction, WatchState
from bot.domain.enums import DeploymentState
from bot.domain.rollout import SHADOW_ENTITIES
from bot.domain.traffic import Arm, obeyed
from serving.drift import SCORES, ColumnChange, Drift, columns_of, score_column
from serving.evidence import threshold, worse_rate
from serving.form import MISSING_BIN
from serving.guards import (
    COLUMNS_ALPHA,
    SCORES_ALPHA,
    ArmGuards,
    GuardLimits,
    GuardVerdict,
    advice_of,
)
from serving.quality import LabelledRow, effect_of, expected_quality, quality_of
from serving.texts import say

ROWS_AT_A_LOOK: Final = 50_000
"""Rows that one look reads at most; the next one goes on from there."""
ROWS_AT_ONCE: Final = 2_500
"""Rows of one transaction: SQLite has one writer, and a rollback must not wait for a long look."""
_READ: Final = (
    *(Prediction.id, Prediction.generation, Prediction.at, Prediction.entity, Prediction.arm),
    *(Prediction.score, Prediction.bins, Prediction.error, Prediction.latency_ms),
)
OUTCOMES_LOOKED_AT: Final = 50_000
HARM_ALPHA: Final = 0.002
ALARMS: Final = ("alert", "pull")
"""Levels of what is wrong, the lower one first."""


@dataclass(frozen=True, slots=True)
class WatchResult:
    """What one look found.

    Args:
        rows: read since the last one.
        alarms: that are open now.
        advice: go or hold, with what is missing.
    """

    rows: int
    alarms: tuple[GuardVerdict, ...]
    advice: GuardVerdict | None


class Watch:
    """Everything the guards of one deployment know; pure, so that it can be simulated.

    Args:
        published: what a worker told of the model, see `SqlStore.publish`.
        limits: of the deployment.
    """

    def __init__(self, published: Mapping[str, Any], limits: GuardLimits) -> None:
        reference, watched = published["reference"], published["watched"]
        rows = float(reference.get("rows") or 1_000)
        self.columns = Drift(columns_of(reference, watched), rows, COLUMNS_ALPHA)
        self.scores = Drift([score_column(reference)], rows, SCORES_ALPHA)
        self._edges = reference["scores"]["edges"]
        self.arms = ArmGuards(limits)

    def see(self, row: Any, at: float, *, is_current: bool = True) -> None:
        """Take one recorded row.

        Args:
            row: with entity, arm, score, bins, error and latency_ms.
            at: when, in seconds.
            is_current: whether it was answered under the state and share that hold now; what came
                before says nothing about how the arms are split.
        """
        if row.bins is None:
            return  # overloaded or pulled: the model was not asked and nothing was checked
        self.columns.see(row.entity, row.bins, at)
        if row.score is not None:
            self.scores.see(row.entity, [_bin(row.score, self._edges)], at)
        if is_current:
            self.arms.see(
                row.entity, Arm(row.arm), error=row.error, latency_ms=row.latency_ms, at=at
            )

    def alarms(self, state: DeploymentState, percent: float) -> list[GuardVerdict]:
        """Return what speaks for a change since the last look, one finding for each subject."""
        found = list(self.arms.findings(state, percent))
        found += _worst(self.columns, "column")
        found += _worst(self.scores, SCORES)
        best: dict[tuple[str, str], GuardVerdict] = {}
        for one in sorted(found, key=lambda one: ALARMS.index(one.level)):
            best[one.guard, one.subject] = one
        return list(best.values())

    def is_calm(self, finding: GuardFinding) -> bool:
        """Return whether a block that began since shows nothing of what was found."""
        guard, since = finding.guard, finding.opened_at.timestamp()
        drift = {"column": self.columns, SCORES: self.scores}.get(guard)
        if drift is None:
            block = self.arms.blocks[0]
            return (block.began or 0.0) > since and self.arms.is_calm
        return drift.is_calm(finding.subject, int(finding.facts["block"]), since)

    def to_plain(self) -> dict[str, Any]:
        """Return the state as JSON; `restore` takes it back."""
        return {
            "columns": self.columns.to_plain(),
            "scores": self.scores.to_plain(),
            "arms": self.arms.to_plain(),
        }

    def restore(self, plain: Mapping[str, Any]) -> None:
        """Go on from a state that `to_plain` gave."""
        self.columns.restore(plain["columns"])
        self.scores.restore(plain["scores"])
        self.arms.restore(plain["arms"])


def _bin(score: float, edges: Sequence[float]) -> int:
    from bisect import bisect_right

    return MISSING_BIN if math.isnan(score) else bisect_right(edges, score)


def _worst(drift: Drift, guard: str) -> Iterator[GuardVerdict]:
    shown: dict[str, list[ColumnChange]] = {}
    for change in drift.changes():
        if change.excess > 0:
            shown.setdefault(change.column, []).append(change)
    for changes in shown.values():
        change = max(changes, key=lambda one: one.excess)
        facts = {
            "evidence": round(change.evidence, 2),
            "entities": change.entities,
            "block": min(one.size for one in changes),
        }
        yield GuardVerdict(guard, change.column, "alert", change.says, facts)


class Watcher:
    """Watches deployments of a database.

    Args:
        engine: of the bot's database.
    """

    def __init__(self, engine: Engine) -> None:
        self._sessions = session_factory(engine)

    def look(self, deployment_id: int, now: datetime) -> WatchResult | None:
        """Read what was served since the last look and write what the guards find.

        Args:
            deployment_id: which deployment.
            now: the machine's time, as serving writes it.

        Returns:
            What was found; none while no worker has told what the model is like.
        """
        rows = 0
        while True:
            seen = self._look_once(deployment_id, now)
            rows += seen.rows if seen else 0
            if seen is None or seen.rows < ROWS_AT_ONCE or rows >= ROWS_AT_A_LOOK:
                return seen and replace(seen, rows=rows)

    def _look_once(self, deployment_id: int, now: datetime) -> WatchResult | None:
        with self._sessions.begin() as session:
            known = session.scalars(
                select(WatchState)
                .where(WatchState.deployment_id == deployment_id)
                .with_for_update()
            ).one_or_none()
            row = session.get(Deployment, deployment_id)
            if known is None or row is None or "published" not in known.state:
                return None
            return _Looking(session, known, row, now).look()


def watcher_on(engine: Engine) -> Watcher:
    """Return what watches the deployments of a database."""
    return Watcher(engine)


class _Looking:
    """One look, within its transaction."""

    def __init__(self, session: Session, known: WatchState, row: Deployment, now: datetime) -> None:
        self._session = session
        self._known = known
        self._row = row
        self._now = now
        self._published: Mapping[str, Any] = known.state["published"]
        self._state = obeyed(row.state)
        self._limits = GuardLimits.of(row.limits)

    def look(self) -> WatchResult:
        watch = self._watch()
        rows = next_predictions(self._session, self._known, _READ, ROWS_AT_ONCE)
        for row in rows:
            is_current = row.generation == self._row.generation
            watch.see(row, row.at.timestamp(), is_current=is_current)
        found = watch.alarms(self._state, self._row.percent)
        learnt = self._learn(found) if rows or self._has_new_outcomes() else dict(self._known.look)
        alarms = self._write_findings(watch, found)
        advice = self._advise(watch, alarms)
        self._known.state = {
            "published": dict(self._published),
            "of": self._of(),
            "watch": watch.to_plain(),
            "outcomes": self._outcomes_known(),
        }
        self._known.look = learnt | {
            "advice": advice.level if advice else None,
            "needs": dict(advice.facts) if advice else {},
            "columns": _columns_told(watch.columns),
            "rows": len(rows),
        }
        self._known.looked_at = self._now
        return WatchResult(len(rows), tuple(alarms), advice)

    def _of(self) -> list[Any]:
        """Return what the bets are about: another model, state or share begins them anew."""
        return [self._published["sha256"], self._state.value, self._row.percent]

    def _watch(self) -> Watch:
        watch = Watch(self._published, self._limits)
        before = self._known.state
        if "watch" in before:
            plain = dict(before["watch"])
            if before.get("of") != self._of():
                plain["arms"] = ArmGuards(self._limits).to_plain()
            if before["of"][0] == self._published["sha256"]:
                watch.restore(plain)
        return watch

    def _outcomes_known(self) -> int:
        counted = select(func.count(Outcome.id)).where(Outcome.deployment_id == self._row.id)
        return self._session.scalar(counted) or 0

    def _has_new_outcomes(self) -> bool:
        return bool(self._outcomes_known() != self._known.state.get("outcomes", 0))

    def _learn(self, found: list[GuardVerdict]) -> dict[str, Any]:
        """Return quality and effect as far as known, and add harm to what was found."""
        known, sides = _joined(self._session, self._row.id)
        kind, classes = self._published["kind"], self._published["classes"]
        quality = quality_of(kind, classes, known)
        if not known:
            estimate = expected_quality(kind, self._scores())
            quality = estimate or quality
        effect = effect_of(sides[Arm.MODEL], sides[Arm.CONTROL], self._limits.harmful, classes)
        if self._limits.harmful is not None:
            found += _harm(sides, self._limits.harmful)
        return {"quality": quality, "effect": effect}

    def _scores(self) -> list[float]:
        newest = (
            select(Prediction.score)
            .where(Prediction.deployment_id == self._row.id, Prediction.score.is_not(None))
            .order_by(Prediction.id.desc())
            .limit(1_000)
        )
        return [float(score) for score in self._session.scalars(newest) if score is not None]

    def _write_findings(self, watch: Watch, found: list[GuardVerdict]) -> list[GuardVerdict]:
        opened = self._open()
        for finding in found:
            known = opened.get((finding.guard, finding.subject))
            if known is None:
                self._session.add(self._row_of(finding))
            elif known.level == "alert" and finding.level == "pull":
                known.closed_at = self._now
                self._session.add(self._row_of(finding))
        fresh = {(one.guard, one.subject) for one in found}
        still: list[GuardVerdict] = list(found)
        for (guard, subject), row in opened.items():
            if (guard, subject) in fresh:
                continue
            if self._is_over(watch, row):
                row.closed_at = self._now
            else:
                still.append(GuardVerdict(guard, subject, row.level, row.facts["says"], row.facts))
        return still

    def _open(self) -> dict[tuple[str, str], GuardFinding]:
        rows = self._session.scalars(
            select(GuardFinding).where(
                GuardFinding.deployment_id == self._row.id,
                GuardFinding.closed_at.is_(None),
                GuardFinding.level.in_(ALARMS),
            )
        )
        return {(one.guard, one.subject): one for one in rows}

    def _is_over(self, watch: Watch, row: GuardFinding) -> bool:
        if row.level == "pull":
            return bool(self._row.generation > row.generation)
        return watch.is_calm(row)

    def _row_of(self, finding: GuardVerdict) -> GuardFinding:
        return GuardFinding(
            deployment_id=self._row.id,
            guard=finding.guard,
            subject=finding.subject,
            level=finding.level,
            facts=dict(finding.facts) | {"says": finding.says},
            generation=self._row.generation,
            opened_at=self._now,
        )

    def _advise(self, watch: Watch, alarms: list[GuardVerdict]) -> GuardVerdict | None:
        """Write whether the model may get more traffic; one row, which changes."""
        if self._state is DeploymentState.PULLED:
            advice = None
        elif self._state is DeploymentState.SHADOW:
            advice = advice_of(watch.arms, alarms, shadow_entities=SHADOW_ENTITIES)
        else:
            advice = advice_of(watch.arms, alarms)
        known = self._session.scalars(
            select(GuardFinding).where(
                GuardFinding.deployment_id == self._row.id,
                GuardFinding.closed_at.is_(None),
                GuardFinding.guard == "rollout",
            )
        ).all()
        same = [one for one in known if advice and _is_same(one, advice, self._row.generation)]
        for one in known:
            if one not in same:
                one.closed_at = self._now
        if advice is not None and not same:
            self._session.add(self._row_of(advice))
        for one in same:
            assert advice is not None  # noqa: S101 - `same` is empty without it
            one.facts = dict(advice.facts) | {"says": advice.says}
        return advice


def _is_same(row: GuardFinding, advice: GuardVerdict, generation: int) -> bool:
    return bool(row.level == advice.level and row.generation == generation)


def _columns_told(drift: Drift) -> list[dict[str, Any]]:
    """Return each column's evidence for the picture: how near it is to an alarm."""
    columns: dict[str, dict[str, Any]] = {}
    for change in drift.peek():
        known = columns.get(change.column)
        if known is None or change.excess > known["excess"]:
            columns[change.column] = {
                "column": change.column,
                "evidence": round(change.evidence, 2),
                "excess": round(change.excess, 2),
                "entities": change.entities,
            }
    return list(columns.values())


def _harm(sides: Mapping[Arm, Sequence[str]], harmful: str) -> list[GuardVerdict]:
    model, control = sides[Arm.MODEL], sides[Arm.CONTROL]
    bad = [sum(value == harmful for value in side) for side in (model, control)]
    if not model or not control:
        return []
    evidence = worse_rate(bad[0], len(model), bad[1], len(control))
    if evidence <= threshold(HARM_ALPHA):
        return []
    says = say(
        "action",
        value=harmful,
        now=bad[0] / len(model),
        rows=len(model),
        was=bad[1] / len(control),
        beside_rows=len(control),
    )
    facts = {"evidence": round(evidence, 2), "rows": len(model)}
    return [GuardVerdict("action", "model", "pull", says, facts)]


def _joined(session: Session, deployment_id: int) -> tuple[list[LabelledRow], dict[Arm, list[str]]]:
    """Return outcomes with their predictions, one for each entity, and outcomes by arm.

    An outcome of an entity belongs to its first prediction; one that names a prediction, to that.
    """
    outcomes = session.execute(
        select(Outcome.prediction_key, Outcome.entity, Outcome.value)
        .where(Outcome.deployment_id == deployment_id)
        .order_by(Outcome.id.desc())
        .limit(OUTCOMES_LOOKED_AT)
    ).all()
    by_key = {one.prediction_key: one.value for one in outcomes if one.prediction_key}
    by_entity = {one.entity: one.value for one in outcomes if one.entity}
    known: list[LabelledRow] = []
    sides: dict[Arm, list[str]] = {arm: [] for arm in Arm}
    if not outcomes:
        return known, sides
    counted: set[str] = set()
    for row in _answered(session, deployment_id, by_key, by_entity):
        value = by_key.get(row.key, by_entity.get(row.entity))
        if value is None or row.entity in counted:
            continue
        counted.add(row.entity)
        sides[Arm(row.arm)].append(value)
        if row.score is not None:
            known.append(LabelledRow(row.score, row.answer or "", value))
    return known, sides


def _answered(
    session: Session,
    deployment_id: int,
    by_key: Mapping[str, str],
    by_entity: Mapping[str, str],
) -> Iterator[Any]:
    for column, names in ((Prediction.key, list(by_key)), (Prediction.entity, list(by_entity))):
        for start in range(0, len(names), 500):
            yield from session.execute(
                select(
                    Prediction.id,
                    Prediction.key,
                    Prediction.entity,
                    Prediction.arm,
                    Prediction.score,
                    Prediction.answer,
                )
                .where(
                    Prediction.deployment_id == deployment_id,
                    Prediction.bins.is_not(None),
                    column.in_(names[start : start + 500]),
                )
                .order_by(Prediction.id)
            )
