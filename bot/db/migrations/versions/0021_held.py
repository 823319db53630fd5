"""The protected branch or environment that holds what a blocker waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; links from before are held by nothing that is known."""
    op.add_column("evidence_links", sa.Column("held", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("evidence_links", "held")
