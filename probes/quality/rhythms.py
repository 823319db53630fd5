"""Rhythms of the day and the week that move or stop, and numbers of rows a day that change."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding
from probes.quality.sentences import say
from probes.quality.stretches import stretch_findings
from probes.quality.view import View, day_of, since

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Floats

RHYTHM_STRONG = 0.25
RHYTHM_GONE = 0.3
HOURS = 24
ZONE_ROWS = 400
HOURS_LEAST = 8
HOURS_MOST = 20
SERIES_MOST = 12
HALF_DAY = 43_200
FAR_HOURS = 2
"""Hours by which no opening hours move."""
WHILE_PARTS = 48
WHILE_ROWS = 100
WHILE_LEAST = 12
WHILE_RUN = 2
WHILE_MOST = 0.4
WHILE_GAIN = 0.15
WHILE_ALIKE = 0.8
WHILE_CALM = 0.85
STEP_PARTS = 6
STEP_WANDER = 0.8
BY_CHANCE = 0.5
"""Rows that come by chance spread as the root of their number, though most days hide it."""


def rhythm_findings(view: View) -> Iterator[Finding]:
    """Say which rhythm moved or stopped, and from which day on there are more or fewer rows."""
    moved = list(_zones(view))
    yield from moved
    yield from () if moved else _rhythms(view)
    yield from _volumes(view)
    yield from stretch_findings(view)


def _profile(values: Floats, hours: Any) -> Floats | None:
    """Return the mean of each hour of the day, as a wave around zero; nothing where hours lack."""
    import numpy as np

    counts = np.bincount(hours, minlength=HOURS)
    if (counts < 2).any():
        return None
    means = np.bincount(hours, weights=values, minlength=HOURS) / counts
    wave: Floats = means - means.mean()
    return wave


def _zones(view: View) -> Iterator[Finding]:
    """Find a daily rhythm, of rows or of readings, that moves by whole hours at a moment."""
    for clock in view.times:
        moments = view.moment(clock).dropna().sort_values(kind="stable")
        if (
            len(moments) < 400
            or moments.dt.hour.nunique() < HOURS_LEAST
            or _steps_over_days(moments)
        ):
            continue
        parts = [moments]
        if clock == view.clock and view.panel is not None:
            parts += [moments.loc[rows] for _, rows in view.series(ZONE_ROWS)][:SERIES_MOST]
        for part in parts:
            shift = _shift_of(view, clock, part)
            if shift:
                cut, end, lag = shift
                # Opening hours of a part of the day may well have changed instead.
                whole_day = moments.dt.hour.nunique() >= HOURS_MOST or abs(lag) >= FAR_HOURS
                began, ended = part.iloc[cut], part.iloc[end] if end < len(part) else None
                yield coded_finding(
                    FindingLevel.SLOWS if whole_day else FindingLevel.NOTE,
                    "zone_shift",
                    column=clock,
                    rows=view.rows(end - cut),
                    where=since(view, began) if clock == view.clock and ended is None else None,
                    words={"day": day_of(began), "until": _until(ended)},
                    hours=lag,
                )
                break


def _until(ended: pd.Timestamp | None) -> str:
    return "" if ended is None else say("until_day", day=day_of(ended))


def _shift_of(view: View, clock: str, moments: pd.Series) -> tuple[int, int, int] | None:
    """Return the rows from and up to which rows, or readings, come some hours later, and how many.

    Where it stays so, the last one is the number of rows.
    """
    import numpy as np

    hours = moments.dt.hour.to_numpy()
    waves: list[Floats] = [np.ones(len(hours))]
    for name in view.numbers[:10] if clock == view.clock else []:
        values = view.number(name)[view.sample.index.get_indexer(moments.index)]
        if np.isfinite(values).all() and len(np.unique(values)) > 20:
            waves.append(values)
    for at, values in enumerate(waves):
        for moved in (_moved, _moved_for_a_while):
            found = moved(values, hours, counted=at == 0)
            if found:
                return found
    return None


def _steps_over_days(moments: pd.Series) -> bool:
    """Whether a steady step is so long that hours only wander, as by a week and minutes."""
    steps = moments.drop_duplicates().diff().dropna().dt.total_seconds()
    usual = float(steps.median())
    return usual > HALF_DAY and float(((steps - usual).abs() <= 0.05 * usual).mean()) >= 0.8


def _wave(values: Floats, hours: Any, *, counted: bool) -> Floats | None:
    """Return the daily wave of the readings, or of how many rows there are."""
    import numpy as np

    if not counted:
        return _profile(values, hours)
    counts = np.bincount(hours, minlength=HOURS).astype(float)
    wave: Floats = counts / counts.sum() - 1 / HOURS
    return wave


def _likeness(one: Floats, other: Floats) -> list[float]:
    """Return how alike two waves are when the second is moved back by each number of hours."""
    import numpy as np

    norm = float(np.linalg.norm(one) * np.linalg.norm(other)) or 1.0
    return [float(one @ np.roll(other, -lag)) / norm for lag in range(HOURS)]


def _moved_for_a_while(values: Floats, hours: Any, *, counted: bool) -> tuple[int, int, int] | None:
    """Return the rows between which a daily wave comes some hours later, and how many."""
    import numpy as np

    count = min(WHILE_PARTS, len(hours) // WHILE_ROWS)
    if count < WHILE_LEAST or not _strong(values, hours, counted=counted):
        return None
    edges = np.linspace(0, len(hours), count + 1).astype(int)
    spans = list(pairwise(edges))
    waves = [_wave(values[a:b], hours[a:b], counted=counted) for a, b in spans]
    seen = [wave for wave in waves if wave is not None]
    if len(seen) < count:
        return None
    usual: Floats = np.median(seen, axis=0)
    likeness = np.array([_likeness(usual, wave) for wave in seen])
    lags = likeness.argmax(axis=1)
    sure = likeness.max(axis=1) - likeness[:, 0] >= WHILE_GAIN
    moved = sure & (np.minimum(lags, HOURS - lags) > 1)
    lag = int(np.median(lags[moved])) if moved.any() else 0
    # A part in which the shift begins or ends is mixed, and may seem to move by any hours.
    odd = np.flatnonzero(moved & (np.abs(lags - lag) <= 1) & (likeness[:, lag] >= WHILE_ALIKE))
    if not WHILE_RUN <= len(odd) <= WHILE_MOST * count or odd[-1] - odd[0] != len(odd) - 1:
        return None
    rest = np.delete(lags, odd)
    if odd[0] == 0 or float((np.minimum(rest, HOURS - rest) <= 1).mean()) < WHILE_CALM:
        return None
    shift = lag if lag <= HOURS // 2 else lag - HOURS
    return int(edges[odd[0]]), int(edges[odd[-1] + 1]), shift


def _moved(values: Floats, hours: Any, *, counted: bool) -> tuple[int, int, int] | None:
    """Return the row from which a daily wave is the same but some hours later, and how many."""
    size = len(hours)
    if not _strong(values, hours, counted=counted):
        return None
    best: tuple[float, int, int] | None = None
    for cut in range(size // 5, size - size // 6, max(1, size // 20)):
        before = _wave(values[:cut], hours[:cut], counted=counted)
        after = _wave(values[cut:], hours[cut:], counted=counted)
        if before is None or after is None:
            continue
        likeness = _likeness(before, after)
        lag = likeness.index(max(likeness))
        gain = likeness[lag] - likeness[0]
        if lag and likeness[lag] >= 0.85 and gain >= 0.08 and gain > (best or (0.0,))[0]:
            best = (gain, cut, lag)
    if best is None:
        return None
    _, cut, lag = best
    middle = cut // 2
    first = _wave(values[:middle], hours[:middle], counted=counted)
    second = _wave(values[middle:cut], hours[middle:cut], counted=counted)
    steady = first is not None and second is not None and _likeness(first, second)[0] >= 0.65
    shift = lag if lag <= HOURS // 2 else lag - HOURS
    return (cut, size, shift) if steady and _steps(values, hours, cut, shift) else None


def _steps(values: Floats, hours: Any, cut: int, shift: int) -> bool:
    """Whether the wave moved at once and stays, and does not wander from week to week anyway."""
    import numpy as np

    turns = np.exp(2j * np.pi * hours / HOURS) * (values - values.min() + np.ptp(values) * 1e-9)
    if np.ptp(values) == 0:
        turns = np.exp(2j * np.pi * hours / HOURS)
    sides = [np.array_split(part, STEP_PARTS) for part in (turns[:cut], turns[cut:])]
    middle = np.angle(turns[:cut].sum())
    before, after = (
        np.angle([part.sum() * np.exp(-1j * middle) for part in parts]) * HOURS / (2 * np.pi)
        for parts in sides
    )
    wander = max(float(np.ptp(part)) for part in (before, after))
    return wander <= STEP_WANDER * abs(shift)


def _strong(values: Floats, hours: Any, *, counted: bool) -> bool:
    """Whether the hour of the day tells much at all."""
    import numpy as np

    if counted:
        counts = np.bincount(hours, minlength=HOURS).astype(float)
        expected = counts.mean()
        return bool(counts.std() > max(0.25 * expected, 3 * expected**0.5))
    return _share_explained(values, hours) >= 0.1


def _share_explained(values: Floats, keys: Any) -> float:
    """Return the share of the variance that a key tells, less what chance would."""
    import numpy as np

    counts = np.bincount(keys)
    used = counts > 0
    means = np.bincount(keys, weights=values)[used] / counts[used]
    between = float((counts[used] * (means - values.mean()) ** 2).sum())
    total = float(((values - values.mean()) ** 2).sum())
    chance = (int(used.sum()) - 1) / max(1, len(values) - 1)
    return max(0.0, between / total - chance) if total > 0 else 0.0


def _rhythms(view: View) -> Iterator[Finding]:
    """Find a daily or weekly rhythm of a reading that was strong and is gone later."""
    moments = view.moment(view.clock or "").loc[view.in_time]
    for name in view.numbers:
        if name not in (view.roles.target, view.panel, *view.calendar):
            yield from _rhythm_of(view, name, moments)
    if view.panel is None:
        yield from _rhythm_of_rows(view, view.clock or "", moments)


def _rhythm_of(view: View, name: str, moments: pd.Series) -> Iterator[Finding]:
    import numpy as np
    import pandas as pd

    values = view.number(name)[view.sample.index.get_indexer(moments.index)]
    usable = np.isfinite(values)
    if usable.sum() < 300 or len(np.unique(values[usable])) < 10:
        return
    if view.panel is not None:
        values = _less_own_mean(values, view.sample[view.panel].loc[moments.index])
    days = (moments.iloc[-1] - moments.iloc[0]).days
    at = moments[usable]
    own = pd.DataFrame({"at": at.to_numpy(), "value": values[usable]})
    # The rows of one day have more in common than their weekday: each day counts once.
    by_day = own.groupby(own["at"].dt.floor("D"), as_index=False).mean()
    for rhythm, readings, kinds, least in (("daily", own, 20, 20), ("weekly", by_day, 7, 35)):
        parts = readings["at"].dt
        key = (parts.hour if rhythm == "daily" else parts.day_of_week).to_numpy()
        if len(np.unique(key)) < kinds or days < least or len(readings) < least:
            continue
        cut = _lost(readings["value"].to_numpy(dtype=np.float64), key)
        if cut is not None:
            begins = readings["at"].iloc[cut]
            yield coded_finding(
                FindingLevel.SLOWS,
                "seasonality_break",
                column=name,
                rows=view.rows((at >= begins).sum()),
                where=since(view, begins),
                words={"day": day_of(begins), "rhythm": rhythm},
            )
            return


def _less_own_mean(values: Floats, keys: pd.Series) -> Floats:
    import pandas as pd

    frame = pd.DataFrame({"v": values, "k": keys.to_numpy()})
    result: Floats = (
        frame["v"] - frame.groupby("k", observed=True)["v"].transform("median")
    ).to_numpy()
    return result


def _lost(values: Floats, key: Any) -> int | None:
    """Return the cut after which a key tells next to nothing of what it told before."""
    size, best = len(values), None
    for cut in range(size // 4, size - size // 6, max(1, size // 24)):
        before, after = (
            _share_explained(values[:cut], key[:cut]),
            _share_explained(values[cut:], key[cut:]),
        )
        if before >= RHYTHM_STRONG and after <= RHYTHM_GONE * before and after < 0.12:
            gain = before - after
            if best is None or gain > best[0]:
                best = (gain, cut)
    if best is None:
        return None
    middle = best[1] // 2
    steady = min(
        _share_explained(values[:middle], key[:middle]),
        _share_explained(values[middle : best[1]], key[middle : best[1]]),
    )
    return best[1] if steady >= RHYTHM_STRONG else None


def _daily_counts(moments: pd.Series) -> pd.Series:
    """Return the rows of every day between the first and the last."""
    counts = moments.dt.floor("D").value_counts().sort_index()
    filled: pd.Series = counts.asfreq("D", fill_value=0)
    return filled


def _rhythm_of_rows(view: View, clock: str, moments: pd.Series) -> Iterator[Finding]:
    import numpy as np

    counts = _daily_counts(moments)
    if not 70 <= len(counts) <= 20_000 or counts.median() < 1:
        return
    cut = _lost(counts.to_numpy(dtype=float), counts.index.to_series().dt.day_of_week.to_numpy())
    if cut is not None and np.isfinite(cut):
        yield coded_finding(
            FindingLevel.SLOWS,
            "seasonality_break",
            column=clock,
            where=since(view, counts.index[cut]),
            words={"day": day_of(counts.index[cut]), "rhythm": "weekly"},
        )


def _volumes(view: View) -> Iterator[Finding]:
    """Find days with far more rows than usual, and a number of rows a day that changes for good."""
    import numpy as np

    clock = view.clock or ""
    counts = _daily_counts(view.moment(clock).loc[view.in_time]) * view.scale
    values = counts.to_numpy(dtype=float)
    if len(values) < 40 or np.median(values) < 4 * view.scale:
        return
    usual = float(np.median(values))
    spread = float(np.median(np.abs(values - usual))) * 1.48
    # A feed that is as steady as a clock needs less to stand out than one that comes by chance.
    calm = max(spread, float(np.std(values[values < 1.5 * usual])), 0.02 * usual)
    by_chance = float(np.sqrt(usual * view.scale))
    calm = by_chance if BY_CHANCE * by_chance <= calm < by_chance else calm
    high = np.flatnonzero((values >= 1.9 * usual) & (values > usual + 6 * calm))
    if 0 < len(high) <= max(1, 0.01 * len(values)):
        yield coded_finding(
            FindingLevel.SLOWS,
            "volume_spike",
            column=clock,
            rows=round(float(values[high].sum())),
            words={"day": day_of(counts.index[high[0]])},
            count=len(high),
        )
    weeks = values[: len(values) // 7 * 7].reshape(-1, 7).sum(axis=1) / 7
    cut = _jump(weeks)
    if cut is not None:
        before, after = float(np.median(weeks[:cut])), float(np.median(weeks[cut:]))
        yield coded_finding(
            FindingLevel.SLOWS,
            "volume_shift",
            column=clock,
            where=since(view, counts.index[cut * 7]),
            words={"day": day_of(counts.index[cut * 7])},
            before=round(before, 1),
            after=round(after, 1),
        )


def _jump(weeks: Floats) -> int | None:
    """Return the week from which the rows a day are a third more or less for good, told sharply."""
    import numpy as np

    best, where = 0.0, None
    for cut in range(4, len(weeks) - 3):
        before, after = weeks[:cut], weeks[cut:]
        low, high = (before, after) if np.median(before) <= np.median(after) else (after, before)
        apart = float(np.min(high) - np.max(low))
        factor = float(np.median(high)) / max(1e-9, float(np.median(low)))
        if apart > 0 and factor >= 1.5 and factor > best:
            best, where = factor, cut
    if where is None:
        return None
    steady = max(
        float(np.std(part)) / max(1e-9, float(np.mean(part)))
        for part in (weeks[:where], weeks[where:])
    )
    return where if steady < 0.25 * (best - 1) else None
