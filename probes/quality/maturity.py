"""Labels over time: newest ones that are not known yet, and a rate that jumps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, percent
from probes.quality.slices import Slices
from probes.quality.view import View, day_of, since

if TYPE_CHECKING:
    import pandas as pd

    from probes.quality.view import Flags, Floats

SURE = 4.5
"""Standard errors between the rates before and after; the best of many cuts reaches 3 by chance."""
NEWEST = 0.06
NEWEST_MOST = 0.35
FADED = 2
"""In so many of the newest slices hardly any outcome is known."""
FULL, STEADY = 0.75, 0.5
NOTHING = 0.25
SLACK = 0.3
MOST_OF_IT = 0.75
EXPECTED_LEAST = 25
DATED_LEAST, SELDOM, SAYS_THE_SAME = 12, 0.4, 0.98


def label_over_time(view: View, rows: pd.Index[int]) -> Iterator[Finding]:
    """Find newest labels that are not known yet, and a rate that jumps.

    Args:
        view: a table's sample, with a label told.
        rows: its rows in the order of time.
    """
    import numpy as np

    target = view.roles.target
    if target is None or target not in view.sample:
        return
    labels = view.sample[target].loc[rows]
    kinds = labels.dropna().astype("string").value_counts()
    if len(kinds) != 2:
        return
    rarer = str(kinds.index[-1])
    is_rarer = (labels.astype("string") == rarer).fillna(False)
    positive = np.asarray(is_rarer, dtype=np.float64)
    cut, score = rate_jump(positive)
    before, after = float(positive[:cut].mean()), float(positive[cut:].mean())
    newest = positive[int(len(positive) * (1 - NEWEST)) :]
    unknown = (
        after < before
        and float(newest.mean()) <= 0.5 * before
        and len(positive) - cut <= NEWEST_MOST * len(positive)
    )
    if score < SURE or abs(after - before) < max(0.02, 0.2 * max(before, after)):
        return
    moments = view.moment(view.clock or "").loc[rows]
    words = {"before": percent(before), "after": percent(after), "day": day_of(moments.iloc[cut])}
    code = "label_immature" if unknown else "label_drift"
    facts = {"days": max(1, (moments.iloc[-1] - moments.iloc[cut]).days)} if unknown else {}
    yield coded_finding(
        FindingLevel.SLOWS,
        code,
        column=target,
        rows=view.rows(len(positive) - cut),
        where=since(view, moments.iloc[cut]),
        words=words,
        rate_before=round(before, 5),
        rate_after=round(after, 5),
        **facts,
    )


def outcomes_over_time(
    view: View, slices: Slices, done: Collection[str | None]
) -> Iterator[Finding]:
    """Find flags whose rate is steady and then fades to nothing: outcomes that need time to come.

    A flag that stops at once was no longer set; one that fades over several slices is not ripe.

    Args:
        view: a table's sample.
        slices: its rows in slices of time.
        done: columns of which a change was told, and the label.
    """
    import numpy as np

    places = view.sample.index.get_indexer(slices.rows)
    sizes = np.bincount(slices.of_row, minlength=slices.count)
    for name in (one for one in view.categories if one not in done):
        codes = view.codes(name)
        if len(codes.levels) != 2 or (codes.of_row < 0).any():
            continue
        rarer = int(np.argmin(np.bincount(codes.of_row, minlength=2)))
        positive = codes.of_row[places] == rarer
        rates = np.bincount(slices.of_row, weights=positive, minlength=slices.count) / sizes
        cut = fading_from(rates)
        if cut is None:
            continue
        before, after = float(positive[slices.of_row < cut].mean()), float(rates[-FADED:].mean())
        young = slices.of_row >= cut
        expected = before * young.sum()
        if expected < EXPECTED_LEAST or positive[young].sum() > MOST_OF_IT * expected:
            continue
        moments = view.moment(view.clock or "").loc[slices.rows]
        yield coded_finding(
            FindingLevel.SLOWS,
            "label_immature",
            column=name,
            rows=view.rows(young.sum()),
            where=since(view, slices.begins[cut]),
            words={"before": percent(before), "after": percent(after), "day": slices.day(cut)},
            rate_before=round(before, 5),
            rate_after=round(after, 5),
            days=max(1, (moments.iloc[-1] - slices.begins[cut]).days),
        )


def dated_outcomes(view: View, done: Collection[str | None]) -> Iterator[Finding]:
    """Find outcomes with a day of their own that comes later, and hardly for the newest rows yet.

    The data end before most of theirs can have come: half of those on record took longer than the
    newest rows are old.
    """
    if view.clock is None:
        return
    at = view.moment(view.clock)
    for name in (one for one in view.times if one not in (view.clock, *done)):
        came = view.moment(name)
        lags = (came - at).dt.total_seconds() / 86_400
        known = lags.notna().to_numpy()
        flag = _flag_of(view, known)
        if (
            flag is None
            or flag in done
            or known.sum() < DATED_LEAST
            or (lags[known] < 0).mean() > 0
        ):
            continue
        age = ((max(at.max(), came.max()) - at).dt.total_seconds() / 86_400).to_numpy()
        young = age < float(lags[known].median())
        before = float(known[age > float(lags[known].quantile(0.95))].mean())
        expected = before * float(young.sum())
        if not expected >= DATED_LEAST or known[young].sum() > SELDOM * expected:
            continue
        first = at[young].min()
        after = float(known[young].mean())
        yield coded_finding(
            FindingLevel.SLOWS,
            "label_immature",
            column=flag,
            others=(name,),
            rows=view.rows(young.sum()),
            where=since(view, first),
            words={"before": percent(before), "after": percent(after), "day": day_of(first)},
            rate_before=round(before, 5),
            rate_after=round(after, 5),
            days=max(1, int(age[young].max())),
        )


def _flag_of(view: View, known: Flags) -> str | None:
    """Return the category of two values that says which rows have a day; nothing without one."""
    import numpy as np

    for name in view.categories:
        codes = view.codes(name)
        if len(codes.levels) == 2 and (codes.of_row >= 0).all():
            same = float(np.mean((codes.of_row == codes.of_row[np.argmax(known)]) == known))
            if same >= SAYS_THE_SAME:
                return name
    return None


def fading_from(rates: Floats) -> int | None:
    """Return the slice from which rates fade to nothing at the end; before it they are steady."""
    import numpy as np

    usual = float(np.median(rates[: len(rates) * 3 // 5]))
    full = np.flatnonzero(rates >= FULL * usual)
    cut = int(full[-1]) + 1 if usual > 0 else len(rates)
    early, tail = rates[:cut], rates[cut:]
    if not FADED < len(tail) <= len(rates) // 2:
        return None
    steady = early.min() >= STEADY * usual and early.max() <= usual / STEADY
    nothing = tail[-FADED:].max() <= NOTHING * usual
    by_and_by = tail[:-FADED].max() > NOTHING * usual and np.diff(tail).max() <= SLACK * usual
    return cut if steady and nothing and by_and_by else None


def rate_jump(positive: Floats) -> tuple[int, float]:
    """Return the cut that parts the rates best, and by how many standard errors."""
    import numpy as np

    size = len(positive)
    cuts = np.arange(int(size * 0.12), int(size * 0.95))
    sums = np.cumsum(positive)
    before, after = sums[cuts - 1] / cuts, (sums[-1] - sums[cuts - 1]) / (size - cuts)
    rate = float(positive.mean())
    errors = np.sqrt(max(rate * (1 - rate), 1e-9) * (1 / cuts + 1 / (size - cuts)))
    scores = np.abs(before - after) / errors
    best = int(np.argmax(scores))
    return int(cuts[best]), float(scores[best])
