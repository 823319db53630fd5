"""People join and part causes, override findings, and confirm the items of their plan."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=False)


def _head(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _number("id"),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        _number("sprint_id"),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f(f"fk_{table}_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("said_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    """Add them; items from before are neither questions nor confirmed."""
    op.create_table(
        "cause_links",
        *_head("cause_links"),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.UniqueConstraint(
            *("sprint_id", "first_id", "second_id"),
            name=op.f("uq_cause_links_sprint_id_first_id_second_id"),
        ),
    )
    op.create_table(
        "finding_overrides",
        *_head("finding_overrides"),
        _number("probe_run_id"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["probe_run_id"],
            ["probe_runs.id"],
            name=op.f("fk_finding_overrides_probe_run_id_probe_runs"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "probe_run_id", "code", name=op.f("uq_finding_overrides_probe_run_id_code")
        ),
    )
    for table in ("cause_links", "finding_overrides"):
        op.create_index(op.f(f"ix_{table}_team_id"), table, ["team_id"])
    with op.batch_alter_table("fix_items") as batch:
        batch.add_column(sa.Column("reference", sa.Text(), nullable=True))
        batch.add_column(
            sa.Column("is_question", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch.add_column(sa.Column("confirmed_by", sa.Text(), nullable=True))
        batch.add_column(
            sa.Column("confirmed_at", bot.db.columns.Moment(timezone=True), nullable=True)
        )


def downgrade() -> None:
    """Forget them."""
    with op.batch_alter_table("fix_items") as batch:
        for name in ("confirmed_at", "confirmed_by", "is_question", "reference"):
            batch.drop_column(name)
    op.drop_table("finding_overrides")
    op.drop_table("cause_links")
