"""Serves an ASGI application with uvicorn on one of several sockets that share a port."""

from __future__ import annotations

import asyncio
import socket
import time
from ipaddress import ip_address
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.domain.errors import InputError
from serving.service import ARRIVED
from serving.texts import say

READ_SECONDS: Final = 5.0
"""Within which a request must be here, from its first byte to its last."""
KEEP_ALIVE_SECONDS: Final = 75
BACKLOG: Final = 2_048
MOST_HEADER_BYTES: Final = 65_536
_TOO_LONG: Final = b'{"error":"The headers have at most 65,536 bytes.","field":"header"}'
_LATE: Final = b'{"error":"The request did not come within 5 s.","field":"body"}'


class DeadlineProtocol(HttpToolsProtocol):
    """Hangs up on a caller whose request does not arrive in time; uvicorn waits for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._awaits_headers = self._has_headers = False

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait(KEEP_ALIVE_SECONDS)

    def data_received(self, data: bytes) -> None:
        """Read on, unless these are headers without an end."""
        awaited = self._awaits_headers  # before: the end of another request may be in front
        super().data_received(data)
        if not (awaited and self._awaits_headers) or self.transport.is_closing():
            return
        self._header_bytes += len(data)
        if self._header_bytes > MOST_HEADER_BYTES:
            self._wait_no_more()
            self._refuse(b"431 Request Header Fields Too Large", _TOO_LONG)

    def on_headers_complete(self) -> None:
        """Answer as soon as the headers are here."""
        self._awaits_headers, self._has_headers = False, True
        super().on_headers_complete()

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a request."""
        super().on_message_begin()
        self._awaits_headers, self._has_headers, self._header_bytes = True, False, 0
        self._wait_no_more()
        self._wait(READ_SECONDS)

    def on_message_complete(self) -> None:
        """The request is here."""
        self.scope[ARRIVED] = time.perf_counter()  # type: ignore[typeddict-unknown-key]  # a key of ours
        self._has_headers = False
        super().on_message_complete()
        self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._has_headers and self.cycle is not None and self.cycle.response_started:
            self.transport.close()  # refused before all of it was here; one answer is enough
            return
        self._refuse(b"408 Request Timeout", _LATE)

    def _refuse(self, status: bytes, body: bytes) -> None:
        head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self.transport.write(head % status + b"content-length: %d\r\n\r\n" % len(body) + body)
        self.transport.close()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port on which others of this user may listen as well.

    The kernel spreads callers over them.

    Args:
        host: the address.
        port: the port; 0 takes a free one, which others can then bind too.

    Raises:
        InputError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise InputError(
            say("port_unavailable", host=host, port=port, strerror=error.strerror),
            field="port",
        ) from None
    bound.setblocking(False)
    bound.listen(BACKLOG)
    return bound


def is_local(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def server_of(
    app: Any, *, certificate: str | None = None, key: str | None = None
) -> uvicorn.Server:
    """Return a server that is to be run on a socket.

    Args:
        app: the ASGI application.
        certificate: file of TLS; a proxy's matter when left out.
        key: file of TLS.
    """
    config = uvicorn.Config(
        app,
        http=DeadlineProtocol,
        loop="uvloop",
        lifespan="off",
        ws="none",
        log_level="warning",
        log_config=None,  # its own would write lines of another shape
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        backlog=BACKLOG,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    return uvicorn.Server(config)
