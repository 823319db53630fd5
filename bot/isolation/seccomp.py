"""seccomp filters: a process gives up system calls for good, or has its network calls looked at.

Two filters: `close_network` takes every socket away; `watch_network` lets another process decide
on each connection. Both take away what would go round them (io_uring, ptrace). See seccomp(2).
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Sequence
from typing import Final

from bot.isolation.landlock import give_up_privileges

SET_FILTER: Final = 1
GET_ACTION: Final = 2
ALL_THREADS: Final = 1 << 0
NEW_LISTENER: Final = 1 << 3
ALLOW: Final = 0x7FFF0000
ASK: Final = 0x7FC00000
REFUSE: Final = 0x00050000
SECCOMP_CALL: Final = {"x86_64": 317, "aarch64": 277}
AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS: Final = {
    "x86_64": {
        "socket": 41,
        "connect": 42,
        "sendto": 44,
        "sendmsg": 46,
        "listen": 50,
        "ptrace": 101,
        "mount": 165,
        "add_key": 248,
        "keyctl": 250,
        "unshare": 272,
        "perf_event_open": 298,
        "sendmmsg": 307,
        "setns": 308,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "bpf": 321,
        "userfaultfd": 323,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
    "aarch64": {
        "socket": 198,
        "connect": 203,
        "sendto": 206,
        "sendmsg": 211,
        "listen": 201,
        "ptrace": 117,
        "mount": 40,
        "add_key": 217,
        "keyctl": 219,
        "unshare": 97,
        "perf_event_open": 241,
        "sendmmsg": 269,
        "setns": 268,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "bpf": 280,
        "userfaultfd": 282,
        "io_uring_setup": 425,
        "pidfd_getfd": 438,
    },
}
NEVER: Final = (
    "ptrace",
    "mount",
    "add_key",
    "keyctl",
    "unshare",
    "perf_event_open",
    "setns",
    "process_vm_readv",
    "process_vm_writev",
    "bpf",
    "userfaultfd",
    "io_uring_setup",
    "pidfd_getfd",
)
"""What a probe never needs; io_uring would open sockets past any filter."""
X32_BIT: Final = 0x40000000
FAST_OPEN: Final = 0x20000000
"""A flag of sendto that connects and sends at once."""
FAMILIES: Final = (1, 2, 10, 16)
"""Unix, IPv4, IPv6 and netlink, which the resolver asks for addresses of this machine."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


_libc = ctypes.CDLL(None, use_errno=True)


def is_available() -> bool:
    """Return whether this system takes a filter of ours."""
    return sys.platform == "linux" and platform.machine() in CALLS and _knows(REFUSE)


def can_ask() -> bool:
    """Return whether this system lets another process decide on a call."""
    return is_available() and _knows(ASK)


def close_network() -> None:
    """Take every socket away from this process and all that it starts later.

    Raises:
        OSError: the system refuses.
    """
    calls = CALLS[platform.machine()]
    program = [*_refusals(calls), *_on(calls["socket"], [_returning(errno.EACCES)])]
    _install(program, ALL_THREADS)


def watch_network(*, listens: bool) -> int:
    """Have every connection of this thread, and all that it starts later, decided on elsewhere.

    Args:
        listens: whether it may take connections.

    Returns:
        The descriptor on which they are asked about; until somebody answers, they wait.

    Raises:
        OSError: the system refuses.
    """
    calls = CALLS[platform.machine()]
    program = [
        *_refusals(calls),
        *([] if listens else _on(calls["listen"], [_returning(errno.EACCES)])),
        *_on(calls["socket"], _socket_families()),
        *_on(calls["sendto"], _with_an_address()),
    ]
    for name in ("connect", "sendmsg", "sendmmsg"):
        program += _on(calls[name], [(_RETURN, 0, 0, ASK)])
    return _install(program, NEW_LISTENER)


def _knows(action: int) -> bool:
    asked = ctypes.c_uint32(action)
    call = SECCOMP_CALL[platform.machine()]
    return int(_libc.syscall(call, GET_ACTION, 0, ctypes.byref(asked))) == 0


def _refusals(calls: dict[str, int]) -> list[Instruction]:
    program = [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, X32_BIT), _returning(errno.EPERM)]
    for name in NEVER:
        program += _on(calls[name], [_returning(errno.EPERM)])
    return program


def _on(number: int, then: Sequence[Instruction]) -> list[Instruction]:
    """Return instructions for one call, which must all end in a return; others pass them over."""
    return [(_EQUAL, 0, len(then), number), *then]


def _socket_families() -> Sequence[Instruction]:
    load = (_LOAD, 0, 0, _ARGUMENTS)
    known = [(_EQUAL, len(FAMILIES) - at, 0, family) for at, family in enumerate(FAMILIES)]
    return [load, *known, _returning(errno.EACCES), (_RETURN, 0, 0, ALLOW)]


def _with_an_address() -> Sequence[Instruction]:
    flags, low, high = _ARGUMENTS + 3 * 8, _ARGUMENTS + 4 * 8, _ARGUMENTS + 4 * 8 + 4
    return [
        (_LOAD, 0, 0, flags),
        (_ANY_BIT, 0, 1, FAST_OPEN),
        _returning(errno.EACCES),
        (_LOAD, 0, 0, low),
        (_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, high),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, ASK),
        (_RETURN, 0, 0, ALLOW),
    ]


def _returning(number: int) -> Instruction:
    return (_RETURN, 0, 0, REFUSE | number)


def _install(program: Sequence[Instruction], flags: int) -> int:
    machine = platform.machine()
    whole = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        _returning(errno.EPERM),
        *program,
        (_RETURN, 0, 0, ALLOW),
    ]
    packed = b"".join(struct.pack("HBBI", *line) for line in whole)
    held = ctypes.create_string_buffer(packed, len(packed))
    wanted = _Program(len(whole), ctypes.cast(held, ctypes.c_void_p))
    give_up_privileges()
    found = int(_libc.syscall(SECCOMP_CALL[machine], SET_FILTER, flags, ctypes.byref(wanted)))
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found
