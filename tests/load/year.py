"""Time Home, the list and the portfolio after a year of use, beside counting its largest table."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bot.clock import CompressedClock
from bot.playbook.loader import load_playbook
from bot.store.database import migrate, open_engine
from bot.store.models import OutboxItem, PromptAnswer
from bot.usecases.home import home_view
from bot.usecases.house import House, Unit
from bot.usecases.overview import list_sprints
from bot.usecases.portfolio import portfolio
from tests.bench.rows import row
from tests.databases import KINDS, fresh_database
from tests.load.crowd import fill_year, person, team_of

NAMES = ("year_list_ms", "year_list_ms_postgresql")
SPRINTS = 5_000
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
RUNS = 7
VIEWS: dict[str, Callable[[Unit], object]] = {
    "home": lambda unit: home_view(unit, person(1)),
    "list": list_sprints,
    "portfolio": portfolio,
}


def year_house(kind: str, folder: Path, sprints: int) -> House:
    """Return a house with a year of use in it."""
    engine = open_engine(fresh_database(kind, folder))
    migrate(engine)
    fill_year(engine, sprints, NOW)
    return House(engine, CompressedClock(NOW), load_playbook())


def milliseconds(house: House, view: Callable[[Unit], object]) -> float:
    """Return the median time of a view, each run in its own transaction."""
    taken = []
    for _ in range(RUNS):
        started = time.monotonic()
        with house.reading(team_of(0, 1)) as unit:
            view(unit)
        taken.append((time.monotonic() - started) * 1000)
    return median(taken)


def _counting(unit: Unit) -> None:
    for model in (OutboxItem, PromptAnswer):
        unit.session.scalar(select(func.count()).select_from(model))


def measurements(sprints: int = SPRINTS) -> list[dict[str, Any]]:
    """Return the slowest of the three views on each database, and each of them beside it."""
    rows = []
    for kind, suffix in zip(KINDS, ("", "_postgresql"), strict=True):
        with tempfile.TemporaryDirectory() as folder:
            house = year_house(kind, Path(folder), sprints)
            taken = {name: milliseconds(house, view) for name, view in VIEWS.items()}
            peer = milliseconds(house, _counting)
            house.engine.dispose()
        rows.append(
            row(f"year_list_ms{suffix}", max(taken.values()), "ms", "counting the rows", peer)
        )
        rows += [row(f"year_{name}_page_ms{suffix}", ms, "ms") for name, ms in taken.items()]
    return rows
