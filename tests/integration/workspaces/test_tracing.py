"""One trace leads from a press to its message in Slack, over the outbox and another thread."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.db.outbox_models import OutboxItem
from bot.outbox.queue import person_queue
from bot.tracing import span, traceparent
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Done, Request
from tests.databases import migrated_database
from tests.integration.workspaces.conftest import opened_tenancy


@contextmanager
def collector():
    """Take OTLP over HTTP on loopback; yields the spans that came."""
    proto = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    spans = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self):
            import gzip

            raw = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                raw = gzip.decompress(raw)
            asked = proto.ExportTraceServiceRequest.FromString(raw)
            for resource in asked.resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Takes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()


def test_a_press_and_its_message_in_slack_are_one_trace(tmp_path):
    database = migrated_database("sqlite", tmp_path)
    with (
        collector() as (endpoint, spans),
        opened_tenancy(tmp_path, database, otel={"endpoint": endpoint}) as tenancy,
    ):
        workspace = tenancy.workspaces[0]
        tenancy.install(workspace)
        ana, runtime = workspace.people()[0], tenancy.bot.core.runtime

        def presses(ctx, request):
            with ctx.runtime.uow(request.team_id) as uow:
                said = {"text": "hello", "blocks": []}
                uow.upsert("hello", person_queue(request.user_id), said)
            return Done()

        run(HandlerContext(runtime), presses, Request(workspace.team_id, ana.id))
        until = time.monotonic() + 30
        while not _is_sent(runtime, workspace.team_id):
            assert time.monotonic() < until
            time.sleep(0.05)
    handled = next(each for each in spans if each.name == "handle presses")
    called = [
        each
        for each in spans
        if each.name == "slack chat.postMessage" and each.trace_id == handled.trace_id
    ]
    assert len(called) == 1  # the message after the installation is a trace of its own
    assert called[0].parent_span_id == handled.span_id


def _is_sent(runtime, team_id):
    with runtime.reading(team_id) as uow:
        found = uow.session.query(OutboxItem).filter_by(key="hello").one()
        return found.state == "sent"


def test_nothing_is_traced_where_none_asked():
    with span("quiet"):
        assert traceparent() is None
