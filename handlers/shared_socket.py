"""The port on which a bot is visited; of its processes the one with the fewest takes the next.

Without turns most connections of a proxy can end up at one process: the others rest while people
wait for that one.
"""

from __future__ import annotations

import mmap
import socket
import time
from typing import Final

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain

WAITING_VISITORS: Final = 2048
PATIENCE: Final = 0.05
"""Seconds after which a process takes a visitor out of turn: another one may be gone."""
GLANCE: Final = 0.0005
"""Seconds until a process looks again whether another one took a visitor in."""
ABSENT: Final = -1


class SharedSocket:
    """A port that is listened on, and how many visitors each process has.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        processes: how many share it; each takes its own way in by `way_in`.
        ops: where operators ask for readiness and metrics; None where they ask here.

    Raises:
        InputError: somebody else listens there already.
    """

    def __init__(
        self, host: str, port: int, processes: int = 1, ops: SharedSocket | None = None
    ) -> None:
        self.ops = ops
        self._socket = _listening(host, port)
        self._host = f"[{host}]" if ":" in host else host
        self._visitors = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")[:processes]
        for place in range(processes):
            self._visitors[place] = ABSENT

    @property
    def base_url(self) -> str:
        """Where visitors knock."""
        return f"http://{self._host}:{self._socket.getsockname()[1]}"

    def way_in(self, place: int = 0) -> socket.socket:
        """Return the listening socket of one process, which has no visitors yet.

        Args:
            place: which of the processes it is, from 0.
        """
        self._visitors[place] = 0
        return _WayIn(self._socket, self._visitors, place)

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
        bound.listen(WAITING_VISITORS)
    except OSError as taken:
        bound.close()
        raise InputError(
            say_plain(
                "server.cannot_listened_set_server_port",
                host=host,
                port=port,
                strerror=taken.strerror,
            ),
            field="server.port",
        ) from None
    return bound


class _WayIn(socket.socket):
    """A process's own listening socket, which takes a visitor in when it is its turn."""

    def __init__(self, shared_socket: socket.socket, visitors: memoryview, place: int) -> None:
        super().__init__(
            shared_socket.family,
            shared_socket.type,
            shared_socket.proto,
            fileno=socket.dup(shared_socket.fileno()),
        )
        self._visitors = visitors
        self._place = place
        self._refused_since = self._refused_last = -PATIENCE

    def accept(self) -> tuple[socket.socket, object]:
        """Take a visitor in.

        Raises:
            BlockingIOError: nobody is there, or it is another process's turn.
        """
        if not self._is_our_turn():
            time.sleep(GLANCE)
            raise BlockingIOError
        taken, address = super().accept()
        self._refused_last = -PATIENCE
        return _Visitor(taken, self._visitors, self._place), address

    def _is_our_turn(self) -> bool:
        present = [count for count in self._visitors if count != ABSENT]
        if self._visitors[self._place] <= min(present):
            return True
        now = time.monotonic()
        if now - self._refused_last > PATIENCE:  # of another visitor, whom somebody took since
            self._refused_since = now
        self._refused_last = now
        return now - self._refused_since > PATIENCE


class _Visitor(socket.socket):
    """A visitor's connection, which counts until it is closed."""

    def __init__(self, taken: socket.socket, visitors: memoryview, place: int) -> None:
        super().__init__(taken.family, taken.type, taken.proto, fileno=taken.detach())
        self._visitors = visitors
        self._place = place
        self._is_counted = True
        visitors[place] += 1

    def close(self) -> None:
        """Close the connection."""
        if self._is_counted:
            self._is_counted = False
            self._visitors[self._place] -= 1
        super().close()
