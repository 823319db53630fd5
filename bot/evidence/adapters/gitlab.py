"""GitLab: merge requests, approvals, pipelines and deployments, protected ones included."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from bot.domain.waits import FactKind, SystemEvent, WaitStatus, held_by_branch, held_by_environment
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventReader,
    SystemSettings,
    moment,
    part,
    reader_by,
    required,
    required_moment,
    rows,
    words,
)
from bot.evidence.signatures import any_of, standard, token_header

_MERGE_STATES: Final = {
    "merged": WaitStatus.DONE,
    "closed": WaitStatus.REFUSED,
    "opened": WaitStatus.WAITING,
    "locked": WaitStatus.WAITING,
}
_ENDED: Final = {
    "success": WaitStatus.DONE,
    "failed": WaitStatus.REFUSED,
    "canceled": WaitStatus.REFUSED,
    "skipped": WaitStatus.REFUSED,
}
"""Of pipelines and deployments; one that a protected branch or environment holds still waits."""
_APPROVALS: Final = frozenset({"approved", "approval"})


def _merge_request(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    name = required(words(body, "project", "path_with_namespace"), "project.path_with_namespace")
    subject = f"{name}!{required(words(about, 'iid'), 'object_attributes.iid')}"
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    at = required_moment(about.get("updated_at"), "object_attributes.updated_at")
    link, title, action = words(about, "url"), words(about, "title"), words(about, "action")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    who = words(body, "user", "username")
    if action in _APPROVALS:
        facts.append(SystemEvent(subject, FactKind.APPROVED, at, who, None, link, title))
    if action in ("merge", "close", "reopen"):
        state = words(about, "state")
        standing = _MERGE_STATES.get(state)
        facts.append(SystemEvent(subject, FactKind.STATE, at, state, standing, link, title))
    for assignee in rows(body, "changes", "assignees", "current")[:1]:
        name = words(assignee, "username")
        facts.append(SystemEvent(subject, FactKind.ASSIGNED, at, name, None, link, title))
    for reviewer in rows(body, "changes", "reviewers", "current")[:1]:
        name = words(reviewer, "username")
        facts.append(SystemEvent(subject, FactKind.REVIEW_REQUESTED, at, name, None, link, title))
    return facts


def _pipeline(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    name = required(words(body, "project", "path_with_namespace"), "project.path_with_namespace")
    subject = f"{name} pipeline {required(words(about, 'id'), 'object_attributes.id')}"
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    ended = moment(about.get("finished_at"))
    link, state = words(about, "url"), words(about, "status")
    title = words(about, "ref")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    standing = _ENDED.get(state)
    # A pipeline that runs again after it failed has begun a job since, and ended none of them.
    begun = [moment(each.get("started_at")) for each in rows(body, "builds")]
    at = max(filter(None, [ended, opened, *begun]))
    if standing is not None and ended is not None:
        facts.append(SystemEvent(subject, FactKind.STATE, ended, state, standing, link, title))
    elif standing is None and state:
        facts.append(
            SystemEvent(subject, FactKind.STATE, at, state, WaitStatus.WAITING, link, title)
        )
    if iid := words(body, "merge_request", "iid"):
        facts.append(SystemEvent(f"{name}!{iid}", FactKind.PIPELINE, at, state, None, link, title))
    return facts


def _deployment(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    name = required(words(body, "project", "path_with_namespace"), "project.path_with_namespace")
    subject = f"{name} deployment {required(words(body, 'deployment_id'), 'deployment_id')}"
    at = required_moment(body.get("status_changed_at"), "status_changed_at")
    state = required(words(body, "status"), "status")
    link = words(body, "deployable_url")
    title = words(body, "environment")
    standing = _ENDED.get(state, WaitStatus.WAITING)
    return [SystemEvent(subject, FactKind.DEPLOYMENT, at, state, standing, link, title)]


def _issue(body: dict[str, Any], settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    name = required(words(body, "project", "path_with_namespace"), "project.path_with_namespace")
    subject = f"{name}#{required(words(about, 'iid'), 'object_attributes.iid')}"
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    link, title, action = words(about, "url"), words(about, "title"), words(about, "action")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    at = required_moment(about.get("updated_at"), "object_attributes.updated_at")
    if action in ("close", "reopen"):
        state = "closed" if action == "close" else "opened"
        standing = settings.standing(state)
        if about.get("moved_to_id"):  # GitLab closes what moved, and doesn't say where it went
            state, standing = "moved", WaitStatus.WAITING
        facts.append(SystemEvent(subject, FactKind.STATE, at, state, standing, link, title))
    return facts


_EVENTS: Final[Mapping[str, EventReader]] = {
    "merge_request": _merge_request,
    "pipeline": _pipeline,
    "deployment": _deployment,
    "issue": _issue,
    "work_item": _issue,
}
"""What is read, by `object_kind`."""


def poll(ask: Ask, subject: str, settings: SystemSettings, now: datetime) -> list[SystemEvent]:
    """Ask for a merge request, a pipeline, a deployment or an issue, and for what holds it."""
    for separator, asking in _POLLED.items():
        name, found, number = subject.partition(separator)
        if found:
            place = f"/projects/{quote(name, safe='')}"
            return asking(ask, place, subject, number, settings, now)
    return []


def _ask_merge(
    ask: Ask, project: str, subject: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    place = f"{project}/merge_requests/{number}"
    about = ask(place)
    link, title = words(about, "web_url"), words(about, "title")
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    if at := moment(about.get("merged_at")):
        facts.append(
            SystemEvent(subject, FactKind.STATE, at, "merged", WaitStatus.DONE, link, title)
        )
    elif at := moment(about.get("closed_at")):
        facts.append(
            SystemEvent(subject, FactKind.STATE, at, "closed", WaitStatus.REFUSED, link, title)
        )
    approvals = ask(f"{place}/approvals")
    given = rows(approvals, "approved_by")
    for each in given:
        if at := moment(each.get("approved_at")):
            who = words(each, "user", "username")
            facts.append(SystemEvent(subject, FactKind.APPROVED, at, who, None, link, title))
    build = part(about, "head_pipeline")
    if at := moment(build.get("updated_at")):
        built = words(build, "status")
        facts.append(
            SystemEvent(subject, FactKind.PIPELINE, at, built, None, words(build, "web_url"))
        )
    if words(about, "state") == "opened":
        held = _hold_of(about, approvals, len(given))
        facts.append(SystemEvent(subject, FactKind.HELD, now, held))
    return facts


def _hold_of(about: dict[str, Any], approvals: dict[str, Any], given: int) -> str:
    """Return how the protected branch holds a merge request; empty where it doesn't."""
    branch, left = words(about, "target_branch"), approvals.get("approvals_left")
    if isinstance(left, int) and left > 0:
        needed = approvals.get("approvals_required")
        return held_by_branch(branch, given, needed if isinstance(needed, int) else given + left)
    return held_by_branch(branch) if words(about, "detailed_merge_status") in _HELD else ""


def _ask_pipeline(
    ask: Ask, project: str, subject: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/pipelines/{number}")
    link, title, state = words(about, "web_url"), words(about, "ref"), words(about, "status")
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    ended = moment(about.get("finished_at")) or moment(about.get("updated_at"))
    standing = _ENDED.get(state, WaitStatus.WAITING)
    facts.append(
        SystemEvent(subject, FactKind.STATE, ended or opened, state, standing, link, title)
    )
    held = held_by_branch(title) if state in _MANUAL else ""
    return [*facts, SystemEvent(subject, FactKind.HELD, now, held)]


def _ask_deployment(
    ask: Ask, project: str, subject: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/deployments/{number}")
    state, title = words(about, "status"), words(about, "environment", "name")
    link = words(about, "deployable", "web_url")
    opened = required_moment(about.get("created_at"), "created_at")
    at = moment(about.get("updated_at")) or opened
    standing = _ENDED.get(state, WaitStatus.WAITING)
    held = held_by_environment(title) if state == "blocked" else ""
    return [
        SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title),
        SystemEvent(subject, FactKind.DEPLOYMENT, at, state, standing, link, title),
        SystemEvent(subject, FactKind.HELD, now, held),
    ]


def _ask_issue(
    ask: Ask, project: str, subject: str, number: str, settings: SystemSettings, _now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/issues/{number}")
    link, title = words(about, "web_url"), words(about, "title")
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [SystemEvent(subject, FactKind.OPENED, opened, "", WaitStatus.WAITING, link, title)]
    if at := moment(about.get("closed_at")):
        standing = settings.standing("closed")
        facts.append(SystemEvent(subject, FactKind.STATE, at, "closed", standing, link, title))
    return facts


_HELD: Final = frozenset({"not_approved", "blocked_status", "ci_must_pass", "approvals_syncing"})
"""What GitLab calls a merge request that a rule of the protected branch holds."""
_MANUAL: Final = frozenset({"manual", "blocked"})
"""A pipeline that goes on only when somebody who may do so on its branch says so."""
_POLLED: Final[
    Mapping[str, Callable[[Ask, str, str, str, SystemSettings, datetime], list[SystemEvent]]]
] = {
    " pipeline ": _ask_pipeline,
    " deployment ": _ask_deployment,
    "!": _ask_merge,
    "#": _ask_issue,
}
"""What can be asked for, by what stands between the project and the number."""


def _key(found: re.Match[str]) -> str:
    separator = {"merge_requests": "!", "issues": "#", "pipelines": " pipeline "}
    return f"{found[1]}{separator[found['kind']]}{found['number']}"


ADAPTER: Final = Adapter(
    name="gitlab",
    label="GitLab",
    verify=any_of(token_header("x-gitlab-token"), standard),
    read=reader_by("object_kind", _EVENTS),
    poll=poll,
    keys=re.compile(r"(?<![\w/.-])([\w.-]+(?:/[\w.-]+)+(?:!| pipeline | deployment )\d+)\b"),
    urls=re.compile(
        r"https?://[^\s/]+/([\w.-]+(?:/[\w.-]+)+?)/-/"
        r"(?P<kind>merge_requests|issues|pipelines)/(?P<number>\d+)[^\s>|]*"
    ),
    subject=_key,
    spelling=str,
    authorize=lambda _user, token: {"private-token": token},
    api="https://gitlab.com/api/v4",
)
