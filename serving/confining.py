"""What a worker is held to: its compiled models, what it counts in, its database, and no more.

A model is somebody else's file. Compiling it runs apart and without network; what answers calls
with it reads no other file of this machine, and calls nobody where its rows are in a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import make_url

from bot.isolation.confinement import Confinement, Network, confine
from bot.metrics_files import COUNTED_IN

log = structlog.get_logger()

BESIDE: Final = ("-wal", "-shm")
"""What SQLite keeps beside a database for as long as anybody has it open."""
POSTGRESQL_PORT: Final = 5432
DRIVERS: Final = (".pgpass", ".postgresql")
"""Files of PostgreSQL's driver, under the home folder."""


def confine_worker(folder: Path, database: str | None, read: Iterable[Path | None]) -> None:
    """Hold this process to what a worker needs, for good; before any other thread has begun.

    Where the system refuses, the worker answers without it, and the log says so.

    Args:
        folder: of the compiled models, to which it writes.
        database: the URL of its rows, where they are in one.
        read: further files that it may read.
    """
    reached = reach_of(database)
    counted = os.environ.get(COUNTED_IN)
    # SQLite sorts in a file when it must; the system's temporary folder is closed to it now.
    os.environ["SQLITE_TMPDIR"] = str(folder)
    wanted = Confinement(
        network=reached.network,
        ports=(reached.port,) if reached.port else None,
        read=tuple(map(str, [*filter(None, read), *reached.read])),
        write=(str(folder), *reached.write, *([counted] if counted else [])),
    )
    try:
        held = confine(wanted)
    except OSError as refused:
        log.warning("serving.not_confined", reason=refused.strerror)
        return
    log.info("serving.confined", files=bool(held.files), network=held.network.value)


@dataclass(frozen=True)
class Reach:
    """What reaching a database takes.

    Args:
        is_called: whether it is on a server.
        port: of that server, where it is plain: no other one may be called, on any machine.
        read: files of its driver.
        write: its own files.
    """

    is_called: bool = False
    port: int = 0
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()

    @property
    def network(self) -> Network:
        """What may be called: nobody, one port, or any where the URL names several servers."""
        if not self.is_called:
            return Network.NONE
        return Network.HELD if self.port else Network.OPEN


def reach_of(database: str | None) -> Reach:
    """Return what a process needs that reads and writes a database, by its URL."""
    if database is None:
        return Reach()
    url = make_url(database)
    if url.drivername.startswith("sqlite"):
        return Reach(write=tuple(_files_of(url.database)))
    several = {"host", "port", "service"} & set(url.query) or "," in (url.host or "")
    port = 0 if several else url.port or POSTGRESQL_PORT
    return Reach(is_called=True, port=port, read=tuple(_of_driver(url.query)))


def _files_of(database: str | None) -> Iterator[str]:
    """Yield SQLite's files, which must be there: a rule holds for a file, not for its name.

    Not their folder: the bot's configuration may be in it.
    """
    if not database:
        return
    yield database
    for end in BESIDE:
        with suppress(OSError):  # one that may not be made is SQLite's to tell
            Path(database + end).touch()
        yield database + end


def _of_driver(query: object) -> Iterator[str]:
    """Yield the files that PostgreSQL's driver reads: the usual ones, and those the URL names."""
    yield from (str(Path.home() / name) for name in DRIVERS)
    named = dict(query) if isinstance(query, dict) else {}
    yield from (value for key, value in named.items() if key.startswith("ssl") and "/" in value)
