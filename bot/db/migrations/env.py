"""Alembic's entry: runs on the engine that `bot.db.engine.migrate` hands over."""

from __future__ import annotations

from alembic import context

from bot.db.columns import Base
from bot.db.models import Sprint  # noqa: F401 - importing the models fills the metadata

PG_LOCK = 480048
"""Two replicas that start together migrate one after the other."""


def run() -> None:
    """Migrate in one transaction."""
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=True,
        )
        with context.begin_transaction():
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({PG_LOCK})")
                # a schema of many steps may rest between two of them; nobody waits for its rows
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            context.run_migrations()


run()
