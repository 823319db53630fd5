"""What somebody accepted in writing, for the governance check and the dossiers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, TeamId, Word


class Acceptance(Base):
    """One duty that a person accepted; a later acceptance of the same duty replaces it."""

    __tablename__ = "acceptances"
    __table_args__ = (UniqueConstraint("sprint_id", "section", "duty"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    section: Mapped[Word]
    duty: Mapped[Word]
    says: Mapped[str] = mapped_column(Text)
    proof: Mapped[str] = mapped_column(Text)
    user_id: Mapped[SlackId]
    accepted_at: Mapped[datetime]
