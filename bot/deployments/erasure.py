"""Deletion of what a deployment has recorded, when its time is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from bot.db.models import Sprint, Timer
from bot.db.notice_models import ScoreEvent
from bot.db.serving_models import Outcome, Prediction, WatchMinute
from bot.deployments import queries
from bot.domain.enums import AuditAction, TimerKind
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


def forget_old(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Delete what a deployment has recorded for longer than it keeps, and come again tomorrow.

    The facts of the sprint's record stay: they are sums in the stages and the audit trail.
    """
    row, _ = queries.locked(uow, int(timer.facts["deployment_id"]))
    before = datetime.now(UTC) - timedelta(days=row.retention_days)
    gone = [
        uow.count(delete(table).where(table.deployment_id == row.id, moment < before))
        for table, moment in (
            (Prediction, Prediction.at),
            (Outcome, Outcome.received_at),
            (WatchMinute, WatchMinute.minute),
            (ScoreEvent, ScoreEvent.at),
        )
    ]
    if any(gone):
        uow.audit_row(BOT_ACTOR, AuditAction.FORGOT, row, predictions=gone[0], outcomes=gone[1])
    uow.session.flush()
    if gone[0] or row.state in queries.SERVED:
        uow.set_timer(
            sprint.id,
            timer.key,
            TimerKind.DEPLOYMENT_RETENTION,
            uow.now + timedelta(days=1),
            deployment_id=row.id,
        )
