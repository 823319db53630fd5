"""What a child process is held to, as its parent says and the child does to itself."""

from __future__ import annotations

import ctypes
import os
import queue
import socket
import sys
import sysconfig
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bot.isolation import landlock, seccomp


class Network(StrEnum):
    """What a child may call."""

    NONE = "none"
    """Nothing at all."""
    HELD = "held"
    """What its parent allows, connection by connection."""
    OPEN = "open"
    """Whatever this machine may."""


class Strength(StrEnum):
    """How firmly this system holds a child's network."""

    BY_ADDRESS = "address"
    BY_PORT = "port"
    NOT = "not"


@dataclass(frozen=True)
class Confinement:
    """What a child process is held to.

    Args:
        network: what it may call.
        ports: where connections cannot be decided on one by one, the TCP ports that may be called.
        listens: whether it may take connections.
        holds_files: whether all files but these are closed to it.
        read: files and folders it may read, beside Python and the system's own.
        write: folders it may write to.
    """

    network: Network = Network.NONE
    ports: tuple[int, ...] | None = None
    listens: bool = False
    holds_files: bool = True
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return it for a child's standard input."""
        return asdict(self)

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Confinement:
        """Return what `plain` wrote."""
        ports = raw["ports"]
        return cls(
            Network(raw["network"]),
            None if ports is None else tuple(ports),
            raw["listens"],
            raw["holds_files"],
            tuple(raw["read"]),
            tuple(raw["write"]),
        )


@dataclass(frozen=True)
class Held:
    """What holds in a child, or would hold on this system.

    Args:
        files: Landlock's version; 0 where files are not closed.
        network: how firmly calls are held.
    """

    files: int
    network: Strength


SYSTEM: Final = (
    "/bin",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/proc",
    "/run/systemd/resolve",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib/ca-certificates",
)
"""Read by nearly any program; people's and the bot's own data is not there."""
DEVICES: Final = ("/dev/null", "/dev/shm", "/dev/tty", "/dev/zero")  # noqa: S108  (shared memory of this child's own threads and processes)


def of_this_system() -> Held:
    """Return what a child can be held to here."""
    files = landlock.version()
    if seccomp.can_ask():
        return Held(files, Strength.BY_ADDRESS)
    return Held(files, Strength.BY_PORT if files >= landlock.PORTS_FROM else Strength.NOT)


def confine(wanted: Confinement, control: socket.socket | None = None) -> Held:
    """Hold this process to it, for good; before any other thread has begun.

    Args:
        wanted: what to.
        control: where the listener goes that the parent answers on, for a network that is held.

    Raises:
        OSError: the system has what is needed and refuses.
    """
    here = of_this_system()
    if wanted.holds_files:
        drop_capabilities()
    alone = control is None  # nobody decides on calls one by one
    files = _hold_files(wanted, here, by_port=alone) if wanted.holds_files else 0
    if wanted.network is Network.OPEN:
        return Held(files, Strength.NOT)
    if wanted.network is Network.NONE and seccomp.is_available():
        seccomp.close_network()
        return Held(files, Strength.BY_ADDRESS)
    if here.network is Strength.BY_ADDRESS and control is not None:
        _hand_over_listener(control, listens=wanted.listens)
        return Held(files, Strength.BY_ADDRESS)
    by_port = wanted.holds_files and files >= landlock.PORTS_FROM
    return Held(files, Strength.BY_PORT if by_port else Strength.NOT)


def _hold_files(wanted: Confinement, here: Held, *, by_port: bool) -> int:
    by_port = wanted.network is not Network.OPEN and (by_port or here.network is Strength.BY_PORT)
    read = [Path(place) for place in (*SYSTEM, *python_places(), *wanted.read)]
    write = [Path(place) for place in (*DEVICES, *wanted.write)]
    return landlock.restrict(read, write, (wanted.ports or ()) if by_port else None)


def _hand_over_listener(control: socket.socket, *, listens: bool) -> None:
    """Send the listener from a thread that began before the filter and is not under it."""
    made: queue.SimpleQueue[int] = queue.SimpleQueue()
    ready = threading.Event()

    def send() -> None:
        ready.set()
        listener = made.get()
        if listener >= 0:
            socket.send_fds(control, [b"+"], [listener])
            os.close(listener)

    sender = threading.Thread(target=send)
    sender.start()
    ready.wait()
    try:
        made.put(seccomp.watch_network(listens=listens))
    except OSError:
        made.put(-1)
        raise
    finally:
        sender.join()
        control.close()


def python_places() -> Iterable[str]:
    """Return the folders that this interpreter and its packages are in."""
    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()]
    found += [str(Path(sys.executable).resolve().parent.parent)]
    found += [place for place in sys.path if place]
    ours = Path(__file__).resolve().parents[2]
    # Not the folder itself: the bot may run in its checkout, beside its configuration and database.
    found += [str(ours / package) for package in ("bot", "probes", "serving")]
    return dict.fromkeys(place for place in found if place != str(ours))


VERSION_3: Final = 0x20080522
DROP_FROM_BOUNDS: Final = 24
LAST: Final = 63
KEPT: Final = 0b1111
"""Change owners and pass over permissions of files: a source may belong to another user."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def drop_capabilities() -> None:
    """Give up, for good, every capability of this thread and all that it starts but for files.

    Raises:
        OSError: the system refuses.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with suppress(OSError):  # only root may narrow the bounds, and only root gains from them
        for number in range(4, LAST + 1):
            if libc.prctl(DROP_FROM_BOUNDS, number, 0, 0, 0) < 0:
                raise OSError(ctypes.get_errno(), "prctl")
    header = _Header(VERSION_3, 0)
    held = (_Sets * 2)()
    _checked(libc.capget(ctypes.byref(header), held))
    low = held[0]
    kept = (_Sets * 2)(_Sets(low.effective & KEPT, low.permitted & KEPT, 0), _Sets(0, 0, 0))
    _checked(libc.capset(ctypes.byref(header), kept))


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
