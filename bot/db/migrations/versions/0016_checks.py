"""Fixes carry a check; its runs and the data checks that people keep are rows."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FIX_WORDS = ("check_kind", "check_by", "check_outcome", "check_words")
FIX_FACTS = ("check_facts", "check_figures")
FIX_MOMENTS = ("checked_at", "held_at")
_STATE = sa.table("fix_items", sa.column("state", sa.String))


def _number(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, bot.db.columns.Moment(timezone=True), nullable=nullable)


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
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _check_runs() -> None:
    op.create_table(
        "check_runs",
        *_head("check_runs"),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("job", sa.String(length=255), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("trigger", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        _moment("asked_at", nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        _moment("leased_until"),
        _moment("queued_at", nullable=False),
        _moment("started_at"),
        _moment("finished_at"),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["fix_items.id"],
            name=op.f("fk_check_runs_item_id_fix_items"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("ix_check_runs_team_id"), "check_runs", ["team_id"])
    op.create_index(op.f("ix_check_runs_sprint_id"), "check_runs", ["sprint_id"])
    op.create_index(op.f("ix_check_runs_item_id"), "check_runs", ["item_id"])
    op.create_index("ix_check_runs_state_priority", "check_runs", ["state", "priority", "id"])
    op.create_index("ix_check_runs_source", "check_runs", ["team_id", "source", "queued_at"])


def _kept_checks() -> None:
    op.create_table(
        "kept_checks",
        *_head("kept_checks"),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("table_name", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("kept_by", sa.String(length=32), nullable=False),
        _moment("kept_at", nullable=False),
        _moment("removed_at"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        _moment("held_at"),
        _moment("checked_at"),
        sa.UniqueConstraint(
            *("sprint_id", "source", "table_name", "key"),
            name=op.f("uq_kept_checks_sprint_id_source_table_name_key"),
        ),
    )
    op.create_index(op.f("ix_kept_checks_team_id"), "kept_checks", ["team_id"])


def upgrade() -> None:
    """Add them; an item that was done has nothing to show for it, so it counts as claimed."""
    with op.batch_alter_table("blockers") as batch:
        batch.add_column(sa.Column("finding_number", sa.Integer(), nullable=True))
    with op.batch_alter_table("fix_items") as batch:
        for name in FIX_WORDS:
            batch.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in FIX_FACTS:
            batch.add_column(sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))
        for name in FIX_MOMENTS:
            batch.add_column(_moment(name))
    op.execute(_STATE.update().where(_STATE.c.state == "done").values(state="claimed"))
    _check_runs()
    _kept_checks()


def downgrade() -> None:
    """Forget them; what was proved or claimed is done, what broke again is open."""
    op.drop_table("kept_checks")
    op.drop_table("check_runs")
    for state, before in (("claimed", "done"), ("proved", "done"), ("regressed", "open")):
        op.execute(_STATE.update().where(_STATE.c.state == state).values(state=before))
    with op.batch_alter_table("fix_items") as batch:
        for name in (*FIX_MOMENTS, *FIX_FACTS, *FIX_WORDS):
            batch.drop_column(name)
    with op.batch_alter_table("blockers") as batch:
        batch.drop_column("finding_number")
