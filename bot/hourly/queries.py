"""Which prompts were asked, in which words, and what the team answered to them in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Final

from sqlalchemy import bindparam, select

from bot.db.listening_models import PromptReply
from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.vocabulary import Role
from bot.messages.catalog import say
from bot.outbox.queue import sprint_key
from bot.playbook.sandbox import PromptFacts, render, takes_facts
from bot.slack.text import Mrkdwn, clip, escape, one_line
from bot.sprints.pings import called_at
from bot.sprints.snapshot import live_deployment, open_counts, use_case_words
from bot.unit_of_work import UnitOfWork

ROLE_OF_FACT: Final = {
    "builder": Role.BUILDER,
    "data_person": Role.DATA,
    "approver": Role.APPROVER,
    "business": Role.BUSINESS,
}
"""The people that a question may name, and the roles they fill."""
_NAMED: Final = re.compile("\ue000([a-z_]+)\ue001")
"""Stands for a person in a rendered question, until it is known whether they are pinged."""
LONGEST_SHOWN: Final = 160
"""Characters of an answer that a message quotes; the record keeps all of it."""
MOST_SHOWN: Final = 3
"""Answers that a gate or digest quotes, the newest."""
REPLIES: Final = (
    select(PromptReply)
    .where(PromptReply.sprint_id == bindparam("sprint_id"))
    .order_by(PromptReply.replied_at, PromptReply.id)
)
OF_HOUR: Final = REPLIES.where(PromptReply.hour == bindparam("hour"))
BETWEEN: Final = REPLIES.where(
    PromptReply.hour >= bindparam("first"), PromptReply.hour < bindparam("end")
)

SINCE: Final = REPLIES.where(
    PromptReply.replied_at >= bindparam("since", type_=PromptReply.replied_at.type),
    PromptReply.replied_at <= bindparam("until", type_=PromptReply.replied_at.type),
)
ASKED: Final = select(OutboxItem.key).where(
    OutboxItem.sprint_id == bindparam("sprint_id"), OutboxItem.key.like(bindparam("pattern"))
)


def replies_to(uow: UnitOfWork, sprint: Sprint, hour: int) -> Sequence[PromptReply]:
    """Return the answers in words to an hour's prompt, in the order they were given."""
    return uow.session.scalars(OF_HOUR, {"sprint_id": sprint.id, "hour": hour}).all()


def replies_between(
    uow: UnitOfWork, sprint: Sprint, first: float, end: float
) -> Sequence[PromptReply]:
    """Return the answers to the prompts of the hours from `first` up to, not with, `end`."""
    asked = {"sprint_id": sprint.id, "first": first, "end": end}
    return uow.session.scalars(BETWEEN, asked).all()


def replies_since(uow: UnitOfWork, sprint: Sprint, since: datetime) -> Sequence[PromptReply]:
    """Return the answers that were given from `since` up to the unit's moment."""
    asked = {"sprint_id": sprint.id, "since": since, "until": uow.now}
    return uow.session.scalars(SINCE, asked).all()


def has_answered(uow: UnitOfWork, sprint: Sprint, hour: int, user_id: str) -> bool:
    """Return whether somebody answered an hour's prompt in words."""
    return any(reply.user_id == user_id for reply in replies_to(uow, sprint, hour))


def shown_text(text: str) -> str:
    """Return an answer on one line, short enough to be quoted."""
    return clip(one_line(text), LONGEST_SHOWN)


def quoted(uow: UnitOfWork, replies: Sequence[PromptReply], key: str) -> list[Mrkdwn]:
    """Return the newest answers, one line each.

    Args:
        uow: the open unit.
        replies: in the order they were given.
        key: the catalog text that takes `hour`, `who` and `text`.
    """
    newest = replies[-MOST_SHOWN:]
    uow.preload_people(reply.user_id for reply in newest)
    return [
        say(key, hour=reply.hour, who=uow.name(reply.user_id), text=shown_text(reply.text))
        for reply in newest
    ]


def asked_hours(uow: UnitOfWork, sprint: Sprint) -> frozenset[int]:
    """Return the hours whose prompts are in the channel."""
    prefix = sprint_key(sprint.id, "prompt:")
    asked = uow.session.scalars(ASKED, {"sprint_id": sprint.id, "pattern": f"{prefix}%"})
    return frozenset(int(key.removeprefix(prefix)) for key in asked)


def newest_prompt(uow: UnitOfWork, sprint: Sprint, before: float = inf) -> int | None:
    """Return the hour of the newest prompt in the channel, or None where there is none.

    Args:
        uow: the open unit.
        sprint: the sprint.
        before: only prompts of earlier hours count.
    """
    return max((hour for hour in asked_hours(uow, sprint) if hour < before), default=None)


def question_words(
    uow: UnitOfWork,
    sprint: Sprint,
    words: str,
    facts: PromptFacts,
    *,
    pings: bool,
    asked_at: datetime | None = None,
) -> Mrkdwn:
    """Put a question into words; the person it names first is pinged, once, and others are not.

    Args:
        uow: the open unit.
        sprint: the sprint.
        words: the playbook's question.
        facts: what it may name.
        pings: False where nobody is to be called.
        asked_at: when the prompt was posted and its ping counted; None where it was not.
    """
    people = {name: getattr(facts, name) for name in ROLE_OF_FACT}
    marked = {name: f"\ue000{name}\ue001" for name in people}
    asked = escape(
        render(
            words,
            replace(
                facts,
                builder=marked["builder"],
                data_person=marked["data_person"],
                approver=marked["approver"],
                business=marked["business"],
            ),
        )
    )
    first = _NAMED.search(asked) if pings else None
    members = {member.role: member.user_id for member in sprint.members}
    called_id = members.get(ROLE_OF_FACT[first[1]]) if first else None
    if first is not None and called_id:
        ping = called_at(uow, sprint, called_id, asked_at)
        asked = Mrkdwn(f"{asked[: first.start()]}{ping}{asked[first.end() :]}")
    return Mrkdwn(_NAMED.sub(lambda found: escape(people[found[1]]), asked))


def asked_question(uow: UnitOfWork, sprint: Sprint, hour: int) -> Mrkdwn:
    """Return an hour's question, with names in the place of pings."""
    words = uow.playbook.hour(hour).question
    if not takes_facts(words):
        return escape(words)
    return question_words(uow, sprint, words, prompt_facts(uow, sprint, hour), pings=False)


def prompt_facts(uow: UnitOfWork, sprint: Sprint, hour: int) -> PromptFacts:
    """Return what the words of an hour may name, as it stands now."""
    uow.preload_people(member.user_id for member in sprint.members)
    people = {member.role: uow.name(member.user_id) for member in sprint.members}
    blockers, approvals = open_counts(uow, sprint)
    deployment = live_deployment(uow, sprint)
    return PromptFacts(
        hour=hour,
        hours_left=sprint.length_hours - hour,
        use_case=use_case_words(sprint),
        builder=people.get(Role.BUILDER, ""),
        data_person=people.get(Role.DATA, ""),
        approver=people.get(Role.APPROVER, ""),
        business=people.get(Role.BUSINESS, ""),
        open_blockers=blockers,
        waiting_approvals=approvals,
        traffic=deployment.percent if deployment else 0,
    )
