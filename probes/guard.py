"""Outgoing calls that cannot be turned against the company's own network.

A name is resolved once, every address it has is checked, and the connection goes to a checked
address: a name that resolves differently a moment later gains nothing. Each redirect is a new
connection, so it meets the same check.
"""

from __future__ import annotations

import ipaddress
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

Resolve = Callable[[str, int], list[str]]
Left = Callable[[], float]
"""Seconds that are left for the whole of a call."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.ip_network("::/96")
"""IPv4 in IPv6 as it was written before mapped addresses; `::` and `::1` are in it as well."""
_CREDENTIALS: Final = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # instance metadata of AWS, Azure, Google and others
        "fd00:ec2::254",
        "169.254.170.2",  # credentials of ECS tasks
        "169.254.170.23",  # credentials of EKS pods
        "fd00:ec2::23",
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure's own server for its machines
        "192.0.0.192",  # Oracle Cloud
    )
)
"""Where clouds hand out credentials or configuration to whoever asks from inside."""
_NOT_PUBLIC: Final = (
    ipaddress.ip_network("fec0::/10"),  # site-local, before fc00::/7
    ipaddress.ip_network("64:ff9b:1::/48"),  # NAT64 for local use
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("192.0.0.192/32"),
)
"""Internal addresses that Python's `ipaddress` takes for public ones in some versions."""


class Refused(InputError):  # noqa: N818  (a rule that says no, not a fault)
    """An address that must not be called."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order the system prefers.

    Raises:
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_internal(text: str) -> bool:
    """Return whether an address is not on the public internet, however it is written.

    Addresses that wrap another (IPv4 in IPv6, 6to4, Teredo, NAT64) count as what they wrap.
    """
    address = _unwrapped(ipaddress.ip_address(text.split("%", 1)[0]))
    return (
        not address.is_global
        or address.is_multicast
        or any(address.version == each.version and address in each for each in _NOT_PUBLIC)
    )


def is_metadata(text: str) -> bool:
    """Return whether an address is a cloud's metadata service, which hands out credentials."""
    return _unwrapped(ipaddress.ip_address(text.split("%", 1)[0])) in _CREDENTIALS


def _unwrapped(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo:
        inner = address.teredo[1]
    if inner is None and (address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)):
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


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
        Refused: one of its addresses is internal.
        OSError: the name cannot be resolved.
    """
    addresses = resolver(host.strip("[]"), port)
    if any(is_metadata(one) for one in addresses):
        raise Refused(f"{host} leads to a cloud's metadata service; hour48 never calls that.")
    if not allow_internal and any(is_internal(one) for one in addresses):
        raise Refused(
            f"{host} leads to an internal address; an administrator can allow it with "
            "allow_internal = true in its [targets] section."
        )
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
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
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
            raise Refused("a socket inside this machine is not the public internet")
    except Refused:
        _RULE.refused += 1
        raise
