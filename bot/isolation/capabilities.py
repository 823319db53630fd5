"""Root's rights, taken from a process that runs as root in a container: all but those on files.

Root may read any process's memory and environment past Landlock (CAP_PERFMON, CAP_SYS_PTRACE).
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

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


def drop() -> None:
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
