"""What all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import structlog
from hypothesis import settings

from tests import statements

if TYPE_CHECKING:
    from bot.unit_of_work import Runtime

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Models learn on one core: with several tests at once, more would only wait for each other."""

IN_MEMORY: Final = Path("/dev/shm")
MEMORY_NEEDED: Final = 4 * 2**30
if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > MEMORY_NEEDED:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
"""Each commit waits for the disk, 5 ms here; a file in memory is committed at once."""

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(),
    ]
)
"""Plain lines: the coloured traces that structlog draws where nothing is set take seconds each."""

settings.register_profile("quick", max_examples=20, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=100, deadline=None)
settings.load_profile("quick")
"""How many examples a property is held against: the same ones each time here, so that a rule about
chance fails for a change and not for a draw; `make test-slow` draws new ones."""


statements.share()


def pytest_collection_finish() -> None:
    """Leave what was imported out of every later search for garbage; it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let the end of the process take it away, or DuckDB complains of leaks."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def own_log_lines() -> Iterator[None]:
    """Give the log back: a command that ran in this process sent it to a stream that is closed."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def disk_path() -> Iterator[Path]:
    """A folder on the disk, for confined processes: they may use what is in memory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A runtime on a fresh SQLite file with six people, its clock standing at hour 0."""
    from tests.runtimes import open_runtime, seat  # here, as not every run needs these imports

    opened = open_runtime(tmp_path / "hour48.db")
    seat(opened)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def running_sprint(runtime: Runtime) -> int:
    """The number of a sprint that runs since hour 0."""
    from tests.runtimes import add_sprint

    return add_sprint(runtime)
