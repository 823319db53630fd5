"""What is kept current after every change: the pinned card, the page and the sponsor's day.

They are rendered in `bot.hourly`, when they are sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import case, func, literal

from bot.db.models import Sprint
from bot.domain.enums import OutboxKind
from bot.messages import keys
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox import queue as outbox
from bot.outbox.queue import Priority, channel_queue, person_queue, sprint_key
from bot.sprints.moves import TO_SPONSORS, last_moves
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
    known = outbox.refresh_many(
        uow.session,
        sprint_ids=[sprint.id for sprint in sprints],
        name="card",
        template=Template.PINNED_CARD,
        args={},
    )
    if len(known) < len(sprints):
        new = [sprint for sprint in sprints if sprint.id not in known]
        uow.upsert_many(new, "card", Template.PINNED_CARD, {}, priority=Priority.SETUP)
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


SPONSOR_DAY: Final = "sponsor:day:{}"
"""What the sponsor's post of a day is called; the first day is 1."""


def sponsor_day_key(sprint: Sprint, day: int) -> str:
    """Return the outbox key of the sponsor's post of a day; the first day is 0."""
    return sprint_key(sprint.id, SPONSOR_DAY.format(day + 1))


def sponsor_day(sprint: Sprint, hour: float) -> int:
    """Return the day an hour belongs to; the sprint's last hour still belongs to its last day."""
    return min(int(hour // 24), max(0, (sprint.length_hours - 1) // 24))


def refresh_sponsor_days(
    uow: UnitOfWork, sprints: Sequence[Sprint], ended: Sequence[int] = ()
) -> None:
    """Bring the sponsors' posts of the day up to date; the first move of a day posts it.

    Moves are looked up only while the day has no post: this runs at each change, before the
    acknowledgement.

    A day without a move is not told, except the first when it ends: then she knows of the silence.

    Args:
        uow: the open unit.
        sprints: sprints of the workspace.
        ended: days that ended since the last digest; their posts get their last figures.
    """
    by_day: dict[int, dict[int, Sprint]] = defaultdict(dict)
    for sprint in sprints:
        if sprint.started_at and (sprint.sponsor_id or sprint.digest_channel_id):
            hour = min(hour_of(sprint, uow.now), float(sprint.length_hours))
            for day in {*ended, sponsor_day(sprint, hour)}:
                by_day[day][sprint.id] = sprint
    unposted: dict[int, list[Sprint]] = {}
    for day, followed in by_day.items():
        posted = outbox.refresh_many(
            uow.session,
            sprint_ids=followed.keys(),
            name=SPONSOR_DAY.format(day + 1),
            template=Template.SPONSOR_DAY,
            args={"day": day},
        )
        if len(posted) < len(followed):
            unposted[day] = [followed[number] for number in followed.keys() - posted]
    if not unposted:
        return
    last = last_moves(uow, list(set().union(*unposted.values())), TO_SPONSORS)
    for day, silent in sorted(unposted.items()):
        is_told = day == 0 and day in ended
        moved = [each for each in silent if is_told or _has_moved(each, day, last)]
        post_sponsor_day(uow, moved, day)


def _has_moved(sprint: Sprint, day: int, last: Mapping[int, datetime]) -> bool:
    return sprint.id in last and last[sprint.id] >= moment_of(sprint, day * 24)


def post_sponsor_day(uow: UnitOfWork, sprints: Sequence[Sprint], day: int) -> None:
    """Post a day for the sponsors of sprints that have one, or bring it up to date."""
    uow.upsert_many(
        sprints,
        SPONSOR_DAY.format(day + 1),
        Template.SPONSOR_DAY,
        {"day": day},
        queue=SPONSOR_QUEUE,
        priority=Priority.DIGEST,
    )
