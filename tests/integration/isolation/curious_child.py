"""A probe's process whose probe tries everything that it must not be able to do."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from bot.isolation.egress import nameservers
from probes import child, registry
from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    asked = request.options["try"]
    facts = {name: attempt(TRIALS[kind], *given) for name, (kind, *given) in asked.items()}
    facts["environment"] = dict(os.environ)
    facts["folders"] = [str(context.folder), str(context.scratch)]
    return ProbeResult(request.probe, facts=facts)


def attempt(what: Callable[..., Any], *given: Any) -> str:
    try:
        return str(what(*given))
    except Exception as failed:
        return type(failed).__name__


def connect(host: str, port: int) -> str:
    with socket.create_connection((host, port), timeout=5) as opened:
        return opened.recv(2).decode()


def connect_without_waiting(host: str, port: int) -> str:
    with socket.socket() as opened:
        opened.setblocking(False)
        code = opened.connect_ex((host, port))
        return os.strerror(code)


def send_datagram(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        return opened.sendto(b"rows", (host, port))


def send_message(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        return opened.sendmsg([b"rows"], [], 0, (host, port))


def ask_name_server() -> str:
    """Send a question to each name server of this machine, as a way out for data."""
    for address in nameservers():
        with socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
        ) as opened:
            opened.connect((address, 53))
    return "asked"


def listen() -> str:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        opened.listen()
        return "listens"


def at(text: str) -> Path:
    """Return a path that is written so that it is no file's name in the request."""
    return Path(text.removeprefix("at:"))


def in_another_process(host: str, port: int) -> str:
    import subprocess

    code = f"import socket; print(socket.create_connection(({host!r}, {port}), 5).recv(2).decode())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1].split(":")[0]


TRIALS: dict[str, Callable[..., Any]] = {
    "ask_name_server": ask_name_server,
    "connect": connect,
    "connect_without_waiting": connect_without_waiting,
    "send_datagram": send_datagram,
    "send_message": send_message,
    "in_another_process": in_another_process,
    "listen": listen,
    "socket": lambda: socket.socket().fileno() > 0,
    "read": lambda path: at(path).read_bytes()[:2].decode(),
    "list": lambda path: len(list(at(path).iterdir())),
    "write": lambda path: str(at(path).write_text("rows")),
    "signal": lambda pid: os.kill(pid, 0),
}


if __name__ == "__main__":
    module = "tests.integration.isolation.curious_child"
    import_module(module)  # before its file is closed to this process
    for name in ("access", "integration"):
        registry.PROBES[name] = replace(registry.PROBES[name], module=module)
    code = child.main()
    sys.stderr.flush()
    os._exit(code)
