"""Real servers with one fault each, and the probe against them."""

from __future__ import annotations

import ipaddress
import json
import os
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.integration import run
from probes.runner import run_probe
from probes.settings import ProbeSettings, TargetSettings

IN_CHILD = bool(os.environ.get("HOUR48_TEST_CHILD"))
SCORES = """CREATE TABLE scores (customer TEXT NOT NULL, day DATE NOT NULL, score NUMERIC(6, 4),
 made TIMESTAMP, sure BOOLEAN, PRIMARY KEY (customer, day))"""
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

        do_GET = do_OPTIONS = do_HEAD = do_PUT = do_POST  # noqa: N815 - names of the base class

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


def write_certificate(folder, days, address="127.0.0.1"):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pricing.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
