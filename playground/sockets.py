"""Socket Mode: the app's WebSocket connections and the envelopes that travel on them."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from playground.stamps import new_secret

Json = dict[str, Any]
MOST_CONNECTIONS = 10
CONNECTION_SECONDS = 3600


class SocketHub:
    """The open connections of one workspace's app; payloads may arrive on any of them."""

    def __init__(self, app_id: str) -> None:
        self.app_id = app_id
        self._lock = threading.Lock()
        self._open: list[WebSocket] = []
        self._turn = itertools.count()
        self._waiting: dict[str, Future[Json | None]] = {}
        self._tickets: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._came = threading.Condition(self._lock)

    def new_ticket(self) -> str:
        """Return a ticket that lets one connection in."""
        ticket = new_secret("")
        with self._lock:
            self._tickets.add(ticket)
        return ticket

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._open)

    def wait_for_connection(self, timeout: float = 5.0) -> None:
        """Wait until the app is connected.

        Args:
            timeout: in real seconds.

        Raises:
            TimeoutError: when it did not connect in time.
        """
        with self._came:
            if not self._came.wait_for(lambda: bool(self._open), timeout):
                raise TimeoutError(f"The app did not connect within {timeout} s.")

    async def serve(self, socket: WebSocket, ticket: str) -> None:
        """Serve one connection until it ends."""
        with self._lock:
            is_welcome = ticket in self._tickets and len(self._open) < MOST_CONNECTIONS
            self._tickets.discard(ticket)
        if not is_welcome:
            await socket.close(code=1008)
            return
        await socket.accept()
        self._loop = asyncio.get_running_loop()
        await socket.send_json(self._hello())
        self._add(socket)
        try:
            while True:
                self._receive(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            self._remove(socket)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self.connections + 1,
            "debug_info": {
                "host": "local-slack",
                "build_number": 1,
                "approximate_connection_time": CONNECTION_SECONDS,
            },
            "connection_info": {"app_id": self.app_id},
        }

    def _add(self, socket: WebSocket) -> None:
        with self._came:
            self._open.append(socket)
            self._came.notify_all()

    def _remove(self, socket: WebSocket) -> None:
        with self._lock:
            if socket in self._open:
                self._open.remove(socket)

    def _receive(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            return
        future = self._waiting.get(str(message.get("envelope_id")))
        if future is not None and not future.done():
            payload = message.get("payload")
            future.set_result(payload if isinstance(payload, dict) else _as_text(payload))

    # --- called from other threads ---------------------------------------------------------

    def request(self, envelope: Json, timeout: float) -> Json | None:
        """Send an envelope on the next connection in turn; see `playground.delivery.Sockets`."""
        envelope_id = envelope["envelope_id"]
        answer: Future[Json | None] = Future()
        self._waiting[envelope_id] = answer
        try:
            self._send(self._next_connection(), envelope)
            return answer.result(timeout)
        except FutureTimeoutError as late:
            raise TimeoutError from late
        finally:
            del self._waiting[envelope_id]

    def _next_connection(self) -> WebSocket:
        with self._lock:
            if not self._open:
                raise ConnectionError("The app is not connected.")
            return self._open[next(self._turn) % len(self._open)]

    def _send(self, socket: WebSocket, message: Json) -> None:
        self._run(socket.send_json(message))

    def _run(self, work: Any) -> None:
        if self._loop is None or self._loop.is_closed():
            work.close()
            raise ConnectionError("The server has stopped.")
        sent = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            sent.result(timeout=1.0)
        except (RuntimeError, WebSocketDisconnect) as gone:
            raise ConnectionError("The connection is gone.") from gone

    def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Tell each connection to renew itself, as Slack does every hour or so.

        Args:
            reason: `warning`, `refresh_requested` or `link_disabled`.
        """
        debug = {"host": "local-slack"}
        for socket in self._all():
            self._send(socket, {"type": "disconnect", "reason": reason, "debug_info": debug})

    def drop(self) -> None:
        """Break every connection without a word."""
        for socket in self._all():
            self._remove(socket)
            try:
                self._run(socket.close(code=1011))
            except ConnectionError:
                continue

    def _all(self) -> list[WebSocket]:
        with self._lock:
            return list(self._open)


def _as_text(payload: Any) -> Json | None:
    return {"text": payload} if isinstance(payload, str) and payload else None
