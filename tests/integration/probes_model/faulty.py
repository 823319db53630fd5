"""Real servers with one fault each, and the probe against them."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.integration import run
from probes.runner import run_probe
from probes.settings import ProbeSettings, TargetSettings

IN_CHILD = bool(os.environ.get("HOUR48_TEST_CHILD"))
AS_JSON = {"Content-Type": "application/json"}


@contextmanager
def http_server(answer):
    """Serve `answer(method, path, headers, body)` → (status, headers, body); yield the address."""

    class Server(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = answer(self.command, self.path, self.headers, body)
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_OPTIONS = do_HEAD = do_PUT = do_POST  # noqa: N815

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def probe(folder, options=None, *, in_child=IN_CHILD, **target):
    """Run the probe on one target inside this machine.

    Args:
        folder: for its picture.
        options: of the request.
        in_child: run it in its own confined process, as people do; `HOUR48_TEST_CHILD=1` for all.
        target: settings of the target.
    """
    stated = {"timeout_seconds": 3, "calls": 4, "allow_internal": True, "approvers": ["Cho"]}
    settings = ProbeSettings(targets={"pricing": TargetSettings.model_validate(stated | target)})
    request = ProbeRequest("integration", source="pricing", options=options or {})
    if in_child:
        return run_probe(request, settings).wait(60)
    return run(request, ProbeContext(settings, folder, no_progress))


def codes(result):
    return {found.code for found in result.findings}


def sentence_of(result, code):
    return next(found.sentence for found in result.findings if found.code == code)


def failing_each(nth, slow=0.0):
    """Answer well, but fail each `nth` time (never for 0), each after `slow` seconds."""
    count = iter(range(1, 10_000))

    def answer(*_):
        time.sleep(slow)
        return (503 if nth and next(count) % nth == 0 else 200), AS_JSON, {"ok": True}

    return answer
