"""The front door: the `hour48` command and the composition root. It alone knows all other rooms.

Rooms are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from handlers.command_line import OptionalFile, app
from handlers.shipped import MANIFEST

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from pydantic import SecretStr
    from slack_bolt import App
    from starlette.routing import BaseRoute

    from bot.clock import Clock
    from bot.processes import Bell, Part
    from bot.settings import Settings
    from bot.slack.oauth import SlackOAuth
    from bot.slack.ways import Ways
    from bot.store.vault import Vault
    from bot.usecases.house import Change
    from handlers.door import Door
    from handlers.page import ServedPage
    from handlers.socket_line import SocketLine
    from playground.server import LocalSlack
    from playground.stage import Stage

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
    "handlers.page",
    "handlers.reports",
    "handlers.socket_line",
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
        from bot.playbook.loader import load_playbook
        from bot.report_links import ReportLinks
        from bot.settings import probe_sections
        from bot.store.database import migrate, open_engine
        from bot.store.installations import Installations
        from bot.store.only_one import only_bot_on
        from bot.usecases.house import House
        from handlers.remote_probes import RemoteProbes
        from probes.settings import read_settings

        self.settings = settings
        self.engine = open_engine(settings.database.url.get_secret_value())
        self._lock = only_bot_on(self.engine)
        migrate(self.engine)
        self.house = House(
            self.engine,
            clock or SystemClock(),
            load_playbook(settings.playbook),
            _if_reached(settings, ReportLinks),
        )
        self.installations = Installations(self.house.sessions, _vault(settings))
        self.oauth = _slack_oauth(settings)
        self.ways = self._ways()
        self.remote = _if_reached(settings, RemoteProbes)
        self.probe_settings = read_settings(probe_sections(settings))

    def _ways(self) -> Ways:
        from bot.slack.carrier import quiet_client
        from bot.slack.ways import ConfiguredWay, InstalledWays

        slack = self.settings.slack
        if self.oauth is not None:
            return InstalledWays(self.installations, slack.api_url)
        client = quiet_client(_secret(slack.bot_token), slack.api_url)
        return ConfiguredWay(client, self.installations.back)

    def release(self) -> None:
        """Let another bot have the database."""
        if self._lock is not None:
            self._lock.release()


class Answering:
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
        self._door: Door | None = None

    def _build_app(self) -> App:
        from bot.slack.carrier import quiet_client
        from handlers.app import build_app
        from handlers.desk import Desk, probe_offers
        from handlers.oauth import authorize_by, on_gone

        core, slack = self.core, self.core.settings.slack
        nobodys = quiet_client("", slack.api_url)
        nobodys.token = None  # each request brings its own
        return build_app(
            Desk(
                core.house,
                probes=probe_offers(core.probe_settings),
                look_up=self._look_up_person,
                remote=core.remote,
            ),
            self._afterwards,
            on_gone(core.installations, core.ways.forget),
            client=nobodys,
            signing_secret=_secret(slack.signing_secret) or None,
            token_verification_enabled=False,
            authorize=authorize_by(core.ways),
        )

    def _new_line(self) -> SocketLine | None:
        """Return the line to Slack, or None where Slack sends its requests to the page."""
        slack = self.core.settings.slack
        if slack.mode != "socket":
            return None
        from handlers.socket_line import SocketLine

        return SocketLine(self._app, _secret(slack.app_token), slack.api_url)

    def _look_up_person(self, team_id: str, user_id: str) -> Mapping[str, Any] | None:
        from bot.slack.lookup import look_up_person

        return look_up_person(self.core.ways.workspace(team_id).client, user_id)

    def start(self, door: Door, place: int = 0) -> None:
        """Begin to answer; returns once Slack is connected.

        Args:
            door: where the page's visitors come.
            place: which of the processes that share the door this one is.
        """
        sys.setswitchinterval(SWITCH_SECONDS)
        self._door = door
        self._line = self._new_line()  # not before a fork: it has threads
        self._serve_page(door, place)
        if self._line is not None:
            self._line.open()

    def _serve_page(self, door: Door, place: int) -> None:
        from bot.metrics import registry_for
        from handlers.page import ServedPage
        from handlers.web import build_web

        takes_requests = self.core.settings.slack.mode == "http"
        registry = registry_for(self.core.house)
        app = self._app if takes_requests else None
        web = build_web(self.checks(), registry, app, self._routes())
        self._page = ServedPage(web, door, place)
        self._page.start()

    def _routes(self) -> list[BaseRoute]:
        from bot.store.vault import Vault
        from handlers.oauth import Installing
        from handlers.reports import report_routes

        core = self.core
        routes = report_routes(core.house)
        if core.remote is not None:
            routes += core.remote.routes(core.house)
        if core.oauth is not None:
            states = Vault.derived(core.settings.seal_secrets(), "hour48 install states")
            routes += Installing(core.oauth, core.installations, states, core.ways).routes()
        return routes

    def checks(self) -> dict[str, Callable[[], str | None]]:
        """Return what readiness rests on."""
        from handlers import readiness

        house, line = self.core.house, self._line
        return {
            "database": lambda: readiness.database(house),
            "timers": lambda: readiness.timers(house),
            "outbox": lambda: readiness.outbox(house),
            "slack": lambda: line.problem() if line else None,
        }

    @property
    def page_url(self) -> str:
        """Where the bot's own page is served, once it is."""
        return self._page.base_url if self._page else ""

    def stop(self) -> None:
        """Take nothing new, and finish what was taken."""
        if self._line is not None:
            self._line.hang_up()
        if self._page is not None:
            self._page.stop()
        if self._door is not None:
            self._door.close()
        self._afterwards.shutdown(wait=True)
        self.core.engine.dispose()


class Behind:
    """The half that nobody waits for: delivery, what falls due, probes and chores.

    Args:
        core: what it shares.
        probe_options: options for every probe, for example a lower effort in a demo.
    """

    def __init__(self, core: Core, probe_options: Mapping[str, Any] | None) -> None:
        from bot.slack.delivery import Delivery
        from bot.slack.pace import Pace
        from bot.usecases.learning import Learning
        from bot.usecases.mishaps import tell_lead
        from bot.usecases.telling import in_words
        from scheduler.alarm import Alarm
        from scheduler.chores import Chores
        from scheduler.probe_worker import ProbeWorker

        house, settings = core.house, core.settings
        self.core = core
        self.delivery = Delivery(
            house.sessions,
            house.reading_sessions,
            core.ways.workspace,
            Pace(unlimited=not settings.slack.pace),
            tell_lead,
            partial(in_words, house),
            house.precedence,
        )
        self.alarm = Alarm(house)
        self.probe_worker = ProbeWorker(house, core.probe_settings, probe_options)
        self.chores = Chores(
            core.installations,
            timedelta(days=settings.retention_days),
            core.oauth,
            Learning(house),
        )
        self._delivers: BaseFileLock | None = None

    def listeners(self) -> dict[Change | None, Callable[[], None]]:
        """Return who has to look again after a unit, by what it changed."""
        from bot.usecases.house import Change

        return {
            None: self.delivery.wake,
            Change.TIMERS: self.alarm.look_ahead,
            Change.PROBES: self.probe_worker.wake,
        }

    def start(self) -> None:
        """Begin to work."""
        from bot.slack.delivery import forget_leases
        from bot.store.only_one import only_delivery_on

        sys.setswitchinterval(SWITCH_SECONDS)
        self._delivers = only_delivery_on(self.core.engine)
        if self._delivers is not None:
            forget_leases(self.core.house.sessions)
        for change, listener in self.listeners().items():
            self.core.house.on_unit_end(listener, change)
        self.delivery.start()
        self.alarm.start()
        self.probe_worker.start()
        self.chores.start()

    def stop(self) -> None:
        """Finish what is under way, and hand the rest over."""
        self.alarm.stop()
        self.chores.stop()
        self.probe_worker.stop()
        self.delivery.stop()
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
        self.behind = Behind(self.core, probe_options)
        self.answering = Answering(self.core)

    def start(self) -> None:
        """Start everything in this process; returns once Slack is connected."""
        self.behind.start()
        self.answering.start(self._door(1))

    def _door(self, processes: int) -> Door:
        from handlers.door import Door

        server = self.core.settings.server
        return Door(server.host, server.port, processes)

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

        from bot.processes import Bell, Part

        for name in LOADED_BY_PARTS:
            import_module(name)
        self.core.engine.dispose()  # a connection cannot be shared by two processes
        bell = Bell(tuple(self.behind.listeners()))
        if only is Component.WORKER:
            work = partial(self._live_behind, self._door(1), bell, is_up)
            return [Part("behind", work)]
        door = self._door(FOR_PEOPLE)
        people = [
            Part("people", partial(self._live_answering, door, place, bell, is_up))
            for place in range(FOR_PEOPLE)
        ]
        if only is Component.WEB:
            return people
        return [*people, Part("behind", partial(self._live_behind, door, bell, None), NICENESS)]

    def _live_answering(
        self,
        door: Door,
        place: int,
        bell: Bell,
        is_up: Callable[[str], None],
        ended: threading.Event,
    ) -> None:
        """Answer people until asked to end, and tell the last process what they changed."""
        from bot.store.database import leave_checkpoints

        leave_checkpoints(self.core.engine)
        self.core.house.precedence.begin(place)
        for change in self.behind.listeners():
            self.core.house.on_unit_end(partial(bell.ring, change), change)
        self.answering.start(door, place)
        gc.enable()
        if place == 0:
            is_up(self.answering.page_url)
        _stop_in_time(ended, self.answering.stop)

    def _live_behind(
        self,
        door: Door,
        bell: Bell,
        is_up: Callable[[str], None] | None,
        ended: threading.Event,
    ) -> None:
        """Do until asked to end what nobody waits for; a worker by itself has a page of its own."""
        page = self._worker_page(door) if is_up else None
        if page is None:
            door.close()
        self.behind.start()
        bell.listen(self.behind.listeners())
        gc.enable()
        if page is not None and is_up is not None:
            page.start()
            is_up(page.base_url)
        _stop_in_time(ended, partial(self._stop_behind, page))

    def _worker_page(self, door: Door) -> ServedPage:
        """Return health and metrics of a worker that runs by itself; it has no line to Slack."""
        from bot.metrics import registry_for
        from handlers.page import ServedPage
        from handlers.web import build_web

        checks = self.answering.checks()
        del checks["slack"]
        return ServedPage(build_web(checks, registry_for(self.core.house)), door)

    def _stop_behind(self, page: ServedPage | None) -> None:
        if page is not None:
            page.stop()
        self.behind.stop()

    def stop(self) -> None:
        """Take nothing new, finish what is under way, hand the rest over."""
        self.answering.stop()
        self.behind.stop()
        self.core.release()


def _tell_where(page_url: str) -> None:
    typer.echo(f"hour48 is running; its page is at {page_url}. Ctrl-C stops it.", err=True)


def _stop_in_time(ended: threading.Event, stop: Callable[[], None]) -> None:
    """Wait until asked to end; what a stop does not finish in time, the next bot finds."""
    ended.wait()
    in_time = threading.Timer(STOP_SECONDS, os._exit, [1])
    in_time.daemon = True
    in_time.start()
    stop()
    in_time.cancel()


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""


def _vault(settings: Settings) -> Vault | None:
    from bot.store.vault import Vault

    return Vault(settings.keys()) if settings.database.encryption_keys else None


def _if_reached(settings: Settings, make: Callable[[str, Sequence[str]], Made]) -> Made | None:
    """Make what seals addresses of the bot's page; None where nobody outside could open them."""
    public_url, secrets = settings.server.public_url, settings.seal_secrets()
    return make(public_url, secrets) if public_url and secrets else None


def _slack_oauth(settings: Settings) -> SlackOAuth | None:
    """Return Slack's side of installations, or None where one workspace is served."""
    from bot.slack.oauth import SlackOAuth
    from handlers.oauth import REDIRECT_PATH
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


def _load_plain_structlog() -> None:
    """Load structlog without what draws tracebacks in colour; our log has plain ones.

    It loads that where it is there, which takes a twentieth of a start.
    """
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # how Python says that a module is not there
    try:
        import structlog.dev  # noqa: F401 - loaded for those that come after
    finally:
        del sys.modules["rich"]


@app.command("doctor")
def doctor(
    config: Annotated[Path | None, typer.Option(help="instead of ./hour48.toml")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON list")] = False,
) -> None:
    """Check tokens, scopes, database, sources and clock; exit code 1 if anything is wrong."""
    import dataclasses
    import json

    from bot.settings import load, probe_sections
    from handlers.doctor import examine
    from probes.cli import unreadable_sources

    settings = load(config)
    checks = examine(settings, MANIFEST, lambda: unreadable_sources(probe_sections(settings)))
    found = []
    for check in checks:
        found.append(check)
        if not as_json:
            advice = f"\n       {check.advice}" if check.advice else ""
            typer.echo(f"{'ok' if check.is_well else 'FAIL':4} {check.name}: {check.says}{advice}")
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(check) for check in found], indent=2))
    raise typer.Exit(0 if all(check.is_well for check in found) else 1)


@app.command("run")
def run_bot(
    config: Annotated[Path | None, typer.Option(help="instead of ./hour48.toml")] = None,
    only: Annotated[
        Component | None,
        typer.Option(help="web answers people, worker does the rest; PostgreSQL only"),
    ] = None,
) -> None:
    """Run the bot until it is told to stop."""
    from bot.counting import counted_together

    gc.disable()  # nothing that a start makes is garbage
    _load_plain_structlog()
    with counted_together():
        from bot.logs import log_to
        from bot.processes import keep_running
        from bot.settings import load
        from handlers.readiness import require_shared_database, require_tokens

        settings = load(config)
        require_tokens(settings)
        if only is not None:
            require_shared_database(settings)
        log_to(settings.log)
        bot = Bot(settings)
        gc.freeze()  # the parts share what is loaded, as long as nobody looks through it
        try:
            keep_running(bot.as_processes(_tell_where, only), STOP_SECONDS)
        finally:
            bot.core.release()


@contextmanager
def _local_stage(
    folder: Path,
    start: datetime,
    sources: Mapping[str, Any],
    probe_options: Mapping[str, Any],
    port: int = 0,
) -> Iterator[tuple[Stage, LocalSlack]]:
    """Open a local workspace with a bot in it that keeps its rows in `folder`."""
    from bot.clock import CompressedClock
    from bot.logs import log_to
    from bot.settings import LogSettings, Settings
    from bot.usecases.debrief import newest_verdict
    from bot.usecases.due import next_due_at
    from bot.usecases.probing import is_probing
    from playground.server import LocalSlack
    from playground.stage import Stage

    log_to(LogSettings(level="error"))
    clock = CompressedClock(start)
    with LocalSlack(clock, manifest=MANIFEST, port=port) as slack:
        workspace = slack.add_workspace("Corner Grocers")
        settings = Settings(
            slack={
                "bot_token": workspace.bot_token,
                "app_token": workspace.app_token,
                "api_url": slack.api_url,
                "pace": False,
            },
            database={"url": f"sqlite:///{folder / 'hour48.db'}"},
            server={"port": 0},
            sources=sources,
        )
        bot = Bot(settings, clock, probe_options)
        house = bot.core.house
        bot.start()
        workspace.hub.wait_for_connection()
        try:
            yield (
                Stage(
                    workspace,
                    clock,
                    bot.behind.alarm.ring,
                    lambda: bot.behind.delivery.is_idle() and not is_probing(house),
                    lambda: next_due_at(house),
                    lambda: newest_verdict(house, workspace.team_id),
                ),
                slack,
            )
        finally:
            bot.stop()


@app.command(cls=OptionalFile)
def demo(
    story: Annotated[Path | None, typer.Argument(help="a story; the grocer when left out")] = None,
    json_to: Annotated[
        str | None,
        typer.Option("--json", metavar="[FILE]", help="print the figures as JSON, or write FILE"),
    ] = None,
    keep: Annotated[bool, typer.Option(help="leave the workspace open in the browser")] = False,
) -> None:
    """Run one whole sprint from a story in a local workspace, pressing real buttons."""
    from playground.show import show_demo

    show_demo(story, json_to, keep=keep, stage=_local_stage)


@app.command()
def play(
    port: Annotated[int, typer.Option(help="where to serve it; 0 takes a free port")] = 0,
    browser: Annotated[bool, typer.Option(help="open the browser")] = True,
) -> None:
    """Open the local workspace with a fresh team, to type /sprint plan and go."""
    from playground.show import play_here

    play_here(port, stage=_local_stage, browser=browser)


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 2."""
    from bot.sprint.errors import InputError

    try:
        app()
    except InputError as refusal:
        typer.echo(refusal.message, err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
