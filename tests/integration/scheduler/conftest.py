from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.clock import CompressedClock, SystemClock
from bot.db.engine import open_engine
from bot.db.models import Member, Person, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import SprintStatus
from bot.hourly.prompts import answer_prompt
from bot.hourly.queries import newest_prompt
from bot.planning.service import start_sprint
from bot.playbook.loader import load_playbook
from bot.timers.dispatcher import next_due_at, run_due
from bot.unit_of_work import Runtime
from tests.databases import MOSTLY_SQLITE, migrated_database
from tests.runtimes import NAMES, ROLES, TEAM, in_their_words
from tests.stage import words_of


class Sprinting:
    """A runtime on a database, a clock to be moved, and what lies in the outbox.

    Args:
        runtime: the parts that use cases share.
        go_to: moves its clock.
    """

    def __init__(self, runtime: Runtime, go_to: Any) -> None:
        self.runtime = runtime
        self.go_to = go_to

    def start(self, *, by: str = "U1", **columns: Any) -> int:
        """Let somebody, or the clock, start a sprint now; returns its number."""
        values = {
            "title": "Churn",
            "use_case": "churn",
            "lead_id": "U1",
            "timezone": "Europe/Berlin",
        }
        now = self.runtime.clock.now()
        criteria = {
            key: {"met": True, "reason": "Agreed."}
            for key in ("valuable", "not_critical", "real_data")
        }
        with self.runtime.uow(TEAM) as uow:
            sprint = Sprint(
                team_id=TEAM,
                planned_start=now,
                created_at=now,
                criteria=criteria,
                **(values | columns),
            )
            sprint.members = [Member(role=role, user_id=user) for role, user in ROLES.items()]
            uow.session.add(sprint)
            uow.session.flush()
            start_sprint(uow, by, sprint.id)
            sprint.channel_id = f"C{sprint.id}"
        run_due(self.runtime)
        return sprint.id

    def until(self, moment: datetime, *, answering: bool = False) -> None:
        """Live through everything that falls due until a moment, each at its time.

        Args:
            moment: how far to go.
            answering: the first sprint's builder answers each prompt as it comes.
        """
        while (due := next_due_at(self.runtime)) is not None and due <= moment:
            self.go_to(due)
            run_due(self.runtime)
            if answering:
                self.answer()
        self.go_to(moment)
        run_due(self.runtime)

    def answer(self) -> None:
        """Answer the first sprint's newest prompt, once."""
        with self.runtime.uow(TEAM) as uow:
            sprint = uow.sprint(1)
            hour = newest_prompt(uow, sprint)
            if hour is not None and sprint.status == SprintStatus.RUNNING:
                answer_prompt(uow, "U1", 1, hour, "on_track")

    def leap(self, moment: datetime) -> None:
        """Be away until a moment, and then see what is due."""
        self.go_to(moment)
        run_due(self.runtime)

    def items(self, part: str = "") -> list[OutboxItem]:
        """Return what was wished for under keys that hold `part`, in order."""
        with self.runtime.reading(TEAM) as uow:
            return in_their_words(
                uow,
                select(OutboxItem).where(OutboxItem.key.contains(part)).order_by(OutboxItem.id),
            )

    def text(self, key: str) -> str:
        """Return everything that stands under a key."""
        (item,) = [item for item in self.items(key) if item.key.endswith(key)]
        return words_of(item.body)

    def prompts(self) -> dict[int, datetime]:
        """Return hour → the moment its prompt was first written."""
        return {
            int(item.key.rpartition(":")[2]): item.created_at.replace(tzinfo=UTC)
            for item in self.items(":prompt:")
        }


@pytest.fixture(params=MOSTLY_SQLITE)
def sprinting(request: Any, tmp_path: Any) -> Iterator[Sprinting]:
    """A runtime whose clock stands until it is moved, on SQLite and on PostgreSQL."""
    clock = CompressedClock(datetime(2026, 3, 9, 8, 0, tzinfo=UTC))
    yield from _opened(migrated_database(request.param, tmp_path), clock, clock.jump_to)


def _opened(url: str, clock: Any, go_to: Any) -> Iterator[Sprinting]:
    engine = open_engine(url)
    runtime = Runtime(engine, clock, load_playbook())
    with runtime.uow(TEAM) as uow:
        for user_id, name in NAMES.items():
            uow.session.add(Person(team_id=TEAM, user_id=user_id, name=name))
    yield Sprinting(runtime, go_to)
    engine.dispose()


@pytest.fixture(params=MOSTLY_SQLITE)
def frozen(request: Any, tmp_path: Any) -> Iterator[Any]:
    """Return what opens a runtime on the system's clock at a frozen moment."""
    import freezegun

    made: list[Any] = []

    def open_at(moment: datetime) -> Sprinting:
        freezer = freezegun.freeze_time(moment)
        frozen_clock = freezer.start()
        opened = _opened(
            url,
            SystemClock(),
            lambda to: frozen_clock.move_to(to.astimezone(UTC).replace(tzinfo=None)),
        )
        made.extend([freezer, opened])
        return next(opened)

    url = migrated_database(request.param, tmp_path)
    yield open_at
    if made:
        made[0].stop()
        made[1].close()
