"""What falls due: timers are claimed with the sprint's row, and use cases run in that transaction.

A timer and what it makes happen are one transaction, so a bot that dies leaves the timer waiting
and another one finds it at once. Several bots pass by each other's sprints.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import func, select

from bot.sprint.quiet import quiet_end
from bot.store.models import Sprint, Timer
from bot.usecases import (
    approvals,
    blockers,
    debrief,
    digests,
    followup,
    gates,
    planning,
    prompts,
    reporting,
)
from bot.usecases.house import House, Unit

log = structlog.get_logger()

SPRINTS_A_ROUND: Final = 200
POSTPONED: Final = timedelta(minutes=1)
"""A timer whose use case failed is tried again after this."""

DueHandler = Callable[[Unit, Sprint, Timer], None]
HANDLERS: Final[dict[str, DueHandler]] = {
    "start": lambda unit, sprint, _timer: planning.start_on_time(unit, sprint),
    "gate": lambda unit, sprint, timer: gates.post_gate(unit, sprint, timer.facts["phase"]),
    "digest": lambda unit, sprint, timer: digests.post_digest(unit, sprint, timer.facts["hour"]),
    "debrief": lambda unit, sprint, _timer: debrief.open_debrief(unit, sprint),
    "blocker_age": lambda unit, _sprint, timer: blockers.remind_of_blocker(unit, timer),
    "approval_half": lambda unit, _sprint, timer: approvals.remind_approver(unit, timer),
    "approval_hour": lambda unit, _sprint, timer: approvals.remind_approver(unit, timer),
    "approval_deadline": lambda unit, _sprint, timer: approvals.expire_approval(unit, timer),
    "fix_due": followup.remind_of_fix,
    "follow_up": followup.follow_up,
    "report": lambda unit, sprint, _timer: reporting.send_report(unit, sprint),
}
"""What happens when a timer of a kind is due; prompts are taken together by `prompts`."""

WAITS_FOR_MORNING: Final = frozenset(
    {"prompt", "gate", "digest", "debrief", "blocker_age", "approval_half", "approval_hour"}
)
"""Kinds that would ping somebody; in quiet hours they wait for their end."""
OF_A_RUNNING_SPRINT: Final = frozenset({"prompt", "gate", "digest", "debrief"})
"""Kinds that mean nothing once the sprint has ended."""


def run_due(house: House) -> int:
    """Run everything that is due now, sprint by sprint.

    Returns:
        How many timers were done.
    """
    done = 0
    while due := _due_sprints(house):
        worked = sum(_run_sprint(house, team_id, sprint_id) for team_id, sprint_id in due)
        done += worked
        if not worked:
            break
    return done


def next_due_at(house: House) -> datetime | None:
    """Return when the next timer falls due; None when none waits."""
    with house.reading_sessions() as session:
        return session.scalar(select(func.min(Timer.due_at)).where(Timer.state == "waiting"))


def _due_sprints(house: House) -> Sequence[tuple[str, int]]:
    with house.reading_sessions() as session:
        rows = session.execute(
            select(Timer.team_id, Timer.sprint_id)
            .where(Timer.state == "waiting", Timer.due_at <= house.clock.now())
            .group_by(Timer.team_id, Timer.sprint_id)
            .order_by(func.min(Timer.due_at))
            .limit(SPRINTS_A_ROUND)
        )
        return [(team_id, sprint_id) for team_id, sprint_id in rows]


def _run_sprint(house: House, team_id: str, sprint_id: int) -> int:
    try:
        with house.unit(team_id) as unit:
            return run_sprint(unit, sprint_id)
    except Exception:  # one sprint's fault must not keep the others waiting
        log.exception("due.sprint_failed", sprint=sprint_id, team=team_id)
        return _run_one_by_one(house, team_id, sprint_id)


def _run_one_by_one(house: House, team_id: str, sprint_id: int) -> int:
    """Run a sprint's timers each on its own, and postpone the one that fails."""
    done = 0
    while True:
        try:
            with house.unit(team_id) as unit:
                worked = run_sprint(unit, sprint_id, most=1)
        except Exception:  # it was logged with its trace; the timer gets another try later
            log.exception("due.timer_failed", sprint=sprint_id, team=team_id)
            _postpone_first(house, team_id, sprint_id)
            continue
        if not worked:
            return done
        done += worked


def _postpone_first(house: House, team_id: str, sprint_id: int) -> None:
    with house.unit(team_id) as unit:
        for timer in _due_timers(unit, sprint_id)[:1]:
            timer.due_at = unit.now + POSTPONED


def run_sprint(unit: Unit, sprint_id: int, most: int | None = None) -> int:
    """Run what is due of one sprint, in the order of time.

    Args:
        unit: the open unit.
        sprint_id: the sprint.
        most: how many timers to run; None for all.

    Returns:
        How many timers were done or moved; zero when another bot has the sprint in hand.
    """
    sprint = unit.session.scalars(
        select(Sprint)
        .where(Sprint.id == sprint_id, Sprint.team_id == unit.team_id)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if sprint is None:
        return 0
    due = _due_timers(unit, sprint_id)[:most]
    loud = [timer for timer in due if not _put_off(unit, sprint, timer)]
    for timer in loud:
        timer.state = "done"
        timer.done_at = unit.now
    _run_in_order(unit, sprint, loud)
    return len(due)


def _due_timers(unit: Unit, sprint_id: int) -> list[Timer]:
    return list(
        unit.session.scalars(
            select(Timer)
            .where(
                Timer.sprint_id == sprint_id,
                Timer.state == "waiting",
                Timer.due_at <= unit.now,
            )
            .order_by(Timer.nominal_at, Timer.id)
            .with_for_update()
        )
    )


def _put_off(unit: Unit, sprint: Sprint, timer: Timer) -> bool:
    """Let what would ping somebody in quiet hours wait for their end."""
    if timer.kind not in WAITS_FOR_MORNING:
        return False
    end = quiet_end(unit.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if end is None:
        return False
    timer.due_at = end
    timer.facts = {**timer.facts, "quiet": True}
    return True


def _run_in_order(unit: Unit, sprint: Sprint, timers: Sequence[Timer]) -> None:
    """Run timers; of several prompts only the newest speaks, and it names the others' hours."""
    prompts_due = [timer for timer in timers if timer.kind == "prompt"]
    for timer in timers:
        if timer.kind in OF_A_RUNNING_SPRINT and sprint.status != "running":
            timer.state = "dropped"
        elif timer.kind != "prompt":
            HANDLERS[timer.kind](unit, sprint, timer)
        elif timer is prompts_due[-1]:
            prompts.post_prompt(unit, sprint, prompts_due)
