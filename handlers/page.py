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


class ServedPage:
    """A page on its own thread.

    Args:
        page: what is served.
        host: the address to listen on.
        port: the port; 0 takes a free one.

    Raises:
        InputError: somebody else listens there already.
    """

    def __init__(self, page: Starlette, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as taken:
            message = f"{host}:{port} cannot be listened on ({taken.strerror}). Set server.port."
            raise InputError(message, field="server.port") from None
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
