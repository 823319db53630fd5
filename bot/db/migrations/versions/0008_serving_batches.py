"""Tables that a deployment scored as a whole, and those that are due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = bot.db.columns.Moment(timezone=True)
    op.create_table(
        "serving_batches",
        sa.Column("id", number, nullable=False),
        sa.Column("deployment_id", number, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=True),
        sa.Column("entity_column", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("every_hours", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.String(length=32), nullable=True),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("in_shadow", sa.Boolean(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("entities", sa.Integer(), nullable=True),
        sa.Column("in_control", sa.Integer(), nullable=True),
        sa.Column("unreadable", sa.JSON(), nullable=False),
        sa.Column("alarms", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f("fk_serving_batches_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving_batches")),
    )
    op.create_index(op.f("ix_serving_batches_deployment_id"), "serving_batches", ["deployment_id"])
    op.create_index("ix_serving_batches_state_due", "serving_batches", ["state", "due_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_serving_batches_state_due", "serving_batches")
    op.drop_index(op.f("ix_serving_batches_deployment_id"), "serving_batches")
    op.drop_table("serving_batches")
