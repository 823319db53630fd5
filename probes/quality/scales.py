"""Two units in one column: clusters, groups and pairs of columns that are a unit's factor apart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.clusters import (
    ClusterSplit,
    cents,
    clusters,
    distance,
    far_apart,
    heaps,
    likely,
    temperatures,
    thousands_points,
)
from probes.quality.codes import coded_finding
from probes.quality.copies import KEY_NAME
from probes.quality.groups import group_apart
from probes.quality.ratios import ratio_findings
from probes.quality.sentences import say
from probes.quality.units import SITES, UNIT_FACTORS, factors_of, is_measured
from probes.quality.view import TIME_WORDS, View, named, number_values

if TYPE_CHECKING:
    from probes.quality.view import Floats, Whole

NEAREST_FACTOR = math.log(min(factor for factor, _, _ in UNIT_FACTORS))
LEAST = 200
ID_DIGITS = 9
MINOR_SHARE = 0.005
GROUP_ROWS = 25
GROUPS_MOST = 60
GROUPED_ROWS = 20_000
SLACK = 0.02
SLACK_UNNAMED = 0.01
"""How far from a unit's factor a group may be, as a logarithm; no name speaks for the second."""
APART_GROUPS = 4
MIRRORED = 0.3
TENTHS = 10.0
KINDS_LEAST = 0.1
"""Of two kinds of things the rarer has so many rows at least."""
EXPLAINED = 0.97
POWER_SLACK = 0.1
WITH_TIME = 0.95
SECONDS = (8e8, 2.2e9)
"""Unix times from 1995 to 2039."""
MILLISECONDS_FROM = 1e11
FINE_FEWER = 0.5


def scale_findings(view: View) -> Iterator[Finding]:
    """Say which columns are in two units, once each, by the plainest sign of it."""
    reported: set[str] = set()
    for name in view.numbers:
        finding = _clocks(view, name)
        if not finding and not _names_things(view, name):
            by_group = _by_group(view, name)
            sure = by_group if by_group and by_group.level is FindingLevel.SLOWS else None
            finding = _within(view, name) or sure or group_apart(view, name) or by_group
        if finding:
            reported.add(name)
            yield finding
    yield from ratio_findings(view, reported)


def _names_things(view: View, name: str) -> bool:
    """Whether numbers name things: by their name, or whole ones of many digits and one length."""
    import numpy as np

    if name in view.keys or KEY_NAME.search(name):
        return True
    values = number_values(view.sample[name])
    if not len(values) or (values != np.round(values)).any():
        return False
    lengths = np.floor(np.log10(np.maximum(np.abs(values), 1)))
    return bool(np.median(lengths) >= ID_DIGITS and (lengths == np.median(lengths)).mean() >= 0.9)


def _clocks(view: View, name: str) -> Finding | None:
    """Find Unix times in seconds beside those in thousandths of a second."""
    import numpy as np

    values = number_values(view.sample[name])
    if len(values) < LEAST:
        return None
    fine = values > MILLISECONDS_FROM
    seconds = np.where(fine, values / 1000, values)
    share = min(float(fine.mean()), 1 - float(fine.mean()))
    if share < MINOR_SHARE or ((seconds < SECONDS[0]) | (seconds > SECONDS[1])).any():
        return None
    split = ClusterSplit(MILLISECONDS_FROM, 1000.0, share, float(fine.mean()) <= FINE_FEWER)
    return _mixed(view, name, split, f"{named(name)} {'>' if split.above else '<'} {split.edge:g}")


def _within(view: View, name: str) -> Finding | None:
    values = number_values(view.sample[name])
    if len(values) < LEAST:
        return None
    split = (
        thousands_points(values)
        or far_apart(values)
        or cents(values)
        or clusters(values, name)
        or temperatures(values, name)
        or heaps(values)
    )
    if split is None or _is_nature(view, name, split):
        return None
    direction = ">" if split.above else "<"
    return _mixed(view, name, split, f"{named(name)} {direction} {split.edge:g}")


def _is_nature(view: View, name: str, split: ClusterSplit) -> bool:
    """Whether two clusters are two kinds of things, as organic and other fruit, or two eras.

    Of two kinds one may be any number of times the other; a unit is ten, a hundred, a thousand.
    What goes up with time from end to end has come a long way: a unit's factor would break it.
    """
    import numpy as np

    own = view.number(name)
    usable = np.isfinite(own)
    above = own[usable] > split.edge
    power = math.log10(max(split.factor, 1e-9))
    if split.share >= KINDS_LEAST and abs(power - round(power)) > POWER_SLACK:
        for other in view.categories:
            codes = view.codes(other)
            if len(codes.levels) == 2 and other != name:
                same = float((above == (codes.of_row[usable] == 1)).mean())
                if max(same, 1 - same) >= EXPLAINED:
                    return True
    times = [one for one in view.numbers if one != name and TIME_WORDS.search(one)]
    return any(abs(_along(own, view.number(one))) >= WITH_TIME for one in times)


def _along(one: Floats, other: Floats) -> float:
    """Return how far two columns rise together, by their ranks."""
    import numpy as np

    usable = np.isfinite(one) & np.isfinite(other)
    if usable.sum() < LEAST:
        return 0.0
    first, second = (np.argsort(np.argsort(values[usable])) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def _mixed(view: View, name: str, split: ClusterSplit, where: str) -> Finding:
    return coded_finding(
        FindingLevel.SLOWS,
        "mixed_scales",
        column=name,
        rows=view.rows(split.share * len(view.sample)),
        where=where,
        factor=round(split.factor, 3),
        minor_share=round(split.share, 5),
        share=round(split.share, 5),
    )


def _by_group(view: View, name: str) -> Finding | None:
    """Find one value of another column whose numbers are a unit's factor off, or lie apart."""
    import numpy as np

    measured = is_measured(name)
    values = view.number(name)
    usable = np.isfinite(values)
    if usable.sum() < LEAST or len(np.unique(values[usable])) < 30:
        return None
    step = max(1, int(usable.sum()) // GROUPED_ROWS)
    for other in view.categories:
        codes = view.codes(other)
        if other == name or not 2 <= len(codes.levels) <= GROUPS_MOST:
            continue
        parts = _parts(values[usable][::step], codes.of_row[usable][::step])
        levels = [str(codes.levels[at]) for at in parts]
        slack = SLACK if measured else SLACK_UNNAMED
        factors = [one for one in factors_of(name) if one[0] != TENTHS]
        logs = {
            level: np.log(part[part > 0])
            for level, part in zip(levels, parts.values(), strict=True)
            if (part > 0).sum() >= GROUP_ROWS
        }
        # Groups of nothing but zeros, as of dry days, tell no unit from another.
        few = len(logs) < APART_GROUPS and not (measured and SITES.search(other))
        few = few or (not measured and any(map(_is_numeric, levels)))
        off = None if few else _one_apart(logs, slack, factors)
        level, code, size = FindingLevel.SLOWS, "units_by_group", 0
        if off:
            factor, unit, size = off
        elif other in view.texts and len(parts) >= APART_GROUPS:
            factor, unit, size = _elsewhere(list(parts.values()))
            level = FindingLevel.NOTE
            code = "sign_flips" if abs(factor + 1) <= MIRRORED else code
        if size:
            return coded_finding(
                level,
                code,
                column=name,
                others=(other,),
                rows=view.rows(size * step),
                words={"unit": say(unit)},
                factor=round(factor, 3),
                share=round(size * step / len(values), 5),
            )
    return None


def _parts(values: Floats, of_row: Whole) -> dict[int, Floats]:
    """Return the numbers of each group that has enough of them."""
    import numpy as np

    order = np.argsort(of_row, kind="stable")
    edges = np.searchsorted(of_row[order], np.arange(int(of_row.max(initial=-1)) + 2))
    groups = enumerate(pairwise(edges))
    return {at: values[order[a:b]] for at, (a, b) in groups if b - a >= GROUP_ROWS}


def _elsewhere(parts: list[Floats]) -> tuple[float, str, int]:
    """Find one group whose numbers lie where none of the others do: its factor and its rows."""
    import numpy as np

    middles = np.array([float(np.median(part)) for part in parts])
    at = int(np.argmax(np.abs(middles - float(np.median(middles)))))
    rest = np.delete(middles, at)
    usual = float(np.median(rest))
    shift = abs(float(middles[at]) - usual)
    if np.ptp(rest) > shift / 5:
        return 0.0, "", 0
    others = np.concatenate([part for n, part in enumerate(parts) if n != at])
    low, high = np.quantile(others, (0.01, 0.99))
    inside = float(np.mean((parts[at] >= low) & (parts[at] <= high)))
    size = len(parts[at])
    if inside > 0.02 or size > 0.4 * (size + len(others)) or shift < 0.75 * float(high - low):
        return 0.0, "", 0
    return float(middles[at] / usual) if usual else 0.0, "another_measure", size


def _is_numeric(key: str) -> bool:
    return key.replace(".", "", 1).lstrip("-").isdigit()


def _one_apart(
    parts: dict[str, Floats], least: float, factors: list[tuple[float, str]]
) -> tuple[float, str, int] | None:
    """Find one group a unit's factor away from all others, which are alike among themselves."""
    import numpy as np

    if len(parts) < 2:
        return None
    middles = {key: float(np.median(part)) for key, part in parts.items()}
    for key, part in parts.items():
        apart = [middle for other, middle in middles.items() if other != key]
        if abs(middles[key] - float(np.median(apart))) < NEAREST_FACTOR / 2:
            continue  # most groups are where the others are, and sorting them takes its time
        rest = np.concatenate([other for name, other in parts.items() if name != key])
        shift = middles[key] - float(np.median(rest))
        error = 1.25 * float(np.std(rest)) * math.sqrt(1 / len(part) + 1 / len(rest))
        slack = max(least, 1.5 * error)
        fit = next(
            ((f, unit) for f, unit in factors if abs(abs(shift) - math.log(f)) < slack), None
        )
        unlike = max(apart) - min(apart) > max(abs(shift) / 4, 2.5 * error)
        if fit is None or unlike or error > abs(shift) / 5 or (len(parts) == 2 and error > 0.03):
            continue
        if least < SLACK and float(np.std(rest)) > abs(shift) / 3:
            continue
        if len(part) > 0.5 * (len(part) + len(rest)):
            continue
        fits = distance(part - shift, rest) < likely(len(part), len(rest))
        if fits and distance(part, rest) > 0.25:
            return math.exp(abs(shift)), fit[1], len(part)
    return None
