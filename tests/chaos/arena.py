"""One run: a local workspace, a database, a team, and bots that die by a seeded schedule."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.chaos.bot import Nursery, Orders
from tests.chaos.bots import BotSupervisor
from tests.chaos.checker import Judgement, judge, look
from tests.chaos.clock import SharedClock
from tests.chaos.faults import FaultClass
from tests.chaos.progress import GaveUpError, Patience, end_of, what_waits
from tests.chaos.team import NOT_YET, SprintTeam

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
ANSWERS_AGAIN = 120.0
"""Seconds after which a database that is away is given up."""
START = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@dataclass
class Outcome:
    """What one run came to."""

    kills: int = 0
    sprints: int = 0
    seconds: float = 0.0
    stuck: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    places: Counter[str] = field(default_factory=Counter)
    ended_by_themselves: int = 0
    restarted: int = 0
    log: str = ""

    @property
    def problems(self) -> list[str]:
        """Everything that is not as it should be, a sentence each."""
        return [f"stuck: {self.stuck}"] * bool(self.stuck) + self.sentences


class Arena:
    """A workspace with one database under it; see `run_class`."""

    def __init__(self, nursery: Nursery, folder: Path, database: str) -> None:
        self.nursery = nursery
        self.folder = folder
        self.database = database
        self.clock = SharedClock.create(folder / "clock", START)
        self.slack_clock = SharedClock.create(folder / "slack-clock", START)
        self.engine: Engine = create_engine(database, poolclass=NullPool)

    @contextmanager
    def workspace(self) -> Iterator[tuple[LocalSlack, Workspace]]:
        with LocalSlack(self.slack_clock, manifest=MANIFEST) as slack:
            workspace = slack.add_workspace("Corner Grocers")
            workspace.delivery.ack_seconds = 2.0
            workspace.delivery.retry_after_seconds = (0.0, 0.5, 1.0)
            yield slack, workspace

    def orders(self, slack: LocalSlack, workspace: Workspace, **more: Any) -> Orders:
        settings = {
            "slack": {
                "bot_token": workspace.bot_token,
                "app_token": workspace.app_token,
                "api_url": slack.api_url,
                "pace": False,
            },
            "database": {"url": self.database},
            "server": {"port": 0},
        }
        return Orders(settings, str(self.folder / "clock"), str(self.folder), **more)

    def move_on(self, hours: float) -> None:
        self.clock.step(hours)
        self.slack_clock.step(hours)

    def number(self, statement: str, **values: Any) -> int:
        """Read one number; a database that is away just now is asked again."""
        end = time.monotonic() + ANSWERS_AGAIN
        while True:
            try:
                with self.engine.connect() as connection:
                    return int(connection.execute(text(statement), values).scalar() or 0)
            except DBAPIError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def nothing_due(self) -> bool:
        now = self.clock.now()
        moment = now.replace(tzinfo=None) if self.engine.dialect.name == "sqlite" else now
        statement = "select count(*) from timers where state = 'waiting' and due_at <= :now"
        with_time = moment.isoformat(" ", "microseconds") if moment.tzinfo is None else moment
        return self.number(statement, now=with_time) == 0

    def all_delivered(self) -> bool:
        return self.number("select count(*) from outbox where state = 'waiting'") == 0

    def verdict(self, workspace: Workspace, noted: list[tuple[str, ...]]) -> Judgement:
        with self.engine.connect() as connection:
            return judge(look(workspace, noted), connection)


Disturbance = Callable[[int], None]


def run_class(
    nursery: Nursery,
    folder: Path,
    database: str,
    fault: FaultClass,
    *,
    seed: int,
    sprints: int = 1,
    hours: int = 48,
    bots: int = 1,
    most_kills: int = 1000,
    mutation: str | None = None,
    disturb: Disturbance = lambda _hour: None,
) -> Outcome:
    """Let teams live through their sprints under one class of faults, and judge what came of it.

    Args:
        nursery: forks the bots.
        folder: for the files of this run.
        database: the bots' database.
        fault: what else goes wrong.
        seed: for everything that is drawn by lot.
        sprints: how many sprints run at once.
        hours: how many hours people act and bots die; the rest of the 48 are then jumped over.
        bots: how many replicas.
        most_kills: when enough bots have died.
        mutation: a defect that every bot has.
        disturb: called each hour, for example to restart the database.
    """
    began = time.monotonic()
    arena = Arena(nursery, folder, database)
    outcome = Outcome(sprints=sprints)
    with arena.workspace() as (slack, workspace):
        orders = arena.orders(slack, workspace, mutation=mutation, wrong_clock=fault.wrong_clock)
        supervisor = BotSupervisor(
            nursery, orders, folder, seed, bots, most_kills, rolls=fault.rolls
        )
        patience = Patience(arena.engine, supervisor, NOT_YET)
        teams = [
            SprintTeam(
                workspace,
                arena.clock,
                f"Pilot {seed} {number}",
                seed + number,
                patience,
                hasty=fault.hasty,
            )
            for number in range(sprints)
        ]
        life = Life(arena, workspace, teams, fault, patience, seed, disturb)
        supervisor.start()
        try:
            life.live_through(hours)
            life.calm_down()
            supervisor.let_live()
            life.come_to_an_end(hours)
        except GaveUpError as stuck:
            outcome.stuck = str(stuck)
            outcome.log = _say_what_waits(arena, supervisor)
        finally:
            supervisor.stop()
        noted = [fact for team in teams for fact in team.noted]
        judgement = arena.verdict(workspace, noted)
    outcome.places = supervisor.places()
    outcome.kills = supervisor.kills
    outcome.ended_by_themselves = supervisor.ended_by_themselves
    outcome.restarted = len(supervisor.restarted)
    outcome.counts = judgement.counts()
    outcome.sentences = judgement.sentences()
    outcome.log = outcome.log or (end_of(folder / "bots.log") if outcome.problems else "")
    outcome.seconds = time.monotonic() - began
    return outcome


def _say_what_waits(arena: Arena, supervisor: BotSupervisor) -> str:
    """Return which rows wait, and where each thread of each bot stands."""
    waiting = what_waits(arena.engine, arena.clock.now())
    supervisor.ask_what_they_do()
    time.sleep(1.0)
    return "\n".join([*waiting, end_of(arena.folder / "bots.log")])


class Life:
    """Two days of some teams, hour by hour.

    Args:
        arena: where.
        workspace: the teams' workspace.
        teams: who.
        fault: what goes wrong.
        patience: with which the hours wait for the bots.
        seed: for what is drawn by lot.
        disturb: called each hour.
    """

    def __init__(
        self,
        arena: Arena,
        workspace: Workspace,
        teams: list[SprintTeam],
        fault: FaultClass,
        patience: Patience,
        seed: int,
        disturb: Disturbance,
    ) -> None:
        self._arena = arena
        self._workspace = workspace
        self._teams = teams
        self._fault = fault
        self._patience = patience
        self._lot = random.Random(seed)
        self._disturb = disturb
        workspace.faults.play_at_random(seed, 0.0, ())
        fault.turn_on(workspace.faults)

    def live_through(self, hours: int) -> None:
        """Plan, kick off, and act in each of so many hours."""
        _together(self._teams, lambda team: team.plan())
        self._arena.move_on(2.0)
        self._patience.until("the sprints start", self._arena.nothing_due)
        _together(self._teams, lambda team: team.kick_off())
        for hour in range(1, hours):
            self._go_wrong(hour)
            self._arena.move_on(1.0)
            self._patience.until(f"hour {hour} is worked through", self._arena.nothing_due)
            _together(self._teams, lambda team, hour=hour: team.act(hour))

    def _go_wrong(self, hour: int) -> None:
        self._disturb(hour)
        self._fault.every_hour(self._workspace, self._lot)
        if self._fault.wrong_clock:
            self._step_clocks()

    def _step_clocks(self) -> None:
        """Let the machine's clock be wrong by up to two hours, the sprint's go back and forth."""
        clock = self._arena.clock
        clock.error_seconds = self._lot.choice((0.0, -7200.0, 7200.0, -45.0, 45.0))
        if self._lot.random() < 0.3:
            clock.step(-0.4)
            time.sleep(0.2)
            clock.step(0.4)

    def calm_down(self) -> None:
        """Let nothing go wrong any more."""
        self._workspace.faults.clear()
        self._arena.clock.error_seconds = 0.0

    def come_to_an_end(self, hours: int) -> None:
        """Jump to the debrief, close, and wait until nothing is left to do."""
        self._arena.move_on(48 - hours + 1)
        self._patience.until("the debrief opens", self._arena.nothing_due)
        _together(self._teams, lambda team: team.close())
        self._patience.until("all is done", self._arena.nothing_due)
        self._patience.until("all is delivered", self._arena.all_delivered)


def _together(teams: list[SprintTeam], work: Callable[[SprintTeam], None]) -> None:
    """Let all teams do something at the same time; the first that gives up is raised."""
    failures: list[BaseException] = []

    def attempt(team: SprintTeam) -> None:
        try:
            work(team)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=attempt, args=(team,)) for team in teams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
