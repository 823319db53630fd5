"""The environment of other people's model servers, made once: MLflow and MLServer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

FOLDER: Final = Path(".venv-peers")
WANTED: Final = Path("tests/peers.txt")
INSTALL_SECONDS: Final = 1_800


def python() -> Path:
    """Return the Python that has them, or would have."""
    return (FOLDER / "bin" / "python").absolute()


def is_installed() -> bool:
    """Tell whether they are there, as `tests/peers.txt` wants them now."""
    made = FOLDER / ".installed"
    return made.exists() and made.stat().st_mtime >= WANTED.stat().st_mtime


def install() -> str:
    """Make the environment where it is not there; return why it could not be made, or nothing."""
    if is_installed():
        return ""
    install = [str(python()), "-m", "pip", "install", "--quiet", "-r", str(WANTED)]
    for command in ([sys.executable, "-m", "venv", str(FOLDER)], install):
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return "MLflow and MLServer could not be installed here."
    (FOLDER / ".installed").touch()
    return ""


def environment() -> dict[str, str]:
    """Return what lets them find their own commands and our preparation, and call nobody."""
    path = f"{python().parent}{os.pathsep}{os.environ['PATH']}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONWARNINGS": "ignore"}
    return {**os.environ, "PATH": path, "PYTHONPATH": str(Path.cwd()), **quiet}


if __name__ == "__main__":
    sys.exit(install() or None)
