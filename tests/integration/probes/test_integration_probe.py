"""The integration probe against real servers: good, closed, failing, slow, endless, elsewhere."""

import gzip
import itertools
import json
import socket
import threading
import time
import urllib.request
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from probes.contract import ProbeContext, ProbeRequest, no_progress, to_json
from probes.integration import run
from probes.settings import ProbeSettings, TargetSettings

OPENAPI = {"openapi": "3.1.0", "paths": {"/score": {"post": {"operationId": "score"}}}}


SQUEEZED = gzip.compress(b"0" * 20_000_000)
ODD = {
    "/broken": lambda to: to._say(500, b"{}"),
    "/away": lambda to: to._say(302, b"", {"Location": "http://169.254.169.254/"}),
    "/slow": lambda to: time.sleep(30),
    "/endless": lambda to: to._drip(b"HTTP/1.0 200 OK\r\n\r\n", b"x"),
    "/flood": lambda to: to._drip(b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 2_000_000),
    "/no-end-of-headers": lambda to: to._drip(b"HTTP/1.0 200 OK\r\n", b"X-More: x\r\n"),
    "/bomb": lambda to: to._say(200, SQUEEZED, {"Content-Encoding": "gzip"}),
    "/hung-up": lambda to: None,
    "/nonsense": lambda to: to.wfile.write(b"\x00\xff nonsense\r\n\r\n"),
    "/moody": lambda to: to._say(503 if next(TURNS) % 3 == 2 else 200, b"{}"),
    "/strict": lambda to: to._say(429 if next(TURNS) > 3 else 200, b"{}", {"Retry-After": "30"}),
    "/limit": lambda to: to._say(429, b"{}"),
    "/limit-30": lambda to: to._say(429, b"{}", {"Retry-After": "30"}),
    "/limit-quarter": lambda to: to._say(429, b"{}", {"retry-after": "900"}),
    "/limit-day": lambda to: to._say(429, b"{}", {"Retry-After": formatdate(time.time() + 86_000)}),
    "/limit-past": lambda to: to._say(429, b"{}", {"Retry-After": formatdate(0)}),
    "/limit-odd": lambda to: to._say(429, b"{}", {"Retry-After": "soon"}),
    "/stated": lambda to: to._say(200, b"{}", {"RateLimit-Limit": "100"}),
    "/waiting": lambda to: to._say(200, b"{}", {"Retry-After": "30"}),
    "/late": lambda to: (time.sleep(0.05), to._say(200, b"{}")),
}
TURNS = itertools.count()


class Target(BaseHTTPRequestHandler):
    seen: dict[str, bytes] = {}

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path in ODD:
            return ODD[self.path](self)
        if self.headers.get("Authorization") != "Bearer s3cret-token":
            return self._say(401, b"{}")
        if "reply_to" in body:
            urllib.request.urlopen(urllib.request.Request(body["reply_to"], data=b"{}"))
        key = self.headers.get("Idempotency-Key", "")
        answer = self.seen.setdefault(key, str(time.time_ns()).encode()) if key else b"1"
        return self._say(200, answer)

    def do_GET(self):
        self._say(200, json.dumps(OPENAPI).encode())

    def do_OPTIONS(self):
        self._say(204, b"", {"Access-Control-Allow-Origin": "https://shop.test"})

    def _say(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, first, more):
        try:
            self.wfile.write(first)
            while True:
                self.wfile.write(more)
                time.sleep(0.05)
        except OSError:
            return

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def base():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/limit", "does not say how long to wait"),
        ("/limit-30", "wait 30 s before"),
        ("/limit-quarter", "wait 15 min before"),
        ("/limit-day", "wait 24 h before"),
        ("/limit-past", "wait 0 s before"),
        ("/limit-odd", "does not say how long to wait"),
    ],
)
def test_a_limit_says_how_long_callers_are_asked_to_wait(base, tmp_path, path, words):
    result = probe(tmp_path, url=base + path, allow_internal=True)
    (found,) = [one for one in result.findings if one.code == "rate_limited"]
    assert words in found.meaning


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def probe(tmp_path, options=None, **target):
    settings = ProbeSettings(
        targets={
            "pricing": TargetSettings.model_validate({"timeout_seconds": 1, "calls": 5} | target)
        }
    )
    context = ProbeContext(settings, tmp_path, no_progress)
    return run(ProbeRequest("integration", source="pricing", options=options or {}), context)


def codes(result):
    return {found.code for found in result.findings}


def test_a_good_target_passes_every_check(base, tmp_path, monkeypatch):
    monkeypatch.setenv("PRICING_TOKEN", "s3cret-token")
    result = probe(
        tmp_path,
        url=f"{base}/score",
        token="${PRICING_TOKEN}",
        allow_internal=True,
        origin="https://shop.test",
        openapi="/openapi.json",
        operation="score",
        idempotency_header="Idempotency-Key",
        callback_field="reply_to",
        callback_port=free_port(),
        approvers=["change board"],
    )
    assert codes(result) >= {
        "call_accepted",
        "credentials_asked",
        "page_allowed",
        "operation_described",
        "fast_enough",
        "safe_to_repeat",
        "callback_received",
        "approvers_named",
        "not_encrypted",
    }
    assert result.scenario == "easy"
    assert [picture.name for picture in result.pictures] == ["latency"]
    assert "s3cret-token" not in to_json(result)


@pytest.mark.parametrize(
    ("path", "code", "scenario"),
    [
        ("/score", "credentials_refused", "process"),
        ("/broken", "server_fails", "impossible"),
        ("/away", "redirected", "process"),
        ("/slow", "timed_out", "impossible"),
        ("/endless", "timed_out", "impossible"),
        ("/no-end-of-headers", "timed_out", "impossible"),
        ("/hung-up", "answer_unreadable", "impossible"),
        ("/nonsense", "answer_unreadable", "impossible"),
        ("/bomb", "answer_too_long", "impossible"),
        ("/flood", "answer_too_long", "impossible"),
    ],
)
def test_however_a_target_answers_the_probe_ends_with_a_finding(
    base, tmp_path, path, code, scenario
):
    started = time.monotonic()
    result = probe(tmp_path, url=base + path, allow_internal=True)
    assert code in codes(result)
    assert result.scenario == scenario
    assert time.monotonic() - started < 12


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/moody", "sometimes_fails", " of 5 calls to pricing failed."),
        ("/strict", "limit_met", " of 5 calls to pricing were turned away as too many."),
        ("/stated", "limit_stated", "pricing states a limit of 100 calls."),
        ("/late", "too_slow", "the budget is 20 ms."),
    ],
)
def test_what_many_calls_show_is_told(base, tmp_path, monkeypatch, path, code, words):
    monkeypatch.setitem(globals(), "TURNS", itertools.count())
    result = probe(tmp_path, url=base + path, allow_internal=True, latency_budget_ms=20)
    found = next(one for one in result.findings if one.code == code)
    assert found.sentence.endswith(words)


def test_how_long_to_wait_is_no_limit_of_calls(base, tmp_path):
    result = probe(tmp_path, url=f"{base}/waiting", allow_internal=True)
    assert "fast_enough" in codes(result)
    assert "limit_stated" not in codes(result)


def test_an_internal_target_is_refused_unless_the_administrator_allowed_it(base, tmp_path):
    result = probe(tmp_path, url=f"{base}/score")
    assert "refused_address" in codes(result)


def test_an_unknown_host_and_a_closed_port_are_different_findings(tmp_path):
    unknown = probe(tmp_path, url="https://no-such-host.invalid/x")
    closed = probe(tmp_path, url=f"http://127.0.0.1:{free_port()}/x", allow_internal=True)
    assert "resolve_failed" in codes(unknown)
    assert "connect_failed" in codes(closed)


def test_slow_approvals_make_it_a_matter_of_process(base, tmp_path, monkeypatch):
    monkeypatch.setenv("PRICING_TOKEN", "s3cret-token")
    result = probe(
        tmp_path,
        {"approval_hours": [70, 50, 90]},
        url=f"{base}/score",
        token="${PRICING_TOKEN}",
        allow_internal=True,
    )
    assert result.scenario == "process"
    assert "approvals_slow" in codes(result)
