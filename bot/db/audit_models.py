"""The tables of the audit trail's hash chain; see `bot.db.audit_chain`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, TeamId

FIRST: Final = "0" * 64
"""What the first link of a chain follows."""


class ChainLink(Base):
    """One entry's place in its workspace's chain.

    No foreign key: who deletes an entry must not take its link along, which names it.
    """

    __tablename__ = "audit_chain"
    __table_args__ = (UniqueConstraint("team_id", "seq"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    seq: Mapped[int] = mapped_column(BigInteger)
    audit_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    salt: Mapped[str | None] = mapped_column(String(32))
    actor_commitment: Mapped[str] = mapped_column(String(64))
    facts_commitment: Mapped[str] = mapped_column(String(64))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ChainHead(Base):
    """The newest link of a workspace's chain; its row is the lock of concurrent writers."""

    __tablename__ = "audit_heads"

    id: Mapped[RowId]
    team_id: Mapped[SlackId] = mapped_column(unique=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)
    hash: Mapped[str] = mapped_column(String(64), default=FIRST)
