"""Install one small package into a scratch environment, as a data scientist would on day one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probes.environment.anywhere import reason_of

_PACKAGE: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(==[A-Za-z0-9.]+)?$")


@dataclass(frozen=True)
class Installed:
    """How the installation went: `reason` is empty when it worked."""

    package: str
    seconds: float
    reason: str = ""


def is_package_name(text: str) -> bool:
    """Return whether `text` is a package's name, perhaps with a version, and nothing else."""
    return bool(_PACKAGE.match(text))


def try_install(folder: Path, package: str, timeout: float) -> Installed:
    """Make a scratch environment, install the package from the configured index, import it.

    Args:
        folder: where the scratch environment goes; the caller deletes it.
        package: a small package.
        timeout: seconds for all of it.
    """
    started = time.monotonic()
    scratch = folder / "scratch-environment"
    python = scratch / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    limits = ["--no-input", "--retries", "1", "--timeout", "10", "--no-cache-dir", "--no-deps"]
    steps = (
        ("no_scratch", [sys.executable, "-m", "venv", "--without-pip", str(scratch)]),
        ("install_failed", [*pip, "install", "--quiet", *limits, package]),
    )
    for reason, command in steps:
        left = timeout - (time.monotonic() - started)
        failed = _run(command, max(1.0, left))
        if failed is not None:
            return Installed(package, time.monotonic() - started, reason_of(failed) or reason)
    return Installed(package, time.monotonic() - started)


def _run(command: list[str], timeout: float) -> str | None:
    """Run a command; return what it said when it failed, nothing when it worked."""
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            command, capture_output=True, text=True, timeout=timeout, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return "Timeout"
    except OSError as broken:
        return str(broken)
    return None if done.returncode == 0 else done.stderr + done.stdout
