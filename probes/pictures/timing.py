"""How long calls take, against what was allowed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from probes.contract import Picture
from probes.pictures.style import ACCENT, SOFT, WARM, card, label, save
from probes.pictures.texts import say


def latency(
    folder: Path,
    milliseconds: Sequence[float],
    *,
    budget_ms: float,
    target: str,
) -> Picture:
    """Draw how long each call took, with the median, the 99th percentile and the budget.

    Args:
        folder: where to write the PNG.
        milliseconds: one figure per call.
        budget_ms: what was allowed.
        target: the system's name.
    """
    import numpy as np

    title = say("latency_title", label=label(target))
    times = np.asarray(list(milliseconds) or [0.0])
    median, slowest = (float(np.percentile(times, share)) for share in (50, 99))
    subtitle = say(
        "latency_caption",
        milliseconds=len(milliseconds),
        median=median,
        slowest=slowest,
    )
    with card(title, subtitle, height=2.2) as (figure, axes):
        axes.hist(times, bins=min(30, max(5, len(times) // 3)), color=SOFT, edgecolor=ACCENT)
        for place, words, colour in (
            (median, "p50", ACCENT),
            (slowest, "p99", ACCENT),
            (budget_ms, "budget", WARM),
        ):
            axes.axvline(place, color=colour, linewidth=1.8)
            axes.annotate(
                words,
                (place, 1),
                xycoords=("data", "axes fraction"),
                xytext=(4, -4),
                textcoords="offset points",
                va="top",
                color=colour,
                fontsize=9.5,
            )
        axes.set_xlim(left=0)
        axes.set_xlabel("milliseconds")
        axes.set_yticks([])
        alt = say(
            "latency_alt",
            milliseconds=len(milliseconds),
            target=target,
            median=median,
            slowest=slowest,
            budget_ms=budget_ms,
        )
        return save(figure, folder, "latency", title, alt)
