"""One Slack team in memory: its people, channels and screens, its journal, and who waits for it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, Protocol, TypeVar

from bot.clock import Clock, SystemClock
from playground.errors import SlackError
from playground.faults import Faults
from playground.manifest import Manifest
from playground.model import (
    SLACKBOT,
    ActResult,
    Channel,
    JournalEntry,
    Message,
    ResponseUrl,
    ScreenView,
    StoredFile,
    Trigger,
    User,
)
from playground.organisation import Organisation
from playground.rates import Rates
from playground.sockets import SocketHub
from playground.stamps import Ids, Timestamps, new_secret

Transport = Literal["socket", "http"]
OF_THE_APP = (
    "app_id",
    "bot_user_id",
    "bot_id",
    "app_token",
    "signing_secret",
    "verification_token",
    "client_id",
    "client_secret",
)
"""What the workspaces of an organisation share, since its app is one."""
Event = dict[str, Any]
Awaited = TypeVar("Awaited")


class Messenger(Protocol):
    """Brings a team's payloads to the app."""

    def request(self, kind: str, payload: dict[str, Any]) -> ActResult:
        """Send a payload and return what the app answered."""

    def enqueue(self, payload: Event) -> None:
        """Send an event when its turn comes, and again when it is not acknowledged."""


class Team:
    """A team of the local Slack, safe to use from any thread.

    Hold `changing()` to change anything in it and `lock` to read several things at once; never
    hold either while waiting for the app.

    Args:
        name: the team's name.
        clock: what its timestamps are taken from.
        manifest: the app's manifest: scopes, commands, shortcuts and events.
        ids: where new ids come from; shared by all workspaces of one server.
        base_url: the address of the server that serves it.
        transport: whether the app listens by Socket Mode or at `request_url`.
        request_url: where payloads are sent to over HTTP.
        organisation: the organisation that it belongs to, whose app it has.
    """

    messenger: Messenger

    def __init__(
        self,
        name: str,
        *,
        clock: Clock | None = None,
        manifest: Manifest | None = None,
        ids: Ids | None = None,
        base_url: str = "http://127.0.0.1",
        transport: Transport = "socket",
        request_url: str | None = None,
        organisation: Organisation | None = None,
    ) -> None:
        self.name = name
        self.organisation = organisation
        self.clock: Clock = clock or SystemClock()
        self.manifest = manifest or Manifest()
        self.ids = ids or Ids()
        self.stamps = Timestamps(self.clock)
        self.base_url = base_url
        self.transport: Transport = transport
        self.request_url = request_url
        self.enforce_rates = False
        self.has_no_canvases = False
        self.rates = Rates()
        self.faults = Faults()
        self.revision = 0
        self.began = time.monotonic()
        self.lock = threading.Condition(threading.RLock())
        self._depth = 0
        self._subscribers: list[Callable[[int], None]] = []
        self._name_the_team()
        self.hub = organisation.hub if organisation else SocketHub(self.app_id)
        self._clear()

    def _name_the_team(self) -> None:
        self.team_id = self.ids.new("T")
        self.app_id = self.ids.new("A")
        self.bot_user_id = self.ids.new("U")
        self.bot_id = self.ids.new("B")
        self.domain = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-") or "team"
        self.bot_token = new_secret("xoxb-")
        self.app_token = new_secret("xapp-")
        self.signing_secret = new_secret("")
        self.verification_token = new_secret("")
        self.client_id = self.ids.new("") + "." + self.ids.new("")
        self.client_secret = new_secret("")
        self.installed = True
        self.token_seconds: int | None = None
        self.refresh_token: str | None = None
        if self.organisation is not None:
            for name in OF_THE_APP:
                setattr(self, name, getattr(self.organisation, name))
            self.installed = False

    @property
    def is_reached(self) -> bool:
        """Whether the app is installed in it, by itself or by its organisation."""
        organisation = self.organisation
        return self.installed or bool(organisation and organisation.covers(self.team_id))

    @property
    def installed_in(self) -> str:
        """What the app is installed in: this workspace, or else the organisation of it."""
        organisation = self.organisation
        return self.team_id if self.installed or organisation is None else organisation.id

    def _clear(self) -> None:
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.views: dict[str, ScreenView] = {}
        self.modal_stacks: dict[str, list[str]] = {}
        self.homes: dict[str, ScreenView] = {}
        self.message_state: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
        self.files: dict[str, StoredFile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.oauth_codes: dict[str, str] = {}
        self.declined: set[str] = set()
        self.journal: list[JournalEntry] = []
        self.events_sent: list[Event] = []
        self.viewed: dict[str, str] = {}
        self.suggested: dict[str, dict[str, Any]] = {}
        if self.organisation is not None:
            self.homes, self.files = self.organisation.homes, self.organisation.files
        bot = User(
            id=self.bot_user_id,
            team_id=self.team_id,
            name=self.manifest.bot_name.lower().replace(" ", ""),
            real_name=self.manifest.bot_name,
            email="",
            is_bot=True,
            bot_id=self.bot_id,
            app_id=self.app_id,
            updated=self.stamps.seconds(),
        )
        slackbot = User(SLACKBOT, self.team_id, "slackbot", "Slackbot", "", is_slackbot=True)
        self.users = {slackbot.id: slackbot, bot.id: bot}
        self.general = self.add_channel("general", is_general=True)

    # --- changing and waiting -------------------------------------------------------------

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the workspace while changing it; at the end everybody who waits is told."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                outermost = self._depth == 0
                if outermost:
                    self.revision += 1
                    self.lock.notify_all()
        if outermost:
            self._tell_subscribers()

    def _tell_subscribers(self) -> None:
        for callback in tuple(self._subscribers):
            callback(self.revision)

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call `callback(revision)` after each change, on the changing thread.

        Returns:
            A function that ends the subscription.
        """
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def wait_until(self, predicate: Callable[[], Awaited], timeout: float = 5.0) -> Awaited:
        """Wait until `predicate()` is truthy, asking again after each change.

        Args:
            predicate: asked while the workspace is held, so it should be quick.
            timeout: in real seconds.

        Returns:
            What `predicate` returned.

        Raises:
            TimeoutError: when it did not become truthy in time.
        """
        deadline = time.monotonic() + timeout
        with self.lock:
            while not (found := predicate()):
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError(f"Nothing that was waited for came within {timeout} s.")
                self.lock.wait(remaining)
        return found

    # --- looking things up ----------------------------------------------------------------

    def user(self, user_id: str) -> User:
        """Return the user, or refuse with `user_not_found`."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, reference: str) -> Channel:
        """Return a channel by id, or by name with or without `#`, or refuse."""
        if reference in self.channels:
            return self.channels[reference]
        name = reference.removeprefix("#")
        found = (one for one in self.channels.values() if one.name == name and not one.is_im)
        channel = next(found, None)
        if channel is None:
            raise SlackError("channel_not_found")
        return channel

    def message(self, channel: Channel, ts: str) -> Message:
        """Return the message of `channel` with this timestamp, or refuse."""
        found = next((message for message in channel.messages if message.ts == ts), None)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def direct_message(self, user_id: str) -> Channel:
        """Return the direct conversation of the bot and this user, opened when it was not."""
        return self.conversation_of([self.bot_user_id, user_id])

    def conversation_of(self, user_ids: Iterable[str]) -> Channel:
        """Return the direct conversation of exactly these users, opened when it was not."""
        members = list(dict.fromkeys(user_ids))
        for channel in self.channels.values():
            if (channel.is_im or channel.is_mpim) and set(channel.members) == set(members):
                return channel
        with self.changing():
            is_im = len(members) <= 2
            channel = Channel(
                id=self.ids.new("D" if is_im else "G"),
                name="" if is_im else "mpdm-" + "--".join(self.users[one].name for one in members),
                creator=members[0],
                created=self.stamps.seconds(),
                is_im=is_im,
                is_mpim=not is_im,
                is_private=True,
                members=members,
            )
            self.channels[channel.id] = channel
        return channel

    def add_channel(
        self,
        name: str,
        *,
        creator: str | None = None,
        is_private: bool = False,
        is_general: bool = False,
        members: Iterable[str] = (),
    ) -> Channel:
        """Create a channel without the API's checks, as an administrator's import would."""
        with self.changing():
            channel = Channel(
                id=self.ids.new("C"),
                name=name,
                creator=creator or self.bot_user_id,
                created=self.stamps.seconds(),
                is_private=is_private,
                is_general=is_general,
                members=list(members),
            )
            self.channels[channel.id] = channel
        return channel

    def all_messages(self) -> list[Message]:
        """Return every message of the workspace, ephemeral ones too, oldest first."""
        with self.lock:
            messages = [
                message
                for channel in self.channels.values()
                for message in (*channel.messages, *channel.ephemerals)
            ]
        return sorted(messages, key=lambda message: message.ts)

    def calls(self, method: str) -> list[JournalEntry]:
        """Return the journal's entries of one method, oldest first."""
        with self.lock:
            return [call for call in self.journal if call.method == method]
