"""Prompts and digests of many sprints at once: a minute in which thousands are due is short.

What is due of each sprint makes a plan, and sprints of one plan share every statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import load_only

from bot.sprint.quiet import quiet_end
from bot.store.among import among
from bot.store.models import Sprint, Timer
from bot.usecases import digests, prompts
from bot.usecases.facts import Told
from bot.usecases.house import Unit

TOGETHER: Final[dict[str, Callable[[Unit, Sequence[Sprint], Told], None]]] = {
    "prompt": prompts.post_prompts,
    "digest": digests.post_digests,
}
"""Kinds that only tell what is so; of several that are due the newest speaks, for all of them."""

Plan = tuple[tuple[str, Told], ...]
"""What is told of each kind, in the order of time."""


class Due(NamedTuple):
    """A timer that is due."""

    id: int
    sprint_id: int
    kind: str
    facts: dict[str, Any]


def tell_sprints(unit: Unit, sprint_ids: Sequence[int]) -> int:
    """Tell what is due of sprints of which only prompts and digests are.

    Args:
        unit: the open unit.
        sprint_ids: the sprints; those that another bot has in hand are passed by.

    Returns:
        How many timers were done or moved.
    """
    sprints = _locked(unit, sprint_ids)
    due = list(_due(unit, sprints))
    plans: dict[Plan, list[Sprint]] = defaultdict(list)
    fates: dict[str, list[int]] = defaultdict(list)
    for sprint_id, timers in _by_sprint(due):
        sprint = sprints[sprint_id]
        if _put_off(unit, sprint, timers):
            continue
        runs = sprint.status == "running"
        fates["done" if runs else "dropped"] += [timer.id for timer in timers]
        if runs:
            plans[_plan(timers)].append(sprint)
    for state, timer_ids in fates.items():
        _settle(unit, timer_ids, state)
    for plan, of_one_plan in plans.items():
        for kind, told in plan:
            TOGETHER[kind](unit, of_one_plan, told)
    return len(due)


def _locked(unit: Unit, sprint_ids: Sequence[int]) -> dict[int, Sprint]:
    wanted = (
        select(Sprint)
        .where(among(unit.dialect, Sprint.id, "of_sprints"), Sprint.team_id == unit.team_id)
        .order_by(Sprint.id)
        .options(
            load_only(
                Sprint.status,
                Sprint.timezone,
                Sprint.started_at,
                Sprint.planned_start,
                Sprint.length_hours,
                Sprint.quiet_from,
                Sprint.quiet_until,
                Sprint.sponsor_id,
                Sprint.digest_channel_id,
            )
        )
        .with_for_update(skip_locked=True)
    )
    found = unit.session.scalars(wanted, {"of_sprints": list(sprint_ids)})
    return {sprint.id: sprint for sprint in found}


def _due(unit: Unit, sprint_ids: Mapping[int, Sprint]) -> Iterator[Due]:
    wanted = (
        select(Timer.id, Timer.sprint_id, Timer.kind, Timer.facts)
        .where(
            among(unit.dialect, Timer.sprint_id, "of_sprints"),
            Timer.state == "waiting",
            Timer.due_at <= unit.now,
            Timer.kind.in_(TOGETHER),
        )
        .order_by(Timer.sprint_id, Timer.nominal_at, Timer.id)
        .with_for_update()
    )
    found = unit.session.execute(wanted, {"of_sprints": list(sprint_ids)})
    return (Due(*row) for row in found)


def _by_sprint(due: Sequence[Due]) -> Iterator[tuple[int, list[Due]]]:
    for sprint_id, timers in groupby(due, key=lambda timer: timer.sprint_id):
        yield sprint_id, list(timers)


def _put_off(unit: Unit, sprint: Sprint, timers: Sequence[Due]) -> bool:
    """Let prompts and digests of quiet hours wait for their end."""
    end = quiet_end(unit.now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)
    if end is None:
        return False
    unit.session.execute(
        update(Timer),
        [
            {"id": timer.id, "due_at": end, "facts": {**timer.facts, "quiet": True}}
            for timer in timers
        ],
    )
    return True


def _settle(unit: Unit, timer_ids: Sequence[int], state: str) -> None:
    unit.session.execute(
        update(Timer)
        .where(among(unit.dialect, Timer.id, "of_timers"))
        .values(state=state, done_at=unit.now)
        .execution_options(synchronize_session=False),
        {"of_timers": list(timer_ids)},
    )


def _plan(timers: Sequence[Due]) -> Plan:
    """Return what is told by these timers; a kind has its place where its newest one has it."""
    newest = {timer.kind: place for place, timer in enumerate(timers)}
    return tuple(
        (kind, told_by([timer.facts for timer in timers if timer.kind == kind]))
        for kind in sorted(newest, key=newest.__getitem__)
    )


def told_by(facts: Sequence[Mapping[str, Any]]) -> Told:
    """Return what due timers of one kind tell together, from their facts in the order of time."""
    hours = tuple(int(each["hour"]) for each in facts)
    return Told(hours, was_quiet=any(each.get("quiet") for each in facts))
