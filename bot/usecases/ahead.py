"""Rows that are read ahead for several sprints, so that telling ten thousand takes few queries.

What is read ahead holds for one transaction, and only as long as nothing in it changes these rows;
`bot.usecases.due` reads ahead for timers that only tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.models import (
    Approval,
    AuditEntry,
    Blocker,
    Deployment,
    Gate,
    Person,
    PromptAnswer,
    Sprint,
    Timer,
)


@dataclass(slots=True)
class SprintRows:
    """What cards, digests and prompts of one sprint are made from; see `SprintFacts`."""

    blockers: list[Blocker] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    gates: dict[str, str] = field(default_factory=dict)
    deployment: Deployment | None = None
    next_prompt_at: datetime | None = None


Move = tuple[datetime, str, str]
"""When something moved, its subject and its action, as the audit trail has them."""


@dataclass(slots=True)
class Ahead:
    """What was read ahead.

    Args:
        rows: by sprint; a sprint that is not in it was not read.
        hours: the hours whose prompts were read.
        timers: by sprint and hour.
        answers: by sprint and hour.
        moves: by sprint, since the start of the sponsor's day.
    """

    rows: dict[int, SprintRows] = field(default_factory=dict)
    hours: frozenset[int] = frozenset()
    timers: dict[tuple[int, int], Timer] = field(default_factory=dict)
    answers: dict[tuple[int, int], list[PromptAnswer]] = field(default_factory=dict)
    moves: dict[int, list[Move]] = field(default_factory=dict)

    def knows_hour(self, sprint_id: int, hour: int) -> bool:
        """Tell whether an hour's timer and answers were read, be there any or not."""
        return hour in self.hours and sprint_id in self.rows


def rows_of(session: Session, sprint_ids: Collection[int], now: datetime) -> dict[int, SprintRows]:
    """Read what is told about sprints, one query a table."""
    rows = {sprint_id: SprintRows() for sprint_id in sprint_ids}
    for blocker in session.scalars(
        select(Blocker).where(Blocker.sprint_id.in_(sprint_ids)).order_by(Blocker.number)
    ):
        rows[blocker.sprint_id].blockers.append(blocker)
    for approval in session.scalars(
        select(Approval).where(Approval.sprint_id.in_(sprint_ids)).order_by(Approval.deadline)
    ):
        rows[approval.sprint_id].approvals.append(approval)
    for sprint_id, phase, scenario in session.execute(
        select(Gate.sprint_id, Gate.phase, Gate.scenario).where(Gate.sprint_id.in_(sprint_ids))
    ):
        rows[sprint_id].gates[phase] = scenario
    for sprint_id, deployment in live_deployments(session, sprint_ids).items():
        rows[sprint_id].deployment = deployment
    for sprint_id, at in _next_prompts(session, sprint_ids, now):
        rows[sprint_id].next_prompt_at = at
    return rows


def live_deployments(session: Session, sprint_ids: Collection[int]) -> dict[int, Deployment]:
    """Return each sprint's newest deployment that was not rolled back."""
    found = session.scalars(
        select(Deployment)
        .where(Deployment.sprint_id.in_(sprint_ids), Deployment.rolled_back_at.is_(None))
        .order_by(Deployment.deployed_at, Deployment.id)
    )
    return {deployment.sprint_id: deployment for deployment in found}


def _next_prompts(
    session: Session, sprint_ids: Collection[int], now: datetime
) -> list[tuple[int, datetime | None]]:
    first = (
        select(Timer.due_at)
        .where(
            Timer.sprint_id == Sprint.id,
            Timer.kind == "prompt",
            Timer.state == "waiting",
            Timer.due_at > now,
        )
        .order_by(Timer.due_at)
        .limit(1)
        .scalar_subquery()
    )
    found = session.execute(select(Sprint.id, first).where(Sprint.id.in_(sprint_ids)))
    return [(sprint_id, at) for sprint_id, at in found]


def read_ahead(
    session: Session,
    sprint_ids: Collection[int],
    hours: Collection[int],
    now: datetime,
    moves_since: datetime,
) -> Ahead:
    """Read what the telling timers of several sprints will need.

    Args:
        session: an open session.
        sprint_ids: the sprints.
        hours: the hours whose prompts will be posted or folded.
        now: the moment of the unit.
        moves_since: the earliest start of a sponsor's day among them.
    """
    return Ahead(
        rows_of(session, sprint_ids, now),
        frozenset(hours),
        _prompt_timers(session, sprint_ids, hours),
        _answers(session, sprint_ids, hours),
        moves_of(session, sprint_ids, moves_since),
    )


def _prompt_timers(
    session: Session, sprint_ids: Collection[int], hours: Collection[int]
) -> dict[tuple[int, int], Timer]:
    keys = [f"prompt:{hour}" for hour in hours]
    found = session.scalars(
        select(Timer).where(Timer.sprint_id.in_(sprint_ids), Timer.key.in_(keys))
    )
    return {(timer.sprint_id, int(timer.facts["hour"])): timer for timer in found}


def _answers(
    session: Session, sprint_ids: Collection[int], hours: Collection[int]
) -> dict[tuple[int, int], list[PromptAnswer]]:
    found = session.scalars(
        select(PromptAnswer)
        .where(PromptAnswer.sprint_id.in_(sprint_ids), PromptAnswer.hour.in_(hours))
        .order_by(PromptAnswer.id)
    )
    answers: dict[tuple[int, int], list[PromptAnswer]] = defaultdict(list)
    for answer in found:
        answers[answer.sprint_id, answer.hour].append(answer)
    return answers


def moves_of(
    session: Session, sprint_ids: Collection[int], since: datetime
) -> dict[int, list[Move]]:
    """Return what moved in each sprint since a moment."""
    found = session.execute(
        select(AuditEntry.sprint_id, AuditEntry.at, AuditEntry.subject, AuditEntry.action).where(
            AuditEntry.sprint_id.in_(sprint_ids), AuditEntry.at >= since
        )
    )
    moves: dict[int, list[Move]] = {sprint_id: [] for sprint_id in sprint_ids}
    for sprint_id, at, subject, action in found:
        moves[int(sprint_id or 0)].append((at, subject, action))
    return moves


def names_of(session: Session, team_id: str, user_ids: Sequence[str]) -> dict[str, str]:
    """Return what people call each of these; an id stands for itself until Slack has said it."""
    known = session.execute(
        select(Person.user_id, Person.name).where(
            Person.team_id == team_id, Person.user_id.in_(set(user_ids))
        )
    )
    return {user_id: user_id for user_id in user_ids} | dict(known.all())
