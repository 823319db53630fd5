"""How long something waited, from what outside systems said about it: facts in any order, doubled.

An interval is a pure function of a set of facts, so a webhook that comes twice, late or beside a
poll changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final


class FactKind(StrEnum):
    """What an outside system says happened to a ticket, a pull request, a deployment or a grant."""

    OPENED = "opened"
    STATE = "state"
    ASSIGNED = "assigned"
    REVIEW_REQUESTED = "review_requested"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    PIPELINE = "pipeline"
    DEPLOYMENT = "deployment"
    HELD = "held"
    ACCESS = "access"
    MEETING = "meeting"
    MOVED = "moved"
    SEEN = "seen"


class WaitStatus(StrEnum):
    """Whether the wait goes on after a fact; where it does not, how it ended."""

    WAITING = "waiting"
    REFUSED = "refused"
    DONE = "done"


_TELL_NO_WAIT: Final = frozenset({FactKind.MEETING, FactKind.MOVED, FactKind.SEEN})
_GRAVITY: Final = {WaitStatus.WAITING: 0, WaitStatus.REFUSED: 1, WaitStatus.DONE: 2}
"""Of facts of one second the later one here counts, whatever order they came in."""


@dataclass(frozen=True, slots=True)
class SystemEvent:
    """One event of an outside system.

    Args:
        subject: what it is about, by its key: "SEC-114", "acme/shop#12", "crm.customers".
        kind: what happened.
        at: when it happened, by that system's own clock; aware.
        value: the state, the assignee or the result, as the system calls it.
        standing: whether the wait goes on; None where the fact does not tell.
        link: where a person can see it.
        title: what the subject is called there.
    """

    subject: str
    kind: FactKind
    at: datetime
    value: str = ""
    standing: WaitStatus | None = None
    link: str = ""
    title: str = ""

    @property
    def key(self) -> str:
        """What makes two facts the same one, to the second: their content, not their delivery."""
        at = self.at.astimezone(UTC).replace(microsecond=0).isoformat()
        parts = "\x1f".join((self.subject, self.kind, at, self.value, self.standing or ""))
        return hashlib.sha256(parts.encode()).hexdigest()


HOLD_PARTS: Final = "\t"


def held_by_branch(branch: str, given: int | None = None, needed: int | None = None) -> str:
    """Return how a fact spells that a protected branch holds a merge; with its approvals."""
    known = given is not None and needed is not None
    return HOLD_PARTS.join(
        ("branch", branch, str(given) if known else "", str(needed) if known else "")
    )


def held_by_environment(environment: str, reviewers: Iterable[str] = ()) -> str:
    """Return how a fact spells that a protected environment holds a run or a deployment."""
    return HOLD_PARTS.join(("environment", environment, ", ".join(reviewers), ""))


@dataclass(frozen=True, slots=True)
class WaitInterval:
    """How long a subject waited.

    Args:
        opened_at: when the wait began.
        ended_at: when it ended; None while it goes on.
        standing: how it stands.
        state: what the system calls its state; empty where it says none.
        assignee: who has it there; None where nobody.
        held: the rule that holds it, as `held_by_branch` or `held_by_environment` spell it; empty
            where none does.
    """

    opened_at: datetime
    ended_at: datetime | None
    standing: WaitStatus
    state: str = ""
    assignee: str | None = None
    held: str = ""

    def days(self, now: datetime) -> float:
        """Return the days it waited until it ended, or so far."""
        return max((self.ended_at or now) - self.opened_at, timedelta()) / timedelta(days=1)


def interval_of(facts: Iterable[SystemEvent]) -> WaitInterval | None:
    """Return how long a subject waited, by all facts about it; None where they tell no wait."""
    ordered = sorted(set(facts), key=_order)
    relevant = [fact for fact in ordered if fact.kind not in _TELL_NO_WAIT]
    if not relevant:
        return None
    opened = [fact.at for fact in relevant if fact.kind is FactKind.OPENED]
    standings = [fact for fact in relevant if fact.standing is not None]
    last = standings[-1] if standings else None
    standing = last.standing if last and last.standing else WaitStatus.WAITING
    ended = None if last is None or standing is WaitStatus.WAITING else _ended(standings)
    assigned = [fact.value for fact in relevant if fact.kind is FactKind.ASSIGNED]
    states = [fact.value for fact in relevant if fact.kind is FactKind.STATE and fact.value]
    holds = [fact.value for fact in relevant if fact.kind is FactKind.HELD]
    begin = min(opened) if opened else relevant[0].at
    return WaitInterval(
        begin if ended is None else min(begin, ended),
        ended,
        standing,
        states[-1] if states else "",
        (assigned[-1] or None) if assigned else None,
        holds[-1] if holds and ended is None else "",
    )


def _ended(standings: list[SystemEvent]) -> datetime:
    """Return when the last stretch of ends began: "closed" after "resolved" ended with the first.

    A merge after an approval of the same standing, or a second delivery of the end, moves nothing.
    """
    ended = standings[-1].at
    for fact in reversed(standings):
        if fact.standing is not standings[-1].standing:
            break
        ended = fact.at
    return ended


def _order(fact: SystemEvent) -> tuple[datetime, int, int, str, str]:
    gravity = _GRAVITY[fact.standing] if fact.standing else -1
    at = fact.at.astimezone(UTC).replace(microsecond=0)
    is_later = 0 if fact.kind is FactKind.OPENED else 1
    return at, is_later, gravity, fact.kind, fact.value
