"""Traces of calls to a model: a call that carries a sampled `traceparent` is a span of its trace.

A worker may not call anybody, so it hands its spans to a process beside it, which sends them to
the collector. What does not fit on the way is dropped: no caller waits for a trace.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from bot.tracing import record, start_tracing, stop_tracing

SAMPLED: Final = b"01"
"""The flag at the end of a W3C `traceparent` whose caller keeps the trace."""
LONGEST_SPAN: Final = 4096
WAKE_SECONDS: Final = 0.5

Tell = Callable[[MutableMapping[str, Any], int, float], None]
"""Takes the ASGI scope of a call, its status and the seconds that it took."""


class SpanLine:
    """The way from the workers to the process that exports; made before they are forked.

    Args:
        endpoint: where OTLP over HTTP is taken.
        model: whose calls they are.
    """

    def __init__(self, endpoint: str, model: str) -> None:
        self._endpoint = endpoint
        self._model = model
        self._reader, self._writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._writer.setblocking(False)
        self._reader.settimeout(WAKE_SECONDS)

    def tell(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Hand over the span of a call, if its caller traces it.

        Args:
            scope: the ASGI scope.
            status: of HTTP.
            seconds: how long the answer took.
        """
        parent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        if not parent.endswith(SAMPLED):
            return
        ended = time.time_ns()
        attributes = {
            "name": f"{scope['method']} {scope['path']}",
            "parent": parent.decode("ascii", "replace"),
            "began": ended - int(seconds * 1e9),
            "ended": ended,
            "about": {"http.response.status_code": status, "hour48.model": self._model},
        }
        with suppress(OSError):  # the exporter is behind or gone
            self._writer.send(json.dumps(attributes).encode()[:LONGEST_SPAN])

    def export(self, ended: threading.Event) -> None:
        """Send what the workers hand over, until stopped; in a process of its own."""
        start_tracing(self._endpoint, "serving")
        try:
            while not ended.is_set():
                with suppress(TimeoutError, ValueError):  # nothing came, or it was cut off
                    record(**json.loads(self._reader.recv(LONGEST_SPAN)))
        finally:
            stop_tracing()
