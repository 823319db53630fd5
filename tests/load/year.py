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
from bot.db.engine import migrate, open_engine
from bot.db.models import PromptAnswer
from bot.db.outbox_models import OutboxItem
from bot.home.overview import list_sprints
from bot.home.portfolio import portfolio
from bot.home.service import home_view
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime, UnitOfWork
from tests.bench.rows import row
from tests.databases import KINDS, fresh_database
from tests.load.crowd import fill_year, person, team_of

NAMES = ("year_list_ms", "year_list_ms_postgresql")
SPRINTS = 5_000
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
RUNS = 7
VIEWS: dict[str, Callable[[UnitOfWork], object]] = {
    "home": lambda uow: home_view(uow, person(1)),
    "list": lambda uow: list_sprints(uow, person(1)),
    "portfolio": portfolio,
}


def year_runtime(kind: str, folder: Path, sprints: int) -> Runtime:
    """Return a runtime with a year of use in it."""
    engine = open_engine(fresh_database(kind, folder))
    migrate(engine)
    fill_year(engine, sprints, NOW)
    return Runtime(engine, CompressedClock(NOW), load_playbook())


def milliseconds(runtime: Runtime, view: Callable[[UnitOfWork], object]) -> float:
    """Return the median time of a view, each run in its own transaction."""
    taken = []
    for _ in range(RUNS):
        started = time.monotonic()
        with runtime.reading(team_of(0, 1)) as uow:
            view(uow)
        taken.append((time.monotonic() - started) * 1000)
    return median(taken)


def _counting(uow: UnitOfWork) -> None:
    for model in (OutboxItem, PromptAnswer):
        uow.session.scalar(select(func.count()).select_from(model))


def measurements(sprints: int = SPRINTS) -> list[dict[str, Any]]:
    """Return the slowest of the three views on each database, and each of them beside it."""
    rows = []
    for kind, suffix in zip(KINDS, ("", "_postgresql"), strict=True):
        with tempfile.TemporaryDirectory() as folder:
            runtime = year_runtime(kind, Path(folder), sprints)
            taken = {name: milliseconds(runtime, view) for name, view in VIEWS.items()}
            peer = milliseconds(runtime, _counting)
            runtime.engine.dispose()
        rows.append(
            row(f"year_list_ms{suffix}", max(taken.values()), "ms", "counting the rows", peer)
        )
        rows += [row(f"year_{name}_page_ms{suffix}", ms, "ms") for name, ms in taken.items()]
    return rows
