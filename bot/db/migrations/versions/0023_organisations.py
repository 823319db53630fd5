"""Organisations that installed the bot for all of their workspaces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FLAGS = ("is_org", "by_org")


def upgrade() -> None:
    """Add the columns; every installation so far is one workspace's own.

    In place: the table must not be built anew while a trigger of the audit trail reads it.
    """
    enterprise: sa.Column[str] = sa.Column("enterprise_id", sa.String(length=32), nullable=True)
    op.add_column("installations", enterprise)
    for flag in FLAGS:
        column: sa.Column[bool] = sa.Column(
            flag, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("installations", column)
    op.create_index("ix_installations_enterprise_id", "installations", ["enterprise_id"])


def downgrade() -> None:
    """Remove them."""
    op.drop_index("ix_installations_enterprise_id", "installations")
    for column in ("enterprise_id", *FLAGS):
        op.drop_column("installations", column)
