"""What a record holds about going live: deployments, their owners, guardrails and rollbacks.

Every time in them is in hours since kickoff, as in the record. Services and the story reader share
the transitions of a deployment that runs elsewhere; `bot.domain.rollout` has those of our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from bot.domain.enums import DeploymentState
from bot.domain.vocabulary import GuardrailOutcome, Kind, OwnedPart

Moment = TypeVar("Moment", float, datetime)


def claim(percent: float) -> DeploymentState | None:
    """Return the state of a deployment that somebody says is live; None where it gets no share.

    Args:
        percent: of the traffic.
    """
    return DeploymentState.CLAIMED if 0 < percent <= 100 else None


def is_live(deployed_at: Moment, rolled_back_at: Moment | None) -> bool:
    """Return whether a deployment can be rolled back: it was made after the last rollback."""
    return rolled_back_at is None or deployed_at > rolled_back_at


@dataclass(frozen=True, slots=True)
class LiveMeasures:
    """What was measured while a deployment was live; None where nobody measured it.

    Args:
        hours_live: hours between going live and the rollback, or the record's end.
        calls: predictions answered.
        people: distinct people or things that were served.
        uptime: the share of health checks that passed, 0 to 1.
        alarms: alerts raised.
        alarms_answered: alerts that somebody reacted to.
        rollback_seconds: how long the rehearsed rollback took.
        quality: live quality in words, with its figure.
        effect: the difference to the control group in words, or that it is too small to say.
    """

    hours_live: float | None = None
    calls: int | None = None
    people: int | None = None
    uptime: float | None = None
    alarms: int | None = None
    alarms_answered: int | None = None
    rollback_seconds: float | None = None
    quality: str | None = None
    effect: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """The model went live on a share of the traffic.

    Args:
        id: unique among the record's deployments.
        at: hours since kickoff.
        by: who did it.
        percent: of the traffic.
        permalink: the message it was told in.
        evidence: what shows a deployment that the product did not make: a link, a log, a figure.
        made_here: the product made the deployment and watches it.
        observed: what was measured while it was live.
    """

    id: str
    at: float
    by: str
    percent: float
    permalink: str | None = None
    evidence: str | None = None
    made_here: bool = False
    observed: LiveMeasures | None = None

    @property
    def verified(self) -> bool:
        """Whether more than somebody's word shows the deployment."""
        return self.made_here or bool(self.evidence)

    @property
    def claimed(self) -> bool:
        """Whether somebody's word is all there is."""
        return not self.verified


@dataclass(frozen=True, slots=True)
class Rollback:
    """Every deployment made before it was taken back.

    Args:
        kind: what the reason tells of, as the product suggests it; None where nobody asked it.
    """

    id: str
    at: float
    by: str
    reason: str
    permalink: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Somebody accepted by name to own a part of what goes live."""

    id: str
    part: OwnedPart
    owner: str
    at: float
    by: str
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A limit that was watched after going live, and what came of it."""

    id: str
    name: str
    outcome: GuardrailOutcome
    at: float
    by: str
    permalink: str | None = None
