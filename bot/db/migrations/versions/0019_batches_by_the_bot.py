"""Batches are worked off by the bot: a lease, progress, and the credential that they write with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = ("credential", "owner", "leased_until", "progress", "failed", "refused")


def upgrade() -> None:
    """Add the columns."""
    moment = bot.db.columns.Moment(timezone=True)
    with op.batch_alter_table("serving_batches") as batch:
        batch.add_column(sa.Column("credential", sa.Text(), nullable=True))
        batch.add_column(sa.Column("owner", sa.Text(), nullable=True))
        batch.add_column(sa.Column("leased_until", moment, nullable=True))
        batch.add_column(sa.Column("progress", sa.JSON(), nullable=False, server_default="{}"))
        batch.add_column(sa.Column("failed", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("refused", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("serving_batches") as batch:
        for name in COLUMNS:
            batch.drop_column(name)
