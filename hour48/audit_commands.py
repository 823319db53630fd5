"""The commands about what is kept as it was written: the audit trail, its events, sealed evidence.

Packages are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hour48.commands import app
from hour48.database import opened_runtime
from hour48.options import Config
from hour48.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

from typing import TYPE_CHECKING

from bot.texts import use_language
from hour48.database import chosen_team
from hour48.options import AsJson, Output, Team
from hour48.texts import own_language

if TYPE_CHECKING:
    from bot.settings import Settings

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.db.audit_verify import Trail

OneTeam = Annotated[str | None, typer.Option(help="one workspace; all when left out")]

audit_app = typer.Typer(help="The audit trail and the hash chain over it.")
app.add_typer(audit_app, name="audit", no_args_is_help=True)


@audit_app.command("verify")
def audit_verify(
    team: OneTeam = None,
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
def audit_adopt(team: OneTeam = None, config: Config = None) -> None:
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


@app.command("bundle")
def bundle(
    what: Annotated[str, typer.Argument(metavar="SPRINT", help="a number; or verify, or key")],
    file: Annotated[Path | None, typer.Argument(help="after verify: the bundle")] = None,
    output: Output = None,
    key: Annotated[
        str | None, typer.Option(help="with verify: the key that has to have sealed it")
    ] = None,
    as_json: AsJson = False,
    team: Team = None,
    config: Config = None,
) -> None:
    """Seal a sprint's evidence in one file; `bundle verify FILE` checks it on any machine."""
    from bot.bundle.seal import fingerprint_of, public_bytes, sealing_key
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain
    from bot.settings import load

    if what == "verify" and file is not None:
        with use_language(own_language()):
            raise typer.Exit(_verify(file, key, as_json=as_json))
    if what == "key":
        own = sealing_key(load(config).seal_secrets())
        typer.echo(say_plain("bundle.key", sealed_by=fingerprint_of(public_bytes(own))))
        return
    if not what.isdecimal():
        raise InputError(say_plain("bundle.which"))
    _write(int(what), output, team, load(config), config)


def _write(
    sprint_id: int, output: Path | None, team: str | None, settings: Settings, config: Path | None
) -> None:
    from bot.bundle.bundle import make_bundle
    from bot.bundle.seal import open_sealed
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    place = output or Path(f"sprint-{sprint_id}.hour48")
    if place.exists():
        raise InputError(say_plain("bundle.exists", file=place))
    with (
        opened_runtime(config) as runtime,
        runtime.reading(chosen_team(runtime, team)) as uow,
    ):
        raw = make_bundle(uow, uow.sprint(sprint_id), settings.seal_secrets())
    place.write_bytes(raw)
    made_by = open_sealed(raw).fingerprint
    typer.echo(say_plain("bundle.wrote", sprint=sprint_id, file=place, sealed_by=made_by))


def _verify(file: Path, key: str | None, *, as_json: bool) -> int:
    import dataclasses
    import json

    from bot.bundle.bundle import verify_bundle
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    if not file.is_file():
        raise InputError(say_plain("bundle.no_file", file=file))
    try:
        found = verify_bundle(file.read_bytes(), key)
    except InputError as broken:
        if as_json:
            typer.echo(json.dumps({"holds": False, "why": broken.message}))
        else:
            typer.echo(say_plain("bundle.broken", file=file, why=broken.message))
        return 1
    if as_json:
        typer.echo(json.dumps({"holds": True, **dataclasses.asdict(found)}, indent=2))
        return 0
    about = found.about
    typer.echo(
        say_plain(
            "bundle.holds",
            file=file,
            sprint=about["sprint"],
            title=about["title"],
            team=about["team"],
            entries=found.entries,
            version=found.version,
        )
    )
    typer.echo(say_plain("bundle.compare", sealed_by=found.fingerprint))
    return 0


@app.command("events")
def events(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on as the trail grows")
    ] = False,
    after: Annotated[
        int | None, typer.Option(help="only after this metadata.sequence; 0 for all")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="a file that keeps how far it was written")
    ] = None,
    every: Annotated[float, typer.Option(help="with --follow: seconds between two looks")] = 2.0,
    team: Annotated[str | None, typer.Option(help="one workspace; all when left out")] = None,
    config: Config = None,
) -> None:
    """Write the audit trail to standard output as OCSF events, one JSON object a line."""
    from bot.siem import line_of

    place = after if after is not None else _kept(state)
    with opened_runtime(config) as runtime:
        for sequence, event in _stream(runtime.engine, place, team, every if follow else None):
            typer.echo(line_of(event))
            if state is not None:
                state.write_text(f"{sequence}\n", encoding="utf-8")


def _kept(state: Path | None) -> int:
    from bot.domain.errors import InputError

    if state is None or not state.exists():
        return 0
    try:
        return int(state.read_text("utf-8"))
    except ValueError:
        raise InputError(say("sequence_unreadable", state=state)) from None


def _stream(
    engine: Engine,
    place: int,
    team: str | None,
    every: float | None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield events after a place; again and again where there is a time to wait in between."""
    from bot.db.audit_verify import snapshot
    from bot.siem import events as events_of

    while True:
        with snapshot(engine) as connection:
            found = list(events_of(connection, place, team))
        for event in found:
            place = event["metadata"]["sequence"]
            yield place, event
        if every is None:
            return
        sleep(every)
