"""Columns that begin or stop being filled at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import coded_finding, percent
from probes.quality.slices import Slices, moment_of, turn_of
from probes.quality.view import View, day_of, named, since

STOPPED_SHARE = 0.3
AT_ONCE = 0.6
"""Of a stop so much comes at once; what is still out, or not known yet, is filled ever less."""
NEXT_TO = 2


def filling_findings(view: View, slices: Slices) -> Iterator[Finding]:
    """Find columns that begin or stop being filled, and pairs of which one takes over."""
    begins, stops = _turns(view, slices)
    family = {name: view.facts.columns[name].column.family for name in (*begins, *stops)}
    replaced: set[str] = set()
    for new, cut in begins.items():
        near = (old for old, stop in stops.items() if abs(stop - cut) <= 1)
        old = next((old for old in near if family[old] is family[new]), None)
        if old:
            replaced |= {old, new}
            where, words = since(view, slices.begins[cut]), {"day": slices.day(cut)}
            yield coded_finding(
                FindingLevel.SLOWS,
                "column_replaced",
                column=new,
                others=(old,),
                where=where,
                words=words,
            )
    for name, cut in begins.items():
        if name not in replaced and cut >= 3:
            yield _begun(view, slices, name, cut)
    for name, cut in stops.items():
        if name not in replaced:
            yield _stopped(view, slices, name, cut)


def _turns(view: View, slices: Slices) -> tuple[dict[str, int], dict[str, int]]:
    """Return at which slice columns begin to be filled, and at which they stop."""
    import numpy as np

    begins: dict[str, int] = {}
    stops: dict[str, int] = {}
    for name in view.sample.columns:
        present = _present(view, slices, name)
        if not 0.02 < present.mean() < 0.98:
            continue
        shares = np.array([present[slices.of_row == n].mean() for n in range(slices.count)])
        for cut in range(2, slices.count - 2):
            # The slice in which it turns is part old, part new.
            before, after = shares[:cut], shares[cut + 1 :]
            usual = float(np.median(after))
            if before.max() <= 0.05 and usual >= 0.5 and after.min() > 0.2 * usual:
                begins[name] = cut
            fall = float(np.median(before)) - usual
            at_once = float(np.mean(before[-NEXT_TO:]) - np.mean(after[:NEXT_TO]))
            stopped = fall >= STOPPED_SHARE and after.max() < before.min() - 0.1
            if stopped and at_once >= AT_ONCE * fall:
                stops.setdefault(name, cut)
    return begins, stops


def _present(view: View, slices: Slices, name: str) -> Any:
    return view.sample[name].loc[slices.rows].notna().to_numpy()


def _begun(view: View, slices: Slices, name: str, cut: int) -> Finding:
    before = slices.of_row < cut
    begins = moment_of(view, slices, turn_of(slices, _present(view, slices, name), cut))
    return coded_finding(
        FindingLevel.SLOWS,
        "started_filling",
        column=name,
        rows=view.rows(before.sum()),
        where=f"{named(name)} IS NULL",
        words={"day": day_of(begins)},
        share=round(float(before.mean()), 5),
    )


def _stopped(view: View, slices: Slices, name: str, cut: int) -> Finding:
    missing = ~_present(view, slices, name)
    later = slices.of_row >= cut
    begins = moment_of(view, slices, turn_of(slices, missing, cut))
    before, after = float(missing[~later].mean()), float(missing[later].mean())
    return coded_finding(
        FindingLevel.SLOWS,
        "stopped_filling",
        column=name,
        rows=view.rows((missing & later).sum()),
        where=since(view, begins),
        words={"day": day_of(begins), "after": percent(after), "before": percent(before)},
        newest_missing=round(after, 4),
        missing_before=round(before, 4),
    )
