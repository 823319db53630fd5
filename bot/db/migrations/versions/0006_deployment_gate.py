"""A deployment has owners, stages, a rehearsed rollback, and where it runs elsewhere, evidence."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS: Final[tuple[tuple[str, Any], ...]] = (
    ("on_call", sa.Text()),
    ("evidence", sa.Text()),
    ("address", sa.Text()),
    ("override_reason", sa.Text()),
    ("override_by", sa.Text()),
    ("rehearsed_at", bot.db.columns.Moment(timezone=True)),
    ("rehearsal_ms", sa.Double()),
)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _of(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column(
            "deployment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["deployment_id"],
            ["deployments.id"],
            name=op.f(f"fk_{table}_deployment_id_deployments"),
            ondelete="CASCADE",
        ),
    )


def upgrade() -> None:
    """Add them; deployments from before were noted by hand, and stay so."""
    with op.batch_alter_table("deployments") as batch:
        for name, kind in COLUMNS:
            batch.add_column(sa.Column(name, kind, nullable=True))
        batch.add_column(sa.Column("watched", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "deployment_owners",
        _key(),
        *_of("deployment_owners"),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("named_by", sa.String(length=32), nullable=False),
        sa.Column("named_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("accepted_at", bot.db.columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_owners")),
        sa.UniqueConstraint(
            "deployment_id", "part", name=op.f("uq_deployment_owners_deployment_id_part")
        ),
    )
    op.create_table(
        "deployment_stages",
        _key(),
        *_of("deployment_stages"),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("from_state", sa.String(length=40), nullable=False),
        sa.Column("from_percent", sa.Double(), nullable=False),
        sa.Column("to_state", sa.String(length=40), nullable=False),
        sa.Column("to_percent", sa.Double(), nullable=False),
        sa.Column("actor_id", sa.String(length=32), nullable=False),
        sa.Column("at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("written_at", bot.db.columns.Moment(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("replicas", sa.Integer(), nullable=True),
        sa.Column("effective_ms", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment_stages")),
    )
    op.create_index(
        "ix_deployment_stages_deployment", "deployment_stages", ["deployment_id", "generation"]
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("deployment_stages")
    op.drop_table("deployment_owners")
    with op.batch_alter_table("deployments") as batch:
        batch.drop_column("watched")
        for name, _ in reversed(COLUMNS):
            batch.drop_column(name)
