"""Outside systems tell how long a wait took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import bot.db.columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, NUMBER, nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, bot.db.columns.Moment(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _string(name: str, length: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "evidence_systems",
        _number("id"),
        _string("team_id", 32),
        _string("name", 40),
        _string("adapter", 40),
        _string("slug", 64),
        sa.Column("settings", sa.JSON(), nullable=False),
        _text("secret", nullable=True),
        _text("token", nullable=True),
        _moment("created_at", nullable=False),
        _moment("last_event_at"),
        _moment("last_asked_at"),
        _text("error", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_systems")),
        sa.UniqueConstraint("team_id", "name", name=op.f("uq_evidence_systems_team_id_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_evidence_systems_slug")),
    )
    op.create_table(
        "evidence_facts",
        _number("id"),
        _string("team_id", 32),
        _string("origin", 40),
        _string("key", 64),
        _string("subject", 255),
        _string("kind", 40),
        _moment("at", nullable=False),
        _text("value"),
        _string("standing", 40, nullable=True),
        _text("link"),
        _text("title"),
        _moment("received_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_facts")),
        sa.UniqueConstraint(
            *("team_id", "origin", "key"), name=op.f("uq_evidence_facts_team_id_origin_key")
        ),
    )
    op.create_index("ix_evidence_facts_subject", "evidence_facts", ["team_id", "origin", "subject"])
    op.create_table(
        "evidence_links",
        _number("id"),
        _string("team_id", 32),
        _number("sprint_id"),
        _number("blocker_id"),
        _number("system_id", nullable=True),
        _string("adapter", 40),
        _string("subject", 255),
        _text("url"),
        _string("how", 40),
        _string("linked_by", 32),
        _moment("linked_at", nullable=False),
        _moment("asked_at"),
        _moment("opened_at"),
        _moment("ended_at"),
        _string("standing", 40, nullable=True),
        _text("state"),
        _moment("meets_at"),
        _moment("wanted_at"),
        _text("owner", nullable=True),
        _moment("leased_until"),
        _moment("looked_at"),
        _text("error", nullable=True),
        sa.ForeignKeyConstraint(
            ["sprint_id"],
            ["sprints.id"],
            name=op.f("fk_evidence_links_sprint_id_sprints"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["blocker_id"],
            ["blockers.id"],
            name=op.f("fk_evidence_links_blocker_id_blockers"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["system_id"],
            ["evidence_systems.id"],
            name=op.f("fk_evidence_links_system_id_evidence_systems"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_links")),
        sa.UniqueConstraint(
            *("blocker_id", "adapter", "subject"),
            name=op.f("uq_evidence_links_blocker_id_adapter_subject"),
        ),
    )
    op.create_index("ix_evidence_links_wanted_at", "evidence_links", ["wanted_at"])
    op.create_index("ix_evidence_links_team_subject", "evidence_links", ["team_id", "subject"])
    op.create_index(op.f("ix_evidence_links_sprint_id"), "evidence_links", ["sprint_id"])
    for table in ("evidence_systems", "evidence_facts", "evidence_links"):
        op.create_index(op.f(f"ix_{table}_team_id"), table, ["team_id"])


def downgrade() -> None:
    """Forget them."""
    for table in ("evidence_links", "evidence_facts", "evidence_systems"):
        op.drop_table(table)
