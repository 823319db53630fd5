"""`hour48 evidence …`: connect outside systems that know how long a wait took."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.texts import speak
from hour48.commands import app
from hour48.database import chosen_team, opened_runtime
from hour48.options import Config, Team
from hour48.texts import own_language, say, table

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.unit_of_work import Runtime

evidence_app = typer.Typer(help="Outside systems that tell how long a wait took.")
app.add_typer(evidence_app, name="evidence", no_args_is_help=True)


@contextmanager
def _opened(config: Path | None, team: str | None) -> Iterator[tuple[Settings, Runtime, str]]:
    """Open the configured database; beside a running bot that is fine."""
    from bot.settings import load

    with opened_runtime(config) as runtime:
        settings = load(config)
        yield settings, runtime, chosen_team(runtime, team, settings)


@evidence_app.command("adapters")
def list_adapters() -> None:
    """Name the systems that can be connected, and what each says."""
    from rich.console import Console
    from rich.table import Table

    from bot.evidence.registry import all_adapters, problems

    speak(own_language())
    words = table("adapter_answers", str)
    listed = Table(*table("adapter_columns", str).values(), box=None, pad_edge=False)
    for adapter in all_adapters().values():
        signed = words["signed" if adapter.verify else "no"]
        polled = words["yes" if adapter.poll else "no"]
        listed.add_row(adapter.name, adapter.says(), signed, polled)
    Console().print(listed)
    for problem in problems():
        typer.echo(problem, err=True)


@evidence_app.command("connect")
def connect_system(
    adapter: Annotated[str, typer.Argument(help="see `hour48 evidence adapters`")],
    name: Annotated[
        str, typer.Argument(help="what to call it; the system's name if left out")
    ] = "",
    *,
    url: Annotated[str, typer.Option(help="its API's or calendar's address, to poll it")] = "",
    user: Annotated[str, typer.Option(help="the account of the token, where one is needed")] = "",
    token_from: Annotated[
        str, typer.Option(metavar="VARIABLE", help="environment variable with its API token")
    ] = "",
    secret_from: Annotated[
        str, typer.Option(metavar="VARIABLE", help="one with its webhook secret; else one is made")
    ] = "",
    project: Annotated[
        list[str] | None, typer.Option(help="only keys of this project, or a board's name")
    ] = None,
    ended: Annotated[
        list[str] | None, typer.Option(help="your own name of a state that ends a wait")
    ] = None,
    refused: Annotated[
        list[str] | None, typer.Option(help="your own name of a state that refuses")
    ] = None,
    allow_internal: Annotated[
        bool, typer.Option("--allow-internal", help="it is inside the company's network")
    ] = False,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="make a new webhook secret; the old one is no use")
    ] = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """Connect a system, or change what is given of it; prints the webhook's address and secret."""
    from bot.db.encryption import Encryption
    from bot.evidence.contract import SystemSettings
    from bot.evidence.registry import adapter_of
    from bot.evidence.systems import HOOKS, NewSystem, connect

    with _opened(config, team) as (settings, runtime, team_id):
        asked = NewSystem(
            adapter=adapter_of(adapter).name,
            name=name,
            settings=SystemSettings(
                url, user, tuple(project or ()), tuple(ended or ()), tuple(refused or ())
            ),
            secret=_from_environment(secret_from),
            token=_from_environment(token_from),
            allow_internal=allow_internal,
            renews_secret=new_secret,
        )
        encryption = Encryption(settings.keys())
        with runtime.sessions.begin() as session:
            row, secret = connect(session, team_id, asked, encryption, runtime.clock.now())
            name, slug, is_signed = row.name, row.slug, row.secret is not None
        here = f"http://{settings.server.host}:{settings.server.port}"
        public = settings.server.public_url
        typer.echo(say("system_connected", name=name))
        if is_signed:
            typer.echo(say("webhook_address", url=f"{public or here}{HOOKS}{slug}"))
            if secret_from:
                typer.echo(say("secret_given", variable=secret_from))
            else:
                typer.echo(say("secret_shown_now", shown=secret) if secret else say("secret_kept"))
            typer.echo(say("enter_both", setup=adapter_of(adapter).shows()))
            if not public:
                typer.echo(say("webhook_url_missing"))
        typer.echo(say("check_hint", name=name))


def _from_environment(variable: str) -> str:
    """Return a secret out of the environment, so that it stands in no shell history."""
    from bot.domain.errors import InputError

    if not variable:
        return ""
    if not os.environ.get(variable):
        raise InputError(say("environment_variable_set", variable=variable), field=variable)
    return os.environ[variable]


@evidence_app.command("list")
def list_systems(team: Team = None, config: Config = None) -> None:
    """Say which systems are connected, when each last told something, and what went wrong."""
    from rich.console import Console
    from rich.table import Table

    from bot.evidence.systems import overview

    with _opened(config, team) as (_, runtime, team_id), runtime.reading(team_id) as uow:
        lines = overview(uow)
    if not lines:
        typer.echo(say("no_systems"))
        return
    listed = Table(*table("system_columns", str).values(), box=None)
    for line in lines:
        listed.add_row(*line)
    Console().print(listed)


@evidence_app.command("check")
def check_system(
    name: Annotated[str, typer.Argument(help="the connected system")],
    key: Annotated[str, typer.Argument(help="a ticket's key to ask for")] = "",
    team: Team = None,
    config: Config = None,
) -> None:
    """Ask a connected system once and say what it answers; exit code 1 if it can't be asked."""
    from bot.evidence.contract import PollError, UnreadableEvent
    from bot.evidence.systems import as_connected, find, told_facts, when
    from hour48.core import encryption_of
    from scheduler.evidence_worker import ask_system

    with _opened(config, team) as (settings, runtime, team_id):
        with runtime.reading_sessions() as session:
            row = find(session, team_id, name)
            session.expunge_all()
        if row is None:
            from bot.domain.errors import InputError

            raise InputError(say("system_unknown", name=name))
        system = as_connected(row)
        if row.secret:
            typer.echo(say("last_webhook", at=when(row.last_event_at)))
            if row.error:
                typer.echo(say("last_problem", error=row.error))
        if not system.can_be_asked:
            typer.echo(say("system_not_polled"))
            raise typer.Exit(0 if row.last_event_at and not row.error else 1)
        if system.adapter.keys and not key:
            typer.echo(say("ticket_key_missing", name=name))
            raise typer.Exit(1)
        try:
            facts = ask_system(row, key, encryption_of(settings), runtime)
        except (PollError, UnreadableEvent) as refused:
            typer.echo(str(refused))
            raise typer.Exit(1) from None
        typer.echo("\n".join(told_facts(facts)) or say("answers_nothing_tell"))


@evidence_app.command("disconnect")
def disconnect_system(
    name: Annotated[str, typer.Argument(help="the connected system")],
    team: Team = None,
    config: Config = None,
) -> None:
    """Forget a system, its secret and its token; what was measured stays."""
    from bot.evidence.systems import disconnect

    with _opened(config, team) as (_, runtime, team_id):
        with runtime.sessions.begin() as session:
            disconnect(session, team_id, name)
        typer.echo(say("disconnected_told_stays", name=name))


@evidence_app.command("import")
def import_csv(
    name: Annotated[str, typer.Argument(help="the connected system, of any kind")],
    file: Annotated[Path, typer.Argument(help="CSV with key, created, state, at, ended …")],
    team: Team = None,
    config: Config = None,
) -> None:
    """Read tickets from a ticket system's CSV export; reading it twice changes nothing."""
    from bot.evidence.csv_file import read_csv
    from bot.evidence.service import take_facts
    from bot.evidence.systems import as_connected, find

    with _opened(config, team) as (_, runtime, team_id):
        with runtime.reading_sessions() as session:
            row = find(session, team_id, name)
            if row is None:
                from bot.domain.errors import InputError

                raise InputError(say("system_unknown_for_file", name=name))
            system = as_connected(row)
        facts = read_csv(file, system.settings)
        with runtime.uow(team_id) as uow:
            linked = take_facts(uow, system.row_id, facts)
        subjects = {fact.subject for fact in facts}
        typer.echo(say("tickets_read", subjects=len(subjects), linked=linked))
