"""Services of a measurement: started, held to a core, called from the other one, and ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.deployed import wait_for

ON_FIRST, ON_SECOND = {0}, {max(0, (os.cpu_count() or 1) - 1)}


def call(url: str, bodies: Path, accept: str, **options: Any) -> dict[str, Any]:
    """Run the load of `tests.bench.http_load` on the other core, and return its figures."""
    command = [sys.executable, "-m", "tests.bench.http_load", url, str(bodies), "--accept", accept]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    calling = subprocess.Popen(command, stdout=subprocess.PIPE)
    psutil.Process(calling.pid).cpu_affinity(list(ON_SECOND))
    out, _ = calling.communicate(timeout=120)
    return dict(json.loads(out))


def cpu_of(process: psutil.Process) -> float:
    """Return the processor seconds of a process and its children."""
    whole = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in whole)


def started_by(process: psutil.Process) -> float:
    """Return the processor seconds of a process and of all that it ever started."""
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(sum(one[:4]) for one in times)


def megabytes(process: psutil.Process) -> float:
    """Return the memory of a process and its children, in MB."""
    whole = [process, *process.children(recursive=True)]
    return sum(one.memory_info().rss for one in whole) / 1e6


def measured(process: psutil.Process, calls: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a load's figures with the service's processor time per answered call."""
    before = cpu_of(process)
    figures = calls()
    return figures | {"cpu_us": (cpu_of(process) - before) / max(1, figures["answered"]) * 1e6}


def pin(process: psutil.Process, cores: set[int]) -> None:
    """Let a service run on some cores only, with all its threads."""
    for one in [process, *process.children(recursive=True)]:
        for thread in one.threads():
            os.sched_setaffinity(thread.id, cores)
        one.cpu_affinity(list(cores))


def free_port() -> int:
    """Return a port that is free just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[str], port: int, **options: Any) -> Iterator[psutil.Process]:
    """Run a service until it is no longer needed."""
    started = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )

    def is_there() -> bool:
        assert started.poll() is None, "the service ended"
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_for(is_there, 120)
        yield psutil.Process(started.pid)
    finally:
        for child in psutil.Process(started.pid).children(recursive=True):
            child.kill()
        started.kill()
        started.wait()
