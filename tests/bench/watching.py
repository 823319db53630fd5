"""Measures the watch: faults found and named on rows not learnt, quiet rows left alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.domain.enums import DeploymentState
from bot.domain.traffic import Arm
from serving.guards import ArmGuards, GuardLimits
from tests.bench.rows import row
from tests.grocer_shifts import (
    SHIFTS,
    SWAPPED,
    Stream,
    halves,
    runs,
    share_found,
)
from tests.served import LABELS, customers

NAMES = (
    "shift_found_percent",
    "tenth_found_percent",
    "quiet_alarmed_percent",
    "quiet_in_time_alarmed_percent",
    "aa_pulled_percent",
    "aa_alarmed_percent",
    "errors_found_percent",
)
SEEDS = 1_000
DOUBLED = 200
A_SIDE = 5_000
SPLITS = (1, 2, 3)
QUIET = 40
WEEKS, A_WEEK = 40, 60


def same_on_both_sides(seed: int) -> set[str]:
    """Return what the guards say of a healthy model for 24 people who come back 10,000 times.

    Everybody has an error rate of their own, 1 % on average, on both sides.
    """
    rng = np.random.default_rng(seed)
    rates = rng.beta(0.5, 49.5, 2_447)
    guards, found = ArmGuards(GuardLimits()), set[str]()
    people = rng.permutation(2_447)[:24]
    for call in range(10_000):
        in_arm = call % 4 == 0
        entity = int(people[rng.integers(24)] if in_arm else rng.integers(2_447))
        _see(guards, entity, is_model=in_arm, failed=rng.random() < rates[entity], at=call * 8.64)
        if call % 500 == 499:
            found |= _levels(guards, 100.0 - 1e-9)
    return found


def doubled_errors(seed: int) -> bool:
    """Tell whether an error rate of 2 % beside 1 % is found within 5,000 calls a side."""
    rng = np.random.default_rng(seed)
    guards = ArmGuards(GuardLimits())
    for entity in range(2 * A_SIDE):
        is_model = entity % 2 == 0
        failed = rng.random() < (0.02 if is_model else 0.01)
        _see(guards, entity, is_model=is_model, failed=failed, at=entity * 1.0)
        if entity % 500 == 499 and _levels(guards, 50.0) & {"alert", "pull"}:
            return True
    return False


def _see(guards: ArmGuards, entity: int, *, is_model: bool, failed: bool, at: float) -> None:
    arm, error = (Arm.MODEL if is_model else Arm.CONTROL), ("E" if failed else None)
    guards.see(f"{entity:012d}", arm, error=error, latency_ms=0.2, at=at)


def _levels(guards: ArmGuards, percent: float) -> set[str]:
    found = guards.findings(DeploymentState.LIVE, percent)
    return {one.level for one in found if one.guard != "sample_ratio"}


def in_time(seed: int) -> Stream:
    """Return quiet customers week by week: the first half of the weeks learnt, the second one seen.

    Each week has a level of its own, 3 % around the usual one, as quiet weeks have; so what is seen
    is no redraw of what was learnt. (The grocer's households by their first week are not quiet:
    later ones have fewer weeks behind them, and the watch says so.)
    """
    rng = np.random.default_rng(seed)
    rows = customers(WEEKS * A_WEEK, seed).drop(columns=[*LABELS, "joined", "last_seen", "note"])
    level = np.repeat(rng.lognormal(0, 0.03, WEEKS), A_WEEK)
    rows["spend"] = rows["spend"].astype(float) * level
    rows["visits"] = rng.poisson(4 * level)
    half = len(rows) // 2
    return Stream(rows.head(half), rows.tail(len(rows) - half), {})


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
    later = [in_time(seed) for seed in range(QUIET)]
    changed = [each.found(each.seen, 1_200) is not None for each in later]
    alike = [same_on_both_sides(seed) for seed in range(SEEDS)]
    doubled = [doubled_errors(seed) for seed in range(DOUBLED)]
    unit = "% of runs on rows not learnt"
    return [
        row("shift_found_percent", 100 * share_found(found), f"{unit}, within 200 entities"),
        row("tenth_found_percent", 100 * float(np.mean(tenth)), f"{unit}, within 800 entities"),
        row("quiet_alarmed_percent", 100 * float(np.mean(alarmed)), unit),
        row(
            "quiet_in_time_alarmed_percent",
            100 * float(np.mean(changed)),
            "% of seeds, quiet weeks seen after the weeks before were learnt",
        ),
        row(
            "aa_pulled_percent",
            100 * float(np.mean(["pull" in found for found in alike])),
            f"% of {SEEDS:,} seeds, 24 people, 10,000 calls",
        ),
        row(
            "aa_alarmed_percent",
            100 * float(np.mean([bool(found) for found in alike])),
            f"% of {SEEDS:,} seeds, 24 people, 10,000 calls",
        ),
        row(
            "errors_found_percent",
            100 * float(np.mean(doubled)),
            f"% of {DOUBLED} seeds, 2 % beside 1 %, within {A_SIDE:,} calls a side",
        ),
    ]
