"""The audit trail is written once: the database itself refuses to change or cut it.

Rows go only with their workspace, after it has removed the app. A later migration that rebuilds the
table on SQLite has to make the triggers again.
"""

from __future__ import annotations

from typing import Final

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSAL: Final = "rows of audit are written once and never changed or deleted"
GONE: Final = (
    "EXISTS (SELECT 1 FROM installations "
    "WHERE installations.team_id = OLD.team_id AND installations.uninstalled_at IS NOT NULL)"
)
"""Whether the workspace of a row has removed the app."""

SQLITE: Final = (
    f"""
    CREATE TRIGGER audit_never_changed BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
    f"""
    CREATE TRIGGER audit_never_deleted BEFORE DELETE ON audit WHEN NOT {GONE}
    BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
    """,
)
POSTGRESQL: Final = (
    f"""
    CREATE FUNCTION audit_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND {GONE} THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_is_written_once BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_written_once()
    """,
    """
    CREATE FUNCTION audit_is_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit is written once and never emptied'
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_never_emptied()
    """,
)
BACK: Final = {
    "sqlite": ("DROP TRIGGER audit_never_changed", "DROP TRIGGER audit_never_deleted"),
    "postgresql": (
        "DROP TRIGGER audit_is_written_once ON audit",
        "DROP FUNCTION audit_is_written_once()",
        "DROP TRIGGER audit_is_never_emptied ON audit",
        "DROP FUNCTION audit_is_never_emptied()",
    ),
}


def upgrade() -> None:
    """Let the database refuse it."""
    kind = op.get_bind().dialect.name
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[kind]:
        op.execute(statement)


def downgrade() -> None:
    """Leave it to the ORM again."""
    for statement in BACK[op.get_bind().dialect.name]:
        op.execute(statement)
