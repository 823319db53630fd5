"""Linear: issues, their state changes and who has them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventSubject,
    SystemSettings,
    WebhookDelivery,
    moment,
    moved,
    part,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import AGE, hex_signature

_TYPES: Final = {"completed": WaitStatus.DONE, "canceled": WaitStatus.REFUSED}
"""Linear's own classes of states; all others still wait."""
_signed: Final = hex_signature("linear-signature")


def verify(secret: str, delivery: WebhookDelivery) -> bool:
    """Check the signature, and that its time is not long ago: Linear signs the time in the body."""
    if not _signed(secret, delivery):
        return False
    sent = moment(delivery.json().get("webhookTimestamp"))
    return sent is not None and abs(delivery.now - sent) <= AGE


def _state(
    state: dict[str, Any], at: datetime, subject: EventSubject, settings: SystemSettings
) -> SystemEvent:
    name = words(state, "name")
    usual = _TYPES.get(words(state, "type"), WaitStatus.WAITING)
    standing = settings.own_standing(name) or usual
    return subject.state(at, name, standing)


def _before(issue: dict[str, Any]) -> list[str]:
    """Return the keys that an issue had in other teams."""
    listed = issue.get("previousIdentifiers")
    return [key for each in listed if (key := words(each))] if isinstance(listed, list) else []


def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery."""
    body = delivery.json()
    if words(body, "type") != "Issue":
        return []
    data, changed = part(body, "data"), part(body, "updatedFrom")
    key = required(words(data, "identifier"), "data.identifier")
    subject = EventSubject(key, words(body, "url") or words(data, "url"), words(data, "title"))
    opened = required_moment(data.get("createdAt"), "data.createdAt")
    facts = [subject.opened(opened)]
    at = required_moment(data.get("updatedAt") or body.get("createdAt"), "data.updatedAt")
    facts += moved(_before(data), key, opened)
    if words(body, "action") == "remove" or data.get("trashed") is True:
        return [*facts, subject.state(at, "removed", WaitStatus.REFUSED)]
    if "stateId" in changed or "trashed" in changed:
        facts.append(_state(part(data, "state"), at, subject, settings))
    if "assigneeId" in changed:
        who = words(data, "assignee", "name")
        facts.append(subject.event(FactKind.ASSIGNED, at, who))
    return facts


_QUERY: Final = """
query($id: String!) { issue(id: $id) { identifier previousIdentifiers title url createdAt
  history(first: 100) { nodes { createdAt toState { name type } toAssignee { name } } } } }
"""


def poll(ask: Ask, asked: str, settings: SystemSettings, _now: datetime) -> list[SystemEvent]:
    """Ask for an issue and its history."""
    found = part(ask("/graphql", post={"query": _QUERY, "variables": {"id": asked}}), "data")
    issue = part(found, "issue")
    key = required(words(issue, "identifier"), "issue.identifier")
    subject = EventSubject(key, words(issue, "url"), words(issue, "title"))
    opened = required_moment(issue.get("createdAt"), "issue.createdAt")
    facts = [subject.opened(opened)]
    facts += moved(dict.fromkeys([asked, *_before(issue)]), key, opened)
    for entry in rows(issue, "history", "nodes"):
        at = moment(entry.get("createdAt"))
        if at is None:
            continue
        if state := part(entry, "toState"):
            facts.append(_state(state, at, subject, settings))
        if part(entry, "toAssignee"):
            who = words(entry, "toAssignee", "name")
            facts.append(subject.event(FactKind.ASSIGNED, at, who))
    return facts


ADAPTER: Final = Adapter(
    name="linear",
    label="Linear",
    verify=verify,
    read=read,
    poll=poll,
    keys=re.compile(r"(?<![\w/-])([A-Za-z][A-Za-z0-9]{0,6}-[1-9]\d{0,6})\b"),
    urls=re.compile(r"https?://linear\.app/[\w-]+/issue/([A-Z][A-Z0-9]{0,6}-[1-9]\d{0,6})[^\s>|]*"),
    authorize=lambda _user, token: {"authorization": token},
    api="https://api.linear.app",
)
