"""Targets that call out: what may be called is on the public internet, however it is written."""

from __future__ import annotations

import ipaddress
import itertools
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import httpcore
import httpx

from bot.domain.errors import InputError
from probes.guard import (
    AddressRefused,
    GuardedBackend,
    checked_addresses,
    guarded_client,
    is_internal,
    is_metadata,
)

PUBLIC: Final = "93.184.216.34"
REBOUND: Final = (
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.1",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "fd00:ec2::254",
)


def _numeric(host: str, port: int) -> list[str]:
    """Resolve as the system does, but ask no name server: decimal, octal, hex and short forms."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def probe_target(text: str) -> None:
    """A host to call."""
    try:
        allowed = checked_addresses(text, 443, resolver=_numeric)
    except (AddressRefused, OSError, UnicodeError, ValueError):
        return
    for address in allowed:
        assert not is_internal(address), address
        assert not ipaddress.ip_address(address.split("%")[0]).is_private, address


def probe_target_inside(text: str) -> None:
    """A host that an administrator allowed inside the company: still no metadata service."""
    try:
        allowed = checked_addresses(text, 443, allow_internal=True, resolver=_numeric)
    except (AddressRefused, OSError, UnicodeError, ValueError):
        return
    assert not any(is_metadata(address) for address in allowed)


class _Wire(httpcore.SyncBackend):
    """Notes what is connected to, and answers with what it was given; no packet leaves."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.answer = b""

    def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.reached.append(host)
        return httpcore.MockStream([self.answer])


class _Guarded(GuardedBackend, _Wire):
    """The guard in front of the wire that only notes."""

    def __init__(self, resolver: Callable[[str, int], list[str]]) -> None:
        GuardedBackend.__init__(self, allow_internal=False, resolver=resolver)
        _Wire.__init__(self)


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _client(backend: _Guarded) -> httpx.Client:
    client = guarded_client(timeout=1, context=_context())
    transport: Any = client._transport
    transport._pool = httpcore.ConnectionPool(network_backend=backend)
    return client


def _public_names(host: str, port: int) -> list[str]:
    """Resolve numbers as the system does; any name is a public one."""
    try:
        return _numeric(host, port)
    except (OSError, UnicodeError):
        return [PUBLIC]


def _call(backend: _Guarded, url: str) -> None:
    with _client(backend) as client:
        try:
            answer = client.get(url)
        except (httpx.HTTPError, httpx.InvalidURL, InputError, UnicodeError, ValueError):
            return
    assert answer.status_code == 302


def probe_url(text: str) -> None:
    """An address to call, whole or behind its scheme."""
    backend = _Guarded(_public_names)
    backend.answer = b"HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n"
    for url in (text, f"http://{text}", f"http://example.com@{text}/"):
        _call(backend, url)
    assert not any(is_internal(address) for address in backend.reached), backend.reached


def probe_redirect(text: str) -> None:
    """Where an answer sends the caller: nowhere, since no redirect is followed."""
    backend = _Guarded(_public_names)
    place = text.encode("utf-8", "ignore").replace(b"\r", b"").replace(b"\n", b"")
    backend.answer = b"HTTP/1.1 302 Found\r\nLocation: " + place + b"\r\nContent-Length: 0\r\n\r\n"
    _call(backend, "http://example.com/")
    assert backend.reached == [PUBLIC]


def probe_rebinding(text: str) -> None:
    """A name that means another address each time it is asked for."""
    mixed = [PUBLIC, *REBOUND]
    order = sorted(mixed, key=lambda each: hash((text, each)))
    turns: Iterator[str] = itertools.cycle(order)
    backend = _Guarded(lambda _host, _port: [next(turns)])
    backend.answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"
    for _ in mixed:
        _call(backend, "http://example.com/")
    assert set(backend.reached) == {PUBLIC}
    several = _Guarded(lambda _host, _port: order)
    _call(several, "http://example.com/")
    assert several.reached == []


TARGETS: Final[tuple[Callable[[str], None], ...]] = (
    probe_target,
    probe_target_inside,
    probe_url,
    probe_redirect,
    probe_rebinding,
)
