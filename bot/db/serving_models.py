"""The tables that the bot and the prediction service share: models, clients, what was served.

The bot writes what is desired (`deployments`, `clients`); serving writes what happened. Features
are never recorded unless the deployment's privacy answer allows it; entities are pseudonyms.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.columns import Base, Key, RowId, TeamId, Word
from bot.domain.enums import BatchState


class Model(Base):
    """A trained model, kept by the hash of its bytes.

    Its bytes are in `content`, or in a folder beside the database where they are too many.
    """

    __tablename__ = "models"
    __table_args__ = (UniqueConstraint("team_id", "sha256"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int | None] = mapped_column(
        ForeignKey("sprints.id", ondelete="CASCADE"), index=True
    )
    probe_run_id: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    target: Mapped[str] = mapped_column(Text)
    kind: Mapped[Word]
    family: Mapped[Word]
    columns: Mapped[list[Any]] = mapped_column(default=list)
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    folder_path: Mapped[str | None] = mapped_column(Text)
    kept_at: Mapped[datetime]


class ServingWorker(Base):
    """What one serving process observed last: the generation that it obeys and how it runs."""

    __tablename__ = "serving_workers"
    __table_args__ = (UniqueConstraint("deployment_id", "worker"),)

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    worker: Mapped[Key]
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    url: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    form: Mapped[str | None] = mapped_column(String(40))
    form_reason: Mapped[str | None] = mapped_column(Text)
    generation: Mapped[int] = mapped_column(default=0)
    state: Mapped[Word]
    percent: Mapped[float] = mapped_column(default=0.0)
    dropped: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Client(Base):
    """A caller of the prediction service; only the hash of its token is kept.

    Without a deployment it may call every one of its workspace.
    """

    __tablename__ = "clients"

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    deployment_id: Mapped[int | None] = mapped_column(
        ForeignKey("deployments.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    created_by: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Prediction(Base):
    """One answered row: who got which answer, and where its values lie among the training data's.

    `key` is what the caller got, to report the outcome by. `bins` holds a byte a column.
    """

    __tablename__ = "predictions"
    __table_args__ = (
        UniqueConstraint("deployment_id", "key"),
        Index("ix_predictions_deployment_entity", "deployment_id", "entity"),
        Index("ix_predictions_at", "at"),
    )

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    generation: Mapped[int]
    at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(32))
    entity: Mapped[str] = mapped_column(String(32))
    arm: Mapped[Word]
    score: Mapped[float | None]
    answer: Mapped[str | None] = mapped_column(Text)
    bins: Mapped[bytes | None] = mapped_column(LargeBinary)
    features: Mapped[dict[str, Any] | None]
    latency_ms: Mapped[float]
    error: Mapped[str | None] = mapped_column(String(80))
    client_id: Mapped[int | None]


class Outcome(Base):
    """What really happened to an entity, reported when it is known; may come late or early."""

    __tablename__ = "outcomes"
    __table_args__ = (
        UniqueConstraint("deployment_id", "key"),
        Index("ix_outcomes_deployment_entity", "deployment_id", "entity"),
        Index("ix_outcomes_deployment_prediction", "deployment_id", "prediction_key"),
    )

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    prediction_key: Mapped[str | None] = mapped_column(String(32))
    entity: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    value: Mapped[str] = mapped_column(Text)
    client_id: Mapped[int | None]


class WatchMinute(Base):
    """What one worker counted in one minute for one arm.

    `latency` counts rows by bucket, see `serving.watch`; `errors_theirs` are callers' mistakes,
    which no guard counts.
    """

    __tablename__ = "watch_minutes"
    __table_args__ = (
        UniqueConstraint("deployment_id", "worker", "minute", "arm", "generation"),
        Index("ix_watch_minutes_deployment_minute", "deployment_id", "minute"),
    )

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    worker: Mapped[Key]
    minute: Mapped[datetime]
    arm: Mapped[Word]
    generation: Mapped[int]
    calls: Mapped[int] = mapped_column(default=0)
    errors_ours: Mapped[int] = mapped_column(default=0)
    errors_theirs: Mapped[int] = mapped_column(default=0)
    overloaded: Mapped[int] = mapped_column(default=0)
    dropped: Mapped[int] = mapped_column(default=0)
    latency: Mapped[list[Any]] = mapped_column(default=list)


class WatchState(Base):
    """How far the watch has read a deployment's predictions, and what it knows by then."""

    __tablename__ = "watch_states"

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(
        ForeignKey("deployments.id", ondelete="CASCADE"), unique=True
    )
    read_to: Mapped[int] = mapped_column(BigInteger, default=0)
    horizon: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    look: Mapped[dict[str, Any]] = mapped_column(default=dict)
    looked_at: Mapped[datetime]


class GuardFinding(Base):
    """Something that a guard found; open until it closes itself or the deployment moves on."""

    __tablename__ = "guard_findings"
    __table_args__ = (Index("ix_guard_findings_deployment", "deployment_id", "closed_at"),)

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"))
    guard: Mapped[Word]
    subject: Mapped[str] = mapped_column(Text)
    level: Mapped[Word]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    generation: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class ServingBatch(Base):
    """A table that was scored as a whole, or is to be when it is due.

    `into` is a new table of the database that `credential` names, a CSV file, or nothing at all
    where a log is replayed in a shadow run. `alarms` lists the columns that were not as in
    training; a batch in a shadow run without any counts for the gate. `failed` counts rows that the
    model could not score, `refused` requests of a log that the service would have refused.
    """

    __tablename__ = "serving_batches"
    __table_args__ = (Index("ix_serving_batches_state_due", "state", "due_at"),)

    id: Mapped[RowId]
    deployment_id: Mapped[int] = mapped_column(
        ForeignKey("deployments.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[Word] = mapped_column(default=BatchState.WAITING)
    source: Mapped[str] = mapped_column(Text)
    table_name: Mapped[str | None] = mapped_column(Text)
    entity_column: Mapped[str] = mapped_column(Text)
    into: Mapped[str] = mapped_column(Text)
    credential: Mapped[str | None] = mapped_column(Text)
    every_hours: Mapped[int | None]
    requested_by: Mapped[str | None] = mapped_column(String(32))
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    finished_at: Mapped[datetime | None]
    in_shadow: Mapped[bool] = mapped_column(default=False)
    rows: Mapped[int | None]
    entities: Mapped[int | None]
    in_control: Mapped[int | None]
    failed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    unreadable: Mapped[dict[str, Any]] = mapped_column(default=dict)
    alarms: Mapped[list[Any]] = mapped_column(default=list)
    error: Mapped[str | None] = mapped_column(Text)
