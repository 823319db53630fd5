"""What happens to timers that are due together: pure rules, for one sprint or for thousands.

An outage and a quiet night are the same case: several prompts are due at once, and the newest one
speaks for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.domain.enums import SprintStatus
from bot.domain.quiet_hours import quiet_end


@dataclass(frozen=True, slots=True)
class TimerPolicy:
    """When a kind of timer may act.

    Args:
        waits_in_quiet_hours: it would ping somebody, so it waits for the end of quiet hours.
        only_while_running: it means nothing before the kickoff or after the sprint has ended.
        newest_speaks: of several that are due only the newest acts, for all of them.
    """

    waits_in_quiet_hours: bool = False
    only_while_running: bool = False
    newest_speaks: bool = False

    def applies(self, status: str) -> bool:
        """Return whether a timer still means something in a sprint of this status."""
        return not self.only_while_running or status == SprintStatus.RUNNING


class DueTimer(Protocol):
    """What the rules read of a timer; rows and tuples both have it."""

    @property
    def kind(self) -> Any:
        """A `TimerKind`, or the kind of a timer that an extension adds."""


T = TypeVar("T", bound=DueTimer)


class QuietSprint(Protocol):
    """What quiet hours are read from."""

    timezone: Any
    quiet_from: Any
    quiet_until: Any


def quiet_until(sprint: QuietSprint, now: datetime) -> datetime | None:
    """Return when a sprint's quiet hours end; None outside of them."""
    return quiet_end(now, sprint.timezone, sprint.quiet_from, sprint.quiet_until)


def steps(due: Sequence[T], policy_of: Callable[[str], TimerPolicy]) -> list[tuple[T, list[T]]]:
    """Return what acts, in the order of time, each with the timers that it speaks for.

    Args:
        due: timers of one sprint, oldest first.
        policy_of: the policy of a kind.
    """
    newest = {timer.kind: timer for timer in due}
    acting = []
    for timer in due:
        if not policy_of(timer.kind).newest_speaks:
            acting.append((timer, [timer]))
        elif timer is newest[timer.kind]:
            acting.append((timer, [each for each in due if each.kind == timer.kind]))
    return acting


def postponed(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a timer that quiet hours held back, so that it can say so later."""
    return {**facts, "quiet": True}
