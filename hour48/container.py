"""The composition root: builds the bot from its configuration and starts its parts."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bot.tracing import start_tracing, stop_tracing
from hour48.shipped import MANIFEST

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from pydantic import SecretStr
    from slack_bolt import App
    from starlette.routing import BaseRoute

    from bot.clock import Clock
    from bot.db.encryption import Encryption
    from bot.outbox.clients import SlackClients
    from bot.settings import Settings
    from bot.slack.oauth import SlackOAuth
    from bot.unit_of_work import Change
    from handlers.connection_guard import Limits
    from handlers.page_server import ServedPage
    from handlers.shared_socket import SharedSocket
    from handlers.socket_mode import SocketLine
    from hour48.serving_processes import ServingProcesses
    from hour48.supervisor import Bell, Part
    from scheduler.batch_worker import BatchPlaces

Made = TypeVar("Made")
STOP_SECONDS = 20
"""How long a bot that was asked to stop may take; what it had begun, the next one finds."""
FOR_PEOPLE = min(2, os.cpu_count() or 1)
"""Processes that answer people."""
NICENESS = 5
"""How far delivery, what is due and the probes stand back where people want the processor."""
SWITCH_SECONDS = 0.02
"""How long a busy thread keeps others of its process from running; threads that take each other's
place more often than this spend half of the processor on it."""
LOADED_BY_PARTS = (
    "apscheduler.triggers.date",
    "apscheduler.triggers.interval",
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
"""What a part would load itself. The first process does, or else a part that is forked after the
files were changed by an upgrade would be half old and half new."""
ANSWERS = 24
"""Threads for what is said after an acknowledgement, such as a modal that opens."""


class Component(StrEnum):
    """A half of the bot that can run by itself, on a machine of its own."""

    WEB = "web"
    WORKER = "worker"


class Core:
    """What the bot's halves share: its rows, its ways into Slack and what is configured.

    Args:
        settings: the configuration.
        clock: the time of all sprints; the system's when left out.
    """

    def __init__(self, settings: Settings, clock: Clock | None) -> None:
        from bot.clock import SystemClock
        from bot.db.engine import migrate, open_engine
        from bot.db.installations import Installations
        from bot.db.schema_state import require_newest, require_writable
        from bot.db.single_instance import only_bot_on
        from bot.playbook.loader import load_playbook
        from bot.report_links import ReportLinks
        from bot.settings import probe_sections
        from bot.unit_of_work import Runtime
        from handlers.remote_probes import RemoteProbes
        from probes.settings import read_settings

        self.settings = settings
        self.engine = open_engine(settings.database.url.get_secret_value())
        self._lock = only_bot_on(self.engine)
        if settings.database.migrate_on_start:
            migrate(self.engine)
        else:
            require_newest(self.engine)
        require_writable(self.engine)
        self.runtime = Runtime(
            self.engine,
            clock or SystemClock(),
            load_playbook(settings.playbook),
            _if_reached(settings, ReportLinks),
        )
        self.encryption = encryption_of(settings)
        self.installations = Installations(self.runtime.sessions, self.encryption)
        self.oauth = _slack_oauth(settings)
        self.clients = self._clients()
        self.remote = _if_reached(settings, RemoteProbes)
        self.probe_settings = read_settings(probe_sections(settings))

    def _clients(self) -> SlackClients:
        from bot.outbox.clients import ConfiguredWay, InstalledClients
        from bot.outbox.sender import quiet_client

        slack = self.settings.slack
        if self.oauth is not None:
            return InstalledClients(self.installations, slack.api_url)
        client = quiet_client(_secret(slack.bot_token), slack.api_url)
        return ConfiguredWay(client, self.installations.back)

    def batch_places(self) -> BatchPlaces:
        """Return where tables are scored from and written to."""
        from scheduler.batch_worker import BatchPlaces

        settings = self.settings
        url = settings.database.url.get_secret_value()
        return BatchPlaces(url, self.probe_settings, settings.serving.write_urls())

    def release(self) -> None:
        """Let another bot have the database."""
        if self._lock is not None:
            self._lock.release()


class Web:
    """The half that answers people: Bolt's handlers, the page and the line to Slack.

    Args:
        core: what it shares.
    """

    def __init__(self, core: Core) -> None:
        from concurrent.futures import ThreadPoolExecutor

        self.core = core
        self._afterwards = ThreadPoolExecutor(ANSWERS, thread_name_prefix="answers")
        self._app = self._build_app()
        self._line: SocketLine | None = None
        self._page: ServedPage | None = None
        self._ops_page: ServedPage | None = None
        self._shared_socket: SharedSocket | None = None

    def _build_app(self) -> App:
        from bot.outbox.sender import quiet_client
        from handlers.bolt_app import build_app
        from handlers.context import HandlerContext, probe_offers
        from handlers.install_routes import authorize_by, on_gone
        from handlers.person_rate import PersonRate

        core, slack = self.core, self.core.settings.slack
        nobodys = quiet_client("", slack.api_url)
        nobodys.token = None  # each request brings its own
        return build_app(
            HandlerContext(
                core.runtime,
                probes=probe_offers(core.probe_settings),
                look_up=self._look_up_person,
                message=self._look_up_message,
                remote=core.remote,
                writers=tuple(name or "" for name in core.settings.serving.write_urls()),
                rate=PersonRate(core.settings.limits.person_a_minute if slack.pace else 0),
            ),
            self._afterwards,
            on_gone(core.installations, core.clients.forget),
            client=nobodys,
            signing_secret=_secret(slack.signing_secret) or None,
            token_verification_enabled=False,
            authorize=authorize_by(core.clients),
        )

    def _new_line(self) -> SocketLine | None:
        """Return the line to Slack, or None where Slack sends its requests to the page."""
        slack = self.core.settings.slack
        if slack.mode != "socket":
            return None
        from handlers.socket_mode import SocketLine

        return SocketLine(self._app, _secret(slack.app_token), slack.api_url)

    def _look_up_person(self, team_id: str, user_id: str) -> Mapping[str, Any] | None:
        from bot.slack.user_lookup import look_up_person

        return look_up_person(self.core.clients.workspace(team_id).client, user_id)

    def _look_up_message(self, team_id: str, channel_id: str, ts: str) -> Mapping[str, Any] | None:
        from bot.slack.message_lookup import look_up_message

        return look_up_message(self.core.clients.workspace(team_id).client, channel_id, ts)

    def start(self, shared_socket: SharedSocket, place: int = 0) -> None:
        """Begin to answer; returns once Slack is connected.

        Args:
            shared_socket: where the page's visitors come.
            place: which of the processes that share the door this one is.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        start_tracing(self.core.settings.otel.endpoint, f"web-{place}")
        self._shared_socket = shared_socket
        self._line = self._new_line()  # not before a fork: it has threads
        self._serve_page(shared_socket, place)
        if self._line is not None:
            self._line.open()

    def _serve_page(self, shared_socket: SharedSocket, place: int) -> None:
        from bot.metrics import registry_for
        from handlers.page_server import ServedPage
        from handlers.web import build_ops, build_web

        takes_requests = self.core.settings.slack.mode == "http"
        registry = registry_for(self.core.runtime)
        app = self._app if takes_requests else None
        ops, limits = shared_socket.ops, _limits(self.core.settings)
        web = build_web(self.checks(), registry, app, self._routes(), has_ops=ops is None)
        self._page = ServedPage(web, shared_socket, place, limits)
        self._page.start()
        if ops is not None:
            self._ops_page = ServedPage(build_ops(self.checks(), registry), ops, place, limits)
            self._ops_page.start()

    def _routes(self) -> list[BaseRoute]:
        from bot.db.encryption import Encryption
        from handlers.evidence_hooks import EvidenceHooks
        from handlers.install_routes import Installing
        from handlers.reports import report_routes

        core = self.core
        routes = report_routes(core.runtime)
        if core.encryption is not None:
            routes += EvidenceHooks(core.runtime, core.encryption).routes()
        if core.remote is not None:
            routes += core.remote.routes(core.runtime)
        if core.oauth is not None:
            states = Encryption.derived(core.settings.seal_secrets(), "hour48 install states")
            routes += Installing(core.oauth, core.installations, states, core.clients).routes()
        return routes

    def checks(self) -> dict[str, Callable[[], str | None]]:
        """Return what readiness rests on."""
        from handlers import readiness

        runtime, line = self.core.runtime, self._line
        return {
            "database": lambda: readiness.database(runtime),
            "timers": lambda: readiness.timers(runtime),
            "outbox": lambda: readiness.outbox(runtime),
            "slack": lambda: line.problem() if line else None,
        }

    def progressed_at(self) -> float:
        """When the loop that answers people came round last; now while there is none."""
        return self._page.progressed_at if self._page else time.monotonic()

    @property
    def page_url(self) -> str:
        """Where the bot's own page is served, once it is."""
        return self._page.base_url if self._page else ""

    @property
    def ops_url(self) -> str:
        """Where readiness and metrics are served, once they are."""
        return self._ops_page.base_url if self._ops_page else self.page_url

    def stop(self) -> None:
        """Take nothing new, and finish what was taken."""
        if self._line is not None:
            self._line.hang_up()
        if self._page is not None:
            self._page.stop()
        if self._ops_page is not None:
            self._ops_page.stop()
        if self._shared_socket is not None:
            self._shared_socket.close()
        self._afterwards.shutdown(wait=True)
        stop_tracing()
        self.core.engine.dispose()


class Worker:
    """The half that nobody waits for: delivery, what falls due, probes and chores.

    Args:
        core: what it shares.
        probe_options: options for every probe, for example a lower effort in a demo.
    """

    def __init__(self, core: Core, probe_options: Mapping[str, Any] | None) -> None:
        from bot.blockers.learning import Learning
        from bot.outbox.dispatcher import Delivery
        from bot.outbox.rate_limiter import Pace
        from bot.rendering import rendered
        from bot.sprints.delivery_failures import tell_lead
        from scheduler.batch_worker import BatchWorker
        from scheduler.check_worker import CheckWorker
        from scheduler.clock_loop import ClockLoop
        from scheduler.deployment_monitor import DeploymentMonitor
        from scheduler.evidence_worker import EvidenceWorker
        from scheduler.maintenance import Maintenance
        from scheduler.probe_worker import ProbeWorker

        runtime, settings = core.runtime, core.settings
        self.core = core
        self.delivery = Delivery(
            runtime.sessions,
            runtime.reading_sessions,
            core.clients.workspace,
            Pace(unlimited=not settings.slack.pace),
            tell_lead,
            partial(rendered, runtime),
            runtime.priority_gate,
            settings.delivery.workers,
        )
        self._has_started = False
        self.clock_loop = ClockLoop(runtime)
        self.probe_worker = ProbeWorker(
            runtime, core.probe_settings, probe_options, settings.serving.models_folder
        )
        self.check_workers = [
            CheckWorker(runtime, core.probe_settings, probe_options, nightly=nightly)
            for nightly in (False, True)
        ]
        self.maintenance = Maintenance(
            core.installations,
            timedelta(days=settings.retention_days),
            core.oauth,
            Learning(runtime),
            partial(_prune, core),
        )
        self.monitor = DeploymentMonitor(runtime, _watch(core))
        self.batches = BatchWorker(
            runtime, core.batch_places(), is_replica=not settings.serving.workers
        )
        self.evidence = EvidenceWorker(runtime, core.probe_settings, core.encryption)
        self._delivers: BaseFileLock | None = None

    def listeners(self) -> dict[Change | None, Callable[[], None]]:
        """Return who has to look again after a unit, by what it changed."""
        from bot.unit_of_work import Change

        return {
            None: self.delivery.wake,
            Change.TIMERS: self.clock_loop.look_ahead,
            Change.PROBES: self.probe_worker.wake,
            Change.CHECKS: self._wake_checks,
            Change.DEPLOYMENTS: self._wake_deployments,
            Change.BATCHES: self.batches.wake,
            Change.EVIDENCE: self.evidence.wake,
        }

    def _wake_deployments(self) -> None:
        self.monitor.wake()
        self.batches.wake()

    def _wake_checks(self) -> None:
        for worker in self.check_workers:
            worker.wake()

    def start(self) -> None:
        """Begin to work."""
        from bot.db.single_instance import only_delivery_on
        from bot.outbox.dispatcher import forget_leases

        sys.setswitchinterval(SWITCH_SECONDS)
        start_tracing(self.core.settings.otel.endpoint, "worker")
        self._delivers = only_delivery_on(self.core.engine)
        if self._delivers is not None:
            forget_leases(self.core.runtime.sessions)
        for change, listener in self.listeners().items():
            self.core.runtime.on_commit(listener, change)
        self.delivery.start()
        self.clock_loop.start()
        self.probe_worker.start()
        for worker in self.check_workers:
            worker.start()
        self.monitor.start()
        self.batches.start()
        self.evidence.start()
        self.maintenance.start()
        self._has_started = True

    def progressed_at(self) -> float:
        """When the loop came round last that has not come round for the longest time.

        By `time.monotonic`; until the worker has started, which waits for what is away, now.
        """
        if not self._has_started:
            return time.monotonic()
        return min(self.delivery.progressed_at, self.clock_loop.progressed_at)

    def stop(self) -> None:
        """Finish what is under way, and hand the rest over."""
        self._has_started = False
        self.clock_loop.stop()
        self.maintenance.stop()
        self.probe_worker.stop()
        for worker in self.check_workers:
            worker.stop()
        self.monitor.stop()
        self.batches.stop()
        self.evidence.stop()
        self.delivery.stop()
        stop_tracing()
        self.core.engine.dispose()
        if self._delivers is not None:
            self._delivers.release()


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
        self.worker = Worker(self.core, probe_options)
        self.answering = Web(self.core)
        self.serving = self._serving()

    def _serving(self) -> ServingProcesses:
        from hour48.serving_processes import ServingProcesses

        settings = self.core.settings
        url = settings.database.url.get_secret_value()
        return ServingProcesses(self.core.runtime, settings.serving, url)

    def start(self) -> None:
        """Start everything in this process; returns once Slack is connected."""
        from bot.unit_of_work import Change

        self.worker.start()
        self.core.runtime.on_commit(self.serving.wake, Change.DEPLOYMENTS)
        self.serving.start()
        self.answering.start(self._shared_socket(1))

    def _shared_socket(self, processes: int) -> SharedSocket:
        from handlers.shared_socket import SharedSocket

        server = self.core.settings.server
        ops = (
            SharedSocket(server.ops_host or server.host, server.ops_port, processes)
            if server.ops_port is not None
            else None
        )
        return SharedSocket(server.host, server.port, processes, ops)

    def as_processes(
        self, is_up: Callable[[str], None], only: Component | None = None
    ) -> list[Part]:
        """Return the bot, not started yet, as processes: some for people, the last for the rest.

        One interpreter would keep people waiting for thousands of messages.

        Args:
            is_up: told where the bot's page is, in the first process for people, once they are
                answered.
            only: one half by itself; the other one runs elsewhere on the same database.
        """
        from importlib import import_module

        from hour48.supervisor import Bell, Part

        for name in LOADED_BY_PARTS:
            import_module(name)
        self.core.engine.dispose()  # a connection cannot be shared by two processes
        bell = Bell(tuple(self.worker.listeners()))
        serving = (
            [Part("serving", self._live_serving)] if self.core.settings.serving.workers else []
        )
        if only is Component.WORKER:
            work = partial(self._live_behind, self._shared_socket(1), bell, is_up)
            worker = Part("worker", work, progressed_at=self.worker.progressed_at)
            return [worker, *serving]
        shared_socket = self._shared_socket(FOR_PEOPLE)
        people = [
            Part(
                f"web-{place}",
                partial(self._live_answering, shared_socket, place, bell, is_up),
                progressed_at=self.answering.progressed_at,
            )
            for place in range(FOR_PEOPLE)
        ]
        if only is Component.WEB:
            return people
        return [
            *people,
            Part(
                "worker",
                partial(self._live_behind, shared_socket, bell, None),
                NICENESS,
                self.worker.progressed_at,
            ),
            *serving,
        ]

    def _live_serving(self, ended: threading.Event) -> None:
        """Keep a process running for each deployment, until asked to end."""
        self.serving.run_until(ended)
        self.core.engine.dispose()

    def _live_answering(
        self,
        shared_socket: SharedSocket,
        place: int,
        bell: Bell,
        is_up: Callable[[str], None],
        ended: threading.Event,
    ) -> None:
        """Answer people until asked to end, and tell the last process what they changed."""
        from bot.db.engine import leave_checkpoints

        leave_checkpoints(self.core.engine)
        self.core.runtime.priority_gate.begin(place)
        for change in self.worker.listeners():
            self.core.runtime.on_commit(partial(bell.ring, change), change)
        self.answering.start(shared_socket, place)
        threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()
        gc.enable()
        if place == 0:
            is_up(self.answering.page_url)
        _stop_in_time(ended, self.answering.stop)

    def _live_behind(
        self,
        shared_socket: SharedSocket,
        bell: Bell,
        is_up: Callable[[str], None] | None,
        ended: threading.Event,
    ) -> None:
        """Do until asked to end what nobody waits for; a worker by itself has a page of its own."""
        page = self._worker_page(shared_socket) if is_up else None
        if page is None:
            shared_socket.close()
        self.worker.start()
        bell.listen(self.worker.listeners())
        gc.enable()
        if page is not None and is_up is not None:
            page.start()
            is_up(page.base_url)
        _stop_in_time(ended, partial(self._stop_behind, page))

    def _worker_page(self, shared_socket: SharedSocket) -> ServedPage:
        """Return health and metrics of a worker that runs by itself; it has no line to Slack."""
        from bot.metrics import registry_for
        from handlers.page_server import ServedPage
        from handlers.web import build_web

        checks = self.answering.checks()
        del checks["slack"]
        app = build_web(checks, registry_for(self.core.runtime))
        limits = _limits(self.core.settings)
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


def _warm_up() -> None:
    """Load what the first blocker is read with, so that whoever logs it need not wait for that."""
    from bot.reading import read
    from bot.suggest import suggest

    read("waits for security, 2 weeks")
    suggest("waits for security")


def _stop_in_time(ended: threading.Event, stop: Callable[[], None]) -> None:
    """Wait until asked to end; what a stop does not finish in time, the next bot finds."""
    ended.wait()
    in_time = threading.Timer(STOP_SECONDS, os._exit, [1])
    in_time.daemon = True
    in_time.start()
    stop()
    in_time.cancel()


def _watch(core: Core) -> Callable[[int, datetime], object]:
    """Return the watch over what hour48 serves; it is loaded when there is something to watch."""

    def look(deployment_id: int, moment: datetime) -> object:
        from serving.watch import watcher_on

        return watcher_on(core.engine).look(deployment_id, moment)

    return look


def _prune(core: Core, now: datetime) -> None:
    """Forget what is not needed any more, in workspaces that stay."""
    from bot.outbox.bodies import prune_bodies
    from bot.privacy.retention import erase_people_of_old_sprints

    kept = core.settings.retention
    prune_bodies(core.runtime.sessions, now - timedelta(days=kept.outbox_days))
    if kept.closed_sprints_days is not None:
        ended = now - timedelta(days=kept.closed_sprints_days)
        erase_people_of_old_sprints(core.runtime, ended)


def _limits(settings: Settings) -> Limits:
    """Return how much patience the page has with those who connect."""
    from handlers.connection_guard import Limits

    told = settings.limits.model_dump(exclude={"person_a_minute"})
    return Limits(**told)


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def encryption_of(settings: Settings) -> Encryption | None:
    """Return what seals tokens at rest; None where no key is configured."""
    from bot.db.encryption import Encryption

    return Encryption(settings.keys()) if settings.database.encryption_keys else None


def _if_reached(settings: Settings, make: Callable[[str, Sequence[str]], Made]) -> Made | None:
    """Make what seals addresses of the bot's page; None where nobody outside could open them."""
    public_url, secrets = settings.server.public_url, settings.seal_secrets()
    return make(public_url, secrets) if public_url and secrets else None


def _slack_oauth(settings: Settings) -> SlackOAuth | None:
    """Return Slack's side of installations, or None where one workspace is served."""
    from bot.slack.oauth import SlackOAuth
    from handlers.install_routes import REDIRECT_PATH
    from handlers.readiness import bot_scopes

    slack = settings.slack
    if not slack.client_id:
        return None
    return SlackOAuth(
        slack.client_id,
        _secret(slack.client_secret),
        bot_scopes(MANIFEST),
        f"{settings.server.public_url}{REDIRECT_PATH}",
        slack.api_url,
    )
