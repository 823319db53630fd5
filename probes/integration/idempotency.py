"""What a call does that comes twice, and whether the target calls back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from probes.contract import Finding
from probes.integration.calls import Caller, Facts
from probes.integration.texts import CODES, say


def repeats(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Send the same call twice under one key: the second must change nothing."""
    header, method = caller.target.idempotency_header, caller.target.method.upper()
    if not facts.get("works"):
        return
    if method in {"GET", "PUT", "DELETE", "HEAD"}:
        yield CODES.finding("safe_to_repeat", name=name, method=method)
        return
    if not header:
        yield CODES.finding("repeat_unprotected", name=name)
        return
    key = {header: str(uuid.uuid4())}
    first, second = caller.call(headers=key), caller.call(headers=key)
    if first.works and second.works and first.body == second.body:
        yield replace(
            CODES.finding("safe_to_repeat", name=name, method=method),
            sentence=say("repeats_recognised", name=name),
        )
    else:
        evidence = {"first": first.status, "second": second.status}
        yield CODES.finding("repeat_counts_twice", evidence, name=name)


def callback(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Give the target an address of ours and wait for it to call back."""
    field, port = caller.target.callback_field, caller.target.callback_port
    if not field or port is None or not facts.get("works"):
        return
    arrived, secret = threading.Event(), uuid.uuid4().hex
    server = ThreadingHTTPServer(("", port), _listener(arrived, secret))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        place = f"http://{_own_address(caller)}:{port}/{secret}"
        body = caller.body()
        caller.call(body={**(body if isinstance(body, dict) else {}), field: place})
        came = arrived.wait(caller.target.timeout_seconds)
    finally:
        server.shutdown()
        server.server_close()
    if came:
        yield CODES.finding("callback_received", name=name)
    else:
        seconds = caller.target.timeout_seconds
        yield CODES.finding("callback_missing", name=name, timeout_seconds=seconds)


def _listener(arrived: threading.Event, secret: str) -> type[BaseHTTPRequestHandler]:
    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            right = self.path.strip("/") == secret
            if right:
                arrived.set()
            self.send_response(204 if right else 404)
            self.end_headers()

        do_GET = do_POST  # noqa: N815  (the name is the base class's)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Listener


def _own_address(caller: Caller) -> str:
    """Return the address of this machine as the target sees it."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        try:
            plain.connect((httpx.URL(caller.url).host, caller.port))
        except OSError:
            return "127.0.0.1"
        return str(plain.getsockname()[0])
