from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import structlog

from bot.db.encryption import new_key
from bot.settings import Settings
from hour48.container import Bot
from hour48.shipped import MANIFEST
from playground.methods.basics import new_oauth_code
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.databases import MOSTLY_SQLITE, migrated_database
from tests.integration.workspaces import two_workspaces

SECRET = "one app, one secret"


@dataclass
class Tenancy:
    """One bot in HTTP mode and the workspaces that can install it.

    Args:
        bot: the bot.
        slack: the local Slack.
        workspaces: two that know the same app.
    """

    bot: Bot
    slack: LocalSlack
    workspaces: list[Workspace]

    @property
    def url(self) -> str:
        return self.bot.answering.page_url

    def begin(self, browser: httpx.Client) -> str:
        """Open the installation's address; return the state that Slack would send back."""
        answer = browser.get(f"{self.url}/slack/install")
        assert answer.status_code == 302
        return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    def end(self, browser: httpx.Client, **asked: Any) -> httpx.Response:
        return browser.get(f"{self.url}/slack/oauth_redirect", params=asked)

    def install(self, workspace: Workspace) -> httpx.Response:
        """Install as a person does, in a browser of their own."""
        with httpx.Client() as browser:
            state = self.begin(browser)
            installer = next(iter(workspace.users))
            answer = self.end(browser, state=state, code=new_oauth_code(workspace, installer))
        workspace.request_url = f"{self.url}/slack/events"
        return answer


@pytest.fixture(params=MOSTLY_SQLITE)
def tenancy(request, tmp_path) -> Iterator[Tenancy]:
    with opened_tenancy(tmp_path, migrated_database(request.param, tmp_path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def tenants(tmp_path_factory) -> Iterator[Tenancy]:
    """A bot in HTTP mode that one workspace has installed, for requests that change nothing."""
    folder = tmp_path_factory.mktemp("tenants")
    with opened_tenancy(folder, migrated_database("sqlite", folder)) as opened:
        opened.install(opened.workspaces[0])
        yield opened


@contextmanager
def opened_tenancy(folder: Path, database: str, **sections: Any) -> Iterator[Tenancy]:
    """Open a local Slack with two workspaces and a bot in HTTP mode that both can install."""
    with ExitStack() as opened:
        slack = opened.enter_context(LocalSlack(manifest=MANIFEST))
        workspaces = [slack.add_workspace(name, transport="http") for name in ("Acme", "Bolt")]
        for workspace in workspaces:
            workspace.client_id, workspace.client_secret = "1.2", "client secret"
            workspace.signing_secret = SECRET
            workspace.add_person("Ana")
        bot = opened.enter_context(running_bot(slack, database, **sections))
        yield Tenancy(bot, slack, workspaces)


@contextmanager
def running_bot(slack: LocalSlack, database: str, **sections: Any) -> Iterator[Bot]:
    """Run a bot in HTTP mode."""
    bot = Bot(settings_for(slack, database, **sections))
    bot.start()
    try:
        yield bot
    finally:
        bot.stop()


KEY = new_key()


def settings_for(slack: LocalSlack, database: str, **sections: Any) -> Settings:
    facts: dict[str, Any] = {
        "slack": {
            "mode": "http",
            "client_id": "1.2",
            "client_secret": "client secret",
            "signing_secret": SECRET,
            "api_url": slack.api_url,
            "pace": False,
        },
        "database": {"url": database, "encryption_keys": [KEY]},
        "server": {"port": 0, "public_url": "http://127.0.0.1"},
    }
    return Settings(**(facts | sections))


@pytest.fixture(autouse=True)
def quiet_log():
    """Say nothing of what is refused; a pretty trace takes longer than the request it is about."""
    configured = structlog.get_config()
    structlog.configure(processors=[_drop])
    yield
    structlog.configure(**configured)


def _drop(_logger: Any, _method: str, _event: Any) -> Any:
    raise structlog.DropEvent


@cache
def _full(folder: Path) -> bytes:
    file = folder / "filled.db"
    runtime = two_workspaces.fill_workspaces(file)
    runtime.engine.dispose()
    return file.read_bytes()


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    return _full(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def fresh(filled, tmp_path):
    """Return a function that opens the two workspaces as they were at first."""
    opened = []

    def again():
        for runtime in opened:
            runtime.engine.dispose()
        file = tmp_path / f"{len(opened)}.db"
        opened.append(two_workspaces.reopen(file, filled))
        return opened[-1]

    yield again
    for runtime in opened:
        runtime.engine.dispose()
