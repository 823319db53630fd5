"""When JSON is asked for, every line is JSON: ours, those of libraries, warnings and last words."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

PROGRAM = """
    import asyncio, logging, sys, threading, warnings
    from bot.logs import log_to
    from bot.settings import LogSettings
    import structlog

    log_to(LogSettings(level="info", form="json"))
    structlog.get_logger().info("ours", sprint=1)
    from hour48.cli import _tell_where
    _tell_where("json", "http://127.0.0.1:4848")
    for name in ("alembic.runtime", "apscheduler", "slack_bolt.App", "uvicorn.error", "slack_sdk"):
        logging.getLogger(name).warning("from %s\\nwith a second line", name)
    try:
        1 / 0
    except ZeroDivisionError:
        logging.getLogger("a.library").exception("it broke")
    warnings.warn("this is old", DeprecationWarning)
    warnings.warn("look here")
    import uvicorn
    from handlers.page_server import ServedPage
    from handlers.shared_socket import SharedSocket
    from starlette.applications import Starlette
    page = ServedPage(Starlette(), SharedSocket("127.0.0.1", 0))
    page.start()
    import socket
    host, port = page.base_url.removeprefix("http://").split(":")
    visitor = socket.create_connection((host, int(port)))
    visitor.sendall(b"no request\\r\\n\\r\\n")
    visitor.recv(100)
    page.stop()
    dies = threading.Thread(target=lambda: {}["gone"])
    dies.start()
    dies.join()
    class Bad:
        def __del__(self):
            raise ValueError("in a finaliser")
    bad = Bad()
    del bad
    sys.setswitchinterval(1e-6)
    library = logging.getLogger("slack_bolt.App")
    def chatter():
        for _ in range(500):
            library.info("beside ours")
    beside = threading.Thread(target=chatter)
    beside.start()
    for _ in range(500):
        structlog.get_logger().info("beside theirs")
    beside.join()
    raise SystemError("last words")
"""


def test_every_line_is_json_when_json_is_asked_for():
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    events = [line["event"] for line in lines]
    for wanted in ("ours", "it broke", "thread.died_of", "error.ignored", "process.died_of"):
        assert wanted in events, events
    text = told.stderr
    for wanted in ("alembic.runtime", "slack_bolt.App", "look here", "last words", "Invalid HTTP"):
        assert wanted in text, wanted
    assert all({"level", "timestamp"} <= line.keys() for line in lines)
    assert next(line for line in lines if line["event"] == "it broke")["exception"].count("\n") >= 2
