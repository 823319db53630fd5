"""Whether two blockers are one cause: offered on cards and at the debrief, said with one press."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from bot.db.models import Blocker, CauseLink, Sprint
from bot.domain.enums import AuditAction, AuditSubject, BlockerState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict.likeness import nearest
from bot.messages.blocker_card import SameAs
from bot.messages.catalog import say
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.unit_of_work import UnitOfWork


def say_same(
    uow: UnitOfWork, actor_id: str, first_id: int, second_id: int, *, same: bool
) -> tuple[Blocker, Blocker, Sprint]:
    """Note that two blockers are one cause, or are not; saying it again changes nothing.

    Returns:
        The two, and their sprint.

    Raises:
        InputError: they are of different sprints, or the person may not.
    """
    one: Blocker = uow.row(Blocker, min(first_id, second_id), "blocker")
    other: Blocker = uow.row(Blocker, max(first_id, second_id), "blocker")
    sprint = uow.sprint(one.sprint_id, lock=True)
    require(uow, actor_id, Action.EDIT_BLOCKER, one)
    require_live(sprint)
    if other.sprint_id != sprint.id or one.id == other.id:
        raise InputError(say("blocker.same_two"))
    link = _link(uow, sprint, one, other)
    if link is None or link.same != same:
        _note(uow, actor_id, sprint, (one, other), link, same=same)
    return one, other, sprint


def _link(uow: UnitOfWork, sprint: Sprint, one: Blocker, other: Blocker) -> CauseLink | None:
    return uow.session.scalars(
        select(CauseLink).where(
            CauseLink.sprint_id == sprint.id,
            CauseLink.first_id == one.id,
            CauseLink.second_id == other.id,
        )
    ).one_or_none()


def _note(
    uow: UnitOfWork,
    actor_id: str,
    sprint: Sprint,
    pair: tuple[Blocker, Blocker],
    link: CauseLink | None,
    *,
    same: bool,
) -> None:
    one, other = pair
    if link is None:
        link = CauseLink(
            team_id=uow.team_id, sprint_id=sprint.id, first_id=one.id, second_id=other.id
        )
        uow.session.add(link)
    link.same, link.said_by, link.said_at = same, actor_id, uow.now
    action = AuditAction.JOINED if same else AuditAction.PARTED
    facts = {"blockers": [one.number, other.number]}
    uow.audit(sprint.id, actor_id, action, AuditSubject.CAUSE, one.id, **facts)
    uow.session.flush()


def links_of(uow: UnitOfWork, sprint: Sprint) -> Sequence[CauseLink]:
    """Return what people said about a sprint's blockers being one cause."""
    return uow.session.scalars(
        select(CauseLink).where(CauseLink.sprint_id == sprint.id).order_by(CauseLink.id)
    ).all()


def same_as(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> SameAs | None:
    """Return the open blocker that this one is, or may be, the same as; None for no other.

    What people said goes first; else the open blocker whose words are nearest.
    """
    if blocker.state != BlockerState.OPEN:
        return None
    others = {
        each.id: each
        for each in uow.session.scalars(
            select(Blocker).where(
                Blocker.sprint_id == sprint.id,
                Blocker.id != blocker.id,
                Blocker.state == BlockerState.OPEN,
            )
        )
    }
    said = {_other(link, blocker): link.same for link in _about(links_of(uow, sprint), blocker)}
    joined = next((others[each] for each, same in said.items() if same and each in others), None)
    if joined is not None:
        return SameAs(joined.id, joined.number, joined.title, is_joined=True)
    left = [each for each in others.values() if each.id not in said]
    near = nearest(blocker.title, [each.title for each in left])
    if near is None:
        return None
    found = left[near]
    return SameAs(found.id, found.number, found.title, is_joined=False)


def _about(links: Iterable[CauseLink], blocker: Blocker) -> list[CauseLink]:
    return [link for link in links if blocker.id in (link.first_id, link.second_id)]


def _other(link: CauseLink, blocker: Blocker) -> int:
    return link.second_id if link.first_id == blocker.id else link.first_id
