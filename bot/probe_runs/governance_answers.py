"""What the sprint's people have settled: each answer is an acceptance with a day and a proof."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from bot.db.models import Approval
from bot.deployments import queries as deployments
from bot.domain.vocabulary import Decision, Subject
from bot.messages.catalog import say_plain
from bot.probe_runs.acceptances import accepted_in
from bot.unit_of_work import UnitOfWork

Answers = dict[str, dict[str, dict[str, str]]]
"""By section and duty of `probes.governance.answers`: `says`, `who`, `on` and `proof`."""
SETTLES: Final[dict[Subject, tuple[tuple[str, str], ...]]] = {
    Subject.PRIVACY: (
        ("privacy", "purpose"),
        ("privacy", "opt_out"),
        ("privacy", "retention"),
        ("privacy", "personal_data"),
    ),
    Subject.DATA_ACCESS: (("owners", "data"),),
    Subject.LEGAL: (("risk", "classification"),),
    Subject.CHANGE: (("documentation", "change_control"),),
    Subject.PRODUCTION: (("owners", "model"), ("owners", "service")),
    Subject.BUSINESS: (("owners", "outcome"), ("actionability", "plan")),
}
"""What each approved subject answers, in the words of `probes.governance.answers`."""


def answers_of_sprint(uow: UnitOfWork, sprint_id: int) -> Answers:
    """Return who accepted what: by approving it, on the deployment's card, or in writing.

    Args:
        uow: the transaction.
        sprint_id: whose approvals, deployment and acceptances count; later kinds go first.
    """
    answers: Answers = defaultdict(dict)
    for given in (
        _from_approvals(uow, sprint_id),
        _from_deployment(uow, sprint_id),
        accepted_in(uow, sprint_id),
    ):
        for section, answer in given.items():
            answers[section] |= answer
    return dict(answers)


def _accepted(says: str, who: str, on: datetime | None, proof: str) -> dict[str, str]:
    day = on.date().isoformat() if on else ""
    return {"says": says, "who": who, "on": day, "proof": proof}


def _from_approvals(uow: UnitOfWork, sprint_id: int) -> Answers:
    approved = uow.session.scalars(
        select(Approval)
        .where(Approval.sprint_id == sprint_id, Approval.state == Decision.APPROVED.value)
        .order_by(Approval.decided_at)
    )
    answers: Answers = defaultdict(dict)
    for row in approved:
        proof = f"approval {row.number}"
        given = _accepted(row.what, uow.name(row.decided_by), row.decided_at, proof)
        for section, key in SETTLES.get(Subject(row.subject), ()):
            answers[section][key] = given
    return answers


def _from_deployment(uow: UnitOfWork, sprint_id: int) -> Answers:
    """Return what the deployment's checklist has settled: owners, who is called, the way back."""
    row = deployments.managed(uow, sprint_id)
    if row is None:
        return {}
    proof = f"deployment {row.id}"
    owners = {
        owner.part: _accepted("", uow.name(owner.user_id), owner.accepted_at, proof)
        for owner in deployments.owners(uow, row)
        if owner.accepted_at is not None
    }
    return {"owners": owners, "monitoring": _monitoring(uow, row, owners.get("service"), proof)}


def _monitoring(
    uow: UnitOfWork, row: Any, service: dict[str, str] | None, proof: str
) -> dict[str, dict[str, str]]:
    """Return how the deployment is watched, as accepted by who owns its service."""
    if service is None:
        return {}
    figures = {
        "endpoint": say_plain("rollout.governance_endpoint"),
        "alert": say_plain("rollout.governance_alert"),
        "on_call": uow.name(row.on_call) if row.on_call else "",
        "rollback": say_plain(
            "rollout.governance_rollback", seconds=f"{row.rehearsal_ms / 1_000:.1f}"
        )
        if row.rehearsal_ms is not None
        else "",
    }
    return {
        key: {"says": words, "who": service["who"], "on": service["on"], "proof": proof}
        for key, words in figures.items()
        if words
    }
