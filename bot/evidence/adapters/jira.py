"""Jira: tickets, their state changes and who has them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventSubject,
    SystemSettings,
    WebhookDelivery,
    basic_authorization,
    bearer_authorization,
    moment,
    moved,
    part,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import hub_signature

_CATEGORY: Final = {"new": WaitStatus.WAITING, "indeterminate": WaitStatus.WAITING}
"""Jira's own classes of states; `done` says an end, and the state's name which one."""


def _standing(name: str, category: str, settings: SystemSettings) -> WaitStatus:
    by_name = settings.standing(name)
    if (own := settings.own_standing(name)) is not None:
        return own
    if category == "done" and by_name is WaitStatus.WAITING:
        return WaitStatus.DONE
    return _CATEGORY.get(category, by_name)


def _subject(issue: dict[str, Any], key: str) -> EventSubject:
    address = urlsplit(words(issue, "self"))
    link = f"{address.scheme}://{address.netloc}/browse/{key}" if address.netloc else ""
    return EventSubject(key, link, words(issue, "fields", "summary"))


def _opened(issue: dict[str, Any], subject: EventSubject) -> SystemEvent:
    at = required_moment(part(issue, "fields").get("created"), "issue.fields.created")
    return subject.opened(at)


def _changes(
    items: list[dict[str, Any]],
    at: datetime,
    issue: dict[str, Any],
    subject: EventSubject,
    settings: SystemSettings,
) -> list[SystemEvent]:
    """Return the facts of one entry of the change log.

    The issue that comes along is as it is now; its category holds only for the state it is in.
    """
    status = part(issue, "fields", "status")
    facts = []
    for item in items:
        value = words(item, "toString")
        if words(item, "field") == "status":
            is_now = value == words(status, "name")
            category = words(status, "statusCategory", "key") if is_now else ""
            standing = _standing(value, category, settings)
            facts.append(subject.state(at, value, standing))
        elif words(item, "field") == "assignee":
            facts.append(subject.event(FactKind.ASSIGNED, at, value))
        elif words(item, "field") == "Key" and (before := words(item, "fromString")):
            facts += moved([before], subject.key, at)
    return facts


def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery."""
    body = delivery.json()
    if not words(body, "webhookEvent").startswith("jira:issue_"):
        return []
    issue = part(body, "issue")
    key = required(words(issue, "key"), "issue.key")
    subject = _subject(issue, key)
    facts = [_opened(issue, subject)]
    at = required_moment(body.get("timestamp"), "timestamp")
    if words(body, "webhookEvent") == "jira:issue_deleted":
        return [*facts, subject.state(at, "deleted", WaitStatus.REFUSED)]
    return [*facts, *_changes(rows(body, "changelog", "items"), at, issue, subject, settings)]


def poll(ask: Ask, asked: str, settings: SystemSettings, _now: datetime) -> list[SystemEvent]:
    """Ask for a ticket and its whole change log."""
    issue = ask(
        f"/rest/api/2/issue/{asked}?expand=changelog&fields=summary,status,created,assignee"
    )
    key = required(words(issue, "key"), "key")
    subject = _subject(issue, key)
    opened = _opened(issue, subject)
    facts = [opened, *moved([asked], key, opened.at)]
    for entry in rows(issue, "changelog", "histories"):
        at = moment(entry.get("created"))
        if at is not None:
            facts += _changes(rows(entry, "items"), at, issue, subject, settings)
    return facts


def _authorize(user: str, token: str) -> dict[str, str]:
    """Return Jira Cloud's basic authentication with a user, else a server's bearer token."""
    return basic_authorization(user, token) if user else bearer_authorization(token)


ADAPTER: Final = Adapter(
    name="jira",
    label="JIRA",
    verify=hub_signature("x-hub-signature"),
    read=read,
    poll=poll,
    keys=re.compile(r"(?<![\w/-])([A-Za-z][A-Za-z0-9_]{1,9}-[1-9]\d{0,6})\b"),
    urls=re.compile(
        r"https?://[^\s/]+(?:/[\w-]+)*/browse/([A-Z][A-Z0-9_]{1,9}-[1-9]\d{0,6})[^\s>|]*"
    ),
    authorize=_authorize,
)
