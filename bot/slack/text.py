"""The one place where text from people becomes text for Slack: escaped once, clipped after that."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final

ELLIPSIS: Final = "…"
PSEUDONYM: Final = "erased-"
"""What an erased person's pseudonym begins with; no id of Slack's does."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_UNFINISHED_ENTITY = re.compile(r"&[a-z]{0,4}$")
_UNFINISHED_LINK = re.compile(r"<[^<>]*$")


class Mrkdwn(str):
    """Text that is ready for a mrkdwn field: what came from people in it is already escaped."""

    __slots__ = ()


def clean(text: str) -> str:
    """Drop control characters and direction overrides, and lone surrogates that JSON refuses."""
    return _CONTROL.sub("", text).encode("utf-8", "ignore").decode("utf-8")


def escape(text: object) -> Mrkdwn:
    """Escape `&`, `<` and `>` once, which defuses pings, links and channel names.

    Text that is `Mrkdwn` already passes through unchanged.
    """
    if isinstance(text, Mrkdwn):
        return text
    plain = clean(str(text))
    return Mrkdwn(plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def clip(text: str, limit: int) -> str:
    """Shorten `text` to `limit` characters without cutting an entity or a link in two."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    if isinstance(text, Mrkdwn):
        cut = _UNFINISHED_LINK.sub("", _UNFINISHED_ENTITY.sub("", cut))
        return Mrkdwn(cut.rstrip() + ELLIPSIS)
    return cut.rstrip() + ELLIPSIS


def one_line(text: str) -> str:
    """Fold line breaks and runs of blanks into single blanks."""
    return " ".join(text.split())


def mention(user_id: str) -> Mrkdwn:
    """Return a mention, which pings; use a name where nobody needs to be called.

    Whom an erasure has taken out has only a pseudonym, which is nobody's id.
    """
    return Mrkdwn(user_id if user_id.startswith(PSEUDONYM) else f"<@{user_id}>")


def typed(names: Iterable[str]) -> Mrkdwn:
    """Return words as they are typed into a command, with commas between them."""
    return Mrkdwn(", ".join(f"`{escape(name)}`" for name in names))


def link(url: str, label: str) -> Mrkdwn:
    """Return a link with a label; both are made safe."""
    target = clean(url).replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
    return Mrkdwn(f"<{target}|{escape(one_line(label)).replace('|', '/')}>")


@lru_cache(maxsize=4_000)
def moment(at: datetime, form: str = "{date_short_pretty} {time}") -> Mrkdwn:
    """Return a moment that each reader sees in their own time zone.

    Args:
        at: an aware moment.
        form: Slack's date tokens, for example `{time}`.
    """
    fallback = at.strftime("%d %b %H:%M UTC")
    return Mrkdwn(f"<!date^{int(at.timestamp())}^{form}|{fallback}>")


_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>~|!#])")


def markdown_escaped(text: str) -> str:
    """Return plain text so that standard Markdown reads it as what it is."""
    return _MARKDOWN.sub(r"\\\1", text)


_MARKUP: Final = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_EMPHASIS: Final = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)(.+?)(?<=\S)\1(?![\w*_~`])")


def plain_words(text: str) -> str:
    """Return mrkdwn of ours as plain text: links and times by their words, no emphasis."""
    words = _MARKUP.sub(lambda found: found[2] or found[1], text)
    words = _EMPHASIS.sub(lambda found: found[2], words)
    return html.unescape(words)
