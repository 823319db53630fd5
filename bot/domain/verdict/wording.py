"""Every sentence of the verdict, as templates in one place, and how figures are said."""

from __future__ import annotations

from typing import Final

from bot.domain.verdict.judgement import Doubt
from bot.domain.verdict.texts import table, template
from bot.domain.vocabulary import Category, Family, Path, Remedy, Role, ShouldDoAI
from bot.reading.ranges import LONGEST, DayRange

LONGEST_TITLE: Final = 160
MANY_YEARS: Final = 10
"""From here on a tenth of a year says nothing."""

FAMILY_NAME: Final = table("family_name", Family)
REMEDY_NAME: Final = table("remedy_name", Remedy)
DOUBT_NAME: Final = table("doubt_name", Doubt)
PROBED: Final = template("probed")
COST: Final = template("cost")
COST_CLASSIC: Final = template("cost_classic")
SHOULD: Final = table("should", ShouldDoAI)
CONDITION: Final = template("condition")

PATH: Final = table("path", Path)
CORRECTION: Final = template("correction")
PATH_CORRECTED: Final = template("path_corrected")
HINGE: Final = template("hinge")
NO_HINGE: Final = template("no_hinge")
PATH_NAME: Final = table("path_name", Path)

ROLLED_BACK: Final = template("rolled_back")
NOT_DEPLOYED: Final = template("not_deployed")

UNLIMITED_DEPLOYED: Final = template("unlimited_deployed")
UNLIMITED_CLEAR: Final = template("unlimited_clear")
UNLIMITED_SOLVABLE: Final = template("unlimited_solvable")
UNLIMITED_STRUCTURAL: Final = template("unlimited_structural")
MORE: Final = template("more")

CRITICAL: Final = template("critical")
CRITICAL_ALONE: Final = template("critical_alone")
CRITICAL_TIED: Final = template("critical_tied")
CRITICAL_PAST: Final = template("critical_past")
CRITICAL_NONE: Final = template("critical_none")
WHY_DEPLOYED: Final = template("why_deployed")
WHY_CLEAR: Final = template("why_clear")
RUNNER_UP: Final = template("runner_up")

FORECAST: Final = template("forecast")
FORECAST_DEPLOYED: Final = template("forecast_deployed")
STATED: Final = template("stated")
ASSUMED: Final = template("assumed")
CORRECTED: Final = template("corrected")

SURPRISE: Final = template("surprise")
SURPRISE_NO_VOTES: Final = template("surprise_no_votes")
SURPRISE_NONE: Final = template("surprise_none")
CRITERION: Final = template("criterion")
CRITERION_NAME: Final = table("criterion_name", str)
CATEGORY_NAME: Final = table("category_name", Category)


STEP_FIRST: Final = template("step_first")
STEP_LEAVE: Final = template("step_leave")
STEP_RERUN: Final = template("step_rerun")
STEP_QUICK_WINS: Final = template("step_quick_wins")
STEP_RULES: Final = template("step_rules")
STEP_WATCH: Final = template("step_watch")
STEP_GROUNDWORK: Final = template("step_groundwork")
STEP_BACK: Final = template("step_back")
THEME: Final = table("theme", str)
ROLE_NAME: Final = table("role_name", Role)


def quoted(title: str) -> str:
    """Return a title on one line, short enough to stand inside a sentence."""
    flat = " ".join(title.split()).rstrip(".")
    return flat if len(flat) <= LONGEST_TITLE else f"{flat[: LONGEST_TITLE - 1].rstrip()}…"


def quoted_title(title: str) -> str:
    """Return a title in quotation marks."""
    return f"“{quoted(title)}”"


def say_days(days: float) -> str:
    """Return a number of days as a person would say it."""
    if days <= 0:
        return "0 days"
    if days >= LONGEST:
        return "no end in sight"
    if days < 1:
        hours = round(24 * days)
        return f"{hours} hours" if hours > 1 else "about an hour"
    for limit, size, unit in ((14, 1, "day"), (84, 7, "week"), (730, 30.4375, "month")):
        if days < limit:
            return _counted(days / size, unit)
    years = round(days / 365.25, 1)
    return f"{years:g} years" if years < MANY_YEARS else _counted(years, "year")


def say_count(number: int, noun: str) -> str:
    """Return a number with its noun: "1 thing", "3 things"."""
    return _counted(number, noun)


def _counted(amount: float, unit: str) -> str:
    whole = round(amount)
    return f"{whole} {unit}" if whole == 1 else f"{whole} {unit}s"


def say_money(amount: float, currency: str) -> str:
    """Return an amount without cents, the sign or the code on its usual side."""
    return f"{amount:,.0f} {currency}" if currency.isalpha() else f"{currency}{amount:,.0f}"


def say_range(days: DayRange) -> str:
    """Return a range of days as a person would say it."""
    if days.indefinite:
        return "nobody knows how long"
    low, high = say_days(days.low), say_days(days.high)
    if low == high:
        return f"about {high}"
    (low_count, _, low_unit), unit = low.partition(" "), high.partition(" ")[2]
    return f"{low_count if low_unit == unit else low} to {high}"
