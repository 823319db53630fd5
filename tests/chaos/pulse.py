"""Signs of life of one place for a bot: numbers in a mapped file that its bots write.

They never go back, however often the bot in the place is killed, so what is judged by them is
judged by how much bots got to do and not by how fast the machine is.
"""

from __future__ import annotations

import mmap
import struct
import threading
import time
from pathlib import Path

COUNT = struct.Struct("q")
TICK_SECONDS = 0.1
TICKS, CROSSINGS, STARTS = range(3)


class Pulse:
    """The signs of life in one file.

    Args:
        file: where they are; it must be there.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._file = file.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), 3 * COUNT.size)

    @classmethod
    def create(cls, file: Path) -> Pulse:
        """Begin with zeros."""
        file.write_bytes(COUNT.pack(0) * 3)
        return cls(file)

    def _read(self, place: int) -> int:
        return int(COUNT.unpack_from(self._map, place * COUNT.size)[0])

    def add(self, place: int) -> None:
        """Count one more: a tick, a crossing of a failpoint, or a bot that is up."""
        COUNT.pack_into(self._map, place * COUNT.size, self._read(place) + 1)

    @property
    def ticks(self) -> int:
        """How many tenths of a second bots in this place have run for, as they felt them."""
        return self._read(TICKS)

    @property
    def crossings(self) -> int:
        """How many failpoints bots in this place have come past."""
        return self._read(CROSSINGS)

    @property
    def starts(self) -> int:
        """How many bots in this place have come up."""
        return self._read(STARTS)

    def beat(self) -> None:
        """Tick from now on, in the background."""

        def tick() -> None:
            while True:
                time.sleep(TICK_SECONDS)
                self.add(TICKS)

        threading.Thread(target=tick, name="pulse", daemon=True).start()
