"""The team's own answers, put in the place of the computed ones, and what follows for the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.domain.record import Correction, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.action_plan import path_steps, path_text
from bot.domain.verdict.critical_path import rank_causes
from bot.domain.verdict.functions import family_functions
from bot.domain.verdict.judgement import is_foundation, path_for
from bot.domain.verdict.model import Cause, Critical, FactRef, Sentence, Sort
from bot.domain.verdict.result import Verdict
from bot.domain.verdict.texts import say
from bot.domain.vocabulary import Kind, Path, PathFamily, Remedy, ShouldDoAI, TimelineBand
from bot.reading.ranges import DayRange

NO_BLOCKER: Final = "none"
_TRUTH: Final = {"yes": True, "no": False}


def correction_fact(correction: Correction) -> FactRef:
    """Return the reference to the team's own answer."""
    label = say("team_answer_hour", by=correction.by, at=int(correction.at))
    return FactRef(Sort.CORRECTION, correction.id, label, correction.permalink)


def with_corrections(found: Verdict, record: SprintRecord) -> Verdict:
    """Return the verdict with the team's answers applied; without any it stays what it is.

    A correction in words alone stands beside the answer; one that names an option replaces it, and
    the path is drawn again from the answers as they then are.
    """
    latest = {each.question: each for each in sorted(record.corrections, key=lambda each: each.at)}
    corrected = found
    for question, correction in latest.items():
        if question in _APPLIERS:
            corrected = _APPLIERS[question](corrected, correction)
    corrected = _on_its_path(corrected, found, latest, record)
    reasons = {**corrected.reasons}
    if corrected.fixes != found.fixes:
        reasons["thirty_days"] = tuple(Sentence(fix.text, fix.facts) for fix in corrected.fixes)
        reasons["plan"] = path_steps(record, corrected)
    for question, correction in latest.items():
        reasons[question] = (_sentence_of(correction), *found.reasons.get(question, ()))
    return replace(corrected, reasons=reasons, computed=found) if latest else found


def _sentence_of(correction: Correction) -> Sentence:
    text = texts.say(
        "correction", answer=wording.quoted(correction.answer.replace("_", " ")), who=correction.by
    )
    reason = wording.quoted(correction.reason) if correction.reason else ""
    why = f" {reason[:1].upper()}{reason[1:]}." if reason else ""
    return Sentence(f"{text}{why}", (correction_fact(correction),))


def _unlimited(found: Verdict, correction: Correction) -> Verdict:
    known = _TRUTH.get(correction.answer)
    return found if known is None else replace(found, unlimited_resources=known)


def _timeline(found: Verdict, correction: Correction) -> Verdict:
    if correction.answer not in list(TimelineBand):
        return found
    return replace(found, timeline=TimelineBand(correction.answer))


def _should(found: Verdict, correction: Correction) -> Verdict:
    if correction.answer not in list(ShouldDoAI):
        return found
    return replace(found, should_do_ai=ShouldDoAI(correction.answer))


def _critical_path(found: Verdict, correction: Correction) -> Verdict:
    if correction.answer == NO_BLOCKER:
        return replace(found, critical_path=None, runner_up=None)
    if correction.answer not in list(PathFamily):
        return found
    family = PathFamily(correction.answer)
    if found.critical_path and found.critical_path.family is family:
        return found
    named = next(
        (c for c in rank_causes(found.causes) if c.family is family),
        None,
    )
    cause = named or Critical(family, _unwritten(family, correction), 0.0)
    first = {each.id for each in found.causes if each.family is family}
    fixes = tuple(sorted(found.fixes, key=lambda fix: fix.cause not in first))
    return replace(found, critical_path=cause, runner_up=found.critical_path, fixes=fixes)


def _unwritten(family: PathFamily, correction: Correction) -> Cause:
    """Return what the team names although nobody wrote it down during the sprint."""
    return Cause(
        id=f"correction-{correction.id}",
        records=(correction_fact(correction),),
        function=family_functions()[family],
        title=correction.reason or texts.table("family_name", PathFamily)[family],
        phase="",
        kind=_FAMILY_KIND[family],
        family=family,
        remedy=Remedy.GOVERNANCE,
        days=DayRange(0.0, 0.0, 0.0),
        at=correction.at,
    )


_FAMILY_KIND: Final[dict[PathFamily, Kind]] = {
    PathFamily.DATA_ACCESS_PROCESS: Kind.APPROVAL_PROCESS,
    PathFamily.INTEGRATION_CAPABILITIES: Kind.INTEGRATION,
    PathFamily.SECURITY_APPROVAL: Kind.APPROVAL_PROCESS,
    PathFamily.BUDGET_AUTHORITY: Kind.DECISION_AUTHORITY,
    PathFamily.ACCOUNTABILITY_STRUCTURE: Kind.ACCOUNTABILITY,
    PathFamily.SKILLS: Kind.SKILLS_GAP,
    PathFamily.PRIVACY_REVIEW: Kind.RISK_TOLERANCE,
}
_APPLIERS: Final[dict[str, Callable[[Verdict, Correction], Verdict]]] = {
    "unlimited_resources": _unlimited,
    "critical_path": _critical_path,
    "timeline": _timeline,
    "should_do_ai": _should,
}
_SOON: Final = frozenset({TimelineBand.DAYS, TimelineBand.WEEKS})


def _on_its_path(
    corrected: Verdict, found: Verdict, latest: Mapping[str, Correction], record: SprintRecord
) -> Verdict:
    """Draw the path again; it never contradicts whether to go on.

    A team that says "weeks", or "yes", says that nothing is foundation work; one that says "years"
    says that it is not yet time.
    """
    is_soon = corrected.timeline is not found.timeline and corrected.timeline in _SOON
    goes_on = "should_do_ai" in latest and corrected.should_do_ai is ShouldDoAI.YES
    foundation = not is_soon and not goes_on and any(map(is_foundation, corrected.causes))
    path = path_for(
        corrected.should_do_ai,
        lambda: not goes_on and corrected.timeline is TimelineBand.YEARS,
        live=corrected.deployed and not corrected.causes,
        foundation=foundation,
    )
    if path is Path.BUILD_FOUNDATION and corrected.should_do_ai is ShouldDoAI.YES:
        corrected = replace(corrected, should_do_ai=ShouldDoAI.NOT_YET)
    if path is found.path:
        return corrected
    first = _path_sentence(path_text(path, corrected.causes), found.path, latest)
    hinges = tuple(hinge for hinge in found.hinges if hinge.path is not path)
    gone = {hinge.sentence for hinge in found.hinges} - {hinge.sentence for hinge in hinges}
    moved = replace(corrected, path=path, hinges=hinges)
    reasons = {
        **found.reasons,
        "path": (first, *(each for each in found.reasons["path"][1:] if each not in gone)),
        "plan": path_steps(record, moved),
    }
    return replace(moved, reasons=reasons)


def _path_sentence(path: str, before: Path, latest: Mapping[str, Correction]) -> Sentence:
    deciding = [latest[key] for key in ("timeline", "should_do_ai") if key in latest]
    text = texts.say(
        "path_corrected",
        path=path,
        before=texts.table("path_name", Path)[before],
    )
    return Sentence(text, tuple(map(correction_fact, deciding)))
