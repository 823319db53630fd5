"""Certificates that end soon or are not trusted, browsers turned away, a repository's history."""

import os
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.integration import run
from probes.integration.probe import change_hours
from probes.settings import ProbeSettings, TargetSettings
from tests.integration.probes.faulty import write_certificate


class Target(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        body = b'{"taken": true}'
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.send_response(403)
        self.end_headers()

    do_OPTIONS = do_GET  # noqa: N815  (the name is the base class's)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def serve():
    servers = []

    def start(certificate=None):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Target)
        server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        scheme = "https" if certificate else "http"
        return f"{scheme}://127.0.0.1:{server.server_port}/score"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def probe(folder, **target):
    settings = ProbeSettings(
        targets={
            "pricing": TargetSettings.model_validate(
                {"timeout_seconds": 3, "calls": 4, "allow_internal": True} | target
            )
        }
    )
    result = run(
        ProbeRequest("integration", source="pricing"), ProbeContext(settings, folder, no_progress)
    )
    return {one.code: one for one in result.findings}


@pytest.mark.parametrize(
    ("days", "code"), [(5, "tls_ends_soon"), (300, "tls_valid"), (-3, "tls_expired")]
)
def test_how_long_a_certificate_lasts(serve, tmp_path, days, code):
    certificate = write_certificate(tmp_path, days)
    found = probe(tmp_path, url=serve(certificate), ca_file=str(certificate))
    assert code in found
    if days > 0:
        assert str(days) in found[code].sentence
        assert "call_accepted" in found


def test_a_certificate_nobody_vouches_for_is_not_trusted(serve, tmp_path):
    found = probe(tmp_path, url=serve(write_certificate(tmp_path, 300)))
    assert "tls_untrusted" in found


def test_a_certificate_for_another_address_is_named_so(serve, tmp_path):
    certificate = write_certificate(tmp_path, 300, address="192.0.2.7")
    assert "tls_other_name" in probe(tmp_path, url=serve(certificate), ca_file=str(certificate))


def test_a_target_that_speaks_no_tls_is_named_so(serve, tmp_path):
    assert "tls_not_spoken" in probe(tmp_path, url=serve().replace("http:", "https:"))


def test_a_target_that_never_shakes_hands_is_not_waited_for(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/score"
        assert "timed_out" in probe(tmp_path, url=url, timeout_seconds=0.5)


def test_a_browser_that_would_be_turned_away_is_named(serve, tmp_path):
    found = probe(tmp_path, url=serve(), origin="https://shop.test")
    assert "page_refused" in found


def test_the_slowest_and_the_median_call_are_told(serve, tmp_path):
    found = probe(tmp_path, url=serve(), latency_budget_ms=5_000)
    evidence = found["fast_enough"].evidence
    assert 0 < evidence["p50"] <= evidence["p99"] < 5_000
    assert "too_slow" in probe(tmp_path, url=serve(), latency_budget_ms=0.001)


# --- how long a change takes --------------------------------------------------------------------


def git(folder, *words, at=None):
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}+0000" if at else ""
    dates = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp} if at else {}
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.test"]
    subprocess.run(
        ["git", *who, "-C", str(folder), *words],
        check=True,
        capture_output=True,
        env=os.environ | dates,
    )


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    git(
        tmp_path,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "start",
        at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    return tmp_path


def test_a_change_takes_from_its_first_commit_to_its_merge(repository):
    git(repository, "checkout", "-q", "-b", "work")
    git(
        repository,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "one",
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    git(
        repository,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "two",
        at=datetime(2026, 3, 4, tzinfo=UTC),
    )
    git(repository, "checkout", "-q", "main")
    git(
        repository,
        "merge",
        "-q",
        "--no-ff",
        "work",
        "-m",
        "in",
        at=datetime(2026, 3, 5, 6, tzinfo=UTC),
    )
    assert change_hours(repository) == [78.0]


def test_without_merges_a_change_takes_no_time_at_all(repository):
    assert change_hours(repository) == [0.0]


def test_a_folder_without_history_is_said_to_be_so(tmp_path, serve):
    assert change_hours(tmp_path / "none") is None
    assert "history_unreadable" in probe(tmp_path, url=serve(), repository=str(tmp_path / "no"))


def test_a_repository_cannot_make_us_run_its_hooks(repository):
    trap = repository / "trap"
    trap.write_text("#!/bin/sh\ntouch sprung\n")
    trap.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(trap))
    change_hours(repository)
    assert not (repository / "sprung").exists()
