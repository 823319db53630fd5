"""Whether what a line tells of is over by now, or has been broken for some time."""

from __future__ import annotations

from bot.reading.durations import durations
from bot.reading.hits import hits
from bot.reading.place import anywhere


def says_over(folded: str) -> bool:
    """Whether a line says that something is over, and nothing that takes it back.

    What stands behind the last "but" counts: "it took weeks but it is signed" is over, "it is
    signed but legal waits" is not.
    """
    turns = hits("turns", folded)
    now = folded[turns[-1][1] :] if turns else folded
    return bool(anywhere("is_over").search(now)) and not anywhere("not_over").search(now)


def is_broken_since(folded: str) -> bool:
    """Whether a line calls something broken and gives a length: "down for 3 days"."""
    return bool(hits("broken", folded)) and any(True for _ in durations(folded))
