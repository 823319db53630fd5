"""Messages are found by workspace through two longer indexes; a third cost each of them a write."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop it: (team_id, key) begins with the same column."""
    op.drop_index("ix_outbox_team_id", "outbox")


def downgrade() -> None:
    """Add it again."""
    op.create_index("ix_outbox_team_id", "outbox", ["team_id"])
