"""Tables of what proves a fix: the runs of checks, and the data checks that people keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, Key, RowId, SlackId, TeamId, Word
from bot.domain.enums import CheckRunState


class CheckRun(Base):
    """One run of a fix's check, or of the kept checks of a table.

    Runs of one `job` that wait together are answered by one look. `queued_at` and `started_at` are
    the machine's time, by which a run that began before somebody asked isn't taken for an answer;
    the other moments are the sprint's.
    """

    __tablename__ = "check_runs"
    __table_args__ = (
        Index("ix_check_runs_state_priority", "state", "priority", "id"),
        Index("ix_check_runs_source", "team_id", "source", "queued_at"),
    )

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(
        ForeignKey("fix_items.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[Word]
    job: Mapped[Key]
    source: Mapped[str | None] = mapped_column(Text)
    request: Mapped[dict[str, Any]] = mapped_column(default=dict)
    trigger: Mapped[Word]
    priority: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[SlackId]
    asked_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default=CheckRunState.WAITING)
    progress: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    outcome: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)


class KeptCheck(Base):
    """A rule about a table's rows that somebody confirmed; it runs every night from then on."""

    __tablename__ = "kept_checks"
    __table_args__ = (UniqueConstraint("sprint_id", "source", "table_name", "key"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    source: Mapped[Key]
    table_name: Mapped[Key] = mapped_column(default="")
    key: Mapped[Key]
    rule: Mapped[dict[str, Any]] = mapped_column(default=dict)
    sentence: Mapped[str] = mapped_column(Text)
    kept_by: Mapped[SlackId]
    kept_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    held_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
