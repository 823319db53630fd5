"""What people may still do just now, for all processes that answer them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; it begins empty, and everybody with a full bucket."""
    op.create_table(
        "person_allowances",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("allowance", sa.Float(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_person_allowances"),
        sa.UniqueConstraint("team_id", "person", name="uq_person_allowances_team_id_person"),
    )
    op.create_index("ix_person_allowances_team_id", "person_allowances", ["team_id"])
    op.create_index("ix_person_allowances_at", "person_allowances", ["at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("person_allowances")
