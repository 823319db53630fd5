"""Timers that wait have indexes of their own; what is done leaves them and enters none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'waiting'")
POSTED = sa.text("ts IS NOT NULL")
BEFORE = (
    ("ix_timers_team_id", "timers", ["team_id"]),
    ("ix_timers_state_due_at", "timers", ["state", "due_at"]),
    ("ix_timers_sprint_state_due_at", "timers", ["sprint_id", "state", "due_at"]),
    ("ix_outbox_team_ts", "outbox", ["team_id", "channel_id", "ts"]),
    ("ix_sprints_team_id", "sprints", ["team_id"]),
)
AFTER = (
    ("ix_timers_due_at", "timers", ["due_at"], WAITS),
    ("ix_timers_sprint_due_at", "timers", ["sprint_id", "due_at"], WAITS),
    ("ix_outbox_team_ts", "outbox", ["team_id", "channel_id", "ts"], POSTED),
)
ROOM = 50
"""Percent of a page of sprints that is filled: a count that changes finds room beside its row."""


def upgrade() -> None:
    """Replace indexes that every timer, message and sprint was written into."""
    for name, table, _columns in BEFORE:
        op.drop_index(name, table)
    for name, table, columns, which in AFTER:
        op.create_index(name, table, columns, postgresql_where=which, sqlite_where=which)
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE sprints SET (fillfactor = {ROOM})")


def downgrade() -> None:
    """Put those before in their place."""
    for name, table, _columns, _which in AFTER:
        op.drop_index(name, table)
    for name, table, columns in BEFORE:
        op.create_index(name, table, columns)
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE sprints RESET (fillfactor)")
