"""`hour48 backtest`: how forecasts and quotes held, from the database or from stories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bot.blockers.queries import all_quotes
from bot.debrief.queries import past_forecasts
from bot.domain.backtest import Backtest, backtest
from bot.domain.verdict.model import Quote
from bot.domain.verdict.scores import ForecastMade, Score, as_made
from bot.messages.catalog import say_plain
from bot.playbook.figures import phases_of, priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from bot.unit_of_work import UnitOfWork
from hour48.stored_sprints import heads

if TYPE_CHECKING:
    from rich.table import Table


def backtest_of(uow: UnitOfWork) -> Backtest:
    """Return how a workspace's own forecasts and quotes held."""
    prior = priors_of(uow.playbook).overruns
    return backtest(past_forecasts(uow), all_quotes(uow)[::-1], prior)


def backtest_stories(files: Sequence[Path], playbook: Path | None = None) -> Backtest:
    """Return how the `forecasts` and the `history` of stories held, in the order of the files.

    Raises:
        InputError: a file is no story.
    """
    words = load_playbook(playbook)
    forecasts: list[ForecastMade] = []
    quotes: list[Quote] = []
    for file in files:
        record = load_story(file, phases=phases_of(words)).record
        forecasts += map(as_made, record.forecasts)
        quotes += [
            Quote(each.quoted, each.took, None, each.function, each.after)
            for each in record.history
        ]
    return backtest(forecasts, quotes, priors_of(words).overruns)


def show_backtest(found: Backtest, *, as_json: bool) -> None:
    """Print a backtest as tables, or as one JSON object."""
    if as_json:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=2))  # noqa: T201 - the command's answer
        return
    from rich.console import Console

    console = Console(highlight=False)
    everything = found.forecasts[0][1]
    if not everything.made and not found.quotes[0].quotes:
        console.print(say_plain("stored.backtest_empty"))
        return
    if everything.due_p80:
        console.print(
            say_plain(
                "stored.forecasts_kept",
                due_p80=everything.due_p80,
                by_p80=everything.by_p80,
                by_p50=everything.by_p50,
                due_p50=everything.due_p50,
            )
        )
    console.print(_forecasts(found))
    console.print(_quotes(found))


def _plain(found: Backtest) -> dict[str, object]:
    return {
        "forecasts": [
            {"of": subject or "all", **_score(each)} for subject, each in found.forecasts
        ],
        "quotes": [
            {
                "function": each.function or "all",
                "quotes": each.quotes,
                "median_ratio": each.median_ratio,
                "kept": each.kept,
                "backtest": _score(each.score),
            }
            for each in found.quotes
        ],
    }


def _score(found: Score) -> dict[str, object]:
    return {
        **asdict(found),
        "coverage_p50": found.coverage_p50,
        "coverage_p80": found.coverage_p80,
    }


def _table(name: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=say_plain(f"stored.{name}_title"), title_justify="left")
    for place, head in enumerate(heads(*columns)):
        table.add_column(head, justify="right" if place else "left")
    return table


def _forecasts(found: Backtest) -> Table:
    table = _table("forecasts", "of", "made", "p50", "p80", "brier")
    for subject, each in found.forecasts:
        figures = (str(each.made), *_shares(each), _number(each.brier))
        table.add_row(subject or say_plain("stored.all"), *figures)
    return table


def _quotes(found: Backtest) -> Table:
    table = _table("quotes", "function", "quotes", "ratio", "kept", "p50", "p80")
    for each in found.quotes:
        counts = (str(each.quotes), _number(each.median_ratio), str(each.kept))
        table.add_row(each.function or say_plain("stored.all"), *counts, *_shares(each.score))
    return table


def _shares(found: Score) -> tuple[str, str]:
    return (
        say_plain("stored.share", came=found.by_p50, due=found.due_p50),
        say_plain("stored.share", came=found.by_p80, due=found.due_p80),
    )


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.2f}"
