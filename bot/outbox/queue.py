"""Transactional outbox: the desired Slack state, written in the same transaction as the data.

A key names one thing for ever. Upserting it again changes that thing, not the number of messages;
`bot.outbox.dispatcher` brings Slack to the newest version, and renders it from the rows as they are
by then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    Integer,
    String,
    Table,
    Update,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.db.arrays import in_array
from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, OutboxState
from bot.outbox.bodies import without_content
from bot.tracing import traceparent

TemplateArgs = Mapping[str, Any]
"""What a message tells, before it is put into words: its `name` and a few facts."""
NOT_YET: Final = {"text": "…", "blocks": []}
"""What stands for a message that has not been put into words yet."""
INSERTS: Final[Mapping[str, Any]] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
OUTBOX: Final[Table] = OutboxItem.__table__  # type: ignore[assignment]  # a model of its own table, not a view


class Priority(IntEnum):
    """What goes first in a channel; the same priority goes in the order of writing."""

    SETUP = 0
    URGENT = 20
    NORMAL = 50
    DIGEST = 70
    REFRESH = 80
    BACKGROUND = 90


def _again() -> dict[str, Any]:
    """Return what changes in a row that is to be sent again; a try under way is not cut short."""
    waits = OUTBOX.c.state == OutboxState.WAITING
    return {
        "version": OUTBOX.c.version + 1,
        "priority": case(
            (OUTBOX.c.ts.is_not(None), int(Priority.REFRESH)), else_=OUTBOX.c.priority
        ),
        "attempts": case((waits, OUTBOX.c.attempts), else_=0),
        "not_before": case((waits, OUTBOX.c.not_before), else_=None),
        "first_tried_at": case((waits, OUTBOX.c.first_tried_at), else_=None),
        "state": OutboxState.WAITING,
        "traceparent": bindparam("in_trace", type_=String),
    }


def _anew() -> dict[str, Any]:
    """Return what changes in a row that is declared again."""
    return {**_again(), "template": bindparam("new_template", type_=JSON)}


NAMED: Final = select(OutboxItem).where(
    OutboxItem.team_id == bindparam("team_id"), OutboxItem.key == bindparam("key")
)
NAMED_LOCKED: Final = NAMED.with_for_update()
SPRINT_QUEUE: Final[ColumnElement[str]] = literal("sprint:") + cast(Sprint.id, String)
"""`sprint_queue` as the database says it; with a name after it, `sprint_key`."""
GIVEN_QUEUE: Final[ColumnElement[str]] = bindparam("to_lane", type_=String)


def _refresh_on(dialect: str) -> Update:
    named = select(Sprint.team_id, SPRINT_QUEUE + bindparam("of_name", type_=String)).where(
        in_array(dialect, Sprint.id, "of_sprints")
    )
    return (
        update(OUTBOX)
        .where(tuple_(OUTBOX.c.team_id, OUTBOX.c.key).in_(named))
        .values(_anew())
        .returning(OUTBOX.c.sprint_id)
    )


REFRESH: Final = {dialect: _refresh_on(dialect) for dialect in INSERTS}
"""Put together once, since every press that a card shows asks for it."""


@cache
def _upsert_on(dialect: str, queue: ColumnElement[str], *, is_below: bool) -> Insert:
    parent = SPRINT_QUEUE + bindparam("of_parent", type_=String) if is_below else null()
    values: dict[str, Any] = {
        "thread_key": parent,
        "team_id": Sprint.team_id,
        "sprint_id": Sprint.id,
        "key": SPRINT_QUEUE + bindparam("of_name", type_=String),
        "queue": queue,
        "kind": bindparam("of_kind", type_=String),
        "priority": bindparam("at_priority", type_=Integer),
        "body": literal(NOT_YET, JSON),
        "template": bindparam("new_template", type_=JSON),
        "version": literal(1),
        "sent_version": literal(0),
        "state": literal(OutboxState.WAITING.value),
        "attempts": literal(0),
        "in_doubt": literal(value=False),
        "result": literal({}, JSON),
        "traceparent": bindparam("in_trace", type_=String),
        "created_at": bindparam("told_at", type_=OUTBOX.c.created_at.type),
    }
    rows = (
        select(*values.values())
        .where(in_array(dialect, Sprint.id, "of_sprints"))
        .order_by(Sprint.id)
    )
    inserted: Insert = (
        INSERTS[dialect](OUTBOX)
        .from_select(list(values), rows)
        .on_conflict_do_update(index_elements=[OUTBOX.c.team_id, OUTBOX.c.key], set_=_anew())
    )
    return inserted


def sprint_queue(sprint_id: int) -> str:
    """Return the queue of a sprint's own channel, which may not exist yet."""
    return f"sprint:{sprint_id}"


def sprint_key(sprint_id: int, name: str) -> str:
    """Return the key of one of a sprint's own things."""
    return f"sprint:{sprint_id}:{name}"


def person_queue(user_id: str) -> str:
    """Return the queue of the direct messages to a person."""
    return f"dm:{user_id}"


def reader_of(item: OutboxItem) -> str | None:
    """Return who alone reads a message: the person of its direct messages, or of its Home tab."""
    kind, _, user_id = item.queue.partition(":")
    return user_id if kind in ("dm", "home") else None


def channel_queue(channel_id: str) -> str:
    """Return the queue of a channel that exists."""
    return f"channel:{channel_id}"


def put(
    session: Session,
    *,
    team_id: str,
    now: datetime,
    key: str,
    queue: str,
    args: Mapping[str, Any],
    template: str | None = None,
    kind: str = OutboxKind.MESSAGE,
    sprint_id: int | None = None,
    thread_key: str | None = None,
    priority: Priority = Priority.NORMAL,
) -> OutboxItem:
    """Declare one thing in Slack, or change what was declared.

    Args:
        session: the transaction that it belongs to.
        team_id: the workspace.
        now: the moment of writing.
        key: the thing's name, unique in the workspace.
        queue: which channel it goes to; see `sprint_queue`, `person_queue`, `channel_queue`.
        args: what the template renders, as JSON; without a template the operation's arguments.
        template: what renders the content when it is sent; see `bot.rendering`.
        kind: `message`, or an effect that `bot.outbox.operations` knows.
        sprint_id: the sprint it belongs to.
        thread_key: the key of the message it answers.
        priority: what it may overtake.

    Returns:
        The row; its `ts` is there once the message has been posted.
    """
    item = find(session, team_id=team_id, key=key, lock=True)
    if item is None:
        item = OutboxItem(
            team_id=team_id,
            sprint_id=sprint_id,
            key=key,
            queue=queue,
            kind=kind,
            priority=int(priority),
            thread_key=thread_key,
            body=dict(NOT_YET if template else args),
            template={"name": template, **args} if template else None,
            created_at=now,
            traceparent=traceparent(),
        )
        session.add(item)
        session.flush()
    elif template or _differs(item, args) or item.template is not None:
        item.template = {"name": template, **args} if template else None
        if template is None:
            item.body = dict(args)
        item.version += 1
        item.traceparent = traceparent()
        if item.state != OutboxState.WAITING:
            item.state = OutboxState.WAITING
            item.attempts = 0
            item.not_before = None
            item.first_tried_at = None
    return item


def _differs(item: OutboxItem, args: TemplateArgs) -> bool:
    """Return whether an operation's arguments are new; of a file that was sent its hash is left."""
    return bool(item.body not in (args, without_content(args)))


def upsert_many(
    session: Session,
    *,
    now: datetime,
    sprint_ids: Collection[int],
    name: str,
    template: str,
    args: TemplateArgs,
    kind: str = OutboxKind.MESSAGE,
    queue: str | ColumnElement[str] = SPRINT_QUEUE,
    priority: Priority = Priority.NORMAL,
    below: str | None = None,
) -> None:
    """Declare, for each of many sprints, a message that is rendered when it is sent.

    A message that stands in its channel already is brought up to date after what is new there.

    Args:
        session: the transaction that the messages belong to; the sprints' rows are written.
        now: the moment of writing.
        sprint_ids: the sprints, which may be those of several workspaces.
        name: what the message is called within its sprint; see `sprint_key`.
        template: what renders each of them when it is sent.
        args: what it renders, the same for all of them.
        kind: `message`, or an effect that `bot.outbox.operations` knows.
        queue: the channel, or an expression over `Sprint`, always the same one; see `SPRINT_QUEUE`.
        priority: what a new message may overtake.
        below: what the message of each sprint is called in whose thread it stands; None for none.
    """
    if not sprint_ids:
        return
    asked: dict[str, Any] = {
        "of_name": f":{name}",
        "of_kind": kind,
        "at_priority": int(priority),
        "new_template": {"name": template, **args},
        "told_at": now,
        "in_trace": traceparent(),
        "of_sprints": list(sprint_ids),
    }
    if isinstance(queue, str):
        asked["to_lane"], queue = queue, GIVEN_QUEUE
    if below is not None:
        asked["of_parent"] = f":{below}"
    is_below = below is not None
    session.execute(_upsert_on(session.get_bind().dialect.name, queue, is_below=is_below), asked)


def refresh_many(
    session: Session, *, sprint_ids: Collection[int], name: str, template: str, args: TemplateArgs
) -> frozenset[int]:
    """Let a message that each of these sprints may have be rendered anew.

    Returns:
        The sprints that have one.
    """
    asked = {
        "of_sprints": [*sprint_ids],
        "of_name": f":{name}",
        "new_template": {"name": template, **args},
        "in_trace": traceparent(),
    }
    statement = REFRESH[session.get_bind().dialect.name]
    return frozenset(session.execute(statement, asked).scalars())


def render_anew(session: Session, team_id: str, which: ColumnElement[bool]) -> None:
    """Let messages that were posted be rendered from the rows as they are now.

    Args:
        session: the transaction of what changed.
        team_id: the workspace.
        which: tells the messages, by columns of the outbox.
    """
    posted = (OUTBOX.c.template.is_not(None), OUTBOX.c.ts.is_not(None))
    session.execute(
        update(OUTBOX).where(OUTBOX.c.team_id == team_id, *posted, which).values(_again()),
        {"in_trace": traceparent()},
    )


def find(session: Session, *, team_id: str, key: str, lock: bool = False) -> OutboxItem | None:
    """Return the thing named `key`, or None.

    Args:
        session: an open session.
        team_id: the workspace.
        key: the thing's name.
        lock: keep others from changing it until this transaction ends.
    """
    asked = {"team_id": team_id, "key": key}
    return session.scalars(NAMED_LOCKED if lock else NAMED, asked).one_or_none()


def outbox_lag(session: Session, now: datetime) -> float:
    """Return for how many seconds the message that waits longest has waited; 0.0 for none.

    A message that was never sent waits since it was written, whether or not it was tried; an
    update of one that was sent waits since its first try.

    Args:
        session: an open session.
        now: the moment, by the clock that messages are written by.
    """
    waits = OutboxItem.state == OutboxState.WAITING
    written, tried = session.execute(
        select(
            func.min(case((OutboxItem.sent_version == 0, OutboxItem.created_at))),
            func.min(OutboxItem.first_tried_at),
        ).where(waits)
    ).one()
    ages = [(now - written).total_seconds()] if written else []
    ages += [(datetime.now(UTC) - tried).total_seconds()] if tried else []
    lag: float = max([0.0, *ages])
    return lag
