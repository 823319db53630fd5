"""What falls due: timers are claimed with the sprint's row, and use cases run in that transaction.

A timer and what it makes happen are one transaction, so a bot that dies leaves the timer waiting
and another one finds it at once. Several bots pass by each other's sprints.

Sprints to which only prompts and digests are due go together, those of several workspaces too, and
those to which the same ones are due share every statement; the others have a transaction each.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from sqlalchemy import case, func, select
from structlog.contextvars import bound_contextvars

from bot.db.engine import large_cache
from bot.db.models import TIMER_WAITS, Sprint, Timer
from bot.domain.due import postponed, quiet_until, steps
from bot.domain.enums import TimerState
from bot.timers.bulk import batch_of, run_batch
from bot.timers.kinds import batched_kinds, policy_of, spec_of
from bot.tracing import span
from bot.unit_of_work import SEVERAL, Runtime, UnitOfWork

log = structlog.get_logger()

SPRINTS_A_ROUND: Final = 20_000
SPRINTS_PER_TRANSACTION: Final = {"sqlite": 250, "postgresql": 500}
"""Sprints told in one transaction; more would keep SQLite's one writer from others for longer."""
SPRINTS_PER_SMALL_TRANSACTION: Final = {"sqlite": 10, "postgresql": 50}
"""Sprints told in one transaction while people press buttons, who wait some milliseconds for it; on
SQLite also for its one writer."""
ABREAST: Final = {"sqlite": 1, "postgresql": 2}
"""Transactions at once: with PostgreSQL one is made ready while another one's rows are written."""
POSTPONED: Final = timedelta(minutes=1)
"""A timer whose use case failed is tried again after this."""


def run_due(runtime: Runtime) -> int:
    """Run everything that is due now, sprint by sprint.

    Returns:
        How many timers were done.
    """
    done = 0
    while groups := _due_groups(runtime):
        worked = _run_all(runtime, groups)
        done += worked
        if not worked:
            break
    return done


def next_due_at(runtime: Runtime, without: Collection[str] = ()) -> datetime | None:
    """Return when the next timer falls due; None when none waits.

    Args:
        runtime: the shared parts.
        without: kinds that do not count, for a clock that jumps from one to the next.
    """
    others = [Timer.kind.not_in(without)] if without else []
    with runtime.reading_sessions() as session:
        return session.scalar(select(func.min(Timer.due_at)).where(TIMER_WAITS, *others))


class DueSprint(NamedTuple):
    """A sprint to which something is due."""

    team_id: str
    id: int


class DueGroup(NamedTuple):
    """Sprints that run in one transaction; in a batch, all are only told."""

    sprints: list[DueSprint]
    is_batch: bool

    @property
    def team_id(self) -> str:
        """The workspace, or `SEVERAL`."""
        teams = {each.team_id for each in self.sprints}
        return teams.pop() if len(teams) == 1 else SEVERAL


def _due_groups(runtime: Runtime) -> list[DueGroup]:
    """Return what is due, the longest overdue first; sprints that are only told go together."""
    acts = func.sum(case((Timer.kind.in_(batched_kinds()), 0), else_=1))
    with runtime.reading_sessions() as session:
        rows = session.execute(
            select(Timer.team_id, Timer.sprint_id, acts)
            .where(TIMER_WAITS, Timer.due_at <= runtime.clock.now())
            .group_by(Timer.team_id, Timer.sprint_id)
            .order_by(func.min(Timer.due_at), Timer.sprint_id)
            .limit(SPRINTS_A_ROUND)
        ).all()
    prompted: list[DueSprint] = []
    alone: list[DueGroup] = []
    for team_id, sprint_id, acting in rows:
        due = DueSprint(team_id, sprint_id)
        if acting:
            alone.append(DueGroup([due], is_batch=False))
        else:
            prompted.append(due)
    return [*alone, DueGroup(prompted, is_batch=True)] if prompted else alone


class _Pieces:
    """What is due in pieces, each handed out when nobody waits; small ones while many do."""

    def __init__(self, runtime: Runtime, groups: Sequence[DueGroup]) -> None:
        self._runtime = runtime
        self._left = deque(groups)
        self._taking = threading.Lock()

    def take(self) -> DueGroup | None:
        """Return the next piece; None when there is none left."""
        with self._taking:
            self._runtime.priority_gate.give_way()
            if not self._left:
                return None
            group = self._left.popleft()
            size = self._size
            here, later = group.sprints[:size], group.sprints[size:]
            if later:
                self._left.appendleft(group._replace(sprints=later))
            return group._replace(sprints=here)

    @property
    def _size(self) -> int:
        sizes = (
            SPRINTS_PER_SMALL_TRANSACTION
            if self._runtime.priority_gate.was_busy
            else SPRINTS_PER_TRANSACTION
        )
        return sizes[self._runtime.dialect]


def _run_all(runtime: Runtime, groups: Sequence[DueGroup]) -> int:
    """Run groups; very many abreast, where the database can and nobody wants the processor."""
    pieces = _Pieces(runtime, groups)
    many = sum(len(group.sprints) for group in groups) > SPRINTS_PER_TRANSACTION[runtime.dialect]
    helpers = ABREAST[runtime.dialect] - 1 if many else 0
    if not helpers or runtime.priority_gate.was_busy:
        return _run_pieces(runtime, pieces)
    with ThreadPoolExecutor(helpers, thread_name_prefix="due") as pool:
        others = [pool.submit(_run_pieces, runtime, pieces, is_helper=True) for _ in range(helpers)]
        return _run_pieces(runtime, pieces) + sum(other.result() for other in others)


def _run_pieces(runtime: Runtime, pieces: _Pieces, *, is_helper: bool = False) -> int:
    done = 0
    while not (is_helper and runtime.priority_gate.was_busy) and (piece := pieces.take()):
        done += _run_group(runtime, piece)
    return done


def _run_group(runtime: Runtime, group: DueGroup) -> int:
    team_id = group.team_id or None
    about = {"slack.team": team_id, "hour48.sprints": len(group.sprints)}
    if not group.is_batch:
        about["hour48.sprint"] = group.sprints[0].id
    with bound_contextvars(team=team_id, sprint=None), span("due", about=about):
        return _run_in_transaction(runtime, group)


def _run_in_transaction(runtime: Runtime, group: DueGroup) -> int:
    try:
        with runtime.uow(group.team_id) as uow:
            if group.is_batch:
                with large_cache(uow.session):
                    return run_batch(uow, [each.id for each in group.sprints])
            return run_sprint(uow, group.sprints[0].id)
    except Exception:  # one sprint's fault must not keep the others waiting
        log.exception("due.sprints_failed", sprints=[each.id for each in group.sprints])
    if len(group.sprints) == 1:
        return _run_one_by_one(runtime, *group.sprints[0])
    alone = (group._replace(sprints=[each]) for each in group.sprints)
    return sum(_run_group(runtime, each) for each in alone)


def _run_one_by_one(runtime: Runtime, team_id: str, sprint_id: int) -> int:
    """Run a sprint's timers each on its own, and postpone the one that fails."""
    done = 0
    while True:
        try:
            with runtime.uow(team_id) as uow:
                worked = run_sprint(uow, sprint_id, most=1)
        except Exception:  # it was logged with its trace; the timer gets another try later
            log.exception("due.timer_failed", sprint=sprint_id, team=team_id)
            _postpone_first(runtime, team_id, sprint_id)
            continue
        if not worked:
            return done
        done += worked


def _postpone_first(runtime: Runtime, team_id: str, sprint_id: int) -> None:
    with runtime.uow(team_id) as uow:
        for timer in _due_timers(uow, sprint_id)[:1]:
            timer.due_at = uow.now + POSTPONED


def run_sprint(uow: UnitOfWork, sprint_id: int, most: int | None = None) -> int:
    """Run what is due of a sprint, in the order of time.

    Args:
        uow: the open unit.
        sprint_id: the sprint; one that another bot has in hand is passed by.
        most: how many timers to run; None for all.

    Returns:
        How many timers were done or moved.
    """
    sprint = uow.session.scalars(
        select(Sprint)
        .where(Sprint.id == sprint_id, Sprint.team_id == uow.team_id)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if sprint is None:
        return 0
    due = _due_timers(uow, sprint_id)[:most]
    end = quiet_until(sprint, uow.now)
    loud = []
    for timer in due:
        if end is not None and policy_of(timer.kind).waits_in_quiet_hours:
            timer.due_at = end
            timer.facts = postponed(timer.facts)
        else:
            timer.state = TimerState.DONE
            timer.done_at = uow.now
            loud.append(timer)
    for newest, spoken_for in steps(loud, policy_of):
        _run_step(uow, sprint, newest, spoken_for)
    return len(due)


def _run_step(uow: UnitOfWork, sprint: Sprint, timer: Timer, spoken_for: Sequence[Timer]) -> None:
    """Run a timer for all that it speaks for; an earlier step may have ended the sprint."""
    spec = spec_of(timer.kind)
    if not spec.policy.applies(sprint.status):
        for each in spoken_for:
            each.state = TimerState.DROPPED
        return
    about = {"hour48.timer": timer.key, "hour48.late_s": (uow.now - timer.due_at).total_seconds()}
    with span(f"timer {timer.kind}", about=about):
        if spec.run_batch is not None:
            spec.run_batch(uow, [sprint], batch_of([each.facts for each in spoken_for]))
        elif spec.run is not None:
            spec.run(uow, sprint, timer)


def _due_timers(uow: UnitOfWork, sprint_id: int) -> Sequence[Timer]:
    return uow.session.scalars(
        select(Timer)
        .where(
            Timer.sprint_id == sprint_id,
            TIMER_WAITS,
            Timer.due_at <= uow.now,
        )
        .order_by(Timer.nominal_at, Timer.id)
        .with_for_update()
    ).all()
