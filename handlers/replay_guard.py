"""Replay protection: a signed request is accepted once within Slack's time window.

Each bot remembers the signatures of the window, which costs a look into a dictionary. What another
bot answered is found out by the first transaction that the request writes: it keeps the signature's
name as a receipt, in the same commit as the facts. Slack signs each of its own retries anew.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog
from slack_bolt import BoltRequest, BoltResponse

from bot.db.installations import SIGNED

log = structlog.get_logger()

WINDOW_SECONDS: Final = 300
"""A signature is taken from this long before its timestamp to this long after it."""
CONTEXT_KEY: Final = "hour48_signed"
"""Where Bolt's context names a signed request; nothing stands there in Socket Mode."""
MOST_KEPT: Final = 200_000
"""At a hundred requests a second twice the window fills less than a third of this."""


class Replays:
    """Remembers the signatures of a window; a middleware of Bolt, after the signature was checked.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(
        self,
        request: BoltRequest,
        next: Callable[[], BoltResponse],  # noqa: A002 - Bolt's name
    ) -> BoltResponse:
        """Let the first request of a signature pass and refuse the others."""
        signature = _first(request, "x-slack-signature")
        if not signature or request.mode != "http":
            return next()
        if not self._is_first(signature, float(_first(request, "x-slack-request-timestamp"))):
            log.warning("web.replayed", team=request.context.team_id)
            return BoltResponse(status=401, body="this was delivered before\n")
        request.context[CONTEXT_KEY] = receipt_of(signature)
        return next()

    def _is_first(self, signature: str, stamped: float) -> bool:
        now = self._clock()
        with self._lock:
            while self._seen and (
                len(self._seen) >= MOST_KEPT or next(iter(self._seen.values())) < now
            ):
                self._seen.popitem(last=False)
            if signature in self._seen:
                return False
            self._seen[signature] = max(now, stamped) + WINDOW_SECONDS
        return True


def receipt_of(signature: str) -> str:
    """Return the receipt that a signed request leaves; the signature cannot be read from it."""
    return f"{SIGNED}{hashlib.sha256(signature.encode(errors='replace')).hexdigest()}"


def _first(request: BoltRequest, name: str) -> str:
    return (request.headers.get(name) or [""])[0]
