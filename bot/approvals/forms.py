"""A request as somebody filled it in, and what can be taken of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from bot.dates import day_and_time
from bot.db.models import Approval
from bot.domain.enums import ApprovalState
from bot.domain.errors import FormError
from bot.domain.vocabulary import Subject
from bot.messages.approval_card import LONGEST_WHAT
from bot.messages.catalog import say_plain
from bot.slack.text import clean
from bot.sprints.pings import can_act
from bot.unit_of_work import UnitOfWork

SHORTEST: Final = 3
LEAST_HOURS: Final = 0.25
MOST_HOURS: Final = 336.0


@dataclass(frozen=True, slots=True)
class ApprovalForm:
    """A request as somebody filled it in; field names are those of the form, for the errors.

    Args:
        sprint_id: the sprint it is for.
        subject: what it is about.
        approver: the one person who decides.
        what: what is to be approved, in the requester's words.
        deadline: hours to decide, as typed; empty for the subject's usual ones.
    """

    sprint_id: int
    subject: Subject
    approver: str | None = None
    what: str = ""
    deadline: str = ""


def check_request(uow: UnitOfWork, actor_id: str, form: ApprovalForm) -> None:
    """Refuse a request that cannot be taken.

    Raises:
        FormError: each field at fault with its sentence.
    """
    errors: dict[str, str] = {}
    if fault := _approver_fault(uow, form, actor_id):
        errors["approver"] = fault
    if fault := _text_fault(form.what, say_plain("approval.what_short")):
        errors["what"] = fault
    if read_hours(form.deadline or "1") is None:
        errors["deadline"] = _deadline_fault()
    if errors:
        raise FormError(errors)


def _approver_fault(uow: UnitOfWork, form: ApprovalForm, actor_id: str) -> str | None:
    if not form.approver:
        return say_plain("approval.approver_missing")
    if form.approver == actor_id:
        return say_plain("approval.approver_self")
    if not can_act(uow, form.approver):
        return say_plain("approval.approver_cannot", who=uow.name(form.approver))
    return _asked_already(uow, form)


def _asked_already(uow: UnitOfWork, form: ApprovalForm) -> str | None:
    same = uow.session.scalars(
        select(Approval)
        .where(
            Approval.sprint_id == form.sprint_id,
            Approval.subject == form.subject.value,
            Approval.approver_id == form.approver,
            Approval.state == ApprovalState.WAITING,
        )
        .limit(1)
    ).one_or_none()
    if same is None:
        return None
    return say_plain(
        "approval.already_asked",
        who=uow.name(form.approver),
        number=same.number,
        at=f"{day_and_time(same.deadline)} UTC",
    )


def _text_fault(text: str, too_short: str) -> str | None:
    kept = clean(text).strip()
    if sum(map(str.isalnum, kept)) < SHORTEST:
        return too_short
    if len(kept) > LONGEST_WHAT:
        return say_plain("approval.text_long", length=len(kept), limit=LONGEST_WHAT)
    return None


def _deadline_fault() -> str:
    return say_plain("approval.deadline_unread", least=f"{LEAST_HOURS:g}", most=f"{MOST_HOURS:g}")


def read_hours(words: str) -> float | None:
    """Return the hours that somebody typed, such as `6`, `1,5` or `12 h`; None for other words."""
    number = words.strip().lower().removesuffix("hours").removesuffix("h").strip()
    try:
        hours = float(number.replace(",", "."))
    except ValueError:
        return None
    return hours if LEAST_HOURS <= hours <= MOST_HOURS else None


def deadline_of(uow: UnitOfWork, form: ApprovalForm) -> datetime:
    """Return the moment until which a checked request can be decided."""
    usual = float(uow.playbook.subject(form.subject).deadline_hours)
    return uow.now + timedelta(hours=read_hours(form.deadline) or usual)


def check_new_approver(uow: UnitOfWork, approval: Approval, to_id: str | None) -> str:
    """Return the person a request can be handed over to.

    Raises:
        FormError: nobody, its requester, its present approver, or a bot.
    """
    if not to_id:
        raise FormError({"approver": say_plain("approval.approver_missing")})
    faults = {
        approval.requested_by: "approval.approver_requester",
        approval.approver_id: "approval.approver_same",
    }
    fault = faults.get(to_id) or (None if can_act(uow, to_id) else "approval.approver_cannot")
    if fault:
        raise FormError({"approver": say_plain(fault, who=uow.name(to_id))})
    return to_id


def checked_reason(reason: str) -> str:
    """Return the reason of a rejection.

    Raises:
        FormError: it says nothing, or too much.
    """
    if fault := _text_fault(reason, say_plain("approval.reason_short")):
        raise FormError({"reason": fault})
    return clean(reason).strip()


def checked_question(question: str, requester: str) -> str:
    """Return a question to the requester.

    Raises:
        FormError: it says nothing, or too much.
    """
    if fault := _text_fault(question, say_plain("approval.question_short", who=requester)):
        raise FormError({"question": fault})
    return clean(question).strip()
