"""The gate in front of traffic and the steps behind it, as tables and as properties."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import rollout
from bot.domain.enums import DeploymentState
from bot.domain.rollout import (
    REHEARSAL_LIMIT_MS,
    SHADOW_ENTITIES,
    Advice,
    Condition,
    GateFacts,
    Owner,
    Rollout,
    Stage,
    StepRefused,
    gate_of,
)
from bot.domain.vocabulary import OwnedPart

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
REQUIRED = ("security", "privacy", "business", "production")
ALL_MET = GateFacts(
    now=NOW,
    sha256="a" * 64,
    lift=0.08,
    required=REQUIRED,
    approvals=dict.fromkeys(REQUIRED, "approved"),
    governance_ran=True,
    owners={part: Owner("U1", accepted=True) for part in OwnedPart},
    on_call="U2",
    action_plan=True,
    has_control=True,
    shadow_entities=SHADOW_ENTITIES,
    rehearsed_at=NOW - timedelta(hours=3),
    rehearsal_ms=640.0,
)


def without(subject: str) -> dict[str, str]:
    return {key: state for key, state in ALL_MET.approvals.items() if key != subject}


def owners_but(part: OwnedPart, owner: Owner | None) -> dict[OwnedPart, Owner]:
    rest = {key: found for key, found in ALL_MET.owners.items() if key is not part}
    return rest if owner is None else {**rest, part: owner}


ONE_MISSING = [
    ("no model", {"sha256": None}, "model", "missing"),
    ("no honest figure", {"lift": None}, "better", "unknown"),
    ("no better than guessing", {"lift": 0.0}, "better", "missing"),
    ("worse than guessing", {"lift": -0.1}, "better", "missing"),
    *[
        (f"{subject}: {state}", {"approvals": {**ALL_MET.approvals, subject: state}}, key, state)
        for subject in REQUIRED
        for key in [f"approval:{subject}"]
        for state in ("waiting", "rejected", "expired", "withdrawn")
    ],
    *[
        (f"{subject}: nobody asked", {"approvals": without(subject)}, key, "absent")
        for subject in REQUIRED
        for key in [f"approval:{subject}"]
    ],
    ("governance never ran", {"governance_ran": False}, "governance", "missing"),
    ("governance stops", {"stops": ("A secret in the config",)}, "governance", "stops"),
    *[
        (f"no owner of the {part}", {"owners": owners_but(part, None)}, f"owner:{part}", "absent")
        for part in OwnedPart
    ],
    *[
        (
            f"the {part}'s owner has not accepted",
            {"owners": owners_but(part, Owner("U1"))},
            f"owner:{part}",
            "named",
        )
        for part in OwnedPart
    ],
    ("nobody on call", {"on_call": None}, "on_call", "missing"),
    ("nobody said what happens with it", {"action_plan": None}, "action_plan", "missing"),
    ("no plan for the output", {"action_plan": False}, "action_plan", "no"),
    ("no control answer", {"has_control": False}, "control", "missing"),
    ("199 entities in shadow", {"shadow_entities": SHADOW_ENTITIES - 1}, "shadow", "missing"),
    ("an alarm in shadow", {"shadow_alarms": 1}, "shadow", "alarm"),
    ("an alarm beside a clean batch", {"clean_batches": 1, "shadow_alarms": 1}, "shadow", "alarm"),
    ("never rehearsed", {"rehearsed_at": None}, "rollback", "missing"),
    ("rehearsed, not timed", {"rehearsal_ms": None}, "rollback", "missing"),
    ("rehearsed a day ago", {"rehearsed_at": NOW - timedelta(hours=24.01)}, "rollback", "old"),
    ("too slow", {"rehearsal_ms": REHEARSAL_LIMIT_MS + 1.0}, "rollback", "slow"),
]


def test_with_everything_met_the_gate_is_open() -> None:
    gate = gate_of(ALL_MET)
    assert gate.is_open
    assert gate.missing == ()
    live = rollout.open_traffic(Rollout(DeploymentState.SHADOW, Stage.SHADOW, 4), gate)
    assert (live.state, live.stage, live.generation) == (DeploymentState.LIVE, Stage.ONE, 5)


@pytest.mark.parametrize(
    ("changes", "key", "code"),
    [row[1:] for row in ONE_MISSING],
    ids=[row[0] for row in ONE_MISSING],
)
def test_each_missing_condition_alone_refuses(changes, key, code) -> None:
    gate = gate_of(replace(ALL_MET, **changes))
    assert [(check.key, check.code) for check in gate.missing] == [(key, code)]
    with pytest.raises(StepRefused) as refusal:
        rollout.open_traffic(Rollout(DeploymentState.SHADOW), gate)
    assert refusal.value.code == ("no_model" if key == "model" else "gate_closed")


def test_the_table_knows_every_condition() -> None:
    """A condition that is added to the gate has to be added here."""
    assert {row[2].split(":")[0] for row in ONE_MISSING} == {each.value for each in Condition}
    keys = [check.key for check in gate_of(ALL_MET).checks]
    assert len(keys) == len(set(keys))
    assert {row[2] for row in ONE_MISSING} == set(keys)


def test_a_clean_batch_is_as_good_as_two_hundred_entities() -> None:
    assert gate_of(replace(ALL_MET, shadow_entities=0, clean_batches=1)).is_open


@pytest.mark.parametrize("required", [(), ("legal",), ("security", "legal")])
def test_the_playbook_says_which_approvals_count(required) -> None:
    gate = gate_of(replace(ALL_MET, required=required, approvals={"security": "approved"}))
    assert [check.about for check in gate.missing] == [each for each in required if each == "legal"]


def test_an_override_passes_every_condition_but_a_model() -> None:
    closed = gate_of(GateFacts(now=NOW, sha256="b" * 64, required=REQUIRED))
    for state in (DeploymentState.PROPOSED, DeploymentState.SHADOW, DeploymentState.PULLED):
        opened = rollout.open_traffic(Rollout(state), closed, overridden=True)
        assert (opened.state, opened.stage) == (DeploymentState.LIVE, Stage.ONE)
    with pytest.raises(StepRefused, match="no_model"):
        rollout.open_traffic(
            Rollout(DeploymentState.SHADOW), gate_of(GateFacts(NOW)), overridden=True
        )


@pytest.mark.parametrize("state", [DeploymentState.CLAIMED, DeploymentState.ENDED])
@pytest.mark.parametrize("overridden", [False, True])
def test_what_is_claimed_or_ended_never_opens(state, overridden) -> None:
    with pytest.raises(StepRefused):
        rollout.open_traffic(Rollout(state), gate_of(ALL_MET), overridden=overridden)


@pytest.mark.parametrize("advice", Advice)
def test_only_a_go_advances_and_one_stage_at_a_time(advice) -> None:
    live = Rollout(DeploymentState.LIVE, Stage.ONE, 1)
    if advice is not Advice.GO:
        with pytest.raises(StepRefused, match=f"guard_{advice}"):
            rollout.advance(live, advice)
        return
    seen = [live.stage]
    while live.stage.following is not None:
        live = rollout.advance(live, advice)
        seen.append(live.stage)
    assert seen == [1, 5, 25, 100]
    with pytest.raises(StepRefused, match="at_the_end"):
        rollout.advance(live, advice)


def test_a_second_press_on_roll_back_changes_nothing() -> None:
    once = rollout.roll_back(Rollout(DeploymentState.LIVE, Stage.QUARTER, 7))
    assert (once.state, once.stage, once.generation) == (DeploymentState.PULLED, Stage.SHADOW, 8)
    assert rollout.roll_back(once) is once


Steps = st.lists(
    st.sampled_from(
        [
            lambda now: rollout.start_shadow(now, has_model=True),
            lambda now: rollout.open_traffic(now, gate_of(ALL_MET)),
            lambda now: rollout.open_traffic(now, gate_of(GateFacts(NOW))),
            lambda now: rollout.advance(now, Advice.GO),
            lambda now: rollout.advance(now, Advice.PAUSE),
            rollout.step_back,
            rollout.roll_back,
            rollout.rehearse,
            rollout.end,
        ]
    ),
    max_size=40,
)


@given(Steps)
def test_whatever_is_pressed_in_whatever_order(steps) -> None:
    """Generations only rise, traffic belongs to live ones, and what has ended stays ended."""
    now = Rollout()
    for step in steps:
        before = now
        try:
            now = step(before)
        except StepRefused:
            continue
        assert now.generation - before.generation == (now != before)
        assert (now.stage > 0) == (now.state is DeploymentState.LIVE)
        if before.state is DeploymentState.ENDED:
            assert now == before
        if before.state is DeploymentState.LIVE and now.state is DeploymentState.LIVE:
            assert now.stage in (before.stage.following, before.stage.preceding)
