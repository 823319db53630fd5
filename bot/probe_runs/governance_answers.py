"""What the sprint's approvals have settled: a signature answers what governance would ask."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import select

from bot.db.models import Approval
from bot.deployments import queries as deployments
from bot.domain.vocabulary import Decision, Subject
from bot.messages.catalog import say_plain
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
    for section, given in answers_from_deployment(uow, sprint_id).items():
        answers[section] |= given
    return dict(answers)


def answers_from_deployment(uow: UnitOfWork, sprint_id: int) -> dict[str, dict[str, str]]:
    """Return what the deployment's checklist has settled: owners, who is called, the way back.

    Args:
        uow: the transaction.
        sprint_id: whose deployment counts.
    """
    row = deployments.managed(uow, sprint_id)
    if row is None:
        return {}
    accepted = {
        owner.part: uow.name(owner.user_id)
        for owner in deployments.owners(uow, row)
        if owner.accepted_at is not None
    }
    monitoring = {
        "endpoint": say_plain("rollout.governance_endpoint"),
        "alert": say_plain("rollout.governance_alert"),
        "on_call": uow.name(row.on_call) if row.on_call else "",
        "rollback": say_plain(
            "rollout.governance_rollback", seconds=f"{row.rehearsal_ms / 1_000:.1f}"
        )
        if row.rehearsal_ms is not None
        else "",
    }
    plan = uow.sprint(sprint_id).action_plan
    return {
        "owners": accepted,
        "monitoring": {key: words for key, words in monitoring.items() if words},
        "actionability": {"plan": say_plain("rollout.governance_plan")} if plan else {},
    }


def _rehearsed(milliseconds: float | None) -> str:
    if milliseconds is None:
        return ""
    return say_plain("rollout.governance_rollback", seconds=f"{milliseconds / 1_000:.1f}")
