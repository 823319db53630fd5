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
    EventSubject,
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


def _project(body: dict[str, Any]) -> str:
    return required(words(body, "project", "path_with_namespace"), "project.path_with_namespace")


def _shown(key: str, about: dict[str, Any], title: str = "title") -> EventSubject:
    """Return what the API answers about, by the address of its page."""
    return EventSubject(key, words(about, "web_url"), words(about, title))


def _merge_request(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    iid = required(words(about, "iid"), "object_attributes.iid")
    subject = EventSubject(f"{_project(body)}!{iid}", words(about, "url"), words(about, "title"))
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    at = required_moment(about.get("updated_at"), "object_attributes.updated_at")
    action, facts = words(about, "action"), [subject.opened(opened)]
    who = words(body, "user", "username")
    if action in _APPROVALS:
        facts.append(subject.event(FactKind.APPROVED, at, who))
    if action in ("merge", "close", "reopen"):
        state = words(about, "state")
        standing = _MERGE_STATES.get(state)
        facts.append(subject.state(at, state, standing))
    for assignee in rows(body, "changes", "assignees", "current")[:1]:
        name = words(assignee, "username")
        facts.append(subject.event(FactKind.ASSIGNED, at, name))
    for reviewer in rows(body, "changes", "reviewers", "current")[:1]:
        name = words(reviewer, "username")
        facts.append(subject.event(FactKind.REVIEW_REQUESTED, at, name))
    return facts


def _pipeline(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    name, number = _project(body), required(words(about, "id"), "object_attributes.id")
    link, title = words(about, "url"), words(about, "ref")
    subject = EventSubject(f"{name} pipeline {number}", link, title)
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    ended = moment(about.get("finished_at"))
    state, facts = words(about, "status"), [subject.opened(opened)]
    standing = _ENDED.get(state)
    # A pipeline that runs again after it failed has begun a job since, and ended none of them.
    begun = [moment(each.get("started_at")) for each in rows(body, "builds")]
    at = max(filter(None, [ended, opened, *begun]))
    if standing is not None and ended is not None:
        facts.append(subject.state(ended, state, standing))
    elif standing is None and state:
        facts.append(subject.state(at, state, WaitStatus.WAITING))
    if iid := words(body, "merge_request", "iid"):
        merge = EventSubject(f"{name}!{iid}", link, title)
        facts.append(merge.event(FactKind.PIPELINE, at, state))
    return facts


def _deployment(body: dict[str, Any], _settings: SystemSettings) -> list[SystemEvent]:
    key = f"{_project(body)} deployment {required(words(body, 'deployment_id'), 'deployment_id')}"
    subject = EventSubject(key, words(body, "deployable_url"), words(body, "environment"))
    at = required_moment(body.get("status_changed_at"), "status_changed_at")
    state = required(words(body, "status"), "status")
    standing = _ENDED.get(state, WaitStatus.WAITING)
    return [subject.event(FactKind.DEPLOYMENT, at, state, standing)]


def _issue(body: dict[str, Any], settings: SystemSettings) -> list[SystemEvent]:
    about = part(body, "object_attributes")
    iid = required(words(about, "iid"), "object_attributes.iid")
    subject = EventSubject(f"{_project(body)}#{iid}", words(about, "url"), words(about, "title"))
    opened = required_moment(about.get("created_at"), "object_attributes.created_at")
    action, facts = words(about, "action"), [subject.opened(opened)]
    at = required_moment(about.get("updated_at"), "object_attributes.updated_at")
    if action in ("close", "reopen"):
        state = "closed" if action == "close" else "opened"
        standing = settings.standing(state)
        if about.get("moved_to_id"):  # GitLab closes what moved, and doesn't say where it went
            state, standing = "moved", WaitStatus.WAITING
        facts.append(subject.state(at, state, standing))
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
    ask: Ask, project: str, key: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    place = f"{project}/merge_requests/{number}"
    about = ask(place)
    subject = _shown(key, about)
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [subject.opened(opened)]
    if at := moment(about.get("merged_at")):
        facts.append(subject.state(at, "merged", WaitStatus.DONE))
    elif at := moment(about.get("closed_at")):
        facts.append(subject.state(at, "closed", WaitStatus.REFUSED))
    approvals = ask(f"{place}/approvals")
    given = rows(approvals, "approved_by")
    for each in given:
        if at := moment(each.get("approved_at")):
            who = words(each, "user", "username")
            facts.append(subject.event(FactKind.APPROVED, at, who))
    build = part(about, "head_pipeline")
    if at := moment(build.get("updated_at")):
        built = words(build, "status")
        facts.append(EventSubject(key, words(build, "web_url")).event(FactKind.PIPELINE, at, built))
    if words(about, "state") == "opened":
        held = _hold_of(about, approvals, len(given))
        facts.append(SystemEvent(key, FactKind.HELD, now, held))
    return facts


def _hold_of(about: dict[str, Any], approvals: dict[str, Any], given: int) -> str:
    """Return how the protected branch holds a merge request; empty where it doesn't."""
    branch, left = words(about, "target_branch"), approvals.get("approvals_left")
    if isinstance(left, int) and left > 0:
        needed = approvals.get("approvals_required")
        return held_by_branch(branch, given, needed if isinstance(needed, int) else given + left)
    return held_by_branch(branch) if words(about, "detailed_merge_status") in _HELD else ""


def _ask_pipeline(
    ask: Ask, project: str, key: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/pipelines/{number}")
    subject, state = _shown(key, about, "ref"), words(about, "status")
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [subject.opened(opened)]
    ended = moment(about.get("finished_at")) or moment(about.get("updated_at"))
    standing = _ENDED.get(state, WaitStatus.WAITING)
    facts.append(subject.state(ended or opened, state, standing))
    held = held_by_branch(subject.title) if state in _MANUAL else ""
    return [*facts, SystemEvent(key, FactKind.HELD, now, held)]


def _ask_deployment(
    ask: Ask, project: str, key: str, number: str, _settings: SystemSettings, now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/deployments/{number}")
    state, title = words(about, "status"), words(about, "environment", "name")
    subject = EventSubject(key, words(about, "deployable", "web_url"), title)
    opened = required_moment(about.get("created_at"), "created_at")
    at = moment(about.get("updated_at")) or opened
    standing = _ENDED.get(state, WaitStatus.WAITING)
    held = held_by_environment(title) if state == "blocked" else ""
    return [
        subject.opened(opened),
        subject.event(FactKind.DEPLOYMENT, at, state, standing),
        SystemEvent(key, FactKind.HELD, now, held),
    ]


def _ask_issue(
    ask: Ask, project: str, key: str, number: str, settings: SystemSettings, _now: datetime
) -> list[SystemEvent]:
    about = ask(f"{project}/issues/{number}")
    subject = _shown(key, about)
    opened = required_moment(about.get("created_at"), "created_at")
    facts = [subject.opened(opened)]
    if at := moment(about.get("closed_at")):
        standing = settings.standing("closed")
        facts.append(subject.state(at, "closed", standing))
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
