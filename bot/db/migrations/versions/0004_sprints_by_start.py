"""Sprints are found by their start: a list shows the newest of a workspace's thousands."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_sprints_team_start", "sprints", ["team_id", "planned_start"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_sprints_team_start", "sprints")
