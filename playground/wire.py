"""The HTTP server in a thread, able to break a connection without a word."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.domain.errors import InputError
from playground.texts import say

HOST = "127.0.0.1"
START_SECONDS = 10.0
PING_SECONDS = 0.25
"""How often a Socket Mode connection is pinged; a client that closes waits for what comes next."""
_open_transports: dict[Any, asyncio.Transport] = {}


class BreakableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which remembers its connections by the client's address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # sockets are all it is given
        """Remember the connection."""
        super().connection_made(transport)
        _open_transports[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _open_transports.pop(self.client, None)
        super().connection_lost(exc)


def break_connection(client: Any) -> None:
    """Break the connection of this client; to be called on the server's loop.

    Args:
        client: host and port, as the ASGI scope has them.
    """
    transport = _open_transports.get(tuple(client))
    if transport is not None:
        transport.abort()


class ThreadedServer:
    """Serves an application on the loopback address from a thread of its own.

    Args:
        application: what is served.
        port: 0 takes a free one.

    Raises:
        InputError: the port is taken, may not be used, or is none.
    """

    def __init__(self, application: Starlette, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except (OSError, OverflowError):
            self._socket.close()
            raise InputError(say("port_taken", port=port), field="port") from None
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            application,
            http=BreakableProtocol,
            ws="websockets-sansio",
            log_config=None,
            access_log=False,
            lifespan="off",
            ws_ping_interval=PING_SECONDS,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="local-slack", daemon=True)

    @property
    def base_url(self) -> str:
        """Where it is served."""
        return f"http://{HOST}:{self.port}"

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Start serving and return once it does."""
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("The local Slack's server did not start.")
            time.sleep(0.005)

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(timeout=START_SECONDS)
        self._socket.close()
