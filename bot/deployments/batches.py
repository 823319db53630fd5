"""Tables that a deployment scores as a whole: requested, scored by a worker, shown on one card.

A batch is a due row. It goes by the machine's time, as serving does.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.serving_models import ServingBatch, ServingWorker
from bot.deployments import announcements, queries
from bot.deployments.batch_cards import batch_key, can_try_again, into_word, show
from bot.deployments.service import OPERATOR
from bot.domain.batches import TO_SHADOW, BatchAttempt, table_name
from bot.domain.enums import (
    MODEL_ASKED,
    UNFINISHED_BATCHES,
    AuditAction,
    AuditSubject,
    BatchState,
    DeploymentState,
    OutboxKind,
)
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say, say_plain
from bot.messages.keys import Key
from bot.sprints.people import require
from bot.sprints.selection import refuse_cancelled
from bot.unit_of_work import Change, Runtime, UnitOfWork

LEASE: Final = timedelta(seconds=20)
"""A batch whose worker died is taken over after this; the lease is kept up while it is scored."""
MOST_CSV: Final = 20_000_000
"""Bytes of a file that goes into the channel through the outbox."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """A table to score, or a log to replay.

    Args:
        source: a configured source, or a path or URL from the machine itself.
        table: of the source; None where it has only one.
        entity_column: whom a row is about.
        into: "" for a new table, `TO_CSV` with a path or without, or `TO_SHADOW`.
        credential: names the database that a table is written to; None for `serving.write_url`.
        every_hours: orders it again after so many; None for once.
    """

    source: str
    table: str | None
    entity_column: str
    into: str = ""
    credential: str | None = None
    every_hours: int | None = None


class LeaseStatus(StrEnum):
    """Whether the worker of a batch goes on, or why not."""

    ON = auto()
    CANCELLED = auto()
    ROLLED_BACK = auto()
    TAKEN_OVER = auto()


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """A batch to work off.

    Args:
        team_id: the workspace.
        attempt: the claim itself.
        source: where the table is.
        into: see `BatchRequest`.
        credential: see `BatchRequest`.
    """

    team_id: str
    attempt: BatchAttempt
    source: str
    into: str
    credential: str | None


def request_batch(
    uow: UnitOfWork,
    actor_id: str,
    deployment_id: int,
    asked: BatchRequest,
    *,
    owner: str | None = None,
) -> ServingBatch:
    """Let a table be scored as soon as a worker is free.

    Args:
        uow: the transaction.
        actor_id: who orders it.
        deployment_id: whose model scores it.
        asked: what and where.
        owner: who works it off at once, so that no worker takes it; None for whoever is free.

    Raises:
        InputError: the model answers nobody, it is not in its shadow run, or they may not.
    """
    row, sprint = queries.locked(uow, deployment_id)
    if actor_id != OPERATOR:
        require(uow, actor_id, Action.DEPLOY, sprint)
    require_answering(row, sprint, asked.into)
    batch = ServingBatch(
        deployment_id=row.id,
        source=asked.source,
        table_name=asked.table,
        entity_column=asked.entity_column,
        into=asked.into,
        credential=asked.credential,
        every_hours=asked.every_hours,
        requested_by=actor_id,
        due_at=datetime.now(UTC),
    )
    if owner is not None:
        _take(batch, owner)
    uow.session.add(batch)
    uow.session.flush()
    _announce_request(uow, actor_id, sprint, batch, every_hours=batch.every_hours)
    return batch


def require_answering(row: Deployment, sprint: Sprint, into: str) -> None:
    """Make sure that a table can be scored, or a log replayed, as the deployment is now.

    Raises:
        InputError: it cannot, or the sprint was cancelled.
    """
    refuse_cancelled(sprint)
    if into == TO_SHADOW and row.state != DeploymentState.SHADOW:
        raise InputError(say("batch.replay_only_in_shadow"))
    if row.state not in MODEL_ASKED:
        state = say_plain(f"rollout.state_{row.state}")
        raise InputError(say("batch.nothing_answers", state=state))


def cancel(uow: UnitOfWork, actor_id: str, batch_id: int) -> None:
    """Stop a batch, and its repetition; what it had written so far goes.

    Raises:
        InputError: it is over, not there, or they may not.
    """
    batch, row, sprint = _locked(uow, batch_id)
    if actor_id != OPERATOR:
        require(uow, actor_id, Action.DEPLOY, sprint)
    if batch.state not in UNFINISHED_BATCHES:
        raise InputError(say("batch.over"))
    batch.state, batch.finished_at = BatchState.CANCELLED.value, datetime.now(UTC)
    uow.changes.add(Change.BATCHES)
    uow.audit_row(actor_id, AuditAction.CANCELLED, row, batch=batch.id)
    show(uow, sprint, batch)


def require_failed(
    uow: UnitOfWork, actor_id: str, batch_id: int
) -> tuple[ServingBatch, Deployment]:
    """Make sure that somebody may have a batch tried again.

    Raises:
        InputError: it has not failed, the operator ordered it, the model answers nobody, or they
            may not.
    """
    batch = uow.session.get(ServingBatch, batch_id)
    row, sprint = queries.find(uow, batch.deployment_id if batch else 0)
    require(uow, actor_id, Action.DEPLOY, sprint)
    if batch is None or not can_try_again(batch):
        raise InputError(say("batch.not_to_try"))
    require_answering(row, sprint, batch.into)
    return batch, row


def try_again(uow: UnitOfWork, actor_id: str, batch_id: int) -> None:
    """Order a failed batch once more, as it was; if it repeats, its next turn is due already.

    Raises:
        InputError: see `require_failed`.
    """
    _, _, sprint = _locked(uow, batch_id)
    batch, _ = require_failed(uow, actor_id, batch_id)
    batch.state, batch.due_at = BatchState.WAITING.value, datetime.now(UTC)
    batch.error = batch.started_at = batch.finished_at = batch.every_hours = None
    batch.requested_by = actor_id
    _announce_request(uow, actor_id, sprint, batch)


def _announce_request(
    uow: UnitOfWork, actor_id: str, sprint: Sprint, batch: ServingBatch, **more: int | None
) -> None:
    uow.changes.add(Change.BATCHES)
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.REQUESTED,
        AuditSubject.DEPLOYMENT,
        batch.deployment_id,
        batch=batch.id,
        source=batch.source,
        table=batch.table_name,
        into=into_word(batch.into),
        credential=batch.credential,
        **more,
    )
    show(uow, sprint, batch)


def _locked(uow: UnitOfWork, batch_id: int) -> tuple[ServingBatch, Deployment, Sprint]:
    of_batch = select(ServingBatch.deployment_id).where(ServingBatch.id == batch_id)
    row, sprint = queries.locked(uow, uow.session.scalar(of_batch) or 0)
    batch = uow.session.get_one(ServingBatch, batch_id, with_for_update=True)
    return batch, row, sprint


# --- working off ----------------------------------------------------------------------------


def claim(runtime: Runtime) -> ClaimedBatch | None:
    """Take the batch that is due longest, or that a dead worker left behind; None without one."""
    with runtime.reading_sessions() as session:
        found = session.execute(
            select(ServingBatch.id, Sprint.team_id)
            .join(Deployment, Deployment.id == ServingBatch.deployment_id)
            .join(Sprint, Sprint.id == Deployment.sprint_id)
            .where(_is_free())
            .order_by(ServingBatch.due_at, ServingBatch.id)
            .limit(1)
        ).first()
    if found is None:
        return None
    with runtime.uow(found.team_id) as uow:
        batch, row, sprint = _locked(uow, found.id)
        if uow.session.scalar(select(_is_free()).where(ServingBatch.id == batch.id)) is not True:
            return None
        if row.state == DeploymentState.ENDED:
            batch.state, batch.finished_at = BatchState.CANCELLED.value, datetime.now(UTC)
            show(uow, sprint, batch)
            return None
        before = batch.owner if batch.state == BatchState.RUNNING else None
        owner = uuid.uuid4().hex
        _take(batch, owner)
        show(uow, sprint, batch)
        return claimed_of(uow.team_id, batch, owner, before)


def _is_free() -> ColumnElement[bool]:
    now = datetime.now(UTC)
    return or_(
        (ServingBatch.state == BatchState.WAITING) & (ServingBatch.due_at <= now),
        (ServingBatch.state == BatchState.RUNNING)
        & (ServingBatch.leased_until.is_(None) | (ServingBatch.leased_until < now)),
    )


def _take(batch: ServingBatch, owner: str) -> None:
    now = datetime.now(UTC)
    batch.state, batch.owner = BatchState.RUNNING.value, owner
    batch.started_at, batch.leased_until, batch.progress = now, now + LEASE, {}


def claimed_of(
    team_id: str, batch: ServingBatch, owner: str, before: str | None = None
) -> ClaimedBatch:
    """Return what a worker has to know of a batch that it has taken."""
    table = table_name(batch.deployment_id, batch.due_at, batch.id)
    attempt = BatchAttempt(batch.id, owner, table, before)
    return ClaimedBatch(team_id, attempt, batch.source, batch.into, batch.credential)


def renew_lease(
    runtime: Runtime, claimed: ClaimedBatch, progress: Mapping[str, Any]
) -> LeaseStatus:
    """Keep a batch for another lease and report its progress.

    Returns:
        Whether it goes on.
    """
    with runtime.uow(claimed.team_id) as uow:
        batch, row, sprint = _locked(uow, claimed.attempt.number)
        if batch.state == BatchState.CANCELLED:
            return LeaseStatus.CANCELLED
        if batch.owner != claimed.attempt.owner or batch.state != BatchState.RUNNING:
            return LeaseStatus.TAKEN_OVER
        batch.leased_until = datetime.now(UTC) + LEASE
        if row.state not in MODEL_ASKED:
            return LeaseStatus.ROLLED_BACK
        if progress and dict(progress) != batch.progress:
            batch.progress = dict(progress)
            show(uow, sprint, batch)
    return LeaseStatus.ON


def finish(
    runtime: Runtime,
    claimed: ClaimedBatch,
    facts: Mapping[str, Any],
    error: str | None = None,
    csv: bytes | None = None,
) -> None:
    """Write down what came of a batch, post it, and order the next one of a repeated batch.

    Args:
        runtime: the shared parts.
        claimed: the batch; what another worker took over meanwhile is left alone.
        facts: columns of the row, as `serving.batches` gives them.
        error: why it could not be done.
        csv: the file that goes into the channel.
    """
    with runtime.uow(claimed.team_id) as uow:
        batch, row, sprint = _locked(uow, claimed.attempt.number)
        if batch.owner != claimed.attempt.owner or batch.state != BatchState.RUNNING:
            return
        if csv is not None and len(csv) > MOST_CSV:
            error = say_plain("batch.csv_too_large", megabytes=MOST_CSV // 1_000_000)
        if error is None:
            for name, value in facts.items():
                setattr(batch, name, value)
        batch.state = (BatchState.DONE if error is None else BatchState.FAILED).value
        batch.error, batch.owner, batch.progress = error, None, {}
        batch.finished_at = datetime.now(UTC)
        if error is None and csv is not None:
            _post_file(uow, sprint, batch, csv)
        following = None if batch.every_hours is None else _next(batch, batch.finished_at)
        if following is not None:
            uow.session.add(following)
        uow.session.flush()
        uow.changes.add(Change.DEPLOYMENTS)
        uow.audit_row(
            batch.requested_by or OPERATOR,
            AuditAction.FINISHED,
            row,
            batch=batch.id,
            rows=batch.rows,
            into=batch.into,
            error=error,
        )
        show(uow, sprint, batch)
        if following is not None:
            show(uow, sprint, following)  # says when, and can be cancelled until then
        announcements.show(uow, sprint, row)


def _next(batch: ServingBatch, now: datetime) -> ServingBatch:
    """Return the next one of a repeated batch; after an outage one catches up for all."""
    every = timedelta(hours=batch.every_hours or 1)
    passed = max(0, (now - batch.due_at) // every)
    return ServingBatch(
        deployment_id=batch.deployment_id,
        source=batch.source,
        table_name=batch.table_name,
        entity_column=batch.entity_column,
        into=batch.into if into_word(batch.into) != "table" else "",
        credential=batch.credential,
        every_hours=batch.every_hours,
        requested_by=batch.requested_by,
        due_at=batch.due_at + (passed + 1) * every,
    )


def _post_file(uow: UnitOfWork, sprint: Sprint, batch: ServingBatch, csv: bytes) -> None:
    uow.upsert(
        Key(f"{batch_key(sprint, batch)}:file"),
        None,
        {
            "filename": f"scores-{batch.deployment_id}-{batch.id}.csv",
            "title": say_plain("batch.file_title", source=batch.source),
            "alt": say_plain("batch.file_title", source=batch.source),
            "content": base64.b64encode(csv).decode("ascii"),
            "share": True,
        },
        kind=OutboxKind.UPLOAD,
        sprint_id=sprint.id,
    )


def observe_rows(runtime: Runtime, worker: str, host: str, pid: int) -> None:
    """Write that the worker of batches obeys each deployment's newest state.

    Where no process serves calls, it is the only thing that gives the model's answers: it is the
    replica that a rollback is timed by.

    Args:
        runtime: the shared parts.
        worker: names the worker.
        host: of this machine.
        pid: of this process.
    """
    with runtime.sessions.begin() as session:
        now = datetime.now(UTC)
        for row in queries.to_serve(session):
            seen = session.scalars(
                select(ServingWorker).where(
                    ServingWorker.deployment_id == row.id, ServingWorker.worker == worker
                )
            ).one_or_none()
            if seen is None:
                seen = ServingWorker(deployment_id=row.id, worker=worker, started_at=now, url="")
                session.add(seen)
            seen.host, seen.pid, seen.form = host, pid, say_plain("batch.replica")
            seen.generation, seen.state, seen.percent = row.generation, row.state, row.percent
            seen.seen_at = now
