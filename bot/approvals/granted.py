"""What a decision is followed by: a yes offers to resolve the blockers that waited for it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bot.blockers.queries import said_of
from bot.blockers.service import open_blockers
from bot.db.models import Approval, Blocker, Sprint
from bot.domain import record
from bot.domain.enums import ApprovalState
from bot.domain.transitions import function_of
from bot.domain.verdict.assumptions import SUBJECT_FAMILY
from bot.domain.verdict.families import family_of
from bot.domain.verdict.likeness import nearest
from bot.domain.vocabulary import Kind, PathFamily, Subject
from bot.messages.approval_card import decided_line
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.sprints.card_threads import render_line
from bot.unit_of_work import UnitOfWork

APPROVED: Final = frozenset({Kind.APPROVAL_PROCESS, Kind.DATA_ACCESS})
"""Kinds of blockers that somebody's yes may end."""


def render_decided(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what was decided, and after a yes what it may have resolved."""
    line = render_line(uow, sprint, args)
    approval = uow.session.get_one(Approval, args["approval"])
    if approval.state != ApprovalState.APPROVED:
        return line
    return decided_line(line, waited_for(uow, sprint, approval))


def waited_for(uow: UnitOfWork, sprint: Sprint, approval: Approval) -> list[Blocker]:
    """Return the open blockers that waited for a request: by their words, or as somebody said."""
    groups = said_of(uow, sprint, f"approval-{approval.number}")
    subject = Subject(approval.subject)
    approver = uow.name(approval.approver_id)
    titles = (function_of(subject), uow.playbook.subject(subject).title)
    names = {name.casefold() for name in (*titles, approver, approver.partition(" ")[0])}
    return [
        blocker
        for blocker in open_blockers(uow, sprint)
        if groups.get(
            f"blocker-{blocker.number}",
            blocker.approval_id == approval.id
            or _names_one(blocker.waits_for or "", names)
            or _is_such_a_yes(blocker, subject)
            or nearest(blocker.title, [approval.what]) is not None,
        )
    ]


def _names_one(waits_for: str, names: Collection[str]) -> bool:
    """Return whether somebody or something is named in whole words, as in "the security team"."""
    words = f" {waits_for.casefold()} "
    return any(f" {name} " in words for name in names)


def _is_such_a_yes(blocker: Blocker, subject: Subject) -> bool:
    """Return whether a blocker is a missing approval, or missing access, of a request's kind."""
    kind = Kind(blocker.kind)
    recorded = record.Blocker(
        id="",
        title=blocker.title,
        kind=kind,
        raised_at=0.0,
        by="",
        phase=blocker.phase,
        family=PathFamily(blocker.family) if blocker.family else None,
        kind_suggested=blocker.kind_was_suggested,
    )
    return kind in APPROVED and family_of(recorded) is SUBJECT_FAMILY[subject]
