"""The half that answers people: Bolt's handlers, the page and the line to Slack."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bot.tracing import start_tracing, stop_tracing

if TYPE_CHECKING:
    from slack_bolt import App
    from starlette.routing import BaseRoute

    from bot.settings import Settings
    from handlers.connection_guard import ConnectionLimits
    from handlers.language_model import LanguageModel
    from handlers.page_server import ServedPage
    from handlers.shared_socket import SharedSocket
    from handlers.sign_in import SignIn
    from handlers.socket_mode import SocketLine
from hour48.core import Core, secret_text
from hour48.supervisor import HEARTBEATS

ANSWERS = 24
"""Threads for what is said after an acknowledgement, such as a modal that opens."""


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
        from handlers.bolt_authorize import CoveredWorkspaces, InstallationChanges, authorize_by
        from handlers.context import HandlerContext, probe_offers
        from handlers.person_rate import PersonRate
        from handlers.shared_allowances import SharedAllowances

        core, slack = self.core, self.core.settings.slack
        nobodys = quiet_client("", slack.api_url)
        nobodys.token = None  # each request brings its own
        return build_app(
            HandlerContext(
                core.runtime,
                probes=probe_offers(core.probe_settings),
                look_up=self._look_up_person,
                unpostable=self._why_unpostable,
                message=self._look_up_message,
                remote=core.remote,
                model=self._model(),
                writers=tuple(name or "" for name in core.settings.serving.write_urls()),
                rate=PersonRate(
                    core.settings.limits.person_a_minute if slack.pace else 0,
                    take=SharedAllowances(core.runtime.sessions).take,
                ),
            ),
            self._afterwards,
            InstallationChanges(core.installations, core.organisations, core.clients.forget),
            [CoveredWorkspaces(core.clients, core.organisations)],
            client=nobodys,
            signing_secret=secret_text(slack.signing_secret) or None,
            token_verification_enabled=False,
            authorize=authorize_by(core.clients),
        )

    def _model(self) -> LanguageModel | None:
        if self.core.settings.ask.url is None:
            return None
        from handlers.language_model import model_of

        return model_of(self.core.settings.ask, self.core.encryption)

    def _new_line(self) -> SocketLine | None:
        """Return the line to Slack, or None where Slack sends its requests to the page."""
        slack = self.core.settings.slack
        if slack.mode != "socket":
            return None
        from handlers.socket_mode import SocketLine

        return SocketLine(self._app, secret_text(slack.app_token), slack.api_url)

    def _look_up_person(self, team_id: str, user_id: str) -> Mapping[str, Any] | None:
        from bot.slack.lookups import look_up_person

        return look_up_person(self.core.clients.workspace(team_id).client, user_id)

    def _why_unpostable(self, team_id: str, channel_id: str) -> str | None:
        from bot.slack.lookups import why_unpostable

        return why_unpostable(self.core.clients.workspace(team_id).client, channel_id)

    def _look_up_message(self, team_id: str, channel_id: str, ts: str) -> Mapping[str, Any] | None:
        from bot.slack.lookups import look_up_message

        return look_up_message(self.core.clients.workspace(team_id).client, channel_id, ts)

    def start(self, shared_socket: SharedSocket, place: int = 0) -> None:
        """Begin to answer; returns once Slack is connected.

        Args:
            shared_socket: where the page is reached.
            place: the process's number, for its traces.
        """
        start_tracing(self.core.settings.otel.endpoint, f"web-{place}")
        self._shared_socket = shared_socket
        self._line = self._new_line()  # not before a fork: it has threads
        self._serve_page(shared_socket)
        if self._line is not None:
            self._line.open()

    def _serve_page(self, shared_socket: SharedSocket) -> None:
        from bot.metrics import registry_for
        from handlers.page_server import ServedPage
        from handlers.web import build_ops, build_web

        takes_requests = self.core.settings.slack.mode == "http"
        registry = registry_for(self.core.runtime)
        app = self._app if takes_requests else None
        ops, limits = shared_socket.ops, limits_of(self.core.settings)
        web = build_web(
            self.checks(), registry, app, self._routes(), has_ops=ops is None, hung=HEARTBEATS.hung
        )
        self._page = ServedPage(web, shared_socket, limits)
        self._page.start()
        if ops is not None:
            self._ops_page = ServedPage(
                build_ops(self.checks(), registry, HEARTBEATS.hung), ops, limits
            )
            self._ops_page.start()

    def _routes(self) -> list[BaseRoute]:
        from bot.db.encryption import Encryption
        from handlers.evidence_hooks import EvidenceHooks
        from handlers.install_routes import Installing
        from handlers.reports import report_routes

        core = self.core
        routes = report_routes(core.runtime, self._sign_in())
        if core.encryption is not None:
            routes += EvidenceHooks(core.runtime, core.encryption).routes()
        if core.remote is not None:
            routes += core.remote.routes(core.runtime)
        if core.oauth is not None:
            states = Encryption.derived(core.settings.seal_secrets(), "hour48 install states")
            routes += Installing(
                core.oauth,
                core.installations,
                core.organisations,
                states,
                core.settings.seal_secrets(),
                core.clients,
                core.welcome,
            ).routes()
        return routes

    def _sign_in(self) -> SignIn | None:
        """Return what lets people read pages who sign in; None where links are enough."""
        core, settings = self.core, self.core.settings
        if settings.oidc.client_id is None:
            return None
        from bot.db.encryption import Encryption
        from handlers.context import HandlerContext
        from handlers.oidc import Provider
        from handlers.sign_in import BACK_PATH, SignIn

        public_url = str(settings.server.public_url)
        return SignIn(
            settings.oidc,
            Provider(settings.oidc, f"{public_url}{BACK_PATH}"),
            HandlerContext(core.runtime, look_up=self._look_up_person),
            core.installations,
            Encryption.derived(settings.seal_secrets(), "hour48 sign-in"),
            public_url,
            self._find_by_email,
        )

    def _find_by_email(self, team_id: str, email: str) -> str | None:
        from bot.slack.lookups import find_by_email

        return find_by_email(self.core.clients.workspace(team_id).client, email)

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


def limits_of(settings: Settings) -> ConnectionLimits:
    """Return how much patience the page has with those who connect."""
    from handlers.connection_guard import ConnectionLimits

    fields = settings.limits.model_dump(exclude={"person_a_minute"})
    return ConnectionLimits(**fields)
