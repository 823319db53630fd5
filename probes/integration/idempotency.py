"""What a call does that comes twice, and whether the target calls back."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from probes.contract import Finding, SuggestedBlocker
from probes.integration.calls import Caller, Facts
from probes.integration.texts import say


def repeats(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Send the same call twice under one key: the second must change nothing."""
    header, method = caller.target.idempotency_header, caller.target.method.upper()
    if not facts.get("works"):
        return
    if method in {"GET", "PUT", "DELETE", "HEAD"}:
        yield Finding(
            FindingLevel.OK, "safe_to_repeat", say("calls_may_repeated", method=method, name=name)
        )
        return
    if not header:
        yield Finding(
            FindingLevel.NOTE,
            "repeat_unprotected",
            say("repeats_not_recognised", name=name),
            {},
            say("repeats_not_recognised_next"),
        )
        return
    key = {header: str(uuid.uuid4())}
    first, second = caller.call(headers=key), caller.call(headers=key)
    if first.works and second.works and first.body == second.body:
        yield Finding(FindingLevel.OK, "safe_to_repeat", say("repeats_recognised", name=name))
    else:
        yield Finding(
            FindingLevel.SLOWS,
            "repeat_counts_twice",
            say("repeats_differ", name=name),
            {"first": first.status, "second": second.status},
            say("repeats_differ_meaning"),
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, say("acts_twice_key", name=name)),
        )


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
        yield Finding(FindingLevel.OK, "callback_received", say("called_back", name=name))
    else:
        yield Finding(
            FindingLevel.SLOWS,
            "callback_missing",
            say(
                "callback_missing",
                name=name,
                timeout_seconds=caller.target.timeout_seconds,
            ),
            {},
            say("callback_missing_meaning"),
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, say("cannot_call_back", name=name)),
        )


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
