"""The checks on one target, each giving its findings and leaving its facts."""

from __future__ import annotations

import ssl
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx

from bot.sprint.vocabulary import Kind, Remedy
from probes.contract import Finding, Level, SuggestedBlocker
from probes.guard import checked_addresses
from probes.integration.calls import Answer, Caller, as_json, tls_context

Facts = dict[str, Any]
SOON_DAYS: Final = 30
_BURST: Final = ("ratelimit-limit", "x-ratelimit-limit", "x-rate-limit-limit", "retry-after")
_FAULTS: Final = {
    "refused_address": ("leads to an address hour48 must not call", Remedy.GOVERNANCE),
    "resolve_failed": ("has a name that cannot be resolved from here", Remedy.TOOLS),
    "connect_failed": ("cannot be connected to from here", Remedy.TOOLS),
    "tls_untrusted": ("shows a certificate that is not trusted here", Remedy.TOOLS),
    "timed_out": ("did not finish answering in time", Remedy.ARCHITECTURE),
}


def unreachable(name: str, fault: str) -> Finding:
    """Return the finding for a call that got no answer."""
    words, remedy = _FAULTS[fault]
    return Finding(
        Level.STOPS,
        fault,
        f"{name} {words}.",
        {},
        "Until a call gets through, nothing can be integrated.",
        SuggestedBlocker(Kind.INTEGRATION, remedy, f"{name} {words}"),
    )


def reach(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Resolve the name and look at the certificate."""
    try:
        addresses = checked_addresses(
            caller.host, caller.port, allow_internal=caller.target.allow_internal
        )
    except OSError:
        yield unreachable(name, "resolve_failed")
        return
    except ValueError:
        yield unreachable(name, "refused_address")
        return
    facts["addresses"] = len(addresses)
    if urlsplit(caller.url).scheme == "https":
        yield from _certificate(caller, name, addresses[0], facts)
    else:
        yield Finding(
            Level.SLOWS,
            "not_encrypted",
            f"{name} is called without encryption.",
            {},
            "Predictions about people should not travel in the clear.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, f"{name} is not encrypted"),
        )


def _certificate(caller: Caller, name: str, address: str, facts: Facts) -> Iterator[Finding]:
    import socket

    context = tls_context(caller.target.verify_tls, caller.target.ca_file)
    timeout = caller.target.timeout_seconds
    try:
        with (
            socket.create_connection((address, caller.port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=caller.host) as secure,
        ):
            certificate: Any = secure.getpeercert() or {}
    except ssl.SSLError:
        yield unreachable(name, "tls_untrusted")
        return
    except OSError:
        yield unreachable(name, "connect_failed")
        return
    if "notAfter" not in certificate:
        yield Finding(Level.NOTE, "tls_not_checked", f"The certificate of {name} is not checked.")
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
    days = (ends - datetime.now(UTC)).days
    facts["certificate_days"] = days
    if days > SOON_DAYS:
        yield Finding(Level.OK, "tls_valid", f"The certificate of {name} lasts {days} more days.")
    else:
        yield Finding(
            Level.SLOWS,
            "tls_ends_soon",
            f"The certificate of {name} ends in {days} days.",
            {"days": days},
            "Whoever renews it should know before the model depends on it.",
            SuggestedBlocker(
                Kind.INTEGRATION, Remedy.PEOPLE, f"The certificate of {name} ends soon"
            ),
        )


def real_call(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Send one test prediction with the credentials."""
    answer = caller.call()
    facts["first_call"] = {"status": answer.status, "ms": round(answer.milliseconds, 1)}
    facts["works"] = answer.works
    if answer.fault:
        yield unreachable(name, answer.fault)
    elif answer.works:
        yield Finding(
            Level.OK,
            "call_accepted",
            f"{name} took a test prediction in {answer.milliseconds:.0f} ms.",
            facts["first_call"],
        )
    else:
        yield _refusal(answer, name)


def _refusal(answer: Answer, name: str) -> Finding:
    status = answer.status or 0
    code, kind, remedy, words = next(row[1:] for row in _STATUSES if status in row[0])
    return Finding(
        Level.STOPS,
        code,
        f"{name} answered {status}: {words}.",
        {"status": status},
        "The call arrives, but is not taken.",
        SuggestedBlocker(kind, remedy, f"{name}: {words}"),
    )


_STATUSES: Final = (
    (
        (401, 403),
        "credentials_refused",
        Kind.APPROVAL_PROCESS,
        Remedy.GOVERNANCE,
        "these credentials may not call it",
    ),
    (range(300, 400), "redirected", Kind.INTEGRATION, Remedy.TOOLS, "it sends callers elsewhere"),
    ((404, 405), "operation_absent", Kind.INTEGRATION, Remedy.TOOLS, "no such operation there"),
    ((429,), "rate_limited", Kind.INTEGRATION, Remedy.BUDGET, "too many calls for its limit"),
    (
        range(400, 500),
        "body_refused",
        Kind.INTEGRATION,
        Remedy.TOOLS,
        "it does not take this test prediction",
    ),
    (
        range(1000),
        "server_fails",
        Kind.INTEGRATION,
        Remedy.ARCHITECTURE,
        "it fails on its own side",
    ),
)


def authentication(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Call once without credentials: it should be refused."""
    if not caller.credentials():
        yield Finding(
            Level.NOTE,
            "no_credentials",
            f"No credentials are configured for {name}.",
            {},
            "Ask whether anybody on the network may call it.",
        )
        return
    answer = caller.call(known=False)
    if answer.works:
        yield Finding(
            Level.SLOWS,
            "open_to_anyone",
            f"{name} takes calls without credentials too.",
            {"status": answer.status},
            "Security will ask; better to ask first.",
            SuggestedBlocker(Kind.RISK_TOLERANCE, Remedy.TOOLS, f"{name} asks nobody who they are"),
        )
    elif answer.status in {401, 403}:
        yield Finding(Level.OK, "credentials_asked", f"{name} refuses calls without credentials.")


def cors(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Ask whether a page at the configured origin may call the target."""
    origin = caller.target.origin
    if not origin:
        return
    asked = {"Origin": origin, "Access-Control-Request-Method": caller.target.method.upper()}
    answer = caller.call(method="OPTIONS", headers=asked, known=False)
    allowed = {key.lower(): value for key, value in answer.headers.items()}
    if allowed.get("access-control-allow-origin") in {origin, "*"}:
        yield Finding(Level.OK, "page_allowed", f"Pages at {origin} may call {name}.")
    else:
        yield Finding(
            Level.SLOWS,
            "page_refused",
            f"Browsers will not let pages at {origin} call {name}.",
            {"status": answer.status},
            "Either the target allows the origin, or the page's own server makes the call.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, f"{name} does not allow {origin}"),
        )


def openapi(caller: Caller, name: str, _: Facts) -> Iterator[Finding]:
    """Look for the operation in the target's OpenAPI document."""
    target = caller.target
    if not target.openapi:
        return
    if target.openapi.startswith(("http", "/")) and not Path(target.openapi).is_file():
        document = as_json(caller.call(method="GET", url=urljoin(caller.url, target.openapi)))
    else:
        document = _read_document(Path(target.openapi))
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        yield Finding(
            Level.SLOWS,
            "no_description",
            f"{name} has no readable OpenAPI document at {target.openapi}.",
            {},
            "Somebody has to say in writing how it is called.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.PEOPLE, f"{name} is not described"),
        )
        return
    if _describes(document["paths"], caller):
        yield Finding(Level.OK, "operation_described", f"{name} describes the operation we call.")
    else:
        yield Finding(
            Level.SLOWS,
            "operation_not_described",
            f"{name} is described, but not the operation we call.",
            {"operations": sum(len(one) for one in document["paths"].values() if one)},
            "Undescribed operations change without notice.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.PEOPLE, f"{name}: operation not described"),
        )


def _read_document(path: Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None


def _describes(paths: dict[str, Any], caller: Caller) -> bool:
    operation, method = caller.target.operation, caller.target.method.lower()
    called = urlsplit(caller.url).path.rstrip("/")
    for path, verbs in paths.items():
        described = verbs.get(method) if isinstance(verbs, dict) else None
        if not isinstance(described, dict):
            continue
        if operation and described.get("operationId") == operation:
            return True
        if not operation and path.rstrip("/") and called.endswith(path.rstrip("/")):
            return True
    return False


def latency(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Call again and again, and compare the slowest with the budget."""
    if not facts.get("works"):
        return
    import numpy as np

    answers = _many(caller)
    times = [one.milliseconds for one in answers if one.works]
    facts["limited"] = sum(one.status == 429 for one in answers)
    failed = sum(not one.works and one.status != 429 for one in answers)
    if failed:
        yield Finding(
            Level.SLOWS,
            "sometimes_fails",
            f"{failed} of {len(answers)} calls to {name} failed.",
            {"failed": failed, "calls": len(answers)},
            "Whoever uses the prediction needs an answer for that case.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.ARCHITECTURE, f"{name} fails at times"),
        )
    yield from _limits(answers, name)
    if not times:
        return
    median, slow = (float(np.percentile(times, share)) for share in (50, 99))
    budget = caller.target.latency_budget_ms
    facts["latency"] = {"ms": [round(one, 1) for one in times], "budget": budget}
    within = slow <= budget
    yield Finding(
        Level.OK if within else Level.SLOWS,
        "fast_enough" if within else "too_slow",
        f"Half of {len(times)} calls took up to {median:.0f} ms, 99 % up to {slow:.0f} ms; the "
        f"budget is {budget:.0f} ms.",
        {"p50": median, "p99": slow, "budget": budget, "calls": len(times)},
        "" if within else "The page would wait for the model: cache it, or ask ahead of time.",
        None
        if within
        else SuggestedBlocker(Kind.INTEGRATION, Remedy.ARCHITECTURE, f"{name} is too slow"),
    )


def _many(caller: Caller) -> list[Answer]:
    """Call until enough calls are made, two timeouts are used up, or three calls in a row fail."""
    answers: list[Answer] = []
    left = 2 * caller.target.timeout_seconds * 1000
    while len(answers) < caller.target.calls and left > 0:
        answers.append(caller.call())
        left -= answers[-1].milliseconds
        if len(answers) >= 3 and all(one.fault for one in answers[-3:]):
            break
    return answers


def _limits(answers: list[Answer], name: str) -> Iterator[Finding]:
    limited = sum(one.status == 429 for one in answers)
    headers = {key.lower(): value for one in answers for key, value in one.headers.items()}
    said = next((headers[key] for key in _BURST if key in headers), None)
    if limited:
        yield Finding(
            Level.SLOWS,
            "limit_met",
            f"{name} turned away {limited} of {len(answers)} calls as too many.",
            {"limited": limited, "calls": len(answers)},
            "Ask for a higher limit, or send predictions in batches.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.BUDGET, f"{name} limits its callers"),
        )
    elif said is not None:
        yield Finding(
            Level.NOTE, "limit_stated", f"{name} states a limit of {str(said)[:40]} calls."
        )


def repeats(caller: Caller, name: str, facts: Facts) -> Iterator[Finding]:
    """Send the same call twice under one key: the second must change nothing."""
    header, method = caller.target.idempotency_header, caller.target.method.upper()
    if not facts.get("works"):
        return
    if method in {"GET", "PUT", "DELETE", "HEAD"}:
        yield Finding(Level.OK, "safe_to_repeat", f"{method} calls to {name} may be repeated.")
        return
    if not header:
        yield Finding(
            Level.NOTE,
            "repeat_unprotected",
            f"A call to {name} that is sent twice counts twice, as far as we can tell.",
            {},
            "After a timeout nobody knows whether to send again; ask for an idempotency key.",
        )
        return
    key = {header: str(uuid.uuid4())}
    first, second = caller.call(headers=key), caller.call(headers=key)
    if first.works and second.works and first.body == second.body:
        yield Finding(Level.OK, "safe_to_repeat", f"{name} recognises a call that comes twice.")
    else:
        yield Finding(
            Level.SLOWS,
            "repeat_counts_twice",
            f"{name} answered the same key differently the second time.",
            {"first": first.status, "second": second.status},
            "A repeated call may act twice.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, f"{name} acts twice on one key"),
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
        caller.call(body={**caller.body(), field: place})
        came = arrived.wait(caller.target.timeout_seconds)
    finally:
        server.shutdown()
        server.server_close()
    if came:
        yield Finding(Level.OK, "callback_received", f"{name} called back.")
    else:
        yield Finding(
            Level.SLOWS,
            "callback_missing",
            f"{name} did not call back within {caller.target.timeout_seconds:.0f} seconds.",
            {},
            "Either it cannot reach this machine, or it answers later than we waited.",
            SuggestedBlocker(Kind.INTEGRATION, Remedy.TOOLS, f"{name} cannot call back"),
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
