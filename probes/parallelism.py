"""How many things a probe does side by side.

Fits on several threads at once change the process's list of warning filters under each other's
feet: scikit-learn empties and refills it in every fit, and before Python 3.14 it is one list for
all threads. In a process of its own that harms nobody; elsewhere one thing is done after another.
"""

from __future__ import annotations

import os
from typing import Final

_MOST: Final = 4
_own_process = False


def mark_own_process() -> None:
    """Allow threads side by side from now on; for a child process that runs one probe and ends."""
    global _own_process  # noqa: PLW0603  (a fact of the process, told once at its start)
    _own_process = True


def worker_count() -> int:
    """Return how many threads may work side by side here."""
    return min(_MOST, len(os.sched_getaffinity(0))) if _own_process else 1
