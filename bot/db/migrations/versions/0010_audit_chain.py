"""The audit trail is chained, so that a changed or missing entry is found.

An entry may give up who acted and its facts, for a person's erasure, once the salt of its link is
gone. Nothing else of it changes. Whether an erasure was noted in the trail, `hour48 audit verify`
looks at.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

from bot.db.audit_chain import adopt

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REFUSAL: Final = "rows of {} are written once and never changed or deleted"
GONE: Final = (
    "EXISTS (SELECT 1 FROM installations "
    "WHERE installations.team_id = OLD.team_id AND installations.uninstalled_at IS NOT NULL)"
)
UNSALTED: Final = (
    "EXISTS (SELECT 1 FROM audit_chain "
    "WHERE audit_chain.audit_id = OLD.id AND audit_chain.salt IS NULL)"
)
AUDIT_KEPT: Final = ("id", "team_id", "sprint_id", "at", "action", "subject", "subject_id")
LINK_KEPT: Final = (
    *("id", "team_id", "seq", "audit_id", "actor_commitment", "facts_commitment"),
    *("previous", "hash"),
)


def _same(columns: tuple[str, ...], operator: str) -> str:
    return " AND ".join(f"NEW.{column} {operator} OLD.{column}" for column in columns)


AUDIT_SQLITE: Final = f"""
    CREATE TRIGGER audit_never_changed BEFORE UPDATE ON audit
    WHEN NOT ({UNSALTED} AND {_same(AUDIT_KEPT, "IS")})
    BEGIN SELECT RAISE(ABORT, '{REFUSAL.format("audit")}'); END
"""
SQLITE: Final = (
    "DROP TRIGGER audit_never_changed",
    AUDIT_SQLITE,
    f"""
    CREATE TRIGGER audit_chain_never_changed BEFORE UPDATE ON audit_chain
    WHEN NOT (NEW.salt IS NULL AND {_same(LINK_KEPT, "IS")})
    BEGIN SELECT RAISE(ABORT, '{REFUSAL.format("audit_chain")}'); END
    """,
    f"""
    CREATE TRIGGER audit_chain_never_deleted BEFORE DELETE ON audit_chain WHEN NOT {GONE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL.format("audit_chain")}'); END
    """,
)
PSQL_SAME: Final = "IS NOT DISTINCT FROM"


def _audit_function(may_change: str) -> str:
    return f"""
    CREATE OR REPLACE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND {GONE} THEN
            RETURN OLD;
        END IF;
        {may_change}
        RAISE EXCEPTION '{REFUSAL.format("audit")}' USING ERRCODE = 'restrict_violation';
    END $$
    """


MAY_CHANGE: Final = f"""
        IF TG_OP = 'UPDATE' THEN
            IF {UNSALTED} AND {_same(AUDIT_KEPT, PSQL_SAME)} THEN
                RETURN NEW;
            END IF;
        END IF;
"""
POSTGRESQL: Final = (
    _audit_function(MAY_CHANGE),
    f"""
    CREATE FUNCTION audit_chain_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND {GONE} THEN
            RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            IF NEW.salt IS NULL AND {_same(LINK_KEPT, PSQL_SAME)} THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '{REFUSAL.format("audit_chain")}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_chain_is_written_once BEFORE UPDATE OR DELETE ON audit_chain
    FOR EACH ROW EXECUTE FUNCTION audit_chain_is_written_once()
    """,
    """
    CREATE TRIGGER audit_chain_is_never_emptied BEFORE TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_never_emptied()
    """,
)
BACK: Final = {
    "sqlite": (
        "DROP TRIGGER audit_never_changed",
        f"""
        CREATE TRIGGER audit_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, '{REFUSAL.format("audit")}'); END
        """,
    ),
    "postgresql": (
        _audit_function(""),
        "DROP TRIGGER audit_chain_is_never_emptied ON audit_chain",
        "DROP TRIGGER audit_chain_is_written_once ON audit_chain",
        "DROP FUNCTION audit_chain_is_written_once()",
    ),
}


def _number(name: str, *, key: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite") if key else sa.BigInteger()
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    """Chain what is there, in the order in which it was written."""
    op.create_table(
        "audit_chain",
        _number("id", key=True),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        _number("seq"),
        _number("audit_id"),
        sa.Column("salt", sa.String(length=32), nullable=True),
        *(
            sa.Column(name, sa.String(length=64), nullable=False)
            for name in ("actor_commitment", "facts_commitment", "previous", "hash")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_chain_audit_id")),
        sa.UniqueConstraint("team_id", "seq", name=op.f("uq_audit_chain_team_id_seq")),
    )
    op.create_index(op.f("ix_audit_chain_team_id"), "audit_chain", ["team_id"])
    op.create_table(
        "audit_heads",
        _number("id", key=True),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        _number("seq"),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
        sa.UniqueConstraint("team_id", name=op.f("uq_audit_heads_team_id")),
    )
    connection = op.get_bind()
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[connection.dialect.name]:
        op.execute(statement)
    for team_id in (
        connection.execute(sa.text("SELECT DISTINCT team_id FROM audit")).scalars().all()
    ):
        adopt(connection, team_id)


def downgrade() -> None:
    """Leave the trail to its triggers again."""
    for statement in BACK[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_table("audit_heads")
    op.drop_table("audit_chain")
