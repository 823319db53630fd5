"""What series of readings hide: stuck sensors, meters that fall back, gaps, new intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, figure, found, graded, shown
from probes.quality.rhythms import rhythm_findings
from probes.quality.sentences import say
from probes.quality.view import View, day_of, half_a_digit, since
from probes.sources import ColumnFamily

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Floats

Series = tuple[Any, "pd.Index[int]"]
"""Whose readings they are, and their rows in the order of time."""

LEAST = 60
SAMPLED_WHOLE = 1.05
RUN_LEAST = 12
RUN_UNEVEN = 25
"""Events, unlike readings at a steady pace, may well repeat a value a few times."""
DAY_SECONDS = 86_400
SERIES_LEAST = 5
SILENT = 0.08
SILENT_MOST = 0.3
"""Series that end in this last part of the time are silent; more of them were told elsewhere."""


def series_findings(view: View) -> Iterator[Finding]:
    """Say what is odd about readings in the order of time."""
    if view.clock is None or len(view.in_time) < LEAST:
        return
    if view.scale <= SAMPLED_WHOLE:
        series = list(view.series())
        if len(series) > 0:
            yield from _stuck(view, series)
            yield from _counters(view, series)
            yield from _intervals(view, series)
            yield from _twins(view)
            yield from _silent(view, series)
    yield from rhythm_findings(view)


def _silent(view: View, series: list[Series]) -> Iterator[Finding]:
    """Find series that end long before the others, where all reported steadily until then."""
    if view.panel is None or len(series) < SERIES_LEAST:
        return
    at = view.moment(view.clock or "")
    moments = [at.loc[rows].drop_duplicates() for _, rows in series]
    end = max(one.iloc[-1] for one in moments)
    span = end - min(one.iloc[0] for one in moments)
    silent = [
        one for one in moments if end - one.iloc[-1] > max(span * SILENT, 3 * one.diff().max())
    ]
    seen = len(moments)
    if 0 < len(silent) <= SILENT_MOST * seen:
        last = day_of(max(one.iloc[-1] for one in silent))
        sentence = say(
            "silent_since", silent=len(silent), seen=seen, entity=shown(view.panel), day=last
        )
        evidence = {"reporting": seen - len(silent), "seen": seen, "since": last}
        yield found(FindingLevel.NOTE, "entities_silent", sentence, evidence, column=view.panel)


def _whose(view: View, count: int) -> str:
    return "" if view.panel is None else say("values", count=count, panel=shown(view.panel))


def _stuck(view: View, series: list[Series]) -> Iterator[Finding]:
    """Find runs of one value far longer than the series' own habit of repeating makes likely."""
    for name in view.numbers:
        if name in (view.panel, view.roles.target):
            continue
        frozen, flat = _runs(view, series, name)
        most = max(1, 0.6 * len(series))
        if 0 < len(frozen) <= most:
            first = min(frozen)
            yield coded_finding(
                FindingLevel.SLOWS,
                "frozen_value",
                column=name,
                where=since(view, first),
                words={"day": day_of(first), "where_words": _whose(view, len(frozen))},
                series=len(frozen),
            )
        elif 0 < len(flat) <= most:
            length, first = max(flat, key=lambda one: one[0])
            yield coded_finding(
                FindingLevel.SLOWS,
                "flat_line",
                column=name,
                rows=sum(size for size, _ in flat),
                where=since(view, first),
                words={"day": day_of(first), "where_words": _whose(view, len(flat))},
                count=length,
                series=len(flat),
            )


def _runs(
    view: View, series: list[Series], name: str
) -> tuple[list[pd.Timestamp], list[tuple[int, pd.Timestamp]]]:
    """Return when series froze until their end, and the length and start of stretches within."""
    frozen: list[pd.Timestamp] = []
    flat: list[tuple[int, pd.Timestamp]] = []
    at = view.moment(view.clock or "")
    for part, kept in _readings(view, series, name):
        found = longest_odd_run(part) or _straight(part)
        if found is None or (found[1] < RUN_UNEVEN and _pace(at.loc[kept]) is None):
            continue
        start, length = found
        moment = at.loc[kept[start]]
        if start + length >= len(part) and length >= 0.03 * len(part):
            frozen.append(moment)
        else:
            flat.append((length, moment))
    return frozen, flat


def _readings(
    view: View, series: list[Series], name: str
) -> Iterator[tuple[Floats, pd.Index[int]]]:
    """Yield a column's numbers of each series that has enough, and their rows."""
    import numpy as np

    values = view.number(name)
    for _, rows in series:
        part = values[view.sample.index.get_indexer(rows)]
        keep = np.isfinite(part)
        if keep.sum() >= LEAST:
            yield part[keep], rows[keep]


def longest_odd_run(values: Floats) -> tuple[int, int] | None:
    """Return start and length of a run of one value that the rest of the series makes unlikely.

    A value that the series takes often anyway, such as no rain, is no run.
    """
    import numpy as np

    same = np.diff(values) == 0
    if len(np.unique(values)) < 10:
        return None
    edges = np.flatnonzero(np.concatenate([[True], ~same, [True]]))
    lengths = np.diff(edges)
    longest = int(np.argmax(lengths))
    length, start = int(lengths[longest]), int(edges[longest])
    if length < RUN_LEAST:
        return None
    rest = np.delete(values, slice(start, start + length))
    if len(rest) < 30 or (rest == values[start]).mean() > 0.05 or len(np.unique(rest)) < 10:
        return None
    others = np.delete(lengths, longest)
    repeats = float((others - 1).sum() / max(1, len(rest) - 1))
    expected = np.log(len(values)) / -np.log(max(repeats, 0.02)) if repeats < 1 else np.inf
    usual = int(others.max()) if len(others) else 1
    return (start, length) if length >= max(RUN_LEAST, 3 * expected, 3 * usual) else None


def _straight(values: Floats) -> tuple[int, int] | None:
    """Return start and length of a stretch that runs straight up or down, as one filled in does."""
    import numpy as np

    unit = 2 * half_a_digit(values)
    bends = np.abs(np.diff(values, 2)) <= 2.2 * unit
    moves = np.abs(np.diff(values))[:-1] > unit
    edges = np.flatnonzero(np.concatenate([[True], ~(bends & moves), [True]]))
    lengths = np.diff(edges) - 1
    if not len(lengths) or bends.mean() > 0.5 or unit <= 0:
        return None
    longest = int(np.argmax(lengths))
    length = int(lengths[longest])
    others = np.delete(lengths, longest)
    usual = int(others.max()) if len(others) else 0
    return (int(edges[longest]), length) if length >= max(RUN_UNEVEN, 4 * usual) else None


def _counters(view: View, series: list[Series]) -> Iterator[Finding]:
    """Find what only ever rises, and falls back to near its start."""
    import numpy as np

    at = view.moment(view.clock or "")
    for name in (one for one in view.numbers if one not in view.calendar):
        counters, falls = 0, []
        for part, kept in _readings(view, series, name):
            steps = np.diff(part)
            down = np.flatnonzero(steps < 0)
            if (steps > 0).mean() < 0.5 or len(down) > max(1, 0.02 * len(steps)):
                continue
            counters += 1
            usual = float(np.median(steps[steps > 0]))
            least = max(20 * usual, 0.25 * float(np.ptp(part)))
            falls += [at.loc[kept[int(n) + 1]] for n in down if -steps[n] > least]
        if falls and counters >= 0.6 * len(series):
            whose = "" if view.panel is None else f", by {shown(view.panel)}"
            yield coded_finding(
                FindingLevel.SLOWS,
                "counter_reset",
                column=name,
                where=since(view, min(falls)),
                words={"day": day_of(min(falls)), "where_words": whose},
                count=len(falls),
            )


def _seconds(moments: pd.Series) -> Floats:
    import numpy as np

    return np.asarray(moments.astype("datetime64[s]").astype("int64"), dtype=np.float64)


@dataclass(frozen=True)
class SamplingPace:
    """A series' steps in seconds: the usual one at first and in the end, and overall."""

    moments: pd.Series
    steps: Floats
    early: float
    late: float
    usual: float

    @property
    def changed(self) -> bool:
        """Whether the interval is another one in the end."""
        faster = max(self.early, self.late) >= 1.8 * min(self.early, self.late)
        return faster and not _calendar(self.early, self.late)

    @property
    def when(self) -> pd.Timestamp:
        """The moment that parts the early pace from the late one best."""
        import numpy as np

        is_early = np.abs(self.steps - self.early) <= 0.05 * self.early
        cut = int(np.argmax(np.cumsum(np.where(is_early, 1, -1))))
        found: pd.Timestamp = self.moments.iloc[min(cut + 1, len(self.moments) - 1)]
        return found


def _intervals(view: View, series: list[Series]) -> Iterator[Finding]:
    """Find a regular series whose interval changes, and stretches that are missing from one."""
    clock = view.clock or ""
    paces = [pace for _, rows in series if (pace := _pace(view.moment(clock).loc[rows]))]
    changed = [pace for pace in paces if pace.changed]
    if changed:
        pace = changed[0]
        most = len(changed) >= 0.5 * len(paces)
        facts = {"before": _span(pace.early), "after": _span(pace.late), "day": day_of(pace.when)}
        facts["where_words"] = "" if most else _whose(view, len(changed))
        yield coded_finding(
            FindingLevel.SLOWS if most else FindingLevel.NOTE,
            "interval_changed",
            column=clock,
            where=since(view, pace.when),
            words=facts,
        )
    # Days without rows of a typed column are counted over the whole table elsewhere.
    typed = view.facts.columns[clock].column.family is ColumnFamily.TIME
    longest = DAY_SECONDS if typed else 8 * DAY_SECONDS
    steady = [one for one in paces if one.early == one.late and one.usual < longest]
    yield from _missing(clock, steady)


def _pace(moments: pd.Series) -> SamplingPace | None:
    """Return a series' pace; nothing where it has none."""
    import numpy as np

    moments = moments.drop_duplicates()
    steps = np.diff(_seconds(moments))
    if len(steps) < LEAST:
        return None
    ends = [steps[: len(steps) // 8], steps[-(len(steps) // 8) :]]
    early, late = (float(np.median(part)) for part in ends)
    usual = float(np.median(steps))
    if min(early, late, usual) <= 0:
        return None
    regular = [
        float(np.mean(np.abs(part - middle) <= 0.05 * middle))
        for part, middle in zip(ends, (early, late), strict=True)
    ]
    return SamplingPace(moments, steps, early, late, usual) if min(regular) >= 0.8 else None


def _missing(clock: str, paces: list[SamplingPace]) -> Iterator[Finding]:
    import numpy as np

    missing = longest = 0.0
    first: pd.Timestamp | None = None
    for pace in paces:
        wide = pace.steps >= 3 * pace.usual
        if not 0 < wide.mean() <= 0.02:
            continue
        missing += float((pace.steps[wide] / pace.usual - 1).sum())
        longest = max(longest, float(pace.steps[wide].max()))
        first = first or pace.moments.iloc[int(np.argmax(wide))]
    if first is not None:
        yield coded_finding(
            graded(longest, slows=DAY_SECONDS / 6),
            "series_gaps",
            column=clock,
            words={"longest_words": _span(longest), "day": day_of(first)},
            missing=round(missing),
            longest_seconds=round(longest),
        )


def _calendar(early: float, late: float) -> bool:
    """Whether both are months, quarters or years, whose lengths differ anyway."""
    return min(early, late) >= 27 * DAY_SECONDS and max(early, late) < 1.2 * min(early, late)


def _span(seconds: float) -> str:
    for size, word in ((DAY_SECONDS, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds")):
        if seconds >= size:
            count = seconds / size
            return f"{figure(count)} {word[:-1] if count == 1 else word}"
    return f"{figure(seconds)} seconds"


def _twins(view: View) -> Iterator[Finding]:
    """Find two rows of one series at one moment, where that is rare; events may share one."""
    clock = view.clock or ""
    keys = [clock] if view.panel is None else [view.panel, clock]
    frame = view.sample[keys].dropna()
    if len(frame) < 200:
        return
    twins = frame.duplicated()
    share = float(twins.mean())
    copies = view.sample.loc[frame.index].duplicated()
    different = int((twins & ~copies).sum())
    if 0 < share <= 0.08 and different and view.moment(clock).nunique() >= 50:
        steady = any(_pace(view.moment(clock).loc[rows]) for _, rows in view.series())
        yield coded_finding(
            graded(share, slows=0.002) if steady else FindingLevel.NOTE,
            "time_twins",
            column=clock,
            others=keys[:-1],
            rows=view.rows(different),
            share=round(share, 5),
        )
