"""A sprint as it stands now: what cards, digests and prompts tell about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.playbook.model import Phase
from bot.store.models import Approval, Blocker, Deployment, Sprint
from bot.usecases.ahead import SprintRows, live_deployments, rows_of
from bot.usecases.house import Unit


@dataclass(frozen=True, slots=True)
class SprintFacts:
    """What is so at one moment.

    Args:
        sprint: the sprint's row.
        phase: the phase that runs now.
        hour: hours since kickoff, zero before it and at most the sprint's length.
        open_blockers: in the order of their raising.
        blockers: all of them.
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


def hour_of(sprint: Sprint, moment: datetime) -> float:
    """Return the hours from kickoff to `moment`; zero before it."""
    if sprint.started_at is None:
        return 0.0
    return max(0.0, (moment - sprint.started_at) / timedelta(hours=1))


def moment_of(sprint: Sprint, hour: float) -> datetime:
    """Return the moment of an hour of the sprint, planned or real."""
    return (sprint.started_at or sprint.planned_start) + timedelta(hours=hour)


def gather(unit: Unit, sprint: Sprint) -> SprintFacts:
    """Read everything that is told about a sprint."""
    hour = min(hour_of(sprint, unit.now), float(sprint.length_hours))
    rows = _rows(unit, sprint)
    return SprintFacts(
        sprint=sprint,
        phase=unit.playbook.phase_at(hour),
        hour=hour,
        open_blockers=[blocker for blocker in rows.blockers if blocker.state == "open"],
        blockers=rows.blockers,
        waiting_approvals=[each for each in rows.approvals if each.state == "waiting"],
        approvals=rows.approvals,
        gates=rows.gates,
        deployment=rows.deployment,
        next_prompt_at=rows.next_prompt_at,
    )


def _rows(unit: Unit, sprint: Sprint) -> SprintRows:
    known = unit.ahead.rows.get(sprint.id)
    return known or rows_of(unit.session, [sprint.id], unit.now)[sprint.id]


def live_deployment(unit: Unit, sprint: Sprint) -> Deployment | None:
    """Return the newest deployment that was not rolled back."""
    return live_deployments(unit.session, [sprint.id]).get(sprint.id)
