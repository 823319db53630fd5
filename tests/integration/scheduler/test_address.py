"""The check that an address answers calls nothing inside, whatever it is called or leads to."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.domain.enums import CheckOutcome
from probes.settings import read_settings
from scheduler.address import ask_address

INSIDE = (
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "169.254.1.1",
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "168.63.129.16", "192.0.0.192",
    "[::1]", "[::127.0.0.1]", "[::ffff:10.0.0.1]", "[fc00::1]", "[fe80::1]", "[fec0::1]",
    "[fd00:ec2::23]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[64:ff9b:1::1]",
    "2130706433", "0x7f000001", "017700000001", "127.1",
)  # fmt: skip  # a table, one row a line
NEVER = ("169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.192")
"""Refused even where an administrator allowed the same host and port."""


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_refused(host):
    judged = ask_address(f"http://{host}:8080/latest/meta-data/", read_settings({}))
    assert judged.outcome is CheckOutcome.FAILS
    assert not judged.figures


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "fc00::7"])
def test_a_name_that_leads_inside_is_refused(address):
    told = ask_address(
        "https://models.example.com/", read_settings({}), resolver=lambda _host, _port: [address]
    )
    assert told.outcome is CheckOutcome.FAILS
    assert "internal address" in told.sentence


@pytest.mark.parametrize("host", NEVER)
def test_a_clouds_credentials_are_refused_even_where_they_are_allowed(host):
    url = f"http://{host}:80/"
    targets = {"inside": {"url": url, "allow_internal": True}}
    judged = ask_address(url, read_settings({"targets": targets}))
    assert (judged.outcome, dict(judged.figures)) == (CheckOutcome.FAILS, {})


class Server:
    """A service on loopback that answers by its path, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                status = int(self.path.strip("/"))
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "/200")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def server():
    made = Server()
    yield made
    made.server.shutdown()


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, CheckOutcome.HOLDS),
        (204, CheckOutcome.HOLDS),
        (302, CheckOutcome.HOLDS),
        (404, CheckOutcome.FAILS),
        (503, CheckOutcome.FAILS),
    ],
)
def test_an_allowed_target_is_asked_once_and_no_redirect_followed(server, status, outcome):
    targets = {"model": {"url": f"{server.url}/health", "allow_internal": True}}
    before = len(server.asked)
    judged = ask_address(f"{server.url}/{status}", read_settings({"targets": targets}))
    assert judged.outcome is outcome
    assert judged.figures["status"] == status
    assert server.asked[before:] == [f"/{status}"]


def test_a_target_that_allows_its_port_allows_no_other(server):
    targets = {"model": {"url": "http://127.0.0.1:1/", "allow_internal": True}}
    before = len(server.asked)
    judged = ask_address(f"{server.url}/200", read_settings({"targets": targets}))
    assert judged.outcome is CheckOutcome.FAILS
    assert server.asked[before:] == []
