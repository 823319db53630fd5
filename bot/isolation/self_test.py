"""Checks that this system really confines a process: `python -m bot.isolation.self_test`.

The doctor runs it.

A kernel may know of Landlock and seccomp, and a container's own rules may still forbid them.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.isolation.confinement import Confinement, Strength, confine, of_this_system
from bot.isolation.environment import scrubbed
from bot.isolation.private_folders import private_folder

SECONDS: Final = 30


@dataclass(frozen=True)
class Tried:
    """What a confined process could not do.

    Args:
        files: whether a file outside its folders stayed closed to it.
        network: whether a process without network could open no socket.
        calls: how firmly a process that may call its source is held to it.
    """

    files: bool
    network: bool
    calls: Strength


def try_here() -> Tried:
    """Confine a process on this system and see what it can still do."""
    with private_folder("trial") as folder:
        outside = folder / "outside"
        outside.write_text("rows", encoding="utf-8")
        command = [sys.executable, "-m", "bot.isolation.self_test", str(outside)]
        done = subprocess.run(  # noqa: S603  (our own module, no shell)
            command, capture_output=True, text=True, timeout=SECONDS, check=False, env=scrubbed(())
        )
    if done.returncode:
        return Tried(False, False, Strength.NOT)
    found = json.loads(done.stdout)
    calls = of_this_system().network if found["network"] else Strength.NOT
    return Tried(found["files"], found["network"], calls)


def main(outside: str) -> None:
    """Confine this process and print what stayed closed to it."""
    confine(Confinement())
    found = {"files": _is_closed(Path(outside)), "network": _has_no_socket()}
    sys.stdout.write(json.dumps(found))


def _is_closed(path: Path) -> bool:
    try:
        path.read_bytes()
    except PermissionError:
        return True
    return False


def _has_no_socket() -> bool:
    try:
        socket.socket().close()
    except PermissionError:
        return True
    return False


if __name__ == "__main__":
    main(sys.argv[1])
