"""A Slack that says yes to everything, for load on the bot alone.

`python -m tests.load.stub PORT [SECONDS]`: each call takes so many seconds, and those with the
token `HANGS` take ten. It keeps nothing; what the bot says is judged by the tests in the local
workspace.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_numbers = itertools.count(1)
LATENCY = float(sys.argv[2]) if __name__ == "__main__" and len(sys.argv) > 2 else 0.0
HANGING_SECONDS = 10.0


async def answer(request: Request) -> Response:
    """Answer any method with what the bot reads from it."""
    hangs = request.headers.get("authorization", "").endswith("HANGS")
    await asyncio.sleep(HANGING_SECONDS if hangs else LATENCY)
    number = next(_numbers)
    told = {
        "ok": True,
        "ts": f"{int(time.time())}.{number:06d}",
        "channel": {"id": f"D{number:06d}"} if "open" in request.url.path else f"C{number:06d}",
        "user_id": "UBOT",
        "bot_id": "BBOT",
        "team_id": "T000",
        "user": {"id": "UBOT", "name": "somebody", "profile": {}},
        "messages": [],
    }
    return JSONResponse(told)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
