"""Batches due prompts and digests: sprints with the same due timers share SQL statements.

What is due of each sprint makes a plan, and sprints of one plan share every statement, whichever
workspaces they belong to: each statement takes the workspace of a row from its sprint. What is
written for one sprint alone goes through `UnitOfWork.within`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import Executable, Select, Table, bindparam, select, update
from sqlalchemy.orm import load_only

from bot.db.arrays import in_array
from bot.db.engine import DIALECTS
from bot.db.models import TIMER_WAITS, Sprint, Timer
from bot.domain.due import postponed, quiet_until, steps
from bot.domain.enums import TimerState
from bot.sprints.snapshot import DueHours
from bot.timers.kinds import batched_kinds, policy_of, spec_of
from bot.tracing import span
from bot.unit_of_work import UnitOfWork

TIMERS: Final[Table] = Timer.__table__  # type: ignore[assignment]  # a model of its own table, not a view

Plan = tuple[tuple[str, DueHours], ...]
"""What is told of each kind, in the order of time."""


class Due(NamedTuple):
    """A timer that was due; they sort by sprint, then in the order of time."""

    sprint_id: int
    nominal_at: datetime
    id: int
    kind: str
    facts: dict[str, Any]


def _locked_on(dialect: str) -> Select[Sprint]:
    return (
        select(Sprint)
        .where(in_array(dialect, Sprint.id, "of_sprints"))
        .order_by(Sprint.id)
        .options(
            load_only(
                Sprint.team_id,
                Sprint.status,
                Sprint.timezone,
                Sprint.started_at,
                Sprint.planned_start,
                Sprint.length_hours,
                Sprint.quiet_from,
                Sprint.quiet_until,
                Sprint.sponsor_id,
                Sprint.digest_channel_id,
                Sprint.lead_id,
                Sprint.pace,
                Sprint.pace_by,
                Sprint.unanswered,
                Sprint.lead_asked_at,
            )
        )
        .with_for_update(skip_locked=True)
    )


def _done_on(dialect: str) -> Executable:
    return (
        update(TIMERS)
        .where(
            in_array(dialect, TIMERS.c.sprint_id, "of_sprints"),
            TIMER_WAITS,
            TIMERS.c.due_at <= bindparam("now"),
            TIMERS.c.kind.in_(bindparam("kinds", expanding=True)),
        )
        .values(state=TimerState.DONE, done_at=bindparam("now"))
        .returning(*(TIMERS.c[name] for name in Due._fields))
    )


LOCKED: Final = {dialect: _locked_on(dialect) for dialect in DIALECTS}
DONE: Final = {dialect: _done_on(dialect) for dialect in DIALECTS}
DROPPED: Final = {
    dialect: update(TIMERS)
    .where(in_array(dialect, TIMERS.c.id, "of_timers"))
    .values(state=TimerState.DROPPED)
    for dialect in DIALECTS
}
"""What a due minute says, put together once."""


def run_batch(uow: UnitOfWork, sprint_ids: Sequence[int]) -> int:
    """Tell what is due of sprints of which only prompts and digests are.

    Args:
        uow: the open unit, of one workspace or of several.
        sprint_ids: the sprints; those that another bot has in hand are passed by.

    Returns:
        How many timers were done or moved.
    """
    asked = {"of_sprints": list(sprint_ids)}
    sprints = {each.id: each for each in uow.session.scalars(LOCKED[uow.dialect], asked)}
    due = _done(uow, list(sprints))
    plans: dict[Plan, list[Sprint]] = defaultdict(list)
    dropped: list[int] = []
    for sprint_id, timers in _by_sprint(due):
        sprint = sprints[sprint_id]
        loud = _after_quiet_hours(uow, sprint, timers)
        applying = [timer for timer in loud if policy_of(timer.kind).applies(sprint.status)]
        dropped += [timer.id for timer in loud if timer not in applying]
        if applying:
            plans[_plan(applying)].append(sprint)
    if dropped:
        uow.session.execute(DROPPED[uow.dialect], {"of_timers": dropped})
    for plan, of_one_plan in plans.items():
        for kind, batch in plan:
            run_batch_of = spec_of(kind).run_batch
            assert run_batch_of is not None  # noqa: S101 - only batched kinds are selected
            with span(f"timer {kind}", about={"hour48.sprints": len(of_one_plan)}):
                run_batch_of(uow, of_one_plan, batch)
    return len(due)


def _done(uow: UnitOfWork, sprint_ids: Sequence[int]) -> list[Due]:
    """Take what is due of sprints as done; what is not told after all is put right afterwards."""
    asked = {"of_sprints": sprint_ids, "now": uow.now, "kinds": batched_kinds()}
    found = uow.session.execute(DONE[uow.dialect], asked)
    return sorted(Due(*row) for row in found)


def _by_sprint(due: Sequence[Due]) -> Iterator[tuple[int, list[Due]]]:
    for sprint_id, timers in groupby(due, key=lambda timer: timer.sprint_id):
        yield sprint_id, list(timers)


def _after_quiet_hours(uow: UnitOfWork, sprint: Sprint, timers: Sequence[Due]) -> list[Due]:
    """Postpone what quiet hours hold back, and return the rest."""
    end = quiet_until(sprint, uow.now)
    if end is None:
        return list(timers)
    held = [timer for timer in timers if policy_of(timer.kind).waits_in_quiet_hours]
    if held:
        changes = {"state": TimerState.WAITING, "done_at": None, "due_at": end}
        uow.session.execute(
            update(Timer),
            [{"id": timer.id, "facts": postponed(timer.facts), **changes} for timer in held],
        )
    return [timer for timer in timers if timer not in held]


def _plan(timers: Sequence[Due]) -> Plan:
    """Return what these timers say; a kind stands where its newest timer stands."""
    return tuple(
        (newest.kind, batch_of([each.facts for each in spoken_for]))
        for newest, spoken_for in steps(timers, policy_of)
    )


def batch_of(facts: Sequence[Mapping[str, Any]]) -> DueHours:
    """Return what due timers of one kind tell together, from their facts in the order of time."""
    hours = tuple(int(each["hour"]) for each in facts)
    return DueHours(hours, was_quiet=any(each.get("quiet") for each in facts))
