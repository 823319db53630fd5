"""A worker of checks in a process of its own, to be killed: `python -m … DATABASE SETTINGS`."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from bot.clock import CompressedClock
from bot.db.engine import open_engine
from bot.playbook.loader import load_playbook
from bot.unit_of_work import Runtime
from probes.settings import read_settings
from scheduler.check_worker import CheckWorker
from tests.runtimes import HOUR_0


def main() -> None:
    """Work off the checks that wait until killed."""
    engine = open_engine(sys.argv[1])
    runtime = Runtime(engine, CompressedClock(HOUR_0), load_playbook())
    settings = read_settings({"sources": json.loads(Path(sys.argv[2]).read_text())})
    CheckWorker(runtime, settings, nightly=False).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
