"""Messages that are put into words when they are sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the recipe beside the body; a message without one is sent as it stands."""
    op.add_column("outbox", sa.Column("recipe", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Drop it; what waits to be put into words is said as it was said before."""
    op.drop_column("outbox", "recipe")
