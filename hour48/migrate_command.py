"""`hour48 migrate`: the schema, apart from `run`, as the database's owner."""

from __future__ import annotations

from typing import Annotated

import typer

from hour48.commands import app
from hour48.options import Config


@app.command("migrate")
def migrate(
    grant: Annotated[
        str | None, typer.Option(metavar="ROLE", help="let this PostgreSQL role run hour48")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="only say what would be done; exit code 1 if anything")
    ] = False,
    config: Config = None,
) -> None:
    """Bring the database's schema to this version, as the user that owns its tables."""
    from bot.db.engine import migrate as bring_up
    from bot.db.engine import open_engine
    from bot.db.roles import grant as grant_to
    from bot.db.schema_state import SchemaState, schema_of
    from bot.messages.catalog import say_plain
    from bot.settings import load

    database = load(config).database
    url = database.owner_url or database.url
    engine = open_engine(url.get_secret_value())
    try:
        schema = schema_of(engine)
        if check:
            key = f"errors.schema_{schema.state.name.lower()}"
            typer.echo(say_plain(key, found=schema.found, newest=schema.newest))
            raise typer.Exit(schema.state is not SchemaState.NEWEST)
        bring_up(engine)
        typer.echo(
            say_plain("errors.migrated", found=schema.found, newest=schema.newest)
            if schema.state is not SchemaState.NEWEST
            else say_plain("errors.schema_newest", found=schema.found, newest=schema.newest)
        )
        if grant is not None:
            grant_to(engine, grant)
            typer.echo(say_plain("errors.granted", role=grant))
    finally:
        engine.dispose()
