"""A sprint as it stands now: what cards, digests and prompts tell about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BindParameter, and_, bindparam, func, not_, or_, select

from bot.db.deployment_models import CLAIMED_LIVE, Deployment
from bot.db.models import TIMER_WAITS, Approval, AuditEntry, Blocker, GateAnswer, Sprint, Timer
from bot.domain.enums import (
    ApprovalState,
    AuditAction,
    AuditSubject,
    BlockerState,
    DeploymentState,
    Pace,
    TimerKind,
)
from bot.playbook.model import Phase
from bot.slack.text import one_line
from bot.sprints.moves import UNDONE
from bot.unit_of_work import UnitOfWork

OF_SPRINT: Final[BindParameter[int]] = bindparam("sprint_id")
OPEN_BLOCKERS: Final = select(func.count()).where(
    Blocker.sprint_id == OF_SPRINT, Blocker.state == BlockerState.OPEN
)
WAITING_APPROVALS: Final = select(func.count()).where(
    Approval.sprint_id == OF_SPRINT, Approval.state == ApprovalState.WAITING
)
OPEN_COUNTS: Final = select(OPEN_BLOCKERS.scalar_subquery(), WAITING_APPROVALS.scalar_subquery())
LIVE_DEPLOYMENT: Final = (
    select(Deployment)
    .where(
        Deployment.sprint_id == OF_SPRINT,
        CLAIMED_LIVE | (Deployment.state == DeploymentState.LIVE),
    )
    .order_by(Deployment.deployed_at.desc(), Deployment.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class SprintFacts:
    """What is so at one moment.

    Args:
        sprint: the sprint's row.
        phase: the phase that runs now.
        hour: hours since kickoff, zero before it and at most the sprint's length.
        open_blockers: in the order of their raising.
        blockers: all of them that were not withdrawn.
        waiting_approvals: the next deadline first.
        approvals: all of them.
        gates: phase → scenario, as answered.
        deployment: the deployment that is live, or None.
        next_prompt_at: when the next hourly prompt is due, or None.
    """

    sprint: Sprint
    phase: Phase
    hour: float
    open_blockers: Sequence[Blocker]
    blockers: Sequence[Blocker]
    waiting_approvals: Sequence[Approval]
    approvals: Sequence[Approval]
    gates: dict[str, str]
    deployment: Deployment | None
    next_prompt_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueHours:
    """What is told together: the hours that are due, and whether quiet hours held them back."""

    hours: tuple[int, ...]
    was_quiet: bool = False

    @property
    def newest(self) -> int:
        """The hour that speaks, for all of them."""
        return self.hours[-1]


def hour_of(sprint: Sprint, moment: datetime) -> float:
    """Return the hours from kickoff to `moment`; zero before it."""
    if sprint.started_at is None:
        return 0.0
    return max(0.0, (moment - sprint.started_at) / timedelta(hours=1))


def moment_of(sprint: Sprint, hour: float) -> datetime:
    """Return the moment of an hour of the sprint, planned or real."""
    return (sprint.started_at or sprint.planned_start) + timedelta(hours=hour)


def phase_now(uow: UnitOfWork, sprint: Sprint) -> tuple[float, Phase]:
    """Return the hours since kickoff, at most the sprint's length, and the phase that runs."""
    hour = min(hour_of(sprint, uow.now), float(sprint.length_hours))
    return hour, uow.playbook.phase_at(hour)


def open_counts(uow: UnitOfWork, sprint: Sprint) -> tuple[int, int]:
    """Return how many blockers are open and how many approvals wait."""
    blockers, approvals = uow.session.execute(OPEN_COUNTS, {"sprint_id": sprint.id}).one()
    return blockers, approvals


def gather(uow: UnitOfWork, sprint: Sprint) -> SprintFacts:
    """Read everything that is told about a sprint."""
    hour, phase = phase_now(uow, sprint)
    blockers = uow.session.scalars(
        select(Blocker)
        .where(Blocker.sprint_id == sprint.id, Blocker.state != BlockerState.WITHDRAWN)
        .order_by(Blocker.number)
    ).all()
    approvals = uow.session.scalars(
        select(Approval).where(Approval.sprint_id == sprint.id).order_by(Approval.deadline)
    ).all()
    gates = uow.session.execute(
        select(GateAnswer.phase, GateAnswer.scenario).where(GateAnswer.sprint_id == sprint.id)
    ).all()
    return SprintFacts(
        sprint=sprint,
        phase=phase,
        hour=hour,
        open_blockers=[blocker for blocker in blockers if blocker.state == BlockerState.OPEN],
        blockers=blockers,
        waiting_approvals=[each for each in approvals if each.state == ApprovalState.WAITING],
        approvals=approvals,
        gates={row.phase: row.scenario for row in gates},
        deployment=live_deployment(uow, sprint),
        next_prompt_at=_next_prompt_at(uow, sprint),
    )


def _next_prompt_at(uow: UnitOfWork, sprint: Sprint) -> datetime | None:
    """Return when the next prompt comes at the sprint's pace; None where none will."""
    if sprint.pace == Pace.PAUSED:
        return None
    found = select(Timer.due_at).where(
        Timer.sprint_id == sprint.id,
        Timer.kind == TimerKind.PROMPT,
        TIMER_WAITS,
        Timer.due_at > uow.now,
    )
    if sprint.pace != Pace.HOURLY:
        starts = [f"{TimerKind.PROMPT}:{phase.start}" for phase in uow.playbook.phases]
        found = found.where(Timer.key.in_(starts))
    return uow.session.scalar(found.order_by(Timer.due_at).limit(1))


def live_deployment(uow: UnitOfWork, sprint: Sprint) -> Deployment | None:
    """Return the newest deployment that was not rolled back."""
    return uow.session.scalar(LIVE_DEPLOYMENT, {"sprint_id": sprint.id})


def cancelled_by(uow: UnitOfWork, sprint: Sprint) -> tuple[str, str]:
    """Return the name of who cancelled a sprint, and the reason they gave; empty where unknown."""
    entry = uow.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.sprint_id == sprint.id,
            AuditEntry.subject == AuditSubject.SPRINT,
            AuditEntry.action == AuditAction.CANCELLED,
        )
        .limit(1)
    ).one_or_none()
    return (uow.name(entry.actor_id), entry.facts.get("reason", "")) if entry else ("", "")


def moves_between(
    uow: UnitOfWork, sprint: Sprint, since: datetime, until: datetime
) -> set[tuple[str, str, int | None]]:
    """Return the subject, the action and the row of what was done in a time, both ends in it.

    What was done to a row twice, such as a gate that was answered again, is one move.

    What was done to a blocker that was withdrawn since, or was taken back by the end of the time,
    does not count as a move.
    """
    withdrawn = select(Blocker.id).where(
        Blocker.sprint_id == sprint.id, Blocker.state == BlockerState.WITHDRAWN
    )
    about_withdrawn = and_(
        AuditEntry.subject == AuditSubject.BLOCKER, AuditEntry.subject_id.in_(withdrawn)
    )
    found = uow.session.execute(
        select(AuditEntry.subject, AuditEntry.action, AuditEntry.subject_id)
        .where(
            AuditEntry.sprint_id == sprint.id,
            AuditEntry.at >= since,
            AuditEntry.at <= until,
            or_(AuditEntry.subject_id.is_(None), not_(about_withdrawn)),
        )
        .order_by(AuditEntry.id)
    )
    moves: set[tuple[str, str, int | None]] = set()
    for subject, action, row in found:
        moves -= {(subject, undone, row) for undone in UNDONE.get(action, ())}
        moves.add((subject, action, row))
    return moves


def use_case_words(sprint: Sprint) -> str:
    """Return the use case as a part of a sentence: the team's own words, else the sprint's title.

    It is quoted: what somebody typed may be a sentence itself ("predict which flights land late").
    The playbook's use case is a guess from those words, and is put into nobody's mouth.
    """
    words = one_line(sprint.use_case_words or "") or one_line(sprint.title)
    return f"“{words.rstrip('.!?')}”"


def use_case_title(uow: UnitOfWork, sprint: Sprint) -> str:
    """Return the title of a sprint's use case."""
    return uow.playbook.use_case(sprint.use_case).title
