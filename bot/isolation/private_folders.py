"""One private root for temporary data, with a folder for each process that uses it.

A process holds a lock on its folder for as long as it lives, however it ends; so a later start can
tell the folders of dead processes and delete them, and never one that is in use.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from bot.domain.errors import InputError
from bot.texts import texts_beside

say: Final = texts_beside(__file__).say

OWNED: Final = "owner-"
BEGUN: Final = "begun-"
RESULTS: Final = "results"
UNFINISHED: Final = "unfinished-"
"""In an owner's folder, before the name of results that are not complete yet."""
LOCK: Final = ".lock"
BEGUN_SECONDS: Final = 3600
"""A folder whose owner died before it could lock it is that of a dead owner after so long."""
RESULTS_DAYS: Final = 7
"""How long pictures and models stay that the command line made without being told where to."""


@dataclass(frozen=True)
class Swept:
    """What a sweep deleted: how many folders of dead processes, and how many bytes in them."""

    folders: int = 0
    size: int = 0


@dataclass(frozen=True)
class _Owner:
    """The folder that this process holds under one root."""

    pid: int
    path: Path
    lock: int


_owners: dict[Path, _Owner] = {}


def private_root(parent: Path | None = None) -> Path:
    """Return the root folder, which only this user can read; it is made where it is absent.

    Args:
        parent: the folder to use instead of the system's temporary one.

    Raises:
        InputError: the place is taken by another user or by something that is no folder.
    """
    base = parent or Path(tempfile.gettempdir())
    root = base / f"hour48-{os.getuid()}"
    base.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    found = root.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise InputError(
            say("folder_not_ours", root=root),
            field="probes.folder",
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        root.chmod(0o700)
    return root


def new_folder(purpose: str, parent: Path | None = None) -> Path:
    """Return a new folder of this process; it is gone when the process ends, or swept later."""
    return Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=_owned(private_root(parent))))


@contextmanager
def private_folder(purpose: str, parent: Path | None = None) -> Iterator[Path]:
    """Give a new folder of this process, and delete it at the end."""
    folder = new_folder(purpose, parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def results_folder(purpose: str, parent: Path | None = None) -> Path:
    """Return a new folder for results that a person may want to look at for some days.

    Until `keep_results` it goes with its process, as other folders do.
    """
    root = private_root(parent)
    place = root / RESULTS
    place.mkdir(mode=0o700, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{purpose}-", dir=place))
    (_owned(root) / f"{UNFINISHED}{folder.name}").touch()
    return folder


def keep_results(folder: Path) -> None:
    """Let complete results outlive this process; a folder elsewhere is its maker's to keep."""
    owner = _owners.get(folder.parent.parent)
    if owner is not None:
        (owner.path / f"{UNFINISHED}{folder.name}").unlink(missing_ok=True)


def sweep(parent: Path | None = None) -> Swept:
    """Delete what dead processes left in the root, and results that are days old.

    Args:
        parent: the folder to use instead of the system's temporary one.
    """
    root = private_root(parent)
    dead = [path for path in root.iterdir() if _is_dead(path)]
    old = [path for path in _inside(root / RESULTS) if _age(path) > RESULTS_DAYS * 86_400]
    cut_off = [root / RESULTS / name for path in dead for name in _unfinished(path)]
    swept = Swept(len(dead), sum(map(_size, (*dead, *cut_off))))
    for path in (*cut_off, *dead, *old):
        shutil.rmtree(path, ignore_errors=True)
    return swept


def _owned(root: Path) -> Path:
    """Return this process's own folder under a root; a forked process gets one of its own."""
    owner = _owners.get(root)
    if owner is None or owner.pid != os.getpid() or not owner.path.is_dir():
        owner = _owners[root] = _claim(root)
        sweep(root.parent)
    return owner.path


def _claim(root: Path) -> _Owner:
    """Make a folder and lock it before it carries a name that a sweep looks at."""
    name = f"{os.getpid()}-{uuid4().hex[:8]}"
    begun = root / f"{BEGUN}{name}"
    begun.mkdir(mode=0o700)
    lock = os.open(begun / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    place = begun.rename(root / f"{OWNED}{name}")
    atexit.register(_leave, os.getpid(), place)
    return _Owner(os.getpid(), place, lock)


def _leave(pid: int, place: Path) -> None:
    if os.getpid() == pid:  # a forked process runs its parent's exit functions, too
        for name in _unfinished(place):
            shutil.rmtree(place.parent / RESULTS / name, ignore_errors=True)
        shutil.rmtree(place, ignore_errors=True)


def _unfinished(owned: Path) -> list[str]:
    """Return the names of the results that the owner of a folder did not complete."""
    return [path.name.removeprefix(UNFINISHED) for path in owned.glob(f"{UNFINISHED}*")]


def _is_dead(path: Path) -> bool:
    if path.name.startswith(BEGUN):
        return _age(path) > BEGUN_SECONDS
    if not path.name.startswith(OWNED):
        return False
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # a sweep that was killed had already deleted it
        return _age(path) > BEGUN_SECONDS or not (path / LOCK).exists()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def _inside(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_size
    return total
