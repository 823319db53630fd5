"""The commands about the audit trail: is it as it was written.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hour48.commands import app
from hour48.database import opened_runtime
from hour48.options import Config

if TYPE_CHECKING:
    from bot.db.audit_verify import Trail

Team = Annotated[str | None, typer.Option(help="one workspace; all when left out")]

audit_app = typer.Typer(help="The audit trail and the hash chain over it.")
app.add_typer(audit_app, name="audit", no_args_is_help=True)


@audit_app.command("verify")
def audit_verify(
    team: Team = None,
    anchor: Annotated[
        str | None, typer.Option(help="a link's hash that you noted; the chain must contain it")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON list")] = False,
    config: Config = None,
) -> None:
    """Name the first audit entry that was changed or is missing; exit code 1 if one is."""
    import json

    from bot.db.audit_verify import snapshot, verify, verify_all
    from bot.messages.catalog import say_plain

    with opened_runtime(config) as runtime, snapshot(runtime.engine) as connection:
        trails = [verify(connection, team, anchor)] if team else verify_all(connection, anchor)
    is_gone = anchor is not None and not trails
    if as_json:
        typer.echo(json.dumps([_plain(trail) for trail in trails], indent=2))
    else:
        for trail in trails:
            typer.echo(_sentence(trail))
        if not trails:
            typer.echo(say_plain("audit.gone" if is_gone else "audit.nothing"))
    raise typer.Exit(1 if is_gone or any(trail.finding for trail in trails) else 0)


@audit_app.command("adopt")
def audit_adopt(team: Team = None, config: Config = None) -> None:
    """Take entries into the chain that an older hour48 wrote during an upgrade."""
    from bot.db.audit_chain import adopt
    from bot.db.audit_verify import snapshot, teams
    from bot.domain.enums import AuditAction, AuditSubject
    from bot.messages.catalog import say_plain
    from bot.unit_of_work import BOT_ACTOR

    with opened_runtime(config) as runtime:
        with snapshot(runtime.engine) as connection:
            named = [team] if team else teams(connection)
        if not named:
            typer.echo(say_plain("audit.nothing"))
        for each in named:
            with runtime.uow(each) as uow:
                count = adopt(uow.session.connection(), each)
                if count:
                    uow.audit(
                        None,
                        BOT_ACTOR,
                        AuditAction.ADOPTED,
                        AuditSubject.TRAIL,
                        None,
                        entries=count,
                    )
            key = "audit.adopted" if count else "audit.nothing_to_adopt"
            typer.echo(say_plain(key, team=each, entries=count))


def _sentence(trail: Trail) -> str:
    from bot.messages.catalog import say_plain

    about = {"team": trail.team_id, "entries": trail.entries}
    found = trail.finding
    if found is None:
        return say_plain("audit.whole", **about, redacted=trail.redacted, head=trail.head)
    return say_plain(
        f"audit.{found.flaw}", **about, seq=found.seq, audit_id=found.audit_id, at=found.at
    )


def _plain(trail: Trail) -> dict[str, object]:
    found = trail.finding
    return {
        "team": trail.team_id,
        "entries": trail.entries,
        "redacted": trail.redacted,
        "head": trail.head,
        "flaw": found and str(found.flaw),
        "entry": found and found.seq,
        "row": found and found.audit_id,
    }
