"""Stretches of time in which something never occurs that occurs all along before and after.

Numbers that are zero throughout were not counted then, times at midnight lost their clock, and
days of the week without a row are no longer delivered. One stretch alone tells: what comes and
goes with the seasons does so again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.sentences import say
from probes.quality.view import View, day_of, half_a_digit

if TYPE_CHECKING:
    from probes.quality.view import Flags

ROWS_LEAST = 240
STRETCH_LEAST = 0.02
STRETCH_MOST = 0.9
EXPECTED_LEAST = 20.0
"""So many rows of the kind were to be expected in the stretch that none comes by chance never."""
TIMES_LONGER = 3
STEADY = 0.5
MIDNIGHT_MOST = 0.3
ZEROS_LEAST = 0.2
BETWEEN_MOST = 0.15
OF_ONE_VALUE = 0.7
USUAL_MOST = 0.3
"""Of a batch so many rows have one value of a column, which so few have at other times."""
"""A season of zeros is longer than this part of the time, and has no edge."""
SAMPLED_WHOLE = 1.05
STEPS_OF_MANY = 40
STRAIGHT_LEAST, EVEN_MOST = 12, 0.2
WEEKEND = 5
WEEKEND_LEAST = 0.08
DAYS_LEAST = 42
DAYS_APART = 3
"""Days further apart, as firsts of months, fall on a weekend as the calendar has it."""


class LoneStretch(NamedTuple):
    """Rows, in the order of time, from the first up to the one before the last."""

    first: int
    last: int


def stretch_findings(view: View) -> Iterator[Finding]:
    """Say in which stretch of time a column is zero, a clock is lost or a weekend lacks rows."""
    if view.clock is None or len(view.in_time) < ROWS_LEAST:
        return
    yield from _weekends(view, view.clock)
    yield from _midnights(view, view.clock)
    whole = view.scale <= SAMPLED_WHOLE
    apart = {view.roles.target, view.panel, view.clock, *view.keys, *view.times, *view.calendar}
    for name in (one for one in view.numbers if one not in apart):
        yield from _zeros(view, name)
        yield from _straight(view, name) if view.panel is None and whole else ()


def _weekends(view: View, clock: str) -> Iterator[Finding]:
    moments = view.moment(clock).loc[view.in_time]
    on = (moments.dt.day_of_week >= WEEKEND).to_numpy()
    daily = moments.dt.floor("D").drop_duplicates().diff().dt.days.median() <= DAYS_APART
    found = lone_stretch(on) if daily and on.mean() >= WEEKEND_LEAST else None
    if found and (moments.iloc[found.last - 1] - moments.iloc[found.first]).days >= DAYS_LEAST:
        yield _told(view, clock, found, say("no_weekend_rows"))


def _midnights(view: View, clock: str) -> Iterator[Finding]:
    moments = view.moment(clock).loc[view.in_time]
    timed = (moments != moments.dt.floor("D")).to_numpy()
    found = lone_stretch(timed) if timed.mean() >= 1 - MIDNIGHT_MOST else None
    if found and found.last < len(timed):  # one that lasts to the end is another form
        yield _told(view, clock, found, say("no_time_of_day"))


def _zeros(view: View, name: str) -> Iterator[Finding]:
    import numpy as np

    values = view.number(name)[view.sample.index.get_indexer(view.in_time)]
    if not np.isfinite(values).all() or (values == 0).mean() < ZEROS_LEAST:
        return
    found = lone_stretch(values != 0)
    at_an_end = found and (found.first == 0 or found.last == len(values))
    short = found and found.last - found.first <= BETWEEN_MOST * len(values)
    if found and (at_an_end or short) and not _is_batch(view, found):
        yield _told(view, name, found, say("only_zeros"))


def _straight(view: View, name: str) -> Iterator[Finding]:
    """Find a stretch in which a reading moves in equal steps, as one that was filled in does."""
    import numpy as np

    values = view.number(name)[view.sample.index.get_indexer(view.in_time)]
    if len(np.unique(values)) < STEPS_OF_MANY:
        return
    slack = 2.1 * half_a_digit(values[np.isfinite(values)]) + 1e-9
    steps = np.diff(values)
    even = (np.abs(np.diff(steps)) <= slack) & (np.abs(steps[1:]) > slack / 2)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], even.astype(np.int8), [0]))))
    lengths = edges[1::2] - edges[::2]
    if not len(lengths) or even.mean() > EVEN_MOST:
        return
    at = int(lengths.argmax())
    second = int(np.delete(lengths, at).max(initial=0))
    if lengths[at] >= max(STRAIGHT_LEAST, TIMES_LONGER * second):
        found = LoneStretch(int(edges[2 * at]), int(edges[2 * at + 1]) + 2)
        yield _told(view, name, found, say("equal_steps"))


def _is_batch(view: View, found: LoneStretch) -> bool:
    """Whether nearly all rows of a stretch are of one place or owner, who has few others."""
    import numpy as np

    places = view.sample.index.get_indexer(view.in_time)
    for name in view.categories:
        of_row = view.codes(name).of_row[places]
        inside = of_row[found.first : found.last]
        rest = np.concatenate((of_row[: found.first], of_row[found.last :]))
        value = int(np.argmax(np.bincount(inside + 1))) - 1
        if (inside == value).mean() >= OF_ONE_VALUE and (rest == value).mean() <= USUAL_MOST:
            return True
    return False


def lone_stretch(occurs: Flags) -> LoneStretch | None:
    """Return the only long stretch in which something never occurs, though it does around it.

    Args:
        occurs: for each row, in the order of time, whether it does.
    """
    import numpy as np

    size, seen = len(occurs), np.flatnonzero(occurs)
    if len(seen) < EXPECTED_LEAST:
        return None
    edges = np.concatenate(([-1], seen, [size]))
    lengths = np.diff(edges) - 1
    longest = int(lengths.argmax())
    first, last = int(edges[longest]) + 1, int(edges[longest + 1])
    length = last - first
    second = int(np.partition(lengths, -2)[-2])
    usual = len(seen) / (size - length)
    if not STRETCH_LEAST * size <= length <= STRETCH_MOST * size:
        return None
    if usual * length < EXPECTED_LEAST or length < TIMES_LONGER * second:
        return None
    near = max(1, min(length, size - length) // 2)
    sides = [occurs[max(0, first - near) : first], occurs[last : last + near]]
    # What grows slowly from nothing, or fades away, is no stretch with an edge.
    sudden = all(side.mean() >= STEADY * usual for side in sides if len(side))
    return LoneStretch(first, last) if sudden else None


def _told(view: View, name: str, found: LoneStretch, what: str) -> Finding:
    moments = view.moment(str(view.clock)).loc[view.in_time]
    begins, ends = moments.iloc[found.first], moments.iloc[found.last - 1]
    return coded_finding(
        FindingLevel.SLOWS,
        "odd_stretch",
        column=name,
        rows=view.rows(found.last - found.first),
        words={"what": what, "day": day_of(begins), "until": day_of(ends)},
    )
