"""Tables about who may see what: who was in a private channel, and links to reports."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, TeamId


class ChannelVisit(Base):
    """Somebody did something in a private sprint's channel, which proves that they were let in.

    A form that they opened there comes back without its channel.
    """

    __tablename__ = "channel_visits"
    __table_args__ = (UniqueConstraint("sprint_id", "user_id"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    user_id: Mapped[SlackId]
    seen_at: Mapped[datetime]


class ReportLink(Base):
    """A link to a sprint's report that was given to somebody, until it expires or is revoked."""

    __tablename__ = "report_links"

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"), index=True)
    made_by: Mapped[SlackId]
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(Text)
