"""ServiceNow: incidents, requests, changes and tasks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventSubject,
    PollError,
    SystemSettings,
    WebhookDelivery,
    basic_authorization,
    bearer_authorization,
    moment,
    part,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import any_of, basic, hub_signature, token_header
from bot.evidence.texts import say

_NUMBERS: Final = {
    "INC": {"6": "Resolved", "7": "Closed", "8": "Canceled"},
    "CHG": {"3": "Closed", "4": "Canceled"},
    "PRB": {"106": "Resolved", "107": "Closed"},
}
_OF_TASKS: Final = {"3": "Closed Complete", "4": "Closed Incomplete", "7": "Closed Skipped"}
"""States that end a wait, as a rule sends them that leaves out the display value."""
_FALSE: Final = ("false", "0", "no")


def _value(record: dict[str, Any], name: str) -> str:
    """Return a field, sent as it is or with its display value beside it."""
    found = record.get(name)
    if isinstance(found, dict):
        return words(found, "display_value") or words(found, "value")
    return words(record, name)


def _time(record: dict[str, Any], name: str) -> datetime | None:
    found = record.get(name)
    return moment(words(found, "value") if isinstance(found, dict) else found)


def _facts(record: dict[str, Any], settings: SystemSettings, link: str) -> list[SystemEvent]:
    """Return what a record says of itself; a ServiceNow body is the record as it is then."""
    number = required(_value(record, "number"), "number")
    subject = EventSubject(number, link, _value(record, "short_description"))
    opened = _time(record, "opened_at") or _time(record, "sys_created_on")
    if opened is None:
        opened = required_moment(None, "opened_at")
    facts = [subject.opened(opened)]
    at = _time(record, "sys_updated_on") or opened
    state = _value(record, "state")
    state = _NUMBERS.get(number[:3], _OF_TASKS).get(state, state)
    closed = _time(record, "closed_at") or _time(record, "resolved_at")
    standing = settings.standing(state)
    is_over = record.get("active") is False or _value(record, "active").casefold() in _FALSE
    if standing is WaitStatus.WAITING and closed is not None and is_over:
        standing = WaitStatus.DONE
    if state:
        when = closed if closed is not None and standing is not WaitStatus.WAITING else at
        facts.append(subject.state(when, state, standing))
    approval = _value(record, "approval").casefold()
    if approval == "rejected":
        facts.append(subject.state(at, approval, WaitStatus.REFUSED))
    elif approval == "approved":
        facts.append(subject.event(FactKind.APPROVED, at))
    if who := _value(record, "assigned_to"):
        facts.append(subject.event(FactKind.ASSIGNED, at, who))
    return facts


def read(delivery: WebhookDelivery, settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery: the record itself, or one under `record`."""
    body = delivery.json()
    record = part(body, "record") or part(body, "result") or body
    return _facts(record, settings, words(body, "link") or words(record, "link"))


_TABLES: Final = {
    "INC": "incident",
    "REQ": "sc_request",
    "RITM": "sc_req_item",
    "SCTASK": "sc_task",
    "CHG": "change_request",
    "PRB": "problem",
}


def poll(ask: Ask, subject: str, settings: SystemSettings, _now: datetime) -> list[SystemEvent]:
    """Ask the table API for a record by its number."""
    prefix = re.match(r"[A-Z]+", subject)
    table = _TABLES.get(prefix[0] if prefix else "", "task")
    query = f"sysparm_query=number={quote(subject)}&sysparm_limit=1&sysparm_display_value=all"
    found = rows(ask(f"/api/now/table/{table}?{query}"), "result")
    if not found:
        raise PollError(say("no_record", table=table, subject=subject))
    link = f"{settings.base_url}/nav_to.do?uri={table}.do?sysparm_query=number={quote(subject)}"
    return _facts(found[0], settings, link)


def _authorize(user: str, token: str) -> dict[str, str]:
    carried = basic_authorization(user, token) if user else bearer_authorization(token)
    return carried | {"accept": "application/json"}


ADAPTER: Final = Adapter(
    name="servicenow",
    label="ServiceNow",
    verify=any_of(basic, token_header("x-hour48-token"), hub_signature("x-hub-signature-256")),
    read=read,
    poll=poll,
    keys=re.compile(r"(?<![\w/])((?:INC|REQ|RITM|SCTASK|CHG|PRB|TASK)\d{5,10})\b", re.IGNORECASE),
    urls=re.compile(
        r"https?://[^\s/]+\.service-now\.com/[^\s]*number(?:=|%3D)"
        r"((?:INC|REQ|RITM|SCTASK|CHG|PRB|TASK)\d{5,10})[^\s>|]*"
    ),
    authorize=_authorize,
)
