"""Looks at links that are due: a worker claims one, calls outside, and writes down what it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import or_, select

from bot.db.evidence_models import EvidenceLink, EvidenceSystem
from bot.db.models import Blocker
from bot.domain.enums import BlockerState
from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence import links
from bot.evidence.links import ACCESS
from bot.evidence.service import bring_up_to_date, take_facts
from bot.unit_of_work import Runtime, UnitOfWork

LEASE: Final = timedelta(minutes=3)
"""How long a worker has for one look, by the machine's time; then another one takes it."""


@dataclass(frozen=True, slots=True)
class LinkToPoll:
    """A link to look at.

    Args:
        team_id: the workspace.
        link_id: the link's row.
        sprint_id: its sprint.
        adapter: whose subject it is.
        subject: what to ask for.
        system_id: the system to ask; None for access to a source.
    """

    team_id: str
    link_id: int
    sprint_id: int
    adapter: str
    subject: str
    system_id: int | None


def claim_look(runtime: Runtime, owner: str) -> LinkToPoll | None:
    """Take the next link that is wanted and that nobody looks at."""
    now = datetime.now(UTC)
    free = (
        EvidenceLink.wanted_at.is_not(None),
        or_(EvidenceLink.leased_until.is_(None), EvidenceLink.leased_until < now),
    )
    with runtime.reading_sessions() as session:
        found = session.execute(
            select(EvidenceLink.id, EvidenceLink.team_id)
            .where(*free)
            .order_by(EvidenceLink.wanted_at, EvidenceLink.id)
            .limit(1)
        ).first()
    if found is None:
        return None
    with runtime.uow(found.team_id) as uow:
        link = uow.session.scalars(
            select(EvidenceLink)
            .where(EvidenceLink.id == found.id, *free)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if link is None:
            return None
        link.owner, link.leased_until = owner, now + LEASE
        return LinkToPoll(
            *(found.team_id, link.id, link.sprint_id, link.adapter, link.subject, link.system_id)
        )


def is_looking(runtime: Runtime) -> bool:
    """Return whether any link waits for a look or is being looked at."""
    with runtime.reading_sessions() as session:
        wanted = select(EvidenceLink.id).where(EvidenceLink.wanted_at.is_not(None)).limit(1)
        return session.scalar(wanted) is not None


def finish_look(
    runtime: Runtime,
    look: LinkToPoll,
    owner: str,
    facts: Sequence[SystemEvent],
    problem: str | None,
) -> None:
    """Write down what a look saw, and set the time of the next one.

    Args:
        runtime: the shared parts.
        look: what was looked at.
        owner: who looked; one that took too long writes nothing.
        facts: what was told.
        problem: why nothing could be told, in a sentence; None when it could.
    """
    with runtime.uow(look.team_id) as uow:
        sprint = uow.sprint(look.sprint_id, lock=True)
        link = uow.session.get(EvidenceLink, look.link_id, populate_existing=True)
        if link is None or link.owner != owner:
            return
        link.owner = link.leased_until = link.wanted_at = None
        link.looked_at, link.error = uow.now, problem
        uow.session.flush()
        # What holds a wait is asked for each time, and is an event only where it changed.
        facts = [each for each in facts if (each.kind, each.value) != (FactKind.HELD, link.held)]
        if look.system_id is None:
            links.keep_facts(uow, links.origin_of_link(link), facts)
            bring_up_to_date(uow, sprint.id, link.id)
        else:
            _note_system(uow, look.system_id, problem)
            take_facts(uow, look.system_id, facts)
        blocker = uow.session.get_one(Blocker, link.blocker_id)
        at = links.next_look(uow, sprint, link)
        if at is not None and blocker.state == BlockerState.OPEN:
            links.look_at(uow, blocker, link, at)


def _note_system(uow: UnitOfWork, system_id: int, problem: str | None) -> None:
    row = uow.session.get(EvidenceSystem, system_id)
    if row is not None:
        row.last_asked_at, row.error = uow.now, problem


def granted(look: LinkToPoll, at: datetime) -> SystemEvent:
    """Return the fact that a row of a source could be read."""
    assert look.adapter == ACCESS  # noqa: S101 - only these wait for a grant
    return SystemEvent(look.subject, FactKind.ACCESS, at, "select", WaitStatus.DONE)
