"""How often a sprint speaks, what people are reminded of, and which blocks Slack refuses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Add them; sprints from before are prompted every hour."""
    with op.batch_alter_table("sprints") as batch:
        batch.add_column(
            sa.Column("pace", sa.String(length=40), nullable=False, server_default="hourly")
        )
        batch.add_column(sa.Column("pace_by", sa.Text(), nullable=True))
        batch.add_column(sa.Column("unanswered", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(
            sa.Column("lead_asked_at", bot.db.columns.Moment(timezone=True), nullable=True)
        )
    with op.batch_alter_table("people") as batch:
        batch.add_column(
            sa.Column("pinged_at", bot.db.columns.Moment(timezone=True), nullable=True)
        )
    op.create_table(
        "reminders",
        _number("id"),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        _number("sprint_id"),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("due_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("sent_at", bot.db.columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f("fk_reminders_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    op.create_table(
        "block_refusals",
        _number("id"),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("block", sa.String(length=40), nullable=False),
        sa.Column("refused_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_refusals")),
        sa.UniqueConstraint("team_id", "block", name=op.f("uq_block_refusals_team_id_block")),
    )
    op.create_index("ix_reminders_user", "reminders", ["team_id", "user_id", "sent_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("block_refusals")
    op.drop_table("reminders")
    with op.batch_alter_table("people") as batch:
        batch.drop_column("pinged_at")
    with op.batch_alter_table("sprints") as batch:
        for name in ("lead_asked_at", "unanswered", "pace_by", "pace"):
            batch.drop_column(name)
