"""What the monitor does with what it sees: times changes, turns findings into alerts and pulls.

Moments here are the machine's, as serving writes them; the sprint's clock may be another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.db.deployment_models import CLAIMED_LIVE, Deployment, DeploymentStage
from bot.db.models import Sprint
from bot.db.serving_models import GuardFinding, ServingWorker
from bot.deployments import alerts, announcements, queries, service
from bot.deployments.wording import finding_words
from bot.domain.enums import AuditAction, DeploymentState
from bot.domain.traffic import Arm
from bot.messages.catalog import say_plain
from bot.sprints.overview import refresh_pinned_card
from bot.unit_of_work import Runtime, UnitOfWork

REHEARSAL_SECONDS: Final = 10.0
"""A rehearsal that no serving process has answered by then is over."""
TIMED_FOR: Final = timedelta(minutes=10)
"""A change that no replica has taken for so long is not timed any more; they may all be away."""
REACHED_FOR: Final = timedelta(minutes=1)
"""Who was seen so lately may still answer, also where the database is out of its reach."""
SHOWN_FOR: Final = timedelta(hours=1)
"""How long after its end an alert may still have to be closed in Slack."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that not every replica is known to have taken."""

    team_id: str
    stage_id: int
    deployment_id: int
    generation: int
    kind: str
    written_at: datetime
    to_state: str
    pseudonym_key: str | None


@dataclass(frozen=True, slots=True)
class Served:
    """A deployment that a process has to serve, or an address that has to be asked."""

    team_id: str
    deployment_id: int
    address: str | None


def served(session: Session) -> list[Served]:
    """Return what is to be watched, of all workspaces."""
    rows = session.execute(
        select(Sprint.team_id, Deployment.id, Deployment.address)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(
            or_(
                Deployment.state.in_(queries.SERVED),
                CLAIMED_LIVE & Deployment.address.is_not(None),
            )
        )
        .order_by(Deployment.id)
    )
    return [Served(*row) for row in rows]


def pending(session: Session, moment: datetime) -> list[Pending]:
    """Return the newest change of each deployment that is not timed yet.

    Args:
        session: an open session.
        moment: the machine's time.
    """
    rows = session.execute(
        select(
            Sprint.team_id,
            DeploymentStage.id,
            DeploymentStage.deployment_id,
            DeploymentStage.generation,
            DeploymentStage.kind,
            DeploymentStage.written_at,
            DeploymentStage.to_state,
            Deployment.pseudonym_key,
        )
        .join(Deployment, Deployment.id == DeploymentStage.deployment_id)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(
            DeploymentStage.effective_ms.is_(None),
            DeploymentStage.generation == Deployment.generation,
            DeploymentStage.written_at > moment - TIMED_FOR,
            Deployment.state.in_(queries.SERVED),
        )
    )
    return [Pending(*row) for row in rows]


def newest_address(runtime: Runtime) -> str | None:
    """Return where the replica answers that was seen last; None where none is up."""
    moment = datetime.now(UTC)
    with runtime.reading_sessions() as session:
        return session.scalars(
            select(ServingWorker.url)
            .where(ServingWorker.seen_at >= moment - queries.SEEN_FOR)
            .order_by(ServingWorker.seen_at.desc(), ServingWorker.id.desc())
            .limit(1)
        ).first()


def addresses(session: Session, change: Pending, moment: datetime) -> list[str]:
    """Return where the replicas of a deployment answer that were seen in the last minute.

    Args:
        session: an open session.
        change: what is pending.
        moment: the machine's time.
    """
    return list(
        session.scalars(
            select(ServingWorker.url)
            .where(
                ServingWorker.deployment_id == change.deployment_id,
                ServingWorker.seen_at >= moment - REACHED_FOR,
            )
            .distinct()
        )
    )


def observe(
    runtime: Runtime,
    change: Pending,
    moment: datetime,
    announced: AbstractSet[str] = frozenset(),
) -> bool:
    """Note that every replica has taken a change, or that nobody answered a rehearsal.

    Args:
        runtime: the shared parts.
        change: what was pending.
        moment: the machine's time.
        announced: addresses of replicas that have confirmed it past the database.

    Returns:
        Whether it is settled.
    """
    took = (moment - change.written_at).total_seconds() * 1_000
    with runtime.reading_sessions() as session:
        workers = _workers(session, change.deployment_id, moment)
    obeyed = bool(workers) and all(
        each.generation >= change.generation or each.url in announced for each in workers
    )
    is_rehearsal = change.kind == AuditAction.REHEARSED
    if not obeyed and not (is_rehearsal and took > REHEARSAL_SECONDS * 1_000):
        return False
    with runtime.uow(change.team_id) as uow:
        if is_rehearsal:
            measured = took if obeyed else None
            service.end_rehearsal(uow, change.deployment_id, measured, len(workers))
        else:
            service.effective(uow, change.stage_id, took, len(workers))
    return True


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who has taken a change so far.

    Args:
        milliseconds: until every replica had taken it; None where that is not known.
        replicas: how many were seen lately.
        waiting: those among them that have not confirmed it, by address, process and machine.
    """

    milliseconds: float | None
    replicas: int
    waiting: tuple[str, ...]


def confirmation(runtime: Runtime, stage_id: int, moment: datetime) -> Confirmation:
    """Return which replicas have taken a change.

    Args:
        runtime: the shared parts.
        stage_id: the change.
        moment: the machine's time.
    """
    with runtime.reading_sessions() as session:
        stage = session.get_one(DeploymentStage, stage_id)
        workers = _workers(session, stage.deployment_id, moment)
    if stage.effective_ms is not None:
        return Confirmation(stage.effective_ms, stage.replicas or 0, ())
    waiting = [one for one in workers if one.generation < stage.generation]
    named = tuple(f"{one.url} (process {one.pid} on {one.host})" for one in waiting)
    return Confirmation(None, len(workers), named)


def _workers(session: Session, deployment_id: int, moment: datetime) -> Sequence[ServingWorker]:
    return session.scalars(
        select(ServingWorker).where(
            ServingWorker.deployment_id == deployment_id,
            ServingWorker.seen_at >= moment - queries.SEEN_FOR,
        )
    ).all()


def act_on_findings(
    runtime: Runtime, team_id: str, deployment_id: int, moment: datetime, seen: str = ""
) -> str:
    """Show what the guards found, close what is over, and pull the model where one says so.

    Args:
        runtime: the shared parts.
        team_id: the workspace.
        deployment_id: the deployment.
        moment: the machine's time.
        seen: what the look before returned; cards are left alone while it is still so.

    Returns:
        What is shown, for the next look.
    """
    with runtime.reading(team_id) as uow:  # counted here: it takes long, and SQLite has one writer
        people = queries.people_in(uow, queries.find(uow, deployment_id)[0], Arm.SHADOW)
    with runtime.uow(team_id) as uow:
        row, sprint = queries.locked(uow, deployment_id)
        groups = [group for group in alerts.alert_groups(uow, row) if _is_shown(group, moment)]
        pull = next((one for group in groups for one in group.findings if _pulls(row, one)), None)
        if pull is not None:
            service.roll_back(uow, service.GUARD, deployment_id, finding_words(pull))
        _count_check(uow, row, moment)
        shown = f"{people} {_shown(uow, row, groups, moment)}"
        if shown != seen:
            for group in groups:
                _note(uow, row, group)
                announcements.show_alert(uow, row, group)
            announcements.show(uow, sprint, row)
    return shown


def _count_check(uow: UnitOfWork, row: Deployment, moment: datetime) -> None:
    """Count whether a live model had a replica at this look; the record's uptime rests on it."""
    if row.state != DeploymentState.LIVE:
        return
    before = row.watched or {}
    is_up = bool(queries.replicas(uow, row, moment))
    row.watched = {
        **before,
        "checks": int(before.get("checks", 0)) + 1,
        "up": int(before.get("up", 0)) + is_up,
    }


def _is_shown(group: alerts.AlertGroup, moment: datetime) -> bool:
    return group.closed_at is None or group.closed_at > moment - SHOWN_FOR


def _shown(
    uow: UnitOfWork, row: Deployment, groups: Sequence[alerts.AlertGroup], moment: datetime
) -> str:
    """Return what makes the cards look as they do; figures count once a minute."""
    found = [(one.id, one.closed_at is None, one.level) for g in groups for one in g.findings]
    outcomes = queries.outcome_count(uow, row)
    advice = queries.advice_on(uow, row)
    return f"{row.generation} {advice} {outcomes} {moment:%H:%M} {found}"


def _pulls(row: Deployment, finding: GuardFinding) -> bool:
    """Return whether a finding takes the model out: it is open, and about what is live now."""
    return (
        finding.level == "pull"
        and finding.closed_at is None
        and row.state == DeploymentState.LIVE
        and finding.generation >= row.generation
    )


def _note(uow: UnitOfWork, row: Deployment, group: alerts.AlertGroup) -> None:
    """Write an alert's first appearance into the trail, on the sprint's clock."""
    if uow.find_message(announcements.alert_key(row, group)) is not None:
        return
    uow.audit_row(
        service.GUARD,
        AuditAction.ALERTED,
        row,
        finding=group.first.id,
        guard=group.lead.guard,
        about=group.lead.subject,
        level=group.lead.level,
    )


def note_answer(
    runtime: Runtime, team_id: str, deployment_id: int, answer: Mapping[str, Any], moment: datetime
) -> None:
    """Note whether an address that runs elsewhere has answered.

    Args:
        runtime: the shared parts.
        team_id: the workspace.
        deployment_id: the deployment.
        answer: `status`, or `error` where nothing answered.
        moment: the machine's time.
    """
    with runtime.uow(team_id) as uow:
        row, sprint = queries.locked(uow, deployment_id)
        before = row.watched or {}
        error = _error(answer)
        now = {
            "checks": int(before.get("checks", 0)) + 1,
            "up": int(before.get("up", 0)) + (error is None),
            "error": error,
            "at": moment.isoformat(),
            "down_since": (before.get("down_since") or moment.isoformat()) if error else None,
        }
        row.watched = now
        if (before.get("error") is None) != (error is None) or not before.get("checks"):
            uow.audit_row(
                service.GUARD,
                AuditAction.WENT_DOWN if error else AuditAction.CAME_UP,
                row,
                error=error,
            )
            announcements.show_elsewhere(uow, row)
            refresh_pinned_card(uow, sprint)


def _error(answer: Mapping[str, Any]) -> str | None:
    status = answer.get("status")
    if isinstance(status, int):
        return None if 200 <= status < 400 else say_plain("rollout.status_code", code=status)
    return str(answer.get("error") or say_plain("rollout.no_answer"))
