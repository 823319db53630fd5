"""A request that is decided after its sprint closed: on the plan's item that waits for it.

The sprint's record ends with the sprint, so the decision is kept with the item's check.
"""

from __future__ import annotations

from typing import Final

from bot.approvals.forms import checked_reason
from bot.db.models import Approval, FixItem, Sprint
from bot.domain.enums import AuditAction, AuditSubject, FixCheckKind
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict.wording import subject_name
from bot.domain.vocabulary import Decision, Subject
from bot.fixes.queries import newest_request
from bot.fixes.service import settle_decided
from bot.forms import FieldRule
from bot.messages.catalog import say
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork

DECISION: Final = FieldRule(
    "decision",
    "fix.decide_choose",
    lambda decision: decision in (Decision.APPROVED, Decision.REJECTED),
)


def subject_to_decide(uow: UnitOfWork, actor_id: str, item_id: int) -> str:
    """Return what an item's approver is asked about, in words.

    Raises:
        InputError: the item waits for no decision, nobody was asked, or they weren't.
    """
    _, _, subject = _asked(uow, actor_id, item_id)
    return subject_name(subject)


def decide_fix(
    uow: UnitOfWork, actor_id: str, item_id: int, decision: str | None, reason: str
) -> str:
    """Approve or reject what an item of the plan waits for, and check the item.

    Returns:
        What the person is told.

    Raises:
        FormError: nothing was chosen, or a rejection gives no reason.
        InputError: the item waits for no decision, or they weren't asked.
    """
    item, sprint, subject = _asked(uow, actor_id, item_id)
    DECISION.checked(decision)
    why = checked_reason(reason) if decision == Decision.REJECTED else reason.strip()
    uow.ensure_person(actor_id)
    entry = {"by": actor_id, "at": uow.now.isoformat(), "decision": str(decision), "reason": why}
    item.check_facts = {**item.check_facts, "decided": entry}
    action = AuditAction.APPROVED if decision == Decision.APPROVED else AuditAction.REJECTED
    uow.audit(
        *(sprint.id, actor_id, action, AuditSubject.CHECK, item.id),
        number=item.number,
        about=subject.value,
        reason=why or None,
    )
    uow.session.flush()
    return settle_decided(uow, sprint, item, actor_id)


def _asked(uow: UnitOfWork, actor_id: str, item_id: int) -> tuple[FixItem, Sprint, Subject]:
    item: FixItem = uow.row(FixItem, item_id, "item")
    sprint = uow.sprint(item.sprint_id)
    require(uow, actor_id, Action.READ, sprint)
    if item.check_kind != FixCheckKind.APPROVAL:
        raise InputError(say("fix.decide_other"))
    subject = Subject(str(item.check_facts["subject"]))
    asked: Approval | None = newest_request(uow, sprint, subject)
    if asked is None:
        raise InputError(say("fix.decide_none", subject=subject_name(subject)))
    require(uow, actor_id, Action.DECIDE_APPROVAL, asked)
    return item, sprint, subject
