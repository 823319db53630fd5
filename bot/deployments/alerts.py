"""Alerts of a deployment: what its guards found, what came together as one, when it was posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import AuditEntry
from bot.db.serving_models import GuardFinding
from bot.domain.enums import AuditAction, AuditSubject
from bot.unit_of_work import UnitOfWork

FOUND_TOGETHER: Final = timedelta(minutes=1)
ALARMS: Final = ("alert", "pull")


def open_findings(
    uow: UnitOfWork, row: Deployment, levels: Sequence[str] = ALARMS
) -> Sequence[GuardFinding]:
    """Return what the guards found and what is not closed."""
    return uow.session.scalars(
        select(GuardFinding)
        .where(
            GuardFinding.deployment_id == row.id,
            GuardFinding.closed_at.is_(None),
            GuardFinding.level.in_(levels),
        )
        .order_by(GuardFinding.opened_at, GuardFinding.id)
    ).all()


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """What the guards found together: one cause often shows in several columns.

    Args:
        findings: in the order of their finding, at least one.
    """

    findings: Sequence[GuardFinding]

    @property
    def first(self) -> GuardFinding:
        """The one that was found first; it names the alert."""
        return self.findings[0]

    @property
    def lead(self) -> GuardFinding:
        """The one that most speaks for; it is what the alert says."""
        return max(
            self.findings,
            key=lambda one: (one.level == "pull", float((one.facts or {}).get("evidence") or 0.0)),
        )

    @property
    def others(self) -> list[GuardFinding]:
        """What was found beside it."""
        return [one for one in self.findings if one is not self.lead]

    @property
    def closed_at(self) -> datetime | None:
        """When the last of it was over; None while anything still is."""
        ends = [one.closed_at for one in self.findings]
        return None if None in ends else max(each for each in ends if each is not None)

    @property
    def pulls(self) -> bool:
        """Whether a guard took the model out for it."""
        return any(one.level == "pull" for one in self.findings)


def alert_groups(uow: UnitOfWork, row: Deployment) -> list[AlertGroup]:
    """Return a deployment's alarms, those that came within a minute as one alert."""
    groups: list[list[GuardFinding]] = []
    for finding in all_findings(uow, row):
        near = groups and finding.opened_at - groups[-1][0].opened_at <= FOUND_TOGETHER
        if near:
            groups[-1].append(finding)
        else:
            groups.append([finding])
    return [AlertGroup(group) for group in groups]


def alerted_at(uow: UnitOfWork, row: Deployment) -> dict[int, datetime]:
    """Return when each alert was posted, by its first finding, on the sprint's own clock."""
    entries = uow.session.scalars(
        select(AuditEntry).where(
            AuditEntry.sprint_id == row.sprint_id,
            AuditEntry.subject == AuditSubject.DEPLOYMENT,
            AuditEntry.subject_id == row.id,
            AuditEntry.action == AuditAction.ALERTED,
        )
    )
    return {int(entry.facts["finding"]): entry.at for entry in entries}


def alert_group(uow: UnitOfWork, row: Deployment, finding_id: int) -> AlertGroup:
    """Return the alert that a finding belongs to.

    Raises:
        LookupError: it raised none.
    """
    for group in alert_groups(uow, row):
        if any(one.id == finding_id for one in group.findings):
            return group
    message = f"finding {finding_id} raised no alert"
    raise LookupError(message)


def all_findings(uow: UnitOfWork, row: Deployment) -> Sequence[GuardFinding]:
    """Return every alarm that the guards ever raised about a deployment."""
    return uow.session.scalars(
        select(GuardFinding)
        .where(GuardFinding.deployment_id == row.id, GuardFinding.level.in_(ALARMS))
        .order_by(GuardFinding.opened_at, GuardFinding.id)
    ).all()
