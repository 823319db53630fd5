"""Finds high scores among what was served, and sends them to the webhooks that people chose."""

from __future__ import annotations

import json
import time
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot.deployments import notices
from bot.deployments.notices import Sending
from bot.domain.enums import NoticeState
from bot.domain.traffic import notice_signature
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime
from probes.guard import AddressRefused, guarded_client
from probes.settings import ProbeSettings
from scheduler.background_loop import ClaimLoop

ANSWER_SECONDS: Final = 5.0
SIGNATURE: Final = "X-Hour48-Signature"
EVENT: Final = "X-Hour48-Event"
REFUSALS: Final = frozenset({400, 413, 415, 422})
"""Answers that say no to this one score; any other failure is the receiver's, and waits."""


class NoticeWorker(ClaimLoop):
    """Works off notices about high scores.

    Args:
        runtime: where use cases happen.
        settings: the configured targets; only a host that an administrator has allowed among them
            may be inside the company.
    """

    def __init__(self, runtime: Runtime, settings: ProbeSettings) -> None:
        super().__init__("notices")
        self._runtime = runtime
        self._internal = {
            urlsplit(target.url.get_secret_value()).hostname
            for target in settings.targets.values()
            if target.allow_internal
        }

    def work_once(self) -> bool:
        """Look at every notice once; return whether there is more to do at once."""
        is_more = False
        for team_id, number in notices.active(self._runtime):
            if self._stop.is_set():
                return False
            notices.find_high(self._runtime, team_id, number)
            sending = notices.claim(self._runtime, team_id, number)
            if sending is not None:
                is_more |= self._send(team_id, sending)
        return is_more

    def _send(self, team_id: str, sending: Sending) -> bool:
        """Send in order until the receiver fails; return whether it took everything."""
        settled: list[tuple[int, NoticeState]] = []
        error = None
        allowed = urlsplit(sending.url).hostname in self._internal
        with guarded_client(timeout=ANSWER_SECONDS, allow_internal=allowed) as client:
            for number, payload in sending.events:
                state, error = deliver(client, sending, payload)
                if state is None:
                    break
                settled.append((number, state))
        notices.settle(self._runtime, team_id, sending.notice_id, settled, error)
        return error is None and len(sending.events) == notices.AT_ONCE


def deliver(
    client: httpx.Client, sending: Sending, payload: dict[str, object]
) -> tuple[NoticeState | None, str | None]:
    """Call a webhook once.

    Returns:
        What became of the score, and None; or None and why the receiver is to be tried again.
    """
    body = json.dumps(payload, separators=(",", ":")).encode()
    headers = {
        "content-type": "application/json",
        SIGNATURE: notice_signature(sending.secret, int(time.time()), body),
        EVENT: str(payload["event"]),
    }
    try:
        with client.stream("POST", sending.url, content=body, headers=headers) as response:
            status = response.status_code
    except AddressRefused as refused:
        return None, refused.message
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as away:
        return None, type(away).__name__
    if 200 <= status < 300:
        return NoticeState.SENT, None
    if status in REFUSALS:
        return NoticeState.REFUSED, None
    return None, say_plain("notice.status", code=status)
