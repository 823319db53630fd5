"""Deliveries as vendors send them: reopened, moved, deleted, run again, in other notations."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from bot.domain.waits import FactKind, WaitStatus, interval_of
from bot.evidence.contract import (
    PollError,
    SystemSettings,
    UnreadableEvent,
    WebhookDelivery,
    moment,
)
from bot.evidence.registry import adapter_of
from tests.integration.evidence.payloads import BEGIN, VENDORS, after, iso, millis

DAY = timedelta(days=1)


def told(name, *deliveries, **settings):
    """Return all facts of some deliveries, each a body or headers and a body."""
    found = []
    for each in deliveries:
        headers, body = each if isinstance(each, tuple) else ({}, each)
        delivery = WebhookDelivery(headers, json.dumps(body).encode(), BEGIN)
        found += adapter_of(name).read(delivery, SystemSettings(**settings))
    return found


def wait_of(name, subject, *deliveries, **settings):
    facts = told(name, *reversed(deliveries), *deliveries, **settings)
    return interval_of([fact for fact in facts if fact.subject == subject])


def pull(state="open", at=0, number=12, **more):
    return {
        "number": number,
        "state": state,
        "title": "Read the table",
        "created_at": iso(BEGIN),
        "updated_at": iso(after(at)),
        "closed_at": None,
        "merged_at": None,
    } | more


def github(event, action, **body):
    repository = {"full_name": "acme/shop"}
    return {"x-github-event": event}, {"action": action, "repository": repository, **body}


def run(status, conclusion, at):
    return {
        "id": 5,
        "status": status,
        "conclusion": conclusion,
        "created_at": iso(BEGIN),
        "updated_at": iso(after(at)),
    }


def issue(number=3, state="open", at=0, **more):
    return {
        "number": number,
        "state": state,
        "created_at": iso(BEGIN),
        "updated_at": iso(after(at)),
        "closed_at": None,
    } | more


def servicenow(number="INC0010042", at=0, **more):
    return {
        "number": number,
        "opened_at": f"{BEGIN:%Y-%m-%d %H:%M:%S}",
        "sys_updated_on": f"{after(at):%Y-%m-%d %H:%M:%S}",
        "state": "2",
        "active": True,
    } | more


def jira(status, at, category="indeterminate", key="SEC-114", items=None):
    return {
        "timestamp": millis(after(at)),
        "webhookEvent": "jira:issue_updated",
        "issue": {
            "key": key,
            "fields": {
                "created": "2026-03-02T13:30:05.000+0530",
                "status": {"name": status, "statusCategory": {"key": category}},
            },
        },
        "changelog": {"items": items or [{"field": "status", "toString": status}]},
    }


def linear(action, at, state=("Todo", "unstarted"), changed=None, **data):
    return {
        "action": action,
        "type": "Issue",
        "updatedFrom": changed or {},
        "data": {
            "identifier": "PLAT-42",
            "createdAt": iso(BEGIN),
            "updatedAt": iso(after(at)),
            "state": {"name": state[0], "type": state[1]},
        }
        | data,
    }


def azure(event, at, **changed):
    fields = {"System.CreatedDate": iso(BEGIN), "System.ChangedDate": iso(after(at))}
    resource = {"id": 2, "workItemId": 5, "fields": changed, "revision": {"fields": fields}}
    if event in ("workitem.deleted", "workitem.restored"):
        resource = {"id": 5, "fields": {"System.CreatedDate": iso(BEGIN), "System.State": "New"}}
    return {"eventType": event, "createdDate": iso(after(at)), "resource": resource}


def pipeline(state, finished, *started):
    return {
        "object_kind": "pipeline",
        "project": {"path_with_namespace": "acme/shop"},
        "object_attributes": {
            "id": 31,
            "status": state,
            "created_at": "2026-03-02 09:00:05 +0100",
            "finished_at": finished and f"{after(finished):%Y-%m-%d %H:%M:%S UTC}",
        },
        "builds": [{"started_at": f"{after(day):%Y-%m-%d %H:%M:%S UTC}"} for day in started],
    }


W, D, R = WaitStatus.WAITING, WaitStatus.DONE, WaitStatus.REFUSED
CLOSED = {"state": "closed", "closed_at": iso(after(2))}
CASES = {
    "a pull request whose reopening was never told": (
        "github", "acme/shop#12", W, None,
        [github("pull_request", "closed", pull_request=pull(at=2, **CLOSED)),
         github("pull_request_review", "submitted", pull_request=pull(at=3),
                review={"state": "commented"})],
    ),
    "a run that waits for somebody to allow it": (
        "github", "acme/shop run 5", W, None,
        [github("workflow_run", "completed", workflow_run=run("completed", "action_required", 1))],
    ),
    "a run that failed and runs again": (
        "github", "acme/shop run 5", W, None,
        [github("workflow_run", "completed", workflow_run=run("completed", "failure", 1)),
         github("workflow_run", "in_progress", workflow_run=run("in_progress", None, 2))],
    ),
    "a run of which every job was skipped": (
        "github", "acme/shop run 5", D, 1,
        [github("workflow_run", "completed", workflow_run=run("completed", "skipped", 1))],
    ),
    "an issue closed as not planned": (
        "github", "acme/shop#3", R, 2,
        [github("issues", "opened", issue=issue()),
         github("issues", "closed", issue=issue(at=2, state_reason="not_planned", **CLOSED))],
    ),
    "a deployment that failed": (
        "github", "acme/shop deployment 9", R, 1,
        [github("deployment_status", "created",
                deployment={"id": 9, "created_at": iso(BEGIN)},
                deployment_status={"state": "failure", "created_at": iso(after(1))})],
    ),
    "a pipeline that failed and runs again": (
        "gitlab", "acme/shop pipeline 31", W, None,
        [pipeline("failed", 1, 0.5), pipeline("running", None, 0.5, 2)],
    ),
    "a pipeline that failed and was mended": (
        "gitlab", "acme/shop pipeline 31", D, 3,
        [pipeline("failed", 1, 0.5), pipeline("running", None, 0.5, 2), pipeline("success", 3, 2)],
    ),
    "a state that only this company ends with": (
        "jira", "SEC-114", D, 4, [jira("Access given", 4)],
    ),
    "a state between that is called as if it ended": (
        "jira", "SEC-114", W, None, [jira("Approved", 4)],
    ),
    "a ticket that was reopened": (
        "jira", "SEC-114", W, None, [jira("Done", 4, "done"), jira("Reopened", 5, "new")],
    ),
    "an issue thrown into the bin": (
        "linear", "PLAT-42", R, 2, [linear("update", 2, changed={"trashed": None}, trashed=True)],
    ),
    "an issue taken out of the bin": (
        "linear", "PLAT-42", W, None,
        [linear("update", 2, changed={"trashed": None}, trashed=True),
         linear("update", 3, changed={"trashed": True}, trashed=None)],
    ),
    "a deleted work item": ("azure_devops", "AB#5", R, 2, [azure("workitem.deleted", 2)]),
    "a restored work item": (
        "azure_devops", "AB#5", W, None,
        [azure("workitem.deleted", 2), azure("workitem.restored", 3)],
    ),
    "a build of the first version of the event": (
        "azure_devops", "build 2", D, 1,
        [{"eventType": "build.complete",
          "resource": {"id": 2, "status": "succeeded", "queueTime": iso(BEGIN),
                       "finishTime": f"{after(1):%Y-%m-%dT%H:%M:%S}.9876543Z"}}],
    ),
    "an incident closed by its number, active as JSON has it": (
        "servicenow", "INC0010042", D, 3, [servicenow(at=3, state="7", active=False)],
    ),
    "a task that was skipped": (
        "servicenow", "SCTASK0010042", R, 3, [servicenow("SCTASK0010042", 3, state="7")],
    ),
    "an incident that went back to work": (
        "servicenow", "INC0010042", W, None,
        [servicenow(at=3, state="6"), servicenow(at=4, state="2")],
    ),
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("case", CASES)
def test_a_wait_is_as_the_vendor_means_it(case):
    name, subject, standing, days, deliveries = CASES[case]
    interval = wait_of(name, subject, *deliveries, ended=("Access  given",))
    assert interval is not None
    assert interval.standing is standing
    assert interval.opened_at == BEGIN
    ended = interval.ended_at and interval.ended_at.replace(microsecond=0)
    assert ended == (None if days is None else after(days))


@pytest.mark.parametrize(
    ("name", "delivery", "before", "now"),
    [
        (
            "jira",
            jira("To Do", 2, "new", "DATA-9", [{"field": "Key", "fromString": "SEC-114"}]),
            "SEC-114",
            "DATA-9",
        ),
        (
            "linear",
            linear("update", 2, identifier="OPS-7", previousIdentifiers=["PLAT-42"]),
            "PLAT-42",
            "OPS-7",
        ),
        (
            "github",
            github(
                "issues",
                "transferred",
                issue=issue(),
                changes={
                    "new_issue": {"number": 8},
                    "new_repository": {"full_name": "acme/platform"},
                },
            ),
            "acme/shop#3",
            "acme/platform#8",
        ),
    ],
)
def test_a_moved_ticket_tells_its_other_key(name, delivery, before, now):
    moves = [fact for fact in told(name, delivery) if fact.kind is FactKind.MOVED]
    assert [(fact.subject, fact.value) for fact in moves] == [(before, now)]


def test_a_form_carries_the_event_as_github_sends_it_by_default():
    headers, body = VENDORS["github"]().deliveries[0]
    headers = headers | {"content-type": "application/x-www-form-urlencoded"}
    raw = urlencode({"payload": json.dumps(body)}).encode()
    assert adapter_of("github").read(WebhookDelivery(headers, raw, BEGIN), SystemSettings())


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2026-03-02T13:30:05.000+0530", BEGIN),
        ("2026-03-02T00:00:05-08:00", BEGIN),
        ("2026-03-02 08:00:05 UTC", BEGIN),
        ("2026-03-02 09:00:05 +0100", BEGIN),
        ("2026-03-02 08:00:05z", BEGIN),
        ("2026-03-02T08:00:05.1234567Z", BEGIN + timedelta(microseconds=123456)),
        (millis(BEGIN), BEGIN),
        (str(millis(BEGIN)), BEGIN),
        (int(BEGIN.timestamp()), BEGIN),
        ("20260302", datetime(2026, 3, 2, tzinfo=UTC)),
        (20260302, None),
        (10**400, None),
        ("9" * 400, None),
        ("²", None),
        (float("nan"), None),
        (float("inf"), None),
        (-1, None),
        ("03/02/2026 08:00", None),
    ],
)
def test_a_time_is_read_as_written_or_not_at_all(value, wanted):
    assert moment(value) == wanted


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize(
    "odd", ["\ud800", 10**400, "²", "\u202e", "x" * 100_000, {"a": {}}, [[]], 1e308, False]
)
def test_an_odd_value_anywhere_is_read_or_refused(name, odd):
    """Facts that are read have keys, which half a surrogate pair would not let them have."""
    for headers, body in VENDORS[name]().deliveries:
        for changed in _with(body, odd):
            raw = json.dumps(changed).encode()
            with suppress(UnreadableEvent):
                facts = adapter_of(name).read(
                    WebhookDelivery(headers, raw, BEGIN), SystemSettings()
                )
                assert all(fact.key and fact.title.encode() is not None for fact in facts)


def _with(value, odd):
    """Yield copies of a body with each of its values in turn replaced."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value | {key: odd}
            yield {other: value[other] for other in value if other != key}
            for changed in _with(inner, odd):
                yield value | {key: changed}
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            for changed in _with(inner, odd):
                yield [*value[:at], changed, *value[at + 1 :]]


ASKED = {
    "an Azure build": (
        "azure_devops",
        "build 31",
        {
            "/_apis/build/builds/31?api-version=7.1": {
                "id": 31,
                "status": "completed",
                "result": "succeeded",
                "queueTime": iso(BEGIN),
                "finishTime": iso(after(1)),
            }
        },
        (D, 1),
    ),
    "an Azure build that runs": (
        "azure_devops",
        "build 31",
        {
            "/_apis/build/builds/31?api-version=7.1": {
                "id": 31,
                "status": "inProgress",
                "queueTime": iso(BEGIN),
            }
        },
        (W, None),
    ),
    "an Azure pull request": (
        "azure_devops",
        "shop!8",
        {
            "/_apis/git/repositories/shop/pullrequests/8?api-version=7.1": {
                "pullRequestId": 8,
                "repository": {"name": "shop"},
                "status": "abandoned",
                "creationDate": iso(BEGIN),
                "closedDate": iso(after(2)),
            }
        },
        (R, 2),
    ),
    "a GitHub issue, which no pull request has the number of": (
        "github",
        "acme/shop#3",
        {"/repos/acme/shop/issues/3": issue(at=2, **CLOSED)},
        (D, 2),
    ),
    "a Jira ticket by the key it had before": (
        "jira",
        "SEC-114",
        {
            "/rest/api/2/issue/SEC-114?expand=changelog&fields=summary,status,created,assignee": {
                "key": "DATA-9",
                "fields": {
                    "created": iso(BEGIN),
                    "status": {"name": "Done", "statusCategory": {"key": "done"}},
                },
                "changelog": {
                    "histories": [
                        {
                            "created": iso(after(4)),
                            "items": [{"field": "status", "toString": "Done"}],
                        }
                    ]
                },
            }
        },
        (D, 4),
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_is_asked_for_is_read_as_what_is_told(case):
    name, subject, answers, (standing, days) = ASKED[case]

    def ask(path, *, post=None, as_text=False):
        if path not in answers:
            raise PollError(path)
        return answers[path]

    facts = adapter_of(name).poll(ask, subject, SystemSettings(), after(9))
    moves = {fact.subject: fact.value for fact in facts if fact.kind is FactKind.MOVED}
    wanted = moves.get(subject, subject)
    interval = interval_of([fact for fact in facts if fact.subject == wanted])
    assert (interval.standing, interval.opened_at) == (standing, BEGIN)
    assert interval.ended_at == (None if days is None else after(days))
