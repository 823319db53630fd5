"""Tables of evidence: connected systems, the facts they reported, and what blockers wait for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, Key, RowId, SlackId, TeamId, Word


class EvidenceSystem(Base):
    """An outside system that an administrator connected; its secrets are sealed."""

    __tablename__ = "evidence_systems"
    __table_args__ = (UniqueConstraint("team_id", "name"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    name: Mapped[Word]
    adapter: Mapped[Word]
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret: Mapped[str | None] = mapped_column(Text)
    token: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    last_event_at: Mapped[datetime | None]
    last_asked_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


class EvidenceFact(Base):
    """One event of an outside system; the same event is one row however often it comes.

    `origin` is "system:ID", or "link:ID" for what only one blocker's own look has seen.
    """

    __tablename__ = "evidence_facts"
    __table_args__ = (
        UniqueConstraint("team_id", "origin", "key"),
        Index("ix_evidence_facts_subject", "team_id", "origin", "subject"),
    )

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    origin: Mapped[Word]
    key: Mapped[str] = mapped_column(String(64))
    subject: Mapped[Key]
    kind: Mapped[Word]
    at: Mapped[datetime]
    value: Mapped[str] = mapped_column(Text)
    standing: Mapped[str | None] = mapped_column(String(40))
    link: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]


class EvidenceLink(Base):
    """What a blocker waits for in an outside system, and how long that took by its facts.

    The measured columns are kept from the facts whenever one comes, so that reports need not read
    them. A link that is asked about has a timer; when that is due, `wanted_at` is set, and a worker
    takes it by a lease.
    """

    __tablename__ = "evidence_links"
    __table_args__ = (
        UniqueConstraint("blocker_id", "adapter", "subject"),
        Index("ix_evidence_links_wanted_at", "wanted_at"),
        Index("ix_evidence_links_team_subject", "team_id", "subject"),
    )

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"), index=True)
    blocker_id: Mapped[int] = mapped_column(ForeignKey("blockers.id", ondelete="CASCADE"))
    system_id: Mapped[int | None] = mapped_column(
        ForeignKey("evidence_systems.id", ondelete="SET NULL")
    )
    adapter: Mapped[Word]
    subject: Mapped[Key]
    url: Mapped[str] = mapped_column(Text, default="")
    how: Mapped[Word]
    linked_by: Mapped[SlackId]
    linked_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    standing: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(Text, default="")
    held: Mapped[str] = mapped_column(Text, default="")
    meets_at: Mapped[datetime | None]
    wanted_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    looked_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
