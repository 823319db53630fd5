"""Payloads on their way to the app, by Socket Mode or signed HTTP, and the three-second rule."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import ssl
import threading
import time
from functools import cache
from typing import Any, Protocol

import httpx

from playground.model import ActResult
from playground.team import Team

Json = dict[str, Any]
ACK_SECONDS = 3.0
RETRY_AFTER_SECONDS = (0.0, 60.0, 300.0)
"""When an event that was not acknowledged is sent again: at once, after 1 and after 5 minutes."""


class Sockets(Protocol):
    """The app's open Socket Mode connections."""

    def request(self, envelope: Json, timeout: float) -> Json | None:
        """Send an envelope to one of them and return its acknowledgement's payload.

        Raises:
            ConnectionError: when none is open.
            TimeoutError: when no acknowledgement came in time.
        """


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates to trust, read once for all workspaces: it takes some 35 ms."""
    return httpx.create_ssl_context(trust_env=False)


class PayloadDelivery:
    """Brings one workspace's payloads to the app.

    Args:
        workspace: whose they are.
        sockets: its connections, for Socket Mode.
    """

    def __init__(self, workspace: Team, sockets: Sockets) -> None:
        self.workspace = workspace
        self.sockets = sockets
        self.ack_seconds = ACK_SECONDS
        self.retry_after_seconds: tuple[float, ...] = RETRY_AFTER_SECONDS
        self._client = httpx.Client(trust_env=False, verify=_trusted())
        self._events: queue.Queue[Json | None] = queue.Queue()
        self._closing = threading.Event()
        self._courier = threading.Thread(target=self._carry_events, name="events", daemon=True)
        self._courier.start()

    def close(self) -> None:
        """Stop sending events."""
        self._closing.set()
        self._events.put(None)
        self._courier.join(timeout=self.ack_seconds + 1)
        self._client.close()

    def request(self, kind: str, payload: Json, headers: Json | None = None) -> ActResult:
        """Send one payload and wait for its acknowledgement.

        Args:
            kind: `slash_commands`, `interactive` or `events_api`.
            payload: the payload.
            headers: of an event sent again: `retry_attempt` and `retry_reason`.
        """
        started = time.monotonic()
        try:
            if self.workspace.transport == "socket":
                body = self._by_socket(kind, payload, headers or {})
            else:
                body = self._by_http(kind, payload, headers or {})
        except TimeoutError:
            return ActResult(False, "operation_timeout", seconds=time.monotonic() - started)
        except ConnectionError:
            return ActResult(False, "dispatch_failed", seconds=time.monotonic() - started)
        if self.workspace.faults.takes_ack():
            return ActResult(False, "operation_timeout", seconds=time.monotonic() - started)
        return ActResult(True, body=body, seconds=time.monotonic() - started)

    def _by_socket(self, kind: str, payload: Json, headers: Json) -> Json:
        envelope = {
            "envelope_id": self.workspace.ids.new("envelope-"),
            "payload": payload,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            **headers,
        }
        return self.sockets.request(envelope, self.ack_seconds) or {}

    def _by_http(self, kind: str, payload: Json, headers: Json) -> Json:
        body, content_type = encode(kind, payload)
        signed = {**self._signature(body), "Content-Type": content_type}
        if headers:
            signed["X-Slack-Retry-Num"] = str(headers["retry_attempt"])
            signed["X-Slack-Retry-Reason"] = headers["retry_reason"]
        try:
            response = self._client.post(
                self.workspace.request_url or "http://127.0.0.1:9",
                content=body,
                headers=signed,
                timeout=self.ack_seconds,
            )
        except httpx.TimeoutException as late:
            raise TimeoutError from late
        except httpx.HTTPError as broken:
            raise ConnectionError from broken
        return read_answer(response)

    def _signature(self, body: bytes) -> dict[str, str]:
        sent_at = str(int(time.time()))
        base = b"v0:" + sent_at.encode() + b":" + body
        digest = hmac.new(self.workspace.signing_secret.encode(), base, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": sent_at, "X-Slack-Signature": f"v0={digest}"}

    # --- events ---------------------------------------------------------------------------

    def enqueue(self, payload: Json) -> None:
        """Send an event in the background, after those before it."""
        self._events.put(payload)

    def _carry_events(self) -> None:
        while (payload := self._events.get()) is not None:
            for _ in range(1 + self.workspace.faults.redeliver_events):
                self._send_event(payload)

    def _send_event(self, payload: Json) -> None:
        answer = self.request("events_api", payload)
        if not answer.ok and not self._closing.is_set():
            reason = "http_timeout" if answer.error == "operation_timeout" else "http_error"
            threading.Thread(target=self._retry, args=(payload, reason), daemon=True).start()

    def _retry(self, payload: Json, reason: str) -> None:
        for attempt, delay in enumerate(self.retry_after_seconds, start=1):
            if self._closing.wait(delay):
                return
            headers = {"retry_attempt": attempt, "retry_reason": reason}
            if self.request("events_api", payload, headers).ok:
                return


def encode(kind: str, payload: Json) -> tuple[bytes, str]:
    """Return a payload as Slack posts it: its body and content type."""
    form = "application/x-www-form-urlencoded"
    if kind == "slash_commands":
        texts = {key: _as_text(value) for key, value in payload.items() if value is not None}
        return str(httpx.QueryParams(texts)).encode(), form
    if kind == "interactive":
        return str(httpx.QueryParams({"payload": json.dumps(payload)})).encode(), form
    return json.dumps(payload).encode(), "application/json"


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_answer(response: httpx.Response) -> Json:
    """Return the acknowledgement's payload of an HTTP answer."""
    if response.status_code != 200:
        raise ConnectionError(f"The app answered {response.status_code}.")
    text = response.text.strip()
    if not text:
        return {}
    if "json" in response.headers.get("content-type", ""):
        body = response.json()
        return body if isinstance(body, dict) else {"text": str(body)}
    return {"text": text}
