"""Transitions: one table a kind of thing, for rows and stories alike."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import going_live, transitions
from bot.domain.enums import (
    ApprovalState,
    BlockerState,
    CheckOutcome,
    CheckTrigger,
    DeploymentState,
    FixState,
)
from bot.domain.transitions import ApproverFault, FixMove
from bot.domain.vocabulary import Decision, Kind, Resolution, Subject

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
hours = st.floats(min_value=0, max_value=96)


@pytest.mark.parametrize(
    ("state", "now", "undecided"),
    [
        (ApprovalState.WAITING, 11.9, True),
        (ApprovalState.WAITING, 12.0, True),
        (ApprovalState.WAITING, 12.1, False),
        (ApprovalState.APPROVED, 1.0, False),
        (ApprovalState.WITHDRAWN, 1.0, False),
    ],
)
def test_a_request_can_be_decided_until_its_deadline(state, now, undecided):
    assert transitions.is_undecided(state, 12.0, now) is undecided


@given(deadline=hours, end=hours)
def test_silence_counts_only_within_the_sprint(deadline, end):
    state = transitions.expire(deadline, end)
    assert state == (ApprovalState.EXPIRED if deadline <= end else ApprovalState.LAPSED)


@given(deadline=hours, end=hours)
def test_rows_and_stories_expire_alike(deadline, end):
    moment = [NOON + timedelta(hours=each) for each in (deadline, end)]
    exact = [(each - NOON) / timedelta(hours=1) for each in moment]
    assert transitions.expire(*moment) == transitions.expire(*exact)


@pytest.mark.parametrize("decision", [Decision.APPROVED, Decision.REJECTED])
def test_a_decision_is_the_state_that_it_names(decision):
    assert transitions.decide(decision).value == decision.value


@pytest.mark.parametrize("subject", Subject)
def test_silence_is_a_process_and_a_no_is_a_fear(subject):
    silence, refusal = (
        transitions.blocker_of_silence(subject),
        transitions.blocker_of_rejection(subject),
    )
    assert (silence.kind, refusal.kind) == (Kind.APPROVAL_PROCESS, Kind.RISK_TOLERANCE)
    assert silence.family == refusal.family
    assert "_" not in silence.waits_for


@pytest.mark.parametrize(
    ("subject", "requested_at", "answered"),
    [("security", 12.0, True), ("security", 11.9, False), ("privacy", 20.0, False)],
)
def test_only_a_later_request_on_the_same_subject_answers_silence(subject, requested_at, answered):
    assert transitions.supersedes(subject, requested_at, "security", 12.0) is answered


@pytest.mark.parametrize("how", Resolution)
def test_a_blocker_is_resolved_once_and_can_be_reopened(how):
    resolved = transitions.resolve(BlockerState.OPEN, how)
    assert resolved == how.value
    assert transitions.resolve(resolved, how) is None
    assert transitions.reopen(resolved) == BlockerState.OPEN
    assert transitions.reopen(BlockerState.OPEN) is None


@pytest.mark.parametrize(
    ("state", "move", "following"),
    [
        (FixState.OPEN, FixMove.DONE, FixState.CLAIMED),
        (FixState.STUCK, FixMove.DONE, FixState.CLAIMED),
        (FixState.CLAIMED, FixMove.DONE, None),
        (FixState.PROVED, FixMove.DONE, None),
        (FixState.PROVED, FixMove.STUCK, FixState.STUCK),
        (FixState.REGRESSED, FixMove.MOVE, FixState.REGRESSED),
        (FixState.STUCK, FixMove.MOVE, FixState.OPEN),
        (FixState.OPEN, FixMove.STUCK, FixState.STUCK),
    ],
)
def test_an_item_follows_what_its_owner_says(state, move, following):
    assert transitions.change_fix(state, move) == following


@pytest.mark.parametrize(
    ("state", "outcome", "trigger", "following"),
    [
        ("open", "holds", "done", "proved"),
        ("open", "fails", "done", "open"),
        ("open", "unknown", "done", "open"),
        ("open", "holds", "nightly", "proved"),
        ("open", "holds", "chosen", "open"),
        ("claimed", "holds", "chosen", "proved"),
        ("claimed", "fails", "nightly", "open"),
        ("proved", "fails", "nightly", "regressed"),
        ("proved", "unknown", "nightly", "proved"),
        ("regressed", "fails", "done", "regressed"),
        ("regressed", "holds", "done", "proved"),
        ("stuck", "fails", "done", "stuck"),
    ],
)
def test_a_check_settles_an_item(state, outcome, trigger, following):
    settled = transitions.settle_fix_check(
        FixState(state), CheckOutcome(outcome), CheckTrigger(trigger)
    )
    assert settled == following


@pytest.mark.parametrize(
    ("requester", "approver", "to", "found"),
    [
        ("ana", "ben", "cho", ApprovalState.WAITING),
        ("ana", "ben", "ben", ApproverFault.DECIDES),
        ("ana", "ben", "ana", ApproverFault.ASKED),
    ],
)
def test_a_request_is_handed_to_somebody_who_neither_asked_nor_decides(
    requester, approver, to, found
):
    assert transitions.hand_over(requester, approver, to) is found


def test_nobody_is_asked_to_decide_their_own_request():
    assert transitions.ask("ana", "ana") is ApproverFault.ASKED
    assert transitions.ask("ana", "ben") is ApprovalState.WAITING


@pytest.mark.parametrize(
    ("before", "scenario", "changes"),
    [(None, "clean", True), ("clean", "clean", False), ("clean", "dirty", True), (None, "x", None)],
)
def test_a_gate_is_changed_by_another_scenario_of_its_phase(before, scenario, changes):
    assert transitions.answer_gate(before, scenario, {"clean", "dirty"}) is changes


@pytest.mark.parametrize(
    ("chosen", "suggested", "kind"),
    [
        (Kind.DATA_ACCESS, Kind.SKILLS_GAP, Kind.DATA_ACCESS),
        (None, Kind.SKILLS_GAP, Kind.SKILLS_GAP),
        (None, None, Kind.APPROVAL_PROCESS),
    ],
)
def test_a_blocker_is_logged_open_and_of_the_kind_that_is_known_best(chosen, suggested, kind):
    logged = transitions.log(chosen, lambda: suggested, "a company's own phase")
    assert logged == transitions.LoggedBlocker(BlockerState.OPEN, kind, chosen is None)


@pytest.mark.parametrize(
    ("percent", "is_one"), [(0, False), (0.5, True), (100, True), (101, False)]
)
def test_a_claimed_deployment_gets_a_share(percent, is_one):
    assert going_live.claim(percent) is (DeploymentState.CLAIMED if is_one else None)


@pytest.mark.parametrize("at", [30.0, NOON])
def test_a_rollback_ends_what_was_deployed_until_then(at):
    later = at + (1 if isinstance(at, float) else timedelta(hours=1))
    assert going_live.is_live(at, None)
    assert going_live.is_live(later, at)
    assert not going_live.is_live(at, at)
    assert not going_live.is_live(at, later)
