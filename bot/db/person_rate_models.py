"""What people may still do just now, shared by all processes that answer them."""

from __future__ import annotations

from sqlalchemy import Float, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, TeamId


class PersonAllowance(Base):
    """One person's token bucket; `person` is a hash, so the row names nobody.

    `at` is in seconds since 1970, since both databases reckon with that alike.
    """

    __tablename__ = "person_allowances"
    __table_args__ = (UniqueConstraint("team_id", "person"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    person: Mapped[str] = mapped_column(String(64))
    allowance: Mapped[float] = mapped_column(Float)
    at: Mapped[float] = mapped_column(Float, index=True)
