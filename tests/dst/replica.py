"""One replica of the bot: the real delivery, timers and dispatch, on the simulated machine."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from slack_bolt import App, BoltRequest
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from bot.clock import Clock
from bot.db.engine import POOL, _tame_sqlite
from bot.outbox.calls import WorkspaceClient
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.sender import quiet_client
from bot.playbook.model import Playbook
from bot.priority_gate import PriorityGate
from bot.rendering import rendered
from bot.slack.lookups import look_up_person
from bot.sprints.delivery_failures import notify_lead
from bot.unit_of_work import Runtime
from handlers.bolt_app import build_app
from handlers.bolt_authorize import authorize_by
from handlers.context import HandlerContext
from playground.workspace import Workspace
from scheduler.clock_loop import ClockLoop
from tests.dst.scheduler import Event, Process, Scheduler

API = "http://slack.invalid/api/"
WORKERS = 8
WRITES = "simulation_writes"


class Database:
    """What goes wrong with the rows.

    Args:
        url: the SQLite file.
        scheduler: whose tasks use it.
        seed: draws the faults.
    """

    def __init__(self, url: str, scheduler: Scheduler, seed: int) -> None:
        self.url = url
        self.scheduler = scheduler
        self.away_until = 0.0
        self.failed_commits = 0.0
        self.unheard_commits = 0.0
        self.faults = 0
        self._lot = random.Random(seed)

    def open(self) -> Any:
        """Return an engine whose transactions are switch points, and may fail."""
        engine = create_engine(self.url, **POOL)
        event.listen(engine, "begin", self._begin)  # first: nothing may switch after BEGIN
        _tame_sqlite(engine)
        event.listen(engine, "connect", _do_not_wait_for_the_disk)
        for name in ("commit", "rollback"):
            event.listen(engine, name, self._end)
        commit = engine.dialect.do_commit
        engine.dialect.do_commit = partial(self._commit, commit)  # type: ignore[method-assign]  # of this engine alone
        return engine

    def _begin(self, connection: Connection) -> None:
        self.scheduler.switch()
        if self.scheduler.now < self.away_until and self.scheduler.current is not None:
            self.faults += 1
            away = sqlite3.OperationalError("the database is away")
            raise OperationalError("BEGIN", {}, away)
        if not connection.get_execution_options().get("read_only"):
            connection.info[WRITES] = self.scheduler.is_writing = True

    def _end(self, connection: Connection) -> None:
        if connection.info.pop(WRITES, False):
            self.scheduler.is_writing = False

    def _commit(self, commit: Callable[[Any], None], connection: Any) -> None:
        """Commit; or fail before it, or after it without a word that it is done."""
        drawn = self._lot.random() if self.scheduler.current is not None else 1.0
        if drawn < self.failed_commits:
            self.faults += 1
            raise sqlite3.OperationalError("the database went away before the commit")
        commit(connection)
        self.scheduler.switch()  # whoever stands still here knows nothing of the commit yet
        if drawn < self.failed_commits + self.unheard_commits:
            self.faults += 1
            raise sqlite3.OperationalError("the database went away after the commit")


def _do_not_wait_for_the_disk(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class FreeGate(PriorityGate):
    """Lets everybody by: whom it keeps waiting is a matter of speed, and its waits are real."""

    @contextmanager
    def answering(self) -> Iterator[None]:
        yield

    @contextmanager
    def worker(self) -> Iterator[None]:
        yield

    def give_way(self) -> None:
        return


class Pool:
    """An executor whose threads are tasks; like one, it keeps what they raise to itself."""

    def __init__(self, scheduler: Scheduler, process: Process, name: str) -> None:
        self._scheduler = scheduler
        self._process = process
        self._name = name

    def submit(self, work: Callable[..., object], *arguments: Any) -> None:
        def run() -> None:
            with suppress(Exception):
                work(*arguments)

        self._scheduler.spawn(self._name, run, self._process)


class SimulatedClients:
    """The clients of all workspaces, as `bot.outbox.clients` has them."""

    def __init__(self, workspaces: Mapping[str, Workspace]) -> None:
        self._workspaces = workspaces

    def workspace(self, team_id: str) -> WorkspaceClient:
        one = self._workspaces[team_id]
        return WorkspaceClient(quiet_client(one.bot_token, API), one.bot_user_id)


class Replica:
    """A bot that lives until it is killed.

    Args:
        name: what its tasks are called.
        scheduler: runs its tasks.
        database: its rows.
        clock: the sprints' time.
        playbook: the method.
        workspaces: its teams, by id.
    """

    def __init__(
        self,
        name: str,
        scheduler: Scheduler,
        database: Database,
        clock: Clock,
        playbook: Playbook,
        workspaces: Mapping[str, Workspace],
    ) -> None:
        self.process = Process(name)
        self._scheduler = scheduler
        self._engine = database.open()
        clients = SimulatedClients(workspaces)
        runtime = Runtime(self._engine, clock, playbook)
        runtime.priority_gate = FreeGate()
        self.runtime = runtime
        self.delivery = self._delivery(runtime, clients)
        self.alarm = ClockLoop(runtime)
        self.alarm._stopped = Event(scheduler)  # type: ignore[assignment]  # the same by virtual time
        runtime.on_commit(self.delivery.wake)
        nobodys = quiet_client("", API)
        nobodys.token = None
        self.app: App = build_app(
            HandlerContext(
                runtime,
                look_up=lambda team, user: look_up_person(clients.workspace(team).client, user),
            ),
            Pool(scheduler, self.process, f"{name} answer"),  # type: ignore[arg-type]  # only `submit` is called
            client=nobodys,
            token_verification_enabled=False,
            authorize=authorize_by(clients),  # type: ignore[arg-type]  # only `workspace` is called
        )

    def _delivery(self, runtime: Runtime, clients: SimulatedClients) -> Dispatcher:
        scheduler = self._scheduler
        delivery = Dispatcher(
            runtime.sessions,
            runtime.reading_sessions,
            clients.workspace,
            RateLimiter(monotonic=lambda: scheduler.now),
            notify_lead,
            partial(rendered, runtime),
            runtime.priority_gate,
            WORKERS,
        )
        delivery._wake = Event(scheduler)  # type: ignore[assignment]  # the same by virtual time
        delivery._stop = Event(scheduler)  # type: ignore[assignment]  # the same by virtual time
        delivery._pool = Pool(scheduler, self.process, f"{self.process.name} worker")  # type: ignore[assignment]  # only `submit` is called
        return delivery

    def start(self) -> None:
        """Begin to deliver and to look for what is due."""
        for work in (
            self.delivery._dispatch_until_stopped,
            self.delivery._renew_until_stopped,
            self.alarm._look_until_stopped,
        ):
            name = f"{self.process.name} {work.__name__}"
            self._scheduler.spawn(name, work, self.process)

    def dispatch(self, payload: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer one payload, in a task of this replica; returns the status and the answer."""
        request = BoltRequest(mode="socket_mode", body=json.loads(json.dumps(payload)))
        response = self.app.dispatch(request)
        text = response.body or ""
        body = json.loads(text) if text.startswith("{") else {"text": text} if text else {}
        return response.status, body

    def kill(self) -> None:
        """End it where it stands."""
        self._scheduler.kill(self.process)
        self._engine.dispose()
