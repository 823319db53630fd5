"""A worker that is killed in the middle of a look loses nothing and settles nothing twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter

import pytest
from sqlalchemy import select

from bot.db.models import FixItem
from bot.domain.enums import FixCheckKind, FixState
from bot.fixes import runs, service
from bot.fixes.checks import FixCheck
from tests.integration.fixes.planted import table_rows, write_csv
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint, outbox

ITEMS = 4
KILLS = 3
PATIENCE = 100.0


def start(runtime, file) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.integration.fixes.killed_worker"]
    return subprocess.Popen([*command, str(runtime.engine.url), str(file)])


def waits_until(holds, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "nothing happened in time"
        time.sleep(0.05)


def is_running(runtime) -> bool:
    with runtime.reading_sessions() as session:
        state = select(runs.CheckRun.id).where(runs.CheckRun.state == "running").limit(1)
        return session.scalar(state) is not None


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_killed_worker_loses_nothing_and_settles_nothing_twice(runtime, tmp_path, monkeypatch):
    names = [f"shop_{at}" for at in range(ITEMS)]
    for at, name in enumerate(names):
        write_csv(tmp_path / f"{name}.csv", table_rows(at, ()))
    (tmp_path / f"{names[-1]}.csv").unlink()  # the last one has no file, so it is refused
    sources = tmp_path / "sources.json"
    sources.write_text(
        json.dumps({name: {"path": str(tmp_path / f"{name}.csv")} for name in names})
    )
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    with runtime.uow(TEAM) as uow:
        for number, name in enumerate(names, 1):
            item = FixItem(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=number,
                text="Ana opens the source by day 7.",
                due_at=HOUR_0,
                check_kind=FixCheckKind.ACCESS,
                check_facts=dict(FixCheck(FixCheckKind.ACCESS, {"source": name}).facts),
            )
            uow.session.add(item)
            uow.session.flush()
            service.press_done(uow, ANA, item.id)
    for _ in range(KILLS):
        worker = start(runtime, sources)
        waits_until(lambda: is_running(runtime))
        worker.kill()
        worker.wait()
    worker = start(runtime, sources)
    try:
        waits_until(lambda: not runs.is_checking(runtime))
    finally:
        worker.kill()
        worker.wait()
    with runtime.reading(TEAM) as uow:
        states = Counter(uow.session.scalars(select(FixItem.state)))
    assert states == {FixState.PROVED: ITEMS - 1, FixState.OPEN: 1}
    said = Counter(
        ":".join(row.key.split(":")[:4]) for row in outbox(runtime) if ":checked:" in row.key
    )
    assert set(said.values()) == {1}
