"""The tables of notices about high scores: what a person asked for, and what was sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, Word
from bot.domain.enums import NoticeState


class ScoreNotice(Base):
    """What is to happen at a high score: a webhook is called, the channel is told, or both.

    A change is a new row; the one before has ended. `read_to` and `horizon` say how far the
    predictions have been read, as in `WatchState`. `failing_since` is set while the webhook does
    not take what it is sent.
    """

    __tablename__ = "score_notices"

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(
        ForeignKey("deployments.id", ondelete="CASCADE"), index=True
    )
    threshold: Mapped[float]
    url: Mapped[str | None] = mapped_column(Text)
    in_channel: Mapped[bool] = mapped_column(default=False)
    created_by: Mapped[SlackId]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    read_to: Mapped[int] = mapped_column(BigInteger, default=0)
    horizon: Mapped[int] = mapped_column(BigInteger, default=0)
    leased_until: Mapped[datetime | None]
    next_try_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


class ScoreEvent(Base):
    """One high score on its way to a webhook; its key names it at the receiver, however often."""

    __tablename__ = "score_events"
    __table_args__ = (
        UniqueConstraint("notice_id", "key"),
        Index("ix_score_events_notice_state", "notice_id", "state"),
        Index("ix_score_events_deployment_entity", "deployment_id", "entity"),
    )

    id: Mapped[RowId]
    notice_id: Mapped[int] = mapped_column(ForeignKey("score_notices.id", ondelete="CASCADE"))
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    entity: Mapped[str | None] = mapped_column(String(32))
    score: Mapped[float | None]
    answer: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default=NoticeState.WAITING)
    settled_at: Mapped[datetime | None]
