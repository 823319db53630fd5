"""`hour48 events`: the audit trail for a SIEM, as OCSF JSON lines, once or as it grows."""

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
