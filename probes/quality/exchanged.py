"""Two columns of numbers that one file of several holds in each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

LARGER = 0.9
HARDLY = 0.1
"""In the other files one column is mostly the larger one; in the odd file it hardly ever is."""


def exchanged_columns(
    larger: Mapping[Path, Mapping[tuple[str, str], float]],
    middles: Mapping[Path, Mapping[str, float]],
) -> Iterator[tuple[Path, str, str]]:
    """Yield files in which two columns have changed places, and the two.

    A unit that changed in one of them turns the order round as well; only where each of the two
    is nearer to what the other holds elsewhere were they exchanged.

    Args:
        larger: by file, how often the first of two columns is above the second.
        middles: by file, each column's median.
    """
    for pair in dict.fromkeys(pair for shares in larger.values() for pair in shares):
        held = {path: shares[pair] for path, shares in larger.items() if pair in shares}
        for path, own in held.items():
            others = {other: share for other, share in held.items() if other != path}
            rest = sorted(share if own <= HARDLY else 1 - share for share in others.values())
            odd = min(own, 1 - own) <= HARDLY and len(rest) > 1
            if odd and rest[0] >= 0.5 and median(rest) >= LARGER:
                usual = [median(middles[other][name] for other in others) for name in pair]
                here = [middles[path][name] for name in pair]
                if all(abs(here[n] - usual[1 - n]) < abs(here[n] - usual[n]) for n in (0, 1)):
                    yield path, *pair


def larger_shares(numbers: Mapping[str, Floats]) -> dict[tuple[str, str], float]:
    """Return how often the first of every two columns is above the second; ties count half."""
    import numpy as np

    found = {}
    for one, two in combinations(numbers, 2):
        both = np.isfinite(numbers[one]) & np.isfinite(numbers[two])
        if both.any():
            gap = np.sign(numbers[one][both] - numbers[two][both])
            found[one, two] = float(gap.mean() / 2 + 0.5)
    return found


def middles_of(numbers: Mapping[str, Floats]) -> dict[str, float]:
    """Return each column's median."""
    import numpy as np

    return {
        name: float(np.nanmedian(values))
        for name, values in numbers.items()
        if np.isfinite(values).any()
    }
