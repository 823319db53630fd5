"""Landlock: a process gives up files and TCP ports for good, without any privilege.

Linux 5.13 has it for files, 6.7 for ports, 6.12 for signals. See landlock(7).
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

CREATE_RULESET: Final = 444
ADD_RULE: Final = 445
RESTRICT_SELF: Final = 446
VERSION_FLAG: Final = 1
RULE_PATH: Final = 1
RULE_PORT: Final = 2
NO_NEW_PRIVILEGES: Final = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_READ: Final = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
"""Rights that a rule on a file, not a folder, may name."""
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights on files that each version knows; a version has those of the one before."""
_CONNECT_TCP: Final = 1 << 1
_SCOPES: Final = 0b11
"""Abstract Unix sockets and signals: only to processes that are under the same restrictions."""
PORTS_FROM: Final = 4
SCOPES_FROM: Final = 6


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """Return the version of Landlock that this system has; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc.syscall(CREATE_RULESET, None, 0, VERSION_FLAG)))


def restrict(
    read: Iterable[Path], write: Iterable[Path], ports: Iterable[int] | None = None
) -> int:
    """Give up every file but these, for this thread and all that it starts later.

    Args:
        read: files and folders that may be read and executed; absent ones are passed over.
        write: folders in which everything may be done.
        ports: the only TCP ports that may be called; any where left out.

    Returns:
        The version that holds; 0 where the system has none, and nothing was given up.

    Raises:
        OSError: the system has Landlock and refuses.
    """
    found = version()
    if not found:
        return 0
    everything = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= found)]
    closes_ports = ports is not None and found >= PORTS_FROM
    wanted = _Ruleset(
        everything, _CONNECT_TCP * closes_ports, _SCOPES if found >= SCOPES_FROM else 0
    )
    # A smaller structure is how older versions are asked.
    size = 24 if found >= SCOPES_FROM else 16 if found >= PORTS_FROM else 8
    rules = _checked(_libc.syscall(CREATE_RULESET, ctypes.byref(wanted), size, 0))
    try:
        for path in read:
            _allow(rules, path, _READ)
        for path in write:
            _allow(rules, path, everything)
        for port in ports or () if closes_ports else ():
            rule = _PortRule(_CONNECT_TCP, port)
            _checked(_libc.syscall(ADD_RULE, rules, RULE_PORT, ctypes.byref(rule), 0))
        give_up_privileges()
        _checked(_libc.syscall(RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return found


def give_up_privileges() -> None:
    """Never gain rights by executing a file: what Landlock and seccomp ask for."""
    _checked(_libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))


def _allow(rules: int, path: Path, rights: int) -> None:
    with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = rights if path.is_dir() else rights & _OF_FILES
            rule = _PathRule(allowed, place)
            _checked(_libc.syscall(ADD_RULE, rules, RULE_PATH, ctypes.byref(rule), 0))
        finally:
            os.close(place)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
