"""Deploying: the model takes real traffic, is taken back, and somebody acts on its output."""

from __future__ import annotations

import math

from bot.db.models import Deployment, Sprint
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.hourly import pinned_card
from bot.messages.catalog import say
from bot.outbox.queue import Priority, sprint_queue
from bot.planning.kickoff import require_running
from bot.slack import blocks
from bot.slack.text import moment
from bot.sprints.people import require
from bot.sprints.snapshot import live_deployment
from bot.unit_of_work import UnitOfWork

REASON_LENGTH = 500


def deploy(
    uow: UnitOfWork, actor_id: str, sprint_id: int, percent: float, *, receipt: str | None = None
) -> Deployment:
    """Note that the model takes a share of the real traffic.

    Args:
        uow: the open unit.
        actor_id: who deployed it.
        sprint_id: the running sprint.
        percent: the share of the traffic, more than 0 and at most 100.
        receipt: names the delivery.

    Raises:
        InputError: the share is none, the sprint does not run, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.DEPLOY, sprint)
    require_running(sprint)
    if not math.isfinite(percent) or not 0 < percent <= 100:
        raise InputError(say("deployment.percent_error"))
    uow.once(receipt)
    row = Deployment(
        sprint_id=sprint.id, percent=percent, deployed_by=actor_id, deployed_at=uow.now
    )
    uow.session.add(row)
    uow.session.flush()
    uow.ensure_person(actor_id)
    uow.audit(
        sprint.id, actor_id, AuditAction.DEPLOYED, AuditSubject.DEPLOYMENT, row.id, percent=percent
    )
    _post(uow, sprint, row)
    pinned_card.refresh_pinned_card(uow, sprint)
    return row


def roll_back(
    uow: UnitOfWork, actor_id: str, sprint_id: int, reason: str, *, receipt: str | None = None
) -> Deployment:
    """Note that the live deployment was taken back, and why.

    Raises:
        InputError: nothing is live, no reason is given, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.ROLL_BACK, sprint)
    require_running(sprint)
    uow.once(receipt)
    row = live_deployment(uow, sprint)
    if row is None:
        raise InputError(say("deployment.not_live"))
    if not reason.strip():
        raise InputError(say("deployment.reason_error"))
    while row is not None:
        row.rolled_back_at = uow.now
        row.rolled_back_by = actor_id
        row.rollback_reason = reason.strip()[:REASON_LENGTH]
        uow.session.flush()
        _post(uow, sprint, row)
        newest, row = row, live_deployment(uow, sprint)
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.ROLLED_BACK,
        AuditSubject.DEPLOYMENT,
        newest.id,
        reason=reason.strip(),
    )
    pinned_card.refresh_pinned_card(uow, sprint)
    return newest


def _post(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    rows = _live_rows(uow, row) if row.rolled_back_at is None else _ended_rows(uow, row)
    uow.upsert(
        f"sprint:{sprint.id}:deployment:{row.id}",
        sprint_queue(sprint.id),
        blocks.message(rows[0]["text"]["text"], rows),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def _live_rows(uow: UnitOfWork, row: Deployment) -> list[blocks.Block]:
    who, since = uow.name(row.deployed_by), moment(row.deployed_at)
    words = say("deployment.live", percent=f"{row.percent:g}", since=since, who=who)
    return [blocks.section(words), blocks.context(say("deployment.live_watch"))]


def _ended_rows(uow: UnitOfWork, row: Deployment) -> list[blocks.Block]:
    words = say(
        "deployment.rolled_back",
        who=uow.name(row.rolled_back_by),
        at=moment(row.rolled_back_at or uow.now),
        reason=row.rollback_reason,
    )
    was = say("deployment.was_live", percent=f"{row.percent:g}", since=moment(row.deployed_at))
    return [blocks.section(words), blocks.context(was)]


def set_action_plan(
    uow: UnitOfWork,
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
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.SET_ACTION_PLAN, sprint)
    require_running(sprint)
    uow.once(receipt)
    sprint.action_plan = ready
    uow.ensure_person(actor_id)
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.SAID,
        AuditSubject.ACTION_PLAN,
        None,
        ready=ready,
        note=note.strip(),
    )
    words = say(
        "deployment.plan_yes" if ready else "deployment.plan_no",
        who=uow.name(actor_id),
        note=note.strip(),
    )
    uow.upsert(
        f"sprint:{sprint.id}:action_plan",
        sprint_queue(sprint.id),
        blocks.message(words, [blocks.section(words)]),
        sprint_id=sprint.id,
    )
    pinned_card.refresh_pinned_card(uow, sprint)
