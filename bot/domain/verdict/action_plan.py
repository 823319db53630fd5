"""The path's own action plan: the method's steps, filled with this sprint's blockers and people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.evidence import reached_by
from bot.domain.verdict.facts import record_fact, team_fact
from bot.domain.verdict.judgement import is_about_missing_data
from bot.domain.verdict.model import Cause, FactRef, Fix, Sentence, Sort
from bot.domain.verdict.result import Verdict
from bot.domain.vocabulary import Category, Decision, Path, Role
from bot.reading.ranges import MONTH

CRITICAL_ITEMS: Final = 3
"""The method fixes two or three things and nothing else."""
LEAST_FOUNDATION: Final = 183.0
MOST_FOUNDATION: Final = 12 * MONTH
"""Days between which the sprint is run again, as the path says: "six to twelve months"."""


def path_text(path: Path, causes: Sequence[Cause]) -> str:
    """Return what a path says; fixing a critical path only where a cause is open."""
    if path is Path.FIX_BLOCKERS and not causes:
        return texts.template("path_nothing_open")
    return texts.table("path", Path)[path]


def path_steps(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    """Return what to do on the path, with this sprint's own blockers, owners and days."""
    return _STEPS[found.path](record, found)


def _deploy_more(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    people = found.champions or tuple(dict.fromkeys(record.team.values()))
    asked = [a for a in record.approvals if a.decision is Decision.APPROVED]
    steps = [Sentence(texts.say("step_quick_wins", people=_listed(people)), (team_fact(),))]
    if asked:
        facts = tuple(
            FactRef(Sort.APPROVAL, a.id, texts.say("fact_request", number=a.id), a.permalink)
            for a in asked
        )
        subjects = dict.fromkeys(wording.subject_name(a.subject) for a in asked)
        approvers = _listed(tuple(dict.fromkeys(a.approver for a in asked)))
        text = texts.say("step_rules", subjects=_listed(tuple(subjects)), approvers=approvers)
        steps.append(Sentence(text, facts))
    builder, business = _role(record, Role.BUILDER), _role(record, Role.BUSINESS)
    steps.append(
        Sentence(texts.say("step_watch", builder=builder, business=business), (team_fact(),))
    )
    return tuple(steps)


def _fix_blockers(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    first = found.fixes[:CRITICAL_ITEMS]
    rest = found.fixes[CRITICAL_ITEMS:]
    steps = []
    if first:
        days = {fix.due_day for fix in first}
        key = "step_first" if len(days) == 1 else "step_first_due"
        text = texts.say(key, numbers=_numbers(len(first)), day=min(days))
        steps.append(Sentence(text, _facts_of(first)))
    if rest:
        steps.append(Sentence(texts.say("step_leave", count=len(rest)), _facts_of(rest)))
    if not found.causes and not reached_by(record).reached:
        return tuple(steps)  # the plan's one item is to run it again
    again = texts.say("step_rerun", builder=_role(record, Role.BUILDER))
    return (*steps, Sentence(again, (record_fact(),)))


def _facts_of(fixes: Sequence[Fix]) -> tuple[FactRef, ...]:
    return tuple(dict.fromkeys(fact for fix in fixes for fact in fix.facts))


def _numbers(count: int) -> str:
    key = {1: "first_item", 2: "first_two_items"}.get(count, "first_items")
    return texts.say(key, count=count)


def _build_foundation(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    longest = _longest_by_theme(found.causes)
    steps = [
        _groundwork(theme, longest[theme])
        for theme in texts.table("theme", str)
        if theme in longest
    ]
    p50 = found.forecast.p50
    back = texts.say(
        "step_back_midway" if p50 > MOST_FOUNDATION else "step_back",
        time=wording.say_days(min(max(p50, LEAST_FOUNDATION), MOST_FOUNDATION)),
        builder=_role(record, Role.BUILDER),
        whole=wording.say_days(p50),
    )
    facts = tuple(each.fact for each in longest.values())
    return (*steps, Sentence(back, facts or (record_fact(),)))


def _longest_by_theme(causes: Sequence[Cause]) -> dict[str, Cause]:
    longest: dict[str, Cause] = {}
    for cause in sorted(causes, key=lambda each: (-each.days.mode, each.turn)):
        longest.setdefault(_theme(cause), cause)
    return longest


def _theme(cause: Cause) -> str:
    if is_about_missing_data(cause):
        return "data"
    return {
        Category.TECHNICAL: "architecture",
        Category.ORGANIZATIONAL: "governance",
        Category.CAPABILITY: "skills",
    }[cause.category]


def _groundwork(theme: str, cause: Cause) -> Sentence:
    text = texts.say(
        "step_groundwork",
        theme=texts.table("theme", str)[theme],
        title=wording.quoted(cause.title),
        range=wording.say_range(cause.days),
    )
    return Sentence(text, cause.facts)


def _role(record: SprintRecord, role: Role) -> str:
    return record.team.get(role) or texts.table("role_name", Role)[role]


def _listed(names: Sequence[str]) -> str:
    if not names:
        return texts.table("role_name", Role)[Role.BUILDER]
    return wording.listed(names)


_STEPS: Final[dict[Path, Callable[[SprintRecord, Verdict], tuple[Sentence, ...]]]] = {
    Path.DEPLOY_MORE: _deploy_more,
    Path.FIX_BLOCKERS: _fix_blockers,
    Path.BUILD_FOUNDATION: _build_foundation,
}
