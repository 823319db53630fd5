"""A sprint's record as it would stand with some of its plan done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.domain.record import Approval, Blocker, BlockerChange, SprintRecord
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.facts import reference_to
from bot.domain.vocabulary import Decision, Resolution


def with_done(record: SprintRecord, references: Collection[str], by: str) -> SprintRecord:
    """Return the record as if what the plan's items are about had been settled at its end.

    Args:
        record: the sprint.
        references: what the done items are about, as `Fix.blocker` names it: a blocker's id, or
            `approval-`, `gate-` and `rollback-` before the id of such a fact, or an action plan's.
        by: whose name stands beside it.
    """
    references = _with_their_causes(record, references)
    return replace(
        record,
        blockers=tuple(
            _fixed(each, record, by) if each.id in references else each for each in record.blockers
        ),
        approvals=tuple(
            _approved(each, record) if f"approval-{each.id}" in references else each
            for each in record.approvals
        ),
        gates=tuple(each for each in record.gates if f"gate-{each.id}" not in references),
        rollbacks=tuple(
            each for each in record.rollbacks if f"rollback-{each.id}" not in references
        ),
        findings=tuple(each for each in record.findings if f"finding-{each.id}" not in references),
        action_plans=tuple(
            replace(each, ready=True) if each.id in references else each
            for each in record.action_plans
        ),
    )


def _with_their_causes(record: SprintRecord, references: Collection[str]) -> set[str]:
    """Return the references and those to everything else that tells of the same causes."""
    done = set(references)
    for cause in causes_of(record):
        told = {reference_to(fact) for fact in cause.records}
        if told & done:
            done |= told
    return done


def _fixed(blocker: Blocker, record: SprintRecord, by: str) -> Blocker:
    change = BlockerChange(at=record.ended_at, by=by, how=Resolution.FIXED)
    return replace(blocker, history=(*blocker.history, change))


def _approved(approval: Approval, record: SprintRecord) -> Approval:
    return replace(approval, decision=Decision.APPROVED, decided_at=record.ended_at)
