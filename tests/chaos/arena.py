"""One run: a local workspace, a database, a team, and bots that die by a seeded schedule."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from playground.faults import FaultName, Faults
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.chaos.bot import Nursery, Orders, is_alive, kill
from tests.chaos.checker import Judgement, judge, look
from tests.chaos.clock import SharedClock
from tests.chaos.crew import Crew, GaveUpError

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
MOST_CROSSINGS = {True: 24, False: 110}
"""A bot dies at one of its first so many failpoints: of those around calls to Slack, or of all."""
LONG_LIVES = 0.2
"""The share of bots that come four times as far; else nobody might live to take anything over."""
IDLE_SECONDS = (1.5, 5.0)
"""A bot that comes past no failpoint any more is killed from outside after so long."""
SETTLING = 90.0
START = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class FaultClass:
    """One way in which the world misbehaves.

    Args:
        name: what it is called in the results.
        turn_on: switches it on in the workspace.
        hasty: people press and submit everything twice at once.
        wrong_clock: the machine's clock and the sprint's clock step forth and back.
    """

    name: str
    turn_on: Callable[[Faults], None] = lambda _faults: None
    hasty: bool = False
    wrong_clock: bool = False


def _played(fault: FaultName, probability: float = 0.06) -> Callable[[Faults], None]:
    def turn_on(faults: Faults) -> None:
        faults.hang = 2.5
        faults.play(fault, times=None, probability=probability)

    return turn_on


def _late(faults: Faults) -> None:
    faults.latency = 0.12


def _redelivered(faults: Faults) -> None:
    faults.redeliver_events = 2
    faults.lose_acks = 40


def _mixed(faults: Faults) -> None:
    faults.hang = 2.5
    faults.redeliver_events = 2
    faults.lose_acks = 10
    faults.latency = 0.03
    for fault in ("ratelimited", "error_before", "drop_before", "error_after", "drop_after"):
        faults.play(fault, times=None, probability=0.02)
    faults.play("timeout_after", times=None, probability=0.01)


FAULT_CLASSES = (
    FaultClass("kills_only"),
    FaultClass("late_answers", _late),
    FaultClass("no_answer", _played("timeout_after", 0.02)),
    FaultClass("rate_limited", _played("ratelimited")),
    FaultClass("error_after_accepting", _played("error_after")),
    FaultClass("dropped_connection", _played("drop_after")),
    FaultClass("redelivered", _redelivered),
    FaultClass("double_clicks", hasty=True),
    FaultClass("clock_steps", wrong_clock=True),
    FaultClass("everything", _mixed, hasty=True, wrong_clock=True),
)


@dataclass
class Outcome:
    """What one run came to."""

    backend: str
    fault: str
    kills: int = 0
    sprints: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    places: Counter[str] = field(default_factory=Counter)

    def plain(self) -> dict[str, Any]:
        return {
            "backend": self.backend,
            "fault": self.fault,
            "kills": self.kills,
            "sprints": self.sprints,
            **self.counts,
            "seconds": round(self.seconds, 1),
        }


class Keeper:
    """Keeps so many bots alive, each with its fuse, until it is told to let them be.

    Args:
        nursery: forks them.
        orders: how each is started; the fuse is set here.
        seed: for the schedule.
        bots: how many live at once.
        most_kills: how often it kills at most; after that the bots live on.
    """

    def __init__(
        self, nursery: Nursery, orders: Orders, seed: int, bots: int, most_kills: int
    ) -> None:
        self._nursery = nursery
        self._orders = orders
        self._random = random.Random(seed)
        self._most_kills = most_kills
        self._lock = threading.Lock()
        self._calm = threading.Event()
        self.mercy = threading.Event()
        self._ended = threading.Event()
        self.kills = 0
        self.from_outside = 0
        self.pids: list[int] = [0] * bots
        self._threads = [threading.Thread(target=self._keep, args=(slot,)) for slot in range(bots)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _keep(self, slot: int) -> None:
        while not self._ended.is_set():
            with self._lock:
                lives_on = self._calm.is_set() or self.kills >= self._most_kills
                only_calls = self._random.random() < 0.6
                lives_long = self._random.random() < LONG_LIVES
                most = MOST_CROSSINGS[only_calls] * (4 if lives_long else 1)
                is_spared = self.mercy.is_set()
                drawn = self._random.randint(1, most)
                crossings = None if lives_on or is_spared else drawn
                idle = self._random.uniform(*IDLE_SECONDS) + (4.0 if lives_long else 1.0)
                seed = self._random.getrandbits(30)
            orders = replace(self._orders, crossings=crossings, only_calls=only_calls, seed=seed)
            self.pids[slot] = pid = self._nursery.spawn(orders)
            if lives_on:
                self._wait_for(pid, None)
            else:
                self._wait_for(pid, idle)
                while self.mercy.is_set() and is_spared and is_alive(pid):
                    time.sleep(0.05)
                was_alive = kill(pid)
                with self._lock:
                    self.kills += 1
                    self.from_outside += was_alive

    def _wait_for(self, pid: int, seconds: float | None) -> None:
        end = time.monotonic() + seconds if seconds else None
        while is_alive(pid) and (end is None or time.monotonic() < end):
            time.sleep(0.01)

    def let_live(self) -> None:
        """Kill each bot a last time and start it without a fuse."""
        self._calm.set()
        for pid in self.pids:
            kill(pid)

    def stop(self, grace: float = 30.0) -> None:
        """Ask every bot to stop, as an operator does, and wait until it has."""
        self._ended.set()
        end = time.monotonic() + grace
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < end:
            for pid in self.pids:
                if pid and is_alive(pid):
                    os.kill(pid, signal.SIGTERM)
            time.sleep(0.2)
        for pid in self.pids:
            if pid:
                kill(pid)
        for thread in self._threads:
            thread.join(5)


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
            assert workspace.delivery is not None
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
        end = time.monotonic() + SETTLING
        while True:
            try:
                with self.engine.connect() as connection:
                    return int(connection.execute(text(statement), values).scalar() or 0)
            except DBAPIError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def wait_until(self, what: str, done: Callable[[], bool], seconds: float = SETTLING) -> None:
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                raise GaveUpError(what)
            time.sleep(0.05)

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

    def deaths(self) -> Counter[str]:
        file = self.folder / "deaths.log"
        return Counter(file.read_text().splitlines()) if file.exists() else Counter()


def run_class(
    nursery: Nursery,
    folder: Path,
    database: str,
    fault: FaultClass,
    *,
    seed: int,
    crews: int = 1,
    hours: int = 48,
    bots: int = 1,
    most_kills: int = 1000,
    mutation: str | None = None,
    disturb: Callable[[int], None] = lambda _hour: None,
) -> Outcome:
    """Let teams live through their sprints under one class of faults, and judge what came of it.

    Args:
        nursery: forks the bots.
        folder: for the files of this run.
        database: the bots' database.
        fault: what else goes wrong.
        seed: for everything that is drawn by lot.
        crews: how many sprints run at once.
        hours: how many hours people act and bots die; the rest of the 48 are then jumped over.
        bots: how many replicas.
        most_kills: when enough bots have died.
        mutation: a defect that every bot has.
        disturb: called each hour, for example to restart the database.
    """
    began = time.monotonic()
    arena = Arena(nursery, folder, database)
    outcome = Outcome(arena.engine.dialect.name, fault.name, sprints=crews)
    with arena.workspace() as (slack, workspace):
        orders = arena.orders(slack, workspace, mutation=mutation, wrong_clock=fault.wrong_clock)
        keeper = Keeper(nursery, orders, seed, bots, most_kills)
        teams = [
            Crew(
                workspace,
                arena.clock,
                f"Pilot {seed} {number}",
                seed + number,
                hasty=fault.hasty,
                mercy=keeper.mercy,
            )
            for number in range(crews)
        ]
        keeper.start()
        try:
            fault.turn_on(workspace.faults)
            _live_through(arena, teams, fault, hours, random.Random(seed), disturb)
            workspace.faults.clear()
            arena.clock.error_seconds = 0.0
            keeper.let_live()
            _come_to_an_end(arena, teams, hours)
        except GaveUpError as stuck:
            outcome.problems.append(f"stuck: {stuck}")
        finally:
            keeper.stop()
        noted = [fact for team in teams for fact in team.noted]
        judgement = arena.verdict(workspace, noted)
    outcome.places = arena.deaths() + Counter({"from outside": keeper.from_outside})
    outcome.kills = outcome.places.total()
    outcome.counts = judgement.counts()
    outcome.problems += judgement.sentences()
    outcome.seconds = time.monotonic() - began
    return outcome


def _live_through(
    arena: Arena,
    teams: list[Crew],
    fault: FaultClass,
    hours: int,
    lot: random.Random,
    disturb: Callable[[int], None],
) -> None:
    _together(teams, lambda team: team.plan())
    arena.move_on(2.0)
    arena.wait_until("the sprints start", arena.nothing_due)
    _together(teams, lambda team: team.kick_off())
    for hour in range(1, hours):
        disturb(hour)
        if fault.wrong_clock:
            _step_clocks(arena, lot)
        arena.move_on(1.0)
        arena.wait_until(f"hour {hour} is worked through", arena.nothing_due)
        _together(teams, lambda team, hour=hour: team.act(hour))


def _step_clocks(arena: Arena, lot: random.Random) -> None:
    """Let the machine's clock be wrong by up to two hours, and the sprint's go back and forth."""
    arena.clock.error_seconds = lot.choice((0.0, -7200.0, 7200.0, -45.0, 45.0))
    if lot.random() < 0.3:
        arena.clock.step(-0.4)
        time.sleep(0.2)
        arena.clock.step(0.4)


def _come_to_an_end(arena: Arena, teams: list[Crew], hours: int) -> None:
    arena.move_on(48 - hours + 1)
    arena.wait_until("the debrief opens", arena.nothing_due)
    _together(teams, lambda team: team.close())
    arena.wait_until("all is done", arena.nothing_due)
    arena.wait_until("all is delivered", arena.all_delivered)


def _together(teams: list[Crew], work: Callable[[Crew], None]) -> None:
    """Let all teams do something at the same time; the first that gives up is raised."""
    failures: list[BaseException] = []

    def attempt(team: Crew) -> None:
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
