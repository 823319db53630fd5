"""Channel names that Slack takes and people of any script can read."""

from __future__ import annotations

import re
import secrets
from datetime import date
from typing import Final

from anyascii import anyascii

CHANNEL_NAME_LENGTH: Final = 80
PREFIX: Final = "sprint"
CANDIDATES: Final = 20
_NOT_ALLOWED = re.compile(r"[^a-z0-9]+")


def slug(title: str) -> str:
    """Return `title` in lowercase Latin letters, digits and hyphens; empty when none are left."""
    return _NOT_ALLOWED.sub("-", anyascii(title).lower()).strip("-")


def channel_name(title: str, start: date, suffix: str = "") -> str:
    """Return a channel's name for a sprint.

    Args:
        title: the sprint's title in any script.
        start: the day it starts on.
        suffix: what tells it from the same sprint's other names.

    Returns:
        At most 80 characters of `a-z`, `0-9` and `-`.
    """
    tail = f"-{start:%m%d}" + (f"-{suffix}" if suffix else "")
    room = CHANNEL_NAME_LENGTH - len(PREFIX) - 1 - len(tail)
    words = slug(title)[:room].strip("-") or "48-hours"
    return f"{PREFIX}-{words}{tail}"


def channel_names(title: str, start: date) -> list[str]:
    """Return names to try: the plain one, numbered ones, and one that must be free."""
    plain = channel_name(title, start)
    numbered = [channel_name(title, start, str(count)) for count in range(2, CANDIDATES)]
    return [plain, *numbered, channel_name(title, start, secrets.token_hex(4))]
