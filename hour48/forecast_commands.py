"""What many sprints say together: how far the forecast can be trusted, where no is said."""

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

from typing import TYPE_CHECKING

from bot.texts import as_share
from hour48.texts import table as table_of

if TYPE_CHECKING:
    from bot.domain.simulator.calibration import CalibrationTallies

MOST_COMPANIES = 20_000
MOST_SPRINTS = 60


@app.command()
def simulate(
    seed: Annotated[int, typer.Option(help="the same seed, the same companies")] = 0,
    companies: Annotated[int, typer.Option(min=1, max=MOST_COMPANIES, help="how many")] = 50,
    sprints: Annotated[int, typer.Option(min=1, max=MOST_SPRINTS, help="of each company")] = 16,
    as_json: AsJson = False,
) -> None:
    """Act whole sprints in made-up companies and see how the forecasts hold."""
    from bot.domain.simulator.calibration import as_json as plain
    from bot.domain.simulator.calibration import simulate as run

    found = run(companies, sprints, seed=seed)
    if as_json:
        typer.echo(json.dumps({"seed": seed, **plain(found)}, indent=2))
    else:
        _show_calibration(found)


def _show_calibration(found: CalibrationTallies) -> None:
    from rich.console import Console
    from rich.table import Table

    title = say("simulated_companies", companies=found.companies)
    table = Table(title=title, title_justify="left")
    for column in table_of("simulated_columns", str).values():
        table.add_column(column, justify="right")
    for number, tally in enumerate(found.tallies):
        table.add_row(
            str(number),
            as_share(tally.by_p50 / tally.made),
            as_share(tally.by_p80 / tally.made),
            f"{tally.squares / tally.made:.3f}",
        )
    console = Console(highlight=False)
    console.print(table)
    planted = sum(tally.planted for tally in found.tallies)
    if planted:
        console.print(say("paths_named", named=found.named, planted=planted))


@app.command()
def backtest(
    stories: Annotated[
        list[Path] | None,
        typer.Argument(help="stories with history or forecasts; the database when left out"),
    ] = None,
    *,
    as_json: AsJson = False,
    playbook: Annotated[Path | None, typer.Option(help="the stories' own playbook")] = None,
    team: Team = None,
    config: Config = None,
) -> None:
    """Say how past forecasts and quotes held: how many came in by P50 and by P80."""
    from bot.settings import load
    from hour48.backtests import backtest_of, backtest_stories, show_backtest
    from hour48.database import reading_workspace

    if not stories:
        with reading_workspace(load(config), team) as uow:
            show_backtest(backtest_of(uow), as_json=as_json)
        return
    with use_language(own_language()):
        show_backtest(backtest_stories(stories, playbook), as_json=as_json)


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
