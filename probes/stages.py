"""When a probe's child did what, for the trace of its run; the parent reads it from the folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

STAGES_FILE: Final = "stages.jsonl"
MOST_BYTES: Final = 65_536


class StageTiming(NamedTuple):
    """What the child did, and when, in nanoseconds of the epoch."""

    name: str
    began: int
    ended: int


@contextmanager
def stage(folder: Path, name: str) -> Iterator[None]:
    """Write down how long something took, also when it fails."""
    began = time.time_ns()
    try:
        yield
    finally:
        with (folder / STAGES_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(StageTiming(name, began, time.time_ns())) + "\n")


def stages_of(folder: Path) -> list[StageTiming]:
    """Return what a child has written down; a line that was cut off by its death is left out."""
    try:
        with (folder / STAGES_FILE).open(encoding="utf-8") as file:
            lines = file.read(MOST_BYTES).splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            name, began, ended = json.loads(line)
            found.append(StageTiming(str(name), int(began), int(ended)))
        except (TypeError, ValueError):
            continue
    return found
