"""Parts for the tests, in a process of their own: `python -m … FOLDER NAME …`.

Each writes its process id into a file of its name, and lives as it is called.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

from bot.domain.errors import InputError
from hour48 import supervisor
from hour48.supervisor import Part, Wakeups, keep_running

STOP_SECONDS = 0.5
PROGRESS = {"hangs": lambda: 0.0, "beats": time.monotonic}
supervisor.CHECK_SECONDS, supervisor.HUNG_SECONDS = 0.5, 2.5
supervisor.BEAT_SECONDS = 0.2


def main() -> None:
    folder, *names = sys.argv[1:]
    wakeups = Wakeups(("one", "two"))
    lives = {
        "steady": _steady,
        "refused": _refused,
        "deaf": _deaf,
        "rings": _rings,
        "hears": _hears,
        "late": _late,
        "hangs": _steady,
        "beats": _steady,
        "leaves": _leaves,
    }
    if "late" in names:
        supervisor._live = partial(_live_late, supervisor._live)
    parts = [
        Part(
            name,
            partial(_noted, lives[name], Path(folder), name, wakeups),
            niceness=3,
            progressed_at=PROGRESS.get(name),
            is_temporary=name == "leaves",
        )
        for name in names
    ]
    try:
        keep_running(parts, STOP_SECONDS)
    except InputError as refusal:
        sys.exit(refusal.message)


def _noted(live, folder: Path, name: str, wakeups: Wakeups, ended: threading.Event) -> None:
    written = folder / f"{name}.new"
    written.write_text(f"{os.getpid()} {os.nice(0)}")
    written.rename(folder / name)
    live(folder, wakeups, ended)


def _steady(_folder: Path, _wakeups: Wakeups, ended: threading.Event) -> None:
    ended.wait()


def _refused(_folder: Path, _wakeups: Wakeups, _ended: threading.Event) -> None:
    raise InputError("The token is not taken.")


def _live_late(live, part: Part, *pipes: int) -> int:
    if part.name == "late":
        time.sleep(0.3)
    return live(part, *pipes)


def _late(folder: Path, _wakeups: Wakeups, ended: threading.Event) -> None:
    ended.wait()
    (folder / "has ended").touch()


def _leaves(folder: Path, _wakeups: Wakeups, _ended: threading.Event) -> None:
    with (folder / "lives").open("a") as lives:
        lives.write("x")
    if (folder / "lives").read_text() == "x":
        raise RuntimeError("it dies before its time")


def _deaf(_folder: Path, _wakeups: Wakeups, _ended: threading.Event) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    time.sleep(60)


def _rings(_folder: Path, wakeups: Wakeups, ended: threading.Event) -> None:
    for _ in range(100_000):  # more than a pipe holds while nobody listens
        wakeups.ring("two")
    ended.wait()


def _hears(folder: Path, wakeups: Wakeups, ended: threading.Event) -> None:
    wakeups.listen({name: (folder / f"heard-{name}").touch for name in ("one", "two")})
    ended.wait()


if __name__ == "__main__":
    main()
