"""What people may still do just now, shared by all processes that answer them."""

from __future__ import annotations

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base


class PersonAllowance(Base):
    """One person's token bucket; `key` is a hash, so the row names nobody.

    `at` is in seconds since 1970, since both databases reckon with that alike.
    """

    __tablename__ = "person_allowances"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    allowance: Mapped[float] = mapped_column(Float)
    at: Mapped[float] = mapped_column(Float, index=True)
