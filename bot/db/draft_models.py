"""What people typed into forms that they closed, until they send them or a week has passed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, Key, RowId, SlackId, TeamId


class Draft(Base):
    """A closed form's values, for the person who typed them.

    `form` names the form and what it is about; `values` are `view.state.values` as Slack sent them.
    """

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("team_id", "user_id", "form"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    user_id: Mapped[SlackId]
    form: Mapped[Key]
    values: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(index=True)
