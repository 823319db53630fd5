"""Jira: tickets, their state changes and who has them."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    Ask,
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


def _link(issue: dict[str, Any], key: str) -> str:
    address = urlsplit(words(issue, "self"))
    return f"{address.scheme}://{address.netloc}/browse/{key}" if address.netloc else ""


def _opened(issue: dict[str, Any], key: str, link: str, title: str) -> SystemEvent:
    at = required_moment(part(issue, "fields").get("created"), "issue.fields.created")
    return SystemEvent(key, FactKind.OPENED, at, "", WaitStatus.WAITING, link, title)


def _changes(
    items: list[dict[str, Any]],
    at: datetime,
    issue: dict[str, Any],
    key: str,
    settings: SystemSettings,
) -> list[SystemEvent]:
    """Return the facts of one entry of the change log.

    The issue that comes along is as it is now; its category holds only for the state it is in.
    """
    link, title = _link(issue, key), words(issue, "fields", "summary")
    status = part(issue, "fields", "status")
    facts = []
    for item in items:
        value = words(item, "toString")
        if words(item, "field") == "status":
            is_now = value == words(status, "name")
            category = words(status, "statusCategory", "key") if is_now else ""
            standing = _standing(value, category, settings)
            facts.append(SystemEvent(key, FactKind.STATE, at, value, standing, link, title))
        elif words(item, "field") == "assignee":
            facts.append(SystemEvent(key, FactKind.ASSIGNED, at, value, None, link, title))
        elif words(item, "field") == "Key" and (before := words(item, "fromString")):
            facts += moved([before], key, at)
    return facts


def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery."""
    body = delivery.json()
    if not words(body, "webhookEvent").startswith("jira:issue_"):
        return []
    issue = part(body, "issue")
    key = required(words(issue, "key"), "issue.key")
    link, title = _link(issue, key), words(issue, "fields", "summary")
    facts = [_opened(issue, key, link, title)]
    at = required_moment(body.get("timestamp"), "timestamp")
    if words(body, "webhookEvent") == "jira:issue_deleted":
        return [
            *facts,
            SystemEvent(key, FactKind.STATE, at, "deleted", WaitStatus.REFUSED, link, title),
        ]
    return [*facts, *_changes(rows(body, "changelog", "items"), at, issue, key, settings)]


def poll(ask: Ask, subject: str, settings: SystemSettings, _now: datetime) -> list[SystemEvent]:
    """Ask for a ticket and its whole change log."""
    issue = ask(
        f"/rest/api/2/issue/{subject}?expand=changelog&fields=summary,status,created,assignee"
    )
    key = required(words(issue, "key"), "key")
    link, title = _link(issue, key), words(issue, "fields", "summary")
    opened = _opened(issue, key, link, title)
    facts = [opened, *moved([subject], key, opened.at)]
    for entry in rows(issue, "changelog", "histories"):
        at = moment(entry.get("created"))
        if at is not None:
            facts += _changes(rows(entry, "items"), at, issue, key, settings)
    return facts


def _authorize(user: str, token: str) -> dict[str, str]:
    """Return Jira Cloud's basic authentication with a user, else a server's bearer token."""
    if not user:
        return {"authorization": f"Bearer {token}"}
    pair = base64.b64encode(f"{user}:{token}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


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
