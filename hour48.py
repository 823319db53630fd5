"""The front door: the `hour48` command and the composition root. It alone knows all other rooms.

Rooms are imported inside the commands, so that `hour48 --help` answers at once.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handlers.command_line import app

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from pydantic import SecretStr
    from slack_bolt import App
    from starlette.routing import BaseRoute

    from bot.clock import Clock
    from bot.processes import Bell, Part
    from bot.report_links import ReportLinks
    from bot.settings import Settings
    from bot.slack.effects import Workspace
    from bot.slack.oauth import SlackOAuth
    from bot.store.vault import Vault
    from bot.usecases.house import Change
    from handlers.door import Door
    from handlers.remote_probes import RemoteProbes
    from handlers.socket_line import SocketLine
    from playground.server import LocalSlack
    from playground.stage import Stage

STOP_SECONDS = 20
"""How long a bot that was asked to stop may take; what it had begun, the next one finds."""
FOR_PEOPLE = min(2, os.cpu_count() or 1)
"""Processes that answer people."""
NICENESS = 5
"""How far delivery, what is due and the probes stand back where people want the processor."""
MANIFEST = Path(__file__).parent / "manifest.yml"
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


class Bot:
    """One running bot: rows, handlers, delivery, alarm, probes and page, wired together.

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
        from concurrent.futures import ThreadPoolExecutor

        from bot.clock import SystemClock
        from bot.playbook.loader import load_playbook
        from bot.settings import probe_sections
        from bot.slack.carrier import quiet_client
        from bot.slack.delivery import Delivery
        from bot.slack.pace import Pace
        from bot.slack.ways import Ways
        from bot.store.database import migrate, open_engine
        from bot.store.installations import Installations
        from bot.store.only_one import only_bot_on
        from bot.usecases.house import House
        from bot.usecases.learning import Learning
        from bot.usecases.mishaps import tell_lead
        from bot.usecases.telling import in_words
        from probes.settings import read_settings
        from scheduler.alarm import Alarm
        from scheduler.chores import Chores
        from scheduler.probe_worker import ProbeWorker

        self.settings = settings
        self.client = quiet_client(_secret(settings.slack.bot_token), settings.slack.api_url)
        self.engine = open_engine(settings.database.url.get_secret_value())
        self._lock = only_bot_on(self.engine)
        migrate(self.engine)
        self.house = House(
            self.engine,
            clock or SystemClock(),
            load_playbook(settings.playbook),
            _report_links(settings),
        )
        self.installations = Installations(self.house.sessions, _vault(settings))
        self.ways = Ways(self.installations, settings.slack.api_url)
        self.oauth = _slack_oauth(settings)
        self.remote = _remote_probes(settings)
        if self.oauth is not None:
            self.client.token = None  # each workspace has its own
        self.chores = Chores(
            self.installations,
            timedelta(days=settings.retention_days),
            self.oauth,
            Learning(self.house),
        )
        self._identity: dict[str, str | None] = {}
        self.delivery = Delivery(
            self.house.sessions,
            self.house.reading_sessions,
            self._workspace,
            Pace(unlimited=not settings.slack.pace),
            tell_lead,
            partial(in_words, self.house),
            self.house.precedence,
        )
        self.probe_settings = read_settings(probe_sections(settings))
        self.alarm = Alarm(self.house)
        self.probe_worker = ProbeWorker(self.house, self.probe_settings, probe_options)
        self.answers = ThreadPoolExecutor(ANSWERS, thread_name_prefix="answers")
        self.app = self._build_app()
        self._line: SocketLine | None = None
        self._page: Any = None
        self._door: Door | None = None
        self._delivers: BaseFileLock | None = None

    def _build_app(self) -> App:
        from bot.slack.carrier import quiet_client
        from handlers.app import build_app
        from handlers.desk import Desk, probe_offers
        from handlers.oauth import authorize_one, authorize_with, on_gone

        secret = self.settings.slack.signing_secret
        nobodys = quiet_client("", self.settings.slack.api_url)
        nobodys.token = None  # each request brings its own
        return build_app(
            Desk(
                self.house,
                probes=probe_offers(self.probe_settings),
                look_up=self._look_up_person,
                remote=self.remote,
            ),
            self.answers,
            on_gone(self.installations, self.ways.forget),
            client=nobodys,
            signing_secret=_secret(secret) if secret else None,
            token_verification_enabled=False,
            authorize=authorize_with(self.ways) if self.oauth else authorize_one(self._workspace),
        )

    def _socket_line(self) -> SocketLine | None:
        """Return the line to Slack, or None where Slack sends its requests to the page."""
        if self.settings.slack.mode != "socket":
            return None
        from handlers.socket_line import SocketLine

        slack = self.settings.slack
        return SocketLine(self.app, _secret(slack.app_token), slack.api_url)

    def _workspace(self, team_id: str) -> Workspace:
        from bot.slack.effects import Workspace

        if self.oauth is not None:
            return self.ways.workspace(team_id)
        if team_id not in self._identity:
            self._identity[team_id] = self.client.auth_test().get("user_id")
            self.installations.back(team_id)
        return Workspace(self.client, self._identity[team_id])

    def _look_up_person(self, team_id: str, user_id: str) -> Mapping[str, Any] | None:
        from bot.slack.lookup import look_up_person

        return look_up_person(self._workspace(team_id).client, user_id)

    def start(self) -> None:
        """Start everything in this process; returns once Slack is connected."""
        self._start_behind()
        self._start_answering()

    def as_processes(self, is_up: Callable[[Bot], None]) -> list[Part]:
        """Return the bot, not started yet, as processes: some for people, the last for the rest.

        One interpreter would keep people waiting for thousands of messages.

        Args:
            is_up: told, in the first process for people, that they are answered.
        """
        from importlib import import_module

        from bot.processes import Bell, Part
        from handlers.door import Door

        for name in LOADED_BY_PARTS:
            import_module(name)
        self.engine.dispose()  # a connection cannot be shared by two processes
        bell = Bell(tuple(self._listeners()))
        server = self.settings.server
        self._door = Door(server.host, server.port, FOR_PEOPLE)
        people = [
            Part("people", partial(self._live_answering, place, bell, is_up))
            for place in range(FOR_PEOPLE)
        ]
        return [*people, Part("behind", partial(self._live_behind, bell), NICENESS)]

    def _live_answering(
        self, place: int, bell: Bell, is_up: Callable[[Bot], None], ended: threading.Event
    ) -> None:
        """Answer people until asked to end, and tell the last process what they changed."""
        from bot.store.database import leave_checkpoints

        leave_checkpoints(self.engine)
        self.house.precedence.begin(place)
        for change in self._listeners():
            self.house.on_unit_end(partial(bell.ring, change), change)
        self._start_answering(place)
        gc.enable()
        if place == 0:
            is_up(self)
        _stop_in_time(ended, self._stop_answering)

    def _live_behind(self, bell: Bell, ended: threading.Event) -> None:
        """Do until asked to end what nobody waits for."""
        self._shut_the_door()
        self._start_behind()
        bell.listen(self._listeners())
        gc.enable()
        _stop_in_time(ended, self._stop_behind)

    def _listeners(self) -> dict[Change | None, Callable[[], None]]:
        """Return who has to look again after a unit, by what it changed."""
        from bot.usecases.house import Change

        return {
            None: self.delivery.wake,
            Change.TIMERS: self.alarm.look_ahead,
            Change.PROBES: self.probe_worker.wake,
        }

    def _start_behind(self) -> None:
        from bot.slack.delivery import forget_leases
        from bot.store.only_one import only_delivery_on

        sys.setswitchinterval(SWITCH_SECONDS)
        self._delivers = only_delivery_on(self.engine)
        if self._delivers is not None:
            forget_leases(self.house.sessions)
        for change, listener in self._listeners().items():
            self.house.on_unit_end(listener, change)
        self.delivery.start()
        self.alarm.start()
        self.probe_worker.start()
        self.chores.start()

    def _start_answering(self, place: int = 0) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._serve_page(place)
        self._line = self._socket_line()
        if self._line is not None:
            self._line.open()

    def _serve_page(self, place: int) -> None:
        from bot.metrics import registry_for
        from handlers.door import Door
        from handlers.page import ServedPage
        from handlers.web import build_web

        slack_app = self.app if self.settings.slack.mode == "http" else None
        web = build_web(self.checks(), registry_for(self.house), slack_app, self._routes())
        if self._door is None:
            self._door = Door(self.settings.server.host, self.settings.server.port)
        self._page = ServedPage(web, self._door, place)
        self._page.start()

    def _routes(self) -> list[BaseRoute]:
        from bot.store.vault import Vault
        from handlers.oauth import Installing
        from handlers.reports import report_routes

        routes = report_routes(self.house)
        if self.remote is not None:
            routes += self.remote.routes(self.house)
        if self.oauth is not None:
            states = Vault.derived(self.settings.seal_secrets(), "hour48 install states")
            routes += Installing(self.oauth, self.installations, states, self.ways).routes()
        return routes

    def checks(self) -> dict[str, Callable[[], str | None]]:
        """Return what readiness rests on."""
        from handlers import readiness

        return {
            "database": lambda: readiness.database(self.house),
            "timers": lambda: readiness.timers(self.house),
            "outbox": lambda: readiness.outbox(self.house),
            "slack": lambda: self._line.problem() if self._line else None,
        }

    @property
    def page_url(self) -> str:
        """Where the bot's own page is served."""
        return str(self._page.base_url)

    def stop(self) -> None:
        """Take nothing new, finish what is under way, hand the rest over."""
        self._stop_answering()
        self._stop_behind()
        self.release()

    def _stop_answering(self) -> None:
        if self._line is not None:
            self._line.hang_up()
        if self._page is not None:
            self._page.stop()
        self._shut_the_door()
        self.answers.shutdown(wait=True)
        self.engine.dispose()

    def _shut_the_door(self) -> None:
        if self._door is not None:
            self._door.close()
            self._door = None

    def _stop_behind(self) -> None:
        self.alarm.stop()
        self.chores.stop()
        self.probe_worker.stop()
        self.delivery.stop()
        self.engine.dispose()
        if self._delivers is not None:
            self._delivers.release()

    def release(self) -> None:
        """Let another bot have the database."""
        if self._lock is not None:
            self._lock.release()


def _tell_where(bot: Bot) -> None:
    typer.echo(f"hour48 is running; its page is at {bot.page_url}. Ctrl-C stops it.", err=True)


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


def _report_links(settings: Settings) -> ReportLinks | None:
    from bot.report_links import ReportLinks

    public_url, secrets = settings.server.public_url, settings.seal_secrets()
    return ReportLinks(public_url, secrets) if public_url and secrets else None


def _remote_probes(settings: Settings) -> RemoteProbes | None:
    from handlers.remote_probes import RemoteProbes

    public_url, secrets = settings.server.public_url, settings.seal_secrets()
    return RemoteProbes(public_url, secrets) if public_url and secrets else None


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


@contextmanager
def counted_together() -> Iterator[None]:
    """Let all processes forked within count into the same metrics.

    The library decides at its import, so nothing that counts may be loaded before.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="hour48-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


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
) -> None:
    """Run the bot until it is told to stop."""
    gc.disable()  # nothing that a start makes is garbage
    _load_plain_structlog()
    with counted_together():
        from bot.logs import log_to
        from bot.processes import keep_running
        from bot.settings import load
        from handlers.readiness import require_tokens

        settings = load(config)
        require_tokens(settings)
        log_to(settings.log)
        bot = Bot(settings)
        gc.freeze()  # the parts share what is loaded, as long as nobody looks through it
        try:
            keep_running(bot.as_processes(_tell_where), STOP_SECONDS)
        finally:
            bot.release()


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
        bot.start()
        if workspace.hub is not None:
            workspace.hub.wait_for_connection()
        try:
            yield (
                Stage(
                    workspace,
                    clock,
                    bot.alarm.ring,
                    lambda: bot.delivery.is_idle() and not is_probing(bot.house),
                    lambda: next_due_at(bot.house),
                    lambda: newest_verdict(bot.house, workspace.team_id),
                ),
                slack,
            )
        finally:
            bot.stop()


@app.command()
def demo(
    story: Annotated[Path | None, typer.Argument(help="a story; the grocer when left out")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="write the figures here")] = None,
    keep: Annotated[bool, typer.Option(help="leave the workspace open in the browser")] = False,
) -> None:
    """Run one whole sprint from a story in a local workspace, pressing real buttons."""
    from playground.show import show_demo

    show_demo(story, json_file, keep=keep, stage=_local_stage)


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
