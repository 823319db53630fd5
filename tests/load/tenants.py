"""Measure one bot and one PostgreSQL with ten thousand workspaces and a hundred thousand sprints.

All sprints run and are asked in one minute: what a due minute, delivery, a start and memory come to
at a size that nobody has yet. The rows are written by the database itself, from numbers.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Engine, func, select

from bot.db.engine import migrate, open_engine
from bot.db.models import Timer
from bot.db.outbox_models import OutboxItem
from tests.bench.rows import row
from tests.databases import fresh_database
from tests.load.ack import _megabytes, bot_on, stub_slack

GOALS = {
    "tenants_ready_seconds": 2.0,
    "tenants_due_seconds": 60.0,
    "tenants_calls_per_second": 150.0,
    "tenants_busy_mb": 300.0,
}
NAMES = tuple(GOALS)
TENANTS, SPRINTS = 10_000, 100_000
HOUR = 6
LONGEST_DUE = 600.0
"""Seconds after which the due minute is given up; the figure then says less than it takes."""
WINDOW = 30.0
_FILL = (
    """INSERT INTO people
         (team_id, user_id, name, is_guest, is_bot, is_deleted, is_admin, looked_up_at)
       SELECT 'T' || t, 'U' || u, 'Person ' || u, false, false, false, false, now()
       FROM generate_series(0, %(teams)s - 1) t, generate_series(0, 9) u""",
    """INSERT INTO sprints (id, team_id, title, use_case, status, lead_id, criteria, timezone,
         planned_start, started_at, length_hours, is_private, quiet_capture, channel_id,
         channel_name, kickoff, pace, unanswered, created_at)
       SELECT n, 'T' || n %% %(teams)s, 'Pilot ' || n, 'churn', 'running', 'U0', '{}', 'UTC',
         %(start)s, %(start)s, 48, false, false, 'C' || n, 'sprint-' || n, '{}', 'hourly', 0,
         %(start)s FROM generate_series(1, %(sprints)s) n""",
    """INSERT INTO members (sprint_id, role, user_id)
       SELECT n, role, 'U' || place FROM generate_series(1, %(sprints)s) n,
         unnest(ARRAY['builder', 'data', 'approver', 'business']) WITH ORDINALITY r(role, place)""",
    """INSERT INTO timers (team_id, sprint_id, key, kind, due_at, nominal_at, state, done_at, facts)
       SELECT 'T' || n %% %(teams)s, n, 'prompt:' || h, 'prompt', at, at,
         CASE WHEN h < %(hour)s THEN 'done' ELSE 'waiting' END,
         CASE WHEN h < %(hour)s THEN at END, json_build_object('hour', h)
       FROM generate_series(1, %(sprints)s) n, generate_series(0, 48) h,
         LATERAL (SELECT %(start)s + h * interval '1 hour' AS at) moment""",
    """INSERT INTO outbox (team_id, sprint_id, key, lane, kind, priority, body, version,
         sent_version, state, attempts, in_doubt, result, channel_id, ts, created_at, sent_at)
       SELECT 'T' || n %% %(teams)s, n, 'sprint:' || n || ':' || name, 'sprint:' || n, 'message',
         50, '{"text": "…", "blocks": []}', 1, 1, 'sent', 0, false, '{}', 'C' || n,
         (1700000000 + n) || '.00000' || place, %(start)s, %(start)s
       FROM generate_series(1, %(sprints)s) n,
         unnest(ARRAY['card', 'welcome', 'prompt:3', 'prompt:4', 'prompt:5'])
           WITH ORDINALITY m(name, place)""",
    "SELECT setval(pg_get_serial_sequence('sprints', 'id'), %(sprints)s)",
)


class Seen(NamedTuple):
    """What was seen of a bot with so many tenants."""

    ready_seconds: float
    due_seconds: float
    calls_per_second: float
    megabytes: float


def fill(engine: Engine, teams: int, sprints: int) -> None:
    """Write sprints that all run and are asked for `HOUR` in an hour from now."""
    start = datetime.now(UTC) - timedelta(hours=HOUR - 1)
    asked = {"teams": teams, "sprints": sprints, "hour": HOUR, "start": start}
    for statement in _FILL:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement, asked)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def look(folder: Path, teams: int, sprints: int, window: float = WINDOW) -> Seen:
    """Start a bot on so many sprints and let the prompts of all fall due.

    Raises:
        RuntimeError: the minute was not over in `LONGEST_DUE`; says how far it came.
    """
    database = fresh_database("postgresql", folder)
    engine = open_engine(database)
    migrate(engine)
    fill(engine, teams, sprints)
    with stub_slack() as slack, bot_on(database, slack, folder) as bot:
        time.sleep(2)
        due = datetime.now(UTC)
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE timers SET due_at = %s, nominal_at = %s WHERE key = %s",
                (due, due, f"prompt:{HOUR}"),
            )
        began = time.monotonic()
        while (left := _left(engine)) and time.monotonic() < began + LONGEST_DUE:
            time.sleep(0.5)
        due_seconds = time.monotonic() - began
        if left:
            raise RuntimeError(f"{left} of {sprints} sprints were not asked in {LONGEST_DUE} s")
        before, began = _sent(engine), time.monotonic()
        time.sleep(window)
        rate = (_sent(engine) - before) / (time.monotonic() - began)
        seen = Seen(bot.seconds, due_seconds, rate, _megabytes(bot.process))
    engine.dispose()
    return seen


def _left(engine: Engine) -> int:
    waits = select(func.count()).where(
        Timer.state == "waiting", Timer.due_at <= datetime.now(UTC), Timer.key == f"prompt:{HOUR}"
    )
    with engine.connect() as connection:
        return int(connection.execute(waits).scalar_one())


def _sent(engine: Engine) -> int:
    """Return how many messages were sent or brought up to date since the rows were written."""
    began = select(func.count()).where(OutboxItem.state == "sent", OutboxItem.template.is_not(None))
    with engine.connect() as connection:
        return int(connection.execute(began).scalar_one())


def measurements(teams: int = TENANTS, sprints: int = SPRINTS) -> list[dict[str, Any]]:
    """Return the figures, each beside its goal."""
    with tempfile.TemporaryDirectory() as folder:
        seen = look(Path(folder), teams, sprints)
    units = ("s", "s", "calls/s", "MB")
    return [
        row(name, value, unit, "goal", GOALS[name])
        for name, value, unit in zip(NAMES, seen, units, strict=True)
    ]
