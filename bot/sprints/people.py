"""Who somebody is to a sprint, and the one question whether they may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, inspect, or_, select, true

from bot.db.access_models import ChannelVisit, ReportLink
from bot.db.deployment_models import Deployment, DeploymentOwner
from bot.db.models import (
    Approval,
    AuditEntry,
    Blocker,
    FixItem,
    Member,
    Person,
    ProbeRun,
    Sprint,
)
from bot.domain.enums import ApprovalState, AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.domain.permissions import Action, Relation, is_allowed, refusal
from bot.messages.catalog import say
from bot.outbox.queue import INSERTS
from bot.texts import nearest
from bot.unit_of_work import UnitOfWork, no_such_sprint

ROLE: Final = select(Member.id).where(
    Member.sprint_id == bindparam("sprint_id"), Member.user_id == bindparam("user_id")
)
OWNS: Final = select(DeploymentOwner.id).where(
    DeploymentOwner.deployment_id == bindparam("deployment_id"),
    DeploymentOwner.user_id == bindparam("user_id"),
)
About = Sprint | Approval | Blocker | Deployment | FixItem | ProbeRun | ReportLink | None
NAMED: Final[dict[type[Any], tuple[tuple[str, Relation], ...]]] = {
    Sprint: (("lead_id", Relation.LEAD), ("sponsor_id", Relation.SPONSOR)),
    Approval: (("approver_id", Relation.APPROVER), ("requested_by", Relation.REQUESTER)),
    Blocker: (("owner_id", Relation.OWNER), ("raised_by", Relation.REQUESTER)),
    FixItem: (("owner_id", Relation.OWNER),),
    ProbeRun: (("asked_by", Relation.REQUESTER),),
    ReportLink: (("made_by", Relation.REQUESTER),),
}
"""Table → its columns that name a person, and what the person is to the row."""
ANSWERS: Final = (Action.DECIDE_APPROVAL, Action.ASK_ABOUT_APPROVAL, Action.HAND_OVER_APPROVAL)
"""What only the approver of a request does with it."""
STANDING: Final = (
    ("is_deleted", Relation.DEACTIVATED),
    ("is_bot", Relation.BOT),
    ("is_guest", Relation.GUEST),
    ("is_admin", Relation.ADMIN),
)
VISIT_COUNTS: Final = timedelta(days=1)
"""How long it counts that somebody was in a private channel; people are let out of them too."""
PASSED_ON: Final = select(AuditEntry).where(
    AuditEntry.subject == AuditSubject.APPROVAL,
    AuditEntry.subject_id == bindparam("approval_id"),
    AuditEntry.action == AuditAction.ESCALATED,
)
KNOWN_FOR: Final = timedelta(days=1)
"""After this somebody is asked about again: guests become members, and accounts are closed."""


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody is to a row, looked up once for all that is asked of it.

    Args:
        uow: the open unit.
        about: the row; None where there is nothing yet.
        relations: what they are to it.
    """

    uow: UnitOfWork
    about: About
    relations: frozenset[Relation]

    def permit(self, action: Action) -> None:
        """Let them do it, or say why not.

        Raises:
            InputError: they may not; about a request it names who may.
        """
        if is_allowed(action, self.relations):
            self.uow.is_allowed = True
        elif isinstance(self.about, Approval) and action in ANSWERS:
            who = self.uow.name(self.about.approver_id)
            raise InputError(say("approval.not_yours", who=who, number=self.about.number))
        else:
            raise InputError(refusal(action))


def require(uow: UnitOfWork, actor_id: str, action: Action, about: About = None) -> Access:
    """Let the actor pass, or say why not.

    Args:
        uow: the open unit.
        actor_id: who acts.
        action: what they are about to do.
        about: what it is done to; None where there is nothing yet.

    Returns:
        Their access to it, for further actions.

    Raises:
        InputError: they may not, in words for them.
    """
    access = Access(uow, about, relations(uow, actor_id, about))
    if Relation.OUTSIDER in access.relations:  # that it is there at all is nothing for them
        raise no_such_sprint(about.id if isinstance(about, Sprint) else _of(about))
    access.permit(action)
    return access


def successor(uow: UnitOfWork, sprint: Sprint, user_id: str) -> str:
    """Return who took over from somebody who was replaced in a team; else that person."""
    if user_id in (sprint.lead_id, *map(attrgetter("user_id"), sprint.members)):
        return user_id
    roles = {member.role for member in sprint.members}
    edits = select(AuditEntry.facts).where(
        AuditEntry.sprint_id == sprint.id, AuditEntry.action == AuditAction.PLAN_CHANGED
    )
    for facts in uow.session.scalars(edits.order_by(AuditEntry.id)):
        changes = facts.get("changes", {})
        after = next(
            (changes[role][1] for role in roles & {*changes} if changes[role][0] == user_id), None
        )
        user_id = after or user_id
    return user_id


def _of(about: About) -> int:
    return about.sprint_id if about is not None and not isinstance(about, Sprint) else 0


def is_known(uow: UnitOfWork, user_id: str) -> bool:
    """Return whether Slack has said within a day who somebody is."""
    said_at = uow.session.scalar(
        select(Person.looked_up_at).where(Person.team_id == uow.team_id, Person.user_id == user_id)
    )
    return said_at is not None and said_at > datetime.now(UTC) - KNOWN_FOR


def relations(uow: UnitOfWork, actor_id: str, about: About) -> frozenset[Relation]:
    """Return everything that the actor is to `about`."""
    sprint = about if isinstance(about, Sprint) or about is None else uow.sprint_of(about)
    found = _standing(uow, actor_id) | _named(actor_id, about, sprint)
    if sprint is not None:
        if _has_a_role(uow, sprint, actor_id):
            found.add(Relation.TEAM)
        if _is_outside(uow, sprint, actor_id):
            found.add(Relation.OUTSIDER)
    if isinstance(about, Approval) and _stands_in(uow, about, actor_id):
        found.add(Relation.STAND_IN)
    if isinstance(about, Deployment) and _answers_for(uow, about, actor_id):
        found.add(Relation.OWNER)
    return frozenset(found)


def _named(actor_id: str, *rows: About) -> set[Relation]:
    """Return what the actor is to rows by one of their own columns."""
    found = set()
    for row in rows:
        for column, relation in NAMED.get(type(row), ()):
            if getattr(row, column) == actor_id:
                found.add(relation)
    return found


def _stands_in(uow: UnitOfWork, approval: Approval, actor_id: str) -> bool:
    """Return whether an overdue request was passed on to somebody."""
    if approval.state != ApprovalState.EXPIRED:
        return False
    passed_on = uow.session.scalars(PASSED_ON, {"approval_id": approval.id}).all()
    return any(each.facts.get("to") == actor_id for each in passed_on)


def seen_by(uow: UnitOfWork, actor_id: str, channel_id: str | None = None) -> ColumnElement[bool]:
    """Return the condition under which somebody may see a sprint's title and its links.

    Everybody may see a public one. A private one is for its people, for who has something to
    decide or to own in it, for administrators, and for whoever is in its channel.

    Args:
        uow: the open unit.
        actor_id: who asks.
        channel_id: where they ask; being in a private channel proves that they were let in.
    """
    if Relation.ADMIN in _standing(uow, actor_id):
        return true()
    here = [Sprint.channel_id == channel_id] if channel_id else []
    visits = select(ChannelVisit.sprint_id).where(
        ChannelVisit.user_id == actor_id, ChannelVisit.seen_at > datetime.now(UTC) - VISIT_COUNTS
    )
    return or_(
        Sprint.is_private.is_(False),
        Sprint.lead_id == actor_id,
        Sprint.sponsor_id == actor_id,
        *here,
        Sprint.id.in_(visits),
        Sprint.id.in_(select(Member.sprint_id).where(Member.user_id == actor_id)),
        Sprint.id.in_(
            select(Approval.sprint_id).where(
                or_(Approval.approver_id == actor_id, Approval.requested_by == actor_id)
            )
        ),
        Sprint.id.in_(
            select(Blocker.sprint_id).where(
                or_(Blocker.owner_id == actor_id, Blocker.raised_by == actor_id)
            )
        ),
        Sprint.id.in_(
            select(Deployment.sprint_id)
            .outerjoin(DeploymentOwner, DeploymentOwner.deployment_id == Deployment.id)
            .where(or_(Deployment.on_call == actor_id, DeploymentOwner.user_id == actor_id))
        ),
    )


def _is_outside(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> bool:
    """Return whether a sprint is private and not for somebody to see."""
    if not sprint.is_private:
        return False
    channel_id = uow.channel_id
    if channel_id and channel_id == sprint.channel_id:
        _note_visit(uow, sprint.id, actor_id)
        return False
    seen = select(Sprint.id).where(Sprint.id == sprint.id, seen_by(uow, actor_id))
    return uow.session.execute(seen).first() is None


def _note_visit(uow: UnitOfWork, sprint_id: int, actor_id: str) -> None:
    """Remember that somebody is in a private channel; a form they open comes back without it."""
    now = datetime.now(UTC)
    mine = select(ChannelVisit.id).where(
        ChannelVisit.sprint_id == sprint_id,
        ChannelVisit.user_id == actor_id,
        ChannelVisit.seen_at > now - VISIT_COUNTS / 2,
    )
    if uow.session.execute(mine).first() is not None:
        return
    values = {"sprint_id": sprint_id, "user_id": actor_id, "seen_at": now}
    kept = INSERTS[uow.dialect](ChannelVisit).values(values)
    kept = kept.on_conflict_do_update(
        index_elements=[ChannelVisit.sprint_id, ChannelVisit.user_id], set_={"seen_at": now}
    )
    if uow.only_reads:
        with uow.runtime.sessions.begin() as session:
            session.execute(kept)
    else:
        uow.session.execute(kept)


def may_see(uow: UnitOfWork, actor_id: str, sprint: Sprint, channel_id: str | None = None) -> bool:
    """Return whether somebody may see a sprint's title and its links; see `seen_by`."""
    wanted = select(Sprint.id).where(Sprint.id == sprint.id, seen_by(uow, actor_id, channel_id))
    return uow.session.scalar(wanted) is not None


def _answers_for(uow: UnitOfWork, deployment: Deployment, actor_id: str) -> bool:
    """Return whether somebody is called when it goes wrong, or owns a part of it."""
    asked = {"deployment_id": deployment.id, "user_id": actor_id}
    return deployment.on_call == actor_id or uow.session.execute(OWNS, asked).first() is not None


def _standing(uow: UnitOfWork, actor_id: str) -> set[Relation]:
    person = uow.person(actor_id)
    if person is None:
        return {Relation.COLLEAGUE}
    standing = {relation for column, relation in STANDING if getattr(person, column)}
    return standing if person.is_guest else standing | {Relation.COLLEAGUE}


def _has_a_role(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> bool:
    """Return whether somebody is in the team, asking for one member where it is not read yet."""
    if "members" not in inspect(sprint).unloaded:
        return any(member.user_id == actor_id for member in sprint.members)
    asked = {"sprint_id": sprint.id, "user_id": actor_id}
    return uow.session.execute(ROLE, asked).first() is not None


def language_of_person(uow: UnitOfWork, user_id: str) -> str:
    """Return the language that somebody reads: their own where there are texts in it."""
    person = uow.person(user_id)
    return nearest(person.locale if person else None, uow.runtime.language_of(uow.team_id))
