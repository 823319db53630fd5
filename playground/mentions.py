"""Real pings: whom a message notifies, judged the way Slack reads its text and blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from playground.model import Mention

USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
BROADCAST = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>")
USERGROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
BARE_BROADCAST = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")


def pings_in_text(text: str, *, link_names: bool = False) -> Iterator[Mention]:
    """Yield the pings in mrkdwn text; `link_names` also finds a bare `@channel`."""
    yield from (Mention("user", user_id) for user_id in USER.findall(text))
    yield from (Mention("broadcast", name) for name in BROADCAST.findall(text))
    yield from (Mention("usergroup", group) for group in USERGROUP.findall(text))
    if link_names:
        yield from (Mention("broadcast", name) for name in BARE_BROADCAST.findall(text))


def pings_in_blocks(part: Any) -> Iterator[Mention]:
    """Yield the pings anywhere in blocks: mrkdwn and markdown text, and rich_text elements."""
    if isinstance(part, list):
        for item in part:
            yield from pings_in_blocks(item)
    elif isinstance(part, dict):
        yield from _pings_of_object(part)
        for value in part.values():
            yield from pings_in_blocks(value)


def _pings_of_object(part: dict[str, Any]) -> Iterator[Mention]:
    kind = part.get("type")
    if kind in ("mrkdwn", "markdown"):
        yield from pings_in_text(str(part.get("text", "")))
    elif kind == "user" and "user_id" in part:
        yield Mention("user", part["user_id"])
    elif kind == "usergroup" and "usergroup_id" in part:
        yield Mention("usergroup", part["usergroup_id"])
    elif kind == "broadcast" and "range" in part:
        yield Mention("broadcast", part["range"])


def pings_of(
    text: str, blocks: Iterable[Any], attachments: Iterable[Any] = (), *, link_names: bool = False
) -> list[Mention]:
    """Return whom a message pings, each once."""
    found = [
        *pings_in_text(text, link_names=link_names),
        *pings_in_blocks(list(blocks)),
        *pings_in_blocks(list(attachments)),
    ]
    for attachment in attachments:
        found += pings_in_text(str(attachment.get("text", "")))
        found += pings_in_text(str(attachment.get("pretext", "")))
    return list(dict.fromkeys(found))
