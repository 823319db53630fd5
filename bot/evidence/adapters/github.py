"""GitHub: pull requests, reviews, branch protection, workflow runs and deployments."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bot.domain.waits import Fact, FactKind, Standing
from bot.evidence.contract import (
    Adapter,
    Ask,
    Delivery,
    SystemSettings,
    moment,
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
_DEPLOYED: Final = {"success": Standing.DONE, "inactive": None}
_RUN_ENDED: Final = "completed"


def _pull(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    pull = part(body, "pull_request")
    name = required(words(body, "repository", "full_name"), "repository.full_name")
    number = required(words(pull, "number") or words(body, "number"), "pull_request.number")
    return pull, f"{name}#{number}"


def _pull_facts(pull: dict[str, Any], subject: str) -> list[Fact]:
    """Return what a pull request says of itself: opened, closed or merged."""
    link, title = words(pull, "html_url"), words(pull, "title")
    opened = required_moment(pull.get("created_at"), "pull_request.created_at")
    facts = [Fact(subject, FactKind.OPENED, opened, "", Standing.WAITING, link, title)]
    merged, closed = moment(pull.get("merged_at")), moment(pull.get("closed_at"))
    if merged:
        facts.append(Fact(subject, FactKind.STATE, merged, "merged", Standing.DONE, link, title))
    elif closed:
        facts.append(Fact(subject, FactKind.STATE, closed, "closed", Standing.REFUSED, link, title))
    return facts


def _pull_request(body: dict[str, Any]) -> list[Fact]:
    pull, subject = _pull(body)
    facts = _pull_facts(pull, subject)
    at = moment(pull.get("updated_at")) or facts[0].at
    link, title, action = words(pull, "html_url"), words(pull, "title"), words(body, "action")
    if action == "reopened":
        facts.append(Fact(subject, FactKind.STATE, at, "open", Standing.WAITING, link, title))
    if action == "review_requested":
        who = words(body, "requested_reviewer", "login") or words(body, "requested_team", "name")
        facts.append(Fact(subject, FactKind.REVIEW_REQUESTED, at, who, None, link, title))
    if action == "assigned":
        who = words(body, "assignee", "login")
        facts.append(Fact(subject, FactKind.ASSIGNED, at, who, None, link, title))
    return facts


def _review_fact(review: dict[str, Any], pull: dict[str, Any], subject: str) -> list[Fact]:
    kind = _REVIEWS.get(words(review, "state").lower())
    at = moment(review.get("submitted_at"))
    if kind is None or at is None:
        return []
    who, link = words(review, "user", "login"), words(review, "html_url")
    return [Fact(subject, kind, at, who, None, link, words(pull, "title"))]


def _review(body: dict[str, Any]) -> list[Fact]:
    pull, subject = _pull(body)
    return [
        *_pull_facts(pull, subject),
        *_review_fact(part(body, "review"), pull, subject),
    ]


def _workflow_run(body: dict[str, Any]) -> list[Fact]:
    run = part(body, "workflow_run")
    name = required(words(body, "repository", "full_name"), "repository.full_name")
    number = required(words(run, "id"), "workflow_run.id")
    link, title = words(run, "html_url"), words(run, "name")
    opened = required_moment(run.get("created_at"), "workflow_run.created_at")
    subject = f"{name} run {number}"
    facts = [Fact(subject, FactKind.OPENED, opened, "", Standing.WAITING, link, title)]
    at = required_moment(run.get("updated_at"), "workflow_run.updated_at")
    status, result = words(run, "status"), words(run, "conclusion")
    if status == _RUN_ENDED:
        standing = Standing.DONE if result == "success" else Standing.REFUSED
        facts.append(Fact(subject, FactKind.STATE, at, result, standing, link, title))
    elif status == "waiting":
        # A protected environment holds the run until somebody reviews it.
        facts.append(Fact(subject, FactKind.STATE, at, status, Standing.WAITING, link, title))
    for pull in rows(run, "pull_requests"):
        of_pull = f"{name}#{words(pull, 'number')}"
        facts.append(Fact(of_pull, FactKind.PIPELINE, at, result or status, None, link, title))
    return facts


def _deployment_status(body: dict[str, Any]) -> list[Fact]:
    made, status = part(body, "deployment"), part(body, "deployment_status")
    name = required(words(body, "repository", "full_name"), "repository.full_name")
    subject = f"{name} deployment {required(words(made, 'id'), 'deployment.id')}"
    title, link = words(made, "environment"), words(status, "target_url")
    opened = required_moment(made.get("created_at"), "deployment.created_at")
    at = required_moment(status.get("created_at"), "deployment_status.created_at")
    state = required(words(status, "state"), "deployment_status.state")
    standing = _DEPLOYED.get(state, Standing.WAITING)
    return [
        Fact(subject, FactKind.OPENED, opened, "", Standing.WAITING, link, title),
        Fact(subject, FactKind.DEPLOYMENT, at, state, standing, link, title),
    ]


_EVENTS: Final[Mapping[str, Callable[[dict[str, Any]], list[Fact]]]] = {
    "pull_request": _pull_request,
    "pull_request_review": _review,
    "workflow_run": _workflow_run,
    "deployment_status": _deployment_status,
}
"""What is read, by `X-GitHub-Event`; the other events say nothing about waits."""


def read(delivery: Delivery, _settings: SystemSettings) -> list[Fact]:
    """Return the facts of a delivery."""
    reader = _EVENTS.get(delivery.headers.get("x-github-event", ""))
    return reader(delivery.json()) if reader else []


def poll(ask: Ask, subject: str, _settings: SystemSettings, _now: datetime) -> list[Fact]:
    """Ask for a pull request and its reviews."""
    name, _, number = subject.partition("#")
    if not number:
        return []
    pull = ask(f"/repos/{name}/pulls/{number}")
    facts = _pull_facts(pull, subject)
    for review in ask(f"/repos/{name}/pulls/{number}/reviews?per_page=100"):
        facts += _review_fact(review, pull, subject)
    return facts


def _key(found: re.Match[str]) -> str:
    kind, number = found["kind"], found["number"]
    separator = {"pull": "#", "issues": "#", "actions/runs": " run "}[kind]
    return f"{found[1]}{separator}{number}"


ADAPTER: Final = Adapter(
    name="github",
    label="GitHub",
    about="pull requests, reviews, workflow runs and deployments",
    setup="Repository or organisation → Settings → Webhooks, content type application/json, events "
    "Pull requests, Pull request reviews, Workflow runs and Deployment statuses",
    verify=hub_signature("x-hub-signature-256"),
    read=read,
    poll=poll,
    keys=re.compile(r"(?<![\w/.-])([\w.-]+/[\w.-]+#\d+)\b"),
    urls=re.compile(
        r"https?://[^\s/]+(?:/api/v3/repos)?/([\w.-]+/[\w.-]+)/"
        r"(?P<kind>pull|issues|actions/runs)/(?P<number>\d+)[^\s>|]*"
    ),
    subject=_key,
    spelling=str,
    authorize=lambda _user, token: {
        "authorization": f"Bearer {token}",
        "accept": "application/vnd.github+json",
    },
    api="https://api.github.com",
)
