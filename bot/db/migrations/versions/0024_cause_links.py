"""Links between any two records of a sprint, named as the verdict names them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NAMES = ("first", "second")


def upgrade() -> None:
    """Add the names. Ids of blockers stay: the last version writes and reads them beside this one."""
    with op.batch_alter_table("cause_links") as batch:
        for name in NAMES:
            batch.add_column(sa.Column(name, sa.String(length=80), nullable=True))
            batch.alter_column(f"{name}_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    """Drop the names, and the links of other records than blockers."""
    op.execute("DELETE FROM cause_links WHERE first_id IS NULL OR second_id IS NULL")
    with op.batch_alter_table("cause_links") as batch:
        for name in NAMES:
            batch.alter_column(f"{name}_id", existing_type=sa.Integer(), nullable=False)
            batch.drop_column(name)
