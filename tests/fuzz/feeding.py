"""Feeds one input to a target, notes what broke and goes on; counts to disk every second."""

from __future__ import annotations

import hashlib
import logging
import time
import traceback
from typing import Final

import structlog

from tests.fuzz.ledger import FOLDER, keep_count, read_count
from tests.fuzz.targets import run

EVERY_SECONDS: Final = 1.0
SLOW_SECONDS: Final = 2.0
"""Processor time from which one input of at most 4,000 characters is a finding of its own."""
MOST_FINDINGS: Final = 50


def log_as_in_service() -> None:
    """Leave out of the log what a bot in service leaves out; a line for each input takes long."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))


class Feeder:
    """Feeds a target and counts.

    Args:
        engine: who makes up the inputs.
        target: who takes them.
    """

    def __init__(self, engine: str, target: str) -> None:
        self._engine = engine
        self._target = target
        self.count = read_count(engine, target)
        self._known = {each["what"] for each in self.count.findings}
        self._written = time.monotonic()

    def feed(self, text: str) -> None:
        """Feed one text; what breaks is noted with the text that broke it."""
        began = time.process_time()
        try:
            run(self._target, text)
        except Exception as broken:  # a finding, whatever it is
            self._note(_where(broken), text, str(broken)[:200])
        took = time.process_time() - began
        if took > SLOW_SECONDS:
            self._note("slower than two seconds", text)
        self.count.inputs += 1
        self.count.seconds += took
        if time.monotonic() - self._written > EVERY_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Write the count down."""
        self._written = time.monotonic()
        keep_count(self._engine, self._target, self.count)

    def _note(self, what: str, text: str, said: str = "") -> None:
        if what in self._known or len(self._known) >= MOST_FINDINGS:
            return
        self._known.add(what)
        raw = text.encode("utf-8", "surrogatepass")
        file = FOLDER / "inputs" / f"{self._target}-{hashlib.sha256(raw).hexdigest()[:12]}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)
        self.count.findings.append({"what": what, "said": said, "input": str(file)})
        self.keep()


def _where(broken: Exception) -> str:
    """Name a failure by its kind and place, so that one fault is one finding."""
    last = traceback.extract_tb(broken.__traceback__)[-1]
    place = f"{last.filename.rpartition('/')[2]}:{last.lineno}"
    return f"{type(broken).__name__} at {place}"
