"""No outgoing call reaches an internal address, however it is written or renamed."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from probes.guard import AddressRefused, checked_addresses, guarded_client, is_internal, resolve

INTERNAL = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "169.254.1.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::",
    "168.63.129.16", "192.0.0.192", "::127.0.0.1", "::10.0.0.1", "fec0::1", "64:ff9b:1::1",
    "::ffff:0:10.0.0.1",
]  # fmt: skip  # a table, one row a line
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_known_in_every_writing(address):
    assert is_internal(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address):
    assert not is_internal(address)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "127.1", "localhost", "[::1]", "0177.0.0.1"]
)
def test_a_disguised_loopback_is_refused(host):
    with pytest.raises(AddressRefused):
        checked_addresses(host, 80)


def test_one_internal_address_among_public_ones_refuses_the_name():
    with pytest.raises(AddressRefused):
        checked_addresses("x.test", 443, resolver=lambda *_: ["8.8.8.8", "10.0.0.1"])


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "fd00:ec2::23",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "::ffff:169.254.170.2",
        "64:ff9b::a9fe:aa02",
        "::169.254.169.254",
        "169.254.169.253",
        "169.254.0.23",
        "fe80::a9fe:a9fe%eth0",
        "fd20:ce::254",
        "64:ff9b:1::a9fe:a9fe",
        "::ffff:0:169.254.170.2",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::",
        "2001:0:0:0:0:0:5601:5601",
    ],
)
def test_credential_services_are_refused_even_where_internal_is_allowed(address):
    with pytest.raises(AddressRefused):
        checked_addresses("meta.test", 80, allow_internal=True, resolver=lambda *_: [address])


class _Page(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def port():
    server = HTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_connection_itself_is_refused_not_only_the_address_in_the_request(port):
    with guarded_client(timeout=2) as client, pytest.raises(AddressRefused):
        client.get(f"http://localhost:{port}/")


def test_an_allowed_internal_target_answers_and_its_redirect_is_not_followed(port):
    with guarded_client(timeout=2, allow_internal=True) as client:
        assert client.get(f"http://127.0.0.1:{port}/").status_code == 200
        assert client.get(f"http://127.0.0.1:{port}/away").status_code == 302


def test_a_name_that_turns_internal_between_two_calls_is_refused_at_the_second(port):
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    client = guarded_client(timeout=2, allow_internal=True, resolver=lambda *_: next(answers))
    with client:
        first = client.get(f"http://moving.test:{port}/", headers={"Connection": "close"})
        assert first.status_code == 200
        with pytest.raises(AddressRefused):
            client.get(f"http://moving.test:{port}/")


def test_an_unknown_name_is_a_connection_error():
    with guarded_client(timeout=2) as client, pytest.raises(httpx.ConnectError):
        client.get("http://no-such-host.invalid/")


def test_the_systems_resolver_gives_addresses():
    assert "127.0.0.1" in resolve("127.0.0.1", 80)
