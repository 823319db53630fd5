"""Who works on a run: claimed under a lease, kept up, finished with its findings."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select

from bot.db.models import ProbeRun
from bot.domain.enums import OutboxKind, ProbeRunState
from bot.messages import keys
from bot.messages.catalog import say
from bot.outbox.queue import Priority
from bot.probe_runs.service import UPLOADS, after_findings, show_run
from bot.unit_of_work import Runtime, UnitOfWork

LEASE: Final = timedelta(seconds=15)
"""A run whose bot died is taken over after this; the lease is kept up while the probe runs."""
UNFINISHED: Final = (ProbeRunState.WAITING, ProbeRunState.RUNNING, ProbeRunState.CANCELLING)
MOST_PICTURES: Final = 3


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that a probe drew."""

    name: str
    title: str
    alt: str
    content: bytes


def claim_run(runtime: Runtime, owner: str) -> tuple[str, ProbeRun] | None:
    """Take the next run that nobody works on, or that a dead bot left behind.

    Args:
        runtime: the shared parts.
        owner: who takes it.

    Returns:
        The workspace and the run, or None when there is nothing to do.
    """
    now = datetime.now(UTC)
    free = or_(
        ProbeRun.state == ProbeRunState.WAITING,
        ProbeRun.state.in_((ProbeRunState.RUNNING, ProbeRunState.CANCELLING))
        & (ProbeRun.leased_until < now),
    )
    with runtime.reading_sessions() as session:
        found = session.execute(
            select(ProbeRun.id, ProbeRun.team_id).where(free).order_by(ProbeRun.id).limit(1)
        ).first()
    if found is None:
        return None
    with runtime.uow(found.team_id) as uow:
        run = uow.session.scalars(
            select(ProbeRun).where(ProbeRun.id == found.id, free).with_for_update(skip_locked=True)
        ).one_or_none()
        if run is None:
            return None
        if run.state == ProbeRunState.CANCELLING:
            _end_abandoned(uow, run)
            return None
        if run.state == ProbeRunState.RUNNING:
            run.progress = say("probe.again_after_restart")
        run.state = ProbeRunState.RUNNING
        run.owner = owner
        run.leased_until = now + LEASE
        show_run(uow, run)
    return found.team_id, run


def _end_abandoned(uow: UnitOfWork, run: ProbeRun) -> None:
    """End a run that was to be stopped and whose bot died before it could say so."""
    run.state = ProbeRunState.CANCELLED
    run.finished_at = uow.now
    run.owner = None
    show_run(uow, run)


def is_probing(runtime: Runtime) -> bool:
    """Return whether any run is not finished."""
    with runtime.reading_sessions() as session:
        unfinished = select(ProbeRun.id).where(ProbeRun.state.in_(UNFINISHED)).limit(1)
        return session.scalar(unfinished) is not None


def keep_run(runtime: Runtime, team_id: str, run_id: int, owner: str, progress: str | None) -> bool:
    """Keep a run for another lease and report its progress.

    Returns:
        Whether it goes on; False after somebody cancelled it or another bot took it.
    """
    with runtime.uow(team_id) as uow:
        run = uow.session.get_one(ProbeRun, run_id, with_for_update=True)
        if run.owner != owner or run.state != ProbeRunState.RUNNING:
            return False
        run.leased_until = datetime.now(UTC) + LEASE
        if progress and progress != run.progress:
            run.progress = progress
            show_run(uow, run)
    return True


def finish_run(
    runtime: Runtime,
    team_id: str,
    run_id: int,
    owner: str,
    result: Mapping[str, Any],
    pictures: Sequence[StoredPicture] = (),
    keep: Callable[[UnitOfWork, ProbeRun], None] = lambda _uow, _run: None,
) -> None:
    """Write a run's findings down and post them; what another bot took over meanwhile is not mine.

    Args:
        runtime: the shared parts.
        team_id: the workspace.
        run_id: the run.
        owner: who ran it.
        result: the result as `probes.contract` writes it.
        pictures: what it drew.
        keep: keeps what it made beside its findings, in the same transaction.
    """
    with runtime.uow(team_id) as uow:
        run = uow.session.get_one(ProbeRun, run_id, with_for_update=True)
        if run.owner != owner or run.state not in UNFINISHED:
            return
        was_cancelled = run.state == ProbeRunState.CANCELLING
        run.state = ProbeRunState.CANCELLED if was_cancelled else ProbeRunState.DONE
        run.finished_at = uow.now
        run.owner = None
        kept = {} if was_cancelled else dict(result)
        run.result = {**run.result, **kept, "phase": run.request.get("phase")}
        if not was_cancelled:
            run.result = {**run.result, UPLOADS: _upload(uow, run, pictures)}
        uow.session.flush()
        show_run(uow, run)
        if not was_cancelled:
            keep(uow, run)
            after_findings(uow, run)


def _upload(uow: UnitOfWork, run: ProbeRun, pictures: Sequence[StoredPicture]) -> list[list[str]]:
    uploads = []
    for picture in pictures[:MOST_PICTURES]:
        key = keys.probe_picture(run.sprint_id, run.id, picture.name)
        uow.upsert(
            key,
            None,
            {
                "filename": f"{picture.name}.png",
                "title": picture.title,
                "alt": picture.alt,
                "content": base64.b64encode(picture.content).decode("ascii"),
                "share": False,
            },
            kind=OutboxKind.UPLOAD,
            sprint_id=run.sprint_id,
            priority=Priority.SETUP,
        )
        uploads.append([str(key), picture.title, picture.alt])
    return uploads
