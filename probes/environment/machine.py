"""What the machine offers: Python, libraries, memory, cores, disk, a notebook, the way out."""

from __future__ import annotations

import getpass
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psutil

from probes.environment.texts import say

STACK: Final = ("numpy", "pandas", "sklearn", "duckdb", "skops", "fairlearn", "matplotlib")
"""What a baseline model needs to be imported."""

_IMPORT: Final = """
import importlib, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = str(getattr(importlib.import_module(name), "__version__", "unknown"))
    except Exception as broken:
        found[name] = {"error": type(broken).__name__}
print(json.dumps(found))
"""
_CELL: Final = "import pandas\nprint(int(pandas.Series([40, 2]).sum()))"


def import_stack(names: Sequence[str], timeout: float) -> dict[str, Any]:
    """Return each library's version, or an `error`; imported in a process of its own."""
    command = [sys.executable, "-c", _IMPORT, *names]
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            command, capture_output=True, text=True, timeout=timeout, check=False
        )
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError, OSError) as broken:
        return {name: {"error": type(broken).__name__} for name in names}
    return found


def run_notebook(timeout: float) -> str:
    """Execute a two-line notebook end to end; return why it failed, or nothing."""
    import nbformat
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    v4: Any = nbformat.v4
    notebook = v4.new_notebook(cells=[v4.new_code_cell(_CELL)])
    client = NotebookClient(
        notebook, timeout=timeout, startup_timeout=timeout, kernel_name="python3"
    )
    try:
        client.execute()
    except NoSuchKernel:
        return say("python_kernel_installed")
    except (CellTimeoutError, TimeoutError):
        return say("step_timed_out", timeout=timeout)
    except (CellExecutionError, DeadKernelError, RuntimeError, OSError) as broken:
        return say("stopped", cause=type(broken).__name__)
    output = "".join(str(one.get("text", "")) for one in notebook.cells[0].outputs)
    return "" if output.strip() == "42" else say("output_computed")


def can_reach(host: str, port: int, timeout: float) -> bool:
    """Return whether a connection to the outside can be opened."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def memory_gb() -> float:
    """Return the memory a process here may use: the machine's, or the container's if less."""
    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            limits.append(int((Path("/sys/fs/cgroup") / name).read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return min(limits) / 2**30


def cores() -> int:
    """Return how many cores a process here may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def free_disk_gb(folder: Path) -> float:
    """Return the free space where models and data would be kept."""
    return shutil.disk_usage(folder).free / 2**30


def gpus(timeout: float) -> list[str]:
    """Return the names of NVIDIA GPUs that the driver knows; none is fine for these models."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            [tool, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]


def who_may_install() -> dict[str, Any]:
    """Return who runs this, and whether they may write where packages go."""
    place = Path(sysconfig.get_paths()["purelib"])
    return {
        "user": _user(),
        "administrator": hasattr(os, "geteuid") and os.geteuid() == 0,
        "may_write_packages": os.access(place, os.W_OK),
        "own_environment": sys.prefix != sys.base_prefix,
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def python_version() -> str:
    """Return the version of the Python that runs this."""
    return platform.python_version()
