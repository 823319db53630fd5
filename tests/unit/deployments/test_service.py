"""A deployment's way: checklist, shadow, rehearsal, live, the red button, and what may not be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.db.serving_models import ServingBatch, ServingWorker
from bot.deployments import external, monitoring, queries, service, setup
from bot.deployments.forms import SetUpForm, check_set_up, read_control
from bot.domain.errors import FormError, InputError
from bot.domain.rollout import gate_of
from bot.domain.vocabulary import OwnedPart
from bot.slack.action_ids import Act
from tests.runtimes import (
    ANA,
    BEN,
    CHO,
    DEE,
    EVE,
    GUS,
    TEAM,
    advance,
    card,
    outbox,
    trail,
)
from tests.stage import words_of
from tests.unit.deployments import staging
from tests.unit.deployments.staging import all_buttons, live_card, row_of


def checklist(runtime, sprint_id, number):
    return card(runtime, f"sprint:{sprint_id}:checklist:{number}")


# --- the gate --------------------------------------------------------------------------------


def test_with_everything_there_the_lead_opens_and_the_card_says_so(runtime, sprint_id, ready):
    assert Act.DEPLOY_OPEN in all_buttons(checklist(runtime, sprint_id, ready))
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)
    row = row_of(runtime, ready)
    assert (row.state, row.percent) == ("live", 1.0)
    shown = live_card(runtime, sprint_id, ready)
    assert "Live on 1 %" in words_of(shown)
    assert Act.DEPLOY_ROLL_BACK in all_buttons(shown)
    assert [entry.action for entry in trail(runtime, "deployment")][-1] == "opened"


CONDITIONS = [
    "model",
    *(f"approval:{subject}" for subject in staging.REQUIRED),
    "governance",
    *(f"owner:{part}" for part in OwnedPart),
    "on_call",
    "action_plan",
    "control",
    "shadow",
    "rollback",
]


@pytest.mark.parametrize("missing", CONDITIONS)
def test_each_missing_condition_alone_refuses_in_slack_and_on_the_machine(
    runtime, sprint_id, tmp_path, missing
):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number, but=missing)
    with runtime.reading(TEAM) as uow:
        gate = gate_of(queries.gate_facts(uow, *queries.find(uow, number)))
    named = {check.key for check in gate.missing}
    assert missing in named
    assert named <= {missing, *(() if missing != "model" else ("better", "shadow", "rollback"))}
    for actor in (ANA, service.OPERATOR):
        with pytest.raises(InputError), runtime.uow(TEAM) as uow:
            service.open_traffic(uow, actor, number)
    assert row_of(runtime, number).state != "live"
    assert Act.DEPLOY_OPEN not in all_buttons(checklist(runtime, sprint_id, number))


def test_a_model_that_is_no_better_than_guessing_does_not_pass(runtime, sprint_id, ready):
    with runtime.uow(TEAM) as uow:
        row, _ = queries.find(uow, ready)
        run = uow.session.get_one(queries.ProbeRun, queries.model_of(uow, row).probe_run_id)
        evidence = {**staging.BETTER["evidence"], "low": 0.5}
        run.result = {"findings": [{**staging.BETTER, "evidence": evidence}]}
    with pytest.raises(InputError, match="no better than guessing"), runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, True),
        ({"alarms": ["spend"]}, False),
        ({"in_shadow": False}, False),
        ({"entities": 19}, False),
        ({"failed": 1}, False),
        ({"into": "shadow:"}, False),
        ({"state": "failed"}, False),
    ],
)
def test_one_batch_in_shadow_without_an_alarm_is_as_good_as_two_hundred_people(
    runtime, sprint_id, tmp_path, changes, opens
):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number, but="shadow")
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            ServingBatch(
                deployment_id=number,
                due_at=uow.now,
                **{
                    "state": "done",
                    "source": "shop",
                    "entity_column": "id",
                    "into": "hour48_scores_1",
                    "in_shadow": True,
                    "alarms": [],
                    "entities": 20,
                }
                | changes,
            )
        )
    with runtime.reading(TEAM) as uow:
        gate = gate_of(queries.gate_facts(uow, *queries.find(uow, number)))
    assert gate.is_open is opens


def test_an_open_alarm_of_the_shadow_run_does_not_pass(runtime, sprint_id, ready):
    staging.find(runtime, ready, "alert")
    with pytest.raises(InputError, match="alarm is open"), runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)


@pytest.mark.parametrize("who", [BEN, CHO, DEE, EVE, GUS])
def test_only_the_lead_opens(runtime, ready, who):
    with pytest.raises(InputError), runtime.uow(TEAM) as uow:
        service.open_traffic(uow, who, ready)


def test_an_override_needs_a_reason_and_is_shown_in_trail_card_and_debrief(
    runtime, sprint_id, tmp_path
):
    from bot.records.queries import record_of

    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    for empty in ("", "   ", '"no"'):
        with pytest.raises(InputError, match="at least 8"), runtime.uow(TEAM) as uow:
            service.open_traffic(uow, ANA, number, override=empty)
    with pytest.raises(InputError, match="Only the sprint's lead"), runtime.uow(TEAM) as uow:
        service.open_traffic(uow, BEN, number, override="Ben takes it on himself")
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, number, override='"Ten friendly shops, all told"')
    overridden = [each for each in trail(runtime, "deployment") if each.action == "overridden"]
    assert overridden[0].facts["reason"] == "Ten friendly shops, all told"
    assert "governance" in overridden[0].facts["missing"]
    assert "Ten friendly shops" in words_of(live_card(runtime, sprint_id, number))
    with runtime.reading(TEAM) as uow:
        found = record_of(uow, uow.sprint(sprint_id))
    assert {each.why for each in found.overrides} == {"Ten friendly shops, all told"}
    assert len(found.overrides) == len(overridden[0].facts["missing"])


def test_no_override_opens_what_has_no_model(runtime, sprint_id):
    number = staging.propose(runtime, sprint_id)
    for actor in (ANA, service.OPERATOR):
        with pytest.raises(InputError, match="no kept model"), runtime.uow(TEAM) as uow:
            service.open_traffic(uow, actor, number, override="because I say so")


# --- what gives a condition ---------------------------------------------------------------------


def test_every_missing_condition_has_a_button_or_says_what_to_type(runtime, sprint_id):
    number = staging.propose(runtime, sprint_id)
    shown = checklist(runtime, sprint_id, number)
    pressed = {name.partition(":")[0] for name in all_buttons(shown)}
    assert pressed >= {"deploy.ask", "deploy.accept", "deploy.check", "deploy.set_up"}
    assert "deploy.plan" in pressed
    assert "/probe baseline" in words_of(shown)
    assert "0 of 16" in words_of(shown) or "of 16" in words_of(shown)


def test_a_model_that_is_kept_later_is_taken_until_the_shadow_run(runtime, sprint_id, tmp_path):
    number = staging.propose(runtime, sprint_id)
    first = staging.keep(runtime, sprint_id, tmp_path, b"one")
    assert first[:12] in words_of(checklist(runtime, sprint_id, number))
    second = staging.keep(runtime, sprint_id, tmp_path, b"two")
    with runtime.uow(TEAM) as uow:
        service.start_shadow(uow, BEN, number)
    staging.keep(runtime, sprint_id, tmp_path, b"three")
    with runtime.reading(TEAM) as uow:
        assert queries.model_of(uow, queries.find(uow, number)[0]).sha256 == second


def test_an_owner_accepts_with_their_own_press_only(runtime, sprint_id):
    number = staging.propose(runtime, sprint_id)
    with runtime.uow(TEAM) as uow:
        setup.set_up(uow, ANA, number, SetUpForm(owners={OwnedPart.DATA: BEN}))
    with pytest.raises(InputError, match="only Ben can accept"), runtime.uow(TEAM) as uow:
        setup.accept_ownership(uow, ANA, number, OwnedPart.DATA)
    with runtime.uow(TEAM) as uow:
        setup.accept_ownership(uow, BEN, number, OwnedPart.DATA)
        setup.set_up(uow, ANA, number, SetUpForm(owners={OwnedPart.DATA: BEN}))
        assert queries.owner_of(uow, queries.find(uow, number)[0], OwnedPart.DATA).accepted_at
        setup.set_up(uow, ANA, number, SetUpForm(owners={OwnedPart.DATA: DEE}))
        assert not queries.owner_of(uow, queries.find(uow, number)[0], OwnedPart.DATA).accepted_at


CONTROLS = [
    ("no_offer", {"answer": "no_offer"}),
    ("0", {"answer": 0}),
    ("false", {"answer": False}),
    ("0.25", {"answer": 0.25}),
    ("[1, 2]", {"answer": "[1, 2]"}),
    ("column: old_rule", {"column": "old_rule"}),
    ("Column = old_rule", {"column": "old_rule"}),
    ("", None),
]


@pytest.mark.parametrize(("typed", "kept"), CONTROLS)
def test_a_control_answer_is_kept_as_what_it_is(typed, kept):
    assert read_control(typed) == kept


@pytest.mark.parametrize("typed", ["x" * 201, "column: spendd"])
def test_a_control_answer_that_cannot_be_taken_names_its_field(runtime, typed):
    with runtime.uow(TEAM) as uow, pytest.raises(FormError) as refusal:
        check_set_up(uow, SetUpForm(control=typed), ["spend"])
    assert set(refusal.value.errors) == {"control"}


def test_a_rehearsal_nobody_answers_ends_and_says_so(runtime, sprint_id, tmp_path, monkeypatch):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    with runtime.uow(TEAM) as uow:
        service.start_shadow(uow, ANA, number)
        service.rehearse(uow, ANA, number)
    assert staging.settle(runtime) == [False]
    monkeypatch.setattr(monitoring, "REHEARSAL_SECONDS", 0.0)
    assert staging.settle(runtime) == [True]
    row = row_of(runtime, number)
    assert (row.state, row.rehearsed_at) == ("shadow", None)
    said = [item.body["text"] for item in outbox(runtime, f"sprint:{sprint_id}:checklist")]
    assert any("no answer from a serving process" in text for text in said)


def test_a_rehearsal_waits_for_the_slowest_replica(runtime, sprint_id, tmp_path):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    with runtime.uow(TEAM) as uow:
        service.start_shadow(uow, ANA, number)
        service.rehearse(uow, ANA, number)
    staging.obey(runtime, number, "w1", "w2")
    staging.obey(runtime, number, "w3", behind=1)
    assert staging.settle(runtime) == [False]
    staging.obey(runtime, number, "w3")
    assert staging.settle(runtime) == [True]
    row = row_of(runtime, number)
    assert row.state == "shadow"
    assert 0 < row.rehearsal_ms < 60_000


def test_a_replica_that_has_died_holds_nothing_up(runtime, sprint_id, tmp_path):
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    with runtime.uow(TEAM) as uow:
        service.start_shadow(uow, ANA, number)
    staging.obey(runtime, number, "dead", behind=1)
    with runtime.uow(TEAM) as uow:
        dead = uow.session.query(ServingWorker).filter_by(worker="dead").one()
        dead.seen_at = datetime.now(UTC) - timedelta(seconds=6)
    staging.obey(runtime, number, "w1")
    assert staging.settle(runtime) == [True]


def test_who_is_named_is_told_and_told_again_when_it_changes(runtime, sprint_id, tmp_path):
    def told(user):
        found = outbox(runtime, f"sprint:{sprint_id}:deployment:{number}:named:{user}")
        return [words_of(card(runtime, each.key)) for each in found]

    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    with runtime.uow(TEAM) as uow:
        named = {OwnedPart.SERVICE: EVE, OwnedPart.DATA: ANA}
        setup.set_up(uow, ANA, number, SetUpForm(owners=named, on_call=EVE, control="0"))
    assert told(ANA) == []
    assert "as owner of the service and the one on call for" in told(EVE)[0]
    assert "Accept with" in told(EVE)[0]
    with runtime.uow(TEAM) as uow:
        setup.accept_ownership(uow, EVE, number, OwnedPart.SERVICE)
    assert "Accept with" not in told(EVE)[0]
    with runtime.uow(TEAM) as uow:
        setup.set_up(uow, ANA, number, SetUpForm(owners={OwnedPart.SERVICE: BEN}, on_call=BEN))
    assert "no longer named" in told(EVE)[0]
    assert "Accept with" in told(BEN)[0]


# --- the red button ---------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ANA, BEN, CHO, DEE])
def test_everybody_in_the_team_rolls_back_and_a_second_press_changes_nothing(runtime, live, who):
    with runtime.uow(TEAM) as uow:
        row, changed = service.roll_back(uow, who, live)
        assert changed
        generation = row.generation
    with runtime.uow(TEAM) as uow:
        row, changed = service.roll_back(uow, BEN, live)
        assert not changed
        assert row.generation == generation
    assert [each.action for each in trail(runtime, "deployment")].count("rolled_back") == 1
    assert row_of(runtime, live).rolled_back_by == who


def test_a_rollback_without_a_reason_quotes_none_and_takes_the_first_that_is_given(
    runtime, sprint_id, live
):
    with runtime.uow(TEAM) as uow:
        service.roll_back(uow, BEN, live)
    assert row_of(runtime, live).rollback_reason is None
    assert "No reason given." in words_of(live_card(runtime, sprint_id, live))
    outcomes = []
    for reason in ("", "spend came in cents", "something else"):
        with runtime.uow(TEAM) as uow:
            outcomes.append(external.roll_back_all(uow, CHO, sprint_id, reason))
    assert outcomes == ["already_rolled_back", "rollback_explained", "already_rolled_back"]
    assert row_of(runtime, live).rollback_reason == "spend came in cents"
    assert "spend came in cents" in words_of(live_card(runtime, sprint_id, live))


def test_an_owner_from_outside_the_team_rolls_back_and_a_colleague_does_not(runtime, live):
    with runtime.uow(TEAM) as uow:
        setup.set_up(uow, ANA, live, SetUpForm(on_call=EVE, control="x"))
    for who, may in ((GUS, False), (EVE, True)):
        with runtime.uow(TEAM) as uow:
            if may:
                assert service.roll_back(uow, who, live)[1]
            else:
                with pytest.raises(InputError):
                    service.roll_back(uow, who, live)


@pytest.mark.parametrize("status", ["debrief", "closed", "cancelled"])
def test_the_red_button_works_whatever_has_become_of_the_sprint(runtime, sprint_id, live, status):
    with runtime.uow(TEAM) as uow:
        uow.sprint(sprint_id).status = status
    with runtime.uow(TEAM) as uow:
        assert service.roll_back(uow, BEN, live)[1]


def test_a_rollback_is_timed_by_the_slowest_replica_and_counts_as_a_rehearsal(
    runtime, sprint_id, live
):
    advance(runtime, 30)
    with runtime.uow(TEAM) as uow:
        service.roll_back(uow, BEN, live, "wrong coupons")
    assert "Waiting for the replicas" in words_of(live_card(runtime, sprint_id, live))
    staging.obey(runtime, live, "w1", "w2", "w3")
    staging.settle(runtime)
    assert "3 replicas" in words_of(live_card(runtime, sprint_id, live))
    row = row_of(runtime, live)
    assert row.rehearsed_at == runtime.clock.now()
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, live)
    assert row_of(runtime, live).rolled_back_at is None


def test_a_rollback_has_its_own_message_and_what_soon_follows_is_added_to_it(
    runtime, sprint_id, live
):
    def lines():
        found = outbox(runtime, f"sprint:{sprint_id}:deployment:{live}:change:")
        return [words_of(card(runtime, each.key)) for each in found if not each.thread_key]

    for hours_later in (1, 6):
        with runtime.uow(TEAM) as uow:
            service.roll_back(uow, BEN, live, "wrong coupons")
        advance(runtime, hours_later)
        with runtime.uow(TEAM) as uow:
            service.open_traffic(uow, ANA, live, override="the board decided so")
    first, second, third = lines()
    assert "Rolled back" in first
    assert "gave the model 1 %" in first
    assert "gave the model" not in second
    assert "gave the model 1 %" in third


def test_slack_s_rollback_command_pulls_what_hour48_serves_and_notes_the_rest(
    runtime, sprint_id, live
):
    with runtime.uow(TEAM) as uow:
        external.note_elsewhere(uow, ANA, sprint_id, 5)
    with pytest.raises(InputError, match="why"), runtime.uow(TEAM) as uow:
        external.roll_back_all(uow, BEN, sprint_id, "")
    assert row_of(runtime, live).state == "live"
    with runtime.uow(TEAM) as uow:
        outcome = external.roll_back_all(uow, BEN, sprint_id, "coupons for strangers")
    assert outcome == external.RollbackOutcome.ROLLED_BACK
    with runtime.reading(TEAM) as uow:
        rows = queries.of_sprint(uow, sprint_id)
        assert [(row.state, row.rolled_back_at is not None) for row in rows] == [
            ("pulled", True),
            ("claimed", True),
        ]


def test_a_shadow_run_is_stopped_and_not_rolled_back(runtime, sprint_id, ready):
    """Nothing is live yet, so no button offers to roll it back."""
    shown = words_of(live_card(runtime, sprint_id, ready))
    assert "Stop shadow run" in shown
    assert "Roll back" not in shown
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, ready)
    assert "Roll back" in words_of(live_card(runtime, sprint_id, ready))
