"""Notices about high scores, by webhook and in the channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    moment = bot.db.columns.Moment(timezone=True)

    def of_deployment(table: str) -> sa.ForeignKeyConstraint:
        return sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f(f"fk_{table}_deployment_id_deployments"),
            ondelete="CASCADE",
        )

    op.create_table(
        "score_notices",
        sa.Column("id", number, nullable=False),
        sa.Column("deployment_id", number, nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("in_channel", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", moment, nullable=True),
        sa.Column("next_try_at", moment, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        of_deployment("score_notices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_notices")),
    )
    op.create_index(op.f("ix_score_notices_deployment_id"), "score_notices", ["deployment_id"])
    op.create_table(
        "score_events",
        sa.Column("id", number, nullable=False),
        sa.Column("notice_id", number, nullable=False),
        sa.Column("deployment_id", number, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("at", moment, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("settled_at", moment, nullable=True),
        of_deployment("score_events"),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["score_notices.id"],
            name=op.f("fk_score_events_notice_id_score_notices"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_events")),
        sa.UniqueConstraint("notice_id", "key", name=op.f("uq_score_events_notice_id_key")),
    )
    op.create_index("ix_score_events_notice_state", "score_events", ["notice_id", "state"])
    op.create_index(
        "ix_score_events_deployment_entity", "score_events", ["deployment_id", "entity"]
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("score_events")
    op.drop_table("score_notices")
