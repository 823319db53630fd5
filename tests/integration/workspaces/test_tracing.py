"""One trace leads from a press, a timer or a probe to its message in Slack, over the outbox."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.db.models import ProbeRun
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import TimerKind
from bot.probe_runs.service import Probe, request_probe
from bot.timers.dispatcher import run_due
from bot.tracing import span, start_tracing, stop_tracing, traceparent
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Done, Request
from probes.baseline.models import ModelFamily
from probes.settings import ProbeSettings
from probes.stages import STAGES_FILE, stage, stages_of
from scheduler.probe_worker import ProbeWorker
from tests.databases import migrated_database
from tests.deployed import Served, wait_for
from tests.integration.workspaces.conftest import opened_tenancy
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint, open_runtime, outbox, seat
from tests.served import customers, kept


@contextmanager
def collector():
    """Take OTLP over HTTP on loopback; yields the spans that came."""
    proto = pytest.importorskip(
        "opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="an optional extra"
    )
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
                uow.upsert("hello", None, said, to=request.user_id)
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


@pytest.fixture
def traced():
    """Let this process trace; yields the spans that it has sent, once it was stopped."""
    with collector() as (endpoint, spans):
        start_tracing(endpoint, "test")

        def stopped():
            stop_tracing()
            return spans

        try:
            yield stopped
        finally:
            stop_tracing()


@pytest.mark.smoke
@pytest.mark.parametrize("others", [0, 2])
def test_a_due_timer_and_what_it_writes_are_one_trace(tmp_path, traced, others):
    """With others due of the same sprints it is batched, and that of one sprint is not."""
    runtime = open_runtime(tmp_path / "h.db")
    kind = TimerKind.PROMPT if others else TimerKind.GATE
    sprints = [add_sprint(runtime, channel_id=f"C{number}") for number in range(1 + others)]
    with runtime.uow(TEAM) as uow:
        for number in sprints:
            uow.set_timer(number, f"{kind}:6", kind, HOUR_0, hour=6, phase="data")
    assert run_due(runtime) == len(sprints)
    written = [item for item in outbox(runtime) if item.traceparent]
    spans = traced()
    due = next(each for each in spans if each.name == "due")
    timer = next(each for each in spans if each.name == f"timer {kind}")
    assert timer.parent_span_id == due.span_id
    assert written
    for item in written:
        _, trace, parent, _ = item.traceparent.split("-")
        assert (bytes.fromhex(trace), bytes.fromhex(parent)) == (timer.trace_id, timer.span_id)
    runtime.engine.dispose()


@pytest.mark.slow
def test_a_probe_goes_on_from_who_asked_and_shows_what_its_child_did(tmp_path, traced):
    table = tmp_path / "customers.csv"
    table.write_text("id,age\n" + "\n".join(f"{n},{n % 70}" for n in range(200)))
    runtime = open_runtime(tmp_path / "h.db")
    seat(runtime)
    sprint_id = add_sprint(runtime)
    with span("press"), runtime.uow(TEAM) as uow:
        request_probe(uow, ANA, sprint_id, Probe("quality", "data", source=str(table)))
    worker = ProbeWorker(runtime, ProbeSettings(probes={"folder": tmp_path / "probes"}))
    assert worker.work_once()
    spans = {each.name: each for each in traced()}
    probe, press = spans["probe quality"], spans["press"]
    assert (probe.trace_id, probe.parent_span_id) == (press.trace_id, press.span_id)
    for name in ("load", "look"):
        stage = spans[f"probe.child {name}"]
        assert stage.parent_span_id == probe.span_id
        assert probe.start_time_unix_nano < stage.start_time_unix_nano
        assert stage.end_time_unix_nano < probe.end_time_unix_nano
    with runtime.reading(TEAM) as uow:
        (run,) = uow.session.query(ProbeRun).all()
    assert run.state == "done"
    runtime.engine.dispose()


@pytest.mark.slow
def test_a_served_model_joins_the_trace_of_a_caller_that_keeps_one(tmp_path):
    file = kept(tmp_path, customers(400), "left", ModelFamily.BOOSTING)
    trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    with collector() as (endpoint, spans):
        environment = {"HOUR48_OTEL__ENDPOINT": endpoint}
        with Served(["--artifact", str(file)], environment) as served:
            served.wait_ready()
            for flags in ("00", "01"):
                told = {"traceparent": f"00-{trace}-{caller}-{flags}"}
                served.client.post("/predict", json={"entity": 1, "values": {}}, headers=told)
            wait_for(lambda: spans)
    (one,) = spans
    assert one.name == "POST /predict"
    assert (one.trace_id.hex(), one.parent_span_id.hex()) == (trace, caller)
    about = {each.key: each.value for each in one.attributes}
    assert about["http.response.status_code"].int_value in (200, 422)


def test_what_a_child_wrote_of_its_stages_is_read_as_far_as_it_is_whole(tmp_path):
    with suppress(ZeroDivisionError), stage(tmp_path, "look"):
        _ = 1 / 0
    with (tmp_path / STAGES_FILE).open("a") as file:
        file.write('["load", 3, 5]\n["cut", 7\n7\n')
    assert [each.name for each in stages_of(tmp_path)] == ["look", "load"]
    assert stages_of(tmp_path / "nowhere") == []


def test_nothing_is_traced_where_none_asked():
    with span("quiet"):
        assert traceparent() is None
