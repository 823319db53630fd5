"""What the sprint's approvals have settled: a signature answers what governance would ask."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import select

from bot.db.models import Approval
from bot.domain.vocabulary import Decision, Subject
from bot.unit_of_work import UnitOfWork

SETTLES: Final[dict[Subject, tuple[tuple[str, str], ...]]] = {
    Subject.PRIVACY: (
        ("privacy", "purpose"),
        ("privacy", "opt_out"),
        ("privacy", "retention"),
        ("privacy", "personal_data"),
    ),
    Subject.DATA_ACCESS: (("owners", "data"),),
    Subject.PRODUCTION: (("owners", "model"), ("owners", "service")),
    Subject.BUSINESS: (("owners", "outcome"), ("actionability", "plan")),
}
"""What each approved subject answers, in the words of `probes.governance.answers`."""


def answers_from_approvals(uow: UnitOfWork, sprint_id: int) -> dict[str, dict[str, str]]:
    """Return who answered what by approving it, the latest decision last.

    Args:
        uow: the transaction.
        sprint_id: whose approvals count.
    """
    approved = uow.session.execute(
        select(Approval.subject, Approval.decided_by)
        .where(Approval.sprint_id == sprint_id, Approval.state == Decision.APPROVED.value)
        .order_by(Approval.decided_at)
    )
    answers: dict[str, dict[str, str]] = defaultdict(dict)
    for subject, person in approved:
        for section, key in SETTLES.get(Subject(subject), ()):
            answers[section][key] = uow.name(person)
    return dict(answers)
