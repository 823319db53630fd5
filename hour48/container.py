"""The composition root: builds the bot from its configuration and starts its parts."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from hour48.component import Component
from hour48.core import Core
from hour48.supervisor import HEARTBEATS, Part, Wakeups
from hour48.web_process import Web, limits_of
from hour48.worker_process import Worker

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.settings import Settings
    from handlers.page_server import ServedPage
    from handlers.shared_socket import SharedSocket
    from hour48.serving_processes import ServingProcesses

STOP_SECONDS = 20
"""How long a bot that was asked to stop may take; what it had begun, the next one finds."""
FOR_PEOPLE = min(2, os.cpu_count() or 1)
"""Processes that answer people."""
NICENESS = 5
"""How far delivery, what is due and the probes stand back where people want the processor."""
M_ARENA_MAX = -8
"""The number of glibc's setting for how many heaps a process has."""
LOADED_BY_WEB = (
    "bot.metrics",
    "handlers.page_server",
    "handlers.reports",
    "handlers.socket_mode",
    "handlers.web",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvloop",
)
LOADED_BY_WORKER = ("apscheduler.triggers.date", "apscheduler.triggers.interval")
"""What a part would load itself. The first process does, or else a part that is forked after the
files were changed by an upgrade would be half old and half new."""


class Bot:
    """One running bot, in this process or in several.

    Args:
        settings: the configuration.
        clock: the time of all sprints; the system's when left out.
        probe_options: options for every probe, for example a lower effort in a demo.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        probe_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.core = Core(settings, clock)
        self._probe_options = probe_options
        self.answering = Web(self.core)
        self.serving = self._serving()

    @cached_property
    def worker(self) -> Worker:
        """The half that nobody waits for; made when it is first needed, as people are."""
        return Worker(self.core, self._probe_options)

    def _serving(self) -> ServingProcesses:
        from hour48.serving_processes import ServingProcesses

        settings = self.core.settings
        url = settings.database.url.get_secret_value()
        return ServingProcesses(self.core.runtime, settings.serving, url, settings.log)

    def start(self) -> None:
        """Start everything in this process; returns once Slack is connected."""
        from bot.unit_of_work import Change

        self.worker.start()
        self.core.runtime.on_commit(self.serving.wake, Change.DEPLOYMENTS)
        self.serving.start()
        self.answering.start(self._shared_socket())

    def _shared_socket(self) -> SharedSocket:
        from handlers.shared_socket import SharedSocket

        server = self.core.settings.server
        ops = (
            SharedSocket(server.ops_host or server.host, server.ops_port)
            if server.ops_port is not None
            else None
        )
        return SharedSocket(server.host, server.port, ops)

    def as_processes(
        self, is_up: Callable[[str], None], only: Component | None = None
    ) -> list[Part]:
        """Return the bot, not started yet, as processes: some for people, the last for the rest.

        One interpreter would keep people waiting for thousands of messages. The first part answers
        while what the others need is loaded for them, and ends once one of them answers: they share
        what was loaded, and it would hold a copy of its own.

        Args:
            is_up: told where the bot's page is, in the first process that answers people.
            only: one half by itself; the other one runs elsewhere on the same database.
        """
        from bot.unit_of_work import Change

        _load(LOADED_BY_WEB)
        _share_heaps()
        self.core.engine.dispose()  # a connection cannot be shared by two processes
        for_worker = Wakeups((None, *Change))
        for_serving = Wakeups([Change.DEPLOYMENTS])
        serving = (
            [Part("serving", partial(self._live_serving, for_serving))]
            if self.core.settings.serving.workers
            else []
        )
        if only is Component.WORKER:
            work = partial(self._live_behind, self._shared_socket(), for_worker, for_serving, is_up)
            return [Part("worker", work, 0, self._progressed_at, self._load_worker), *serving]
        shared_socket = self._shared_socket()
        relieved, wakeups = Wakeups((None,)), (for_worker, for_serving)
        people = [
            Part(
                "web-first",
                partial(self._live_first, shared_socket, wakeups, relieved, is_up),
                is_temporary=True,
            ),
            *(
                Part(
                    f"web-{place}",
                    partial(
                        self._live_answering,
                        shared_socket,
                        place,
                        wakeups,
                        partial(relieved.ring, None),
                    ),
                    progressed_at=self.answering.progressed_at,
                    load=None if place else _load_reading,
                )
                for place in range(FOR_PEOPLE)
            ),
        ]
        if only is Component.WEB:
            return people
        return [
            *people,
            Part(
                "worker",
                partial(self._live_behind, shared_socket, for_worker, for_serving, None),
                NICENESS,
                self._progressed_at,
                self._load_worker,
            ),
            *serving,
        ]

    def _progressed_at(self) -> float:
        return self.worker.progressed_at()

    def _load_worker(self) -> None:
        """Load and build the worker in the first process."""
        _load(LOADED_BY_WORKER)
        _load_reading()
        self.worker.listeners()

    def _live_serving(self, wakeups: Wakeups, ended: threading.Event) -> None:
        """Keep a process running for each deployment, until asked to end."""
        wakeups.listen(dict.fromkeys(wakeups.names, self.serving.wake))
        self.serving.run_until(ended)
        self.core.engine.dispose()

    def _live_first(
        self,
        shared_socket: SharedSocket,
        wakeups: Sequence[Wakeups],
        relieved: Wakeups,
        is_up: Callable[[str], None],
        ended: threading.Event,
    ) -> None:
        """Answer people until those answer who share what is loaded meanwhile."""
        relieved.listen({None: ended.set})
        started = partial(is_up, shared_socket.base_url)
        self._live_answering(shared_socket, FOR_PEOPLE, wakeups, started, ended)

    def _live_answering(
        self,
        shared_socket: SharedSocket,
        place: int,
        wakeups: Sequence[Wakeups],
        started: Callable[[], None],
        ended: threading.Event,
    ) -> None:
        """Answer people until asked to end, and tell the other processes what they changed."""
        from bot.db.engine import leave_checkpoints

        leave_checkpoints(self.core.engine)
        self.core.runtime.priority_gate.begin(place)
        for each in wakeups:
            self._ring_on_commit(each)
        self.answering.start(shared_socket, place)
        gc.enable()
        started()
        _stop_in_time(ended, self.answering.stop)

    def _live_behind(
        self,
        shared_socket: SharedSocket,
        wakeups: Wakeups,
        for_serving: Wakeups,
        is_up: Callable[[str], None] | None,
        ended: threading.Event,
    ) -> None:
        """Do until asked to end what nobody waits for; a worker by itself has a page of its own."""
        page = self._worker_page(shared_socket) if is_up else None
        if page is None:
            shared_socket.close()
        self._ring_on_commit(for_serving)
        self.worker.start()
        wakeups.listen(self.worker.listeners())
        gc.enable()
        if page is not None and is_up is not None:
            page.start()
            is_up(page.base_url)
        _stop_in_time(ended, partial(self._stop_behind, page))

    def _ring_on_commit(self, wakeups: Wakeups) -> None:
        for change in wakeups.names:
            self.core.runtime.on_commit(partial(wakeups.ring, change), change)

    def _worker_page(self, shared_socket: SharedSocket) -> ServedPage:
        """Return health and metrics of a worker that runs by itself; it has no line to Slack."""
        from bot.metrics import registry_for
        from handlers.page_server import ServedPage
        from handlers.web import build_web

        checks = self.answering.checks()
        del checks["slack"]
        app = build_web(checks, registry_for(self.core.runtime), hung=HEARTBEATS.hung)
        limits = limits_of(self.core.settings)
        return ServedPage(app, shared_socket.ops or shared_socket, limits=limits)

    def _stop_behind(self, page: ServedPage | None) -> None:
        if page is not None:
            page.stop()
        self.worker.stop()

    def stop(self) -> None:
        """Take nothing new, finish what is under way, hand the rest over."""
        self.answering.stop()
        self.serving.stop()
        self.worker.stop()
        self.core.release()


def _load(names: Sequence[str]) -> None:
    from importlib import import_module

    for name in names:
        import_module(name)


def _load_reading() -> None:
    """Load what a blocker is read with, and whom to trust, before somebody waits for it."""
    from bot.reading import read
    from bot.slack.tls import certificates
    from bot.suggest import suggest

    certificates()
    read("waits for security, 2 weeks")
    suggest("waits for security")


def _share_heaps() -> None:
    """Let the threads of each process share two heaps.

    glibc gives each thread one of its own, and what it leaves free there no other thread can use.
    """
    import ctypes

    with suppress(AttributeError):  # another C library has no such setting
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def _stop_in_time(ended: threading.Event, stop: Callable[[], None]) -> None:
    """Wait until asked to end; what a stop does not finish in time, the next bot finds."""
    ended.wait()
    in_time = threading.Timer(STOP_SECONDS, os._exit, [1])
    in_time.daemon = True
    in_time.start()
    stop()
    in_time.cancel()
