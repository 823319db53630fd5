"""Whether groups of people are treated alike: who is chosen, errors, calibration.

Each group is compared with all others, by Fisher's exact test for shares and Welch's for
calibration. Holm's correction holds over all groups, measures and columns together, so that of
random groupings no more than one in twenty is said to differ; intervals are widened alike.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from bot.domain.vocabulary import FindingLevel
from bot.texts import joined, texts_beside
from probes.contract import Finding, Picture
from probes.governance.texts import CODES, say
from probes.pictures import GroupBar, group_differences

SMALLEST_GROUP: Final = 30
FALSE_ALARMS: Final = 0.05
_LARGE: Final = 0.05
"""A gap beyond chance slows from so many points on, and a smaller one by the rule below."""

_FOUR_FIFTHS: Final = 0.8
"""The usual rule of thumb: look at a group chosen less than four fifths as often as the others."""

_SHOWN: Final = 3
_say: Final = texts_beside(__file__).say

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Rate:
    """A share of a group with Wilson's interval, widened for the number of groups."""

    name: str
    rows: int
    mean: float
    low: float
    high: float

    @property
    def large_enough(self) -> bool:
        """Whether the group can be judged."""
        return self.rows >= SMALLEST_GROUP


@dataclass(frozen=True)
class GroupGap:
    """How a group differs from all others in one measure.

    Args:
        measure: chosen, error, missed, false_alarm or calibration.
        group: which.
        mean: the group's share, or how far outcomes lie above its scores.
        rest: the same of all others.
        low: of the interval of the gap, widened for the number of comparisons.
        high: of that interval.
        chance: how likely so large a gap is by chance, before correction.
    """

    measure: str
    group: str
    mean: float
    rest: float
    low: float
    high: float
    chance: float

    @property
    def size(self) -> float:
        """The gap."""
        return self.mean - self.rest

    @property
    def is_large(self) -> bool:
        """Whether the gap is one that somebody has to answer for."""
        few, many = sorted((self.mean, self.rest))
        fifths = self.measure == "chosen" and few < _FOUR_FIFTHS * many
        return abs(self.size) >= _LARGE or fifths


def wilson(hits: float, rows: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share; everything when there is no row."""
    if rows == 0:
        return 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share, squared = hits / rows, z**2
    middle = (share + squared / (2 * rows)) / (1 + squared / rows)
    reach = z / (1 + squared / rows)
    reach *= math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def group_gaps(
    answers: Values, scores: Values, chosen: Flags, groups: pd.Series, *, columns: int = 1
) -> list[GroupGap]:
    """Compare each group that is large enough with all others, in every measure.

    Args:
        answers: 1 where the case was right.
        scores: the chance of yes that a model gave it which had not learned it.
        chosen: the cases on the business's list.
        groups: each row's group.
        columns: how many columns are compared; the intervals are widened for all of them.
    """
    names = groups.to_numpy()
    counts = groups.value_counts()
    judged = [str(name) for name in counts.index if counts[name] >= SMALLEST_GROUP]
    if len(judged) < 2:
        return []
    yes = answers > 0.5
    everybody = np.ones(len(answers), dtype=bool)
    shares = {
        "chosen": (chosen, everybody),
        "error": (chosen != yes, everybody),
        "missed": (~chosen, yes),
        "false_alarm": (chosen, ~yes),
    }
    compared = judged if len(judged) > 2 or len(counts) > len(judged) else judged[:1]
    confidence = 1 - FALSE_ALARMS / (len(compared) * (len(shares) + 1) * columns)
    gaps = []
    for group in compared:
        inside = names == group
        for measure, (hit, among) in shares.items():
            gaps.append(_share_gap(measure, group, hit[among], inside[among], confidence))
        gaps.append(_calibration_gap(group, answers - scores, inside, confidence))
    return [gap for gap in gaps if gap is not None]


def _share_gap(
    measure: str, group: str, hit: Flags, inside: Flags, confidence: float
) -> GroupGap | None:
    """Compare two shares; the interval of their gap is Newcombe's."""
    rows, others = int(inside.sum()), int((~inside).sum())
    if min(rows, others) < SMALLEST_GROUP:
        return None
    hits, rest = int(hit[inside].sum()), int(hit[~inside].sum())
    chance = stats.fisher_exact([[hits, rows - hits], [rest, others - rest]]).pvalue
    mean, other = hits / rows, rest / others
    (low, high), (low_rest, high_rest) = (
        wilson(hits, rows, confidence),
        wilson(rest, others, confidence),
    )
    below = math.hypot(mean - low, high_rest - other)
    above = math.hypot(high - mean, other - low_rest)
    gap = mean - other
    return GroupGap(measure, group, mean, other, gap - below, gap + above, float(chance))


def _calibration_gap(
    group: str, apart: Values, inside: Flags, confidence: float
) -> GroupGap | None:
    """Compare how far outcomes lie from scores, by Welch's test."""
    ours, theirs = apart[inside], apart[~inside]
    if min(len(ours), len(theirs)) < SMALLEST_GROUP or np.ptp(ours) == 0 == np.ptp(theirs):
        return None
    tested = stats.ttest_ind(ours, theirs, equal_var=False)
    interval = tested.confidence_interval(confidence)
    mean, rest = float(ours.mean()), float(theirs.mean())
    low, high = float(interval.low), float(interval.high)
    return GroupGap("calibration", group, mean, rest, low, high, float(tested.pvalue))


def beyond_chance(gaps: Sequence[GroupGap], *, columns: int = 1) -> list[GroupGap]:
    """Return the gaps that chance does not explain, the largest first (Holm's correction)."""
    kept: list[GroupGap] = []
    ordered = sorted(gaps, key=lambda gap: gap.chance)
    for place, gap in enumerate(ordered):
        if gap.chance * (len(ordered) - place) * columns > FALSE_ALARMS:
            break
        kept.append(gap)
    return sorted(kept, key=lambda gap: -abs(gap.size))


def bias(
    answers: Values,
    scores: Values,
    chosen: Flags,
    column: pd.Series,
    folder: Path,
    *,
    columns: int = 1,
) -> tuple[list[Finding], Picture]:
    """Say whether the groups of a column are treated alike.

    Args:
        answers: 1 where the case was right.
        scores: the chance of yes that a model gave it which had not learned it.
        chosen: the cases on the business's list.
        column: the column to compare by; numbers are binned.
        folder: for the picture.
        columns: how many columns are compared.
    """
    groups = groups_of(column)
    rates = _rates(chosen, groups)
    name = str(column.name)
    gaps = group_gaps(answers, scores, chosen, groups, columns=columns)
    findings = [*_small(rates, name), _verdict(gaps, name, rates, columns)]
    return findings, _picture(rates, name, float(chosen.mean()), folder)


def _rates(chosen: Flags, groups: pd.Series) -> list[Rate]:
    """Return how often each group is chosen, with intervals widened for their number."""
    from fairlearn.metrics import MetricFrame, count, selection_rate

    frame = MetricFrame(
        metrics={"chosen": selection_rate, "rows": count},
        y_true=chosen.astype(int),
        y_pred=chosen.astype(int),
        sensitive_features=groups,
    )
    confidence = 1 - FALSE_ALARMS / max(1, len(frame.by_group))
    return [
        Rate(
            str(name),
            int(row["rows"]),
            float(row["chosen"]),
            *wilson(row["chosen"] * row["rows"], int(row["rows"]), confidence),
        )
        for name, row in frame.by_group.iterrows()
    ]


def _picture(rates: list[Rate], column: str, overall: float, folder: Path) -> Picture:
    return group_differences(
        folder,
        [
            GroupBar(one.name, one.mean, one.low, one.high, one.rows, one.large_enough)
            for one in rates
        ],
        column=column,
        metric=_say("picture_metric"),
        overall=overall,
        name=f"groups-{hashlib.sha256(column.encode()).hexdigest()[:8]}",
    )


def _small(rates: list[Rate], column: str) -> Iterator[Finding]:
    small = sum(not one.large_enough for one in rates)
    if small:
        facts = {"small": small, "groups": len(rates)}
        yield _of_column("groups_too_small", column, facts, least=SMALLEST_GROUP, **facts)


def _verdict(gaps: list[GroupGap], column: str, rates: list[Rate], columns: int) -> Finding:
    judged = sum(one.large_enough for one in rates)
    if not gaps:
        return _of_column("groups_not_compared", column, {}, least=SMALLEST_GROUP)
    found = beyond_chance(gaps, columns=columns)
    if not found:
        widest = max(
            (one for one in gaps if one.measure == "chosen"), key=lambda one: abs(one.size)
        )
        facts = {"gap": widest.size * 100, "low": widest.low * 100, "high": widest.high * 100}
        evidence = facts | {"groups": judged, "comparisons": len(gaps)}
        return _of_column("groups_alike", column, evidence, groups=judged, **facts)
    differing: dict[str, Any] = {
        "groups": judged,
        "comparisons": len(gaps),
        "gaps": [
            {"measure": one.measure, "gap": one.size, "low": one.low, "high": one.high}
            for one in found[:20]
        ],
    }
    level = FindingLevel.SLOWS if any(gap.is_large for gap in found) else FindingLevel.NOTE
    gaps_said = _gaps_in_words(found)
    return _of_column("groups_differ", column, differing, level=level, gaps=gaps_said)


def _of_column(code: str, column: str, evidence: Mapping[str, Any], **facts: Any) -> Finding:
    return replace(CODES.finding(code, evidence, column=column, **facts), column=column)


def _gaps_in_words(found: list[GroupGap]) -> str:
    shown = joined("; ", (_gap_in_words(one) for one in found[:_SHOWN]))
    left = len(found) - _SHOWN
    return _say("more_gaps", shown=shown, count=left) if left > 0 else shown


def _gap_in_words(gap: GroupGap) -> str:
    way = "more" if gap.size > 0 else "less"
    facts = {
        "group": gap.group,
        "mean": gap.mean,
        "rest": gap.rest,
        "low": gap.low * 100,
        "high": gap.high * 100,
    }
    if gap.measure == "calibration":
        return _say(f"gap_calibration_{way}", **facts)
    return _say("gap", metric=_say(f"{gap.measure}_{way}"), **facts)


_FEW_VALUES: Final = 12
_PARTS: Final = 5
_AGE_NAME: Final = re.compile(r"(^|_|\b)(age|alter|edad|[aâ]ge|et[aà])($|_|\b)", re.IGNORECASE)
_AGE_EDGES: Final = (25, 35, 45, 55, 65)
_OLDEST: Final = 120


def groups_of(column: pd.Series) -> pd.Series:
    """Return each row's group in words.

    Few values are groups as they stand; an age falls into decades from 25 to 65, any other number
    into fifths of the rows.
    """
    numbers = pd.to_numeric(column, errors="coerce")
    present = column.notna()
    is_number = not pd.api.types.is_bool_dtype(column) and bool(numbers[present].notna().all())
    if not is_number or numbers.nunique() <= _FEW_VALUES:
        return column.astype(object).map(_plain).where(present, say("range_missing"))
    edges = _edges(str(column.name), numbers.dropna())
    places = np.searchsorted(edges, numbers.to_numpy(dtype="float64"), side="right")
    names = _names(edges)
    made = [
        names[place] if known else say("range_missing")
        for place, known in zip(places, present, strict=True)
    ]
    return pd.Series(made, index=column.index, name=column.name, dtype=object)


def _plain(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _edges(name: str, numbers: pd.Series) -> list[float]:
    """Return where a new group begins."""
    if _AGE_NAME.search(name) and numbers.min() >= 0 and numbers.max() <= _OLDEST:
        return [float(edge) for edge in _AGE_EDGES if numbers.min() < edge <= numbers.max()]
    cuts = numbers.quantile(np.linspace(0, 1, _PARTS + 1)[1:-1])
    return sorted({float(cut) for cut in cuts if cut > numbers.min()})


def _names(edges: list[float]) -> list[str]:
    if not edges:
        return [say("range_all")]
    between = [say("range_between", low=low, high=high) for low, high in itertools.pairwise(edges)]
    return [say("range_under", high=edges[0]), *between, say("range_from", low=edges[-1])]
