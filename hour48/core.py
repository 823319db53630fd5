"""What the bot's halves share: rows, ways into Slack, configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import structlog
from slack_sdk.errors import SlackApiError

from hour48.shipped import MANIFEST

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bot.clock import Clock
    from bot.db.encryption import Encryption
    from bot.db.installations import Tokens
    from bot.outbox.clients import SlackClients
    from bot.settings import Settings
    from bot.slack.oauth import SlackOAuth
    from scheduler.batch_worker import BatchPlaces

log = structlog.get_logger()
Made = TypeVar("Made")


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
        from bot.db.organisations import Organisations
        from bot.db.schema_state import require_newest, require_writable
        from bot.db.single_instance import only_bot_on
        from bot.playbook.loader import load_playbook
        from bot.report_links import ReportLinks
        from bot.settings import probe_sections
        from bot.translations import require_whole
        from bot.unit_of_work import Runtime
        from handlers.remote_probes import RemoteProbes
        from probes.settings import read_settings

        self.settings = settings
        require_whole(settings.language.folder)
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
            settings.language.of,
            _install_url(settings),
        )
        self.encryption = encryption_of(settings)
        self.installations = Installations(self.runtime.sessions, self.encryption)
        self.organisations = Organisations(self.runtime.sessions)
        self.oauth = _slack_oauth(settings)
        self.clients = self._clients()
        self.remote = _if_reached(settings, RemoteProbes)
        self.probe_settings = read_settings(probe_sections(settings), file=settings.file)

    def _clients(self) -> SlackClients:
        from bot.outbox.clients import ConfiguredClients, InstalledClients
        from bot.outbox.sender import quiet_client

        slack = self.settings.slack
        if self.oauth is not None:
            return InstalledClients(self.installations, slack.api_url)
        client = quiet_client(secret_text(slack.bot_token), slack.api_url)
        return ConfiguredClients(client, self.installations.back)

    def welcome(self, tokens: Tokens) -> None:
        """Tell whoever installed the bot what to try."""
        from bot.home.welcome import welcome

        if tokens.installed_by:
            with self.runtime.uow(tokens.team_id) as uow:
                welcome(uow, tokens.installed_by)

    def welcome_at_first_start(self) -> None:
        """Welcome who set the bot up in the one workspace whose token is configured."""
        from bot.home.welcome import is_new, only_administrator, welcome
        from bot.outbox.sender import quiet_client
        from bot.slack.api_errors import TRANSPORT_ERRORS

        slack = self.settings.slack
        client = quiet_client(secret_text(slack.bot_token), slack.api_url)
        try:
            identity = client.auth_test()
            if identity.get("is_enterprise_install"):  # the first who opens Home is welcomed
                return
            team_id = str(identity["team_id"])
            with self.runtime.reading(team_id) as uow:
                if not is_new(uow):
                    return
            found = only_administrator(client)
            if found is not None:
                with self.runtime.uow(team_id) as uow:
                    welcome(uow, found)
        except (SlackApiError, *TRANSPORT_ERRORS) as error:
            log.info("welcome.not_now", error=repr(error)[:200])

    def batch_places(self) -> BatchPlaces:
        """Return where tables are scored from and written to."""
        from scheduler.batch_worker import BatchPlaces

        settings = self.settings
        url = settings.database.url.get_secret_value()
        serving = settings.serving
        return BatchPlaces(url, self.probe_settings, serving.write_urls(), serving.models_folder)

    def release(self) -> None:
        """Let another bot have the database."""
        if self._lock is not None:
            self._lock.release()


def encryption_of(settings: Settings) -> Encryption | None:
    """Return what seals tokens at rest; None where no key is configured."""
    from bot.db.encryption import Encryption

    return Encryption(settings.keys()) if settings.database.encryption_keys else None


def _if_reached(settings: Settings, make: Callable[[str, Sequence[str]], Made]) -> Made | None:
    """Make what seals addresses of the bot's page; None where nobody outside could open them."""
    public_url, secrets = settings.server.public_url, settings.seal_secrets()
    return make(public_url, secrets) if public_url and secrets else None


def _install_url(settings: Settings) -> Callable[[str], str] | None:
    """Return where a workspace grants what is missing; None where one workspace is served."""
    from handlers.install_routes import INSTALL_PATH, signed_team

    if not settings.slack.client_id:
        return None
    page, keys = f"{settings.server.public_url}{INSTALL_PATH}", settings.seal_secrets()
    return lambda team_id: f"{page}?for={signed_team(team_id, keys)[0]}" if keys else page


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
        secret_text(slack.client_secret),
        bot_scopes(MANIFEST),
        f"{settings.server.public_url}{REDIRECT_PATH}",
        slack.api_url,
    )


def secret_text(value: SecretStr | None) -> str:
    """Return a secret as text; empty where there is none."""
    return value.get_secret_value() if value else ""
