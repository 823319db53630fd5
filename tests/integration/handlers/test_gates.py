"""A gate opens at its hour; an earlier answer is confirmed, marked, and kept from the sponsor."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import Blocker, GateAnswer, ProbeRun
from bot.debrief.queries import judge
from bot.debrief.service import end_or_close
from bot.deployments import external
from bot.domain.enums import AuditAction, ProbeRunState
from bot.domain.hours_lost import by_category
from bot.domain.verdict.findings import phase_of
from bot.domain.vocabulary import Kind
from bot.hourly import digests
from bot.hourly.digests import hours_lost_so_far
from bot.hourly.gates import known_by, post_gate
from bot.probe_runs.service import show_run
from bot.records.queries import record_of
from bot.slack.action_ids import Act, ViewId
from bot.sprints.snapshot import moves_between
from handlers import blockers, hourly, sprints
from handlers.dispatch import run
from handlers.request import Done, Open, Request, Say
from tests.runtimes import ANA, BEN, CHANNEL, EVE, TEAM, add_sprint, advance, card, outbox, trail
from tests.stage import words_of


@pytest.fixture
def sprint(runtime):
    """A running sprint with a sponsor, at hour 0; the data gate opens at hour 8."""
    return add_sprint(runtime, sponsor_id=EVE)


def typed(ctx, text, user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "t", f"gate {text}")
    return run(ctx, sprints.COMMANDS["/sprint"], request)


def pressed(ctx, scenario, user=ANA):
    value = f"1:data:{scenario}"
    request = Request(TEAM, user, "ana", CHANNEL, "t", action_id=Act.GATE_ANSWER, value=value)
    return run(ctx, hourly.ACTIONS[Act.GATE_ANSWER], request)


def confirm(ctx, opened, user=ANA):
    view = dict(opened.view)
    private = view["private_metadata"]
    request = Request(TEAM, user, private=private, view=view, receipt=f"view:{user}")
    return run(ctx, hourly.VIEWS[ViewId.GATE_EARLY], request)


def answers(runtime):
    with runtime.reading(TEAM) as uow:
        return [(row.phase, row.scenario) for row in uow.session.scalars(select(GateAnswer))]


def told_sponsor(runtime):
    return [item.key for item in outbox(runtime, "sprint:1:sponsor:gate")]


@pytest.mark.parametrize("hours", [0, 7.9])
def test_before_its_hour_a_gate_asks_and_records_nothing(ctx, runtime, sprint, hours):
    advance(runtime, hours)
    asked = typed(ctx, "data locked")
    assert isinstance(asked, Open)
    assert "opens at hour 8" in str(asked.view)
    assert answers(runtime) == []
    assert trail(runtime, "gate") == []


def test_an_early_answer_is_marked_and_the_sponsor_hears_of_it_at_its_hour(ctx, runtime, sprint):
    advance(runtime, 5)
    assert confirm(ctx, typed(ctx, "data locked")) == Done()
    assert answers(runtime) == [("data", "locked")]
    assert "early, in hour 5" in str(card(runtime, "sprint:1:gate:data"))
    assert trail(runtime, "gate")[0].action == AuditAction.ANSWERED_EARLY
    assert [item.key for item in outbox(runtime, "sprint:1:sponsor")] == [], "nor that it is"
    advance(runtime, 3)
    with runtime.uow(TEAM) as uow:
        post_gate(uow, uow.sprint(sprint), "data")
    assert told_sponsor(runtime) == ["sprint:1:sponsor:gate:data"]
    assert "early, in hour 5" in str(card(runtime, "sprint:1:gate:data"))


def test_an_early_answer_is_changed_after_asking_again(ctx, runtime, sprint):
    confirm(ctx, typed(ctx, "data locked"))
    asked = pressed(ctx, "unusable", user=BEN)
    assert isinstance(asked, Open)
    assert answers(runtime) == [("data", "locked")]
    confirm(ctx, asked, user=BEN)
    assert answers(runtime) == [("data", "unusable")]


def test_at_its_hour_a_gate_takes_the_answer_at_once(ctx, runtime, sprint):
    advance(runtime, 8)
    assert isinstance(typed(ctx, "data locked"), Say)
    assert pressed(ctx, "unusable") == Done()
    assert answers(runtime) == [("data", "unusable")]
    assert "early" not in str(card(runtime, "sprint:1:gate:data"))
    assert told_sponsor(runtime) == ["sprint:1:sponsor:gate:data"]


def test_an_answered_gate_tells_what_was_known_at_its_hour(ctx, runtime, sprint):
    advance(runtime, 8)
    pressed(ctx, "unusable")
    advance(runtime, 2)
    request = Request(TEAM, ANA, "ana", CHANNEL, "t", "No read access, it stops us, 2 weeks")
    run(ctx, blockers.COMMANDS["/blocker"], request)
    gate = words_of(card(runtime, "sprint:1:gate:data"))
    assert "*Known at hour 8*\n• no open blockers" in gate
    told = words_of(card(runtime, told_sponsor(runtime)[0]))
    assert "no open blockers" in told


def test_an_open_gate_tells_what_is_known_until_the_sprint_ends(ctx, runtime, sprint):
    advance(runtime, 8)
    with runtime.uow(TEAM) as uow:
        post_gate(uow, uow.sprint(sprint), "data")
    advance(runtime, 1)
    request = Request(TEAM, ANA, "ana", CHANNEL, "t", "No read access, it stops us, 2 weeks")
    run(ctx, blockers.COMMANDS["/blocker"], request)
    assert "*Known by now*\n• 1 open blocker" in words_of(card(runtime, "sprint:1:gate:data"))
    with runtime.uow(TEAM) as uow:
        end_or_close(uow, ANA, sprint)
    advance(runtime, 1)
    press = Request(TEAM, ANA, "ana", CHANNEL, "t", action_id=Act.BLOCKER_FIXED, value="1")
    run(ctx, blockers.ACTIONS[Act.BLOCKER_FIXED], press)
    assert "*Known at hour 9*\n• 1 open blocker" in words_of(card(runtime, "sprint:1:gate:data"))


def test_who_may_not_answer_is_refused_before_being_asked(ctx, runtime, sprint):
    assert "Only the sprint's team" in str(typed(ctx, "data locked", user=EVE))


@pytest.mark.parametrize("private", ["", "1", "1:data", "x:data:locked", "1:moon:locked"])
def test_a_confirmation_of_another_time_is_answered(ctx, runtime, sprint, private):
    request = Request(TEAM, ANA, private=private, view={"type": "modal"}, receipt="view:1")
    assert isinstance(run(ctx, hourly.VIEWS[ViewId.GATE_EARLY], request), Say)
    assert answers(runtime) == []


def test_a_table_that_was_probed_twice_is_told_once(runtime, sprint):
    with runtime.uow(TEAM) as uow:
        for found in ("age is missing", "age is there"):
            result = {"phase": "data", "findings": [{"sentence": found}]}
            uow.session.add(
                ProbeRun(
                    team_id=TEAM,
                    sprint_id=sprint,
                    probe="quality",
                    request={"source": "crm"},
                    asked_by=ANA,
                    asked_at=uow.now,
                    state=ProbeRunState.DONE,
                    result=result,
                )
            )
        uow.session.flush()
        phase = uow.playbook.phases[0]
        lines = known_by(uow, uow.sprint(sprint), phase)
    assert [line for line in lines if "age" in line] == ["• quality: age is there"]


@pytest.mark.parametrize(
    ("code", "says", "is_known"),
    [
        ("label_missing", "There is no column leavers to predict.", False),
        ("target_absent", "The table has no column “leavers”.", False),
        ("target_missing", "12 % of the rows have no usable value in “left”.", True),
    ],
)
def test_a_probe_that_was_asked_for_a_column_that_is_not_there_knows_nothing(
    runtime, sprint, code, says, is_known
):
    finding = {"code": code, "level": "stops", "sentence": says}
    result = {"phase": "data", "scenario": "unusable", "findings": [finding]}
    with runtime.uow(TEAM) as uow:
        asked = {"asked_by": ANA, "asked_at": uow.now, "finished_at": uow.now, "request": {}}
        state = {"state": ProbeRunState.DONE, "result": result}
        row = ProbeRun(team_id=TEAM, sprint_id=sprint, probe="quality", **asked, **state)
        uow.session.add(row)
        uow.session.flush()
        show_run(uow, row)
        post_gate(uow, uow.sprint(sprint), "data")
        lines = known_by(uow, uow.sprint(sprint), uow.playbook.phases[0])
        (found,) = record_of(uow, uow.sprint(sprint)).findings
    told = str(card(runtime, outbox(runtime, f"sprint:{sprint}:probe:")[0].key))
    gate = str(card(runtime, outbox(runtime, f"sprint:{sprint}:gate:data")[0].key))
    assert ("can stop this deployment" in told, "could not answer" in told) == (
        is_known,
        not is_known,
    )
    assert ("Likely gate answer" in told) == ("looks like" in gate) == is_known, gate
    assert any(says in line for line in lines) == is_known
    assert found.failed != is_known


@pytest.mark.parametrize("is_live", [False, True])
def test_no_probe_says_that_a_live_model_would_not_be_let_live(runtime, sprint, is_live):
    result = {"phase": "deployment", "findings": []}
    with runtime.uow(TEAM) as uow:
        phase = uow.playbook.phases[-1]
        result["scenario"] = phase.scenarios[-1].key
        asked = {"asked_by": ANA, "asked_at": uow.now, "finished_at": uow.now, "request": {}}
        state = {"state": ProbeRunState.DONE, "result": result}
        row = ProbeRun(team_id=TEAM, sprint_id=sprint, probe="governance", **asked, **state)
        uow.session.add(row)
        if is_live:
            external.note_elsewhere(uow, ANA, sprint, 1)
        uow.session.flush()
        post_gate(uow, uow.sprint(sprint), phase.key)
    (gate,) = outbox(runtime, f"sprint:{sprint}:gate:{phase.key}")
    assert ("looks like" in str(card(runtime, gate.key))) != is_live


@pytest.mark.parametrize(
    ("probe", "asked", "phase"),
    [
        ("acme_lineage", {"phase": "integration"}, "integration"),
        ("joins", {}, "data"),
        ("acme_lineage", {}, "model"),
    ],
)
def test_a_finding_counts_in_the_phase_that_its_probe_informs(runtime, sprint, probe, asked, phase):
    advance(runtime, 9)
    with runtime.uow(TEAM) as uow:
        finding = {"code": "lost", "level": "stops", "sentence": "Nobody knows where it comes from"}
        uow.session.add(
            ProbeRun(
                team_id=TEAM,
                sprint_id=sprint,
                probe=probe,
                request=asked,
                asked_by=ANA,
                asked_at=uow.now,
                state=ProbeRunState.DONE,
                result={"findings": [finding]},
            )
        )
        uow.session.flush()
        record = record_of(uow, uow.sprint(sprint))
    assert [phase_of(found, record) for found in record.findings] == [phase]


def test_a_kind_guessed_from_a_title_gives_way_to_the_gate_on_card_digest_and_report(
    ctx, runtime, sprint
):
    def log(said):
        run(ctx, blockers.COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "t", said))

    advance(runtime, 2)
    log("Cannot get at the booking export, Henrik's team only runs it monthly")
    with runtime.uow(TEAM) as uow:  # a guess that the scenario contradicts, whatever was suggested
        guessed = uow.session.scalars(select(Blocker)).one()
        guessed.kind, guessed.kind_was_suggested = Kind.SKILLS_GAP.value, True
    advance(runtime, 7)
    typed(ctx, "data locked")
    log("No laptop here can install python")
    advance(runtime, 3)

    with runtime.reading(TEAM) as uow:
        row, found = uow.sprint(sprint), judge(uow, uow.sprint(sprint))
        blocker = uow.session.scalars(select(Blocker).where(Blocker.number == 1)).one()
        lost = hours_lost_so_far(uow, row)
        assert blocker.kind == Kind.APPROVAL_PROCESS
        (cause,) = (c for c in found.causes if "blocker-1" in {fact.id for fact in c.records})
        assert cause.kind == blocker.kind
        assert lost == pytest.approx(dict(found.hours_by_kind))
        digest = str(
            digests.render_digest(uow, row, {"hour": 12, "span": 4, "at": uow.now.isoformat()})
        )
        for hours in by_category(lost).values():
            assert not hours or f"{round(hours, 1):g} h" in digest


def test_a_gate_that_is_answered_anew_gives_the_guess_back(ctx, runtime, sprint):
    advance(runtime, 2)
    said = "Cannot get at the booking export, Henrik's team only runs it monthly"
    run(ctx, blockers.COMMANDS["/blocker"], Request(TEAM, ANA, "ana", CHANNEL, "t", said))
    with runtime.uow(TEAM) as uow:
        guessed = uow.session.scalars(select(Blocker)).one()
        guessed.kind, guessed.kind_was_suggested = Kind.SKILLS_GAP.value, True
    advance(runtime, 7)

    def kind():
        with runtime.reading(TEAM) as uow:
            return uow.session.scalars(select(Blocker.kind)).one()

    typed(ctx, "data locked")
    assert kind() == Kind.APPROVAL_PROCESS
    typed(ctx, "data locked")
    assert kind() == Kind.APPROVAL_PROCESS
    typed(ctx, "data accessible")
    assert kind() == Kind.SKILLS_GAP
    assert [row.action for row in trail(runtime, "blocker")].count("edited") == 2


def test_a_gate_that_was_answered_again_is_one_move(ctx, runtime, sprint):
    advance(runtime, 8.1)
    pressed(ctx, "accessible")
    pressed(ctx, "locked", BEN)
    with runtime.reading(TEAM) as uow:
        running = uow.sprint(1)
        gates = [
            move
            for move in moves_between(uow, running, running.started_at, uow.now)
            if move[0] == "gate"
        ]
    assert len(gates) == 1


def test_a_gate_offers_nothing_any_more_once_the_sprint_is_closed(ctx, runtime, sprint):
    advance(runtime, 16.1)
    pressed(ctx, "locked")
    with runtime.uow(TEAM) as uow:
        for phase in ("data", "model"):
            post_gate(uow, uow.sprint(1), phase)
    assert "You can choose again" in words_of(card(runtime, "sprint:1:gate:data")["blocks"])
    for _ in range(2):
        with runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, 1)
    answered = words_of(card(runtime, "sprint:1:gate:data")["blocks"])
    assert "behind a process" in answered
    assert "You can choose again" not in answered
    unanswered = words_of(card(runtime, "sprint:1:gate:model")["blocks"])
    assert "Nobody answered this gate" in unanswered
    assert "closest" not in unanswered
