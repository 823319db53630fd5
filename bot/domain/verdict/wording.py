"""Every sentence of the verdict, as templates in one place, and how figures are said."""

from __future__ import annotations

from typing import Final

from bot.domain.lead_time import LONGEST, DayRange
from bot.domain.verdict.judgement import Doubt
from bot.domain.vocabulary import Category, Family, Path, Remedy, Role, ShouldDoAI

LONGEST_TITLE: Final = 160
MANY_YEARS: Final = 10
"""From here on a tenth of a year says nothing."""

FAMILY_NAME: Final[dict[Family, str]] = {
    Family.DATA_ACCESS_PROCESS: "the data access process",
    Family.INTEGRATION_CAPABILITIES: "the integration capabilities",
    Family.SECURITY_APPROVAL: "the security approval",
    Family.BUDGET_AUTHORITY: "the budget authority",
    Family.ACCOUNTABILITY_STRUCTURE: "the accountability structure",
    Family.SKILLS: "skills",
    Family.PRIVACY_REVIEW: "the privacy review",
}
REMEDY_NAME: Final[dict[Remedy, str]] = {
    Remedy.BUDGET: "budget",
    Remedy.PEOPLE: "people",
    Remedy.TOOLS: "tools",
    Remedy.ARCHITECTURE: "another architecture",
    Remedy.ORGANIZATION: "a change in the organisation",
    Remedy.GOVERNANCE: "a change of the rules",
}
DOUBT_NAME: Final[dict[Doubt, str]] = {
    Doubt.ARCHITECTURE: "The architecture cannot carry it now",
    Doubt.ORGANIZATION: "The organisation does not allow it now",
    Doubt.RISK: "The risk is not managed now",
    Doubt.BIGGER_PROBLEMS: "There is a bigger problem to solve first",
    Doubt.NO_EVIDENCE: "There is no evidence to answer from",
}
DOUBT_CLEARED: Final[dict[Doubt, str]] = {
    Doubt.ARCHITECTURE: "Nothing recorded says that the architecture cannot carry it.",
    Doubt.ORGANIZATION: "Nothing recorded says that the organisation will not allow it.",
    Doubt.RISK: "Nothing recorded says that the risk cannot be managed.",
    Doubt.BIGGER_PROBLEMS: "Nothing recorded says that there are bigger problems.",
}
DOUBT_PROBED: Final = "{cleared}, but a probe found: {finding}."
PROBED: Final = (
    "Beside what people wrote down, probes found {stops} to stop for and {slows} to be slowed by; "
    "of these {count}, {technical} technical."
)
COST: Final = (
    "The sprint took {hours} person-hours, {waited} of them in front of a stop: about {amount} at "
    "{rate} an hour."
)
COST_CLASSIC: Final = "A classic readiness assessment costs {assessment} and takes {time}"
COST_SAVED: Final = "; this saved {saved} of it"
SHOULD: Final[dict[ShouldDoAI, str]] = {
    ShouldDoAI.YES: "Yes: none of the four reasons against doing AI now holds.",
    ShouldDoAI.NOT_YET: "Not yet: {condition}.",
    ShouldDoAI.NO: "No, not as things stand: {condition}.",
}
CONDITION: Final = "the answer changes once “{title}” is settled"
CONDITION_EMPTY: Final = "the answer needs a sprint that was really run"

PATH: Final[dict[Path, str]] = {
    Path.DEPLOY_MORE: "Deploy more: pick three to five quick wins for the next 90 days, build the "
    "skills in house and set the rules as you go.",
    Path.FIX_BLOCKERS: "Fix blockers, then deploy: spend 30 days on the critical path alone, then "
    "run this sprint again.",
    Path.BUILD_FOUNDATION: "Build the foundation: six to twelve months of groundwork before the "
    "next try, and no pretending in between.",
}
CORRECTION: Final = "{who} answers for the team: {answer}."
PATH_CORRECTED: Final = "{path} The team's own answer moved it here from “{before}”."
HINGE: Final = "If {fact} were otherwise, the path would be “{path}”."
NO_HINGE: Final = "No single fact, if wrong, would change this path."
PATH_NAME: Final[dict[Path, str]] = {
    Path.DEPLOY_MORE: "deploy more",
    Path.FIX_BLOCKERS: "fix blockers, then deploy",
    Path.BUILD_FOUNDATION: "build the foundation",
}

DEPLOYED: Final = "Live since hour {at:g} on {percent:g} % of the traffic, and still there."
ROLLED_BACK: Final = "Taken back in hour {at:g}: {reason}."
NOT_DEPLOYED: Final = "Nothing went live within the {hours:g} hours."

UNLIMITED_DEPLOYED: Final = "Yes: it was deployed in the time there was."
UNLIMITED_CLEAR: Final = "Yes: nothing that stops was left open."
UNLIMITED_SOLVABLE: Final = "“{title}” takes {remedy}, which resources can buy."
UNLIMITED_STRUCTURAL: Final = "“{title}” takes {remedy}, which no resources can buy in 48 hours."
MORE: Final = "{count} more of the same sort stand behind this."

CRITICAL: Final = (
    "The critical path runs through {family}: without “{title}”, a deployment would come {saved} "
    "sooner."
)
CRITICAL_ALONE: Final = (
    "The critical path runs through “{title}”: without it, a deployment would come {saved} sooner."
)
CRITICAL_TIED: Final = (
    "“{title}” is the longest wait, though taking it away alone would not bring a deployment "
    "forward: others wait beside it."
)
CRITICAL_PAST: Final = (
    "“{title}” was resolved, but {saved} too late for what came after it in this sprint."
)
CRITICAL_NONE: Final = "No blocker is on the critical path: {why}."
WHY_DEPLOYED: Final = "it was deployed"
WHY_CLEAR: Final = "nothing that stops was left open"
RUNNER_UP: Final = "Next in line is “{title}”, worth {saved}."

FORECAST: Final = (
    "Half of {draws} simulated futures deploy within {p50}, four in five within {p80}."
)
FORECAST_DEPLOYED: Final = "It is live; there is nothing left to wait for."
STATED: Final = "“{title}”: {words}, as it was said."
ASSUMED: Final = "“{title}”: nobody said how long, so the method's {range} stand in."
CORRECTED: Final = "Quotes like this one have taken {factor:.1f} times as long in past sprints."

SURPRISE: Final = (
    "{category} blockers made up {happened:.0%} of what happened and got {expected:.0%} of the "
    "votes before hour 0."
)
SURPRISE_NO_VOTES: Final = "Nobody said before hour 0 what they expected."
SURPRISE_NONE: Final = "No category took up more room than the votes gave it."
CRITERION: Final = (
    "The use case went in although it did not meet the criterion “{criterion}”, so read the rest "
    "with that in mind."
)
CRITERION_NAME: Final = {
    "valuable": "valuable if it works",
    "not_critical": "not mission-critical if it fails",
    "real_data": "needs real production data",
}
CATEGORY_NAME: Final[dict[Category, str]] = {
    Category.TECHNICAL: "Technical",
    Category.ORGANIZATIONAL: "Organisational",
    Category.CAPABILITY: "Capability",
}

FIX_WITH: Final = ", with {party}"
FIX_SETTLES: Final = "{deed}{party}{wait}; this settles “{title}”"
FIX_BEGINS: Final = "{deed}{party}{wait}; this begins on “{title}”"
NOT_IN_THIRTY: Final = ", as a first step (all of it takes {range})"
INSTEAD_OF: Final = ", instead of waiting {range}"
FIX_PLAN: Final = (
    "{who} writes what the business does with each prediction into the CRM system, and who does "
    "it, by day {day}"
)
FIX_AGAINST_A_NO: Final = (
    "{who} writes the list of conditions on {subject} under which the prediction API stays live, "
    "and decides on that list by day {day}"
)
FIX_LOOK_AGAIN: Final = (
    "{who} deploys the prediction API to 1 % of the production traffic and watches it for a day "
    "by day {day}"
)
FIX_NOTHING: Final = (
    "{who} runs the sprint again and connects the production database in its first hour by day "
    "{day}"
)

STEP_FIX: Final = "By day {day}, {owner} settles “{title}”."
STEP_BEGIN: Final = "By day {day}, {owner} takes the first step on “{title}”."
STEP_LEAVE: Final = "What else the plan holds ({count}) waits until these are done."
STEP_RERUN: Final = "On day 31, {builder} runs this sprint again with the same use case."
STEP_QUICK_WINS: Final = (
    "Within 90 days: three to five more use cases of this size go live, with {people}."
)
STEP_RULES: Final = (
    "Write the rules down as you go, with {approvers}, from what was approved here: {subjects}."
)
STEP_WATCH: Final = (
    "{builder} keeps watching the model that is live; {business} watches what is done with it."
)
STEP_GROUNDWORK: Final = (
    "{theme}: “{title}” takes {range}; {owner} has the first step ready by day {day}."
)
STEP_BACK: Final = "Look again in {time}: {builder} then runs this sprint with the same use case."
THEME: Final = {
    "data": "Data",
    "architecture": "Architecture",
    "governance": "Governance",
    "skills": "Skills",
}
ROLE_NAME: Final[dict[Role, str]] = {
    Role.BUILDER: "the builder",
    Role.DATA: "the one who knows the data",
    Role.APPROVER: "the approver",
    Role.BUSINESS: "the business",
}


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
