"""`hour48 bundle`: a sprint's sealed evidence, and its check on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.texts import use_language
from hour48.commands import app
from hour48.database import chosen_team, opened_runtime
from hour48.options import AsJson, Config, Output, Team
from hour48.texts import own_language

if TYPE_CHECKING:
    from bot.settings import Settings


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
