"""Known when you predict? Buttons on a probe's card, and what each answer makes of its result."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from bot.db.models import AuditEntry, ProbeRun
from bot.deployments import queries
from bot.deployments.model_store import KeptModel, keep_model
from bot.domain.enums import ProbeRunState
from bot.messages import keys
from bot.probe_runs.service import Probe, request_probe, show_run
from bot.slack.action_ids import Act
from handlers.context import HandlerContext, ProbeOffers
from handlers.dispatch import run
from handlers.probe_runs import ACTIONS
from handlers.request import Errors, Request
from tests.runtimes import ANA, CHANNEL, TEAM, advance, card

BETTER = {"metric": "AUC", "low": 0.6, "guessing": {"mean": 0.5}}


def finding(code, level, sentence, *asks, **evidence):
    blocker = {"kind": "data_access", "remedy": "people", "title": "Nobody has said when"}
    return {
        "level": level,
        "code": code,
        "sentence": sentence,
        "evidence": evidence,
        "meaning": "Is it known when you predict?",
        "suggestion": blocker if level == "slows" else None,
        "asks": list(asks),
    }


def result(*columns, later=True):
    lead = finding("near_perfect", "slows", "AUC 0.99 with, 0.70 without")
    choices = {
        "known": {
            "finding": finding("better_than_guessing", "ok", "AUC 0.99", **BETTER),
            "artifact": "model",
        },
        "later": {
            "finding": finding("better_than_guessing", "ok", "AUC 0.70", **BETTER),
            "artifact": "model_without_suspects",
        },
    }
    return {
        "findings": [
            lead,
            *(finding("leak_jump", "slows", f"{name} lifts it", name) for name in columns),
            finding("leak_lift", "note", "spend lifts it a little", "spend"),
        ],
        "scenario": None,
        "phase": "model",
        "facts": {
            "without_suspects": {"columns": list(columns)},
            "choices": choices if later else {"known": choices["known"]},
        },
    }


@pytest.fixture
def asked(runtime, running_sprint):
    """Return what puts a finished run into the channel, and what presses its buttons."""

    class Asked:
        def finish(self, found):
            with runtime.uow(TEAM) as uow:
                probe = Probe("baseline", "model", "shop", "orders", "churned", {"time": "at"})
                row = request_probe(uow, ANA, 1, probe)
                row.state, row.result = ProbeRunState.DONE, found
                uow.session.flush()
                show_run(uow, row)
                return row.id

        def press(self, run_id, number, act, who=ANA):
            ctx = HandlerContext(runtime, ProbeOffers())
            request = Request(TEAM, who, "x", CHANNEL, value=f"{run_id}:{number}")
            return run(ctx, ACTIONS[act], request)

        def runs(self):
            with runtime.reading(TEAM) as uow:
                return list(uow.session.scalars(select(ProbeRun).order_by(ProbeRun.id)))

        def card(self, run_id):
            with runtime.reading(TEAM) as uow:
                run = uow.session.get_one(ProbeRun, run_id)
                key = keys.probe(run.sprint_id, run.id)
            return json.dumps(card(runtime, key))

        def audit(self):
            with runtime.reading(TEAM) as uow:
                every = uow.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
                return [(one.action, one.facts) for one in every if one.action == "answered"]

    return Asked()


def test_a_question_has_a_button_for_each_answer(asked):
    card = asked.card(asked.finish(result("a")))
    assert "Known when we predict" in card
    assert "Only known later" in card


@pytest.mark.parametrize(
    ("act", "sentence", "artifact"),
    [
        (Act.PROBE_KNOWN, "AUC 0.99", "model"),
        (Act.PROBE_LATER, "AUC 0.70", "model_without_suspects"),
    ],
)
def test_the_answer_chooses_between_the_two_kept_models(asked, act, sentence, artifact):
    run_id = asked.finish(result("a"))
    asked.press(run_id, 1, act)
    (row,) = asked.runs()
    assert row.result["findings"][0]["sentence"] == sentence
    assert (row.result["chosen_artifact"], row.result["scenario"]) == (artifact, "works")
    assert row.result["findings"][1]["level"] == "note"
    assert row.result["answers"]["a"]["by"] == ANA
    [(_, facts)] = asked.audit()
    assert (facts["columns"], facts["chosen"]) == (["a"], artifact)
    assert sentence in asked.card(run_id)


@pytest.mark.parametrize(
    ("act", "artifact"),
    [(Act.PROBE_KNOWN, "model"), (Act.PROBE_LATER, "model_without_suspects")],
)
def test_a_deployment_takes_the_model_that_the_answer_chose(
    asked, runtime, tmp_path, act, artifact
):
    run_id = asked.finish(result("a"))
    with runtime.uow(TEAM) as uow:
        row = uow.session.get_one(ProbeRun, run_id)
        for name in ("model_without_suspects", "model"):
            kept = KeptModel(name.encode(), "churned", "yes or no", about={"artifact": name})
            keep_model(uow, row, kept, tmp_path)
        assert queries.lift_of(uow, queries.newest_model(uow, 1)) is None, "not promised yet"
    advance(runtime, 0.1)
    asked.press(run_id, 1, act)
    with runtime.reading(TEAM) as uow:
        newest = queries.newest_model(uow, 1)
        assert newest.figures["artifact"] == artifact
        assert queries.lift_of(uow, newest) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("lead", "other"),
    [
        (("no_better_than_guessing", "slows"), ("leak_jump", "slows")),
        (("depends_on_time", "slows"), ("leak_jump", "slows")),
        (("better_than_guessing", "ok"), ("leak_target_copy", "stops")),
    ],
)
def test_an_answer_says_that_it_works_only_where_nothing_speaks_against_it(asked, lead, other):
    found = result("a")
    found["facts"]["choices"]["known"]["finding"] = finding(*lead, "AUC 0.52")
    found["findings"].append(finding(*other, "state is the answer"))
    run_id = asked.finish(found)
    asked.press(run_id, 1, Act.PROBE_KNOWN)
    (row,) = asked.runs()
    assert (row.result["chosen_artifact"], row.result["scenario"]) == ("model", None)
    assert row.result["scenario_why"] == ("AUC 0.52" if lead[1] != "ok" else "state is the answer")


def test_nothing_is_promised_until_each_column_is_answered_for(asked):
    run_id = asked.finish(result("a", "b"))
    asked.press(run_id, 1, Act.PROBE_KNOWN)
    (row,) = asked.runs()
    assert row.result["findings"][0]["code"] == "near_perfect"
    assert (row.result["chosen_artifact"], row.result["scenario"]) == (None, None)
    asked.press(run_id, 2, Act.PROBE_KNOWN)
    assert asked.runs()[0].result["scenario"] == "works"


def test_answers_that_differ_run_the_probe_again_with_them(asked):
    run_id = asked.finish(result("a", "b"))
    asked.press(run_id, 1, Act.PROBE_KNOWN)
    asked.press(run_id, 2, Act.PROBE_LATER)
    first, second = asked.runs()
    assert first.result["scenario"] is None
    assert second.state == ProbeRunState.WAITING
    assert second.request["options"] == {"time": "at", "trusted": ["a"], "known_after": ["b"]}


@pytest.mark.parametrize(("number", "later"), [(2, True), (1, False)])
def test_what_no_kept_model_does_without_runs_the_probe_again(asked, number, later):
    run_id = asked.finish(result("a", later=later))
    asked.press(run_id, 1, Act.PROBE_KNOWN)
    asked.press(run_id, number, Act.PROBE_LATER)
    assert len(asked.runs()) == 2


def test_an_answer_can_be_taken_back(asked):
    run_id = asked.finish(result("a"))
    asked.press(run_id, 1, Act.PROBE_LATER)
    asked.press(run_id, 1, Act.PROBE_KNOWN)
    (row,) = asked.runs()
    assert row.result["findings"][0]["sentence"] == "AUC 0.99"
    assert row.result["chosen_artifact"] == "model"
    assert len(asked.audit()) == 2


def test_later_runs_of_the_same_table_remember_the_answers(asked):
    asked.press(asked.finish(result("a")), 1, Act.PROBE_LATER)
    asked.finish(result())
    assert asked.runs()[-1].request["options"]["known_after"] == ["a"]


@pytest.fixture
def dated():
    lead = finding("depends_on_time", "slows", "By opened 0.7, by closed 0.5")
    return result() | {"findings": [lead | {"times": ["opened", "closed"]}]}


def test_each_date_that_could_decide_has_a_button_which_runs_the_probe_by_it(asked, dated):
    run_id = asked.finish(dated)
    shown = asked.card(run_id)
    assert "Predict at opened" in shown
    assert "Predict at closed" in shown
    asked.press(run_id, "0:1", Act.PROBE_TIME)
    first, second = asked.runs()
    assert first.request["options"] == {"time": "at"}
    assert second.request["options"] == {"time": "closed"}
    assert second.state == ProbeRunState.WAITING
    assert asked.audit()[0][1]["time"] == "closed"
    said = asked.card(run_id)
    assert json.dumps("Ana: predict at “closed”")[1:-1] in said
    assert "Predict at closed" not in said


def test_the_chosen_date_is_remembered_until_another_one_is_named(asked, dated, runtime):
    asked.press(asked.finish(dated), "0:0", Act.PROBE_TIME)
    probe = Probe("baseline", "model", "shop", "orders", "churned")
    with runtime.uow(TEAM) as uow:
        waiting = ProbeRun.state == ProbeRunState.WAITING
        uow.session.execute(update(ProbeRun).where(waiting).values(state=ProbeRunState.CANCELLED))
        assert request_probe(uow, ANA, 1, probe).request["options"] == {"time": "opened"}
        named = replace(probe, options={"time": "closed"})
        assert request_probe(uow, ANA, 1, named).request["options"] == {"time": "closed"}


def test_a_date_that_no_finding_offers_cannot_be_chosen(asked, dated):
    asked.press(asked.finish(dated), "0:2", Act.PROBE_TIME)
    asked.press(asked.finish(result("a")), "1:0", Act.PROBE_TIME)
    assert len(asked.runs()) == 2
    assert asked.audit() == []


def test_a_finding_that_asks_nothing_cannot_be_answered(asked):
    outcome = asked.press(asked.finish(result("a")), 0, Act.PROBE_KNOWN)
    assert "over" in json.dumps(getattr(outcome, "content", None) or outcome.errors)
    assert not isinstance(outcome, Errors) or asked.audit() == []
