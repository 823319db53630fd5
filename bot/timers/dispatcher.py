"""What falls due: timers are claimed with the sprint's row, and use cases run in that transaction.

A timer and what it makes happen are one transaction, so a bot that dies leaves the timer waiting
and another one finds it at once. Several bots pass by each other's sprints.

Sprints to which only prompts and digests are due go together, and those to which the same ones are
due share every statement; the others have a transaction each.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import structlog
from sqlalchemy import case, func, select
from structlog.contextvars import bound_contextvars

from bot.approvals import service as approvals
from bot.blockers import service as blockers
from bot.db.models import Sprint, Timer
from bot.debrief import followup, report_files
from bot.debrief import service as debrief
from bot.deployments import digest_pictures, forgetting
from bot.domain.quiet_hours import quiet_end
from bot.hourly import gates
from bot.planning import service as planning
from bot.timers.batches import TOGETHER, batch_of, run_batch
from bot.unit_of_work import Runtime, UnitOfWork

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

DueHandler = Callable[[UnitOfWork, Sprint, Timer], None]
HANDLERS: Final[dict[str, DueHandler]] = {
    "start": lambda uow, sprint, _timer: planning.start_on_time(uow, sprint),
    "gate": lambda uow, sprint, timer: gates.post_gate(uow, sprint, timer.facts["phase"]),
    "debrief": lambda uow, sprint, _timer: debrief.open_debrief(uow, sprint),
    "blocker_age": lambda uow, _sprint, timer: blockers.remind_of_blocker(uow, timer),
    "approval_half": lambda uow, _sprint, timer: approvals.remind_approver(uow, timer),
    "approval_hour": lambda uow, _sprint, timer: approvals.remind_approver(uow, timer),
    "approval_deadline": lambda uow, _sprint, timer: approvals.expire_approval(uow, timer),
    "fix_due": followup.remind_of_fix,
    "follow_up": followup.follow_up,
    "deployment_digest": digest_pictures.post_digest,
    "deployment_retention": forgetting.forget_old,
    "report": lambda uow, sprint, _timer: report_files.send_report(uow, sprint),
}
"""What happens when a timer of a kind is due."""

WAITS_FOR_MORNING: Final = frozenset(
    {"prompt", "gate", "digest", "debrief", "blocker_age", "approval_half", "approval_hour"}
)
"""Kinds that would ping somebody; in quiet hours they wait for their end."""
OF_A_RUNNING_SPRINT: Final = frozenset({"prompt", "gate", "digest", "debrief"})
"""Kinds that mean nothing once the sprint has ended."""


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


def next_due_at(runtime: Runtime) -> datetime | None:
    """Return when the next timer falls due; None when none waits."""
    with runtime.reading_sessions() as session:
        return session.scalar(select(func.min(Timer.due_at)).where(Timer.state == "waiting"))


class Group(NamedTuple):
    """Sprints of a workspace that run in one transaction; of several, all are only told."""

    team_id: str
    sprint_ids: list[int]
    is_batch: bool


def _due_groups(runtime: Runtime) -> list[Group]:
    """Return what is due, the longest overdue first; sprints that are only told go together."""
    acts = func.sum(case((Timer.kind.in_(TOGETHER), 0), else_=1))
    with runtime.reading_sessions() as session:
        rows = session.execute(
            select(Timer.team_id, Timer.sprint_id, acts)
            .where(Timer.state == "waiting", Timer.due_at <= runtime.clock.now())
            .group_by(Timer.team_id, Timer.sprint_id)
            .order_by(func.min(Timer.due_at))
            .limit(SPRINTS_A_ROUND)
        ).all()
    told: dict[str, list[int]] = defaultdict(list)
    alone: list[Group] = []
    for team_id, sprint_id, acting in rows:
        if acting:
            alone.append(Group(team_id, [sprint_id], is_batch=False))
        else:
            told[team_id].append(sprint_id)
    together = (Group(team_id, ids, is_batch=True) for team_id, ids in told.items())
    return [*alone, *together]


class _Pieces:
    """What is due in pieces, each handed out when nobody waits; small ones while many do."""

    def __init__(self, runtime: Runtime, groups: Sequence[Group]) -> None:
        self._runtime = runtime
        self._left = deque(groups)
        self._taking = threading.Lock()

    def take(self) -> Group | None:
        """Return the next piece; None when there is none left."""
        with self._taking:
            self._runtime.priority_gate.give_way()
            if not self._left:
                return None
            group = self._left.popleft()
            here, later = group.sprint_ids[: self._size], group.sprint_ids[self._size :]
            if later:
                self._left.appendleft(group._replace(sprint_ids=later))
            return group._replace(sprint_ids=here)

    @property
    def _size(self) -> int:
        sizes = (
            SPRINTS_PER_SMALL_TRANSACTION
            if self._runtime.priority_gate.was_busy
            else SPRINTS_PER_TRANSACTION
        )
        return sizes[self._runtime.dialect]


def _run_all(runtime: Runtime, groups: Sequence[Group]) -> int:
    """Run groups; very many abreast, where the database can and nobody wants the processor."""
    pieces = _Pieces(runtime, groups)
    many = sum(len(group.sprint_ids) for group in groups) > SPRINTS_PER_TRANSACTION[runtime.dialect]
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


def _run_group(runtime: Runtime, group: Group) -> int:
    with bound_contextvars(team=group.team_id, sprint=None):
        return _run_in_transaction(runtime, group)


def _run_in_transaction(runtime: Runtime, group: Group) -> int:
    try:
        with runtime.uow(group.team_id) as uow:
            if group.is_batch:
                return run_batch(uow, group.sprint_ids)
            return run_sprint(uow, group.sprint_ids[0])
    except Exception:  # one sprint's fault must not keep the others waiting
        log.exception("due.sprints_failed", sprints=group.sprint_ids, team=group.team_id)
    if len(group.sprint_ids) == 1:
        return _run_one_by_one(runtime, group.team_id, group.sprint_ids[0])
    alone = (group._replace(sprint_ids=[each]) for each in group.sprint_ids)
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
    loud = [timer for timer in due if not _put_off(uow, sprint, timer)]
    for timer in loud:
        timer.state = "done"
        timer.done_at = uow.now
    _run_in_order(uow, sprint, loud)
    return len(due)


def _due_timers(uow: UnitOfWork, sprint_id: int) -> Sequence[Timer]:
    return uow.session.scalars(
        select(Timer)
        .where(
            Timer.sprint_id == sprint_id,
            Timer.state == "waiting",
            Timer.due_at <= uow.now,
        )
        .order_by(Timer.nominal_at, Timer.id)
        .with_for_update()
    ).all()


def _put_off(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> bool:
    """Let what would ping somebody in quiet hours wait for their end."""
    if timer.kind not in WAITS_FOR_MORNING:
        return False
    end = quiet_end(uow.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if end is None:
        return False
    timer.due_at = end
    timer.facts = {**timer.facts, "quiet": True}
    return True


def _run_in_order(uow: UnitOfWork, sprint: Sprint, timers: Sequence[Timer]) -> None:
    """Run timers; of several prompts or digests only the newest speaks, for all of them."""
    newest = {timer.kind: timer for timer in timers}
    for timer in timers:
        if timer.kind in OF_A_RUNNING_SPRINT and sprint.status != "running":
            timer.state = "dropped"
        elif timer.kind not in TOGETHER:
            HANDLERS[timer.kind](uow, sprint, timer)
        elif timer is newest[timer.kind]:
            alike = [each.facts for each in timers if each.kind == timer.kind]
            TOGETHER[timer.kind](uow, [sprint], batch_of(alike))
