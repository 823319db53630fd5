"""Questions whose words alone say which list or figure they want, whatever else they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.ask.intents import Intent
from bot.ask.question import Question, Reply
from bot.ask.replies import (
    compared,
    counts,
    decisions,
    delivery,
    history,
    obstacles,
    own,
    supposed,
    waiting,
)


@dataclass(frozen=True, slots=True)
class Told:
    """A reply, and what its question is taken for."""

    intent: Intent
    reply: Reply


DIRECT: Final[tuple[tuple[Callable[[Question], Reply | None], Intent | None], ...]] = (
    (supposed.supposed, Intent.WHAT_IF),
    (counts.counted, None),
    (history.since_event, Intent.MISSED),
    (compared.past, Intent.FORECAST),
    (compared.compared, None),
    (compared.lasted, None),
    (compared.of_success, None),
    (own.away, None),
    (waiting.what_next, Intent.NEXT),
    (own.tasks, Intent.NEEDED),
    (obstacles.raised, Intent.BLOCKED),
    (decisions.all_gates, Intent.DECIDED),
    (delivery.all_findings, Intent.FINDINGS),
)
"""What is tried first, and its intent; None leaves that which the words are taken for."""


def told(q: Question, intent: Intent) -> Told | None:
    """Return what a question is told by its words alone; None where they leave it open."""
    for reply_to, meant in DIRECT:
        if reply := reply_to(q):
            return Told(meant or intent, reply)
    return None
