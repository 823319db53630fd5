"""GitHub: pull requests, reviews, branch protection, workflow runs and deployments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from bot.domain.waits import FactKind, SystemEvent, WaitStatus, held_by_branch, held_by_environment
from bot.evidence.contract import (
    Adapter,
    Ask,
    EventSubject,
    PollError,
    SystemSettings,
    WebhookDelivery,
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

_REVIEWS: Final = {
    "approved": FactKind.APPROVED,
    "changes_requested": FactKind.CHANGES_REQUESTED,
}
_DEPLOYED: Final = {
    "success": WaitStatus.DONE,
    "failure": WaitStatus.REFUSED,
    "error": WaitStatus.REFUSED,
    "inactive": None,
}
_RUN_ENDED: Final = "completed"
_RUN_RESULTS: Final = {
    "success": WaitStatus.DONE,
    "neutral": WaitStatus.DONE,
    "skipped": WaitStatus.DONE,
    "action_required": WaitStatus.WAITING,
}
"""Of workflow runs; all others ended in vain."""


def _repository(body: dict[str, Any]) -> str:
    return required(words(body, "repository", "full_name"), "repository.full_name")


def _subject(key: str, about: dict[str, Any], title: str = "title") -> EventSubject:
    return EventSubject(key, words(about, "html_url"), words(about, title))


def _pull(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    pull = part(body, "pull_request")
    number = required(words(pull, "number") or words(body, "number"), "pull_request.number")
    return pull, f"{_repository(body)}#{number}"


def _pull_facts(pull: dict[str, Any], key: str) -> list[SystemEvent]:
    """Return what a pull request says of itself: opened, closed or merged."""
    subject = _subject(key, pull)
    opened = required_moment(pull.get("created_at"), "pull_request.created_at")
    facts = [subject.opened(opened)]
    merged, closed = moment(pull.get("merged_at")), moment(pull.get("closed_at"))
    if merged:
        facts.append(subject.state(merged, "merged", WaitStatus.DONE))
    elif words(pull, "state") == "open":
        facts.append(_open(pull, key, opened))
    elif closed:
        facts.append(subject.state(closed, "closed", WaitStatus.REFUSED))
    return facts


def _open(about: dict[str, Any], key: str, opened: datetime) -> SystemEvent:
    """Return that something is open: what says that it was reopened may be lost or never come."""
    at = moment(about.get("updated_at")) or opened
    return _subject(key, about).state(at, "open", WaitStatus.WAITING)


def _pull_request(body: dict[str, Any]) -> list[SystemEvent]:
    pull, key = _pull(body)
    subject, facts = _subject(key, pull), _pull_facts(pull, key)
    at = moment(pull.get("updated_at")) or facts[0].at
    action = words(body, "action")
    if action == "review_requested":
        who = words(body, "requested_reviewer", "login") or words(body, "requested_team", "name")
        facts.append(subject.event(FactKind.REVIEW_REQUESTED, at, who))
    if action == "assigned":
        who = words(body, "assignee", "login")
        facts.append(subject.event(FactKind.ASSIGNED, at, who))
    return facts


def _review_fact(review: dict[str, Any], pull: dict[str, Any], key: str) -> list[SystemEvent]:
    kind = _REVIEWS.get(words(review, "state").lower())
    at = moment(review.get("submitted_at"))
    if kind is None or at is None:
        return []
    subject = EventSubject(key, words(review, "html_url"), words(pull, "title"))
    return [subject.event(kind, at, words(review, "user", "login"))]


def _review(body: dict[str, Any]) -> list[SystemEvent]:
    pull, key = _pull(body)
    return [*_pull_facts(pull, key), *_review_fact(part(body, "review"), pull, key)]


def _workflow_run(body: dict[str, Any]) -> list[SystemEvent]:
    return _run_facts(_repository(body), part(body, "workflow_run"))


def _run_facts(name: str, run: dict[str, Any]) -> list[SystemEvent]:
    """Return what a workflow run says of itself, and of the pull requests that it builds."""
    number = required(words(run, "id"), "workflow_run.id")
    opened = required_moment(run.get("created_at"), "workflow_run.created_at")
    subject = _subject(f"{name} run {number}", run, "name")
    facts = [subject.opened(opened)]
    at = required_moment(run.get("updated_at"), "workflow_run.updated_at")
    status, result = words(run, "status"), words(run, "conclusion")
    if status == _RUN_ENDED:
        standing = _RUN_RESULTS.get(result, WaitStatus.REFUSED)
        facts.append(subject.state(at, result, standing))
    elif status:  # also one that runs again after it failed, or that an environment holds
        facts.append(subject.state(at, status, WaitStatus.WAITING))
    for pull in rows(run, "pull_requests"):
        built = _subject(f"{name}#{words(pull, 'number')}", run, "name")
        facts.append(built.event(FactKind.PIPELINE, at, result or status))
    return facts


def _deployment_review(body: dict[str, Any]) -> list[SystemEvent]:
    """Read that a run asked for the review of a protected environment, or that it was reviewed."""
    facts = _run_facts(_repository(body), part(body, "workflow_run"))
    at = moment(body.get("since")) or facts[-1].at
    asked = words(body, "action") == "requested"
    who = [_reviewer(each) for each in rows(body, "reviewers")]
    held = held_by_environment(words(body, "environment"), filter(None, who)) if asked else ""
    return [*facts, SystemEvent(facts[0].subject, FactKind.HELD, at, held)]


def _reviewer(row: dict[str, Any]) -> str:
    return words(row, "reviewer", "login") or words(row, "reviewer", "name")


def _deployment_status(body: dict[str, Any]) -> list[SystemEvent]:
    statuses = [part(body, "deployment_status")]
    return _deployment_facts(_repository(body), part(body, "deployment"), statuses)


def _deployment_facts(
    name: str, made: dict[str, Any], statuses: Iterable[dict[str, Any]]
) -> list[SystemEvent]:
    """Return what a deployment and its statuses say, in any order."""
    key = f"{name} deployment {required(words(made, 'id'), 'deployment.id')}"
    title = words(made, "environment")
    opened = required_moment(made.get("created_at"), "deployment.created_at")
    facts = [EventSubject(key, "", title).opened(opened)]
    for status in statuses:
        at = required_moment(status.get("created_at"), "deployment_status.created_at")
        state = required(words(status, "state"), "deployment_status.state")
        standing = _DEPLOYED.get(state, WaitStatus.WAITING)
        subject = EventSubject(key, words(status, "target_url"), title)
        facts.append(subject.event(FactKind.DEPLOYMENT, at, state, standing))
    return facts


def _issue(body: dict[str, Any]) -> list[SystemEvent]:
    issue = part(body, "issue")
    number = required(words(issue, "number"), "issue.number")
    key = f"{_repository(body)}#{number}"
    subject, facts = _subject(key, issue), _issue_facts(issue, key)
    at = moment(issue.get("updated_at")) or facts[0].at
    action = words(body, "action")
    if action == "assigned":
        who = words(body, "assignee", "login")
        facts.append(subject.event(FactKind.ASSIGNED, at, who))
    elif action == "deleted":
        facts.append(subject.state(at, action, WaitStatus.REFUSED))
    elif action == "transferred":
        there = words(body, "changes", "new_repository", "full_name")
        number = words(body, "changes", "new_issue", "number")
        facts = [*facts[:1], *moved([key], f"{there}#{number}", at)] if there else facts[:1]
    return facts


def _issue_facts(issue: dict[str, Any], key: str) -> list[SystemEvent]:
    """Return what an issue says of itself: opened, closed, and closed as what."""
    subject = _subject(key, issue)
    opened = required_moment(issue.get("created_at"), "issue.created_at")
    facts = [subject.opened(opened)]
    if words(issue, "state") == "open":
        facts.append(_open(issue, key, opened))
    elif closed := moment(issue.get("closed_at")):
        why = words(issue, "state_reason")
        standing = WaitStatus.REFUSED if why in ("not_planned", "duplicate") else WaitStatus.DONE
        facts.append(subject.state(closed, "closed", standing))
    return facts


_EVENTS: Final[Mapping[str, Callable[[dict[str, Any]], list[SystemEvent]]]] = {
    "issues": _issue,
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "workflow_run": _workflow_run,
    "deployment_status": _deployment_status,
    "deployment_review": _deployment_review,
}
"""What is read, by `X-GitHub-Event`; the other events say nothing about waits."""


def read(delivery: WebhookDelivery, _settings: SystemSettings) -> list[SystemEvent]:
    """Return the facts of a delivery."""
    reader = _EVENTS.get(delivery.headers.get("x-github-event", ""))
    return reader(delivery.json()) if reader else []


def poll(ask: Ask, subject: str, _settings: SystemSettings, now: datetime) -> list[SystemEvent]:
    """Ask for a pull request, an issue, a run or a deployment, and for the rule that holds it."""
    for separator, asking in _POLLED.items():
        name, found, number = subject.partition(separator)
        if found:
            return asking(ask, name, number, now)
    return []


def _ask_pull(ask: Ask, name: str, number: str, now: datetime) -> list[SystemEvent]:
    subject = f"{name}#{number}"
    try:
        pull = ask(f"/repos/{name}/pulls/{number}")
    except PollError:  # issues and pull requests are numbered together
        return _issue_facts(ask(f"/repos/{name}/issues/{number}"), subject)
    facts = _pull_facts(pull, subject)
    reviews = rows({"all": ask(f"/repos/{name}/pulls/{number}/reviews?per_page=100")}, "all")
    for review in reviews:
        facts += _review_fact(review, pull, subject)
    if words(pull, "state") == "open":
        facts.append(SystemEvent(subject, FactKind.HELD, now, _hold_of(ask, name, pull, reviews)))
        facts += _ask_builds(ask, name, subject, words(pull, "head", "sha"))
    return facts


def _hold_of(ask: Ask, name: str, pull: dict[str, Any], reviews: Iterable[dict[str, Any]]) -> str:
    """Return how the protected branch holds a pull request; empty where it doesn't."""
    if words(pull, "mergeable_state") != "blocked":
        return ""
    branch = words(pull, "base", "ref")
    try:
        rules = rows({"all": ask(f"/repos/{name}/rules/branches/{quote(branch, safe='')}")}, "all")
    except PollError:  # the token may not see the rules; that it is held is known all the same
        return held_by_branch(branch)
    asked = [part(rule, "parameters").get("required_approving_review_count") for rule in rules]
    needed = max((count for count in asked if isinstance(count, int)), default=0)
    if not needed:
        return held_by_branch(branch)
    last = {words(each, "user", "login"): words(each, "state").lower() for each in reviews}
    return held_by_branch(branch, list(last.values()).count("approved"), needed)


def _ask_builds(ask: Ask, name: str, key: str, commit: str) -> list[SystemEvent]:
    """Return how the newest builds of a pull request's commit stand."""
    if not commit:
        return []
    runs = rows(ask(f"/repos/{name}/actions/runs?head_sha={commit}&per_page=20"), "workflow_runs")
    return [
        _subject(key, run, "name").event(
            FactKind.PIPELINE,
            required_moment(run.get("updated_at"), "workflow_run.updated_at"),
            words(run, "conclusion") or words(run, "status"),
        )
        for run in runs
    ]


def _ask_run(ask: Ask, name: str, number: str, now: datetime) -> list[SystemEvent]:
    run = ask(f"/repos/{name}/actions/runs/{number}")
    facts = _run_facts(name, run)
    held = ""
    if words(run, "status") == "waiting":
        waits = ask(f"/repos/{name}/actions/runs/{number}/pending_deployments")
        for each in rows({"all": waits}, "all")[:1]:
            who = [_reviewer(row) for row in rows(each, "reviewers")]
            held = held_by_environment(words(each, "environment", "name"), filter(None, who))
    return [*facts, SystemEvent(f"{name} run {number}", FactKind.HELD, now, held)]


def _ask_deployment(ask: Ask, name: str, number: str, now: datetime) -> list[SystemEvent]:
    made = ask(f"/repos/{name}/deployments/{number}")
    statuses = ask(f"/repos/{name}/deployments/{number}/statuses?per_page=100")
    found = rows({"all": statuses}, "all")
    facts = _deployment_facts(name, made, found)
    newest = max(facts, key=lambda fact: fact.at)
    held = held_by_environment(words(made, "environment")) if newest.value == "waiting" else ""
    return [*facts, SystemEvent(f"{name} deployment {number}", FactKind.HELD, now, held)]


_POLLED: Final[Mapping[str, Callable[[Ask, str, str, datetime], list[SystemEvent]]]] = {
    " run ": _ask_run,
    " deployment ": _ask_deployment,
    "#": _ask_pull,
}
"""What can be asked for, by what stands between the repository and the number."""


def _key(found: re.Match[str]) -> str:
    kind, number = found["kind"], found["number"]
    separator = {"pull": "#", "issues": "#", "actions/runs": " run "}[kind]
    return f"{found[1]}{separator}{number}"


ADAPTER: Final = Adapter(
    name="github",
    label="GitHub",
    verify=hub_signature("x-hub-signature-256"),
    read=read,
    poll=poll,
    keys=re.compile(r"(?<![\w/.-])([\w.-]+/[\w.-]+(?:#| run | deployment )\d+)\b"),
    urls=re.compile(
        r"https?://[^\s/]+(?:/api/v3/repos)?/([\w.-]+/[\w.-]+)/"
        r"(?P<kind>pull|issues|actions/runs)/(?P<number>\d+)[^\s>|]*"
    ),
    subject=_key,
    spelling=str,
    authorize=lambda _user, token: {
        **bearer_authorization(token),
        "accept": "application/vnd.github+json",
    },
    api="https://api.github.com",
)
