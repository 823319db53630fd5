"""`hour48 simulate` and `hour48 backtest`: how far the forecast can be trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.texts import as_share, use_language
from hour48.commands import app
from hour48.options import AsJson, Config, Team
from hour48.texts import own_language, say
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
