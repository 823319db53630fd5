"""Where compiled models are: for one process, or kept for the next start."""

from __future__ import annotations

import hashlib
from pathlib import Path

import structlog

from bot.isolation import private_folders

log = structlog.get_logger()


def new_folder() -> Path:
    """Return a fresh folder for compiled models, which only this user reads."""
    return private_folders.new_folder("serving")


def kept_folder(models: Path) -> Path:
    """Return where compiled models stay for the next start, so that it need not compile.

    They are another version's once the code has changed that compiles or asks them. Where nothing
    can be written there, it is a fresh folder.

    Args:
        models: the folder of kept models.
    """
    place = models.absolute() / "compiled" / _code()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refused:
        log.warning("serving.nothing_kept", folder=str(place), reason=refused.strerror)
        return new_folder()
    return place


def _code() -> str:
    """Return a name of the code that makes and asks a compiled model."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()[:12]
