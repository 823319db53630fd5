"""The reasons behind each answer: sentences, each with the facts it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.lead_time import DayRange
from bot.domain.record import ActionPlan, Deployment, Finding, Rollback, SprintRecord
from bot.domain.verdict import wording
from bot.domain.verdict.action_plan import path_steps
from bot.domain.verdict.findings import category_of, finding_fact, grave_findings, phase_of, stops
from bot.domain.verdict.forecast import DRAWS
from bot.domain.verdict.judgement import Doubt, Held, structural
from bot.domain.verdict.model import Cause, Critical, FactRef, Figures, Sentence, Sort, Verdict
from bot.domain.verdict.obstacles import blocker_fact
from bot.domain.vocabulary import Category, Path, PhaseKey, Severity

MOST_SENTENCES: Final = 8
"""A question with hundreds of facts names the weightiest and counts the others."""
RECORD: Final = FactRef(Sort.RECORD, "record", "the whole record")
VOTES: Final = FactRef(Sort.EXPECTED, "expected", "the votes before hour 0")
QUOTES: Final = FactRef(Sort.QUOTES, "quotes", "quotes of past sprints")
TEAM: Final = FactRef(Sort.TEAM, "team", "the team and its hours")
FIGURES: Final = FactRef(Sort.FIGURES, "figures", "the playbook's figures")
_DOUBT_PHASES: Final[dict[Doubt, tuple[str, ...]]] = {
    Doubt.ARCHITECTURE: (PhaseKey.INTEGRATION,),
    Doubt.RISK: (PhaseKey.DEPLOYMENT,),
    Doubt.BIGGER_PROBLEMS: (PhaseKey.DATA,),
}
"""The phases whose probes speak of a doubt."""


def deployment_fact(deployment: Deployment) -> FactRef:
    """Return the reference to a deployment."""
    label = f"deploy, hour {deployment.at:g}"
    return FactRef(Sort.DEPLOYMENT, deployment.id, label, deployment.permalink)


def rollback_fact(rollback: Rollback) -> FactRef:
    """Return the reference to a rollback."""
    label = f"rollback, hour {rollback.at:g}"
    return FactRef(Sort.ROLLBACK, rollback.id, label, rollback.permalink)


def plan_fact(plan: ActionPlan) -> FactRef:
    """Return the reference to what the business said about its action plan."""
    label = f"action plan, hour {plan.at:g}"
    return FactRef(Sort.ACTION_PLAN, plan.id, label, plan.permalink)


def hinge_sentence(fact: FactRef, told: str, path: Path) -> Sentence:
    """Return the sentence for a fact, told in words, that would change the path."""
    return Sentence(wording.HINGE.format(fact=told, path=wording.PATH_NAME[path]), (fact,))


def reasons(
    record: SprintRecord, found: Verdict, doubts: Sequence[Held], figures: Figures
) -> dict[str, tuple[Sentence, ...]]:
    """Return for every question its sentences, weightiest first."""
    return {
        "deployed": _deployed(record, found),
        "unlimited_resources": _unlimited(record, found),
        "critical_path": _critical(record, found),
        "timeline": _timeline(record, found),
        "thirty_days": tuple(Sentence(fix.text, fix.facts) for fix in found.fixes)
        or (Sentence(wording.FORECAST_DEPLOYED, _deployment_facts(record)),),
        "should_do_ai": _should(record, found, doubts),
        "path": _path(record, found),
        "plan": path_steps(record, found),
        "surprise": (*_surprise(record, found), *_probed(record)),
        "cost": _cost(record, found, figures),
    }


def _deployment_facts(record: SprintRecord) -> tuple[FactRef, ...]:
    ordered = sorted(record.deployments, key=lambda deployment: (deployment.at, deployment.id))
    return tuple(deployment_fact(deployment) for deployment in ordered[-1:]) or (RECORD,)


def _deployed(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.deployed:
        last = max(record.deployments, key=lambda deployment: (deployment.at, deployment.id))
        text = wording.DEPLOYED.format(at=last.at, percent=last.percent)
        return (Sentence(text, (deployment_fact(last),)),)
    if record.rollbacks:
        back = max(record.rollbacks, key=lambda rollback: (rollback.at, rollback.id))
        text = wording.ROLLED_BACK.format(at=back.at, reason=wording.quoted(back.reason))
        return (Sentence(text, (*_deployment_facts(record), rollback_fact(back))),)
    return (Sentence(wording.NOT_DEPLOYED.format(hours=record.ended_at), (RECORD,)),)


def _unlimited(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.deployed:
        return (Sentence(wording.UNLIMITED_DEPLOYED, _deployment_facts(record)),)
    if not found.causes:
        return (Sentence(wording.UNLIMITED_CLEAR, (RECORD,)),)
    blocking = structural(found.causes)
    template = wording.UNLIMITED_STRUCTURAL if blocking else wording.UNLIMITED_SOLVABLE
    ordered = _weightiest(blocking or list(found.causes))
    return _shortened([(_remedied(template, each), each.facts) for each in ordered])


def _remedied(template: str, cause: Cause) -> str:
    remedy = wording.REMEDY_NAME[cause.remedy]
    return template.format(title=wording.quoted(cause.title), remedy=remedy)


def _weightiest(causes: Sequence[Cause]) -> list[Cause]:
    return sorted(causes, key=lambda cause: (-cause.days.mode, cause.turn))


def _shortened(told: Sequence[tuple[str, tuple[FactRef, ...]]]) -> tuple[Sentence, ...]:
    sentences = [Sentence(text, facts) for text, facts in told[:MOST_SENTENCES]]
    rest = told[MOST_SENTENCES:]
    if rest:
        facts = tuple(dict.fromkeys(fact for _, facts in rest for fact in facts))
        sentences.append(Sentence(wording.MORE.format(count=len(rest)), facts))
    return tuple(sentences)


def _critical(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.critical_path is None:
        why = wording.WHY_DEPLOYED if found.deployed else wording.WHY_CLEAR
        facts = _deployment_facts(record) if found.deployed else (RECORD,)
        return (Sentence(wording.CRITICAL_NONE.format(why=why), facts),)
    first = _cause_sentence(_cause_template(found.critical_path, found), found.critical_path)
    if found.runner_up is None or found.runner_up.saved <= 0:
        return (first,)
    return first, _cause_sentence(wording.RUNNER_UP, found.runner_up)


def _cause_template(cause: Critical, found: Verdict) -> str:
    if not found.causes:
        return wording.CRITICAL_PAST
    if cause.saved <= 0:
        return wording.CRITICAL_TIED
    return wording.CRITICAL if cause.family else wording.CRITICAL_ALONE


def _cause_sentence(template: str, cause: Critical) -> Sentence:
    text = template.format(
        family=wording.FAMILY_NAME[cause.family] if cause.family else "",
        title=wording.quoted(cause.cause.title),
        saved=wording.say_days(cause.saved),
    )
    return Sentence(text, cause.cause.facts)


def _timeline(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.deployed:
        return (Sentence(wording.FORECAST_DEPLOYED, _deployment_facts(record)),)
    forecast, ordered = found.forecast, _weightiest(found.causes)
    text = wording.FORECAST.format(
        draws=f"{DRAWS:,}", p50=wording.say_days(forecast.p50), p80=wording.say_days(forecast.p80)
    )
    facts = tuple(cause.fact for cause in ordered) or (RECORD,)
    waits = _shortened([(_wait(cause), cause.facts) for cause in ordered])
    return (Sentence(text, facts), *_correction(found), *waits)


def _correction(found: Verdict) -> tuple[Sentence, ...]:
    factor = found.forecast.correction
    if round(factor, 1) <= 1.0:
        return ()
    return (Sentence(wording.CORRECTED.format(factor=factor), (QUOTES,)),)


def _wait(cause: Cause) -> str:
    title = wording.quoted(cause.title)
    if cause.words:
        return wording.STATED.format(title=title, words=wording.quoted(cause.words))
    return wording.ASSUMED.format(title=title, range=wording.say_range(cause.days))


def _should(record: SprintRecord, found: Verdict, doubts: Sequence[Held]) -> tuple[Sentence, ...]:
    held = sorted(doubts, key=lambda each: each.order)
    condition = _condition(held)
    first = Sentence(
        wording.SHOULD[found.should_do_ai].format(condition=condition),
        held[0].facts if held else (RECORD,),
    )
    told = _shortened([(_doubt(each), each.facts) for each in held])
    cleared = [doubt for doubt in wording.DOUBT_CLEARED if all(doubt is not h.doubt for h in held)]
    return (first, *told, *(_cleared(doubt, record) for doubt in cleared))


def _cleared(doubt: Doubt, record: SprintRecord) -> Sentence:
    """Say that nobody wrote the doubt down, and what a probe says of it all the same."""
    phases = _DOUBT_PHASES.get(doubt, ())
    found = [each for each in grave_findings(record) if phase_of(each, record) in phases]
    stopping = [each for each in found if stops(each)]
    if not stopping:
        return Sentence(wording.DOUBT_CLEARED[doubt], (RECORD, *map(finding_fact, found)))
    text = wording.DOUBT_PROBED.format(
        cleared=wording.DOUBT_CLEARED[doubt].removesuffix("."),
        finding=wording.quoted(stopping[0].sentence),
    )
    return Sentence(text, tuple(map(finding_fact, stopping)))


def _condition(held: Sequence[Held]) -> str:
    if not held:
        return ""
    if held[0].doubt is Doubt.NO_EVIDENCE:
        return wording.CONDITION_EMPTY
    return wording.CONDITION.format(title=wording.quoted(held[0].title))


def _doubt(held: Held) -> str:
    return f"{wording.DOUBT_NAME[held.doubt]}: {wording.quoted(held.title)}."


def _path(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    facts = tuple(dict.fromkeys(cause.fact for cause in found.causes))
    first = Sentence(wording.PATH[found.path], facts or _deployment_facts(record))
    hinges = tuple(hinge.sentence for hinge in found.hinges[:MOST_SENTENCES])
    sure = hinges or (Sentence(wording.NO_HINGE, (RECORD,)),)
    return (first, *sure, *_criteria(record))


def _criteria(record: SprintRecord) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(
            wording.CRITERION.format(criterion=wording.CRITERION_NAME[answer.criterion]),
            (FactRef(Sort.CRITERION, answer.criterion, f"criterion {answer.criterion}"),),
        )
        for answer in sorted(record.criteria, key=lambda answer: answer.criterion)
        if not answer.met
    )


def _surprise(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if not any(record.expected.values()):
        return (Sentence(wording.SURPRISE_NO_VOTES, (VOTES,)),)
    share = next((share for share in found.shares if share.category is found.surprise), None)
    if share is None:
        return (Sentence(wording.SURPRISE_NONE, (VOTES, RECORD)),)
    text = wording.SURPRISE.format(
        category=wording.CATEGORY_NAME[share.category],
        happened=share.happened,
        expected=share.expected,
    )
    blockers = [b for b in record.blockers if b.category is share.category]
    ordered = sorted(blockers, key=lambda blocker: (blocker.raised_at, blocker.id))
    return (Sentence(text, (VOTES, *map(blocker_fact, ordered))),)


def _probed(record: SprintRecord) -> tuple[Sentence, ...]:
    """Say what the probes add to what people wrote down."""
    grave = grave_findings(record)
    if not grave:
        return ()
    stopping, technical = sum(map(stops, grave)), sum(map(_is_technical, grave))
    text = wording.PROBED.format(
        stops=wording.say_count(stopping, "thing"),
        slows=wording.say_count(len(grave) - stopping, "thing"),
        count=len(grave),
        technical=f"{technical} is" if technical == 1 else f"{technical} are",
    )
    return (Sentence(text, tuple(map(finding_fact, grave))),)


def _is_technical(finding: Finding) -> bool:
    return category_of(finding) is Category.TECHNICAL


def _cost(record: SprintRecord, found: Verdict, figures: Figures) -> tuple[Sentence, ...]:
    """Say what the sprint took, beside the classic way to the same answers."""
    cost, currency = found.cost, figures.currency
    least, most = figures.assessment_days
    taken = wording.COST.format(
        hours=f"{cost.person_hours:,.0f}",
        waited=f"{cost.person_hours_waited:,.0f}",
        amount=wording.say_money(cost.amount, currency),
        rate=wording.say_money(figures.person_hour, currency),
    )
    classic = wording.COST_CLASSIC.format(
        assessment=wording.say_money(figures.assessment, currency),
        time=wording.say_range(DayRange(least, least, most)),
    )
    saved = wording.COST_SAVED.format(saved=wording.say_money(cost.saved_amount, currency))
    waited = [blocker_fact(b) for b in record.blockers if b.severity is Severity.STOPS]
    return (
        Sentence(taken, (TEAM, FIGURES, *waited)),
        Sentence(f"{classic}{saved if cost.saved_amount > 0 else ''}.", (TEAM, FIGURES)),
    )
