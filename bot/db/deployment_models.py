"""The tables of deployments that only the bot writes: who answers for them and how they moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, Word


class DeploymentOwner(Base):
    """Who answers for one part of a deployment; it counts once they have accepted it themselves."""

    __tablename__ = "deployment_owners"
    __table_args__ = (UniqueConstraint("deployment_id", "part"),)

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    part: Mapped[Word]
    user_id: Mapped[SlackId]
    named_by: Mapped[SlackId]
    named_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]


class DeploymentStage(Base):
    """One change of what a deployment is meant to do, with the figures at that moment.

    `at` is the sprint's time, `written_at` the machine's: rollbacks are timed by it.
    `effective_ms` says how long it took until every replica had taken the change.
    """

    __tablename__ = "deployment_stages"
    __table_args__ = (Index("ix_deployment_stages_deployment", "deployment_id", "generation"),)

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    generation: Mapped[int]
    from_state: Mapped[Word]
    from_percent: Mapped[float]
    to_state: Mapped[Word]
    to_percent: Mapped[float]
    actor_id: Mapped[SlackId]
    at: Mapped[datetime]
    written_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    replicas: Mapped[int | None]
    effective_ms: Mapped[float | None]
