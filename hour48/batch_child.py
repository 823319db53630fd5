"""`python -m hour48.batch_child`: scores one batch, ended when whoever started it is gone.

Its standard input is a line of JSON that says what to do, with the credentials that it needs and no
others, and then a leash, see `hour48.serving_child`. It prints how far it is and what came of it, a
line of JSON each.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def _end_with_the_parent() -> None:
    os.read(0, 1)
    os._exit(1)


class _Line:
    """The line to the parent; whatever else is printed goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def tell(self, stage: str, done: int, rows: int) -> None:
        self.say({"progress": {"stage": stage, "done": done, "rows": rows}})

    def say(self, words: Mapping[str, Any]) -> None:
        self._out.write(json.dumps(words) + "\n")
        self._out.flush()


class TableReader:
    """Reads tables of the configured sources, or of a file.

    Args:
        sections: of the configuration about probes, secrets as placeholders.
    """

    def __init__(self, sections: Mapping[str, Any]) -> None:
        self._sections = sections

    def __call__(self, source: str, table: str | None) -> pd.DataFrame:
        """Return a table as the probes read it.

        Raises:
            InputError: there is no such source or table, or it cannot be read.
        """
        from bot.domain.errors import InputError
        from bot.isolation.private_folders import private_folder
        from probes.contract import ProbeContext, ProbeFault, no_progress
        from probes.settings import read_settings
        from probes.sources import open_source

        settings = read_settings(self._sections)
        with private_folder("score", settings.probes.folder) as folder:
            context = ProbeContext(settings, folder, no_progress)
            try:
                opened, named = open_source(source, context, table=table)
                with opened:
                    return opened.read_frame(opened.only_table(named))
            except ProbeFault as fault:
                raise InputError(str(fault.finding.sentence), field="source") from None


def _read_line() -> bytes:
    """Return the first line of standard input, and not a byte of what follows."""
    line = bytearray()
    while (one := os.read(0, 1)) not in (b"", b"\n"):
        line += one
    return bytes(line)


def _hold(asked: Mapping[str, Any]) -> None:
    """Hold this process to what it was given, for good; before any other thread has begun.

    Where the system refuses, the batch is scored without it, and standard error says so.
    """
    import probes
    import serving  # noqa: F401 - their folder is closed from here on
    from bot.isolation.confinement import Confinement, confine
    from bot.isolation.resource_usage import limit_address_space

    del probes
    limit_address_space(asked["memory_mb"])
    os.environ["SQLITE_TMPDIR"] = asked["folder"]
    try:
        confine(Confinement.from_plain(asked["confinement"]))
    except OSError as refused:
        sys.stderr.write(f"not confined: {refused.strerror}\n")


def main() -> None:
    """Do what the first line says."""
    line = _Line()
    asked = json.loads(_read_line())
    _hold(asked)
    threading.Thread(target=_end_with_the_parent, name="leash", daemon=True).start()
    from bot.db.engine import open_engine
    from bot.domain.batches import BatchAttempt
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain
    from serving.batches import Scoring

    engine = open_engine(asked["database_url"])
    scoring = Scoring(
        engine, TableReader(asked["probes"]), asked["write_url"], Path(asked["folder"]), line.tell
    )
    try:
        line.say({"facts": scoring.run(BatchAttempt(**asked["attempt"]))})
    except InputError as refusal:
        line.say({"error": refusal.message})
    except MemoryError:
        line.say({"error": say_plain("batch.too_much_memory", megabytes=asked["memory_mb"])})
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
