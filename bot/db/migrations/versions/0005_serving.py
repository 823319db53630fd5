"""Models are kept, deployments have a desired state, and what is served is recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and to a deployment what serving obeys; old ones are claims by hand."""
    op.create_table(
        "models",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("sprint_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("probe_run_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("folder_path", sa.Text(), nullable=True),
        sa.Column("kept_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f("fk_models_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
        sa.UniqueConstraint("team_id", "sha256", name=op.f("uq_models_team_id_sha256")),
    )
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_models_sha256"), ["sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_models_sprint_id"), ["sprint_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_models_team_id"), ["team_id"], unique=False)

    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=True),
        sa.Column("created_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("revoked_at", bot.db.columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_clients_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_clients_token_hash")),
    )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clients_deployment_id"), ["deployment_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_clients_team_id"), ["team_id"], unique=False)

    op.create_table(
        "guard_findings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("guard", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("opened_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("closed_at", bot.db.columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_guard_findings_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guard_findings")),
    )
    with op.batch_alter_table("guard_findings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_guard_findings_deployment", ["deployment_id", "closed_at"], unique=False
        )

    op.create_table(
        "outcomes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("prediction_key", sa.String(length=32), nullable=True),
        sa.Column("entity", sa.String(length=32), nullable=True),
        sa.Column("at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("received_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_outcomes_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("deployment_id", "key", name=op.f("uq_outcomes_deployment_id_key")),
    )
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outcomes_deployment_entity", ["deployment_id", "entity"], unique=False
        )
        batch_op.create_index(
            "ix_outcomes_deployment_prediction", ["deployment_id", "prediction_key"], unique=False
        )

    op.create_table(
        "predictions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("arm", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("bins", sa.LargeBinary(), nullable=True),
        sa.Column("features", sa.JSON(), nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=False),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("client_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_predictions_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_predictions")),
        sa.UniqueConstraint("deployment_id", "key", name=op.f("uq_predictions_deployment_id_key")),
    )
    with op.batch_alter_table("predictions", schema=None) as batch_op:
        batch_op.create_index("ix_predictions_at", ["at"], unique=False)
        batch_op.create_index(
            "ix_predictions_deployment_entity", ["deployment_id", "entity"], unique=False
        )

    op.create_table(
        "serving_workers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("worker", sa.String(length=255), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("form", sa.String(length=40), nullable=True),
        sa.Column("form_reason", sa.Text(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("percent", sa.Double(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("started_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("seen_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_serving_workers_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving_workers")),
        sa.UniqueConstraint(
            "deployment_id", "worker", name=op.f("uq_serving_workers_deployment_id_worker")
        ),
    )
    op.create_table(
        "watch_minutes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("worker", sa.String(length=255), nullable=False),
        sa.Column("minute", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("arm", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("errors_ours", sa.Integer(), nullable=False),
        sa.Column("errors_theirs", sa.Integer(), nullable=False),
        sa.Column("overloaded", sa.Integer(), nullable=False),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("latency", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_watch_minutes_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_minutes")),
        sa.UniqueConstraint(
            "deployment_id",
            "worker",
            "minute",
            "arm",
            "generation",
            name=op.f("uq_watch_minutes_deployment_id_worker_minute_arm_generation"),
        ),
    )
    with op.batch_alter_table("watch_minutes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_watch_minutes_deployment_minute", ["deployment_id", "minute"], unique=False
        )

    op.create_table(
        "watch_states",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("look", sa.JSON(), nullable=False),
        sa.Column("looked_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_watch_states_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_states")),
        sa.UniqueConstraint("deployment_id", name=op.f("uq_watch_states_deployment_id")),
    )
    with op.batch_alter_table("deployments", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(
            sa.Column("state", sa.String(length=40), nullable=False, server_default="claimed")
        )
        batch_op.add_column(
            sa.Column("generation", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("salt", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("pseudonym_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("entity_column", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("control", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("threshold", sa.Double(), nullable=True))
        batch_op.add_column(sa.Column("limits", sa.JSON(), nullable=True))
        batch_op.add_column(
            sa.Column("keeps_features", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("retention_days", sa.Integer(), nullable=False, server_default="90")
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_deployments_model_id_models"),
            "models",
            ["model_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("deployments", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_deployments_model_id_models"), type_="foreignkey")
        batch_op.drop_column("retention_days")
        batch_op.drop_column("keeps_features")
        batch_op.drop_column("limits")
        batch_op.drop_column("threshold")
        batch_op.drop_column("control")
        batch_op.drop_column("entity_column")
        batch_op.drop_column("pseudonym_key")
        batch_op.drop_column("salt")
        batch_op.drop_column("generation")
        batch_op.drop_column("state")
        batch_op.drop_column("model_id")

    op.drop_table("watch_states")
    with op.batch_alter_table("watch_minutes", schema=None) as batch_op:
        batch_op.drop_index("ix_watch_minutes_deployment_minute")

    op.drop_table("watch_minutes")
    op.drop_table("serving_workers")
    with op.batch_alter_table("predictions", schema=None) as batch_op:
        batch_op.drop_index("ix_predictions_deployment_entity")
        batch_op.drop_index("ix_predictions_at")

    op.drop_table("predictions")
    with op.batch_alter_table("outcomes", schema=None) as batch_op:
        batch_op.drop_index("ix_outcomes_deployment_prediction")
        batch_op.drop_index("ix_outcomes_deployment_entity")

    op.drop_table("outcomes")
    with op.batch_alter_table("guard_findings", schema=None) as batch_op:
        batch_op.drop_index("ix_guard_findings_deployment")

    op.drop_table("guard_findings")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clients_team_id"))
        batch_op.drop_index(batch_op.f("ix_clients_deployment_id"))

    op.drop_table("clients")
    with op.batch_alter_table("models", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_models_team_id"))
        batch_op.drop_index(batch_op.f("ix_models_sprint_id"))
        batch_op.drop_index(batch_op.f("ix_models_sha256"))

    op.drop_table("models")
