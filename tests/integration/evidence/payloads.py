"""Webhook bodies in the shapes that the vendors document, for one wait of each system.

Every wait begins with the vendor's own "created", has changes in between, and ends. `signed` puts
the vendor's own signature on a delivery.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

BEGIN = datetime(2026, 3, 2, 8, 0, 5, tzinfo=UTC)


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


@dataclass
class Wait:
    """One wait as its system's deliveries tell it."""

    adapter: str
    subject: str
    days: float
    deliveries: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    standing: str = "done"
    state: str = ""
    assignee: str | None = None


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def jira(number: int = 114, days: float = 9) -> Wait:
    key = f"SEC-{number}"

    def issue(status: str, category: str) -> dict[str, Any]:
        return {
            "id": f"10{number}",
            "self": f"https://acme.atlassian.net/rest/api/2/issue/10{number}",
            "key": key,
            "fields": {
                "summary": "Read access to the billing replica",
                "created": BEGIN.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
                "status": {
                    "self": "https://acme.atlassian.net/rest/api/2/status/3",
                    "name": status,
                    "id": "3",
                    "statusCategory": {"id": 4, "key": category, "name": status},
                },
                "assignee": None,
            },
        }

    def change(at: datetime, field_: str, before: str, after_: str, status: str, category: str):
        return {
            "timestamp": millis(at),
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic",
            "user": {"accountId": "5b10a2844c20165700ede21g", "displayName": "Mia"},
            "issue": issue(status, category),
            "changelog": {
                "id": str(millis(at)),
                "items": [
                    {
                        "field": field_,
                        "fieldtype": "jira",
                        "fieldId": field_,
                        "from": "10000",
                        "fromString": before,
                        "to": "3",
                        "toString": after_,
                    }
                ],
            },
        }

    bodies = [
        {
            "timestamp": millis(BEGIN),
            "webhookEvent": "jira:issue_created",
            "issue_event_type_name": "issue_created",
            "user": {"accountId": "5b10a2844c20165700ede21g", "displayName": "Mia"},
            "issue": issue("To Do", "new"),
        },
        change(after(1), "assignee", "", "Noor", "To Do", "new"),
        change(after(3), "status", "To Do", "In Review", "In Review", "indeterminate"),
        change(after(5), "description", "a", "b", "In Review", "indeterminate"),
        change(after(days), "status", "In Review", "Done", "Done", "done"),
    ]
    return Wait("jira", key, days, [({}, body) for body in bodies], state="Done", assignee="Noor")


def github(number: int = 12, days: float = 6) -> Wait:
    repository = {"id": 1, "name": "shop", "full_name": "acme/shop", "private": True}

    def pull(**changed: Any) -> dict[str, Any]:
        return {
            "url": f"https://api.github.com/repos/acme/shop/pulls/{number}",
            "html_url": f"https://github.com/acme/shop/pull/{number}",
            "number": number,
            "state": "open",
            "title": "Call the model from the checkout",
            "created_at": iso(BEGIN),
            "updated_at": iso(BEGIN),
            "closed_at": None,
            "merged_at": None,
            "merged": False,
        } | changed

    merged = {"merged_at": iso(after(days)), "closed_at": iso(after(days)), "merged": True}
    return Wait(
        "github",
        f"acme/shop#{number}",
        days,
        [
            (
                {"x-github-event": "pull_request"},
                {
                    "action": "opened",
                    "number": number,
                    "pull_request": pull(),
                    "repository": repository,
                },
            ),
            (
                {"x-github-event": "pull_request"},
                {
                    "action": "review_requested",
                    "number": number,
                    "pull_request": pull(updated_at=iso(after(0.1))),
                    "requested_team": {"name": "architecture", "slug": "architecture"},
                    "repository": repository,
                },
            ),
            (
                {"x-github-event": "pull_request_review"},
                {
                    "action": "submitted",
                    "review": {
                        "id": 80,
                        "user": {"login": "noor"},
                        "state": "approved",
                        "submitted_at": iso(after(days - 1)),
                        "html_url": f"https://github.com/acme/shop/pull/{number}#review-80",
                    },
                    "pull_request": pull(updated_at=iso(after(days - 1))),
                    "repository": repository,
                },
            ),
            (
                {"x-github-event": "workflow_run"},
                {
                    "action": "completed",
                    "workflow_run": {
                        "id": 30433642,
                        "name": "Build",
                        "status": "completed",
                        "conclusion": "success",
                        "html_url": "https://github.com/acme/shop/actions/runs/30433642",
                        "created_at": iso(after(1)),
                        "updated_at": iso(after(1.01)),
                        "pull_requests": [{"id": 9, "number": number}],
                    },
                    "repository": repository,
                },
            ),
            (
                {"x-github-event": "pull_request"},
                {
                    "action": "closed",
                    "number": number,
                    "pull_request": pull(state="closed", updated_at=iso(after(days)), **merged),
                    "repository": repository,
                },
            ),
            ({"x-github-event": "star"}, {"action": "created", "repository": repository}),
        ],
        state="merged",
    )


def gitlab(number: int = 7, days: float = 4) -> Wait:
    project = {"id": 15, "name": "shop", "path_with_namespace": "acme/data/shop"}

    def merge(action: str, state: str, at: datetime, **more: Any) -> dict[str, Any]:
        return {
            "object_kind": "merge_request",
            "event_type": "merge_request",
            "user": {"id": 1, "name": "Noor", "username": "noor"},
            "project": project,
            "object_attributes": {
                "id": 99,
                "iid": number,
                "title": "Read the loyalty table",
                "created_at": BEGIN.strftime("%Y-%m-%d %H:%M:%S UTC"),
                "updated_at": at.strftime("%Y-%m-%d %H:%M:%S UTC"),
                "state": state,
                "url": f"https://gitlab.com/acme/data/shop/-/merge_requests/{number}",
                "action": action,
            },
            "changes": {},
        } | more

    pipeline = {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": 31,
            "ref": "main",
            "status": "success",
            "created_at": after(2).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "finished_at": after(2.01).strftime("%Y-%m-%d %H:%M:%S UTC"),
            "url": "https://gitlab.com/acme/data/shop/-/pipelines/31",
        },
        "merge_request": {"id": 99, "iid": number},
        "project": project,
    }
    assigned = {
        "changes": {"assignees": {"previous": [], "current": [{"id": 6, "username": "ben"}]}}
    }
    return Wait(
        "gitlab",
        f"acme/data/shop!{number}",
        days,
        [
            ({"x-gitlab-event": "Merge Request Hook"}, merge("open", "opened", BEGIN)),
            (
                {"x-gitlab-event": "Merge Request Hook"},
                merge("update", "opened", after(1), **assigned),
            ),
            ({"x-gitlab-event": "Pipeline Hook"}, pipeline),
            ({"x-gitlab-event": "Merge Request Hook"}, merge("approved", "opened", after(3))),
            ({"x-gitlab-event": "Merge Request Hook"}, merge("merge", "merged", after(days))),
            ({"x-gitlab-event": "Push Hook"}, {"object_kind": "push", "project": project}),
        ],
        state="merged",
        assignee="ben",
    )


def linear(number: int = 42, days: float = 11) -> Wait:
    key = f"PLAT-{number}"

    def body(action: str, at: datetime, state: tuple[str, str], changed: dict | None, who=None):
        return {
            "action": action,
            "type": "Issue",
            "createdAt": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "data": {
                "id": "2174add1-f7c8-44e3-bbf3-2d60b5ea8bc9",
                "identifier": key,
                "number": number,
                "title": "Open the port to the warehouse",
                "createdAt": BEGIN.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "updatedAt": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "state": {"id": "s", "name": state[0], "type": state[1]},
                **({"assignee": {"id": "a", "name": who}} if who else {}),
            },
            **({"updatedFrom": changed} if changed is not None else {}),
            "url": f"https://linear.app/acme/issue/{key}/open-the-port",
            "webhookTimestamp": 0,
            "webhookId": "000042e3-d123-4980-b49f-8e140eef9329",
        }

    todo, started, done = (
        ("Todo", "unstarted"),
        ("In Progress", "started"),
        ("Shipped", "completed"),
    )
    return Wait(
        "linear",
        key,
        days,
        [
            ({}, body("create", BEGIN, todo, None)),
            ({}, body("update", after(1), todo, {"assigneeId": None}, "Kim")),
            ({}, body("update", after(2), started, {"stateId": "x"}, "Kim")),
            ({}, body("update", after(4), started, {"title": "old"}, "Kim")),
            ({}, body("update", after(days), done, {"stateId": "y", "completedAt": None}, "Kim")),
        ],
        state="Shipped",
        assignee="Kim",
    )


def azure(number: int = 5, days: float = 3) -> Wait:
    def fields(at: datetime, state: str) -> dict[str, Any]:
        return {
            "System.AreaPath": "Data",
            "System.WorkItemType": "Task",
            "System.State": state,
            "System.Title": "Grant the pipeline identity",
            "System.CreatedDate": iso(BEGIN),
            "System.ChangedDate": iso(at),
        }

    link = {"html": {"href": f"https://dev.azure.com/acme/web/wi.aspx?id={number}"}}

    def updated(at: datetime, state: str, changed: dict[str, Any]) -> dict[str, Any]:
        return {
            "subscriptionId": "00000000-0000-0000-0000-000000000000",
            "notificationId": 2,
            "id": "27646e0e-b520-4d2b-9411-bba7524947cd",
            "eventType": "workitem.updated",
            "publisherId": "tfs",
            "resource": {
                "id": 2,
                "workItemId": number,
                "rev": 2,
                "fields": changed,
                "_links": link,
                "revision": {"id": number, "rev": 2, "fields": fields(at, state)},
            },
            "createdDate": iso(at),
        }

    return Wait(
        "azure_devops",
        f"AB#{number}",
        days,
        [
            (
                {},
                {
                    "eventType": "workitem.created",
                    "publisherId": "tfs",
                    "resource": {
                        "id": number,
                        "rev": 1,
                        "fields": fields(BEGIN, "New"),
                        "_links": link,
                    },
                    "createdDate": iso(BEGIN),
                },
            ),
            (
                {},
                updated(
                    after(1),
                    "Active",
                    {
                        "System.State": {"oldValue": "New", "newValue": "Active"},
                        "System.AssignedTo": {"newValue": "Noor <noor@acme.example>"},
                    },
                ),
            ),
            (
                {},
                updated(
                    after(days),
                    "Closed",
                    {"System.State": {"oldValue": "Active", "newValue": "Closed"}},
                ),
            ),
        ],
        state="Closed",
        assignee="Noor",
    )


def servicenow(number: int = 10042, days: float = 20) -> Wait:
    def record(at: datetime, state: str, **more: str) -> dict[str, Any]:
        return {
            "number": f"RITM00{number}",
            "short_description": "Service account for the model",
            "opened_at": BEGIN.strftime("%Y-%m-%d %H:%M:%S"),
            "sys_updated_on": at.strftime("%Y-%m-%d %H:%M:%S"),
            "state": state,
            "active": "true",
            "approval": "requested",
            "assigned_to": "",
        } | more

    closed = after(days).strftime("%Y-%m-%d %H:%M:%S")
    over = {"active": "false", "closed_at": closed, "approval": "approved", "assigned_to": "Desk"}
    return Wait(
        "servicenow",
        f"RITM00{number}",
        days,
        [
            ({}, record(BEGIN, "Open")),
            ({}, record(after(2), "Work in Progress", assigned_to="Desk")),
            ({}, {"record": record(after(days), "Closed Complete", **over)}),
            ({}, record(after(days + 2), "Closed Complete", **over)),
        ],
        state="Closed Complete",
        assignee="Desk",
    )


def generic(number: int = 900, days: float = 15) -> Wait:
    key = f"DESK-{number}"
    link = f"https://desk.acme.example/{key}"
    return Wait(
        "generic",
        key,
        days,
        [
            ({}, {"key": key, "created": iso(BEGIN), "state": "new", "link": link}),
            (
                {},
                {"key": key, "state": "waiting for legal", "at": iso(after(2)), "assignee": "Lea"},
            ),
            ({}, {"events": [{"key": key, "state": "rejected", "at": millis(after(days))}]}),
        ],
        standing="refused",
        state="rejected",
        assignee="Lea",
    )


VENDORS = {
    "jira": jira,
    "github": github,
    "gitlab": gitlab,
    "linear": linear,
    "azure_devops": azure,
    "servicenow": servicenow,
    "generic": generic,
}


def signed(
    adapter: str, headers: dict[str, str], body: dict[str, Any], secret: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """Return a delivery's headers and bytes, signed as the vendor signs."""
    if adapter == "linear":
        body = body | {"webhookTimestamp": millis(now)}
    raw = json.dumps(body).encode()
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    basic = base64.b64encode(f"hour48:{secret}".encode()).decode()
    stamp = str(int(now.timestamp()))
    standard = hmac.new(secret.encode(), f"msg_1.{stamp}.".encode() + raw, hashlib.sha256).digest()
    own = {
        "jira": {"x-hub-signature": f"sha256={digest}"},
        "github": {"x-hub-signature-256": f"sha256={digest}"},
        "gitlab": {"x-gitlab-token": secret},
        "linear": {"linear-signature": digest},
        "azure_devops": {"authorization": f"Basic {basic}"},
        "servicenow": {"authorization": f"Basic {basic}"},
        "generic": {
            "webhook-id": "msg_1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(standard).decode()}",
        },
    }
    return {"content-type": "application/json", **headers, **own[adapter]}, raw
