"""Transitions of blockers, approvals, gates and fix items: from a state to the next one.

The services apply them to rows and the story reader to a record, so a story and a live sprint
follow the same rules. Moments are compared only with each other: hours since kickoff in a story,
datetimes in rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from bot.domain.enums import (
    FINISHED_FIXES,
    ApprovalState,
    BlockerState,
    CheckOutcome,
    CheckTrigger,
    FixState,
)
from bot.domain.plan_facts import FixOutcome
from bot.domain.verdict.assumptions import SUBJECT_FAMILY
from bot.domain.verdict.wording import subject_name
from bot.domain.vocabulary import (
    KIND_OF_OTHER_PHASE,
    PHASE_KIND,
    Decision,
    Kind,
    PathFamily,
    Remedy,
    Resolution,
    Severity,
    Subject,
)

Moment = TypeVar("Moment", float, datetime)


@dataclass(frozen=True, slots=True)
class ImpliedBlocker:
    """The blocker that a refusal or a missing answer is, without its title.

    Args:
        kind: its root cause.
        severity: whether the sprint can go on past it.
        remedy: what would remove it.
        family: the critical-path family of the approval's subject.
        waits_for: the function that has to say yes.
    """

    kind: Kind
    severity: Severity
    remedy: Remedy
    family: PathFamily
    waits_for: str


# Approvals


class ApproverFault(StrEnum):
    """Why somebody cannot be the one who decides a request."""

    ASKED = "requester"
    DECIDES = "same"


def ask(requester: str, approver: str) -> ApprovalState | ApproverFault:
    """Return the state of a new request; nobody decides their own."""
    return ApproverFault.ASKED if approver == requester else ApprovalState.WAITING


def hand_over(requester: str, approver: str, to: str) -> ApprovalState | ApproverFault:
    """Return the state of a request that somebody else decides from now on.

    Args:
        requester: who asked.
        approver: who would have decided.
        to: who decides now.
    """
    return ApproverFault.DECIDES if to == approver else ask(requester, to)


def is_undecided(state: str, deadline: Moment, now: Moment) -> bool:
    """Return whether a request can still be decided; at its deadline it can."""
    return state == ApprovalState.WAITING and now <= deadline


def decide(decision: Decision) -> ApprovalState:
    """Return the state of a request that its approver decided."""
    return ApprovalState(decision.value)


def can_reopen(state: str, deadline: Moment, now: Moment) -> bool:
    """Return whether a decision can be taken back: until the request's deadline."""
    return state in (ApprovalState.APPROVED, ApprovalState.REJECTED) and now < deadline


def expire(deadline: Moment, sprint_end: Moment) -> ApprovalState:
    """Return the state of a request that nobody answered until its deadline.

    A deadline after the sprint's last hour has not passed when the record ends, so the request
    has lapsed: its silence says nothing.
    """
    return ApprovalState.LAPSED if deadline > sprint_end else ApprovalState.EXPIRED


def blocker_of_silence(subject: Subject) -> ImpliedBlocker:
    """Return the blocker that an expired request is."""
    return _implied(subject, Kind.APPROVAL_PROCESS)


def blocker_of_rejection(subject: Subject) -> ImpliedBlocker:
    """Return the blocker that a rejected request is offered as."""
    return _implied(subject, Kind.RISK_TOLERANCE)


def _implied(subject: Subject, kind: Kind) -> ImpliedBlocker:
    return ImpliedBlocker(
        kind, Severity.STOPS, Remedy.GOVERNANCE, SUBJECT_FAMILY[subject], function_of(subject)
    )


def function_of(subject: Subject) -> str:
    """Return the function that an approval's subject waits for, in plain words."""
    return subject_name(subject)


def supersedes(
    subject: str, requested_at: Moment, silent_subject: str, silent_deadline: Moment
) -> bool:
    """Return whether an approved request answers an earlier silence: same subject, asked anew."""
    return subject == silent_subject and requested_at >= silent_deadline


# Blockers


@dataclass(frozen=True, slots=True)
class LoggedBlocker:
    """What a blocker is from the moment it is logged.

    Args:
        state: it blocks.
        kind: its root cause.
        is_suggested: whether nobody chose the kind.
    """

    state: BlockerState
    kind: Kind
    is_suggested: bool


def log(chosen: Kind | None, suggest: Callable[[], Kind | None], phase: str) -> LoggedBlocker:
    """Return what a new blocker is.

    Args:
        chosen: the kind that somebody chose.
        suggest: names the kind that its words suggest; asked only where nobody chose.
        phase: the phase it belongs to, which tells where the words say nothing.
    """
    kind = chosen or suggest() or PHASE_KIND.get(phase, KIND_OF_OTHER_PHASE)
    return LoggedBlocker(BlockerState.OPEN, kind, chosen is None)


def resolve(state: str, how: Resolution) -> BlockerState | None:
    """Return the state of a resolved blocker; None when it was not open."""
    return BlockerState(how.value) if state == BlockerState.OPEN else None


def reopen(state: str) -> BlockerState | None:
    """Return the state of a blocker that blocks again; None when it was open."""
    return None if state == BlockerState.OPEN else BlockerState.OPEN


def withdraw(state: str) -> BlockerState | None:
    """Return the state of a blocker logged by mistake; None when it was withdrawn before."""
    return None if state == BlockerState.WITHDRAWN else BlockerState.WITHDRAWN


# Gates


def answer_gate(before: str | None, scenario: str, scenarios: Collection[str]) -> bool | None:
    """Return whether an answer changes a gate; None where its phase has no such scenario.

    Args:
        before: the scenario answered last, if any.
        scenario: the one answered now.
        scenarios: those of the gate's phase.
    """
    return scenario != before if scenario in scenarios else None


# Items of the thirty-day plan


class FixMove(StrEnum):
    """What an owner says of an item."""

    DONE = "done"
    STUCK = "stuck"
    MOVE = "move"


FIX_MOVES: Final[dict[FixMove, FixState]] = {
    FixMove.DONE: FixState.CLAIMED,
    FixMove.STUCK: FixState.STUCK,
    FixMove.MOVE: FixState.OPEN,
}


def change_fix(state: str, move: FixMove) -> FixState | None:
    """Return an item's next state by somebody's word alone; None when it is done already.

    A new date leaves an item regressed, since it is what it was moved for.
    """
    if move is FixMove.DONE and state in FINISHED_FIXES:
        return None
    if move is FixMove.MOVE and state == FixState.REGRESSED:
        return FixState.REGRESSED
    return FIX_MOVES[move]


def settle_fix_check(state: str, outcome: CheckOutcome, trigger: CheckTrigger) -> FixState:
    """Return an item's state after its check was run.

    Args:
        state: how the item stands.
        outcome: what the check says.
        trigger: why it ran. One that was only just chosen doesn't finish an item that nobody
            called done; it shows the figures from before.
    """
    if outcome is CheckOutcome.HOLDS:
        only_chosen = trigger is CheckTrigger.CHOSEN and state not in FINISHED_FIXES
        return FixState(state) if only_chosen else FixState.PROVED
    if outcome is CheckOutcome.FAILS:
        return _AFTER_FAILURE.get(FixState(state), FixState(state))
    return FixState(state)


_AFTER_FAILURE: Final = {
    FixState.PROVED: FixState.REGRESSED,
    FixState.CLAIMED: FixState.OPEN,
}


def after_fix_outcome(state: FixState, outcome: FixOutcome) -> FixState | None:
    """Return an item's state after what a story says of it; None where that can't have happened.

    Only what was proved breaks again, and what was proved isn't refused but breaks.
    """
    if outcome in _SAID_OF_FIX:
        return change_fix(state, _SAID_OF_FIX[outcome])
    was_proved = state is FixState.PROVED
    if was_proved is not (outcome is FixOutcome.REGRESSED):
        return None
    holds = CheckOutcome.HOLDS if outcome is FixOutcome.PROVED else CheckOutcome.FAILS
    return settle_fix_check(state, holds, CheckTrigger.DONE)


_SAID_OF_FIX: Final = {
    FixOutcome.CLAIMED: FixMove.DONE,
    FixOutcome.STUCK: FixMove.STUCK,
    FixOutcome.MOVED: FixMove.MOVE,
}
