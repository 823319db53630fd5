"""A relay in front of a PostgreSQL server that can be cut, as if the server were away."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

PIECE = 65_536


class Relay:
    """Passes connections on to a database until it is cut.

    Args:
        url: of the database, by a socket's folder or a host.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        folder = parsed.query.get("host", parsed.host)
        self._to: str | tuple[str, int] = (str(folder), parsed.port or 5432)
        if str(folder).startswith("/"):
            self._to = str(Path(str(folder)) / f".s.PGSQL.{parsed.port or 5432}")
        self._lines: list[socket.socket] = []
        self._listening = self._listen(0)
        self._port = self._listening.getsockname()[1]
        there = parsed.set(host="127.0.0.1", port=self._port, query={})
        self.url = there.render_as_string(hide_password=False)

    def _listen(self, port: int) -> socket.socket:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()
        return listening

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                family = socket.AF_UNIX if isinstance(self._to, str) else socket.AF_INET
                database = socket.socket(family, socket.SOCK_STREAM)
                database.connect(self._to)
                self._lines += [caller, database]
                for pair in ((caller, database), (database, caller)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()

    def cut(self) -> None:
        """End every connection and take none."""
        for one in (self._listening, *self._lines):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._lines.clear()

    def mend(self) -> None:
        """Take connections again, on the same port."""
        self._listening = self._listen(self._port)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
