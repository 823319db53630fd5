"""Question 4's deeds: for each cause what somebody does to which thing, as templates in tables.

A deed is looked up from the most telling to the least: what the blocker's own words are about, its
family together with its kind, its family, its kind.
"""

from __future__ import annotations

import re
from typing import Final

from bot.domain.verdict.judgement import is_about_missing_data
from bot.domain.verdict.model import Cause, Sort
from bot.domain.verdict.named_things import data_named, paper_named, thing_named
from bot.domain.vocabulary import Family, Kind, Remedy

_DATA, _LINK = Family.DATA_ACCESS_PROCESS, Family.INTEGRATION_CAPABILITIES
_SECURITY, _PRIVACY = Family.SECURITY_APPROVAL, Family.PRIVACY_REVIEW
_ACCOUNT, _BUDGET = Family.ACCOUNTABILITY_STRUCTURE, Family.BUDGET_AUTHORITY

ROLLBACK: Final = (
    "{who} mends what took the model back and deploys the prediction API to 1 % of the traffic "
    "again by day {day}"
)
REFUSED: Final = (
    "{who} writes the list of conditions under which {thing} may go live, and decides on that list "
    "by day {day}"
)
LOAD_DATA: Final = "{who} loads {thing} into one table of the data warehouse by day {day}"
COST_IT: Final = "{who} writes a costed offer for replacing {thing} by day {day}"
OTHERWISE: Final = "{who} writes the missing procedure for {thing} by day {day}"
_CHANGE: Final = (
    "{who} signs the ticket for one small change to {thing}, behind a switch, by day {day}"
)

_ABOUT: Final[tuple[tuple[re.Pattern[str], frozenset[Family], str], ...]] = tuple(
    (re.compile(rf"\b(?:{words})", re.IGNORECASE), frozenset(families), deed)
    for words, families, deed in (
        (
            r"explain|interpret|black box",
            {_PRIVACY, _SECURITY, _ACCOUNT},
            "{who} writes the page that explains one decision of the model to a customer by day "
            "{day}",
        ),
        (
            r"audit(?:ed|able|ors?)?\b(?! the)",
            {_PRIVACY},
            "{who} switches on the log of every prediction and shows it to the auditors by day "
            "{day}",
        ),
        (
            r"bias|fair(?:ness)?\b|discriminat",
            {_PRIVACY, _SECURITY},
            "{who} runs the fairness test on the model and files its report by day {day}",
        ),
        (
            r"opt.?out|consent",
            {_PRIVACY},
            "{who} adds the opt-out flag to the tables that the model reads by day {day}",
        ),
        (
            r"understand|understood",
            {_PRIVACY, _SECURITY, _ACCOUNT},
            "{who} shows the risk officers the model's test report, prediction by prediction, by "
            "day {day}",
        ),
        (
            r"dpia|impact assessment|gdpr",
            {_PRIVACY},
            "{who} writes the DPIA for the tables that the model reads and signs it by day {day}",
        ),
        (
            r"pen(?:etration)?[ -]?test",
            {_SECURITY},
            "{who} books the penetration test for the prediction API and waives it for 1 % of the "
            "traffic by day {day}",
        ),
        (
            r"packages?\b|librar(?:y|ies)\b|pip\b|pypi|conda|proxy",
            {_SECURITY},
            "{who} adds the model's packages to the allowlist of the package mirror by day {day}",
        ),
        (
            r"on.?call|pager|alerts?\b|rota\b",
            {_ACCOUNT},
            "{who} adds the model's alerts to the on-call rota, with one name a week, by day {day}",
        ),
    )
)
"""What a blocker is about by its own words, where that asks for a deed of its own."""

_BY_FAMILY_AND_KIND: Final[dict[tuple[Family, Kind], str]] = {
    (_DATA, Kind.DATA_ACCESS): "{who} copies {thing} into a table that the model can query by day "
    "{day}",
    (_DATA, Kind.INFRASTRUCTURE): "{who} opens a connection from the sprint's environment to "
    "{thing} by day {day}",
    (_DATA, Kind.MISSING_PROCESS): "{who} writes the procedure for read access to {thing} on one "
    "page and grants it to the sprint team by day {day}",
    (_LINK, Kind.APPROVAL_PROCESS): _CHANGE,
    (_LINK, Kind.DECISION_AUTHORITY): _CHANGE,
    (
        _LINK,
        Kind.RISK_TOLERANCE,
    ): "{who} signs the ticket for one small change to {thing}, with a rollback "
    "script, behind a switch, by day {day}",
    (_LINK, Kind.MISSING_PROCESS): "{who} writes the change procedure for {thing} on one page by "
    "day {day}",
    (_LINK, Kind.DEPLOYMENT_PIPELINE): "{who} repairs {thing} and puts one small release through "
    "it by day {day}",
    (_LINK, Kind.INFRASTRUCTURE): "{who} opens a connection from the prediction API to {thing} by "
    "day {day}",
    (_ACCOUNT, Kind.MISSING_PROCESS): "{who} writes the runbook for {thing} and names who answers "
    "its alerts by day {day}",
    (_ACCOUNT, Kind.DECISION_AUTHORITY): "{who} signs the memo that says who may decide on {thing} "
    "by day {day}",
    (Family.SKILLS, Kind.SKILLS_GAP): "{who} books one engineer who has deployed models to build "
    "{thing} beside the team by day {day}",
}
_BY_FAMILY: Final[dict[Family, str]] = {
    _DATA: "{who} grants the sprint team read access to {thing} by day {day}",
    _LINK: "{who} adds one API endpoint for the model to {thing}, behind a switch, by day {day}",
    _SECURITY: "{who} writes the security checklist for {thing} and signs it for 1 % of the "
    "traffic by day {day}",
    _BUDGET: "{who} signs the budget request for {thing} by day {day}",
    _ACCOUNT: "{who} names one owner for {thing} and sends the alerts to that person's inbox by "
    "day {day}",
    Family.SKILLS: "{who} hires one engineer who has deployed models and assigns them to {thing} "
    "by day {day}",
    _PRIVACY: "{who} signs the privacy assessment for {thing} by day {day}",
}
_BY_KIND: Final[dict[Kind, str]] = {
    Kind.INFRASTRUCTURE: "{who} sets up a training environment with a connection to {thing} by day "
    "{day}",
    Kind.DEPLOYMENT_PIPELINE: "{who} repairs {thing} and puts one small release through it by day "
    "{day}",
}
_USUAL_THING: Final[dict[Family | None, str]] = {
    _DATA: "the production database",
    _LINK: "the production system",
    _SECURITY: "the prediction API",
    _BUDGET: "the production system",
    _ACCOUNT: "the model in production",
    Family.SKILLS: "the prediction API",
    _PRIVACY: "the tables that the sprint used",
    None: "the production database",
}
"""What a deed is done to where the blocker names no thing of its own."""
_SOURCE: Final = "the one source that counts"
_PIPELINE: Final = "the deployment pipeline"


def deed_for(cause: Cause, *, in_time: bool) -> str:
    """Return the template of what is done about an cause: `who`, `thing` and `day` fill it.

    Args:
        cause: what is in the way.
        in_time: whether thirty days are enough for all of it.
    """
    if cause.fact.sort is Sort.ROLLBACK:
        return ROLLBACK
    if cause.refused:
        return REFUSED
    if is_about_missing_data(cause):
        return LOAD_DATA
    if not in_time and cause.remedy is Remedy.ARCHITECTURE:
        return COST_IT
    if cause.family is None:
        return _BY_KIND.get(cause.kind, OTHERWISE)
    precise = _BY_FAMILY_AND_KIND.get((cause.family, cause.kind))
    return _by_its_words(cause) or precise or _BY_FAMILY[cause.family]


def _by_its_words(cause: Cause) -> str | None:
    return next(
        (
            deed
            for about, families, deed in _ABOUT
            if cause.family in families and about.search(cause.title)
        ),
        None,
    )


def thing_for(cause: Cause) -> str:
    """Return what the deed is done to: what the blocker names, else what its family is about."""
    if cause.refused:
        return _USUAL_THING[_SECURITY]
    named = _named(cause) if cause.recorded else None
    if is_about_missing_data(cause):
        return named or _SOURCE
    is_pipeline = cause.kind is Kind.DEPLOYMENT_PIPELINE
    return named or (_PIPELINE if is_pipeline else _USUAL_THING[cause.family])


def _named(cause: Cause) -> str | None:
    if is_about_missing_data(cause):
        return data_named(cause.title)
    if cause.family is _BUDGET:
        return thing_named(cause.title) or paper_named(cause.title)
    return thing_named(cause.title)
