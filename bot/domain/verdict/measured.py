"""What was measured about a wait counts before what somebody said of it."""

from __future__ import annotations

from typing import Final, NamedTuple

from bot.domain.record import Blocker, MeasuredWait
from bot.domain.verdict import texts, wording
from bot.reading.ranges import DayRange

OVER: Final = DayRange(0.1, 0.25, 0.5)
"""Days left of a wait that has ended: somebody still has to pick up what was granted."""
LEFT_LEAST: Final = 0.1
"""Of a wait that goes on, this part of what was said is left at least."""
OVERDUE: Final = (0.1, 0.35, 1.0)
"""A wait longer than was said goes on for these parts of what it took so far.

For a log-normal ratio of actual to quoted with the playbook's spread, the median of what is left at
one to three times the quote is about a third of the time passed.
"""
_HOURS_A_DAY: Final = 24.0


class Left(NamedTuple):
    """What is left of a measured wait.

    Args:
        days: from the record's end.
        words: quoted and measured, for people.
        refused: it ended with a no.
    """

    days: DayRange | None
    words: str
    refused: bool


def left_of(
    blocker: Blocker, quoted: DayRange | None, assumed: DayRange, ended_at: float
) -> Left | None:
    """Return what is left of the wait that a blocker is, by what was measured; None for nothing.

    Args:
        blocker: with what was measured of it.
        quoted: how long somebody said that it takes; None where nobody did.
        assumed: how long the playbook takes it to take.
        ended_at: the hour that the record ends.
    """
    wait = _telling(blocker.measured)
    if wait is None:
        return None
    until = ended_at if wait.ended_at is None else wait.ended_at
    passed = max((until - wait.asked_at) / _HOURS_A_DAY, 0.0)
    words = _words(wait, blocker.lead_time if quoted else None, passed)
    if wait.ended_at is not None:
        return Left(None if wait.refused else OVER, words, wait.refused)
    return Left(_remaining(quoted or assumed, passed, _to_meeting(wait, ended_at)), words, False)


def _telling(measured: tuple[MeasuredWait, ...]) -> MeasuredWait | None:
    """Return the wait that counts: one that goes on, else one that was refused, the longest."""
    return max(
        measured,
        key=lambda each: (each.ended_at is None, each.refused, -each.asked_at, each.source),
        default=None,
    )


def _to_meeting(wait: MeasuredWait, ended_at: float) -> float:
    """Return the days until the meeting that decides; 0 where none is known."""
    if wait.meets_at is None:
        return 0.0
    return max((wait.meets_at - ended_at) / _HOURS_A_DAY, 0.0)


def _remaining(stated: DayRange, passed: float, to_meeting: float) -> DayRange:
    if passed >= stated.high and not stated.indefinite:
        low, mode, high = (part * passed for part in OVERDUE)
        left = DayRange(low, mode, high)
    else:
        least = LEFT_LEAST * stated.mode
        left = DayRange(
            max(stated.low - passed, LEFT_LEAST * least),
            max(stated.mode - passed, least),
            max(stated.high - passed, least),
            stated.indefinite,
        )
    low, mode, high = (max(each, to_meeting) for each in (left.low, left.mode, left.high))
    return DayRange(low, mode, high, left.indefinite)


def _words(wait: MeasuredWait, quoted: str | None, passed: float) -> str:
    key = "measured_so_far" if wait.ended_at is None else "measured_over"
    if wait.refused:
        key = "measured_refused"
    sentence = texts.say(key, days=wording.say_days(passed), source=wait.source)
    return texts.say("measured_quoted", quoted=quoted, measured=sentence) if quoted else sentence
