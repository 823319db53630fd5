"""Serves a web page from a thread of the bot's own process."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from handlers.connection_guard import ConnectionLimits, guarded
from handlers.shared_socket import SharedSocket

STARTING_SECONDS: Final = 0.005
KEEP_ALIVE_SECONDS: Final = 75
"""Longer than Slack and most proxies keep a connection: the one who calls is to close it first."""


TICK_SECONDS: Final = 2.0
"""How often the loop that serves shows that it comes round."""


class _Server(uvicorn.Server):
    """Rests between its ticks until it is to end; uvicorn itself ticks ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.progressed_at = time.monotonic()
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def on_tick(self, counter: int) -> bool:
        """Note that the loop came round, and rest."""
        self._loop = asyncio.get_running_loop()
        self.progressed_at = time.monotonic()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), TICK_SECONDS)
        return await super().on_tick(counter)

    def end(self) -> None:
        """Let what is being served be finished; callable from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._ending.set)


class ServedPage:
    """A page on its own thread.

    Args:
        page: what is served.
        shared_socket: where it is reached.
        limits: how much patience it has with those who connect.
    """

    def __init__(
        self,
        page: Starlette,
        shared_socket: SharedSocket,
        limits: ConnectionLimits | None = None,
    ) -> None:
        self.base_url = shared_socket.base_url
        self._socket = shared_socket.duplicate()
        config = uvicorn.Config(
            page,
            log_level="warning",
            log_config=None,  # its own would write lines of another shape
            loop="asyncio",  # another loop would accept connections past the limit
            http=guarded(limits or ConnectionLimits()),
            lifespan="off",
            ws="none",
            access_log=False,
            date_header=False,  # it would have to be brought up to date every second
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._serve, name="page", daemon=True)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in the background until `stop`; returns once it does."""
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(STARTING_SECONDS)

    @property
    def progressed_at(self) -> float:
        """When the loop that serves last came round, by `time.monotonic`."""
        return self._server.progressed_at

    def stop(self) -> None:
        """Finish what is being served."""
        self._server.end()
        self._thread.join(10)
        self._socket.close()
