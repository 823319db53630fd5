"""Calling people: by a ping, or by name alone while nobody shall be pinged."""

from __future__ import annotations

from sqlalchemy import select

from bot.slack.text import Mrkdwn, escape, mention
from bot.sprint.quiet import quiet_end
from bot.store.models import Person, Sprint
from bot.usecases.house import THE_CLOCK, Unit


def called(unit: Unit, sprint: Sprint, user_id: str) -> Mrkdwn:
    """Return a ping, or the plain name in the sprint's quiet hours."""
    quiet = quiet_end(unit.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if user_id == THE_CLOCK or quiet:
        return escape(unit.name(user_id))
    return mention(user_id)


def can_act(unit: Unit, user_id: str) -> bool:
    """Tell whether somebody is a person who is still in the workspace, as far as is known."""
    person = unit.session.scalars(
        select(Person).where(Person.team_id == unit.team_id, Person.user_id == user_id)
    ).one_or_none()
    return person is None or not (person.is_bot or person.is_deleted)
