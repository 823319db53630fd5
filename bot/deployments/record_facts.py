"""Deployments in the record of a sprint: what was seen, by rows, and what was only said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.models import Sprint
from bot.db.serving_models import WatchState
from bot.deployments import alerts, announcements, queries
from bot.deployments.wording import finding_words
from bot.domain import going_live, record
from bot.domain.enums import AuditAction, DeploymentState
from bot.domain.traffic import Arm
from bot.domain.vocabulary import FindingLevel, GuardrailOutcome, OwnedPart
from bot.messages.catalog import say_plain
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork

STEPS: Final = frozenset({AuditAction.OPENED, AuditAction.ADVANCED, AuditAction.STEPPED_BACK})
"""Changes after which the model answers a share of the traffic."""
GATE: Final = "go_live"
PRECISION: Final = 6


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """What a sprint's record says of its deployments."""

    deployments: tuple[going_live.Deployment, ...]
    rollbacks: tuple[going_live.Rollback, ...]
    ownerships: tuple[going_live.Ownership, ...]
    guardrails: tuple[going_live.Guardrail, ...]
    findings: tuple[record.Finding, ...]
    overrides: tuple[record.Override, ...]


def deployment_record(
    uow: UnitOfWork, sprint: Sprint, end: float, link: Callable[[str], str | None]
) -> DeploymentRecord:
    """Return what a sprint's record says of its deployments.

    Args:
        uow: the transaction.
        sprint: the sprint.
        end: the hour at which the record ends.
        link: returns the permalink of the sprint's message of a name.
    """
    reader = _Reader(uow, sprint, end, link)
    rows = queries.of_sprint(uow, sprint.id)
    return DeploymentRecord(
        deployments=tuple(each for row in rows for each in reader.deployments(row)),
        rollbacks=tuple(each for row in rows for each in reader.rollbacks(row)),
        ownerships=tuple(each for row in rows for each in reader.ownerships(row)),
        guardrails=tuple(each for row in rows for each in reader.guardrails(row)),
        findings=tuple(each for row in rows for each in reader.overridden(row)[0]),
        overrides=tuple(each for row in rows for each in reader.overridden(row)[1]),
    )


class _Reader:
    """Reads one sprint's deployments into facts."""

    def __init__(
        self, uow: UnitOfWork, sprint: Sprint, end: float, link: Callable[[str], str | None]
    ) -> None:
        self._uow = uow
        self._sprint = sprint
        self._end = end
        self._link = link

    def _hour(self, moment: datetime) -> float:
        return round(hour_of(self._sprint, moment), PRECISION)

    def _name(self, user_id: str | None) -> str:
        return announcements.actor_words(self._uow, user_id or "")

    def deployments(self, row: Deployment) -> list[going_live.Deployment]:
        """Return each step that gave a model traffic; what was measured stands with the last."""
        if row.state == DeploymentState.CLAIMED:
            return [self._claimed(row)]
        steps = [stage for stage in queries.stages(self._uow, row) if stage.kind in STEPS]
        return [
            going_live.Deployment(
                id=f"deployment-{row.id}-{stage.generation}",
                at=self._hour(stage.at),
                by=self._name(stage.actor_id),
                percent=stage.to_percent,
                permalink=self._link(f"deployment:{row.id}"),
                made_here=True,
                observed=self.observed(row) if stage is steps[-1] else None,
            )
            for stage in steps
        ]

    def _claimed(self, row: Deployment) -> going_live.Deployment:
        watched = row.watched or {}
        checks, up = int(watched.get("checks", 0)), int(watched.get("up", 0))
        shown = row.evidence or (row.address if up else None)
        seen = going_live.LiveMeasures(uptime=round(up / checks, 4)) if checks else None
        return going_live.Deployment(
            id=f"deployment-{row.id}",
            at=self._hour(row.deployed_at),
            by=self._name(row.deployed_by),
            percent=row.percent,
            permalink=self._link(f"deployment:{row.id}"),
            evidence=shown,
            observed=seen,
        )

    def rollbacks(self, row: Deployment) -> list[going_live.Rollback]:
        """Return each time that a model which had traffic was taken back."""
        if row.state == DeploymentState.CLAIMED:
            return [self._noted_rollback(row)] if row.rolled_back_at else []
        return [
            going_live.Rollback(
                id=f"rollback-{row.id}-{stage.generation}",
                at=self._hour(stage.at),
                by=self._name(stage.actor_id),
                reason=stage.reason or "",
                permalink=self._link(f"deployment:{row.id}"),
            )
            for stage in queries.stages(self._uow, row)
            if stage.kind == AuditAction.ROLLED_BACK and stage.from_state == DeploymentState.LIVE
        ]

    def _noted_rollback(self, row: Deployment) -> going_live.Rollback:
        return going_live.Rollback(
            id=f"rollback-{row.id}",
            at=self._hour(row.rolled_back_at or self._uow.now),
            by=self._name(row.rolled_back_by),
            reason=row.rollback_reason or "",
            permalink=self._link(f"deployment:{row.id}"),
        )

    def ownerships(self, row: Deployment) -> list[going_live.Ownership]:
        """Return who has accepted to own a part."""
        return [
            going_live.Ownership(
                id=f"owner-{row.id}-{owner.part}",
                part=OwnedPart(owner.part),
                owner=self._name(owner.user_id),
                at=self._hour(owner.accepted_at),
                by=self._name(owner.named_by),
                permalink=self._link(f"checklist:{row.id}"),
            )
            for owner in queries.owners(self._uow, row)
            if owner.accepted_at is not None
        ]

    def guardrails(self, row: Deployment) -> list[going_live.Guardrail]:
        """Return each alarm of a guard, at the hour at which it was posted."""
        posted = alerts.alerted_at(self._uow, row)
        return [
            going_live.Guardrail(
                id=f"guardrail-{row.id}-{group.first.id}",
                name=str(finding_words(group.lead)),
                outcome=GuardrailOutcome.BREACHED,
                at=self._hour(posted.get(group.first.id, self._uow.now)),
                by=self._name("guard"),
                permalink=self._link(f"alert:{row.id}:{group.first.id}"),
            )
            for group in alerts.alert_groups(self._uow, row)
            if group.first.id in posted
        ]

    def overridden(
        self, row: Deployment
    ) -> tuple[Sequence[record.Finding], Sequence[record.Override]]:
        """Return the conditions that were missing when somebody opened it all the same."""
        if not row.override_reason:
            return (), ()
        opened = next(
            (each for each in queries.stages(self._uow, row) if each.kind == AuditAction.OPENED),
            None,
        )
        at = self._hour(opened.at if opened else row.deployed_at)
        missing = queries.overridden_conditions(self._uow, row)
        link = self._link(f"checklist:{row.id}")
        findings = [
            record.Finding(
                id=f"gate-{row.id}-{place}",
                probe=GATE,
                source=say_plain("rollout.gate_source", number=row.id),
                level=FindingLevel.STOPS.value,
                code=f"gate_{key.replace(':', '_')}",
                sentence=say_plain(
                    "rollout.gate_missing", condition=key.replace(":", " ").replace("_", " ")
                ),
                at=at,
                permalink=link,
            )
            for place, key in enumerate(missing)
        ]
        overrides = [
            record.Override(
                id=f"override-{finding.id}",
                code=finding.code,
                why=row.override_reason,
                at=at,
                by=self._name(row.override_by),
                finding=finding.id,
                permalink=link,
            )
            for finding in findings
        ]
        return findings, overrides

    # --- what was measured --------------------------------------------------------------------

    def observed(self, row: Deployment) -> going_live.LiveMeasures:
        """Return what was measured; what nobody measured stays None."""
        stages = queries.stages(self._uow, row)
        model = queries.arm_figures(self._uow, row)[Arm.MODEL]
        alarms = alerts.alert_groups(self._uow, row)
        watched = row.watched or {}
        checks = int(watched.get("checks", 0))
        timed = _rollback_seconds(row, stages)
        return going_live.LiveMeasures(
            hours_live=round(self._hours_live(stages), 2),
            calls=model.calls,
            people=model.people,
            uptime=round(int(watched.get("up", 0)) / checks, 4) if checks else None,
            alarms=len(alarms),
            alarms_answered=sum(_was_answered(alarm, stages) for alarm in alarms),
            rollback_seconds=timed,
            quality=self._looked(row, "quality"),
            effect=self._looked(row, "effect") or self._small_effect(row),
        )

    def _hours_live(self, stages: Sequence[DeploymentStage]) -> float:
        """Return the hours with traffic on the sprint's clock, until the record's end."""
        hours = 0.0
        for place, stage in enumerate(stages):
            if stage.to_state != DeploymentState.LIVE:
                continue
            following = stages[place + 1] if place + 1 < len(stages) else None
            until = min(self._end, self._hour(following.at) if following else self._end)
            hours += max(0.0, until - self._hour(stage.at))
        return hours

    def _looked(self, row: Deployment, name: str) -> str | None:
        """Return what the watch says of quality or effect, in its words."""
        state = self._uow.session.scalars(
            select(WatchState).where(WatchState.deployment_id == row.id)
        ).one_or_none()
        found = (state.look if state else {}).get(name)
        says = found.get("says") if isinstance(found, dict) else found
        return str(says) if says else None

    def _small_effect(self, row: Deployment) -> str:
        people = queries.arm_figures(self._uow, row)[Arm.MODEL].people
        return say_plain("rollout.effect_small", people=people)


def _was_answered(alarm: alerts.AlertGroup, stages: Sequence[DeploymentStage]) -> bool:
    """Return whether somebody changed something after an alarm was raised."""
    return any(stage.written_at >= alarm.first.opened_at for stage in stages)


def _rollback_seconds(row: Deployment, stages: Sequence[DeploymentStage]) -> float | None:
    """Return how long the newest real rollback took, else the rehearsed one."""
    real = [
        stage.effective_ms
        for stage in stages
        if stage.kind == AuditAction.ROLLED_BACK and stage.effective_ms is not None
    ]
    took = real[-1] if real else row.rehearsal_ms
    return None if took is None else round(took / 1_000, 2)
