"""The port on which a bot is reached; the processes of a bot accept its connections together."""

from __future__ import annotations

import socket
from typing import Final

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain

BACKLOG: Final = 2048


class SharedSocket:
    """A listening socket that is opened before the bot forks.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        ops: where operators ask for readiness and metrics; None where they ask here.

    Raises:
        InputError: somebody else listens there already.
    """

    def __init__(self, host: str, port: int, ops: SharedSocket | None = None) -> None:
        self.ops = ops
        self._socket = _listening(host, port)
        self._host = f"[{host}]" if ":" in host else host

    @property
    def base_url(self) -> str:
        """The address of the page."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    def duplicate(self) -> socket.socket:
        """Return the socket for one process; closing it leaves it open for the others."""
        return self._socket.dup()

    def close(self) -> None:
        """Listen no more in this process."""
        self._socket.close()
        if self.ops is not None:
            self.ops.close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(BACKLOG)
    except OSError as taken:
        bound.close()
        raise InputError(
            say_plain(
                "server.port_unavailable",
                host=host,
                port=port,
                strerror=taken.strerror,
            ),
            field="server.port",
        ) from None
    return bound
