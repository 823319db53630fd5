"""An index on the urgent messages that wait, which are looked for all the time and are few."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NAME = "ix_outbox_urgent"
WHICH = sa.text("state = 'waiting' AND priority <= 20")


def upgrade() -> None:
    """Add it."""
    op.create_index(NAME, "outbox", ["team_id", "lane"], postgresql_where=WHICH, sqlite_where=WHICH)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(NAME, table_name="outbox")
