"""Systems that no webhook can reach are asked: real HTTP servers on loopback, guarded calls."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.evidence_models import EvidenceLink, EvidenceSystem
from bot.evidence.contract import PollError
from bot.evidence.service import link_ticket
from bot.timers.dispatcher import run_due
from probes.settings import ProbeSettings
from scheduler.evidence_worker import EvidenceWorker, ask_system
from tests.integration.evidence.payloads import BEGIN, after, iso
from tests.runtimes import ANA, TEAM, advance, card, outbox

pytestmark = pytest.mark.smoke


class Api:
    """A local API: path -> (status, body); remembers the headers of each call."""

    def __init__(self):
        self.answers, self.calls = {}, []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length)
                api.calls.append((self.path, dict(self.headers), body))
                status, told = api.answers.get(self.path.partition("?")[0], (404, {}))
                raw = told.encode() if isinstance(told, str) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = _answer  # noqa: N815 - names of the base class

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def api():
    made = Api()
    yield made
    made.server.shutdown()


def at(days):
    return after(days).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


JIRA = {
    "self": "https://acme.atlassian.net/rest/api/2/issue/10114",
    "key": "SEC-114",
    "fields": {
        "summary": "Read access",
        "created": at(0),
        "status": {"name": "Done", "statusCategory": {"key": "done"}},
    },
    "changelog": {
        "histories": [
            {"created": at(9), "items": [{"field": "status", "toString": "Done"}]},
            {"created": at(1), "items": [{"field": "status", "toString": "In Review"}]},
        ]
    },
}
PULL = {
    "number": 12,
    "title": "Call the model",
    "html_url": "https://github.com/acme/shop/pull/12",
    "created_at": iso(BEGIN),
    "merged_at": iso(after(6)),
    "closed_at": iso(after(6)),
}
SYSTEMS = {
    "jira": ("SEC-114", 9, {"/rest/api/2/issue/SEC-114": JIRA}),
    "github": (
        "acme/shop#12",
        6,
        {"/repos/acme/shop/pulls/12": PULL, "/repos/acme/shop/pulls/12/reviews": []},
    ),
    "gitlab": (
        "acme/shop!7",
        4,
        {
            "/projects/acme%2Fshop/merge_requests/7": {
                "created_at": iso(BEGIN),
                "merged_at": iso(after(4)),
                "web_url": "https://gitlab.com/acme/shop/-/merge_requests/7",
            },
            "/projects/acme%2Fshop/merge_requests/7/approvals": {"approved_by": []},
        },
    ),
    "linear": (
        "PLAT-42",
        11,
        {
            "/graphql": {
                "data": {
                    "issue": {
                        "identifier": "PLAT-42",
                        "createdAt": iso(BEGIN),
                        "url": "https://linear.app/acme/issue/PLAT-42",
                        "history": {
                            "nodes": [
                                {
                                    "createdAt": iso(after(11)),
                                    "toState": {"name": "Shipped", "type": "completed"},
                                }
                            ]
                        },
                    }
                }
            }
        },
    ),
    "azure_devops": (
        "AB#5",
        3,
        {
            "/_apis/wit/workitems/5": {"fields": {"System.CreatedDate": iso(BEGIN)}},
            "/_apis/wit/workitems/5/updates": {
                "value": [
                    {
                        "revisedDate": "9999-01-01T00:00:00Z",
                        "fields": {
                            "System.State": {"oldValue": "New", "newValue": "Closed"},
                            "System.ChangedDate": {"newValue": iso(after(3))},
                        },
                    }
                ]
            },
        },
    ),
    "servicenow": (
        "RITM0010042",
        20,
        {
            "/api/now/table/sc_req_item": {
                "result": [
                    {
                        "number": {"display_value": "RITM0010042", "value": "RITM0010042"},
                        "state": {"display_value": "Closed Complete", "value": "3"},
                        "opened_at": {"value": BEGIN.strftime("%Y-%m-%d %H:%M:%S")},
                        "closed_at": {"value": after(20).strftime("%Y-%m-%d %H:%M:%S")},
                        "sys_updated_on": {"value": after(21).strftime("%Y-%m-%d %H:%M:%S")},
                    }
                ]
            }
        },
    ),
}


def log(runtime, sprint_id, title, **fields):
    with runtime.uow(TEAM) as uow:
        return log_blocker(uow, ANA, BlockerForm(sprint_id, title, **fields)).id


def the_link(runtime):
    with runtime.reading(TEAM) as uow:
        return uow.session.scalars(select(EvidenceLink)).one()


@pytest.fixture
def worker(runtime, encryption):
    return EvidenceWorker(runtime, ProbeSettings(), encryption)


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_linked_ticket_is_asked_for_and_its_wait_measured(
    name, runtime, running_sprint, connected, api, worker
):
    key, days, answers = SYSTEMS[name]
    api.answers = {path: (200, body) for path, body in answers.items()}
    connected(name, base_url=api.url, token="t0ken", user="ana@acme.example")
    blocker = log(runtime, running_sprint, "We wait for the reviewers")
    with runtime.uow(TEAM) as uow:
        link_ticket(uow, ANA, blocker, f"It is {key}")
    run_due(runtime)
    assert worker.work_once()
    link = the_link(runtime)
    assert link.error is None
    assert (link.opened_at, link.ended_at) == (BEGIN, after(days))
    assert any(
        "t0ken" in str(h) or "dDBrZW4" in str(h) or "Basic" in str(h) for _, h, _ in api.calls
    )
    told = outbox(runtime, f"sprint:{running_sprint}:blocker:1:line:")
    assert key in told[-1].body["text"]


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (401, {}, "does not take the token"),
        (404, {}, "has no such item"),
        (429, {}, "asks for fewer calls"),
        (500, {}, "status 500"),
        (200, "<html>", "not JSON"),
        (200, {"key": "SEC-114"}, "issue.fields.created is not a time"),
    ],
)
def test_a_system_that_refuses_is_told_on_the_card_and_asked_again(
    status, body, says, runtime, running_sprint, connected, api, worker
):
    connected("jira", base_url=api.url, token="t")
    api.answers = {"/rest/api/2/issue/SEC-114": (status, body)}
    blocker = log(runtime, running_sprint, "We wait")
    with runtime.uow(TEAM) as uow:
        link_ticket(uow, ANA, blocker, "SEC-114")
    run_due(runtime)
    worker.work_once()
    assert says in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))
    api.answers = {"/rest/api/2/issue/SEC-114": (200, JIRA)}
    advance(runtime, 0.1)
    run_due(runtime)
    worker.work_once()
    assert the_link(runtime).ended_at == after(9)
    assert "can't check" not in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))


def test_an_internal_address_is_not_called_unless_an_administrator_allowed_it(
    runtime, connected, api, encryption
):
    row_id, _ = connected(
        "jira", base_url=api.url.replace("http:", "https:"), token="t", allow_internal=False
    )
    with runtime.reading_sessions() as session:
        row = session.get_one(EvidenceSystem, row_id)
        session.expunge_all()
    with pytest.raises(PollError, match=r"internal address; .* --allow-internal"):
        ask_system(row, "SEC-114", encryption, runtime)
    assert api.calls == []


BOARD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//acme//EN
BEGIN:VEVENT
UID:1@acme
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260114T140000
DTEND;TZID=Europe/Berlin:20260114T150000
RRULE:FREQ=MONTHLY;BYDAY=2SA
EXDATE;TZID=Europe/Berlin:20260314T140000
SUMMARY:Architecture board
END:VEVENT
BEGIN:VEVENT
UID:2@acme
DTSTAMP:20260101T000000Z
DTSTART:20260310T090000Z
DTEND:20260310T100000Z
SUMMARY:Lunch of the works council
END:VEVENT
END:VCALENDAR
"""


def test_the_card_names_the_next_meeting_of_a_board(
    runtime, running_sprint, connected, api, worker
):
    api.answers = {"/board.ics": (200, BOARD)}
    connected("calendar", base_url=f"{api.url}/board.ics", projects=("architecture board",))
    log(runtime, running_sprint, "Every change goes to the architecture board first")
    run_due(runtime)
    assert worker.work_once()
    link = the_link(runtime)
    assert link.meets_at.date().isoformat() == "2026-04-11"
    told = str(card(runtime, f"sprint:{running_sprint}:blocker:1"))
    assert "The next architecture board meeting is on" in told


def test_what_is_no_calendar_is_told(runtime, running_sprint, connected, api, worker):
    api.answers = {"/board.ics": (200, "<html>Sign in</html>")}
    connected("calendar", base_url=f"{api.url}/board.ics", projects=("architecture board",))
    log(runtime, running_sprint, "Every change goes to the architecture board first")
    run_due(runtime)
    worker.work_once()
    assert "gives no calendar" in str(card(runtime, f"sprint:{running_sprint}:blocker:1"))


def test_looks_become_rare_when_the_sprint_is_over_and_end_with_the_wait(
    runtime, running_sprint, connected, api, worker
):
    from bot.db.models import Sprint, Timer
    from bot.evidence.links import look_on

    connected("jira", base_url=api.url, token="t")
    blocker = log(runtime, running_sprint, "We wait")
    with runtime.uow(TEAM) as uow:
        link_ticket(uow, ANA, blocker, "SEC-114")
        sprint = uow.session.get_one(Sprint, running_sprint)
        sprint.status = "closed"
        uow.drop_timers(running_sprint)
        look_on(uow, sprint)
        timer = uow.session.scalars(select(Timer).where(Timer.kind == "evidence_look")).one()
        assert timer.due_at - uow.now == timedelta(minutes=50)
