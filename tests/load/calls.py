"""Count calls of our own code before an acknowledgement: `python -m tests.load.calls`.

A handler is run as dispatch runs it, on SQLite, with a profiler that counts each function of the
project that is entered; what is rendered and sent afterwards is not part of it.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from handlers.bolt_app import ACTIONS, COMMANDS
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Request
from tests.runtimes import ANA, CHANNEL, CHO, TEAM, add_sprint, open_runtime, seat

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / room) for room in ("bot", "handlers", "hour48"))


def counted(ctx: HandlerContext, handler, request: Request) -> Counter[str]:
    """Return how often each module's functions were entered while a handler ran."""
    calls: Counter[str] = Counter()

    def enter(frame, event, _arg):
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(OURS):
            calls[str(Path(file).relative_to(ROOT))] += 1

    sys.setprofile(enter)
    try:
        run(ctx, handler, request)
    finally:
        sys.setprofile(None)
    return calls


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Path(folder) / "calls.db")
        seat(runtime)
        add_sprint(runtime)
        ctx = HandlerContext(runtime)
        steps = {
            "/blocker": (COMMANDS["/blocker"], "No read access to the billing replica", ANA),
            "/approval": (COMMANDS["/approval"], f"security <@{CHO}> scores for 1 %", ANA),
            "approve": (ACTIONS["approval.approve"], "", CHO),
        }
        for name, (handler, text, who) in steps.items():
            for attempt in ("first", "second"):
                value = "1" if attempt == "first" else "2"
                said = text.replace("security", "privacy") if attempt == "second" else text
                request = Request(TEAM, who, f"{name}{attempt}", CHANNEL, text=said, value=value)
                calls = counted(ctx, handler, request)
                print(name, attempt, calls.total(), dict(calls.most_common(6)))


if __name__ == "__main__":
    main()
