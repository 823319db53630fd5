"""A request as somebody filled it in, and what can be taken of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import ValidationInfo
from sqlalchemy import select

from bot.dates import day_and_time
from bot.db.models import Approval
from bot.domain.enums import ApprovalState
from bot.domain.errors import FormError
from bot.domain.transitions import ApproverFault, ask, hand_over
from bot.domain.vocabulary import Subject
from bot.forms import FieldRule, check_form, refuse, with_rules
from bot.messages.approval_card import LONGEST_WHAT
from bot.messages.catalog import say_plain
from bot.slack.text import clean
from bot.sprints.pings import can_act
from bot.unit_of_work import UnitOfWork

SHORTEST: Final = 3
LEAST_HOURS: Final = 0.25
MOST_HOURS: Final = 336.0
APPROVER: Final = FieldRule("approver", "approval.approver_missing", bool)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, in which unit of work: what the rules of a request look into."""

    uow: UnitOfWork
    actor_id: str


def _approver_fault(approver: str | None, info: ValidationInfo) -> str | None:
    asking: Any = info.context
    if not approver:
        return say_plain("approval.approver_missing")
    if ask(asking.actor_id, approver) is ApproverFault.ASKED:
        return say_plain("approval.approver_self")
    if not can_act(asking.uow, approver):
        return say_plain("approval.approver_cannot", who=asking.uow.name(approver))
    return _asked_already(asking.uow, info.data["sprint_id"], info.data["subject"], approver)


def _asked_already(uow: UnitOfWork, sprint_id: int, subject: Subject, approver: str) -> str | None:
    same = uow.session.scalars(
        select(Approval)
        .where(
            Approval.sprint_id == sprint_id,
            Approval.subject == subject.value,
            Approval.approver_id == approver,
            Approval.state == ApprovalState.WAITING,
        )
        .limit(1)
    ).one_or_none()
    if same is None:
        return None
    timezone = uow.sprint(sprint_id).timezone
    return say_plain(
        "approval.already_asked",
        who=uow.name(approver),
        number=same.number,
        at=f"{day_and_time(same.deadline, timezone)} ({timezone})",
    )


def _text_fault(text: str, too_short: str) -> str | None:
    kept = clean(text).strip()
    if sum(map(str.isalnum, kept)) < SHORTEST:
        return too_short
    if len(kept) > LONGEST_WHAT:
        return say_plain("approval.text_long", length=len(kept), limit=LONGEST_WHAT)
    return None


def _deadline_fault(words: str, _info: ValidationInfo) -> str | None:
    if read_hours(words or "1") is not None:
        return None
    return say_plain("approval.deadline_unread", least=f"{LEAST_HOURS:g}", most=f"{MOST_HOURS:g}")


@with_rules
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
    approver: Annotated[str | None, refuse(_approver_fault)] = None
    what: Annotated[
        str, refuse(lambda what, _: _text_fault(what, say_plain("approval.what_short")))
    ] = ""
    deadline: Annotated[str, refuse(_deadline_fault)] = ""


def check_request(uow: UnitOfWork, actor_id: str, form: ApprovalForm) -> None:
    """Refuse a request that cannot be taken.

    Raises:
        FormError: each field at fault with its sentence.
    """
    check_form(form, _Asking(uow, actor_id))


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
    chosen = APPROVER.checked(to_id)
    found = hand_over(approval.requested_by, approval.approver_id, chosen)
    fault = found.value if isinstance(found, ApproverFault) else "cannot"
    may = fault == "cannot" and can_act(uow, chosen)
    rule = FieldRule("approver", f"approval.approver_{fault}")
    return rule.checked(chosen if may else None, who=uow.name(chosen))


def checked_reason(reason: str) -> str:
    """Return the reason of a rejection.

    Raises:
        FormError: it says nothing, or too much.
    """
    return _checked("reason", reason, say_plain("approval.reason_short"))


def checked_question(question: str, requester: str) -> str:
    """Return a question to the requester.

    Raises:
        FormError: it says nothing, or too much.
    """
    too_short = say_plain("approval.question_short", who=requester)
    return _checked("question", question, too_short)


def _checked(block: str, text: str, too_short: str) -> str:
    if fault := _text_fault(text, too_short):
        raise FormError({block: fault})
    return clean(text).strip()
