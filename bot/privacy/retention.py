"""Retention in installed workspaces: people of sprints that ended long ago are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Row, and_, delete, func, select

from bot.db.audit_chain import AUDIT
from bot.db.audit_verify import REDACTED
from bot.db.deployment_models import Deployment
from bot.db.models import TIMER_WAITS, AuditEntry, Person, Sprint, Timer
from bot.db.outbox_models import OutboxItem
from bot.deployments.queries import SERVED
from bot.domain.enums import AuditAction, AuditSubject, SprintStatus
from bot.privacy import scope
from bot.privacy.scrubber import Scrubber, new_pseudonym
from bot.privacy.service import redact_trail, scrub_table
from bot.slack.text import PSEUDONYM
from bot.unit_of_work import BOT_ACTOR, Runtime, UnitOfWork

ENDED: Final = (SprintStatus.CLOSED, SprintStatus.CANCELLED)
MOST_AT_ONCE: Final = 50
"""Sprints that are looked for together; each is a transaction of its own."""


def erase_people_of_old_sprints(runtime: Runtime, before: datetime) -> int:
    """Put pseudonyms in the place of everybody in sprints that ended before a moment.

    The record, its verdict and the trail stay. Messages that were sent go. A sprint with a live
    deployment, or with something that still falls due, is left for later.

    Returns:
        How many sprints were done.
    """
    count = 0
    while found := _due(runtime, before):
        for team_id, sprint_id in found:
            with runtime.uow(team_id) as uow:
                _erase_people_of(uow, sprint_id)
        count += len(found)
    return count


def _due(runtime: Runtime, before: datetime) -> Sequence[Row[str, int]]:
    with runtime.reading_sessions() as session:
        wanted = select(Sprint.team_id, Sprint.id).where(_is_due(before))
        return session.execute(wanted.order_by(Sprint.id).limit(MOST_AT_ONCE)).all()


def _is_due(before: datetime) -> ColumnElement[bool]:
    done = select(AuditEntry.sprint_id).where(
        AuditEntry.sprint_id.is_not(None),
        AuditEntry.action == AuditAction.ERASED,
        AuditEntry.subject == AuditSubject.SPRINT,
    )
    ended_at = func.coalesce(Sprint.closed_at, Sprint.ended_at, Sprint.planned_start)
    alive = select(Deployment.sprint_id).where(Deployment.state.in_(SERVED))
    waits = select(Timer.sprint_id).where(TIMER_WAITS)
    return and_(
        Sprint.status.in_(ENDED),
        ended_at < before,
        Sprint.id.not_in(done),
        Sprint.id.not_in(alive),
        Sprint.id.not_in(waits),
    )


def _erase_people_of(uow: UnitOfWork, sprint_id: int) -> None:
    uow.session.execute(
        delete(OutboxItem).where(
            OutboxItem.sprint_id == sprint_id, OutboxItem.team_id == uow.team_id
        )
    )
    people = uow.session.execute(
        select(Person.user_id, Person.name).where(Person.team_id == uow.team_id)
    ).all()
    unknown = [(user_id, "") for user_id in sorted(_in_roles(uow, sprint_id))]
    scrubber = Scrubber(_pseudonyms([*people, *unknown]))
    for table in scope.tables():
        condition = scope.of_sprint(table, sprint_id)
        if condition is not None:
            scrub_table(uow, table, condition, scrubber)
    redacted = redact_trail(uow, AUDIT.c.sprint_id == sprint_id, scrubber)
    uow.audit(
        sprint_id,
        BOT_ACTOR,
        AuditAction.ERASED,
        AuditSubject.SPRINT,
        sprint_id,
        **{REDACTED: redacted},
    )


def _in_roles(uow: UnitOfWork, sprint_id: int) -> set[str]:
    """Return the ids of a sprint's people, whom Slack may never have described."""
    sprint = uow.sprint(sprint_id)
    ids = {sprint.lead_id, sprint.sponsor_id, *(member.user_id for member in sprint.members)}
    return {user_id for user_id in ids if user_id and not user_id.startswith(PSEUDONYM)}


def _pseudonyms(people: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give everybody a pseudonym of their own in this sprint, by id and by name."""
    replaced: dict[str, str] = {}
    for user_id, name in people:
        stands_for = replaced.get(user_id) or new_pseudonym()
        replaced |= {user_id: stands_for}
        if name and name != user_id:
            replaced.setdefault(name, stands_for)
    return replaced
