"""Report links that can be revoked, visits of private channels, traces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _number(name: str) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, nullable=False)


def _sprint(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _number("sprint_id"),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f(f"fk_{table}_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, bot.db.columns.Moment(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Only add, so that the version before runs beside this one."""
    op.create_table(
        "channel_visits",
        _number("id"),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        _moment("seen_at"),
        *_sprint("channel_visits"),
        sa.UniqueConstraint(
            "sprint_id", "user_id", name=op.f("uq_channel_visits_sprint_id_user_id")
        ),
    )
    op.create_table(
        "report_links",
        _number("id"),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=False),
        _moment("made_at"),
        _moment("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        *_sprint("report_links"),
    )
    for column in ("team_id", "sprint_id"):
        op.create_index(op.f(f"ix_report_links_{column}"), "report_links", [column])
    op.add_column("outbox", sa.Column("traceparent", sa.String(length=64), nullable=True))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("outbox", "traceparent")
    op.drop_table("report_links")
    op.drop_table("channel_visits")
