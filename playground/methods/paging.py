"""Cursor paging, as all listing methods do it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, TypeVar

from playground.errors import SlackError
from playground.methods.arguments import Arguments

Item = TypeVar("Item")
MOST_PER_PAGE = 1000
DEFAULT_PER_PAGE = 100


def page(
    items: Sequence[Item], arguments: Arguments, most: int = MOST_PER_PAGE
) -> tuple[list[Item], dict[str, Any]]:
    """Return one page and the answer's `response_metadata`.

    Args:
        items: everything, in the order it is listed.
        arguments: whose `limit` and `cursor` count.
        most: what one page holds at most; whoever asks for more is given that.
    """
    limit = arguments.number("limit", DEFAULT_PER_PAGE)
    if not 0 < limit <= MOST_PER_PAGE:
        raise SlackError("invalid_limit")
    limit = min(limit, most)
    start = _position(arguments.text("cursor"))
    following = start + limit
    cursor = _cursor(following) if following < len(items) else ""
    return list(items[start:following]), {"next_cursor": cursor}


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"next:{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, position = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        if word != "next":
            raise SlackError("invalid_cursor")
        return int(position)
    except ValueError:
        raise SlackError("invalid_cursor") from None
