"""What people typed into forms that they closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=255), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("saved_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint(
            "team_id", "user_id", "form", name=op.f("uq_drafts_team_id_user_id_form")
        ),
    )
    op.create_index(op.f("ix_drafts_team_id"), "drafts", ["team_id"])
    op.create_index(op.f("ix_drafts_saved_at"), "drafts", ["saved_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_drafts_saved_at"), "drafts")
    op.drop_index(op.f("ix_drafts_team_id"), "drafts")
    op.drop_table("drafts")
