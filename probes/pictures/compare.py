"""Models against guessing, columns by weight, groups against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from probes.contract import Picture
from probes.pictures.style import ACCENT, GREY, INK, MUTED, SOFT, WARM, card, clip_alt, label, save
from probes.pictures.texts import say
from probes.pictures.values import Bar, GroupBar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS: Final = 14
_ROW_INCHES: Final = 0.42


def model_comparison(
    folder: Path,
    bars: Sequence[Bar],
    *,
    guessing: float,
    metric: str,
    subtitle: str,
    beside: Sequence[Bar] = (),
    beside_name: str = "",
) -> Picture:
    """Draw models with their intervals against guessing.

    Args:
        folder: where to write the PNG.
        bars: the models under the honest split, the leading one first.
        guessing: the figure that guessing reaches.
        metric: what the figure is called.
        subtitle: how it was measured, in a few words.
        beside: the same models under another split, drawn hollow.
        beside_name: what that split is called.
    """
    title = say("lift_axis")
    with card(title, subtitle, height=_ROW_INCHES * len(bars) + 0.6) as (figure, axes):
        axes.axvline(guessing, color=WARM, linewidth=1.6, linestyle=(0, (4, 3)), zorder=1)
        others = {bar.name: bar for bar in beside}
        for row, bar in enumerate(bars):
            _interval(axes, bar, row, ACCENT if row == 0 else GREY)
            if bar.name in others:
                _hollow(axes, others[bar.name], row)
        _rows(axes, [bar.name for bar in bars])
        hollow = f"   ◇ {beside_name}" if others else ""
        axes.set_xlabel(say("interval_guessing", metric=metric, hollow=hollow, guessing=guessing))
        parts = [say("bar_alt", **vars(bar)) for bar in bars]
        parts += [f"{bar.name} {beside_name} {bar.mean:.3f}" for bar in beside]
        alt = clip_alt(
            [
                say("each_model_guessing", metric=metric, guessing=guessing, parts=parts[0]),
                *parts[1:],
            ]
        )
        return save(figure, folder, "models", title, alt)


def _interval(axes: Axes, bar: Bar, row: int, colour: str) -> None:
    axes.plot([bar.low, bar.high], [row, row], color=colour, linewidth=5, alpha=0.45, zorder=2)
    axes.plot([bar.mean], [row], "o", color=colour, markersize=9, zorder=3)
    axes.annotate(
        f"{bar.mean:.3f}",
        (bar.mean, row),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=9.5,
        color=INK,
    )


def _hollow(axes: Axes, bar: Bar, row: int) -> None:
    axes.plot([bar.mean], [row], "D", color=MUTED, markerfacecolor="none", markersize=7, zorder=4)


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.margins(x=0.08)


def importance(folder: Path, bars: Sequence[Bar], *, metric: str, subtitle: str) -> Picture:
    """Draw how much the figure falls when a column is shuffled, the heaviest first.

    Args:
        folder: where to write the PNG.
        bars: columns with the fall and its spread; at most `MOST_BARS` are drawn.
        metric: what falls.
        subtitle: how it was measured, in a few words.
    """
    title = say("model_looks")
    shown = sorted(bars, key=lambda bar: -bar.mean)[:MOST_BARS]
    with card(title, subtitle, height=_ROW_INCHES * max(1, len(shown)) + 0.4) as (figure, axes):
        rows = range(len(shown))
        axes.barh(rows, [max(0.0, bar.mean) for bar in shown], color=SOFT, height=0.62)
        for row, bar in enumerate(shown):
            axes.plot([bar.low, bar.high], [row, row], color=ACCENT, linewidth=2)
        _rows(axes, [bar.name for bar in shown])
        axes.set_xlabel(say("shuffle_axis", metric=metric))
        parts = [f"{bar.name} {bar.mean:.3f}" for bar in shown] or [say("no_column")]
        alt = clip_alt([say("fall_column", metric=metric, parts=parts[0]), *parts[1:]])
        return save(figure, folder, "importance", title, alt)


def group_differences(
    folder: Path,
    groups: Sequence[GroupBar],
    *,
    column: str,
    metric: str,
    overall: float,
    name: str,
) -> Picture:
    """Draw a figure for each group against all, groups too small to judge in grey.

    Args:
        folder: where to write the PNG.
        groups: at most `MOST_BARS` are drawn, the largest first.
        column: what the groups are groups of.
        metric: what is compared, in words.
        overall: the figure over everybody.
        name: the file's name without ending.
    """
    title = say("groups_treated_alike", label=label(column))
    shown = sorted(groups, key=lambda group: -group.rows)[:MOST_BARS]
    subtitle = say("groups_caption", metric=metric)
    with card(title, subtitle, height=_ROW_INCHES * max(1, len(shown)) + 0.5) as (figure, axes):
        axes.axvline(overall, color=WARM, linewidth=1.6, linestyle=(0, (4, 3)), zorder=1)
        for row, group in enumerate(shown):
            bar = Bar(group.name, group.mean, group.low, group.high)
            _interval(axes, bar, row, ACCENT if group.large_enough else GREY)
        _rows(axes, [f"{label(group.name)} ({group.rows:,})" for group in shown])
        axes.set_xlabel(say("groups_axis", metric=metric, overall=overall))
        parts = [
            say("group_alt" if group.large_enough else "small_group_alt", **vars(group))
            for group in shown
        ]
        everybody = say("groups_alt", metric=metric, column=column, overall=overall)
        alt = clip_alt([everybody, *parts])
        return save(figure, folder, name, title, alt)
