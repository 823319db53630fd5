"""Multiprocess mode of the Prometheus client; imported before anything that counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

COUNTED_IN: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which the processes of one bot count together."""


@contextmanager
def counted_together() -> Iterator[None]:
    """Let all processes forked within count into the same metrics.

    The library that counts decides at its import whether it does.
    """
    with TemporaryDirectory(prefix="hour48-metrics-") as folder:
        os.environ[COUNTED_IN] = folder
        try:
            yield
        finally:
            del os.environ[COUNTED_IN]  # the folder goes too
