"""The reasons behind each answer: sentences, each with the facts it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.domain.record import Finding, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.action_plan import path_steps, path_text
from bot.domain.verdict.evidence import EvidenceLevel, reached_by
from bot.domain.verdict.facts import (
    criterion_fact,
    deployment_fact,
    figures_fact,
    quotes_fact,
    record_fact,
    rollback_fact,
    team_fact,
    votes_fact,
)
from bot.domain.verdict.findings import (
    category_of,
    finding_fact,
    grave_findings,
    is_overridden,
    stops,
)
from bot.domain.verdict.forecast import DRAWS, border_near
from bot.domain.verdict.judgement import Doubt, SupportedDoubt, structural
from bot.domain.verdict.live import live_sentences
from bot.domain.verdict.model import Basis, Cause, Critical, FactRef, Figures, Sentence, Sort
from bot.domain.verdict.obstacles import blocker_fact, gate_fact, is_verified_live
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Category, Path, PathFamily, Remedy, Severity, ShouldDoAI
from bot.reading.ranges import DayRange

MOST_SENTENCES: Final = 8
"""A question with hundreds of facts names the weightiest and counts the others."""


def hinge_sentence(fact: FactRef, wording: str, path: Path) -> Sentence:
    """Return the sentence for a fact, told in words, that would change the path."""
    return Sentence(
        texts.say("hinge", fact=wording, path=texts.table("path_name", Path)[path]), (fact,)
    )


def reasons(
    record: SprintRecord, found: Verdict, doubts: Sequence[SupportedDoubt], figures: Figures
) -> dict[str, tuple[Sentence, ...]]:
    """Return for every question its sentences, weightiest first."""
    return {
        "deployed": _deployed(record, found),
        "unlimited_resources": _unlimited(record, found),
        "critical_path": _critical(record, found),
        "timeline": _timeline(record, found),
        "thirty_days": tuple(Sentence(fix.text, fix.facts) for fix in found.fixes)
        or (Sentence(texts.template("forecast_deployed"), _deployment_facts(record)),),
        "should_do_ai": _should(record, found, doubts),
        "path": _path(record, found),
        "plan": path_steps(record, found),
        "surprise": (*_surprise(record, found), *_probed(record)),
        "cost": _cost(record, found, figures),
    }


def _deployment_facts(record: SprintRecord) -> tuple[FactRef, ...]:
    ordered = sorted(record.deployments, key=lambda deployment: (deployment.at, deployment.id))
    return tuple(deployment_fact(deployment) for deployment in ordered[-1:]) or (record_fact(),)


def _deployed(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.deployed:
        return live_sentences(record, found.causes)
    if record.rollbacks:
        back = max(record.rollbacks, key=lambda rollback: (rollback.at, rollback.id))
        key = "rolled_back" if back.reason else "rolled_back_silently"
        text = texts.say(key, at=int(back.at), reason=wording.quoted(back.reason))
        return (Sentence(text, (*_deployment_facts(record), rollback_fact(back))),)
    return (Sentence(texts.say("not_deployed", hours=record.ended_at), (record_fact(),)),)


def _unlimited(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.causes:
        blocking = structural(found.causes)
        key = "unlimited_structural" if blocking else "unlimited_solvable"
        ordered = _weightiest(blocking or list(found.causes))
        return _shortened([(_remedied(key, each), each.facts) for each in ordered])
    if is_verified_live(record):
        return (Sentence(texts.template("unlimited_deployed"), _deployment_facts(record)),)
    if unreached := _unreached(record):
        text = texts.say("unlimited_too_little", **unreached)
        return (Sentence(text, (record_fact(), *_gates(record))),)
    return (Sentence(texts.template("unlimited_clear"), (record_fact(), *_gates(record))),)


def _unreached(record: SprintRecord) -> dict[str, Any]:
    """Return how many phases were not reached, of how many, and which; empty where all were."""
    reached = reached_by(record)
    if not reached.unreached:
        return {}
    return {
        "unreached": len(reached.unreached),
        "total": len(reached.phases),
        "phases": listed(_phase_titles(record, reached.unreached)),
    }


def _phase_titles(record: SprintRecord, keys: Iterable[str]) -> list[str]:
    titles = {phase.key: (phase.title or phase.key).lower() for phase in record.phases}
    return [titles[key] for key in keys]


def _gates(record: SprintRecord) -> tuple[FactRef, ...]:
    return tuple(map(gate_fact, sorted(record.gates, key=lambda gate: (gate.at, gate.id))))


def _evidence(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    """Say which phases were seen, which only reached, and which not."""
    reached, facts = reached_by(record), (record_fact(), *_gates(record))
    shown = listed(_phase_titles(record, reached.reached))
    if not reached.reached:
        return (Sentence(texts.template("evidence_none"), (record_fact(),)),)
    if reached.unreached:
        level = found.evidence["path"].level
        key = "evidence_thin" if level is EvidenceLevel.THIN else "evidence_partial"
        unreached = listed(_phase_titles(record, reached.unreached))
        return (Sentence(texts.say(key, phases=shown, unreached=unreached), facts),)
    if unseen := reached.unseen:
        titles = listed(_phase_titles(record, unseen))
        text = texts.say("evidence_partial_unseen", phases=shown, unseen=titles)
        return (Sentence(text, facts),)
    return (Sentence(texts.say("evidence_strong", phases=shown), facts),)


def _remedied(key: str, cause: Cause) -> str:
    """Say what removes a cause; a remedy that follows from a guessed kind is said to be one."""
    told = any(fact.sort is Sort.GATE for fact in cause.records)
    is_guess = not (cause.kind_stated or cause.remedy_stated or told)
    remedy = texts.table("remedy_name", Remedy)[cause.remedy]
    title = wording.quoted(cause.title)
    return texts.say(f"{key}_guess" if is_guess else key, title=title, remedy=remedy)


def _weightiest(causes: Sequence[Cause]) -> list[Cause]:
    return sorted(causes, key=lambda cause: (-cause.days.mode, cause.turn))


def _shortened(reasons: Sequence[tuple[str, tuple[FactRef, ...]]]) -> tuple[Sentence, ...]:
    sentences = [Sentence(text, facts) for text, facts in reasons[:MOST_SENTENCES]]
    rest = reasons[MOST_SENTENCES:]
    if rest:
        facts = tuple(dict.fromkeys(fact for _, facts in rest for fact in facts))
        sentences.append(Sentence(texts.say("more", count=len(rest)), facts))
    return tuple(sentences)


def _critical(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.critical_path is None:
        shown = is_verified_live(record)
        why = texts.template("why_deployed" if shown else "why_clear")
        facts = _deployment_facts(record) if shown else (record_fact(),)
        return (Sentence(texts.say("critical_none", why=why), facts),)
    first = _cause_sentence(_cause_template(found.critical_path, found), found.critical_path)
    if found.runner_up is None or found.runner_up.saved <= 0:
        return (first,)
    return first, _cause_sentence(texts.template("runner_up"), found.runner_up)


def _cause_template(cause: Critical, found: Verdict) -> str:
    if not found.causes:
        return texts.template("critical_past")
    if cause.saved <= 0:
        return texts.template("critical_tied")
    return texts.template("critical") if cause.family_said else texts.template("critical_alone")


def _cause_sentence(template: str, cause: Critical) -> Sentence:
    families = texts.table("family_name", PathFamily)
    text = template.format(
        family=families[cause.family_said] if cause.family_said else "",
        title=wording.quoted(cause.cause.title),
        saved=wording.say_days(cause.saved),
        more=texts.say("critical_beside", count=cause.beside) if cause.beside else "",
    )
    return Sentence(text, cause.cause.facts)


def _timeline(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if is_verified_live(record) and not found.causes:
        return (Sentence(texts.template("forecast_deployed"), _deployment_facts(record)),)
    forecast, ordered = found.forecast, _weightiest(found.causes)
    text = texts.say(
        "forecast",
        draws=f"{DRAWS:,}",
        p50=wording.say_days(forecast.p50),
        p80=wording.say_days(forecast.p80),
    )
    facts = tuple(cause.fact for cause in ordered) or (record_fact(),)
    waits = _shortened([(_wait(cause), cause.facts) for cause in ordered])
    return (Sentence(text, facts), *_near(found, facts), *_correction(found), *waits)


def _near(found: Verdict, facts: tuple[FactRef, ...]) -> tuple[Sentence, ...]:
    """Say where a few days more or less would change the word, and with it the path."""
    border = border_near(found.forecast.p50)
    if border is None:
        return ()
    text = texts.say(
        "near",
        days=texts.say("days", days=found.forecast.p50),
        below=texts.table("horizon", str)[border.below],
        above=texts.table("horizon", str)[border.above],
        line=f"{border.days:.0f}",
    )
    return (Sentence(text, facts),)


def _correction(found: Verdict) -> tuple[Sentence, ...]:
    factor = found.forecast.correction
    if round(factor, 1) <= 1.0:
        return ()
    return (Sentence(texts.say("corrected", factor=factor), (quotes_fact(),)),)


def _wait(cause: Cause) -> str:
    title = wording.quoted(cause.title)
    if cause.words and cause.basis is Basis.MEASURED:
        return texts.say("measured_wait", title=title, words=cause.words)
    if cause.words:
        return texts.say("stated", title=title, words=wording.quoted(cause.words))
    return texts.say(
        ("assumed_undated" if cause.undated else "assumed_unread") if cause.unread else "assumed",
        title=title,
        words=wording.quoted(cause.unread or ""),
        range=wording.say_range(cause.days),
    )


def _should(
    record: SprintRecord, found: Verdict, doubts: Sequence[SupportedDoubt]
) -> tuple[Sentence, ...]:
    held = sorted(doubts, key=lambda each: each.order)
    first = Sentence(_answer(record, found, held), held[0].facts if held else (record_fact(),))
    shown = [each for each in held if each.doubt is not Doubt.NO_EVIDENCE]
    reasons = _shortened([(_doubt(each), each.facts) for each in shown])
    return (first, *reasons, *_evidence(record, found), *_probe_causes(record, found))


def _answer(record: SprintRecord, found: Verdict, held: Sequence[SupportedDoubt]) -> str:
    if held and held[0].doubt is Doubt.NO_EVIDENCE:
        unreached = _unreached(record)
        if not unreached:
            unseen = reached_by(record).unseen
            return texts.say("should_unseen", phases=listed(_phase_titles(record, unseen)))
        if unreached["unreached"] == unreached["total"]:
            return texts.template("should_nothing")
        key = "should_too_little_one" if unreached["unreached"] == 1 else "should_too_little"
        return texts.say(key, **unreached)
    all_reached = not _unreached(record)
    if not held and found.causes:
        title = wording.quoted(_weightiest(found.causes)[0].title)
        key = "should_once_fixed" if all_reached else "should_once_fixed_so_far"
        return texts.say(key, title=title, count=len(found.causes))
    if not held and not all_reached:
        return texts.template("should_yes_so_far")
    condition = texts.say("condition", title=wording.quoted(held[0].title)) if held else ""
    return texts.table("should", ShouldDoAI)[found.should_do_ai].format(condition=condition)


def _probe_causes(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    """Say which stopping findings count as causes, and which the team overrode in writing."""
    counted = [c for c in found.causes if c.fact.sort is Sort.FINDING]
    causes = [
        Sentence(texts.say("finding_cause", finding=wording.quoted(c.title)), c.facts)
        for c in counted
    ]
    by_code = {finding.code: finding for finding in record.findings if stops(finding)}
    for each in sorted(record.overrides, key=lambda override: (override.at, override.id)):
        finding = by_code.get(each.code)
        if finding is not None and is_overridden(finding, record):
            text = texts.say(
                "overridden",
                who=each.by,
                finding=wording.quoted(finding.sentence),
                why=wording.quoted(each.why),
            )
            fact = FactRef(
                Sort.OVERRIDE, each.id, texts.say("fact_override", at=int(each.at)), each.permalink
            )
            causes.append(Sentence(text, (fact, finding_fact(finding))))
    return tuple(causes[:MOST_SENTENCES])


def _doubt(held: SupportedDoubt) -> str:
    return f"{texts.table('doubt_name', Doubt)[held.doubt]}: {wording.quoted(held.title)}."


def _path(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if found.nothing_known:
        text = texts.template("path_nothing_known")
        return (Sentence(text, (record_fact(),)), *_criteria(record))
    facts = tuple(dict.fromkeys(cause.fact for cause in found.causes))
    first = Sentence(path_text(found.path, found.causes), facts or _deployment_facts(record))
    hinges = tuple(hinge.sentence for hinge in found.hinges[:MOST_SENTENCES])
    sure = hinges or (Sentence(texts.template("no_hinge"), (record_fact(),)),)
    return (first, *sure, *_criteria(record))


def _criteria(record: SprintRecord) -> tuple[Sentence, ...]:
    names = texts.table("criterion_name", str)
    return tuple(
        Sentence(
            texts.say(
                "criterion" if answer.met is False else "criterion_unconfirmed",
                criterion=names[answer.criterion],
            ),
            (criterion_fact(answer.criterion),),
        )
        for answer in sorted(record.criteria, key=lambda answer: answer.criterion)
        if not answer.met
    )


def _surprise(record: SprintRecord, found: Verdict) -> tuple[Sentence, ...]:
    if not any(record.expected.values()):
        return (Sentence(texts.template("surprise_no_votes"), (votes_fact(),)),)
    share = next((share for share in found.shares if share.category is found.surprise), None)
    if share is None:
        return (Sentence(texts.template("surprise_none"), (votes_fact(), record_fact())),)
    text = texts.say(
        "surprise",
        category=texts.table("category_name", Category)[share.category],
        happened=share.happened,
        expected=share.expected,
    )
    blockers = [b for b in record.blockers if b.category is share.category]
    ordered = sorted(blockers, key=lambda blocker: (blocker.raised_at, blocker.id))
    return (Sentence(text, (votes_fact(), *map(blocker_fact, ordered))),)


def _probed(record: SprintRecord) -> tuple[Sentence, ...]:
    """Say what the probes add to what people wrote down."""
    grave = grave_findings(record)
    if not grave:
        return ()
    stopping, technical = sum(map(stops, grave)), sum(map(_is_technical, grave))
    text = texts.say(
        "probed" if stopping < len(grave) else "probed_only_stops",
        stops=wording.say_count(stopping, "thing"),
        slows=wording.say_count(len(grave) - stopping, "thing"),
        count=len(grave),
        technical=texts.say("is_so" if technical == 1 else "are_so", count=technical),
    )
    return (Sentence(text, tuple(map(finding_fact, grave))),)


def _is_technical(finding: Finding) -> bool:
    return category_of(finding) is Category.TECHNICAL


def _cost(record: SprintRecord, found: Verdict, figures: Figures) -> tuple[Sentence, ...]:
    """Say what the sprint took, beside the classic way to the same answers."""
    cost, currency = found.cost, figures.currency
    least, most = figures.assessment_days
    taken = texts.say(
        "cost",
        hours=f"{cost.person_hours:,.0f}",
        waited=f"{cost.person_hours_waited:,.0f}",
        lost=f"{sum(found.hours_by_category.values()):.1f}",
        amount=wording.say_money(cost.amount, currency),
        rate=wording.say_money(figures.person_hour, currency),
    )
    classic = texts.say(
        "cost_classic",
        assessment=wording.say_money(figures.assessment, currency),
        time=wording.say_range(DayRange(least, least, most)),
    )
    waited = [blocker_fact(b) for b in record.blockers if b.severity is Severity.STOPS]
    return (
        Sentence(taken, (team_fact(), figures_fact(), *waited)),
        Sentence(classic, (figures_fact(),)),
    )
