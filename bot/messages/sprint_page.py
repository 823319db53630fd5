"""The sprint's page: what its canvas shows, and the message that stands for it without one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.messages.catalog import say, say_plain
from bot.slack import blocks, native
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clean, clip, escape, markdown_escaped, one_line

LONGEST_LINE: Final = 220
"""Characters of a line; Slack looks lines up by their text."""
_SCHEME: Final = re.compile(r"\bhttps?://")


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line that hour48 keeps current.

    Args:
        key: names the line for ever, such as `blocker:3`.
        text: what it says, plain.
    """

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class PageSection:
    """A heading with at least one line below it."""

    key: str
    heading: str
    lines: Sequence[PageLine]


def line(key: str, text: str) -> PageLine:
    """Return a line as Slack gives it back: one row, and nothing that it would turn into a link."""
    return PageLine(key, clip(one_line(_SCHEME.sub("", clean(text))), LONGEST_LINE))


def page(title: str, sections: Sequence[PageSection]) -> Block:
    """Return a page as a canvas, and as the message that is sent where Slack refuses one."""
    markdown = "\n\n".join(_markdown(each) for each in sections)
    twin = [blocks.section(_mrkdwn(each)) for each in sections]
    rows = [native.markdown(markdown, twin), blocks.context(say("page.intro"))]
    return {**blocks.message(say_plain("page.title"), rows), "canvas": _canvas(title, sections)}


def _markdown(section: PageSection) -> str:
    return "\n".join(
        [
            f"**{markdown_escaped(section.heading)}**",
            "",
            *(f"- {markdown_escaped(row.text)}" for row in section.lines),
        ]
    )


def _mrkdwn(section: PageSection) -> Mrkdwn:
    rows = "\n".join(f"• {escape(row.text)}" for row in section.lines)
    return Mrkdwn(f"*{escape(section.heading)}*\n{rows}")


def _canvas(title: str, sections: Sequence[PageSection]) -> dict[str, Any]:
    """Return what `bot.outbox.canvases` brings onto the canvas."""
    return {
        "title": clip(one_line(clean(title)), 100),
        "notes": [say_plain("page.notes"), say_plain("page.notes_text")],
        "sections": [
            [each.key, each.heading, [[row.key, row.text] for row in each.lines]]
            for each in sections
        ],
    }
