"""OpenTelemetry traces from a press to its message in Slack; nothing where none are asked for.

The outbox row carries the W3C `traceparent` of the transaction that wrote it, so that the call to
Slack, made later by another process, belongs to the same trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bot.domain.errors import InputError
from bot.domain.texts import say

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

PARENT = "traceparent"
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
            say("otel_endpoint_set_opentelemetry_missing"),
            field="otel.endpoint",
        ) from None
    _provider = TracerProvider(
        resource=Resource.create({"service.name": "hour48", "service.instance.id": part})
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
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
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({PARENT: parent}) if parent else None
    told = {key: value for key, value in (about or {}).items() if value is not None}
    tracer = _provider.get_tracer("hour48")
    with tracer.start_as_current_span(name, context=context, attributes=told):
        yield


def traceparent() -> str | None:
    """Return the `traceparent` of what is under way here; None where nothing is traced."""
    if _provider is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(PARENT)
