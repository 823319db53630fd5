"""One call to Slack as its effect sees it, and what is kept of the answer."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.db.outbox_models import OutboxItem

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkspaceClient:
    """A workspace's way into Slack."""

    client: WebClient
    bot_user_id: str | None


@dataclass(frozen=True, slots=True)
class SlackCall:
    """What an effect needs to know; read from the rows before the call, so that none is held.

    Args:
        client: the workspace's client.
        item: the outbox row, detached.
        channel_id: where it goes.
        thread_ts: the message it answers.
        references: results of the other items that `item.body` names, by their key.
        bot_user_id: the bot itself.
        was_in_doubt: whether an earlier call may have been carried out.
        not_ours: channels or files that look like this one and belong to another item.
        others: calls of rows of the same channel and thread that are in doubt as well.
        begins_until: the last moment, by `time.monotonic`, at which a call may begin.
    """

    client: WebClient
    item: OutboxItem
    channel_id: str | None
    thread_ts: str | None
    references: Mapping[str, OutboxItem]
    bot_user_id: str | None
    was_in_doubt: bool = False
    not_ours: frozenset[str] = frozenset()
    others: tuple[SlackCall, ...] = ()
    begins_until: float = math.inf

    @property
    def is_late(self) -> bool:
        """Whether another bot may have taken the row over, so that no call may begin."""
        return time.monotonic() > self.begins_until

    def require_time(self) -> None:
        """Refuse to begin a call that is late.

        Raises:
            TimeoutError: it is too late; the row gets another try.
        """
        if self.is_late:
            raise TimeoutError("too late to begin the call")

    @property
    def after(self) -> str | None:
        """The newest message that was known before the first try; older ones need no look."""
        return self.item.result.get("after")
