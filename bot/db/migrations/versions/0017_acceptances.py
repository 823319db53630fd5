"""What people accepted in writing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "acceptances",
        sa.Column("id", number, nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("sprint_id", number, nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("duty", sa.String(length=40), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("accepted_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f("fk_acceptances_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptances")),
        sa.UniqueConstraint(
            "sprint_id", "section", "duty", name=op.f("uq_acceptances_sprint_id_section_duty")
        ),
    )
    op.create_index(op.f("ix_acceptances_team_id"), "acceptances", ["team_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_acceptances_team_id"), "acceptances")
    op.drop_table("acceptances")
