"""A local Slack, a team in it, and a small real Bolt app that listens to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from slack_sdk import WebClient

from playground.people import ActingMember
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.integration.playground.small_app import SmallApp


@pytest.fixture(scope="session")
def slack() -> Iterator[LocalSlack]:
    """One server for all tests; each opens a team of its own in it."""
    with LocalSlack() as local:
        yield local


@pytest.fixture
def workspace(slack: LocalSlack) -> Workspace:
    return slack.add_workspace("Acme Grocers")


@pytest.fixture
def ana(workspace: Workspace) -> ActingMember:
    return workspace.add_person("Ana", tz="Europe/Lisbon")


@pytest.fixture
def ben(workspace: Workspace) -> ActingMember:
    return workspace.add_person("Ben")


@pytest.fixture
def client(slack: LocalSlack, workspace: Workspace) -> WebClient:
    """The bot's own client, which never sends twice."""
    return WebClient(workspace.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=2)


@pytest.fixture
def channel(workspace: Workspace, ana: ActingMember, ben: ActingMember) -> str:
    """The id of a public channel with the bot, Ana and Ben in it."""
    members = [workspace.bot_user_id, ana.id, ben.id]
    return workspace.add_channel("sprint", members=members).id


@pytest.fixture
def start_app(slack: LocalSlack, workspace: Workspace) -> Iterator[Callable[[str], SmallApp]]:
    started: list[SmallApp] = []

    def start(transport: str) -> SmallApp:
        app = SmallApp(slack, workspace, transport)
        started.append(app)
        return app

    yield start
    for app in started:  # closing a socket takes the SDK a second, which no test needs to see
        threading.Thread(target=app.stop, daemon=True).start()


@pytest.fixture(params=["socket", "http"])
def app(request: pytest.FixtureRequest, start_app: Callable[[str], SmallApp]) -> SmallApp:
    """The small app, over each transport in turn."""
    return start_app(request.param)
