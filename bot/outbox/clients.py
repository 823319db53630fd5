"""Slack clients of the workspaces: the one whose token is configured, or one an installation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Protocol

from slack_sdk import WebClient

from bot.db.installations import Installations, Tokens
from bot.outbox.calls import WorkspaceClient
from bot.outbox.sender import quiet_client
from bot.slack.scopes import SCOPES_HEADER, header_of

KEPT_SECONDS: Final = 60.0
"""How long a workspace's tokens are believed; another bot may have seen it leave meanwhile."""
MOST_KEPT: Final = 10_000


class NotInstalledError(RuntimeError):
    """A workspace has not installed the bot, or has gone."""


class SlackClients(Protocol):
    """A client for each workspace that the bot serves."""

    def workspace(self, team_id: str) -> WorkspaceClient:
        """Return a workspace's client and who the bot is in it.

        Raises:
            NotInstalledError: it has not installed the bot.
            SlackApiError: Slack does not say just now who the bot is; or one of
                `bot.slack.api_errors.TRANSPORT_ERRORS`.
        """

    def forget(self, team_id: str) -> None:
        """Read a workspace's tokens anew the next time."""


class ConfiguredClients:
    """The client of the token in the configuration, a workspace's or an organisation's.

    Args:
        client: carries that token.
        welcome: told of a workspace once the token was found good for it.
    """

    def __init__(self, client: WebClient, welcome: Callable[[str, str | None], None]) -> None:
        self._client = client
        self._welcome = welcome
        self._known: dict[str, WorkspaceClient] = {}

    def workspace(self, team_id: str) -> WorkspaceClient:
        """Return the client and who the bot is, which Slack is asked once."""
        if team_id not in self._known:
            identity = self._client.auth_test()
            client = self._client
            if identity.get("is_enterprise_install"):
                client = quiet_client(str(client.token), client.base_url, team_id)
            self._known[team_id] = WorkspaceClient(client, identity.get("user_id"))
            if team_id != identity.get("enterprise_id"):
                self._welcome(team_id, header_of(identity, SCOPES_HEADER))
        return self._known[team_id]

    def forget(self, team_id: str) -> None:
        """Keep the token: a new one takes a new configuration."""


class InstalledClients:
    """A way into each workspace that installed the bot.

    Args:
        installations: where their tokens are.
        api_url: where the Web API is.
    """

    def __init__(self, installations: Installations, api_url: str) -> None:
        self._installations = installations
        self._api_url = api_url
        self._kept: dict[str, tuple[float, Tokens | None]] = {}
        self._clients: dict[str, WebClient] = {}
        self._lock = threading.Lock()

    def tokens(self, team_id: str) -> Tokens | None:
        """Return a workspace's tokens, read at most a minute ago; None when it has none."""
        now = time.monotonic()
        with self._lock:
            since, tokens = self._kept.get(team_id, (float("-inf"), None))
        if now - since < KEPT_SECONDS:
            return tokens
        tokens = self._installations.find(team_id)
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
                self._clients.clear()
            self._kept[team_id] = (now, tokens)
        return tokens

    def workspace(self, team_id: str) -> WorkspaceClient:
        """Return a workspace's client for delivery.

        Raises:
            NotInstalledError: it has none.
        """
        tokens = self.tokens(team_id)
        if tokens is None:
            raise NotInstalledError(team_id)
        with self._lock:
            client = self._clients.get(team_id)
            if client is None or client.token != tokens.bot_token:
                shared_by = team_id if tokens.is_org else None
                client = quiet_client(tokens.bot_token, self._api_url, shared_by)
                self._clients[team_id] = client
        return WorkspaceClient(client, tokens.bot_user_id)

    def forget(self, team_id: str) -> None:
        """Read a workspace's tokens anew the next time."""
        with self._lock:
            self._kept.pop(team_id, None)
            self._clients.pop(team_id, None)
