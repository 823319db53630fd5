"""Every modal: sent by who may not, empty, wrong, closed, and right, also when Slack repeats it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.db.columns import Base
from bot.db.deployment_models import Deployment
from bot.db.draft_models import Draft
from bot.db.evidence_models import EvidenceSystem
from bot.db.serving_models import ServingBatch
from bot.deployments import batch_cards, batches
from bot.deployments.model_store import KeptModel, keep_model
from bot.domain.enums import BatchState, ProbeRunState
from bot.probe_runs.service import Probe, request_probe, show_run
from bot.slack.action_ids import ViewId
from handlers.bolt_app import all_handlers
from playground import payloads
from playground.modals import Modal
from playground.model import ActResult
from tests.acceptance.sprint.forms import FORMS, READ_ONLY, Form
from tests.stage import TeamStage, open_stage, words_of

pytestmark = pytest.mark.smoke

FEW = 3
"""A form with more fields keeps a draft when it is closed."""
BESIDE = {
    *("drafts", "receipts", "outbox", "lanes", "direct_channels", "person_allowances"),
    *("people", "timers", "deployments", "serving_workers", "watch_states", "watch_minutes"),
}
"""Tables of what was typed and not sent, of what is on its way, and of what a worker watches; what
people did to a deployment is in the audit trail."""
RULE = {"key": "unique:id", "sentence": "id is unique", "rule": "unique", "columns": ["id"]}
FINDING = {
    "level": "stops",
    "code": "empty",
    "sentence": "shop is empty",
    "evidence": {},
    "meaning": "Nothing can be learnt.",
}
HELD = FINDING | {"level": "ok", "code": "rules_found", "sentence": "1 rule holds"}


def planned(stage: TeamStage, _folder: Path) -> None:
    stage.plan(criterion_not_critical="no")
    stage.dismiss("Ana")


def running(stage: TeamStage, _folder: Path) -> None:
    channel = stage.start()
    stage.go(1.2)
    for title in ("Nobody owns the gateway", "Replica access takes 4 weeks"):
        stage.command("Ana", "/blocker", title, channel)
    for subject in ("privacy", "security", "legal"):
        stage["Ana"].command("/approval", f"{subject} <@{stage['Cho'].id}> may we", channel=channel)
    with stage.bot.core.runtime.uow(stage.workspace.team_id) as uow:
        uow.session.add(
            EvidenceSystem(
                team_id=uow.team_id, adapter="jira", name="", slug="jira", created_at=uow.now
            )
        )
        row = request_probe(uow, stage["Ana"].id, 1, Probe("quality", "data", "shop"))
        row.state = ProbeRunState.DONE
        facts = {"checks": [RULE]}
        row.result = {
            "findings": [FINDING, HELD],
            "scenario": None,
            "phase": "data",
            "facts": facts,
        }
        uow.session.flush()
        show_run(uow, row)
    stage.settle()


def deployed(stage: TeamStage, folder: Path) -> None:
    running(stage, folder)
    runtime, team_id = stage.bot.core.runtime, stage.workspace.team_id
    with runtime.uow(team_id) as uow:
        run = request_probe(uow, stage["Ana"].id, 1, Probe("baseline", "model", "shop"))
        run.state = ProbeRunState.DONE
        columns = [{"name": "age", "use": "number"}]
        kept = KeptModel(b"model", "churned", "yes or no", columns=columns)
        keep_model(uow, run, kept, folder)
    stage.command("Ana", "/sprint", "deploy", stage.channel)
    with runtime.uow(team_id) as uow:
        row = uow.session.scalars(select(Deployment)).one()
        batch = ServingBatch(
            deployment_id=row.id,
            state=BatchState.FAILED,
            source="shop",
            entity_column="id",
            into="",
            requested_by=stage["Ana"].id,
            due_at=uow.now,
            error="the source is away",
        )
        uow.session.add(batch)
        uow.session.flush()
        batch_cards.show(uow, uow.sprint(row.sprint_id), batch)
    stage.settle()


def debrief(stage: TeamStage, folder: Path) -> None:
    running(stage, folder)
    stage.leap(48)


def closed(stage: TeamStage, folder: Path) -> None:
    debrief(stage, folder)
    stage.close_debrief()


PLACES: dict[str, Callable[[TeamStage, Path], None]] = {
    each.__name__: each for each in (planned, running, deployed, debrief, closed)
}


@pytest.fixture(scope="module")
def stages(tmp_path_factory) -> Iterator[Callable[[str], TeamStage]]:
    """Lend a stage for each state of a sprint, opened when it is first asked for.

    No worker takes what is ordered: what that finds is not what a form records.
    """
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "claim", lambda _runtime: None)
        known: dict[str, TeamStage] = {}

        def lend(place: str) -> TeamStage:
            if place not in known:
                folder = tmp_path_factory.mktemp(place)
                (folder / "shop.csv").write_text("id,age\n1,30\n2,40\n")
                sources = {"shop": {"path": str(folder / "shop.csv")}}
                known[place] = opened.enter_context(open_stage(folder, sources=sources))
                PLACES[place](known[place], folder)
            return known[place]

        yield lend


def recorded(stage: TeamStage) -> dict[str, Any]:
    """Return every row that is a record, and every message that was posted."""
    stage.settle()
    with stage.bot.core.runtime.reading_sessions() as session:
        tables = {
            name: sorted(map(repr, session.execute(select(table)).all()))
            for name, table in Base.metadata.tables.items()
            if name not in BESIDE
        }
    return tables | {"posts": [(post.ts, post.text) for post in stage.posts()]}


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Return what came, by table."""
    found = {name: [row for row in after[name] if row not in before[name]] for name in after}
    return {name: rows for name, rows in found.items() if rows}


def opened(stage: TeamStage, form: Form) -> Modal:
    stage.dismiss(form.who)
    form.opens(stage, form.who)
    modal = stage.modal(form.who).show_all()
    assert modal.callback_id == form.view
    return modal


def inputs(modal: Modal) -> list[dict[str, Any]]:
    return [block for block in modal.blocks if block["type"] == "input"]


def payload_of(stage: TeamStage, name: str, modal: Modal) -> dict[str, Any]:
    """Return the submission of a modal as it stands, past what Slack's client itself refuses."""
    person = stage[name]
    return payloads.view_submission(stage.workspace, person.user, modal.view)


def delivered(stage: TeamStage, payload: dict[str, Any]) -> ActResult:
    answer = stage.workspace.messenger.request("interactive", payload)
    stage.settle()
    assert answer.ok, answer
    return answer


def refusal_in(answer: ActResult) -> str:
    """Return the sentence that a submission is refused with, at a field or in the form's place."""
    errors = answer.body.get("errors") or {}
    return " ".join(errors.values()) or words_of(answer.body.get("view", {}))


def is_sentence(words: str) -> bool:
    return len(words.split()) > 2 and "Something went wrong" not in words


def drafts(stage: TeamStage, view: ViewId) -> int:
    with stage.bot.core.runtime.reading_sessions() as session:
        kept = session.scalars(select(Draft.form)).all()
    return len([each for each in kept if each.startswith(f"{view}:")])


def test_every_modal_is_in_the_table():
    sent = {form.view for form in FORMS}
    assert len(sent) == len(FORMS)
    assert sent | READ_ONLY == set(ViewId)
    assert sent == set(all_handlers("VIEWS"))


@pytest.mark.parametrize("form", FORMS, ids=[form.view.value for form in FORMS])
def test_a_form_is_refused_comes_back_and_is_recorded_once(stages, form: Form) -> None:
    stage = stages(form.place)
    if form.first is not None:
        form.first(stage, form.who)
    modal = opened(stage, form)
    before = recorded(stage)
    right = dict(form.right(stage))
    modal.fill(right)
    refuse_others(stage, form, modal)
    refuse_empty(stage, form, modal)
    refuse_wrong(stage, form, modal, right)
    keep_what_was_typed(stage, form, modal)
    assert form.opens_late or not changes(before, recorded(stage))
    record_once(stage, form, right)


def refuse_others(stage: TeamStage, form: Form, modal: Modal) -> None:
    answer = delivered(stage, payload_of(stage, form.refused, modal))
    assert is_sentence(refusal_in(answer)), answer.body


def refuse_empty(stage: TeamStage, form: Form, modal: Modal) -> None:
    """Send it empty: Slack's client names every field, and the bot, past it, at least one."""
    typed = deepcopy(modal.view.state)
    modal.fill(dict.fromkeys(block["block_id"] for block in inputs(modal)))
    payload = payload_of(stage, form.who, modal)
    needed = {block["block_id"] for block in inputs(modal) if not block.get("optional")}
    assert needed == set(form.needed)
    if needed:
        assert set(modal.submit().errors) == needed
        errors = delivered(stage, payload).body.get("errors") or {}
        assert errors
        assert set(errors) <= needed, errors
        assert all(map(is_sentence, errors.values())), errors
    modal.view.state = typed


def refuse_wrong(stage: TeamStage, form: Form, modal: Modal, right: dict[str, Any]) -> None:
    if form.wrong is None:
        return
    values, place = form.wrong
    before = deepcopy(modal.view.state)
    modal.fill({**right, **values(stage)})
    typed = modal.values
    answer = delivered(stage, payload_of(stage, form.who, modal))
    errors = answer.body.get("errors") or {}
    assert set(errors) == {place}, answer.body
    assert is_sentence(errors[place]), errors
    assert modal.values == typed
    modal.view.state = before


def keep_what_was_typed(stage: TeamStage, form: Form, modal: Modal) -> None:
    """Close it: a form of more than three fields comes back, a shorter one leaves nothing."""
    modal.fill(form.right(stage))
    typed, is_long = modal.values, len(inputs(modal)) > FEW
    modal.close()
    if is_long:
        stage.workspace.wait_until(lambda: drafts(stage, form.view) == 1, 5)
        again = opened(stage, form)
        assert "Restored what you typed" in words_of(again.blocks)
        assert again.values == typed
    stage.dismiss(form.who)
    stage.settle()
    assert drafts(stage, form.view) == is_long


def record_once(stage: TeamStage, form: Form, right: dict[str, Any]) -> None:
    modal = opened(stage, form)
    before = recorded(stage)
    modal.fill(right)
    payload = payload_of(stage, form.who, modal)
    answer = delivered(stage, payload)
    assert not answer.body.get("errors"), answer.body
    after = recorded(stage)
    assert bool(changes(before, after)) is form.records
    # Slack signs a repetition anew, in a later second; the same signature twice is a replay.
    time.sleep(1 - time.time() % 1)
    delivered(stage, payload)
    assert not changes(after, recorded(stage))
    stage.dismiss(form.who)
    if form.records:
        assert drafts(stage, form.draft or form.view) == 0
