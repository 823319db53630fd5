"""What is filled in a table, and how two tables meet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.texts import as_share
from probes.contract import Picture
from probes.pictures.style import (
    ACCENT,
    CARD,
    GREY,
    INK,
    MUTED,
    RULE,
    SOFT,
    WARM,
    card,
    clip_alt,
    label,
    save,
)
from probes.pictures.texts import say
from probes.pictures.values import KeyOverlap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap

MOST_COLUMNS: Final = 30
MOST_OVERLAPS: Final = 8


def missingness_map(
    folder: Path,
    *,
    table: str,
    columns: Sequence[str],
    slices: Sequence[str],
    filled: Sequence[Sequence[float]],
) -> Picture:
    """Draw how much of each column is filled, over slices of the table.

    Args:
        folder: where to write the PNG.
        table: the table's name.
        columns: one row each; the `MOST_COLUMNS` emptiest are drawn.
        slices: what the columns of the map are, such as months; one slice alone is allowed.
        filled: for each column, for each slice, the share that is filled, 0 to 1.
    """
    title = say("filled", label=label(table))
    ranked = sorted(zip(columns, filled, strict=True), key=lambda pair: _mean(pair[1]))
    shown = ranked[:MOST_COLUMNS]
    is_map = len(slices) > 1
    key = "filled_caption" if is_map else "columns_emptiest_first"
    subtitle = say(key, shown=len(shown), ranked=len(ranked))
    with card(title, subtitle, height=0.3 * max(2, len(shown)) + 0.5) as (figure, axes):
        axes.grid(visible=False)
        matrix = [list(shares) for _, shares in shown] or [[1.0] * max(1, len(slices))]
        axes.set_yticks(range(len(shown)), [label(column) for column, _ in shown])
        if is_map:
            axes.imshow(matrix, aspect="auto", cmap=_filled_colours(), vmin=0, vmax=1)
            axes.set_xticks(*_spread_ticks(slices))
            _write_shares(axes, matrix)
        else:
            _filled_bars(axes, [shares[0] for shares in matrix])
        parts = [f"{column} {as_share(_mean(shares))}" for column, shares in shown]
        alt = clip_alt([say("filled_title", table=table), *parts])
        return save(figure, folder, "coverage", title, alt)


def _mean(shares: Sequence[float]) -> float:
    return sum(shares) / len(shares) if shares else 0.0


def _filled_colours() -> LinearSegmentedColormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("filled", [WARM, "#eadfd2", SOFT])


def _filled_bars(axes: Axes, shares: Sequence[float]) -> None:
    """Draw one share a row, the filled part before the rest of the bar."""
    rows = range(len(shares))
    axes.barh(rows, [1.0] * len(shares), color=GREY, height=0.6)
    axes.barh(rows, shares, color=ACCENT, height=0.6)
    for row, share in enumerate(shares):
        axes.text(1.02, row, as_share(share), ha="left", va="center", color=INK, size=9)
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 1.12)
    axes.set_xticks([])


def _spread_ticks(slices: Sequence[str]) -> tuple[list[int], list[str]]:
    step = max(1, -(-len(slices) // 8))
    places = list(range(0, len(slices), step))
    return places, [label(slices[place])[:14] for place in places]


def _write_shares(axes: Axes, matrix: list[list[float]]) -> None:
    if len(matrix[0]) > 12:
        return
    for row, shares in enumerate(matrix):
        for place, share in enumerate(shares):
            colour = CARD if share < 0.35 else INK
            axes.text(place, row, as_share(share), ha="center", va="center", color=colour, size=8)


def join_overlap(folder: Path, overlaps: Sequence[KeyOverlap]) -> Picture:
    """Draw how many keys two tables share, one bar per pair of columns.

    Args:
        folder: where to write the PNG.
        overlaps: at most `MOST_OVERLAPS` are drawn, in the order given.
    """
    title = say("how_tables_meet")
    shown = list(overlaps)[:MOST_OVERLAPS]
    subtitle = say("overlap_caption")
    with card(title, subtitle, height=0.75 * max(1, len(shown)) + 0.4) as (figure, axes):
        for row, one in enumerate(shown):
            _overlap_bar(axes, one, row)
        names = [f"{label(one.left)}\n{label(one.right)}" for one in shown]
        axes.set_yticks(range(len(shown)), names, fontsize=9.5)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(0, 1)
        axes.set_xlabel(say("overlap_axis"))
        parts = [
            say(
                "overlap_alt",
                left=one.left,
                right=one.right,
                left_only=one.left_only,
                both=one.both,
                right_only=one.right_only,
            )
            for one in shown
        ] or [say("pair_columns_meets")]
        return save(figure, folder, "joins", title, clip_alt(parts))


def _overlap_bar(axes: Axes, one: KeyOverlap, row: int) -> None:
    total = max(1, one.left_only + one.both + one.right_only)
    start = 0.0
    for count, colour, ink in (
        (one.left_only, GREY, INK),
        (one.both, ACCENT, CARD),
        (one.right_only, RULE, MUTED),
    ):
        share = count / total
        axes.barh(row, share, left=start, color=colour, height=0.6)
        if share > 0.08:
            axes.text(start + share / 2, row, f"{count:,}", ha="center", va="center", color=ink)
        start += share
