"""What a story's events carry: one model an event, named by the key that tells events apart."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import BeforeValidator, Field

from bot.domain.story_fields import Name, StoryModel, Text, Truth, between, rows
from bot.domain.texts import say
from bot.domain.vocabulary import (
    Decision,
    FindingLevel,
    GuardrailOutcome,
    Kind,
    OwnedPart,
    PathFamily,
    Remedy,
    Resolution,
    Severity,
    Subject,
)

MOST_FINDINGS: Final = 200
LEAST_LINKED: Final = 2
LONGEST_DEADLINE: Final = 24 * 365.0
EARLIEST: Final = -24 * 365.0 * 5
LATEST: Final = 24 * 365.0


class Event(StoryModel):
    """What every event has.

    Args:
        at: hours since kickoff.
        by: who did it.
        verb: its first own field, which tells it from other events.
    """

    verb: ClassVar[str]
    at: Annotated[float, between(0, "length")]
    by: Name

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: Any) -> None:
        cls.verb = list(cls.model_fields)[len(Event.model_fields)]

    @property
    def value(self) -> Any:
        """What stands behind the verb: an id, a phase, a subject, percent, a reason."""
        return getattr(self, self.verb)


class Found(StoryModel):
    """One finding of a probe."""

    code: Name
    level: FindingLevel
    says: Text


class Probed(Event):
    """A probe looked at a source."""

    probe: Name
    source: Name = ""
    findings: Annotated[
        tuple[Found, ...],
        rows(MOST_FINDINGS, no_list="must_list", too_many="findings_probe_most"),
    ] = ()


class Raised(Event):
    """A blocker was logged."""

    blocker: Name
    title: Text
    kind: Kind | None = None
    severity: Severity = Severity.STOPS
    remedy: Remedy | None = None
    lead_time: Text | None = None
    family: PathFamily | None = None


_Asked = Annotated[float, between(EARLIEST, "at")]
"""The hour that something was asked for, else the event's; a negative one is before kickoff."""


def _at(before: dict[str, Any]) -> float:
    return float(before.get("at", 0))


class AskedAccess(Event):
    """Access to a source was asked for."""

    ask_access: Name
    source: Name
    asked: _Asked = Field(default_factory=_at)


class Granted(Event):
    """A row of the source can be read now."""

    granted: Name


class WaitOutcome(StrEnum):
    """How a measured wait ended."""

    DONE = "done"
    REFUSED = "refused"


class Measured(Event):
    """What a system says of a ticket."""

    measured: Name
    source: Name
    asked: _Asked = Field(default_factory=_at)
    ended: Annotated[float, between("asked", "at")] | None = None
    outcome: WaitOutcome | None = None
    link: Text | None = None
    meets: Annotated[float, between("at", LATEST)] | None = None


class Requested(Event):
    """Somebody was asked for an approval."""

    request: Subject
    of: Name
    deadline: Annotated[float, between(0, LONGEST_DEADLINE)] | None = None


class Resolved(Event):
    """A blocker was resolved."""

    resolve: Name
    how: Resolution = Resolution.FIXED


class Decided(Event):
    """An approval was decided."""

    decide: Subject
    decision: Decision
    why: Text | None = None
    lead_time: Text | None = None


class Gated(Event):
    """A phase's gate was answered."""

    gate: Name
    scenario: Name
    lead_time: Text | None = None


class Owned(Event):
    """Somebody accepted to own a part of what goes live."""

    owner: OwnedPart
    of: Name


class Deployed(Event):
    """A share of the traffic went to the model."""

    deploy: Annotated[float, between(0, 100)]
    evidence: Text | None = None


class Guarded(Event):
    """What came of a limit that was watched."""

    guardrail: Name
    outcome: GuardrailOutcome


class RolledBack(Event):
    """The model was taken out of the traffic."""

    rollback: Text


class Planned(Event):
    """Whether somebody acts on the model's output."""

    action_plan: Truth


class Answered(Event):
    """An answer to the prompt of an hour; without `hour`, of the event's own."""

    answer: Text
    hour: Annotated[float, between(0, "length")] = Field(default_factory=_at)


class Overridden(Event):
    """The team's written word that a stopping finding does not stop it."""

    override: Name
    why: Text


def _records(values: Any) -> list[Any]:
    if not isinstance(values, list) or len(values) < LEAST_LINKED:
        raise ValueError(say("too_few_records"))
    return values


class SameCause(Event):
    """Records have one cause."""

    same_cause: Annotated[list[Any], BeforeValidator(_records)]


class OtherCause(Event):
    """Records have different causes."""

    not_same_cause: Annotated[list[Any], BeforeValidator(_records)]


EVENTS: Final[dict[str, type[Event]]] = {
    each.verb: each
    for each in (
        *(Probed, Raised, AskedAccess, Granted, Measured, Requested, Resolved, Decided, Gated),
        *(Owned, Deployed, Guarded, RolledBack, Planned, Answered, Overridden),
        *(SameCause, OtherCause),
    )
}
"""What an event can be, in the order in which events of one hour are read."""
