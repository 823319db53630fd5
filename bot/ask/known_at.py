"""A record as it was known at an hour: what came later is left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from bot.domain.record import Approval, Blocker, SprintRecord


class _Timed(Protocol):
    @property
    def at(self) -> float: ...


T = TypeVar("T", bound=_Timed)


def known_at(record: SprintRecord, hour: float) -> SprintRecord:
    """Return the record as it was known at an hour; deadlines that passed by then have expired.

    Args:
        record: the whole record.
        hour: hours since kickoff; what happened in this very hour is known.
    """
    return replace(
        record,
        ended_at=min(hour, record.ended_at),
        blockers=tuple(_blocker(b, hour) for b in record.blockers if b.raised_at <= hour),
        approvals=tuple(_approval(a, hour) for a in record.approvals if a.requested_at <= hour),
        gates=_until(record.gates, hour),
        deployments=_until(record.deployments, hour),
        rollbacks=_until(record.rollbacks, hour),
        action_plans=_until(record.action_plans, hour),
        findings=_until(record.findings, hour),
        corrections=_until(record.corrections, hour),
        overrides=_until(record.overrides, hour),
        links=_until(record.links, hour),
        owners=_until(record.owners, hour),
        guardrails=_until(record.guardrails, hour),
        answers=_until(record.answers, hour),
    )


def _until(facts: tuple[T, ...], hour: float) -> tuple[T, ...]:
    return tuple(fact for fact in facts if fact.at <= hour)


def _blocker(blocker: Blocker, hour: float) -> Blocker:
    return replace(blocker, history=_until(blocker.history, hour))


def _approval(approval: Approval, hour: float) -> Approval:
    if approval.decided_at is None or approval.decided_at <= hour:
        return approval
    return replace(approval, decision=None, decided_at=None, reason=None, lead_time=None)
