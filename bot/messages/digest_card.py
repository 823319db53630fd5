"""Digests: what moved, what blocks, what waits on whom, what was lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages.catalog import say
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn

SHOWN_LINES = 8


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest tells; the lines are ready for mrkdwn.

    Args:
        span_hours: how far back `moved` looks.
    """

    title: Mrkdwn
    subtitle: Mrkdwn | None
    moved: Sequence[Mrkdwn]
    span_hours: int
    blocking: Sequence[Mrkdwn]
    waiting: Sequence[Mrkdwn]
    lost: Mrkdwn
    footer: Mrkdwn | None = None


def digest_card(digest: Digest) -> Block:
    """Return a digest."""
    rows = [blocks.section(Mrkdwn(f"*{digest.title}*"))]
    if digest.subtitle:
        rows.append(blocks.context(digest.subtitle))
    moved = say("digest.nothing_moved", hours=digest.span_hours)
    rows.append(blocks.section(_listed("digest.moved", digest.moved, moved)))
    if digest.moved or digest.blocking or digest.waiting:
        blocking = _listed("digest.blocks", digest.blocking, say("digest.nothing_blocks"))
        rows.append(blocks.section(blocking))
        if digest.waiting:
            rows.append(blocks.section(_listed("digest.waits", digest.waiting)))
        rows.append(blocks.section(digest.lost))
    if digest.footer:
        rows.append(blocks.context(digest.footer))
    return blocks.message(digest.title, rows)


def sponsor_gate_card(title: Mrkdwn, answer: Mrkdwn, known: Sequence[Mrkdwn]) -> Block:
    """Return a gate as the sponsor sees it."""
    rows = [blocks.section(Mrkdwn(f"*{title}*")), blocks.section(answer)]
    if known:
        rows.append(blocks.context(Mrkdwn("\n".join(known[:SHOWN_LINES]))))
    return blocks.message(title, rows)


def _listed(key: str, lines: Sequence[Mrkdwn], otherwise: Mrkdwn | None = None) -> Mrkdwn:
    if not lines and otherwise is not None:
        return otherwise
    shown = list(lines[:SHOWN_LINES])
    if len(lines) > SHOWN_LINES:
        shown.append(say("digest.more", count=len(lines) - SHOWN_LINES))
    return say(key, lines=Mrkdwn("\n".join(shown)))
