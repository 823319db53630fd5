"""Count calls of our own code before an acknowledgement: `python -m tests.load.calls`.

A handler is run as dispatch runs it, on SQLite, with a profiler that counts each function of the
project that is entered; what is rendered and sent afterwards is not part of it.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from handlers.bolt_app import all_handlers
from handlers.context import HandlerContext
from handlers.dispatch import run
from handlers.request import Request
from tests.runtimes import ANA, CHANNEL, CHO, EVE, TEAM, add_sprint, open_runtime, seat

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / suite) for suite in ("bot", "handlers", "hour48"))


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


def described(_team_id: str, user_id: str) -> dict[str, Any]:
    """Answer as Slack does, so that somebody who pressed before is known."""
    return {"id": user_id, "name": user_id.lower(), "profile": {"real_name": user_id}}


def measured() -> dict[str, list[Counter[str]]]:
    """Return each kind's first three presses; from the third on people and tables are known."""
    found: dict[str, list[Counter[str]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        runtime = open_runtime(Path(folder) / "calls.db")
        seat(runtime)
        add_sprint(runtime, sponsor_id=EVE)
        ctx = HandlerContext(runtime, look_up=described)
        steps = {
            "/blocker": (
                all_handlers("COMMANDS")["/blocker"],
                "No read access to the billing replica",
                ANA,
            ),
            "/approval": (
                all_handlers("COMMANDS")["/approval"],
                f"security <@{CHO}> scores for 1 %",
                ANA,
            ),
            "approve": (all_handlers("ACTIONS")["approval.approve"], "", CHO),
        }
        for name, (handler, text, who) in steps.items():
            for place, subject in enumerate(("security", "privacy", "legal"), 1):
                said = text.replace("security", subject)
                request = Request(TEAM, who, f"{name}{place}", CHANNEL, text=said, value=str(place))
                found.setdefault(name, []).append(counted(ctx, handler, request))
        runtime.engine.dispose()
    return found


def main() -> None:
    for name, presses in measured().items():
        for place, calls in enumerate(presses, 1):
            print(name, place, calls.total(), dict(calls.most_common(6)))


if __name__ == "__main__":
    main()
