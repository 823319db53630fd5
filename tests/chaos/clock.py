"""One clock for several processes: two numbers in a mapped file.

The first is the time of the sprints, which the harness moves on. The second is by how much the
bots' machine clock is wrong, for the faults where a clock steps.
"""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NUMBER = struct.Struct("d")


class SharedClock:
    """A clock that stands until it is moved; every process that opens the file sees the same."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), 2 * NUMBER.size)

    @classmethod
    def create(cls, file: Path, start: datetime) -> SharedClock:
        file.write_bytes(NUMBER.pack(start.timestamp()) + NUMBER.pack(0.0))
        return cls(file)

    def _read(self, place: int) -> float:
        return NUMBER.unpack_from(self._map, place * NUMBER.size)[0]

    def _write(self, place: int, value: float) -> None:
        NUMBER.pack_into(self._map, place * NUMBER.size, value)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._read(0), UTC)

    def real_seconds_until(self, moment: datetime) -> float:
        return 0.0 if moment <= self.now() else float("inf")

    def step(self, hours: float) -> None:
        """Move on, or back when `hours` is negative, as after a correction of the clock."""
        self._write(0, self._read(0) + hours * 3600)

    def jump_to(self, moment: datetime) -> None:
        self._write(0, max(self._read(0), moment.timestamp()))

    @property
    def error_seconds(self) -> float:
        """By how much the machine's own clock is wrong."""
        return self._read(1)

    @error_seconds.setter
    def error_seconds(self, value: float) -> None:
        self._write(1, value)


def wrong_datetime(clock: SharedClock) -> Any:
    """Return a `datetime` whose `now` is wrong by what the shared clock says."""

    class WrongDatetime(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # any zone is passed on
            return datetime.now(tz) + timedelta(seconds=clock.error_seconds)

    return WrongDatetime
