"""Calling people: by a ping, or by name alone while nobody shall be pinged."""

from __future__ import annotations

from sqlalchemy import select

from bot.db.models import Person, Sprint
from bot.domain.errors import InputError
from bot.domain.quiet_hours import quiet_end
from bot.messages.catalog import say_plain
from bot.slack.text import Mrkdwn, escape, mention
from bot.unit_of_work import THE_CLOCK, UnitOfWork


def called(uow: UnitOfWork, sprint: Sprint, user_id: str) -> Mrkdwn:
    """Return a ping, or the plain name in the sprint's quiet hours."""
    quiet = quiet_end(uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if user_id == THE_CLOCK or quiet:
        return escape(uow.name(user_id))
    return mention(user_id)


def can_act(uow: UnitOfWork, user_id: str) -> bool:
    """Tell whether somebody is a person who is still in the workspace, as far as is known."""
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
