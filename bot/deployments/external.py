"""Deployments that run elsewhere: noted with a link, watched at an address, or only claimed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.deployments import announcements, queries, service
from bot.deployments.forms import checked_link
from bot.domain.enums import MODEL_ASKED, AuditAction, AuditSubject, DeploymentState
from bot.domain.errors import InputError
from bot.domain.going_live import claim, is_live
from bot.domain.permissions import Action
from bot.messages import keys
from bot.messages.catalog import say
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack import blocks
from bot.slack.text import clean
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.selection import require_running
from bot.unit_of_work import Change, UnitOfWork

REASON_LENGTH: Final = 500


class RollbackOutcome(StrEnum):
    """What `/sprint rollback` did."""

    ROLLED_BACK = "rolled_back"
    EXPLAINED = "rollback_explained"
    ALREADY = "already_rolled_back"


def note_elsewhere(
    uow: UnitOfWork,
    actor_id: str,
    sprint_id: int,
    percent: float,
    *,
    link: str | None = None,
    is_watched: bool = False,
) -> Deployment:
    """Note that a model runs elsewhere on a share of the real traffic.

    Args:
        uow: the transaction.
        actor_id: who says so.
        sprint_id: the running sprint.
        percent: the share of the traffic, more than 0 and at most 100.
        link: what shows it, or the address that hour48 asks; None leaves it claimed.
        is_watched: whether the link is an address to ask every minute.

    Raises:
        InputError: the share or the link is none, the sprint does not run, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.DEPLOY, sprint)
    require_running(sprint)
    state = claim(percent)
    if state is None:
        raise InputError(say("rollout.elsewhere_error"))
    checked = checked_link(link) if link else None
    row = Deployment(
        sprint_id=sprint.id,
        percent=percent,
        deployed_by=actor_id,
        deployed_at=uow.now,
        state=state.value,
        evidence=None if is_watched else checked,
        address=checked if is_watched else None,
        watched={},
    )
    uow.session.add(row)
    uow.session.flush()
    uow.audit_row(
        actor_id,
        AuditAction.DEPLOYED,
        row,
        percent=percent,
        evidence=row.evidence,
        address=row.address,
    )
    uow.changes.add(Change.DEPLOYMENTS)
    announcements.show_elsewhere(uow, row)
    refresh_pinned_card(uow, sprint)
    return row


def roll_back_all(uow: UnitOfWork, actor_id: str, sprint_id: int, reason: str) -> RollbackOutcome:
    """Take back all that is live in a sprint: what hour48 serves is pulled, the rest is noted.

    A reason that comes after the red button is added to the rollback, if it has none yet.

    Raises:
        InputError: nothing ever was, no reason is given for what runs elsewhere, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.ROLL_BACK, sprint)
    mine = queries.managed(uow, sprint.id)
    changed = False
    if mine is not None and mine.state in MODEL_ASKED:
        _, changed = service.roll_back(uow, actor_id, mine.id, reason)
    claimed = [
        row
        for row in queries.of_sprint(uow, sprint.id)
        if row.state == DeploymentState.CLAIMED and is_live(row.deployed_at, row.rolled_back_at)
    ]
    if not changed and not claimed:
        if mine is not None and mine.state == DeploymentState.PULLED:
            return _explained(uow, actor_id, mine, reason)
        raise InputError(say("deployment.not_live"))
    given = clean(reason).strip()[:REASON_LENGTH]
    if claimed and not given:
        raise InputError(say("deployment.reason_error"))
    for row in claimed:
        row.rolled_back_at, row.rolled_back_by, row.rollback_reason = uow.now, actor_id, given
        uow.session.flush()
        uow.audit_row(actor_id, AuditAction.ROLLED_BACK, row, reason=given)
        announcements.show_elsewhere(uow, row)
    refresh_pinned_card(uow, sprint)
    return RollbackOutcome.ROLLED_BACK


def _explained(uow: UnitOfWork, actor_id: str, row: Deployment, reason: str) -> RollbackOutcome:
    if row.rollback_reason or not clean(reason).strip():
        return RollbackOutcome.ALREADY
    service.explain_pull(uow, actor_id, row.id, reason)
    return RollbackOutcome.EXPLAINED


def render_action_plan(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> blocks.Block:
    """Render whether the business knows what it will do with the output."""
    words = say(
        "deployment.plan_yes" if args["ready"] else "deployment.plan_no",
        who=uow.name(args["who"]),
        note=args["note"],
    )
    return blocks.message(words, [blocks.section(words)])


def set_action_plan(
    uow: UnitOfWork,
    actor_id: str,
    sprint_id: int,
    *,
    ready: bool,
    note: str = "",
) -> None:
    """Note whether the business knows what it will do with the output.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.SET_ACTION_PLAN, sprint)
    require_running(sprint)
    sprint.action_plan = ready
    uow.audit(
        sprint.id,
        actor_id,
        AuditAction.SAID,
        AuditSubject.ACTION_PLAN,
        None,
        ready=ready,
        note=note.strip(),
    )
    uow.upsert(
        keys.action_plan(sprint.id),
        Template.ACTION_PLAN,
        {"ready": ready, "who": actor_id, "note": note.strip()},
        sprint_id=sprint.id,
    )
    service.refresh(uow, sprint)
    refresh_pinned_card(uow, sprint)
