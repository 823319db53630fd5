"""OpenTelemetry traces from a press or a timer to its message in Slack; nothing unless asked for.

The outbox row, and the row of a probe, carry the W3C `traceparent` of the transaction that wrote
them, so that what another process makes of them later belongs to the same trace. A confined child
that may call nobody tells its parent when it did what, and the parent records it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.domain.errors import InputError
from bot.domain.texts import say

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

PARENT = "traceparent"
EXPORT_SECONDS = 5
"""How long a collector may take; an ending process waits for it."""
_provider: TracerProvider | None = None


def start_tracing(endpoint: str | None, part: str) -> None:
    """Send this process's spans to a collector; begun after a fork, since it has a thread.

    Args:
        endpoint: where OTLP over HTTP is taken, for example `http://collector:4318`.
        part: which part of the bot this process is.

    Raises:
        InputError: OpenTelemetry is not installed.
    """
    global _provider  # noqa: PLW0603 - one a process, like the library's own
    if endpoint is None or _provider is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InputError(
            say("otel_missing"),
            field="otel.endpoint",
        ) from None
    _provider = TracerProvider(
        resource=Resource.create({"service.name": "hour48", "service.instance.id": part})
    )
    exporter = OTLPSpanExporter(
        endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS
    )
    _provider.add_span_processor(BatchSpanProcessor(exporter))


def stop_tracing() -> None:
    """Send what is left."""
    global _provider  # noqa: PLW0603 - see above
    if _provider is not None:
        _provider.shutdown()
        _provider = None


@contextmanager
def span(
    name: str, parent: str | None = None, about: Mapping[str, Any] | None = None
) -> Iterator[None]:
    """Measure what happens within.

    Args:
        name: what it is called in the trace.
        parent: the `traceparent` that it goes on from; what is under way here when left out.
        about: attributes; those without a value are left out.
    """
    if _provider is None:
        yield
        return
    attributes = {key: value for key, value in (about or {}).items() if value is not None}
    tracer = _provider.get_tracer("hour48")
    with tracer.start_as_current_span(name, context=_context_of(parent), attributes=attributes):
        yield


def record(
    name: str,
    began: int,
    ended: int,
    parent: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Add a span of what another process did.

    Args:
        name: what it is called in the trace.
        began: when, in nanoseconds of the epoch.
        ended: the same.
        parent: as in `span`.
        about: attributes.
    """
    if _provider is None:
        return
    tracer = _provider.get_tracer("hour48")
    made = tracer.start_span(name, _context_of(parent), attributes=about, start_time=began)
    made.end(ended)


def _context_of(parent: str | None) -> Context | None:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({PARENT: parent}) if parent else None


def traceparent() -> str | None:
    """Return the `traceparent` of what is under way here; None where nothing is traced."""
    if _provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(PARENT)
