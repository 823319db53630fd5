"""What a workspace's closed sprints say together, as Home shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.plan_counts import PlanCounts
from bot.domain.verdict import say_days
from bot.messages.catalog import hours, say, say_plain
from bot.slack import blocks, limits, native
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, clip

SHOWN = 6
"""Lines of a list; what is over is counted."""
TABLE_COLUMNS: Final = ("function", "count", "quoted", "actual")


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """How a function's quotes turned out, in median days."""

    function: str
    count: int
    quoted_days: float
    actual_days: float


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """How many forecasts came in by their dates."""

    due_p80: int
    by_p80: int
    due_p50: int
    by_p50: int


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """A portfolio in the playbook's words.

    Args:
        sprints: how many are closed.
        paths: path and how many sprints ended on it.
        hours_lost: kind and the hours that stopping blockers of it stood.
        critical_paths: what was on the critical path, and of how many sprints.
        quotes: per function.
        forecasts: how the forecasts did; None while no date is over.
        fixes: how the items of their plans stand.
        refusals: where no is said, a line each; empty where no function stood in the way.
    """

    sprints: int
    paths: Sequence[tuple[str, int]]
    hours_lost: Sequence[tuple[str, float]]
    critical_paths: Sequence[tuple[str, int]]
    quotes: Sequence[QuoteLine]
    forecasts: ForecastLine | None
    fixes: PlanCounts
    refusals: Sequence[str] = ()


def portfolio_rows(view: PortfolioView) -> list[Block]:
    """Return the portfolio's blocks; a line that says how it begins while nothing is closed."""
    head = [blocks.divider(), blocks.header(say_plain("home.portfolio_title"))]
    if not view.sprints:
        return [*head, blocks.section(say("home.portfolio_empty"))]
    return [
        *head,
        blocks.section(_paths(view)),
        *_lost(view),
        *_quotes(view),
        blocks.section(_forecasts(view.forecasts)),
        *([blocks.section(_fixes(view.fixes))] if view.fixes.count else []),
        *([blocks.section(_refusals(view.refusals))] if view.refusals else []),
    ]


def _fixes(counts: PlanCounts) -> Mrkdwn:
    return say("home.portfolio_fixes", **counts.plain())


def _lost(view: PortfolioView) -> list[Block]:
    """Return the hours lost, as a chart where there are any, and what was on the critical path."""
    if not view.hours_lost:
        return [blocks.fields([_hours_lost(view), _critical_paths(view)])]
    shown = {
        clip(kind, limits.CHART_LABEL): round(lost, 1) for kind, lost in view.hours_lost[:SHOWN]
    }
    chart = native.chart(
        "bar",
        say_plain("home.portfolio_chart"),
        list(shown),
        {say_plain("debrief.series_lost"): list(shown.values())},
        [blocks.section(_hours_lost(view))],
        unit=say_plain("debrief.unit_hours"),
    )
    return [chart, blocks.section(_critical_paths(view))]


def _paths(view: PortfolioView) -> Mrkdwn:
    paths = [say_plain("home.portfolio_path", path=path, count=count) for path, count in view.paths]
    return say("home.portfolio", count=view.sprints, paths=" · ".join(paths))


def _hours_lost(view: PortfolioView) -> Mrkdwn:
    lines = [
        say("home.portfolio_hours_line", kind=kind, hours=hours(lost))
        for kind, lost in view.hours_lost
    ]
    return _list("home.portfolio_hours", lines, "home.portfolio_no_hours")


def _critical_paths(view: PortfolioView) -> Mrkdwn:
    lines = [
        say("home.portfolio_critical_line", family=family, count=count)
        for family, count in view.critical_paths
    ]
    return _list("home.portfolio_critical", lines, "home.portfolio_no_critical")


def _quotes(view: PortfolioView) -> list[Block]:
    """Return what was quoted and what it took, as a table where there is any."""
    lines = [
        say(
            "home.portfolio_quote",
            function=line.function,
            quoted=say_days(line.quoted_days),
            actual=say_days(line.actual_days),
            count=line.count,
        )
        for line in view.quotes
    ]
    plain = blocks.section(_list("home.portfolio_quotes", lines, "home.portfolio_no_quotes"))
    if not view.quotes:
        return [plain]
    table = native.data_table(
        say_plain("home.table_caption", count=len(view.quotes)),
        [say_plain(f"home.table_{name}") for name in TABLE_COLUMNS],
        [[line.function, line.count, line.quoted_days, line.actual_days] for line in view.quotes],
        [plain],
    )
    return [table]


def _forecasts(line: ForecastLine | None) -> Mrkdwn:
    title = say("home.portfolio_forecasts")
    if line is None:
        return Mrkdwn(f"{title}\n{say('home.portfolio_no_forecasts')}")
    text = say(
        "home.portfolio_forecast",
        due80=line.due_p80,
        by80=line.by_p80,
        due50=line.due_p50,
        by50=line.by_p50,
    )
    return Mrkdwn(f"{title}\n{text}")


def _refusals(texts: Sequence[str]) -> Mrkdwn:
    shown = [say("refusals.home_line", line=line) for line in texts]
    return Mrkdwn("\n".join([say("refusals.home_title"), *shown, say("refusals.home_more")]))


def _list(title: str, lines: Sequence[Mrkdwn], empty: str) -> Mrkdwn:
    shown = list(lines[:SHOWN]) or [say(empty)]
    if len(lines) > SHOWN:
        shown.append(say("home.portfolio_more", count=len(lines) - SHOWN))
    return Mrkdwn("\n".join([say(title), *shown]))
