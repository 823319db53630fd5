"""Which sprint somebody means: that of the channel they are in, else the only one of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, String, bindparam, or_, select

from bot.db.models import Member, Sprint
from bot.domain.enums import LIVE, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say, say_plain
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork, name_in_log

"""From hour 0 to the close; what happens then is part of the sprint's record."""


def _mine(*statuses: str) -> Select[Sprint]:
    user_id = bindparam("user_id", type_=String)
    in_team = select(Member.sprint_id).where(Member.user_id == user_id)
    belongs = or_(Sprint.lead_id == user_id, Sprint.sponsor_id == user_id, Sprint.id.in_(in_team))
    return (
        select(Sprint)
        .where(Sprint.team_id == bindparam("team_id"), Sprint.status.in_(statuses), belongs)
        .order_by(Sprint.id.desc())
    )


OF_CHANNEL: Final = select(Sprint).where(
    Sprint.team_id == bindparam("team_id"), Sprint.channel_id == bindparam("channel_id")
)
MINE_LIVE: Final = _mine(*LIVE)
MINE_PLANNED: Final = _mine(SprintStatus.PLANNED)
MINE_CLOSED: Final = _mine(SprintStatus.CLOSED).limit(1)
"""Put together once, since every command asks."""


class NoSprintError(InputError):
    """Somebody is in no sprint that something could be about."""


class SeveralSprintsError(InputError):
    """Somebody is in several sprints and has not said which one they mean.

    Args:
        sprints: those it can be, the newest first.

    Attributes:
        titles: number and title of each, readable after their rows were let go.
    """

    def __init__(self, sprints: Sequence[Sprint]) -> None:
        self.sprints = sprints
        self.titles = [(sprint.id, sprint.title) for sprint in sprints]
        titles = ", ".join(f"“{title}”" for _, title in self.titles)
        super().__init__(say_plain("blocker.several_sprints", titles=titles), field="sprint")


def sprint_here(uow: UnitOfWork, channel_id: str | None, user_id: str) -> Sprint:
    """Return the sprint that somebody means.

    Args:
        uow: the open unit.
        channel_id: where they are; None in a modal or Home.
        user_id: who they are.

    Returns:
        The sprint of the channel, whatever its status; else the only running one they belong to;
        else the only planned one.

    Raises:
        SeveralSprintsError: it could be several; the form asks which.
        NoSprintError: they are in none.
    """
    found = possible_sprints(uow, channel_id, user_id)
    if not found:
        raise NoSprintError(say_plain("blocker.no_sprint"))
    if len(found) > 1:
        raise SeveralSprintsError(found)
    name_in_log(found[0].id)
    return found[0]


def possible_sprints(uow: UnitOfWork, channel_id: str | None, user_id: str) -> Sequence[Sprint]:
    """Return every sprint that somebody can mean, the newest first; see `sprint_here`."""
    asked = {"team_id": uow.team_id, "channel_id": channel_id, "user_id": user_id}
    for statement in (OF_CHANNEL, MINE_LIVE, MINE_PLANNED)[not channel_id :]:
        found = uow.session.scalars(statement, asked).all()
        if found:
            return found
    return []


def last_closed(uow: UnitOfWork, user_id: str) -> Sequence[Sprint]:
    """Return the newest closed sprint of somebody, which is what they ask about when none runs."""
    return uow.session.scalars(MINE_CLOSED, {"team_id": uow.team_id, "user_id": user_id}).all()


def refuse_cancelled(sprint: Sprint) -> None:
    """Refuse whatever is pressed or typed for a cancelled sprint.

    Raises:
        InputError: it was cancelled.
    """
    if sprint.status == SprintStatus.CANCELLED:
        raise InputError(say_plain("sprint.was_cancelled", title=sprint.title))


def require_live(sprint: Sprint) -> None:
    """Refuse what belongs between hour 0 and the close.

    Raises:
        InputError: the sprint has not started, or is over.
    """
    if sprint.status == SprintStatus.PLANNED:
        raise InputError(say_plain("blocker.not_started", title=sprint.title))
    refuse_cancelled(sprint)
    if sprint.status not in LIVE:
        raise InputError(say_plain("blocker.over", title=sprint.title))


def sprints_that_take(
    uow: UnitOfWork,
    user_id: str,
    channel_id: str | None,
    action: Action,
    sprint_id: int | None = None,
) -> Sequence[Sprint]:
    """Return the sprints to which somebody may add something new; several where a form has to ask.

    Args:
        uow: the open unit.
        user_id: who they are.
        channel_id: where they are; None in a modal or Home.
        action: what they are about to do.
        sprint_id: the sprint; None finds it as `sprint_here` does.

    Raises:
        InputError: there is no such sprint, it is not live, or they may not.
    """
    try:
        here = sprint_here(uow, channel_id, user_id) if sprint_id is None else uow.sprint(sprint_id)
    except SeveralSprintsError as several:
        return several.sprints
    require(uow, user_id, action, here)
    require_live(here)
    return [here]


def locked_with_sprint(
    uow: UnitOfWork, model: type[Any], row_id: int, what: str
) -> tuple[Any, Sprint]:
    """Return a row and its sprint, both locked until the unit ends.

    The sprint is locked first, as everything that falls due does; the other way round, two units
    could wait for each other.

    Args:
        uow: the open unit.
        model: a table with `team_id` and `sprint_id`.
        row_id: the row's number.
        what: what people call it, for the refusal.

    Raises:
        InputError: there is none of that number here.
    """
    of_row = select(model.sprint_id).where(model.id == row_id, model.team_id == uow.team_id)
    mine = select(Sprint).where(Sprint.id == of_row.scalar_subquery()).with_for_update()
    sprint = uow.session.scalars(mine).one_or_none()
    row = uow.row(model, row_id, what)
    name_in_log(row.sprint_id)
    return row, sprint or uow.sprint(row.sprint_id)


def require_running(sprint: Sprint) -> None:
    """Refuse what only a running sprint, or one in debrief, can have done to it.

    Raises:
        InputError: it has not started, or it has ended.
    """
    if sprint.status == SprintStatus.PLANNED:
        raise InputError(say("prompt.not_started", title=sprint.title))
    refuse_cancelled(sprint)
    if sprint.status not in LIVE:
        raise InputError(say("prompt.over"))
