"""The transactional outbox: messages, who may write to a queue, and blocks that a Slack refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, Key, RowId, TeamId, Word
from bot.domain.enums import (
    OutboxState,
)

URGENT_WAITS: Final = text("state = 'waiting' AND priority <= 20")
"""Up to `Priority.URGENT`; a query has to say the same for the index to be used."""

POSTED: Final = text("ts IS NOT NULL")


class OutboxItem(Base):
    """One thing that Slack has to show: a message with its newest content, a channel, a pin.

    A message is one row for its whole life: posting fills `ts`, changing it raises `version`, and
    delivery brings Slack to the newest version, so quick changes are merged by themselves.

    A row with a `template` is rendered when it is sent; its `body` is what was last sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("team_id", "key"),
        Index("ix_outbox_state_lane", "state", "team_id", "queue", "priority", "id"),
        Index(
            "ix_outbox_team_ts",
            "team_id",
            "channel_id",
            "ts",
            postgresql_where=POSTED,
            sqlite_where=POSTED,
        ),
        Index(
            "ix_outbox_urgent",
            "team_id",
            "queue",
            postgresql_where=URGENT_WAITS,
            sqlite_where=URGENT_WAITS,
        ),
    )

    id: Mapped[RowId]
    team_id: Mapped[str] = mapped_column(String(32))
    sprint_id: Mapped[int | None] = mapped_column(
        ForeignKey("sprints.id", ondelete="CASCADE"), index=True
    )
    key: Mapped[Key]
    queue: Mapped[Key] = mapped_column("lane", key="queue")
    kind: Mapped[Word]
    priority: Mapped[int] = mapped_column(default=50)
    thread_key: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    template: Mapped[dict[str, Any] | None] = mapped_column(
        "recipe", JSON(none_as_null=True), key="template"
    )
    version: Mapped[int] = mapped_column(default=1)
    sent_version: Mapped[int] = mapped_column(default=0)
    state: Mapped[Word] = mapped_column(default=OutboxState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[bool] = mapped_column(default=False)
    not_before: Mapped[datetime | None]
    channel_id: Mapped[str | None] = mapped_column(Text)
    ts: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    traceparent: Mapped[str | None] = mapped_column(String(64))


class BlockRefusal(Base):
    """A type of block that a workspace's Slack refuses; its plain twin is sent instead."""

    __tablename__ = "block_refusals"
    __table_args__ = (UniqueConstraint("team_id", "block"),)

    id: Mapped[RowId]
    team_id: Mapped[str] = mapped_column(String(32))
    block: Mapped[Word]
    refused_at: Mapped[datetime]


class QueueLease(Base):
    """Who may write to a channel just now; one writer keeps the order."""

    __tablename__ = "lanes"
    __table_args__ = (UniqueConstraint("team_id", "queue"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    queue: Mapped[Key] = mapped_column("lane", key="queue")
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
