"""A real MariaDB server for tests, which Debian brings."""

from __future__ import annotations

import shutil
import socket as socket_module
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IS_INSTALLED = shutil.which("mariadbd") is not None


@contextmanager
def mariadb(folder: Path, statements: str) -> Iterator[int]:
    """Run a server with a root that needs no password, and yield its port.

    Args:
        folder: where its files go.
        statements: run at its start.
    """
    data, socket, port = folder / "data", folder / "s", free_port()
    subprocess.run(
        [
            "mariadb-install-db",
            f"--datadir={data}",
            "--auth-root-authentication-method=normal",
            "--user=root",
            "--skip-test-db",
        ],
        check=True,
        capture_output=True,
    )
    process = subprocess.Popen(
        [
            "mariadbd",
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={socket}",
            "--user=root",
            "--bind-address=127.0.0.1",
            f"--port={port}",
            f"--pid-file={folder / 'pid'}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _run(socket, statements)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port that is free just now."""
    with socket_module.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _run(socket: Path, statements: str) -> None:
    until = time.monotonic() + 30
    while True:
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root"],
            check=False,
            input=statements,
            text=True,
            capture_output=True,
        )
        if done.returncode == 0:
            return
        assert time.monotonic() < until, done.stderr
        time.sleep(0.3)
