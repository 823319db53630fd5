"""`hour48 map`: where no is said, over all sprints of a workspace or over stories."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.texts import use_language
from hour48.commands import app
from hour48.options import AsJson, Config, Team
from hour48.texts import own_language, say

if TYPE_CHECKING:
    from bot.domain.refusals import RefusalMap


@app.command("map")
def map_of_refusals(
    stories: Annotated[
        list[Path] | None, typer.Argument(help="stories; the database's closed sprints if left out")
    ] = None,
    *,
    svg: Annotated[Path | None, typer.Option(help="draw the picture into this file")] = None,
    as_json: AsJson = False,
    playbook: Annotated[Path | None, typer.Option(help="the stories' own playbook")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Say which function's rule costs the most sprints: request, wait, refusal and detour."""
    from bot.settings import load
    from hour48.database import reading_workspace

    if stories:
        with use_language(own_language()):
            _tell(_of_stories(stories, playbook), svg, as_json=as_json)
        return
    with reading_workspace(load(config), team) as uow:
        from bot.debrief.queries import workspace_map

        _tell(workspace_map(uow), svg, as_json=as_json)


def _tell(found: RefusalMap, svg: Path | None, *, as_json: bool) -> None:
    if svg is not None:
        _draw(found, svg)
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        _show(found)
        if svg is not None:
            typer.echo(say("wrote_file", file=svg))


def _of_stories(stories: list[Path], playbook: Path | None) -> RefusalMap:
    from bot.domain.refusals import refusal_map
    from bot.playbook.figures import phases_of
    from bot.playbook.loader import load_playbook
    from bot.playbook.story_file import load_story

    phases = phases_of(load_playbook(playbook))
    return refusal_map([load_story(story, phases=phases).record for story in stories])


def _draw(found: RefusalMap, file: Path) -> None:
    from bot.domain.errors import InputError
    from bot.messages.refusal_map import picture

    try:
        file.write_text(picture(found), encoding="utf-8")
    except OSError as broken:
        raise InputError(
            say("can_t_written", file=file, strerror=broken.strerror), field="svg"
        ) from None


def _show(found: RefusalMap) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from bot.messages.refusal_map import headline, lines, table

    console = Console()
    console.print(headline(found), highlight=False, markup=False)
    heads, cells = table(found)
    if cells:
        shown = Table(*heads, box=None)
        for row in cells:
            shown.add_row(*map(escape, row))
        console.print(shown)
    texts = lines(found)[1 + len(found.stations) :]
    for line in texts:
        console.print(line, highlight=False, markup=False)
