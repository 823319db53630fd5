"""Serves a web page from a thread of the bot's own process."""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

import uvicorn
from starlette.applications import Starlette

from bot.sprint.errors import InputError

STARTING_SECONDS: Final = 0.005
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than Slack and most proxies keep a connection: the one who calls is to close it first."""


def reserved(host: str, port: int) -> socket.socket:
    """Return a socket that keeps a port for the processes of one bot, which share its visitors.

    Raises:
        InputError: somebody else listens there already.
    """
    with _bound(host, port, is_shared=False) as alone:
        port = alone.getsockname()[1]
    return _bound(host, port, is_shared=True)


def _bound(host: str, port: int, *, is_shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except OSError as taken:
        bound.close()
        message = f"{host}:{port} cannot be listened on ({taken.strerror}). Set server.port."
        raise InputError(message, field="server.port") from None
    return bound


class ServedPage:
    """A page on its own thread.

    Args:
        page: what is served.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        is_shared: other processes of the bot listen there as well; see `reserved`.

    Raises:
        InputError: somebody else listens there already.
    """

    def __init__(self, page: Starlette, host: str, port: int, *, is_shared: bool = False) -> None:
        self._socket = _bound(host, port, is_shared=is_shared)
        self._host = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            page,
            log_level="warning",
            lifespan="off",
            ws="none",
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)

    @property
    def base_url(self) -> str:
        """Where the page is."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in the background until `stop`; returns once it does."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(STARTING_SECONDS)

    def stop(self) -> None:
        """Finish what is being served."""
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()
