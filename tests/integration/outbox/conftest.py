from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.clock import CompressedClock
from bot.db.engine import open_engine
from bot.db.outbox_models import OutboxItem
from bot.outbox import dispatcher as delivery
from bot.outbox import sender
from bot.outbox.calls import WorkspaceClient
from bot.outbox.dispatcher import Dispatcher
from bot.outbox.queue import channel_queue
from bot.outbox.rate_limiter import RateLimiter
from bot.outbox.sender import quiet_client
from bot.playbook.loader import load_playbook
from bot.rendering import rendered
from bot.sprints.delivery_failures import notify_lead
from bot.unit_of_work import Runtime
from hour48.shipped import MANIFEST
from playground.model import Channel
from playground.server import LocalSlack
from tests.databases import migrated_database
from tests.runtimes import HOUR_0
from tests.stage import key_of


class Post:
    """An outbox, its delivery, and the local Slack that it delivers to."""

    def __init__(self, slack: LocalSlack, url: str) -> None:
        self.workspace = slack.add_workspace("Acme")
        self.ana = self.workspace.add_person("Ana")
        self.channel = self.workspace.add_channel(
            "team", creator=self.ana.id, members=[self.ana.id, self.workspace.bot_user_id]
        )
        self.client = quiet_client(self.workspace.bot_token, slack.api_url)
        engine = open_engine(url)
        self.runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
        self.delivery = self.new_delivery()

    def new_delivery(self, pace: RateLimiter | None = None) -> Dispatcher:
        """Return another delivery of the same outbox, not started."""
        bot = self.workspace.bot_user_id
        made = Dispatcher(
            self.runtime.sessions,
            self.runtime.reading_sessions,
            lambda _team: WorkspaceClient(self.client, bot),
            pace or RateLimiter(unlimited=True),
            notify_lead,
            partial(rendered, self.runtime),
        )
        self.runtime.on_commit(made.wake)
        return made

    def upsert(
        self, key: str, text: str = "", *, channel: Channel | None = None, **more: object
    ) -> None:
        """Declare a message in the team's channel, or in another."""
        queue = channel_queue((channel or self.channel).id)
        body = {"text": text or key, "blocks": []}
        with self.runtime.uow(self.workspace.team_id) as uow:
            uow.upsert(key, None, body, queue=queue, **more)  # type: ignore[arg-type]  # passed on to what knows its options

    def posted(self) -> list[tuple[str, str]]:
        """Return (key, text) of what the bot posted, in order."""
        mine = [m for m in self.channel.messages if m.user_id == self.workspace.bot_user_id]
        return [(key_of(message), message.text) for message in mine]

    def item(self, key: str) -> OutboxItem:
        """Return an outbox row as it is."""
        with self.runtime.reading(self.workspace.team_id) as uow:
            found = uow.find_message(key)
            assert found is not None
            return found

    def wait(self, predicate: Callable[[], object], seconds: float = 30.0) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not predicate():
            assert time.monotonic() < end, "it did not become so in time"
            time.sleep(0.01)

    def settle(self) -> None:
        """Wait until nothing waits to be delivered."""
        self.wait(self.delivery.is_idle)


@pytest.fixture
def impatient(monkeypatch):
    """Wait tenths of the seconds that are waited in earnest."""
    monkeypatch.setattr(sender, "BACKOFF_SECONDS", (0.05, 0.1, 0.2, 0.4))
    monkeypatch.setattr(sender, "CALL_SECONDS", 1)
    monkeypatch.setattr(sender, "DOUBT_SECONDS", 0.1)
    monkeypatch.setattr(delivery, "POLL_SECONDS", 0.05)


@pytest.fixture
def post(tmp_path: Path, request, impatient):
    """An outbox in SQLite, or in the database that the test is parametrized with."""
    with LocalSlack(manifest=MANIFEST) as slack:
        opened = Post(slack, migrated_database(getattr(request, "param", "sqlite"), tmp_path))
        yield opened
        opened.delivery.stop()
        opened.runtime.engine.dispose()
