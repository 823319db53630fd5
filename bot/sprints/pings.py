"""Calling people: by a ping, or by name alone while pings are off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table, bindparam, or_, select, tuple_, update

from bot.db.arrays import in_array
from bot.db.engine import DIALECTS
from bot.db.models import Member, Person, Sprint
from bot.domain.errors import InputError
from bot.domain.quiet_hours import quiet_end
from bot.messages.catalog import say_plain
from bot.slack.text import Mrkdwn, escape, mention
from bot.unit_of_work import BOT_ACTOR, UnitOfWork

PEOPLE: Final[Table] = Person.__table__  # type: ignore[assignment]  # a model of its own table, not a view
PINGED: Final = {
    dialect: update(PEOPLE)
    .where(
        tuple_(PEOPLE.c.team_id, PEOPLE.c.user_id).in_(
            select(Sprint.team_id, Member.user_id)
            .join(Member, Member.sprint_id == Sprint.id)
            .where(in_array(dialect, Sprint.id, "of_sprints"), Member.role == bindparam("of_role"))
        ),
        or_(PEOPLE.c.pinged_at.is_(None), PEOPLE.c.pinged_at <= bindparam("pinged_before")),
    )
    .values(pinged_at=bindparam("pinged_now"))
    for dialect in DIALECTS
}
"""Put together once; a minute in which many sprints are prompted asks it."""
PING_EVERY: Final = timedelta(hours=1)
"""Nobody is pinged again within this time, unless a decision is urgent."""


def called(uow: UnitOfWork, sprint: Sprint, user_id: str) -> Mrkdwn:
    """Return a ping, or the plain name in quiet hours and within an hour of the last ping.

    The ping is counted, so this belongs into the transaction of what is said, not into a renderer.
    """
    quiet = quiet_end(uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if user_id == BOT_ACTOR or quiet or next_ping_at(uow, user_id) > uow.now:
        return escape(uow.name(user_id))
    note_ping(uow, user_id)
    return mention(user_id)


def called_at(uow: UnitOfWork, sprint: Sprint, user_id: str, at: datetime | None) -> Mrkdwn:
    """Return a ping where somebody was pinged at a moment, else the plain name; for renderers.

    Args:
        uow: a unit that only reads.
        sprint: the sprint, whose quiet hours count.
        user_id: whom.
        at: when `ping_members` counted the ping; None where nothing counted it.
    """
    person = uow.person(user_id)
    pinged_at = person.pinged_at if person else None
    quiet = quiet_end(uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if quiet or (at is not None and (pinged_at is None or pinged_at < at)):
        return escape(uow.name(user_id))
    return mention(user_id)


def ping_members(uow: UnitOfWork, sprints: Sequence[Sprint], role: str) -> None:
    """Count a ping of who fills a role in each of these sprints, where it is allowed by now."""
    uow.session.execute(
        PINGED[uow.dialect],
        {
            "of_sprints": [each.id for each in sprints],
            "of_role": role,
            "pinged_now": uow.now,
            "pinged_before": uow.now - PING_EVERY,
        },
    )


def next_ping_at(uow: UnitOfWork, user_id: str) -> datetime:
    """Return from when on somebody may be pinged again."""
    person = uow.person(user_id)
    pinged_at = person.pinged_at if person else None
    # A clock that was set back must not silence anybody for longer than the hour.
    if pinged_at is None or pinged_at > uow.now:
        return uow.now
    return max(uow.now, pinged_at + PING_EVERY)


def note_ping(uow: UnitOfWork, user_id: str) -> None:
    """Note that somebody is pinged now."""
    uow.ensure_person(user_id)
    person = uow.person(user_id)
    if person is not None:
        person.pinged_at = uow.now


def can_act(uow: UnitOfWork, user_id: str) -> bool:
    """Return whether somebody is a person who is still in the workspace, as far as is known."""
    person = uow.session.scalars(
        select(Person).where(Person.team_id == uow.team_id, Person.user_id == user_id)
    ).one_or_none()
    return person is None or not (person.is_bot or person.is_deleted)


def find_person(uow: UnitOfWork, words: str) -> tuple[str, str]:
    """Return whom `words` begin with the name of, and what follows it.

    A full name goes before a first name, so that names of several words can be typed.

    Raises:
        InputError: nobody is called so, or several are.
    """
    people = uow.session.scalars(
        select(Person).where(
            Person.team_id == uow.team_id, Person.is_bot.is_(False), Person.is_deleted.is_(False)
        )
    ).all()
    named = [(person.name, person.user_id) for person in people]
    first = [(name.split()[0], user_id) for name, user_id in named if name.split()]
    for calls in (named, first):
        fitting = [(name, user_id) for name, user_id in calls if _begins_with(words, name)]
        longest = max((len(name) for name, _ in fitting), default=0)
        found = {user_id for name, user_id in fitting if len(name) == longest}
        if len(found) == 1:
            return found.pop(), words[longest:].lstrip(" :,")
        if found:
            raise InputError(say_plain("approval.ambiguous_person", name=words[:longest]))
    raise InputError(say_plain("approval.unknown_person", name=(words.split() or [""])[0][:40]))


def _begins_with(words: str, name: str) -> bool:
    beginning, following = words[: len(name)], words[len(name) : len(name) + 1]
    return beginning.casefold() == name.casefold() and not following.isalnum()
