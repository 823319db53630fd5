"""What blockers wait for in outside systems: links, the facts behind them, and when to look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Table, func, or_, select

from bot.db.evidence_models import EvidenceFact, EvidenceLink
from bot.db.models import Blocker, Sprint, Timer
from bot.domain.enums import LIVE, AuditAction, BlockerState, LinkOrigin, TimerKind
from bot.domain.waits import FactKind, SystemEvent, WaitInterval, WaitStatus, interval_of
from bot.evidence.contract import LONGEST_VALUE
from bot.evidence.systems import Connected, origin_of, systems
from bot.outbox.queue import INSERTS
from bot.unit_of_work import BOT_ACTOR, Change, UnitOfWork

ACCESS: Final = "access"
"""The adapter's name of links that wait for a grant on a configured source."""
CALENDAR: Final = "calendar"
LOOK_EVERY: Final = {ACCESS: timedelta(seconds=30), CALENDAR: timedelta(hours=6)}
LOOK_OTHERWISE: Final = timedelta(minutes=5)
SLOWER_AFTER: Final = 10
"""How many times as long between two looks once the sprint is over."""
GIVEN_UP: Final = timedelta(days=120)
"""What has not ended so long after it was linked is looked at no more."""
FACTS: Final[Table] = EvidenceFact.__table__  # type: ignore[assignment]  # a model of its own table
MOST_MATCHED: Final = 50
MOST_KEYS: Final = 500


def keep_facts(uow: UnitOfWork, origin: str, facts: Iterable[SystemEvent]) -> set[str]:
    """Write facts down that are not known yet; return the subjects that they are about."""
    by_key = {fact.key: fact for fact in facts}
    if not by_key:
        return set()
    rows = [
        {
            "team_id": uow.team_id,
            "origin": origin,
            "key": key,
            "subject": fact.subject,
            "kind": fact.kind.value,
            "at": fact.at,
            "value": fact.value[:LONGEST_VALUE],
            "standing": fact.standing.value if fact.standing else None,
            "link": fact.link,
            "title": fact.title[:LONGEST_VALUE],
            "received_at": uow.now,
        }
        for key, fact in sorted(by_key.items())
    ]
    uow.session.execute(INSERTS[uow.dialect](FACTS).values(rows).on_conflict_do_nothing())
    return {fact.subject for fact in by_key.values()}


def all_keys(uow: UnitOfWork, origin: str, subjects: Iterable[str]) -> set[str]:
    """Return subjects with the keys that they had before and have since they were moved."""
    known, new = set[str](), set(subjects)
    while new and len(known) < MOST_KEYS:
        known |= new
        pairs = uow.session.execute(
            select(EvidenceFact.subject, EvidenceFact.value).where(
                EvidenceFact.team_id == uow.team_id,
                EvidenceFact.origin == origin,
                EvidenceFact.kind == FactKind.MOVED,
                or_(EvidenceFact.subject.in_(new), EvidenceFact.value.in_(new)),
            )
        ).all()
        new = {key for pair in pairs for key in pair} - known
    return known


def facts_about(uow: UnitOfWork, origin: str, subject: str) -> list[SystemEvent]:
    """Return all that one origin reported about a subject, under any key that it had."""
    rows = uow.session.scalars(
        select(EvidenceFact).where(
            EvidenceFact.team_id == uow.team_id,
            EvidenceFact.origin == origin,
            EvidenceFact.subject.in_(all_keys(uow, origin, [subject])),
        )
    )
    return [
        SystemEvent(
            row.subject,
            FactKind(row.kind),
            row.at,
            row.value,
            WaitStatus(row.standing) if row.standing else None,
            row.link,
            row.title,
        )
        for row in rows
    ]


def origin_of_link(link: EvidenceLink) -> str:
    """Return what the facts of a link are kept under."""
    is_own = link.adapter == ACCESS or link.system_id is None
    return f"link:{link.id}" if is_own else origin_of(int(link.system_id or 0))


def links_of(uow: UnitOfWork, blocker_id: int) -> Sequence[EvidenceLink]:
    """Return a blocker's links in the order of their making."""
    return uow.session.scalars(
        select(EvidenceLink).where(EvidenceLink.blocker_id == blocker_id).order_by(EvidenceLink.id)
    ).all()


def add_link(
    uow: UnitOfWork,
    blocker: Blocker,
    actor_id: str,
    adapter: str,
    subject: str,
    how: LinkOrigin,
    *,
    system: Connected | None = None,
    asked_at: datetime | None = None,
) -> EvidenceLink | None:
    """Link a blocker, which is locked, to something in an outside system.

    Returns:
        The link, or None when the blocker has it already.
    """
    known = [each for each in links_of(uow, blocker.id) if each.adapter == adapter]
    if any(each.subject == subject for each in known):
        return None
    link = EvidenceLink(
        team_id=uow.team_id,
        sprint_id=blocker.sprint_id,
        blocker_id=blocker.id,
        system_id=system.row_id if system else None,
        adapter=adapter,
        subject=subject,
        how=how,
        linked_by=actor_id,
        linked_at=uow.now,
        asked_at=asked_at,
        url="",
    )
    uow.session.add(link)
    uow.session.flush()
    uow.audit_row(
        actor_id,
        AuditAction.LINKED,
        blocker,
        number=blocker.number,
        adapter=adapter,
        key=subject,
        how=how.value,
    )
    if adapter == ACCESS:
        opened = SystemEvent(subject, FactKind.OPENED, asked_at or uow.now, "", WaitStatus.WAITING)
        keep_facts(uow, origin_of_link(link), [opened])
    measure(uow, link)
    if adapter == ACCESS or (system is not None and system.can_be_asked):
        look_at(uow, blocker, link, uow.now)
    return link


def measure(uow: UnitOfWork, link: EvidenceLink) -> WaitInterval | None:
    """Bring a link's measured columns up to date with the facts; the link is locked.

    Returns:
        The interval; None while no fact tells of one.
    """
    facts = facts_about(uow, origin_of_link(link), link.subject)
    interval = interval_of(facts)
    if interval is not None:
        link.opened_at, link.ended_at = interval.opened_at, interval.ended_at
        link.standing, link.state = interval.standing.value, interval.state
        link.held = interval.held
    coming = [fact.at for fact in facts if fact.kind is FactKind.MEETING and fact.at >= uow.now]
    link.meets_at = min(coming, default=link.meets_at)
    links = [fact.link for fact in facts if fact.link.startswith(("https://", "http://"))]
    link.url = link.url or (links[-1] if links else "")
    return interval


def look_at(uow: UnitOfWork, blocker: Blocker, link: EvidenceLink, at: datetime) -> None:
    """Let a link be looked at when `at` has come."""
    key = look_key(blocker, link)
    uow.set_timer(link.sprint_id, key, TimerKind.EVIDENCE_LOOK, at, link_id=link.id)


def look_key(blocker: Blocker, link: EvidenceLink) -> str:
    """Return the key of a link's timer: it goes with the blocker's others."""
    return f"blocker:{blocker.number}:evidence:{link.id}"


def want_look(uow: UnitOfWork, timer: Timer) -> None:
    """Ask a worker to look at a link now: what is called takes its time outside of this unit."""
    link = uow.session.get(EvidenceLink, int(timer.facts["link_id"]))
    if link is None or link.ended_at is not None:
        return
    link.wanted_at = uow.now
    uow.changes.add(Change.EVIDENCE)


def next_look(uow: UnitOfWork, sprint: Sprint, link: EvidenceLink) -> datetime | None:
    """Return when to look at a link again; None when that is over."""
    if link.ended_at is not None or uow.now - link.linked_at > GIVEN_UP:
        return None
    every = LOOK_EVERY.get(link.adapter, LOOK_OTHERWISE)
    if sprint.status not in LIVE:
        every *= SLOWER_AFTER
    real = uow.runtime.clock.real_seconds_until(uow.now + every)
    if 0 < real < 1:  # on a clock that runs faster, not faster than once a second of ours
        every /= real
    return uow.now + every


def look_on(uow: UnitOfWork, sprint: Sprint, blocker: Blocker | None = None) -> None:
    """Go on looking at what still waits, after timers were dropped: of one blocker, or of all."""
    only = [EvidenceLink.blocker_id == blocker.id] if blocker else []
    rows = uow.session.execute(
        select(EvidenceLink, Blocker)
        .join(Blocker, Blocker.id == EvidenceLink.blocker_id)
        .where(
            EvidenceLink.sprint_id == sprint.id,
            EvidenceLink.ended_at.is_(None),
            Blocker.state == BlockerState.OPEN,
            *only,
        )
    ).all()
    asked = {each.row_id for each in systems(uow.session, uow.team_id) if each.can_be_asked}
    for link, of_blocker in rows:
        at = next_look(uow, sprint, link)
        if at is not None and (link.adapter == ACCESS or link.system_id in asked):
            look_at(uow, of_blocker, link, at)


def link_mentions(uow: UnitOfWork, blocker: Blocker, actor_id: str) -> list[EvidenceLink]:
    """Link a blocker that was just written down to the tickets that its own words name.

    "ISO-27001" looks like a ticket: a key counts where its project was configured, where the system
    has told of it, or of another key of the same project, or where it stands in a ticket's address.
    """
    made = []
    for system in systems(uow.session, uow.team_id):
        for subject in named_subjects(uow, system, blocker):
            how = LinkOrigin.TYPED
            made.append(
                add_link(uow, blocker, actor_id, system.adapter.name, subject, how, system=system)
            )
    return [link for link in made if link is not None]


def named_subjects(uow: UnitOfWork, system: Connected, blocker: Blocker) -> list[str]:
    """Return the subjects of a system that a blocker's words name for certain."""
    if system.adapter.name == CALENDAR:
        return _boards(system, f"{blocker.title} {blocker.waits_for or ''}")
    adapter, settings = system.adapter, system.settings
    text = f"{blocker.title} {blocker.lead_time or ''} {blocker.waits_for or ''}"
    found = adapter.mentions(text, settings)
    if settings.projects:
        return found
    certain = (
        {adapter.subject(each) for each in adapter.urls.finditer(text)} if adapter.urls else {}
    )
    return [key for key in found if key in certain or _is_known(uow, system, key)]


def _boards(system: Connected, text: str) -> list[str]:
    boards = system.settings.projects or (system.name.replace("-", " "),)
    spoken = text.casefold()
    return [board for board in boards if board.casefold() in spoken]


def _is_known(uow: UnitOfWork, system: Connected, key: str) -> bool:
    """Return whether a system has reported a key, or of another one of the same project."""
    project = key.rstrip("0123456789")
    if not project.rstrip("-#! "):
        return False
    found = uow.session.scalar(
        select(func.count())
        .select_from(EvidenceFact)
        .where(
            EvidenceFact.team_id == uow.team_id,
            EvidenceFact.origin == system.origin,
            EvidenceFact.subject.startswith(project, autoescape=True),
        )
    )
    return bool(found)


def link_matching(
    uow: UnitOfWork, system: Connected, subjects: Iterable[str]
) -> list[EvidenceLink]:
    """Link open blockers whose words name a subject that a system has just reported."""
    made = []
    for subject in sorted(subjects):
        rows: Sequence[Any] = uow.session.scalars(
            select(Blocker)
            .join(Sprint, Sprint.id == Blocker.sprint_id)
            .where(
                Blocker.team_id == uow.team_id,
                Blocker.state == BlockerState.OPEN,
                Sprint.status.in_(LIVE),
                func.lower(Blocker.title).contains(subject.lower(), autoescape=True),
            )
            .limit(MOST_MATCHED)
        ).all()
        for blocker in rows:
            if subject in system.adapter.mentions(blocker.title, system.settings):
                name, how = system.adapter.name, LinkOrigin.MATCHED
                made.append(add_link(uow, blocker, BOT_ACTOR, name, subject, how, system=system))
    return [link for link in made if link is not None]
