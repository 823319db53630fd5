"""Measures the watch: faults found and named on rows not learnt, quiet rows left alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.bench.rows import row
from tests.grocer_shifts import SHIFTS, SWAPPED, halves, runs, share_found

NAMES = ("shift_found_percent", "tenth_found_percent", "quiet_alarmed_percent")
SPLITS = (1, 2, 3)
QUIET = 40


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table."""
    kinds = [*SHIFTS, SWAPPED]
    found = [one for seed in SPLITS for kind in kinds for one in runs(halves(seed), kind, 1, seed)]
    tenth, alarmed = [], []
    for seed in range(QUIET):
        stream = halves(seed)
        quiet = stream.seen.sample(frac=1, random_state=seed)
        more = quiet.assign(average_item=quiet["average_item"] * 1.1)
        at = stream.found(more, 800)
        tenth.append(at is not None and at[1] == {"average_item"})
        alarmed.append(stream.found(quiet, 1_200) is not None)
    unit = "% of runs on rows not learnt"
    return [
        row("shift_found_percent", 100 * share_found(found), f"{unit}, within 200 entities"),
        row("tenth_found_percent", 100 * float(np.mean(tenth)), f"{unit}, within 800 entities"),
        row("quiet_alarmed_percent", 100 * float(np.mean(alarmed)), unit),
    ]
