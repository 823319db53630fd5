"""The commands about people's rights: what is kept about somebody, and its erasure.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hour48.commands import app
from hour48.database import chosen_team, opened_runtime
from hour48.options import Config, Team

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.unit_of_work import Runtime

UserId = Annotated[str, typer.Argument(metavar="USER", help="their id in Slack, U024BE7LH")]
Also = Annotated[
    list[str] | None, typer.Option("--also", help="another name that texts call them by")
]
Entities = Annotated[
    list[str] | None,
    typer.Option("--entity", help="what callers of deployed models call them"),
]

person_app = typer.Typer(help="What is kept about a person: export it, or erase it.")
app.add_typer(person_app, name="person", no_args_is_help=True)


@person_app.command("export")
def person_export(
    user_id: UserId,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="a file; standard output otherwise")
    ] = None,
    also: Also = None,
    entity: Entities = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Write everything that is kept about a person, as JSON."""
    import json

    from bot.messages.catalog import say_plain

    with opened_runtime(config) as runtime:
        found = _export(runtime, user_id, also, entity, team)
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if output is None:
        typer.echo(text)
        return
    output.write_text(f"{text}\n", encoding="utf-8")
    typer.echo(say_plain("privacy.wrote", **_counts(found), file=output))


@person_app.command("erase")
def person_erase(
    user_id: UserId,
    also: Also = None,
    entity: Entities = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would change")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """Put a pseudonym in the place of a person everywhere, and delete what is theirs alone."""
    from bot.messages.catalog import say_plain
    from bot.privacy.service import erase_person, find_person, refuse_unfinished

    with opened_runtime(config) as runtime:
        found = _export(runtime, user_id, also, entity, team)
        with runtime.reading(chosen_team(runtime, team)) as uow:
            refuse_unfinished(uow, find_person(uow, user_id, also or (), entity or ()))
        if dry_run:
            for name, rows in found["tables"].items():
                typer.echo(f"{name}: {len(rows)}")
            typer.echo(say_plain("privacy.would", **_counts(found)))
            return
        names = ", ".join(found["person"]["names"]) or say_plain("privacy.no_names")
        asked = say_plain("privacy.sure", user_id=user_id, names=names, rows=_counts(found)["rows"])
        if not yes and not typer.confirm(asked):
            raise typer.Exit(1)
        with runtime.uow(chosen_team(runtime, team)) as uow:
            done = erase_person(uow, find_person(uow, user_id, also or (), entity or ()))
        typer.echo(
            say_plain(
                "privacy.erased",
                pseudonym=done.pseudonym,
                changed=sum(done.changed.values()),
                deleted=sum(done.deleted.values()),
            )
        )
        _scrub_file(runtime.engine)
    typer.echo(say_plain("privacy.slack"))
    typer.echo(say_plain("privacy.backups"))


@person_app.command("scrub-file")
def person_scrub_file(config: Config = None) -> None:
    """Rewrite a SQLite file, so that nothing erased is left in its free pages."""
    with opened_runtime(config) as runtime:
        _scrub_file(runtime.engine)


def _scrub_file(engine: Engine) -> None:
    from bot.db.engine import rewrite_file
    from bot.messages.catalog import say_plain

    if engine.dialect.name == "sqlite":
        key = "privacy.vacuumed" if rewrite_file(engine) else "privacy.not_vacuumed"
        typer.echo(say_plain(key))


def _export(
    runtime: Runtime,
    user_id: str,
    also: list[str] | None,
    entity: list[str] | None,
    team: str | None,
) -> dict[str, Any]:
    from bot.privacy.service import export_person, find_person

    with runtime.reading(chosen_team(runtime, team)) as uow:
        return export_person(uow, find_person(uow, user_id, also or (), entity or ()))


def _counts(found: dict[str, Any]) -> dict[str, int]:
    tables = found["tables"]
    return {"rows": sum(len(rows) for rows in tables.values()), "tables": len(tables)}
