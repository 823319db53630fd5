"""The tables of deployments that only the bot writes: who answers for them and how they moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, RowId, SlackId, Word
from bot.domain.enums import DeploymentState


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


class Deployment(Base):
    """A model that takes real traffic: what is desired, and how that ended.

    The bot writes it; serving only reads it. Each change raises `generation` in its transaction.
    `control` is the answer for whoever does not get the model's: `{"answer": …}`, or
    `{"column": name}` for a value that the caller sends. `entity_column` names who a row is about.

    One that runs elsewhere has `evidence`, a link, or an `address` that is watched; `watched` holds
    what came of that. With neither it is only claimed.
    """

    __tablename__ = "deployments"

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"), index=True)
    percent: Mapped[float]
    deployed_by: Mapped[SlackId]
    deployed_at: Mapped[datetime]
    rolled_back_at: Mapped[datetime | None]
    rolled_back_by: Mapped[str | None] = mapped_column(Text)
    rollback_reason: Mapped[str | None] = mapped_column(Text)
    model_id: Mapped[int | None] = mapped_column(ForeignKey("models.id", ondelete="SET NULL"))
    state: Mapped[Word] = mapped_column(default=DeploymentState.CLAIMED)
    generation: Mapped[int] = mapped_column(default=0)
    salt: Mapped[str | None] = mapped_column(String(64))
    pseudonym_key: Mapped[str | None] = mapped_column(String(64))
    entity_column: Mapped[str | None] = mapped_column(Text)
    control: Mapped[dict[str, Any] | None]
    threshold: Mapped[float | None]
    limits: Mapped[dict[str, Any] | None]
    keeps_features: Mapped[bool] = mapped_column(default=False)
    retention_days: Mapped[int] = mapped_column(default=90)
    on_call: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    watched: Mapped[dict[str, Any]] = mapped_column(default=dict)
    override_reason: Mapped[str | None] = mapped_column(Text)
    override_by: Mapped[str | None] = mapped_column(Text)
    rehearsed_at: Mapped[datetime | None]
    rehearsal_ms: Mapped[float | None]


CLAIMED_LIVE: Final = (Deployment.state == DeploymentState.CLAIMED) & Deployment.rolled_back_at.is_(
    None
)
"""Somebody says that it runs elsewhere, and nobody rolled it back since."""
