"""The locale that each person set in Slack, for the language of what only they read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is filled when somebody is next looked up."""
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("locale", sa.String(length=16), nullable=True))


def downgrade() -> None:
    """Remove the column."""
    with op.batch_alter_table("people") as people:
        people.drop_column("locale")
