"""Slack and the way there, in memory: the local Slack's own methods behind a network that fails.

Slack's clients are the real ones down to the HTTP request. A call arrives by itself: whoever gave
it up, or died, does not keep it from arriving.
"""

from __future__ import annotations

import io
import json
import random
import urllib.error
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

from playground.answers import answer_response_url
from playground.errors import SlackError
from playground.faults import FaultName
from playground.gateway import Gateway
from playground.methods import files
from playground.methods.arguments import Arguments
from playground.methods.registry import MethodCall
from playground.tickets import use_response_url
from playground.workspace import Workspace
from tests.dst.scheduler import Event, Scheduler

CALL_SECONDS = 10.0
"""What a client waits for; it is `bot.outbox.sender.CALL_SECONDS`, which a test holds together."""
LONGEST_WAY = 10.8
"""Slack takes no request that was on its way for longer: delivery waits eleven seconds."""


@dataclass
class Trouble:
    """What goes wrong on the way, as shares of the calls.

    Args:
        before: refused or broken before Slack acted.
        after: broken after Slack acted.
        limited: told to come again later.
        slow: takes one to ten seconds and more.
    """

    before: float = 0.0
    after: float = 0.0
    limited: float = 0.0
    slow: float = 0.0

    def fault(self, lot: random.Random) -> FaultName | None:
        drawn = lot.random()
        for share, names in (
            (self.before, ("error_before", "drop_before")),
            (self.after, ("error_after", "drop_after", "timeout_after")),
            (self.limited, ("ratelimited",)),
        ):
            if drawn < share:
                return lot.choice(names)  # type: ignore[return-value]  # all are names of faults
            drawn -= share
        return None


@dataclass
class _Flight:
    """A request under way and what came of it."""

    done: Event
    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_lost: bool = False


class Network:
    """Carries calls to the workspaces.

    Args:
        scheduler: the time they take.
        workspaces: who answers them.
        seed: draws delays and faults.
    """

    def __init__(self, scheduler: Scheduler, workspaces: Sequence[Workspace], seed: int) -> None:
        self.scheduler = scheduler
        self.trouble = Trouble()
        self.calls = 0
        self.faults = 0
        self._lot = random.Random(seed)
        self._workspaces = {one.bot_token: one for one in workspaces}
        self._by_id = {one.team_id: one for one in workspaces}
        self._gateway = Gateway(lambda: workspaces)

    @contextmanager
    def patched(self) -> Iterator[None]:
        """Let every client of Slack's SDK in this process call here."""
        import slack_sdk.web.base_client as web
        import slack_sdk.webhook.client as webhook

        from bot.outbox import operations

        network = self

        def call(_client: Any, url: str, request: Any) -> dict[str, Any]:
            return network.call(url, request)

        def respond(client: Any, *, body: dict[str, Any], headers: Any) -> Any:
            network.respond(client.url, body)
            return webhook.WebhookResponse(
                url=client.url, status_code=200, body="ok", headers=headers
            )

        with (
            mock.patch.object(web.BaseClient, "_perform_urllib_http_request_internal", call),
            mock.patch.object(webhook.WebhookClient, "_perform_http_request", respond),
            mock.patch.object(operations, "urlopen", self.upload),
        ):
            yield

    def call(self, url: str, request: Any) -> dict[str, Any]:
        """Make one call of the Web API; raises what urllib would."""
        name = urlsplit(url).path.rpartition("/")[2]
        values = _values_of(url, request)
        token = str(request.get_header("Authorization", "")).partition(" ")[2]
        workspace = self._workspaces[str(values.pop("token", "") or token)]
        flight = _Flight(Event(self.scheduler))
        fault = self.trouble.fault(self._lot)
        self.calls += 1
        self.faults += fault is not None
        there, back = self._delays()
        hangs = fault == "timeout_after"

        def arrive() -> None:
            self.scheduler.sleep(there)
            reply = self._gateway._reply(name, MethodCall(workspace, Arguments(values)), fault)
            flight.status, flight.headers = reply.status or 500, dict(reply.headers)
            flight.body, flight.is_lost = json.dumps(reply.body), reply.status == 0
            self.scheduler.sleep(CALL_SECONDS if hangs else back)
            flight.done.set()

        self.scheduler.spawn(f"call {name}", arrive)
        if not flight.done.wait(CALL_SECONDS):
            raise TimeoutError(name)
        if flight.is_lost:
            raise ConnectionResetError(name)
        if flight.status != 200:
            headers = Headers()
            for key, value in flight.headers.items():
                headers[key] = value
            content = io.BytesIO(flight.body.encode())
            raise urllib.error.HTTPError(url, flight.status, "refused", headers, content)
        return {"status": 200, "headers": flight.headers, "body": flight.body}

    def _delays(self) -> tuple[float, float]:
        """Return how long a request takes to arrive, and its answer to come back."""
        lot = self._lot
        if lot.random() < self.trouble.slow:
            return lot.uniform(0.5, LONGEST_WAY), lot.uniform(0.0, 2.0)
        return lot.uniform(0.02, 0.15), lot.uniform(0.02, 0.15)

    def respond(self, url: str, body: dict[str, Any]) -> None:
        """Take what is sent to a response_url."""
        self.scheduler.sleep(self._lot.uniform(0.02, 0.2))
        _, _, team_id, key = urlsplit(url).path.split("/")
        workspace = self._by_id[team_id]
        try:
            with workspace.changing():
                answer_response_url(workspace, use_response_url(workspace, key), body)
        except SlackError as refused:
            raise urllib.error.URLError(refused.error) from refused

    @contextmanager
    def upload(self, request: Any, timeout: float) -> Iterator[io.BytesIO]:
        """Take a file's content."""
        del timeout
        self.scheduler.sleep(self._lot.uniform(0.02, 0.2))
        _, _, team_id, file_id = urlsplit(request.full_url).path.split("/")
        files.receive_content(self._by_id[team_id], file_id, request.data)
        yield io.BytesIO(b"OK")


def _values_of(url: str, request: Any) -> dict[str, Any]:
    values: dict[str, Any] = dict(parse_qsl(urlsplit(url).query))
    content = (request.data or b"").decode()
    if "json" in request.get_header("Content-type", ""):
        return values | json.loads(content or "{}")
    return values | dict(parse_qsl(content, keep_blank_values=True))
