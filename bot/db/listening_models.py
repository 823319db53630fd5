"""The tables of what the bot hears besides buttons: replies, reactions, and private offers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, TeamId, Word


class PromptReply(Base):
    """What somebody answered to an hour's prompt in words: in its thread, or in its form.

    `ts` names the thread's message, so that a redelivery adds nothing and an edit finds its row;
    an answer by form has none, and a person has one of those an hour.
    """

    __tablename__ = "prompt_replies"
    __table_args__ = (
        UniqueConstraint("sprint_id", "ts"),
        Index("ix_prompt_replies_sprint_hour", "sprint_id", "hour"),
    )

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    hour: Mapped[int]
    user_id: Mapped[SlackId]
    ts: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    replied_at: Mapped[datetime]


class ReactionAct(Base):
    """What one person's reaction on one message did, and until when it can be taken back.

    Slack's own times are kept: a removal that is delivered before its reaction still wins.
    """

    __tablename__ = "reaction_acts"
    __table_args__ = (UniqueConstraint("team_id", "channel_id", "ts", "user_id", "reaction"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    channel_id: Mapped[SlackId]
    ts: Mapped[str] = mapped_column(String(32))
    user_id: Mapped[SlackId]
    reaction: Mapped[Word]
    added_ts: Mapped[str | None] = mapped_column(String(32))
    removed_ts: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[int | None]


class CaptureOffer(Base):
    """When somebody was last offered to log a message of theirs; never which message, nor a word.

    One row a person and sprint holds them to one offer an hour.
    """

    __tablename__ = "capture_offers"
    __table_args__ = (UniqueConstraint("sprint_id", "user_id"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    user_id: Mapped[SlackId]
    offered_at: Mapped[datetime]
