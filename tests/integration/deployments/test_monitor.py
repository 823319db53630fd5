"""Addresses that run elsewhere are asked over real HTTP, and what must not be asked is not."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scheduler.deployment_monitor import ask


class Answering(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path.rsplit("/", 1)[1]))
        self.send_header("Location", "http://169.254.169.254/latest")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def base():
    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
def test_the_status_is_what_counts_and_no_redirect_is_followed(base, status):
    assert ask(f"{base}/{status}") == {"status": status}


def test_a_port_that_nobody_listens_on_is_an_error_and_no_exception(base):
    assert "error" in ask("http://127.0.0.1:1/livez")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.170.2",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "0xa9fea9fe",
        "168.63.129.16",
        "192.0.0.192",
        "[fd00:ec2::254]",
        "[64:ff9b::a9fe:a9fe]",
        "100.100.100.200",
    ],
)
def test_what_hands_out_credentials_is_never_asked_however_it_is_written(host):
    assert "hand out credentials" in ask(f"http://{host}/latest/meta-data")["error"]


def test_a_name_that_leads_elsewhere_a_moment_later_gains_nothing(base, monkeypatch):
    answers, real = iter(["127.0.0.1", "169.254.169.254"]), socket.getaddrinfo

    def resolve(host, *asked, **options):
        if host != "rebound.test":
            return real(host, *asked, **options)
        return [(2, 1, 6, "", (next(answers), 0))]

    port = base.rsplit(":", 1)[1]
    monkeypatch.setattr("socket.getaddrinfo", resolve)
    assert ask(f"http://rebound.test:{port}/200") == {"status": 200}
    assert "hand out credentials" in ask(f"http://rebound.test:{port}/200")["error"]
