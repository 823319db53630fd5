"""Decides on every connection that a watched child process asks for, and makes the allowed ones.

The address is read once from the child's memory and the connection is made here on the child's own
socket, so that a thread of the child cannot change the address after it was looked at.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import ipaddress
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.isolation.seccomp import CALLS

RECEIVE: Final = 0xC0502100
SEND: Final = 0xC0182101
STILL_VALID: Final = 0x40082102
NOTIFICATION: Final = struct.Struct("QIIiIQ6Q")
ANSWER: Final = struct.Struct("QqiI")
CONTINUE: Final = 1
GET_DESCRIPTOR: Final = 438
POLL_MS: Final = 500
RESOLVE_SECONDS: Final = 1.0
"""A name is resolved again for an address that is not among its own, but not more often."""
DNS_PORT: Final = 53
NETLINK: Final = 16
LONGEST_ADDRESS: Final = 128
MOST_MESSAGES: Final = 64
RESOLVERS: Final = ("/run/systemd/resolve/", "/var/run/nscd/", "/run/nscd/")

_libc = ctypes.CDLL(None, use_errno=True)
Resolve = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Allowed:
    """Where a child may connect to.

    Args:
        hosts: name or address, and the port; any port where that is None.
        unix: paths of Unix sockets.
        also: decides on addresses beside those, by address and port.
        asks_names: whether it may ask this machine's name servers, for any name.
    """

    hosts: tuple[tuple[str, int | None], ...] = ()
    unix: tuple[str, ...] = ()
    also: Callable[[str, int], bool] = field(default=lambda _address, _port: False)
    asks_names: bool = True

    def names(self) -> dict[str, list[str]]:
        """Return the addresses of the hosts for a child that may ask nobody; else nothing."""
        return {} if self.asks_names else {host: resolve(host) for host, _ in self.hosts}


def resolve(host: str) -> list[str]:
    """Return the addresses of a host; none where it cannot be resolved."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(entry[4][0]) for entry in found]


def nameservers(path: Path = Path("/etc/resolv.conf")) -> set[str]:
    """Return the addresses of this machine's resolvers; the machine itself where none is named."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    named = {part[1] for part in words if len(part) > 1 and part[0] == "nameserver"}
    return named or {"127.0.0.1", "::1"}


class Judge:
    """Says whether an address is among those allowed; resolves names lazily and again.

    Args:
        allowed: where to.
        resolver: how names become addresses.
    """

    def __init__(self, allowed: Allowed, resolver: Resolve = resolve) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._known: dict[str, set[str]] = {}
        self._asked: dict[str, float] = {}
        self._nameservers = nameservers()
        self._lock = threading.Lock()

    def allows(self, packed: bytes) -> bool:
        """Return whether a socket address, as it stands in memory, may be connected to."""
        family = int.from_bytes(packed[:2], "little") if len(packed) >= 2 else -1
        if family == socket.AF_UNIX:
            return self._allows_path(packed[2:].split(b"\0", 1)[0].decode(errors="replace"))
        read = _ADDRESS_BYTES.get(family)
        if read is None or len(packed) < read[1]:
            return family in {NETLINK, socket.AF_UNSPEC}
        port = int.from_bytes(packed[2:4], "big")
        return self.allows_address(_plain_address(packed[read[0] : read[1]]), port)

    def _allows_path(self, path: str) -> bool:
        resolves = self._allowed.asks_names and path.startswith(RESOLVERS)
        return resolves or path in self._allowed.unix

    def allows_address(self, address: str, port: int) -> bool:
        """Return whether an address and port may be connected to."""
        if port == DNS_PORT and address in self._nameservers and self._allowed.asks_names:
            return True
        if self._allowed.also(address, port):
            return True
        return any(
            wanted in (None, port) and self._is_of(host, address)
            for host, wanted in self._allowed.hosts
        )

    def _is_of(self, host: str, address: str) -> bool:
        with self._lock:
            if address in self._known.get(host, ()):
                return True
            if time.monotonic() - self._asked.get(host, -RESOLVE_SECONDS) >= RESOLVE_SECONDS:
                self._asked[host] = time.monotonic()
                found = {_plain_text(one) for one in self._resolver(host)}
                self._known.setdefault(host, set()).update(found)
            return address in self._known[host]


class Egress:
    """Answers a child's questions on its listener until the child is gone.

    Args:
        listener: the descriptor that `seccomp.watch_network` returned in the child.
        judge: what is allowed.
    """

    def __init__(self, listener: int, judge: Judge) -> None:
        self._listener = listener
        self._judge = judge
        self.refused = 0
        """How many calls were refused so far."""
        threading.Thread(target=self._answer_all, name="egress", daemon=True).start()

    def _answer_all(self) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        try:
            while True:
                events = poll.poll(POLL_MS)
                if any(event & (select.POLLHUP | select.POLLERR) for _, event in events):
                    return
                if events:
                    self._take_one()
        finally:
            os.close(self._listener)

    def _take_one(self) -> None:
        raw = bytearray(NOTIFICATION.size)
        try:
            fcntl.ioctl(self._listener, RECEIVE, raw)
        except OSError:  # the call was interrupted before it was read
            return
        # A connection may take minutes; others must not wait for it.
        threading.Thread(target=self._answer, args=(bytes(raw),), daemon=True).start()

    def _answer(self, raw: bytes) -> None:
        number, pid, _, call, _, _, *arguments = NOTIFICATION.unpack(raw)
        try:
            value, error, flags = self._decide(number, pid, call, arguments)
        except OSError as failed:
            value, error, flags = 0, -(failed.errno or errno.EACCES), 0
        if error == -errno.EACCES:
            self.refused += 1
        with suppress(OSError):  # the child is gone
            fcntl.ioctl(self._listener, SEND, ANSWER.pack(number, value, error, flags))

    def _decide(
        self, number: int, pid: int, call: int, arguments: list[int]
    ) -> tuple[int, int, int]:
        name = _NAMES.get(call, "")
        addresses = list(_addresses(name, pid, arguments))
        self._check_alive(number)
        if not all(self._judge.allows(address) for address in addresses):
            return 0, -errno.EACCES, 0
        if name != "connect" or addresses[0][:2] == b"\0\0":
            return 0, 0, CONTINUE
        return self._connect(number, pid, arguments[0] & 0xFFFFFFFF, addresses[0])

    def _check_alive(self, number: int) -> None:
        """Refuse where the child died meanwhile: its number may be another process's by now."""
        fcntl.ioctl(self._listener, STILL_VALID, struct.pack("Q", number))

    def _connect(
        self, number: int, pid: int, descriptor: int, address: bytes
    ) -> tuple[int, int, int]:
        try:
            held = _descriptor_of(pid, descriptor)
        except OSError as failed:
            if failed.errno != errno.EPERM:
                raise
            return 0, 0, CONTINUE  # some containers forbid it; the address was checked
        try:
            self._check_alive(number)
            if _libc.connect(held, address, len(address)) < 0:
                return 0, -ctypes.get_errno(), 0
        finally:
            os.close(held)
        return 0, 0, 0


_ADDRESS_BYTES: Final[dict[int, tuple[int, int]]] = {
    int(socket.AF_INET): (4, 8),
    int(socket.AF_INET6): (8, 24),
}
_NAMES: Final = {
    number: name
    for name, number in CALLS.get(os.uname().machine, {}).items()
    if name in {"connect", "sendto", "sendmsg", "sendmmsg"}
}


def _addresses(name: str, pid: int, arguments: list[int]) -> Iterable[bytes]:
    """Return the addresses that a call names, read from the caller's memory."""
    if name == "connect":
        return [_memory(pid, arguments[1], min(arguments[2], LONGEST_ADDRESS))]
    if name == "sendto":
        return [_memory(pid, arguments[4], min(arguments[5], LONGEST_ADDRESS))]
    count = min(arguments[2], MOST_MESSAGES) if name == "sendmmsg" else 1
    return _of_messages(pid, arguments[1], count)


def _of_messages(pid: int, at: int, count: int) -> Iterable[bytes]:
    """Return the addresses in message headers of 56 bytes, which stand 64 apart."""
    for place in range(count):
        name, length = struct.unpack("QI", _memory(pid, at + 64 * place, 12))
        if name and length:
            yield _memory(pid, name, min(length, LONGEST_ADDRESS))


def _memory(pid: int, at: int, size: int) -> bytes:
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        memory.seek(at)
        return memory.read(size)


def _descriptor_of(pid: int, descriptor: int) -> int:
    """Return a descriptor here for what another process's descriptor stands for."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    leader = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Tgid"))
    process = os.pidfd_open(leader)
    try:
        found = int(_libc.syscall(GET_DESCRIPTOR, process, descriptor, 0))
    finally:
        os.close(process)
    if found < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return found


def _plain_address(packed: bytes) -> str:
    return _plain_text(str(ipaddress.ip_address(packed)))


def _plain_text(text: str) -> str:
    address = ipaddress.ip_address(text.split("%", 1)[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
