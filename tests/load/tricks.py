"""What three tricks buy, each by itself against the plain way: `python -m tests.load.tricks`."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bot.priority_gate import PriorityGate
from hour48.container import NICENESS

PRESSES = 200
ROW = {"name": "prompt", "args": list(range(40))}


def work(seconds: float) -> None:
    """Keep the interpreter busy, as rendering and reading rows do."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        json.loads(json.dumps(ROW))


def pressed(answering: Callable[[], AbstractContextManager[object]] = nullcontext) -> str:
    """Return how long presses of 3 ms of the processor take, twenty a second."""
    took = []
    for _ in range(PRESSES):
        time.sleep(0.047)
        began = time.monotonic()
        with answering():
            work(0.003)
        took.append((time.monotonic() - began) * 1000)
    took.sort()
    return f"p50 {took[len(took) // 2]:.1f} ms, p99 {took[int(len(took) * 0.99)]:.1f} ms"


@contextmanager
def busy_threads(
    count: int, about: Callable[[], AbstractContextManager[object]] = nullcontext
) -> Iterator[None]:
    """Let threads of this process work in pieces of 10 ms."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with about():
                work(0.01)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


def _spin(niceness: int) -> None:
    os.nice(niceness)
    while True:
        work(1.0)


@contextmanager
def busy_processes(niceness: int) -> Iterator[None]:
    """Let as many processes as there are processors want all of them."""
    made = [
        multiprocessing.Process(target=_spin, args=(niceness,), daemon=True)
        for _ in range(os.cpu_count() or 1)
    ]
    for process in made:
        process.start()
    yield
    for process in made:
        process.kill()
        process.join()


def gate() -> Iterator[str]:
    """Yield how long a press takes beside eight threads of background work."""
    for name, made in (("with", PriorityGate()), ("without", None)):
        background = made.worker if made else nullcontext
        with busy_threads(8, background):
            yield f"{name}: {pressed(made.answering if made else nullcontext)}"


def niceness() -> Iterator[str]:
    """Yield how long a press takes while the part behind wants every processor."""
    for level in (NICENESS, 0):
        with busy_processes(level):
            time.sleep(0.5)
            yield f"niceness {level}: {pressed()}"


def switching() -> Iterator[str]:
    """Yield what the same work of six threads costs that write between pieces, as commits do."""
    before = sys.getswitchinterval()
    for interval in (0.02, before) * 3:
        sys.setswitchinterval(interval)
        sink = os.open(os.devnull, os.O_WRONLY)

        def run(sink: int = sink) -> None:
            for _ in range(3_000):
                for _ in range(10):
                    json.loads(json.dumps(ROW))
                os.write(sink, b"x")

        began, used = time.monotonic(), time.process_time()
        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.close(sink)
        wall, used = time.monotonic() - began, time.process_time() - used
        yield f"{interval * 1000:.0f} ms: {used:.1f} s of the processor, {wall:.1f} s"
    sys.setswitchinterval(before)


def main() -> None:
    print("load", os.getloadavg()[0])
    for trick in (gate, niceness, switching):
        for line in trick():
            print(f"{trick.__name__:10} {line}", flush=True)


if __name__ == "__main__":
    main()
