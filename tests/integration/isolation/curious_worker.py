"""A worker that tries, where it would open its rows, what it must not be able to do."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import NoReturn

from serving.run import ServeOptions, Serving
from tests.integration.isolation.curious_child import TRIALS, attempt


def main(folder: str, database: str, asked: str) -> None:
    def open_store() -> NoReturn:
        facts = {
            name: attempt(TRIALS[kind], *given)
            for name, (kind, *given) in json.loads(asked).items()
        }
        (Path(folder) / "told.json").write_text(json.dumps(facts), encoding="utf-8")
        os._exit(0)

    Serving(open_store, ServeOptions(), Path(folder), database).work(0, threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
