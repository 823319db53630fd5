"""The kind that was guessed for a blocker, while a gate's answer stands in its place."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; a guess that was replaced before is not known any more."""
    op.add_column("blockers", sa.Column("kind_guess", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("blockers", "kind_guess")
