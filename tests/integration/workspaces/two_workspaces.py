"""A workspace with everything in it, and every request that its buttons, forms and commands make.

The requests are not listed by hand: for each handler of the tables all plausible ids, choices and
texts are tried until one gets through in its own workspace. A new handler is covered by that, or
fails the test that says so.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import select, text

from bot.approvals.announcements import show_request
from bot.blockers.service import show_blocker
from bot.db.access_models import ReportLink
from bot.db.check_models import KeptCheck
from bot.db.columns import Base
from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.evidence_models import EvidenceLink, EvidenceSystem
from bot.db.models import (
    Approval,
    Blocker,
    FixItem,
    Installation,
    Member,
    Person,
    ProbeRun,
    PromptAnswer,
    Sprint,
)
from bot.db.notice_models import ScoreNotice
from bot.db.outbox_models import OutboxItem
from bot.db.serving_models import GuardFinding, Model, ServingBatch
from bot.domain.enums import BatchState
from bot.domain.vocabulary import Criterion, Role
from bot.hourly import prompts
from bot.messages.plan_card import PLACES
from bot.outbox.queue import sprint_key
from bot.playbook.model import Playbook
from bot.slack.action_ids import Act
from bot.sprints import pace
from bot.unit_of_work import Runtime
from handlers import approvals, blockers, bolt_app, dispatch, sprints
from handlers.context import Handler, HandlerContext, ProbeOffer, ProbeOffers
from handlers.drafts import MORE
from handlers.request import (
    Done,
    FormValues,
    Open,
    Outcome,
    Redraw,
    Replace,
    Request,
    Swap,
)
from tests.runtimes import ANA, BEN, CHO, DEE, EVE, GUS, HOUR_0, NAMES, ROLES, open_runtime

MINE, THEIRS = "T1", "T2"
SECRET = "CANARY"
SPY, BOT_USER, FORMER, BOSS, PATRON = "U7", "U8", "U9", "U10", "U11"
PEOPLE: dict[str, dict[str, Any]] = {
    **{user_id: {"name": name} for user_id, name in NAMES.items()},
    GUS: {"name": "Gus", "is_guest": True},
    SPY: {"name": "Spy", "is_guest": True},
    BOT_USER: {"name": "hour48", "is_bot": True},
    FORMER: {"name": "Former", "is_deleted": True},
    BOSS: {"name": "Boss", "is_admin": True},
    PATRON: {"name": "Patron"},
}
CHANNELS = ("C1", "C2", "C3")
RULE = {"key": "present:id", "kind": "present", "columns": ["id"], "sentence": "id is present"}
PLANNED, RUNNING, DEBRIEF, CLOSED = 1, 2, 3, 4
ANSWERED = 1
"""The hour whose prompt the whole team has answered."""
CLAIMED = 5
"""The item of the closed sprint's plan that somebody has called done."""
OFFERS = ProbeOffers(
    {
        "quality": ProbeOffer("quality", "Quality", "data", "source", lambda: "Is it usable?"),
        "governance": ProbeOffer(
            "governance", "Governance", "deployment", "nothing", lambda: "May it?"
        ),
    },
    sources=["shop"],
    duties=(("privacy", "retention", "how long the data are kept"),),
)


def fill_workspaces(file: Path) -> Runtime:
    """Fill a database with two workspaces, whose people and channels even share their ids."""
    runtime = open_runtime(file)
    _fill(runtime, MINE, f"{SECRET} one")
    _fill(runtime, THEIRS, "Their own")
    return runtime


def _fill(runtime: Runtime, team_id: str, title: str) -> None:
    with runtime.uow(team_id) as uow:
        uow.session.add(Installation(team_id=team_id, installed_at=HOUR_0))
        for user_id, facts in PEOPLE.items():
            uow.session.add(Person(team_id=team_id, user_id=user_id, **facts))
        uow.session.add(
            EvidenceSystem(
                team_id=team_id,
                name="jira",
                adapter="jira",
                slug=f"slug of {team_id}",
                settings={},
                created_at=HOUR_0,
            )
        )
        for status, channel in zip(
            ("planned", "running", "debrief", "closed"), (None, *CHANNELS), strict=True
        ):
            _add_sprint(uow, title, status, channel)


def _add_sprint(uow: Any, title: str, status: str, channel: str | None) -> None:
    began = status != "planned"
    row = Sprint(
        team_id=uow.team_id,
        title=f"{title} {status}",
        use_case="churn",
        status=status,
        lead_id=ANA,
        sponsor_id=PATRON,
        criteria={key.value: {"met": True, "reason": title} for key in Criterion},
        planned_start=HOUR_0 if began else HOUR_0 + timedelta(days=1),
        started_at=HOUR_0 if began else None,
        ended_at=HOUR_0 if status in ("debrief", "closed") else None,
        closed_at=HOUR_0 if status == "closed" else None,
        channel_id=channel,
        created_at=HOUR_0,
    )
    row.members = [Member(role=role, user_id=user_id) for role, user_id in ROLES.items()]
    uow.session.add(row)
    uow.session.flush()
    if not began:
        return
    common: dict[str, Any] = {"team_id": uow.team_id, "sprint_id": row.id}
    for number, state in enumerate(("open", "fixed"), 1):
        uow.session.add(
            Blocker(
                **common,
                number=number,
                title=f"{title} blocker",
                kind="data_access",
                severity="stops",
                phase="data",
                state=state,
                raised_by=EVE,
                owner_id=DEE,
                raised_at=HOUR_0,
                resolved_at=HOUR_0 if state == "fixed" else None,
            )
        )
    uow.session.flush()
    waits = uow.session.scalars(
        select(Blocker.id).where(Blocker.sprint_id == row.id, Blocker.number == 1)
    )
    uow.session.add(
        EvidenceLink(
            **common,
            blocker_id=waits.one(),
            adapter="access",
            subject=f"{title} replica",
            how="asked",
            linked_by=EVE,
            linked_at=HOUR_0,
        )
    )
    for number, state in enumerate(("waiting", "rejected"), 1):
        uow.session.add(
            Approval(
                **common,
                number=number,
                subject="security",
                what=f"{title} request",
                requested_by=BEN,
                approver_id=CHO,
                requested_at=HOUR_0,
                deadline=HOUR_0 + timedelta(hours=8),
                state=state,
                reason=title,
            )
        )
    overdue = Approval(
        **common,
        number=3,
        subject="privacy",
        what=f"{title} request",
        requested_by=BEN,
        approver_id=CHO,
        requested_at=HOUR_0 - timedelta(hours=8),
        deadline=HOUR_0,
        state="expired",
    )
    uow.session.add(overdue)
    uow.session.flush()
    uow.audit(row.id, "hour48", "escalated", "approval", overdue.id, to=PATRON)
    _add_cards(uow, row)
    finding = {
        "code": "x",
        "sentence": f"{title} finding",
        "level": "stops",
        "suggestion": {},
        "evidence": {"check": RULE},
    }
    asks = {**finding, "asks": ["spent"], "times": ["signed_on", "sent_on"]}
    for state in ("done", "running"):
        uow.session.add(
            ProbeRun(
                **common,
                probe="quality",
                request={"phase": "data", "source": "shop", "table": state},
                asked_by=BEN,
                state=state,
                asked_at=HOUR_0,
                result={"findings": [finding, asks], "facts": {"checks": [RULE]}}
                if state == "done"
                else {},
            )
        )
    uow.session.add(
        KeptCheck(
            **common,
            source="shop",
            table_name="",
            key="kept",
            rule={**RULE, "key": "kept"},
            sentence=f"{title} rule",
            kept_by=BEN,
            kept_at=HOUR_0,
        )
    )
    _add_afterwards(uow, title, status, common)
    _add_prompts(uow, row)
    if status == "running":
        _add_deployments(uow, row)
        row.lead_asked_at = HOUR_0
        pace.show_silence(uow, row)
    failed = uow.upsert(f"failed:{row.id}", None, {"text": title}, sprint_id=row.id)
    failed.state = "failed"
    uow.session.flush()


def _add_prompts(uow: Any, sprint: Sprint) -> None:
    """Add two hours' prompts, the later one answered by everybody."""
    for hour in (0, ANSWERED):
        key = sprint_key(sprint.id, f"prompt:{hour}")
        uow.upsert(key, None, {"text": sprint.title}, sprint_id=sprint.id)
    for who in PEOPLE:
        facts = {"user_id": who, "answer": prompts.ON_TRACK, "answered_at": HOUR_0}
        uow.session.add(PromptAnswer(sprint_id=sprint.id, hour=ANSWERED, **facts))


def _add_cards(uow: Any, sprint: Sprint) -> None:
    """Show every blocker and request."""
    for blocker in uow.session.scalars(select(Blocker).where(Blocker.sprint_id == sprint.id)):
        show_blocker(uow, sprint, blocker)
    for approval in uow.session.scalars(select(Approval).where(Approval.sprint_id == sprint.id)):
        show_request(uow, sprint, approval)


def _add_afterwards(uow: Any, title: str, status: str, common: dict[str, Any]) -> None:
    """Add what a debrief and a closed sprint have."""
    if status == "debrief":
        uow.session.add(ReportLink(**common, made_by=ANA, made_at=HOUR_0))
    if status == "closed":
        for number, check in enumerate((None, "owner", "evidence", "approval", None), 1):
            uow.session.add(
                FixItem(
                    **common,
                    number=number,
                    text=f"{title} item",
                    owner_id=DEE,
                    owner_name="Dee",
                    due_at=HOUR_0 + timedelta(days=3),
                    state="claimed" if number == CLAIMED else "open",
                    check_kind=check,
                    check_facts={"subject": "security"} if check == "approval" else {},
                )
            )


def _add_deployments(uow: Any, sprint: Sprint) -> None:
    """Add one in each state that a button means something in, and one that runs elsewhere."""
    model = Model(
        team_id=uow.team_id,
        sprint_id=sprint.id,
        sha256=f"{sprint.id:064x}",
        target="churned",
        kind="binary",
        family="linear",
        size=1,
        content=b"x",
        kept_at=HOUR_0,
    )
    uow.session.add(model)
    uow.session.flush()
    for state, percent in (("claimed", 1.0), ("proposed", 0.0), ("shadow", 0.0), ("live", 5.0)):
        row = Deployment(
            sprint_id=sprint.id,
            percent=percent,
            deployed_by=ANA,
            deployed_at=HOUR_0,
            state=state,
            model_id=None if state == "claimed" else model.id,
            pseudonym_key="00" * 32,
        )
        uow.session.add(row)
        uow.session.flush()
        if state == "proposed":
            uow.session.add(
                DeploymentStage(
                    deployment_id=row.id,
                    kind="rolled_back",
                    generation=0,
                    from_state="live",
                    from_percent=1.0,
                    to_state="pulled",
                    to_percent=0.0,
                    actor_id=ANA,
                    at=HOUR_0,
                    written_at=HOUR_0,
                    figures={},
                )
            )
        if state == "live":
            uow.session.add(
                GuardFinding(
                    deployment_id=row.id,
                    guard="errors",
                    subject="model",
                    level="go",
                    generation=0,
                    opened_at=HOUR_0,
                )
            )
            uow.session.add(
                ScoreNotice(
                    deployment_id=row.id,
                    threshold=0.9,
                    in_channel=True,
                    created_by=ANA,
                    created_at=HOUR_0,
                )
            )
            for batch_state in (BatchState.WAITING, BatchState.FAILED):
                uow.session.add(
                    ServingBatch(
                        deployment_id=row.id,
                        state=batch_state,
                        source="shop",
                        entity_column="id",
                        into="",
                        due_at=HOUR_0,
                    )
                )


def context_of(runtime: Runtime) -> HandlerContext:
    written = {"ts": SAID_AT, "text": "The gateway refuses our token", "user": ANA}
    return HandlerContext(runtime, probes=OFFERS, message=lambda _team, _channel, _ts: written)


# --- requests -------------------------------------------------------------------------------


@dataclass(frozen=True)
class EntryPoint:
    """One way in: a handler, and every request that might be its own."""

    name: str
    handler: Handler
    requests: Callable[[Playbook], Iterator[Request]]


SAID_AT = "7.000007"
"""The message that a private offer is about; Ana wrote it."""
ROWS, SPRINTS = range(1, 13), range(1, 5)
"""Numbers that rows and sprints of this workspace have."""


def _action_requests(action_id: str) -> Callable[[Playbook], Iterator[Request]]:
    def made(playbook: Playbook) -> Iterator[Request]:
        tails = [f":{each.key}" for each in playbook.questions]
        tails += [":model", ":days"]
        tails += [f":{scenario_of(playbook)}", *(f":{row}" for row in ROWS[:6])]
        tails += [":blocker-1:approval-1", ":1:0", ":/sprint status"]
        values = ["", SAID_AT, *map(str, ROWS), *(f"{row}:{at}" for row in ROWS for at in (0, 1))]
        values += [f"{number}{tail}" for number in SPRINTS for tail in tails]
        for value in values:
            yield _blank(action_id=action_id, channel_id="C1", value=value)

    return made


TABLE = {"source": "shop", "into": "csv", "repeat": "once", "entity_column": "id"}
"""What the second page of the form that orders a table to be scored brings back."""


def _more_requests(playbook: Playbook) -> Iterator[Request]:
    """Yield a press on *More* of every form that has it, about everything that it can be about."""
    for callback_id in MORE:
        for request in _view_requests(callback_id)(playbook):
            view = {**request.view, "private_metadata": request.private}
            yield replace(request, view=view, receipt=None, action_id=Act.FORM_MORE)


def _view_requests(callback_id: str) -> Callable[[Playbook], Iterator[Request]]:
    def made(playbook: Playbook) -> Iterator[Request]:
        option = next(each for each in playbook.questions if each.options)
        form = _filled(option.options[0].key)
        view = {"callback_id": callback_id, "blocks": [], "type": "modal", "id": "V1"}
        blank = _blank(form=form, view=view, receipt="view:V1")
        privates = ["", *map(str, ROWS), *(f"{number}:{option.key}" for number in SPRINTS)]
        privates += [json.dumps({"sprint": number}) for number in SPRINTS]
        privates += [json.dumps({"approval": row}) for row in ROWS]
        privates += [f"{number}:{scenario_of(playbook)}" for number in SPRINTS]
        privates += [json.dumps({name: row}) for name in ("deployment", "batch") for row in ROWS]
        privates += [json.dumps({"deployment": row} | TABLE) for row in ROWS]
        privates += [
            json.dumps({"sprint": number, key: row})
            for number in (RUNNING, THEIR_RUNNING)
            for key in OWN_IDS
            for row in ROWS[:2]
        ]
        privates += [f"rerun:{number}" for number in SPRINTS]
        privates += [f"{row}:0" for row in ROWS]
        for private in privates:
            yield replace(blank, private=private, receipt=f"view:{private}")

    return made


def scenario_of(playbook: Playbook) -> str:
    """Return a phase and one of its scenarios, as a gate's buttons name them."""
    phase = playbook.phases[0]
    return f"{phase.key}:{phase.scenarios[0].key}"


OWN_IDS = ("blocker", "approval_id", "probe_run_id")
"""What the blocker's form brings back besides its sprint."""
THEIR_RUNNING = 6


def _filled(answer: str) -> FormValues:
    """Return a form with an answer in every field that any modal has."""

    def text(value: str) -> dict[str, Any]:
        return {"e": {"value": value}}

    def choice(value: str) -> dict[str, Any]:
        return {"e": {"selected_option": {"value": value}}}

    values: dict[str, Any] = {
        name: text("A sentence that is long enough.")
        for name in ("title", "reason", "question", "what", "why", "success", "data", "text")
    }
    values |= {name: text("A sentence.") for name in ("integration", "output", "use_case_words")}
    values |= {f"reason_{key}": text("As agreed.") for key in Criterion}
    values |= {f"criterion_{key}": choice("yes") for key in Criterion}
    people = (ANA, BEN, EVE, DEE)
    values |= {
        f"role_{role}": {"e": {"selected_user": user}}
        for role, user in zip(Role, people, strict=True)
    }
    values |= {
        "use_case": choice("churn"),
        "timezone": text("UTC"),
        "date": {"e": {"selected_date": "2026-03-20"}},
        "start": {"e": {"selected_date_time": 1_773_997_200}},
        "subject": choice("privacy"),
        "approver": {"e": {"selected_user": GUS}},
        "severity": choice("stops"),
        "kind": choice("data_access"),
        "answer": {"e": {"value": "A sentence.", **choice(answer)["e"]}},
        "ready": choice("yes"),
        "control": text("no_offer"),
        "probe": choice("quality"),
        "source": choice("shop"),
        "check": choice("owner"),
        "decision": choice("approved"),
        "person": {"e": {"selected_user": EVE}},
        "link": text("https://example.com/minutes"),
        "rules": {"e": {"selected_options": [{"value": "0"}]}},
        "ticket": text("SEC-114"),
        "into": choice("csv"),
        "threshold": text("0.9"),
        "url": text("https://hooks.example.com/scores"),
        "repeat": choice("once"),
        "entity": text("id"),
        "duty": choice("privacy.retention"),
        "says": text("Deleted after 90 days."),
        "proof": text("policies/retention.pdf"),
    }
    values |= {
        f"rank_{place}": choice(category)
        for place, category in zip(
            PLACES, ("technical", "organizational", "capability"), strict=True
        )
    }
    return FormValues(values)


def _command_requests(texts: list[str]) -> Callable[[Playbook], Iterator[Request]]:
    def made(_playbook: Playbook) -> Iterator[Request]:
        for words, channel in itertools.product(texts, (*CHANNELS, None)):
            yield _blank(text=words, channel_id=channel, receipt=f"command:{words}:{channel}")

    return made


TYPED = {
    "capture": "capture on",
    "gate": "gate data accessible",
    "deploy": "deploy 1",
    "rollback": "rollback it broke",
    "output": "output yes",
}


def _shortcut_requests(callback_id: str) -> Callable[[Playbook], Iterator[Request]]:
    def made(_playbook: Playbook) -> Iterator[Request]:
        for channel in CHANNELS:
            yield _blank(
                channel_id=channel,
                message={"ts": "1.000002", "text": f"about {callback_id}", "user": BEN},
                receipt=f"shortcut:{callback_id}",
            )

    return made


def _blank(**facts: Any) -> Request:
    return Request(team_id=MINE, user_id=ANA, user_name="ana", trigger_id="1.2", **facts)


def entry_points() -> dict[str, EntryPoint]:
    """Return every way in, from the tables that Bolt's app is built from."""
    found = [
        EntryPoint(f"action {name}", handler, _action_requests(name))
        for name, handler in bolt_app.all_handlers("ACTIONS").items()
    ]
    found = [
        replace(entry, requests=_more_requests)
        if entry.name == f"action {Act.FORM_MORE}"
        else entry
        for entry in found
    ]
    found += [
        EntryPoint(f"view {name}", handler, _view_requests(name))
        for name, handler in bolt_app.all_handlers("VIEWS").items()
    ]
    found += [
        EntryPoint(f"shortcut {name}", handler, _shortcut_requests(name))
        for name, handler in bolt_app.all_handlers("SHORTCUTS").items()
    ]
    for command, words in {
        "/sprint": [TYPED.get(word, word) for word in sprints.SUBCOMMANDS],
        "/blocker": ["The form takes two weeks", *filter(None, blockers.SUBCOMMANDS)],
        "/approval": [f"privacy <@{GUS}> the model", *filter(None, approvals.SUBCOMMANDS)],
        "/probe": ["list", "quality shop"],
    }.items():
        found += [
            EntryPoint(
                f"{command} {text.split()[0]}",
                bolt_app.all_handlers("COMMANDS")[command],
                _command_requests([text]),
            )
            for text in words
        ]
    assert {entry.handler for entry in found} >= {*bolt_app.all_handlers("COMMANDS").values()}
    return {entry.name: entry for entry in found}


# --- what happened --------------------------------------------------------------------------


@dataclass(frozen=True)
class Refused:
    """What somebody is told in place of what they asked for."""

    outcome: Outcome


def act(runtime: Runtime, entry: EntryPoint, request: Request) -> Outcome | Refused:
    refusals: list[Outcome] = []

    def noted(errors: Mapping[str, str], asked: Request) -> Outcome:
        refusals.append(refusal(errors, asked))
        return refusals[-1]

    refusal = dispatch._refusal
    with patch.object(dispatch, "_refusal", noted):
        outcome = dispatch.run(context_of(runtime), entry.handler, request)
    return Refused(outcome) if refusals else outcome


def words_of(outcome: Outcome | Refused) -> str:
    """Return everything that an outcome shows."""
    if isinstance(outcome, Refused):
        return words_of(outcome.outcome)
    shown = {name: getattr(outcome, name) for name in getattr(outcome, "__slots__", ())}
    return json.dumps(shown, default=str, ensure_ascii=False)


class Watch:
    """Tells cheaply whether anything but people was written since it was last asked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._version = self._newest()
        self._rows = rows_of(runtime, MINE, of_people=False)

    def _newest(self) -> int:
        file = Path(f"{self._runtime.engine.url.database}-wal")
        return file.stat().st_size if file.exists() else 0

    def changed(self) -> bool:
        newest = self._newest()
        if newest == self._version:
            return False
        before, self._rows = self._rows, rows_of(self._runtime, MINE, of_people=False)
        self._version = newest
        return before != self._rows


def shows_something(outcome: Outcome | Refused) -> bool:
    """Tell whether somebody who asked got more than a refusal."""
    if isinstance(outcome, (Done, Open, Replace, Redraw, Swap)):
        return True
    return not isinstance(outcome, Refused) and SECRET in words_of(outcome)


_BY_SPRINT = "sprint_id IN (SELECT id FROM sprints WHERE team_id = :team)"
_OWN = {
    "team_id": "team_id = :team",
    "sprint_id": _BY_SPRINT,
    "deployment_id": f"deployment_id IN (SELECT id FROM deployments WHERE {_BY_SPRINT})",
}
"""How a row names its workspace, the shortest way first."""


def _own_rows(name: str, columns: Any) -> Any:
    way = next(where for column, where in _OWN.items() if column in columns)
    return text(f"SELECT * FROM {name} WHERE {way} ORDER BY id")


_ROWS = {name: _own_rows(name, table.c) for name, table in Base.metadata.tables.items()}
"""Read as they are stored: this is asked some hundred times."""


def rows_of(runtime: Runtime, team_id: str, *, of_people: bool = True) -> dict[str, list[Any]]:
    """Return every row of a workspace, of all tables."""
    found: dict[str, list[Any]] = {}
    with runtime.reading_sessions() as session:
        for table in Base.metadata.sorted_tables:
            if table.name == "people" and not of_people:
                continue
            rows = session.execute(_ROWS[table.name], {"team": team_id})
            found[table.name] = [tuple(row) for row in rows]
    return found


def messages_to(runtime: Runtime, team_id: str) -> str:
    """Return everything that shall be said to a workspace, the contents of files too."""
    with runtime.reading_sessions() as session:
        bodies = session.scalars(select(OutboxItem.body).where(OutboxItem.team_id == team_id)).all()
    files = [base64.b64decode(body["content"]) for body in bodies if "content" in body]
    return json.dumps(bodies, ensure_ascii=False) + "".join(map(repr, files))


def strangers_in(runtime: Runtime) -> list[str]:
    """Return rows of one workspace that point to a row of another, through any column."""
    wrong = []
    pointers: Mapping[str, str] = {
        "sprint_id": "sprints",
        "rerun_of": "sprints",
        "approval_id": "approvals",
        "probe_run_id": "probe_runs",
        "blocker_id": "blockers",
    }
    tables = Base.metadata.tables
    with runtime.reading_sessions() as session:
        for table, (column, target) in itertools.product(tables.values(), pointers.items()):
            if column not in table.c or "team_id" not in table.c:
                continue
            other = tables[target].alias()
            found = session.execute(
                select(table.c.id)
                .join(other, table.c[column] == other.c.id)
                .where(table.c.team_id != other.c.team_id)
            ).all()
            wrong += [f"{table.name}.{column} of {row[0]}" for row in found]
    return wrong


def reopen(file: Path, content: bytes) -> Runtime:
    """Open a copy of a filled database."""
    runtime = open_runtime(file)
    runtime.engine.dispose()
    file.write_bytes(content)
    return runtime
