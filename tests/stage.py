"""A stage: the local Slack with a real bot in it, a standing clock, and people who press."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import CompressedClock
from bot.settings import Settings
from hour48.container import Bot
from hour48.local_workspace import local_bot_of
from hour48.shipped import MANIFEST
from playground import acts
from playground.inputs import Placed
from playground.local_bot import LocalBot
from playground.modals import Modal
from playground.model import ActResult, Channel, Message
from playground.people import ActingMember
from playground.server import LocalSlack
from tests.databases import migrated_database

NOON = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"
TRANSPORT = os.environ.get("HOUR48_TRANSPORT", "socket")
"""How Slack delivers, `socket` or `http`: `make test` takes the first, `make smoke` the second, and
`make test-slow` for each press the one that these left out."""
TEAM = ("Ana", "Ben", "Cho", "Dee")
BUILDER, DATA, APPROVER, BUSINESS = TEAM
OUTSIDER, SPONSOR, GUEST = "Eve", "Sam", "Gus"
ROLES = ("builder", "data", "approver", "business")
CRITERIA = ("valuable", "not_critical", "real_data")
PATIENCE = 15.0
"""Seconds that a stage waits for an answer, however busy the machine; others test Slack's three."""


class TeamStage:
    """A workspace with a bot in it, and Ana, Ben, Cho, Dee in the team, Eve beside it.

    Args:
        slack: the local Slack.
        folder: where rows of SQLite go.
        transport: `socket` or `http`.
        database: `sqlite` or `postgresql`.
        start: what the standing clock shows.
        sources: what can be probed.
    """

    def __init__(
        self,
        slack: LocalSlack,
        clock: CompressedClock,
        folder: Path,
        transport: str,
        database: str,
        sources: Mapping[str, Any],
    ) -> None:
        self.slack, self.clock = slack, clock
        self.workspace = slack.add_workspace("Acme Grocers", transport=transport)  # type: ignore[arg-type]  # parameters are plain text
        self.workspace.delivery.ack_seconds = PATIENCE
        self.people = {
            name: self.workspace.add_person(name, tz=ZONE) for name in (*TEAM, OUTSIDER, SPONSOR)
        }
        self.guest = self.workspace.add_person(GUEST, tz=ZONE, is_guest=True)
        self.settings = Settings(
            slack={
                "mode": transport,
                "bot_token": self.workspace.bot_token,
                "app_token": self.workspace.app_token,
                "signing_secret": self.workspace.signing_secret,
                "api_url": slack.api_url,
                "pace": False,
            },
            database={"url": migrated_database(database, folder)},
            server={"port": 0},
            sources=dict(sources),
        )
        self.bot = self.new_bot()
        self.bot.start()
        self._listen()

    def new_bot(self) -> Bot:
        """Return another bot on the same rows, not started yet."""
        return Bot(self.settings, self.clock, {"effort": "quick"})

    def restart(self, *, before: Callable[[Bot], None] = lambda _bot: None) -> None:
        """Stop the bot and let a new one take over."""
        self.bot.stop()
        self.bot = self.new_bot()
        before(self.bot)
        self.bot.start()
        self._listen()

    def _listen(self) -> None:
        if self.settings.slack.mode == "http":
            self.workspace.request_url = f"{self.bot.answering.page_url}/slack/events"
        else:
            self.workspace.hub.wait_for_connection()

    @property
    def local_bot(self) -> LocalBot:
        """The workspace and its bot, as the demo takes them."""
        return local_bot_of(self.bot, self.workspace, self.clock)

    def settle(self) -> None:
        """Wait until the bot has done and delivered everything."""
        self.local_bot.settle()

    def go(self, hours: float) -> None:
        """Go forward, stopping at everything that falls due."""
        self.local_bot.jump_to(self.clock.now() + timedelta(hours=hours))

    def leap(self, hours: float) -> None:
        """Go forward at once, as over an outage."""
        self.clock.advance(timedelta(hours=hours))
        self.settle()

    # --- people -----------------------------------------------------------------------------

    def __getitem__(self, name: str) -> ActingMember:
        return self.guest if name == GUEST else self.people[name]

    def sees(self, person: ActingMember) -> str:
        """Return everything that somebody's client shows, as one comparable text."""
        with self.workspace.lock:
            mine = [one for one in self.workspace.channels.values() if person.id in one.members]
            messages = [
                (message.ts, message.text, message.blocks)
                for channel in mine
                for message in channel.messages
            ]
            told = [(message.ts, message.text) for message in person.ephemerals()]
            modals = [(modal.view_id, modal.blocks, modal.errors) for modal in person.modals]
            home = person.home.blocks if person.home else None
        return json.dumps([messages, told, modals, home], default=str)

    def press(self, person: ActingMember, act: Callable[[], ActResult]) -> ActResult:
        """Let somebody act and hold that it did not end in silence."""
        before = self.sees(person)
        answer = act()
        self.settle()
        assert answer.error in (None, "", "validation"), answer
        try:
            self.workspace.wait_until(lambda: self.sees(person) != before, PATIENCE)
        except TimeoutError:
            raise AssertionError("the press ended in silence") from None
        return answer

    def click(
        self, name: str | ActingMember, where: Any, action: str, value: Any = None
    ) -> ActResult:
        """Press a button, never into silence."""
        person = self.people[name] if isinstance(name, str) else name
        return self.press(person, lambda: person.click(where, action, value=value))

    def press_stale(self, name: str, message: Message, element: dict[str, Any]) -> ActResult:
        """Press what stood on a message when it was last looked at."""
        person = self.people[name]
        block = {"type": "actions", "block_id": "old", "elements": [element]}
        placed = Placed(block, {**element, "text": {}})
        answer = acts.use_element(self.workspace, person.user, message, placed, None)
        self.settle()
        return answer

    def command(
        self, name: str | ActingMember, command: str, text: str = "", channel: Any = None
    ) -> str:
        """Type a command, never into silence; return what the person alone is told by it."""
        person = self.people[name] if isinstance(name, str) else name
        known = len(person.ephemerals())
        self.press(person, lambda: person.command(command, text, channel=channel))
        return "\n".join(shown(message) for message in person.ephemerals()[known:])

    def told(self, name: str | ActingMember) -> str:
        """Return what somebody was told last, beside a message or in a small modal."""
        person = self.people[name] if isinstance(name, str) else name
        if person.modal is not None:
            return words_of(person.modal.blocks) + " ".join(person.modal.errors.values())
        return shown(person.ephemerals()[-1])

    def dismiss(self, name: str | ActingMember) -> None:
        """Close whatever is open."""
        person = self.people[name] if isinstance(name, str) else name
        while person.modal is not None:
            person.modal.close()

    # --- a sprint ---------------------------------------------------------------------------

    def close_debrief(self, lead: str = "Ana") -> None:
        """Close the debrief as the sprint's lead does, and confirm it."""
        self.click(lead, self.keyed(":debrief:summary"), "debrief.close")
        self.press(self[lead], self.modal(lead).submit)
        self.dismiss(lead)
        self.settle()

    def plan_values(self, **other: Any) -> dict[str, Any]:
        """Return what Ana fills into the plan: tomorrow at nine, all criteria met."""
        values: dict[str, Any] = {
            "title": "Churn pilot",
            "use_case": "churn",
            "start": self.at_nine(),
            "timezone": ZONE,
            "quiet_from": "00:00",
            "quiet_until": "00:00",
        }
        for key in CRITERIA:
            values |= {f"criterion_{key}": "yes", f"reason_{key}": "As agreed."}
        for role, name in zip(ROLES, TEAM, strict=True):
            values[f"role_{role}"] = self.people[name].id
        return values | other

    def at_nine(self, days: int = 1) -> int:
        """Return nine o'clock of a day from today on, as Slack's pickers give it."""
        local = self.clock.now().astimezone(ZoneInfo(ZONE)) + timedelta(days=days)
        return int(local.replace(hour=9, minute=0, second=0, microsecond=0).timestamp())

    def whole_plan(self, lead: str = "Ana") -> Modal:
        """Open the form of a plan with every field."""
        person = self.people[lead]
        person.command("/sprint", "plan")
        return self.more(lead)

    def more(self, name: str) -> Modal:
        """Let the form that is open show its other fields."""
        return self.people[name].wait_for_modal().show_all(PATIENCE)

    def plan(self, lead: str = "Ana", **other: Any) -> ActResult:
        """Plan a sprint through the form."""
        answer = self.whole_plan(lead).fill(self.plan_values(**other)).submit()
        self.settle()
        return answer

    def start(self, lead: str = "Ana", **other: Any) -> Channel:
        """Plan a sprint, start it at once and return its channel."""
        answer = self.plan(lead, **other)
        assert answer.ok, answer
        self.dismiss(lead)
        self.command(lead, "/sprint", "start")
        return self.channel

    @property
    def channel(self) -> Channel:
        """The newest channel that the bot opened."""
        return self.channels[-1]

    @property
    def channels(self) -> list[Channel]:
        """The channels that the bot opened."""
        return [one for one in self.workspace.channels.values() if one.name.startswith("sprint-")]

    def posts(self, channel: Channel | None = None) -> list[Message]:
        """Return what the bot posted, in one channel or everywhere."""
        bot = self.workspace.bot_user_id
        place = [*self.workspace.all_messages()] if channel is None else channel.messages
        return [message for message in place if message.user_id == bot]

    def keyed(self, key: str) -> Message:
        """Return the one message whose outbox key ends so."""
        found = [one for one in self.posts() if key_of(one).endswith(key)]
        assert len(found) == 1, f"{len(found)} messages under {key}"
        return found[0]

    def has(self, key: str) -> bool:
        """Tell whether a message of that key was posted."""
        return any(key_of(one).endswith(key) for one in self.posts())

    def modal(self, name: str) -> Modal:
        """Return what is open before somebody."""
        return self.people[name].wait_for_modal()


def key_of(message: Message) -> str:
    """Return the outbox key of a message of the bot."""
    return str((message.metadata or {}).get("event_payload", {}).get("key", ""))


def words_of(node: Any) -> str:
    """Return every text in a payload, in order."""
    if isinstance(node, dict):
        own = node["text"] if isinstance(node.get("text"), str) else ""
        return "\n".join(filter(None, [own, *(words_of(value) for value in node.values())]))
    if isinstance(node, (list, tuple)):
        return "\n".join(filter(None, (words_of(value) for value in node)))
    return ""


def shown(message: Message) -> str:
    """Return what a message shows: its blocks where it has some, else its text."""
    return words_of(message.blocks) or message.text


def buttons_of(message: Message) -> list[str]:
    """Return the action ids on a message."""
    return [
        element["action_id"]
        for block in message.blocks
        for element in [*block.get("elements", []), block.get("accessory")]
        if isinstance(element, dict) and "action_id" in element
    ]


@contextmanager
def open_stage(
    folder: Path,
    *,
    transport: str = TRANSPORT,
    database: str = "sqlite",
    start: datetime = NOON,
    sources: Mapping[str, Any] | None = None,
) -> Iterator[TeamStage]:
    """Open a local Slack with a bot in it on a standing clock."""
    clock = CompressedClock(start)
    with LocalSlack(clock, manifest=MANIFEST) as slack:
        stage = TeamStage(slack, clock, folder, transport, database, sources or {})
        try:
            yield stage
        finally:
            stage.bot.stop()
