"""Looks for rows in doubt in a channel's history, within whatever rate Slack allows.

An app that is distributed outside the Marketplace has one call of each history method a minute, of
15 messages. So a page answers for every row of its channel that is in doubt, and a look that has to
wait goes on with its next page instead of beginning again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.outbox.calls import Result, SlackCall
from bot.outbox.operations import EFFECTS
from bot.outbox.rate_limiter import RateLimiter

PAGE: Final = 200
"""Messages that are asked for at a time."""
LIMITED_PAGE: Final = 15
"""Messages that Slack gives an app outside the Marketplace, whatever it asks for."""


class LookPausedError(RuntimeError):
    """The next page has to wait for Slack's rate.

    Args:
        seconds: how long.
        method: whose rate it is.
    """

    def __init__(self, seconds: float, method: str) -> None:
        super().__init__(method)
        self.seconds = seconds
        self.method = method


@dataclass(slots=True)
class HistoryWalk:
    """One walk through a channel's or a thread's history for all of its rows in doubt.

    Args:
        calls: the rows by id, as they were when it began.
        attempts: by id, how often each had been tried then, or when the walk was last left for it.
        cursor: the next page.
        found: what was recognised, by the row's id.
    """

    calls: dict[int, SlackCall]
    attempts: dict[int, int]
    cursor: str | None = None
    found: dict[int, Result] = field(default_factory=dict)

    @property
    def oldest(self) -> str | None:
        """What none of the rows can be older than; None when that is not known of one of them."""
        known = [call.after for call in self.calls.values()]
        return None if None in known else min(one for one in known if one)

    def others(self, call: SlackCall) -> list[tuple[SlackCall, Result | None]]:
        """Return the rows beside that of `call` of which this walk tells: what was found, or None.

        What has not been found yet may be on a page that was not read.
        """
        return [
            (one, self.found.get(id_))
            for id_, one in self.calls.items()
            if id_ != call.item.id and (id_ in self.found or self.cursor is None)
        ]


class History:
    """The walks that a sender has begun.

    Args:
        rate_limiter: Slack's rates.
    """

    def __init__(self, rate_limiter: RateLimiter) -> None:
        self._rate_limiter = rate_limiter
        self._lock = threading.Lock()
        self._begun: dict[tuple[str, str | None, str | None], HistoryWalk] = {}

    def look(self, call: SlackCall) -> HistoryWalk:
        """Walk through history until the row of `call` is found, or to the end.

        The first page was paid for with the call.

        Raises:
            LookPausedError: the next page has to wait; the next look goes on there.
            SlackApiError: Slack refused a page; the next look asks for it again.
        """
        place = (call.item.team_id, call.channel_id, call.thread_ts)
        reading = self._reading(place, call)
        method = "conversations.replies" if call.thread_ts else "conversations.history"
        while True:
            self._read_page(reading, call, method)
            if reading.cursor is None or call.item.id in reading.found:
                break
            if wait := self._rate_limiter.wait(call.item.team_id, method):
                raise LookPausedError(wait, method)
        with self._lock:
            self._begun.pop(place, None)
        return reading

    def _reading(self, place: tuple[str, str | None, str | None], call: SlackCall) -> HistoryWalk:
        """Go on with the walk that was left for this row, unless somebody tried it meanwhile."""
        item = call.item
        with self._lock:
            begun = self._begun.get(place)
            if begun is None or begun.attempts.get(item.id) != item.attempts - 1:
                calls = {one.item.id: one for one in (call, *call.others)}
                attempts = {id_: one.item.attempts for id_, one in calls.items()}
                begun = self._begun[place] = HistoryWalk(calls, attempts)
            begun.attempts[item.id] = item.attempts
            return begun

    def _read_page(self, reading: HistoryWalk, call: SlackCall, method: str) -> None:
        page = _page(call, method, reading)
        messages = page.get("messages", [])
        for message in messages:
            found = next(_recognising(reading, message), None)
            if found is not None:
                reading.found.update([found])
        reading.cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if reading.cursor and len(messages) <= LIMITED_PAGE + 1:  # a thread's page has its parent
            self._rate_limiter.limit_history(call.item.team_id, method)


def _recognising(reading: HistoryWalk, message: Mapping[str, Any]) -> Iterator[tuple[int, Result]]:
    """Yield the rows, not found yet, of which a message may be what was sent."""
    for id_, one in reading.calls.items():
        recognise = EFFECTS[one.item.kind].recognise
        if recognise is None or id_ in reading.found:
            continue
        if (result := recognise(one, message)) is not None:
            yield id_, result


def _page(call: SlackCall, method: str, reading: HistoryWalk) -> Mapping[str, Any]:
    window: dict[str, Any] = {
        "channel": str(call.channel_id),
        "include_all_metadata": True,
        "limit": PAGE,
        "cursor": reading.cursor,
        "oldest": reading.oldest,
    }
    if call.thread_ts:
        window["ts"] = call.thread_ts
    answer = call.client.api_call(method, params={k: v for k, v in window.items() if v is not None})
    return answer.data if isinstance(answer.data, dict) else {}
