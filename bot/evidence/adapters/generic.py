"""Any ticket system that can send a signed JSON: key, state, time, assignee, link."""

from __future__ import annotations

import re
from typing import Any, Final

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    EventSubject,
    SystemSettings,
    UnreadableEvent,
    WebhookDelivery,
    moment,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import any_of, hub_signature, standard
from bot.evidence.texts import say

MOST_EVENTS: Final = 500
FIELDS: Final = ("key", "created", "state", "at", "assignee", "link", "title", "ended", "outcome")
"""What one event may carry; `key` and a time are all that is needed."""
_OUTCOMES: Final = {"done": WaitStatus.DONE, "refused": WaitStatus.REFUSED}


def facts_of(event: dict[str, Any], settings: SystemSettings) -> list[SystemEvent]:
    """Return what one event says, of a webhook or of a line of CSV.

    Raises:
        UnreadableEvent: it has no key or no time that can be read.
    """
    key = required(words(event, "key"), "key")
    subject = EventSubject(key, words(event, "link"), words(event, "title"))
    created, at, ended = (_time(event, name) for name in ("created", "at", "ended"))
    state, outcome = words(event, "state"), words(event, "outcome").lower()
    if outcome and outcome not in _OUTCOMES:
        raise UnreadableEvent(say("event_outcome"))
    first = created or at or ended
    if first is None:
        first = required_moment(None, say("event_some_time"))
    facts = []
    if created is not None:
        facts.append(subject.opened(created))
    if state and (at or not ended):
        standing = _OUTCOMES.get(outcome) if not ended else None
        standing = standing or settings.standing(state)
        facts.append(subject.state(at or first, state, standing))
    if ended is not None:
        standing = _OUTCOMES.get(outcome) or _end(state, settings)
        facts.append(subject.state(ended, state or str(standing), standing))
    if who := words(event, "assignee"):
        facts.append(subject.event(FactKind.ASSIGNED, at or first, who))
    if not facts:
        facts.append(subject.opened(first))
    return facts


def _time(event: dict[str, Any], name: str) -> Any:
    """Return a time that is left out as None.

    Raises:
        UnreadableEvent: something stands there that is no time.
    """
    value = event.get(name)
    if value is None or value == "":
        return None
    return required_moment(value if moment(value) else None, name)


def _end(state: str, settings: SystemSettings) -> WaitStatus:
    refused = settings.standing(state) is WaitStatus.REFUSED
    return WaitStatus.REFUSED if refused else WaitStatus.DONE


def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery: one event, or several under `events`."""
    body = delivery.json()
    events = rows(body, "events") if "events" in body else [body]
    if len(events) > MOST_EVENTS:
        raise UnreadableEvent(say("event_too_many", most=MOST_EVENTS))
    return [fact for event in events for fact in facts_of(event, settings)]


ADAPTER: Final = Adapter(
    name="generic",
    label="Ticket",
    verify=any_of(standard, hub_signature("x-hub-signature-256")),
    read=read,
    keys=re.compile(r"(?<![\w/-])([A-Za-z][A-Za-z0-9_]{1,15}-\d{1,9})\b"),
)
