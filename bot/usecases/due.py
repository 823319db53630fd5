"""What falls due: timers are claimed with the sprint's row, and use cases run in that transaction.

A timer and what it makes happen are one transaction, so a bot that dies leaves the timer waiting
and another one finds it at once. Several bots pass by each other's sprints.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import case, func, select
from sqlalchemy.orm import selectinload

from bot.slack import outbox
from bot.sprint.quiet import quiet_end
from bot.store.models import Sprint, Timer
from bot.usecases import (
    approvals,
    blockers,
    board,
    debrief,
    digests,
    followup,
    gates,
    planning,
    prompts,
    reporting,
)
from bot.usecases.ahead import names_of, read_ahead
from bot.usecases.facts import hour_of, moment_of
from bot.usecases.house import House, Unit

log = structlog.get_logger()

SPRINTS_A_ROUND: Final = 2_000
SPRINTS_A_UNIT: Final = 40
"""Sprints told in one transaction; more would keep SQLite's one writer from others for longer."""
POSTPONED: Final = timedelta(minutes=1)
"""A timer whose use case failed is tried again after this."""

DueHandler = Callable[[Unit, Sprint, Timer], None]
HANDLERS: Final[dict[str, DueHandler]] = {
    "start": lambda unit, sprint, _timer: planning.start_on_time(unit, sprint),
    "gate": lambda unit, sprint, timer: gates.post_gate(unit, sprint, timer.facts["phase"]),
    "debrief": lambda unit, sprint, _timer: debrief.open_debrief(unit, sprint),
    "blocker_age": lambda unit, _sprint, timer: blockers.remind_of_blocker(unit, timer),
    "approval_half": lambda unit, _sprint, timer: approvals.remind_approver(unit, timer),
    "approval_hour": lambda unit, _sprint, timer: approvals.remind_approver(unit, timer),
    "approval_deadline": lambda unit, _sprint, timer: approvals.expire_approval(unit, timer),
    "fix_due": followup.remind_of_fix,
    "follow_up": followup.follow_up,
    "report": lambda unit, sprint, _timer: reporting.send_report(unit, sprint),
}
"""What happens when a timer of a kind is due."""

DueTogether = Callable[[Unit, Sprint, Sequence[Timer]], None]
TOGETHER: Final[dict[str, DueTogether]] = {
    "prompt": prompts.post_prompt,
    "digest": digests.post_digest,
}
"""Kinds of which only the newest speaks when several are due, for all of them."""

WAITS_FOR_MORNING: Final = frozenset(
    {"prompt", "gate", "digest", "debrief", "blocker_age", "approval_half", "approval_hour"}
)
"""Kinds that would ping somebody; in quiet hours they wait for their end."""
OF_A_RUNNING_SPRINT: Final = frozenset({"prompt", "gate", "digest", "debrief"})
"""Kinds that mean nothing once the sprint has ended."""
TELLS: Final = frozenset({"prompt", "digest"})
"""Kinds that only tell what is so, and change none of the rows that are read ahead."""


def run_due(house: House) -> int:
    """Run everything that is due now, sprint by sprint.

    Returns:
        How many timers were done.
    """
    done = 0
    while groups := _due_groups(house):
        worked = sum(_run_group(house, team_id, sprint_ids) for team_id, sprint_ids in groups)
        done += worked
        if not worked:
            break
    return done


def next_due_at(house: House) -> datetime | None:
    """Return when the next timer falls due; None when none waits."""
    with house.reading_sessions() as session:
        return session.scalar(select(func.min(Timer.due_at)).where(Timer.state == "waiting"))


Group = tuple[str, list[int]]
"""A workspace and sprints of it that run in one transaction."""


def _due_groups(house: House) -> list[Group]:
    """Return what is due, the longest overdue first; sprints that are only told go together."""
    acts = func.sum(case((Timer.kind.in_(TELLS), 0), else_=1))
    with house.reading_sessions() as session:
        rows = session.execute(
            select(Timer.team_id, Timer.sprint_id, acts)
            .where(Timer.state == "waiting", Timer.due_at <= house.clock.now())
            .group_by(Timer.team_id, Timer.sprint_id)
            .order_by(func.min(Timer.due_at))
            .limit(SPRINTS_A_ROUND)
        ).all()
    told: dict[str, list[int]] = defaultdict(list)
    alone: list[Group] = []
    for team_id, sprint_id, acting in rows:
        if acting:
            alone.append((team_id, [sprint_id]))
        else:
            told[team_id].append(sprint_id)
    return [*alone, *_groups(told)]


def _groups(told: dict[str, list[int]]) -> Iterator[Group]:
    for team_id, sprint_ids in told.items():
        for first in range(0, len(sprint_ids), SPRINTS_A_UNIT):
            yield team_id, sprint_ids[first : first + SPRINTS_A_UNIT]


def _run_group(house: House, team_id: str, sprint_ids: list[int]) -> int:
    try:
        with house.unit(team_id) as unit:
            return run_sprints(unit, sprint_ids)
    except Exception:  # one sprint's fault must not keep the others waiting
        log.exception("due.sprints_failed", sprints=sprint_ids, team=team_id)
    if len(sprint_ids) == 1:
        return _run_one_by_one(house, team_id, sprint_ids[0])
    return sum(_run_group(house, team_id, [sprint_id]) for sprint_id in sprint_ids)


def _run_one_by_one(house: House, team_id: str, sprint_id: int) -> int:
    """Run a sprint's timers each on its own, and postpone the one that fails."""
    done = 0
    while True:
        try:
            with house.unit(team_id) as unit:
                worked = run_sprints(unit, [sprint_id], most=1)
        except Exception:  # it was logged with its trace; the timer gets another try later
            log.exception("due.timer_failed", sprint=sprint_id, team=team_id)
            _postpone_first(house, team_id, sprint_id)
            continue
        if not worked:
            return done
        done += worked


def _postpone_first(house: House, team_id: str, sprint_id: int) -> None:
    with house.unit(team_id) as unit:
        for timer in _due_timers(unit, [sprint_id])[sprint_id][:1]:
            timer.due_at = unit.now + POSTPONED


def run_sprints(unit: Unit, sprint_ids: Sequence[int], most: int | None = None) -> int:
    """Run what is due of some sprints of a workspace, of each in the order of time.

    Args:
        unit: the open unit.
        sprint_ids: the sprints; those that another bot has in hand are passed by.
        most: how many timers of each to run; None for all.

    Returns:
        How many timers were done or moved.
    """
    sprints = unit.session.scalars(
        select(Sprint)
        .where(Sprint.id.in_(sprint_ids), Sprint.team_id == unit.team_id)
        .order_by(Sprint.id)
        .options(selectinload(Sprint.members))
        .with_for_update(skip_locked=True)
    ).all()
    due = _due_timers(unit, [sprint.id for sprint in sprints])
    _read_ahead(unit, [each for each in sprints if _is_only_told(due[each.id])], due)
    return sum(_run_timers(unit, sprint, due[sprint.id][:most]) for sprint in sprints)


def _due_timers(unit: Unit, sprint_ids: Sequence[int]) -> dict[int, list[Timer]]:
    found = unit.session.scalars(
        select(Timer)
        .where(
            Timer.sprint_id.in_(sprint_ids),
            Timer.state == "waiting",
            Timer.due_at <= unit.now,
        )
        .order_by(Timer.nominal_at, Timer.id)
        .with_for_update()
    )
    due: dict[int, list[Timer]] = {sprint_id: [] for sprint_id in sprint_ids}
    for timer in found:
        due[timer.sprint_id].append(timer)
    return due


def _is_only_told(timers: Sequence[Timer]) -> bool:
    return bool(timers) and all(timer.kind in TELLS for timer in timers)


def _read_ahead(unit: Unit, sprints: Sequence[Sprint], due: dict[int, list[Timer]]) -> None:
    """Read what these sprints' prompts and digests are made from, one query a table."""
    if not sprints:
        return
    hours = {sprint.id: {int(each.facts["hour"]) for each in due[sprint.id]} for sprint in sprints}
    told = set().union(*hours.values())
    unit.ahead = read_ahead(
        unit.session,
        list(hours),
        told | {hour - 1 for hour in told},
        unit.now,
        min(_day_start(unit, sprint) for sprint in sprints),
    )
    keys = [key for sprint in sprints for key in _keys(unit, sprint, hours[sprint.id])]
    outbox.read_ahead(unit.session, team_id=unit.team_id, keys=keys)
    unit.names |= names_of(unit.session, unit.team_id, _people(unit, sprints))


def _sponsor_day(unit: Unit, sprint: Sprint) -> int:
    return digests.sponsor_day(sprint, hour_of(sprint, unit.now))


def _day_start(unit: Unit, sprint: Sprint) -> datetime:
    return moment_of(sprint, _sponsor_day(unit, sprint) * 24)


def _keys(unit: Unit, sprint: Sprint, hours: set[int]) -> Iterator[str]:
    """Yield what is wished for when these hours of a sprint are told."""
    yield board.card_key(sprint)
    yield digests.sponsor_day_key(sprint, _sponsor_day(unit, sprint))
    yield prompts.prompt_key(sprint, max(hours))
    yield prompts.prompt_key(sprint, max(hours) - 1)
    for hour in hours:
        yield digests.digest_key(sprint, hour)


def _people(unit: Unit, sprints: Sequence[Sprint]) -> list[str]:
    members = {member.user_id for sprint in sprints for member in sprint.members}
    rows = unit.ahead.rows.values()
    return list(members | {each.approver_id for row in rows for each in row.approvals})


def _run_timers(unit: Unit, sprint: Sprint, due: Sequence[Timer]) -> int:
    loud = [timer for timer in due if not _put_off(unit, sprint, timer)]
    for timer in loud:
        timer.state = "done"
        timer.done_at = unit.now
    _run_in_order(unit, sprint, loud)
    return len(due)


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
    """Run timers; of several prompts or digests only the newest speaks, for all of them."""
    for timer in timers:
        if timer.kind in OF_A_RUNNING_SPRINT and sprint.status != "running":
            timer.state = "dropped"
        elif timer.kind not in TOGETHER:
            HANDLERS[timer.kind](unit, sprint, timer)
        else:
            alike = [each for each in timers if each.kind == timer.kind]
            if timer is alike[-1]:
                TOGETHER[timer.kind](unit, sprint, alike)
