"""Runs, pipelines and deployments are asked for; the rule that holds them stands on the card."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.domain.waits import HOLD_PARTS, interval_of
from bot.evidence.adapters.github import ADAPTER
from bot.evidence.contract import SystemSettings, WebhookDelivery
from bot.evidence.service import link_ticket
from bot.timers.dispatcher import run_due
from probes.settings import ProbeSettings
from scheduler.evidence_worker import EvidenceWorker
from tests.integration.evidence.payloads import BEGIN, after, iso
from tests.integration.evidence.test_polling import Api, api, log, the_link
from tests.runtimes import ANA, TEAM, advance, card

__all__ = ["api"]
pytestmark = pytest.mark.smoke

Answers = dict[str, Any]
HUB, LAB = "/repos/acme/shop", "/projects/acme%2Fdata%2Fshop"


def pull(*, merged: bool = False) -> Answers:
    about = {
        "number": 12,
        "state": "closed" if merged else "open",
        "title": "Call the model",
        "html_url": "https://github.com/acme/shop/pull/12",
        "created_at": iso(BEGIN),
        "updated_at": iso(after(1)),
        "merged_at": iso(after(6)) if merged else None,
        "closed_at": iso(after(6)) if merged else None,
        "mergeable_state": "unknown" if merged else "blocked",
        "base": {"ref": "main"},
        "head": {"sha": "5f3a"},
    }
    review = {"user": {"login": "noor"}, "state": "APPROVED", "submitted_at": iso(after(1))}
    rule = {"type": "pull_request", "parameters": {"required_approving_review_count": 2}}
    run = {
        "name": "Build",
        "status": "completed",
        "conclusion": "failure",
        "updated_at": iso(after(0.5)),
    }
    return {
        f"{HUB}/pulls/12": about,
        f"{HUB}/pulls/12/reviews": [review],
        f"{HUB}/rules/branches/main": [rule, {"type": "deletion"}],
        f"{HUB}/actions/runs": {"total_count": 1, "workflow_runs": [run]},
    }


def run(*, over: bool) -> Answers:
    about = {
        "id": 30433642,
        "name": "Deploy",
        "status": "completed" if over else "waiting",
        "conclusion": "success" if over else None,
        "created_at": iso(BEGIN),
        "updated_at": iso(after(2)) if over else iso(after(0.1)),
        "html_url": "https://github.com/acme/shop/actions/runs/30433642",
        "pull_requests": [],
    }
    waits = {
        "environment": {"id": 1, "name": "production"},
        "reviewers": [{"type": "Team", "reviewer": {"name": "platform"}}],
    }
    place = f"{HUB}/actions/runs/30433642"
    return {place: about, f"{place}/pending_deployments": [waits]}


def deployment(*, over: bool) -> Answers:
    states = [("waiting", 0.1), *([("in_progress", 2), ("success", 3)] if over else [])]
    place = f"{HUB}/deployments/9"
    return {
        place: {"id": 9, "environment": "production", "created_at": iso(BEGIN)},
        f"{place}/statuses": [
            {"state": state, "created_at": iso(after(days)), "target_url": ""}
            for state, days in reversed(states)
        ],
    }


def merge(*, over: bool) -> Answers:
    place = f"{LAB}/merge_requests/7"
    about = {
        "state": "merged" if over else "opened",
        "created_at": iso(BEGIN),
        "merged_at": iso(after(4)) if over else None,
        "target_branch": "main",
        "detailed_merge_status": "not_approved",
        "head_pipeline": {"status": "success", "updated_at": iso(after(1))},
    }
    approvals = {
        "approvals_required": 3,
        "approvals_left": 2,
        "approved_by": [{"user": {"username": "noor"}, "approved_at": iso(after(1))}],
    }
    return {place: about, f"{place}/approvals": approvals}


def pipeline(*, over: bool) -> Answers:
    about = {
        "id": 31,
        "ref": "main",
        "status": "success" if over else "manual",
        "created_at": iso(BEGIN),
        "updated_at": iso(after(0.2)),
        "finished_at": iso(after(5)) if over else None,
        "web_url": "https://gitlab.com/acme/data/shop/-/pipelines/31",
    }
    return {f"{LAB}/pipelines/31": about}


def lab_deployment(*, over: bool) -> Answers:
    about = {
        "id": 5,
        "status": "success" if over else "blocked",
        "created_at": iso(BEGIN),
        "updated_at": iso(after(7)) if over else iso(after(0.1)),
        "environment": {"name": "production"},
    }
    return {f"{LAB}/deployments/5": about}


BRANCH = "Held by the protected branch `main`"
WAITS = {
    "github pull": ("github", "acme/shop#12", pull(), pull(merged=True), 6,
                    f"{BRANCH}: 1 of 2 approvals"),
    "github run": ("github", "https://github.com/acme/shop/actions/runs/30433642",
                   run(over=False), run(over=True), 2,
                   "Held by the protected environment `production`, waiting for platform"),
    "github deployment": ("github", "acme/shop deployment 9", deployment(over=False),
                          deployment(over=True), 3,
                          "Held by the protected environment `production`"),
    "gitlab merge": ("gitlab", "acme/data/shop!7", merge(over=False), merge(over=True), 4,
                     f"{BRANCH}: 1 of 3 approvals"),
    "gitlab pipeline": ("gitlab", "https://gitlab.com/acme/data/shop/-/pipelines/31",
                        pipeline(over=False), pipeline(over=True), 5, BRANCH),
    "gitlab deployment": ("gitlab", "acme/data/shop deployment 5", lab_deployment(over=False),
                          lab_deployment(over=True), 7,
                          "Held by the protected environment `production`"),
}  # fmt: skip  # a table, one row a line


@pytest.fixture
def worker(runtime, encryption):
    return EvidenceWorker(runtime, ProbeSettings(), encryption)


@pytest.mark.parametrize("name", WAITS)
def test_the_card_names_what_holds_a_wait_until_it_is_over(
    name, runtime, running_sprint, connected, api: Api, worker
):
    system, subject, held, over, days, line = WAITS[name]
    connected(system, base_url=api.url, token="t0ken", user="")
    blocker = log(runtime, running_sprint, "We wait for the others")
    key = f"sprint:{running_sprint}:blocker:1"
    api.answers = {path: (200, body) for path, body in held.items()}
    with runtime.uow(TEAM) as uow:
        link_ticket(uow, ANA, blocker, f"It is {subject}")
    for _ in range(2):  # asked again, the same hold is no new event
        run_due(runtime)
        assert worker.work_once()
        assert the_link(runtime).error is None
        assert line in str(card(runtime, key))
        advance(runtime, 0.1)
    api.answers = {path: (200, body) for path, body in over.items()}
    run_due(runtime)
    assert worker.work_once()
    link = the_link(runtime)
    assert (link.opened_at, link.ended_at, link.held) == (BEGIN, after(days), "")
    assert "Held by" not in str(card(runtime, key))


def test_rules_that_the_token_may_not_read_leave_the_branch(
    runtime, running_sprint, connected, api: Api, worker
):
    connected("github", base_url=api.url, token="t0ken", user="")
    api.answers = {path: (200, body) for path, body in pull().items()}
    api.answers[f"{HUB}/rules/branches/main"] = (403, {})
    blocker = log(runtime, running_sprint, "We wait for the others")
    with runtime.uow(TEAM) as uow:
        link_ticket(uow, ANA, blocker, "acme/shop#12")
    run_due(runtime)
    assert worker.work_once()
    assert f"{BRANCH}." in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))


@pytest.mark.parametrize(("action", "held"), [("requested", "production"), ("approved", "")])
def test_a_review_of_a_protected_environment_holds_its_run(action, held):
    about = run(over=False)[f"{HUB}/actions/runs/30433642"]
    body = {
        "action": action,
        "environment": "production",
        "since": iso(after(0.2)),
        "reviewers": [{"type": "User", "reviewer": {"login": "noor"}}],
        "workflow_run": about,
        "repository": {"full_name": "acme/shop"},
    }
    headers = {"x-github-event": "deployment_review"}
    delivery = WebhookDelivery(headers, json.dumps(body).encode(), after(1))
    interval = interval_of(ADAPTER.read(delivery, SystemSettings()))
    assert interval.opened_at == BEGIN
    assert interval.held.split(HOLD_PARTS)[1:3] == ([held, "noor"] if held else [])
