"""Addresses that run elsewhere are asked over real HTTP, and what must not be asked is not."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scheduler.deployment_monitor import ask, is_link_local


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
    ("address", "is_one"),
    [
        ("http://169.254.169.254/latest/meta-data", True),
        ("http://[fe80::1]/x", True),
        ("http://224.0.0.1/", True),
        ("http://127.0.0.1:8080/livez", False),
        ("http://10.0.0.4/livez", False),
    ],
)
def test_link_local_addresses_are_told_from_others(address, is_one):
    assert is_link_local(address) is is_one


def test_a_cloud_s_metadata_is_never_asked():
    assert "link-local" in ask("http://169.254.169.254/latest/meta-data")["error"]
