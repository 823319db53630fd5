"""Outgoing calls that cannot be turned against the company's own network.

A name is resolved once, every address it has is checked, and the connection goes to a checked
address: a name that resolves differently a moment later gains nothing. Each redirect is a new
connection, so it meets the same check.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpcore
import httpx

from bot.domain.errors import InputError
from probes.addresses import is_internal, is_metadata
from probes.texts import say

Resolve = Callable[[str, int], list[str]]
Left = Callable[[], float]
"""Seconds that are left for the whole of a call."""


class AddressRefused(InputError):  # noqa: N818  (a rule that says no, not a fault)
    """An address that must not be called."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order the system prefers.

    Raises:
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    host: str, port: int, *, allow_internal: bool = False, resolver: Resolve = resolve
) -> list[str]:
    """Return the addresses of a host that may be called: all of them, or it is refused.

    Args:
        host: a name or an address.
        port: where to.
        allow_internal: the administrator has allowed this target inside the company. Metadata
            services stay refused.
        resolver: how names become addresses.

    Raises:
        AddressRefused: one of its addresses is internal.
        OSError: the name cannot be resolved.
    """
    addresses = resolver(host.strip("[]"), port)
    if any(is_metadata(one) for one in addresses):
        raise AddressRefused(say("metadata_service_refused", host=host))
    if not allow_internal and any(is_internal(one) for one in addresses):
        raise AddressRefused(say("internal_address_refused", host=host))
    return addresses


class _HurriedStream(httpcore.NetworkStream):
    """Reads until the whole call's time is over: a target may drip headers within each timeout."""

    def __init__(self, stream: httpcore.NetworkStream, left: Left) -> None:
        self._stream = stream
        self._left = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._left()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer does not end")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _HurriedStream(secure, self._left)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedBackend(httpcore.SyncBackend):
    """Opens connections to checked addresses only."""

    def __init__(
        self, *, allow_internal: bool, resolver: Resolve = resolve, left: Left | None = None
    ) -> None:
        self._allow_internal = allow_internal
        self._resolver = resolver
        self._left = left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers; TLS still asks for the host's name."""
        try:
            addresses = checked_addresses(
                host, port, allow_internal=self._allow_internal, resolver=self._resolver
            )
        except OSError as unknown:
            raise httpcore.ConnectError(f"cannot resolve {host}") from unknown
        failed: Exception = httpcore.ConnectError(say("address", host=host))
        for address in addresses:
            try:
                stream = super().connect_tcp(address, port, timeout, local_address, socket_options)
                return _HurriedStream(stream, self._left) if self._left else stream
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as broken:
                failed = broken
        raise failed


class _GuardedTransport(httpx.HTTPTransport):
    def __init__(self, context: ssl.SSLContext, backend: GuardedBackend) -> None:
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=backend, max_connections=20
        )


def guarded_client(
    *,
    timeout: float,
    allow_internal: bool = False,
    context: ssl.SSLContext | None = None,
    resolver: Resolve = resolve,
    left: Left | None = None,
) -> httpx.Client:
    """Return a client whose every connection is checked; it follows no redirect and uses no proxy.

    Args:
        timeout: seconds for each step of a call.
        allow_internal: the administrator has allowed this target inside the company.
        context: how certificates are checked; the system's way when left out.
        resolver: how names become addresses.
        left: the seconds that are left for the whole of a call; no limit where left out.
    """
    backend = GuardedBackend(allow_internal=allow_internal, resolver=resolver, left=left)
    transport = _GuardedTransport(context or ssl.create_default_context(), backend)
    return httpx.Client(
        transport=transport, timeout=timeout, follow_redirects=False, trust_env=False
    )


@dataclass
class _SocketRule:
    """The rule that holds for every socket of this process; none while `allow_internal` is None."""

    allow_internal: bool | None = None
    refused: int = 0
    is_installed: bool = False


_RULE: Final = _SocketRule()


@contextmanager
def guarded_sockets(*, allow_internal: bool) -> Iterator[Callable[[], bool]]:
    """Check each address that this process connects to, whichever Python library opens the socket.

    A broker may send its client on to other addresses; those meet the same check. Libraries that
    connect outside Python (gRPC, libpq) have to be given a checked address instead.

    Args:
        allow_internal: the administrator has allowed this target inside the company.

    Yields:
        What tells whether a connection has been refused.
    """
    if not _RULE.is_installed:
        sys.addaudithook(_watch_sockets)
        _RULE.is_installed = True
    before = _RULE.allow_internal
    _RULE.allow_internal, refused = allow_internal, _RULE.refused
    try:
        yield lambda: _RULE.refused > refused
    finally:
        _RULE.allow_internal = before


def _watch_sockets(event: str, args: tuple[Any, ...]) -> None:
    if event != "socket.connect" or _RULE.allow_internal is None:
        return
    family, address = args[0].family, args[1]
    try:
        if family in {socket.AF_INET, socket.AF_INET6}:
            checked_addresses(str(address[0]), address[1], allow_internal=_RULE.allow_internal)
        elif not _RULE.allow_internal:
            raise AddressRefused(say("socket_not_public"))
    except AddressRefused:
        _RULE.refused += 1
        raise
