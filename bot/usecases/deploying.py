"""Deploying: the model takes real traffic, is taken back, and somebody acts on its output."""

from __future__ import annotations

import math

from bot.slack import blocks
from bot.slack.outbox import Priority, sprint_lane
from bot.slack.text import moment
from bot.slack.words import say
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.store.models import Deployment, Sprint
from bot.usecases import board
from bot.usecases.facts import live_deployment
from bot.usecases.house import Unit
from bot.usecases.kickoff import require_running
from bot.usecases.people import require

REASON_LENGTH = 500


def deploy(
    unit: Unit, actor_id: str, sprint_id: int, percent: float, *, receipt: str | None = None
) -> Deployment:
    """Note that the model takes a share of the real traffic.

    Args:
        unit: the open unit.
        actor_id: who deployed it.
        sprint_id: the running sprint.
        percent: the share of the traffic, more than 0 and at most 100.
        receipt: names the delivery.

    Raises:
        InputError: the share is none, the sprint does not run, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.DEPLOY, sprint)
    require_running(sprint)
    if not math.isfinite(percent) or not 0 < percent <= 100:
        raise InputError(say("deployment.percent_error"))
    unit.once(receipt)
    row = Deployment(
        sprint_id=sprint.id, percent=percent, deployed_by=actor_id, deployed_at=unit.now
    )
    unit.session.add(row)
    unit.session.flush()
    unit.meet(actor_id)
    unit.audit(sprint.id, actor_id, "deployed", "deployment", row.id, percent=percent)
    _post(unit, sprint, row)
    board.refresh_board(unit, sprint)
    return row


def roll_back(
    unit: Unit, actor_id: str, sprint_id: int, reason: str, *, receipt: str | None = None
) -> Deployment:
    """Note that the live deployment was taken back, and why.

    Raises:
        InputError: nothing is live, no reason is given, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.ROLL_BACK, sprint)
    require_running(sprint)
    unit.once(receipt)
    row = live_deployment(unit, sprint)
    if row is None:
        raise InputError(say("deployment.not_live"))
    if not reason.strip():
        raise InputError(say("deployment.reason_error"))
    while row is not None:
        row.rolled_back_at = unit.now
        row.rolled_back_by = actor_id
        row.rollback_reason = reason.strip()[:REASON_LENGTH]
        unit.session.flush()
        _post(unit, sprint, row)
        newest, row = row, live_deployment(unit, sprint)
    unit.audit(sprint.id, actor_id, "rolled_back", "deployment", newest.id, reason=reason.strip())
    board.refresh_board(unit, sprint)
    return newest


def _post(unit: Unit, sprint: Sprint, row: Deployment) -> None:
    rows = _live_rows(unit, row) if row.rolled_back_at is None else _ended_rows(unit, row)
    unit.wish(
        f"sprint:{sprint.id}:deployment:{row.id}",
        sprint_lane(sprint.id),
        blocks.message(rows[0]["text"]["text"], rows),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def _live_rows(unit: Unit, row: Deployment) -> list[blocks.Block]:
    who, since = unit.name(row.deployed_by), moment(row.deployed_at)
    words = say("deployment.live", percent=f"{row.percent:g}", since=since, who=who)
    return [blocks.section(words), blocks.context(say("deployment.live_watch"))]


def _ended_rows(unit: Unit, row: Deployment) -> list[blocks.Block]:
    words = say(
        "deployment.rolled_back",
        who=unit.name(row.rolled_back_by),
        at=moment(row.rolled_back_at or unit.now),
        reason=row.rollback_reason,
    )
    was = say("deployment.was_live", percent=f"{row.percent:g}", since=moment(row.deployed_at))
    return [blocks.section(words), blocks.context(was)]


def set_action_plan(
    unit: Unit,
    actor_id: str,
    sprint_id: int,
    *,
    ready: bool,
    note: str = "",
    receipt: str | None = None,
) -> None:
    """Note whether the business knows what it will do with the output.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.SET_ACTION_PLAN, sprint)
    require_running(sprint)
    unit.once(receipt)
    sprint.action_plan = ready
    unit.meet(actor_id)
    unit.audit(sprint.id, actor_id, "said", "action_plan", None, ready=ready, note=note.strip())
    words = say(
        "deployment.plan_yes" if ready else "deployment.plan_no",
        who=unit.name(actor_id),
        note=note.strip(),
    )
    unit.wish(
        f"sprint:{sprint.id}:action_plan",
        sprint_lane(sprint.id),
        blocks.message(words, [blocks.section(words)]),
        sprint_id=sprint.id,
    )
    board.refresh_board(unit, sprint)
