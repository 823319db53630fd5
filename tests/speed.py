"""Time limits that mean the same on a slow machine and on a fast one.

A test that allows 0.3 s fails on a machine of half the speed and lets code of half the speed
through on a fast one. Here the time of some work is divided by that of a fixed loop, run in turn
with it in the same process, and given in seconds of the machine that the limits were set on.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

LOOP_SECONDS = 0.0055
"""What the loop took on the machine that the limits were set on."""
LOOPS = 5
"""How often the loop runs before each run of the work."""
_GRID = np.linspace(0.0, 1.0, 20_000)


def usual_seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the processor time of the best of some runs, in seconds of the usual machine.

    Processor time and the best run leave out what other processes do at the same time.

    Args:
        work: what is timed.
        times: how often it is run, each time after some loops.
    """
    loops: list[float] = []
    works: list[float] = []
    for _ in range(times):
        loops += [_processor_seconds(_loop) for _ in range(LOOPS)]
        works.append(_processor_seconds(work))
    return min(works) * LOOP_SECONDS / min(loops)


def _processor_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _loop() -> None:
    """Do what our code does: half words and dictionaries, half arithmetic on arrays."""
    words: dict[str, int] = {}
    for number in range(12_000):
        word = f"word {number % 500}"
        words[word] = words.get(word, 0) + len(word.split())
    longest = _GRID
    for number in range(40):
        longest = np.maximum(longest, np.exp(_GRID * (number % 7)))
