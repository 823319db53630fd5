"""How much was seen: nothing is known until it was.

A phase is *seen* by its gate, by a probe that could look, or by a verified deployment. It is
*touched* by a blocker, a request or a claimed deployment, and *passed* when a later phase was seen.
What is neither was not reached, and an answer that needs it rests on thin evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.record import Phase, SprintRecord
from bot.domain.verdict.findings import could_look, phase_of
from bot.domain.verdict.model import Cause, Critical
from bot.domain.verdict.obstacles import is_deployed, is_verified_live

_HALF: Final = 0.5
_ENOUGH_BLOCKERS: Final = 3


class EvidenceLevel(StrEnum):
    """How much of what an answer needs was seen."""

    STRONG = "strong"
    PARTIAL = "partial"
    THIN = "thin"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer rests on.

    Args:
        level: how much of it was seen.
        phases: the phases that were seen, by key.
        probes: the probes that looked, as "quality of crm".
    """

    level: EvidenceLevel
    phases: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()


def known_phases(record: SprintRecord) -> frozenset[str]:
    """Return the phases whose end somebody saw, or that lie before one that went well."""
    best = {phase.key for phase in record.phases if _went_well(phase, record)}
    last = max((at for at, phase in enumerate(record.phases) if phase.key in best), default=-1)
    return seen_phases(record) | {phase.key for phase in record.phases[: last + 1]}


def _went_well(phase: Phase, record: SprintRecord) -> bool:
    return any(
        gate.phase == phase.key and gate.scenario in phase.scenarios[:1] for gate in record.gates
    )


def seen_phases(record: SprintRecord) -> frozenset[str]:
    """Return the phases whose end somebody saw.

    A verified deployment shows them all, and so does one that somebody had to roll back.
    """
    if record.rollbacks or any(deployment.verified for deployment in record.deployments):
        return frozenset(phase.key for phase in record.phases)
    probed = {phase_of(finding, record) for finding in record.findings if could_look(finding)}
    # A governance probe looks at papers; only going live, or its gate, shows the last phase.
    return frozenset({gate.phase for gate in record.gates} | (probed - {record.phases[-1].key}))


@dataclass(frozen=True, slots=True)
class ReachedPhases:
    """How far a sprint came, phase by phase; keys in the playbook's order.

    Args:
        phases: all phases.
        seen: those whose end was seen.
        touched: those in which something was recorded.
        shown: those of which more is known than that somebody wrote a record in their hours.
        probes: the probes that could look, as "quality of crm".
    """

    phases: tuple[str, ...]
    seen: tuple[str, ...]
    touched: tuple[str, ...]
    shown: tuple[str, ...]
    probes: tuple[str, ...]

    @property
    def passed(self) -> tuple[str, ...]:
        """The phases before the last one that was seen."""
        last = max((self.phases.index(key) for key in self.seen), default=-1)
        return self.phases[: last + 1]

    @property
    def reached(self) -> tuple[str, ...]:
        """The phases that were seen, touched or passed."""
        known = {*self.seen, *self.touched, *self.passed}
        return tuple(key for key in self.phases if key in known)

    @property
    def unreached(self) -> tuple[str, ...]:
        """The phases of which nothing is known."""
        return tuple(key for key in self.phases if key not in self.reached)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The phases whose end nobody saw."""
        return tuple(key for key in self.phases if key not in self.seen)

    def level_for(self, phases: Collection[str], *, told: bool) -> EvidenceLevel:
        """Return how well a question is covered that any of these phases speaks to.

        Args:
            phases: their keys.
            told: whether somebody wrote down something that the question is about.
        """
        if any(key in self.seen for key in phases):
            return EvidenceLevel.STRONG
        known = told or any(key in (*self.shown, *self.passed) for key in phases)
        return EvidenceLevel.PARTIAL if known else EvidenceLevel.THIN


def reached_by(record: SprintRecord) -> ReachedPhases:
    """Return how far a sprint came."""
    keys = tuple(phase.key for phase in record.phases)
    seen = seen_phases(record)
    shown = {
        *(phase_of(finding, record) for finding in record.findings if could_look(finding)),
        *([keys[-1]] if record.deployments else []),
    }
    touched = {
        *shown,
        *(blocker.phase for blocker in record.blockers),
        *(approval.phase for approval in record.approvals),
    }
    probes = dict.fromkeys(
        f"{finding.probe} of {finding.source}" if finding.source else finding.probe
        for finding in sorted(record.findings, key=lambda each: (each.at, each.id))
        if could_look(finding)
    )
    return ReachedPhases(
        keys,
        tuple(key for key in keys if key in seen),
        tuple(key for key in keys if key in touched),
        tuple(key for key in keys if key in shown),
        tuple(probes),
    )


def evidence_of(
    record: SprintRecord,
    causes: Sequence[Cause],
    critical: Critical | None,
    reasons: Iterable[EvidenceLevel],
) -> dict[str, Evidence]:
    """Return for every answer what it rests on.

    Args:
        record: the sprint.
        causes: what is in the way.
        critical: what is on the critical path.
        reasons: how well each of question 5's four reasons is covered.
    """
    reached = reached_by(record)
    whole = _covered(reached)
    assumed = any(not cause.days_stated for cause in causes)
    timed = EvidenceLevel.PARTIAL if assumed and whole is EvidenceLevel.STRONG else whole
    named = critical is None or critical.cause.days_stated
    should = weakest((*reasons, _criteria(record)))
    levels = {
        "deployed": _deployed(record),
        "unlimited_resources": whole,
        "critical_path": whole if named else weakest((whole, EvidenceLevel.PARTIAL)),
        "timeline": timed,
        "thirty_days": timed,
        "should_do_ai": should,
        "path": weakest((whole, should)),
        "surprise": _surprise(record),
    }
    return {
        answer: Evidence(level, reached.reached, reached.probes) for answer, level in levels.items()
    }


def _criteria(record: SprintRecord) -> EvidenceLevel:
    unconfirmed = any(answer.met is None for answer in record.criteria)
    return EvidenceLevel.PARTIAL if unconfirmed else EvidenceLevel.STRONG


def _covered(reached: ReachedPhases) -> EvidenceLevel:
    if len(reached.seen) == len(reached.phases):
        return EvidenceLevel.STRONG
    share = len(reached.reached) / len(reached.phases)
    return EvidenceLevel.PARTIAL if share >= _HALF else EvidenceLevel.THIN


def _deployed(record: SprintRecord) -> EvidenceLevel:
    claimed = is_deployed(record) and not is_verified_live(record)
    return EvidenceLevel.THIN if claimed else EvidenceLevel.STRONG


def _surprise(record: SprintRecord) -> EvidenceLevel:
    if not any(record.expected.values()) or not record.blockers:
        return EvidenceLevel.THIN
    many = len(record.blockers) >= _ENOUGH_BLOCKERS
    return EvidenceLevel.STRONG if many else EvidenceLevel.PARTIAL


def weakest(levels: Iterable[EvidenceLevel]) -> EvidenceLevel:
    """Return the weakest of some levels; strong where there is none."""
    order = list(EvidenceLevel)
    return max(levels, key=order.index, default=EvidenceLevel.STRONG)
