"""Acceptances: a person accepts a duty by name, in words and with a link or file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import ValidationInfo
from sqlalchemy import select

from bot.db.acceptance_models import Acceptance
from bot.domain.acceptance import is_one_name, is_proof, is_too_little
from bot.domain.duty_subjects import is_off_subject
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.permissions import Action
from bot.forms import check_form, refuse, rule, with_rules
from bot.messages.catalog import say_plain
from bot.slack.text import clean
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.unit_of_work import UnitOfWork

LONGEST_WORDS: Final = 1000
LONGEST_PROOF: Final = 500


def _says_fault(typed: str, info: ValidationInfo) -> str | None:
    says = clean(typed).strip()
    if is_too_little(says):
        return say_plain("acceptance.says_empty")
    if is_off_subject(str(info.data.get("duty")), says):
        return say_plain("acceptance.says_off_subject")
    if len(says) > LONGEST_WORDS:
        return say_plain("acceptance.says_long", length=len(says), limit=LONGEST_WORDS)
    return None


def _is_proof(typed: str, _info: ValidationInfo) -> bool:
    proof = typed.strip()
    return is_proof(proof) and len(proof) <= LONGEST_PROOF


@with_rules
@dataclass(frozen=True, slots=True)
class AcceptanceForm:
    """An acceptance as somebody typed it; field names are those of the form, for the errors.

    Args:
        section: the list that the duty counts under.
        duty: which one.
        says: what is accepted.
        proof: a link or a file's name.
    """

    section: str
    duty: Annotated[str, rule("acceptance.duty_missing", lambda duty, _: bool(duty))]
    says: Annotated[str, refuse(_says_fault)]
    proof: Annotated[str, rule("acceptance.proof_missing", _is_proof)]


def accept(
    uow: UnitOfWork,
    actor_id: str,
    sprint_id: int,
    form: AcceptanceForm,
) -> Acceptance:
    """Note that somebody accepts a duty themselves, today; nobody accepts for somebody else.

    Raises:
        FormError: a placeholder, too few words, or no link or file, each at its field.
        InputError: the sprint is over, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.RUN_PROBE, sprint)
    require_live(sprint)
    says, proof = clean(form.says).strip(), form.proof.strip()
    check_form(form, uow)
    row = uow.session.scalars(
        select(Acceptance).where(
            Acceptance.sprint_id == sprint_id,
            Acceptance.section == form.section,
            Acceptance.duty == form.duty,
        )
    ).one_or_none()
    if row is None:
        row = Acceptance(
            team_id=uow.team_id, sprint_id=sprint_id, section=form.section, duty=form.duty
        )
        uow.session.add(row)
    row.says, row.proof, row.user_id, row.accepted_at = says, proof, actor_id, uow.now
    uow.session.flush()
    uow.audit(
        sprint_id,
        actor_id,
        AuditAction.ACCEPTED,
        AuditSubject.PROBE,
        row.id,
        duty=form.duty,
        proof=proof,
    )
    return row


def accepted_in(uow: UnitOfWork, sprint_id: int) -> dict[str, dict[str, dict[str, str]]]:
    """Return what was accepted in a sprint, by section and duty."""
    rows = uow.session.scalars(
        select(Acceptance).where(Acceptance.sprint_id == sprint_id).order_by(Acceptance.id)
    )
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for row in rows:
        found[row.section][row.duty] = {
            "says": row.says,
            "who": _named(uow.name(row.user_id)),
            "on": row.accepted_at.date().isoformat(),
            "proof": row.proof,
        }
    return dict(found)


def _named(name: str) -> str:
    """Return a name as an account where it is one word: who it is was settled by signing in."""
    return f"@{name}" if is_one_name(name) else name
