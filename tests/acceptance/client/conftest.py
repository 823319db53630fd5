"""The local Slack with a team and a real Bolt app, and Chromium before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bot.clock import CompressedClock
from playground.client_routes import BrowserClient
from playground.people import ActingMember
from playground.server import LocalSlack
from playground.workspace import Workspace
from tests.acceptance.client import samples
from tests.acceptance.client.showcase import MANIFEST, Showcase
from tests.acceptance.conftest import heard

START = datetime(2026, 3, 28, 20, 30, tzinfo=UTC)

expect.set_options(timeout=15_000)


@dataclass
class BrowserStage:
    """A team of four with the app in one channel, and the client's addresses."""

    slack: LocalSlack
    workspace: Workspace
    client: BrowserClient
    app: Showcase
    people: dict[str, ActingMember]
    channel: str

    def address(self, name: str, place: str | None = None, **more: Any) -> str:
        person = self.people[name].id
        chosen = place or self.channel
        return self.client.address(self.slack.base_url, person=person, place=chosen, **more)

    def post(self, text: str = "", **more: Any) -> str:
        posted = self.app.client.chat_postMessage(channel=self.channel, text=text, **more)
        return str(posted["ts"])

    def post_prompt(self) -> str:
        lead, approver = self.people["Ana"].id, self.people["Ben"].id
        return self.post("Hour 9", blocks=samples.prompt_blocks(lead, approver))


ZONES = {
    "Ana": "Europe/Lisbon",
    "Ben": "America/New_York",
    "Cho": "Asia/Seoul",
    "Dee": "Europe/Berlin",
}


@pytest.fixture
def stage() -> Iterator[BrowserStage]:
    clock = CompressedClock(START, speed=1)
    with LocalSlack(clock=clock) as slack:
        workspace = slack.add_workspace("Northwind Grocers", manifest=MANIFEST)
        client = BrowserClient(workspace)
        slack.add_routes(client.routes())
        people = {name: workspace.add_person(name, tz=zone) for name, zone in ZONES.items()}
        members = [workspace.bot_user_id, *(person.id for person in people.values())]
        channel = workspace.add_channel("sprint-churn", members=members)
        app = Showcase(slack, workspace)
        yield BrowserStage(slack, workspace, client, app, people, channel.id)
        client.close()
        app.stop()


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    """A tab of its own: one that was pressed in keeps a mouse and a focus.

    What a client stores does not go on to the next: it belongs to its server's port.
    """
    page = window.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")
    page.set_default_timeout(15_000)
    with heard(page, "error") as faults:
        yield page
    page.close()
    assert faults == [], "The page reported errors."
