"""Azure DevOps: work items, pull requests, builds and release approvals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from bot.domain.waits import FactKind, SystemEvent, WaitStatus
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventReader,
    EventSubject,
    SystemSettings,
    basic_authorization,
    moment,
    part,
    reader_by,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import basic

_FAR: Final = 9000
"""The year that Azure gives to the revision that is not over yet."""
_BIN: Final = {
    "workitem.deleted": ("deleted", WaitStatus.REFUSED),
    "workitem.restored": ("restored", WaitStatus.WAITING),
}
_PULLS: Final = {"completed": WaitStatus.DONE, "abandoned": WaitStatus.REFUSED}


def _person(value: Any) -> str:
    """Return a name out of `Name <address>` or out of an identity."""
    if isinstance(value, dict):
        return words(value, "displayName")
    return words(value).partition("<")[0].strip()


def _fields(resource: dict[str, Any]) -> dict[str, Any]:
    return part(resource, "revision", "fields") or part(resource, "fields")


def _work_item(body: dict[str, Any], settings: SystemSettings) -> list[SystemEvent]:
    resource = part(body, "resource")
    number = words(resource, "workItemId") or words(resource, "id")
    fields, changed = _fields(resource), part(resource, "fields")
    link, title = words(resource, "_links", "html", "href"), words(fields, "System.Title")
    subject = EventSubject(f"AB#{required(number, 'resource.id')}", link, title)
    opened = required_moment(fields.get("System.CreatedDate"), "System.CreatedDate")
    facts = [subject.opened(opened)]
    at = moment(fields.get("System.ChangedDate")) or opened
    if gone := _BIN.get(words(body, "eventType")):
        state, standing = gone
        at = moment(body.get("createdDate")) or at
        return [*facts, subject.state(at, state, standing)]
    return [*facts, *_changed(changed, at, subject, settings)]


def _changed(
    changed: dict[str, Any], at: datetime, subject: EventSubject, settings: SystemSettings
) -> list[SystemEvent]:
    facts = []
    if state := words(changed, "System.State", "newValue"):
        standing = settings.standing(state)
        facts.append(subject.state(at, state, standing))
    if isinstance(changed.get("System.AssignedTo"), dict):
        who = _person(changed["System.AssignedTo"].get("newValue"))
        facts.append(subject.event(FactKind.ASSIGNED, at, who))
    return facts


def _pull_request(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    return _pull_facts(part(body, "resource"), moment(body.get("createdDate")))


def _pull_facts(pull: dict[str, Any], told_at: datetime | None) -> list[SystemEvent]:
    """Return what a pull request says of itself; its votes carry no time, so they count as told."""
    name = required(words(pull, "repository", "name"), "resource.repository.name")
    key = f"{name}!{required(words(pull, 'pullRequestId'), 'resource.pullRequestId')}"
    subject = EventSubject(key, words(pull, "_links", "web", "href"), words(pull, "title"))
    opened = required_moment(pull.get("creationDate"), "resource.creationDate")
    facts = [subject.opened(opened)]
    state, closed = words(pull, "status"), moment(pull.get("closedDate"))
    if closed is not None and state in _PULLS:
        facts.append(subject.state(closed, state, _PULLS[state]))
    approvers = [each for each in rows(pull, "reviewers") if each.get("vote") in (5, 10)]
    if approvers and told_at is not None:
        who = words(approvers[0], "displayName")
        facts.append(subject.event(FactKind.APPROVED, told_at, who))
    return facts


def _build(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    return _build_facts(part(body, "resource"))


def _build_facts(build: dict[str, Any]) -> list[SystemEvent]:
    link, title = words(build, "_links", "web", "href"), words(build, "definition", "name")
    subject = EventSubject(f"build {required(words(build, 'id'), 'resource.id')}", link, title)
    opened = required_moment(build.get("queueTime") or build.get("startTime"), "resource.queueTime")
    facts = [subject.opened(opened)]
    ended = moment(build.get("finishTime"))
    if ended is None:
        return facts
    # Version 1.0 of the event, the default of a new hook, has the result as its status.
    result = words(build, "result") or words(build, "status")
    standing = WaitStatus.DONE if result.casefold() == "succeeded" else WaitStatus.REFUSED
    return [*facts, subject.state(ended, result, standing)]


_EVENTS: Final[Mapping[str, EventReader]] = {
    "workitem.created": _work_item,
    "workitem.updated": _work_item,
    "workitem.deleted": _work_item,
    "workitem.restored": _work_item,
    "git.pullrequest.created": _pull_request,
    "git.pullrequest.updated": _pull_request,
    "git.pullrequest.merged": _pull_request,
    "build.complete": _build,
}
"""What is read, by `eventType`."""


def poll(ask: Ask, key: str, settings: SystemSettings, _now: datetime) -> list[SystemEvent]:
    """Ask for a pull request, for a build, or for a work item and its updates."""
    name, is_pull, number = key.partition("!")
    if is_pull:
        place = f"/_apis/git/repositories/{quote(name, safe='')}/pullrequests/{number}"
        return _pull_facts(ask(f"{place}?api-version=7.1"), None)
    if key.startswith("build "):
        number = key.removeprefix("build ")
        return _build_facts(ask(f"/_apis/build/builds/{number}?api-version=7.1"))
    number = key.removeprefix("AB#")
    place = f"/_apis/wit/workitems/{quote(number)}"
    item = ask(f"{place}?api-version=7.1")
    fields = part(item, "fields")
    subject = EventSubject(
        key, words(item, "_links", "html", "href"), words(fields, "System.Title")
    )
    opened = required_moment(fields.get("System.CreatedDate"), "System.CreatedDate")
    facts = [subject.opened(opened)]
    for update in rows(ask(f"{place}/updates?api-version=7.1"), "value"):
        changed = part(update, "fields")
        at = moment(words(changed, "System.ChangedDate", "newValue"))
        at = at or moment(update.get("revisedDate"))
        if at is not None and at.year < _FAR:
            facts += _changed(changed, at, subject, settings)
    return facts


def _key(found: re.Match[str]) -> str:
    if found["item"]:
        return f"AB#{found['item']}"
    return f"build {found['build']}" if found["build"] else f"{found['name']}!{found['pull']}"


ADAPTER: Final = Adapter(
    name="azure_devops",
    label="Azure DevOps",
    verify=basic,
    read=reader_by("eventType", _EVENTS),
    poll=poll,
    keys=re.compile(r"(?<![\w/])(AB#\d{1,9})\b", re.IGNORECASE),
    urls=re.compile(
        r"https?://[^\s]+?/(?:_workitems/edit/(?P<item>\d+)"
        r"|_git/(?P<name>[\w.-]+)/pullrequest/(?P<pull>\d+)"
        r"|_build/results\?(?:[^\s>|]*&)?buildId=(?P<build>\d+))[^\s>|]*"
    ),
    subject=_key,
    authorize=basic_authorization,
)
