"""What is kept current after every change: the pinned card, the page and the sponsor's day.

They are rendered in `bot.hourly`, when they are sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import case, func, literal

from bot.db.models import Sprint
from bot.domain.enums import OutboxKind
from bot.messages import keys
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import Priority, channel_queue, person_queue, sprint_key
from bot.sprints.moves import last_moves
from bot.sprints.snapshot import hour_of, moment_of
from bot.unit_of_work import UnitOfWork


def pinned_card_key(sprint: Sprint) -> Key:
    """Return the outbox key of the sprint's pinned card."""
    return keys.pinned_card(sprint.id)


def refresh_pinned_card(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring the pinned card up to date; call it at the end of every change."""
    refresh_pinned_cards(uow, [sprint])
    refresh_page(uow, sprint)


def refresh_pinned_cards(uow: UnitOfWork, sprints: Sequence[Sprint]) -> None:
    """Bring the pinned cards of several sprints of the workspace up to date."""
    uow.upsert_many(sprints, "card", Template.PINNED_CARD, {}, priority=Priority.SETUP)
    refresh_sponsor_days(uow, sprints)


def refresh_page(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring a sprint's page up to date; nothing is sent where it reads the same."""
    if sprint.started_at is not None:
        uow.upsert_many(
            [sprint],
            "page",
            Template.SPRINT_PAGE,
            {},
            kind=OutboxKind.CANVAS,
            priority=Priority.BACKGROUND,
            below="card",
        )


def sponsor_queue(sprint: Sprint) -> str | None:
    """Return where the sponsor reads: a channel, else direct messages; None for nobody."""
    if sprint.digest_channel_id:
        return channel_queue(sprint.digest_channel_id)
    return person_queue(sprint.sponsor_id) if sprint.sponsor_id else None


SPONSOR_QUEUE: Final = case(
    (
        func.coalesce(Sprint.digest_channel_id, "") != "",
        literal(channel_queue("")) + Sprint.digest_channel_id,
    ),
    else_=literal(person_queue("")) + Sprint.sponsor_id,
)
"""`sponsor_queue` as the database says it."""


def sponsor_day_key(sprint: Sprint, day: int) -> str:
    """Return the outbox key of the sponsor's post of a day; the first day is 0."""
    return sprint_key(sprint.id, f"sponsor:day:{day + 1}")


def sponsor_day(sprint: Sprint, hour: float) -> int:
    """Return the day an hour belongs to; the sprint's last hour still belongs to its last day."""
    return min(int(hour // 24), max(0, (sprint.length_hours - 1) // 24))


def refresh_sponsor_days(
    uow: UnitOfWork, sprints: Sequence[Sprint], ended: Sequence[int] = ()
) -> None:
    """Bring the sponsors' posts of the day up to date; the first move of a day posts it.

    A day without a move is not told, except the first when it ends: then she knows of the silence.

    Args:
        uow: the open unit.
        sprints: sprints of the workspace.
        ended: days that ended since the last digest; their posts get their last figures.
    """
    followed = [each for each in sprints if each.started_at and sponsor_queue(each)]
    last = last_moves(uow, followed)
    by_day: dict[int, list[Sprint]] = defaultdict(list)
    for sprint in followed:
        hour = min(hour_of(sprint, uow.now), float(sprint.length_hours))
        for day in sorted({*ended, sponsor_day(sprint, hour)}):
            has_moved = sprint.id in last and last[sprint.id] >= moment_of(sprint, day * 24)
            if has_moved or (day == 0 and day in ended):
                by_day[day].append(sprint)
    for day, of_that_day in by_day.items():
        post_sponsor_day(uow, of_that_day, day)


def post_sponsor_day(uow: UnitOfWork, sprints: Sequence[Sprint], day: int) -> None:
    """Post a day for the sponsors of sprints that have one, or bring it up to date."""
    uow.upsert_many(
        sprints,
        f"sponsor:day:{day + 1}",
        Template.SPONSOR_DAY,
        {"day": day},
        queue=SPONSOR_QUEUE,
        priority=Priority.DIGEST,
    )
