"""Answers in words, reactions that act, and quiet capture."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=nullable)


def _of_sprint(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _number("id"),
        _number("sprint_id"),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f(f"fk_{table}_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Add them; no sprint from before captures quietly."""
    op.create_table(
        "prompt_replies",
        *_of_sprint("prompt_replies"),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("replied_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.UniqueConstraint("sprint_id", "ts", name=op.f("uq_prompt_replies_sprint_id_ts")),
    )
    op.create_index("ix_prompt_replies_sprint_hour", "prompt_replies", ["sprint_id", "hour"])
    op.create_table(
        "reaction_acts",
        _number("id"),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("reaction", sa.String(length=40), nullable=False),
        sa.Column("added_ts", sa.String(length=32), nullable=True),
        sa.Column("removed_ts", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.String(length=32), nullable=True),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reaction_acts")),
        sa.UniqueConstraint(
            *("team_id", "channel_id", "ts", "user_id", "reaction"),
            name=op.f("uq_reaction_acts_team_id_channel_id_ts_user_id_reaction"),
        ),
    )
    op.create_index(op.f("ix_reaction_acts_team_id"), "reaction_acts", ["team_id"])
    op.create_table(
        "capture_offers",
        *_of_sprint("capture_offers"),
        sa.Column("offered_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "sprint_id", "user_id", name=op.f("uq_capture_offers_sprint_id_user_id")
        ),
    )
    op.add_column(
        "sprints",
        sa.Column("quiet_capture", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Forget them."""
    # Not in a batch, which would drop the table and with it the rows that may not be deleted.
    op.drop_column("sprints", "quiet_capture")
    for table in ("capture_offers", "reaction_acts", "prompt_replies"):
        op.drop_table(table)
