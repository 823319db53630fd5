"""What a child process and its descendants hold: memory and disk, and a limit on address space."""

from __future__ import annotations

import os
import resource
import stat
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

FAMILY_SECONDS: Final = 0.4
"""How long it is believed who the child has started itself."""
DISK_SECONDS: Final = 0.5
"""How often the working files are measured."""
ADDRESS_SPACE_FACTOR: Final = 4
ADDRESS_SPACE_EXTRA_MB: Final = 4096


class ProcessFamily:
    """A process and its descendants, by what memory and disk they hold.

    Who descends from it is looked up now and then only: that asks about every process there is.

    Args:
        pid: the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._members: list[psutil.Process] = []
        self._known_until = 0.0
        self._measured_at = 0.0

    def held_mb(self) -> float:
        """Return the resident memory, in MB; 0 when all are gone."""
        if time.monotonic() > self._known_until:
            self._members = _with_descendants(self._pid)
            self._known_until = time.monotonic() + FAMILY_SECONDS
        total = 0
        for member in self._members:
            with suppress(psutil.Error):
                total += member.memory_info().rss
        return total / 1024 / 1024

    def disk_mb(self, folders: Sequence[Path]) -> float:
        """Return the size of the files in some folders and of open ones without a name, in MB.

        Returns 0 when it was measured a moment ago.
        """
        if time.monotonic() - self._measured_at < DISK_SECONDS:
            return 0.0
        self._measured_at = time.monotonic()
        named = sum(_tree_size(folder) for folder in folders)
        return (named + sum(_nameless_size(one.pid) for one in self._members)) / 1024 / 1024


def _tree_size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # deleted meanwhile
                total += (Path(place) / name).lstat().st_blocks * 512
    return total


def _nameless_size(pid: int) -> int:
    """Return the size of the files that a process holds open and that were deleted meanwhile."""
    sizes: dict[tuple[int, int], int] = {}
    with suppress(OSError):  # the process is gone, or another system
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found = link.stat()
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(sizes.values())


def _with_descendants(pid: int) -> list[psutil.Process]:
    try:
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    except psutil.Error:
        return []


def limit_address_space(memory_mb: int) -> None:
    """Refuse one huge allocation; the parent watches what is really held.

    Threads and allocators reserve much more address space than they use, hence the wide margin.
    """
    limit = (memory_mb * ADDRESS_SPACE_FACTOR + ADDRESS_SPACE_EXTRA_MB) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
