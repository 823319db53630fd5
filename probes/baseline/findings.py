"""What the study found, as findings: one function per thing worth saying, the leading one first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bot.texts import joined
from probes.baseline import confidence, texts
from probes.baseline.confidence import in_units
from probes.baseline.options import Options
from probes.baseline.scores import SplitScore
from probes.baseline.splits import Split
from probes.baseline.study import KNOWN_AFTER, THE_ANSWER_ITSELF, Study
from probes.baseline.task import FEW_POSITIVES, TaskKind
from probes.baseline.templates import template_of
from probes.baseline.texts import CODES
from probes.baseline.trust import IN_DOUBT
from probes.baseline.wide import NOT_AMONG_THE_STRONGEST
from probes.contract import Finding

FLATTERED: Final = 0.02
"""A random split that scores so much higher than the honest one is named."""

_FEW_ROWS: Final = 200
_ASKED: Final = 3


def findings_of(study: Study, options: Options) -> list[Finding]:
    """Return what the study found, the figure it stands by first."""
    return [found for say in _SAY for found in say(study, options)]


def _error_in_units(study: Study, _: Options) -> Iterator[Finding]:
    if study.task.kind is not TaskKind.REGRESSION:
        return
    error = sum(study.lead.errors) / len(study.lead.errors)
    guessed = sum(study.guessing.errors) / len(study.guessing.errors)
    better = 1 - error / guessed if guessed else 0.0
    yield CODES.finding(
        "typical_error",
        {"error": error, "guessing": guessed},
        case="better" if better >= 0 else "worse",
        error=in_units(error),
        guessed=in_units(guessed),
        share=abs(better),
    )


def _flattery(study: Study, _: Options) -> Iterator[Finding]:
    if study.flattered is None:
        return
    honest, other = study.flattered
    evidence = {
        "model": honest.family.value,
        "rows_learnt": honest.learnt,
        "at_random": other.interval.to_plain(),
        "honest": honest.interval.to_plain(),
    }
    flatters = other.interval.mean - honest.interval.mean >= FLATTERED
    yield CODES.finding(
        _GAP_CODES[honest.split] if flatters else "splits_agree",
        evidence,
        model=_model(other),
        mean=other.interval.mean,
        value=texts.named(honest.split),
        honest=honest.interval.mean,
    )


def _model(one: SplitScore) -> str:
    return texts.say("learnt_rows", value=texts.named(one.family), learnt=one.learnt)


_GAP_CODES: Final = {Split.TIME: "random_split_flatters", Split.ENTITY: "entities_across_folds"}


def _known_after(study: Study, _: Options) -> Iterator[Finding]:
    used = [one.name for one in study.plan.left_out if one.reason == KNOWN_AFTER]
    if used:
        names = joined(", ", used[:8])
        yield CODES.finding("known_after_left_out", {"columns": used}, used=names)


def _question(study: Study, options: Options) -> Iterator[Finding]:
    asked = {column for leak in study.leaks for column in leak.columns} | set(options.trusted)
    asked |= {*study.doubt.columns}
    strong = [one.column for one in study.weights[:_ASKED] if one.mean > 0.005]
    open_ones = [name for name in strong if name not in asked]
    if open_ones:
        yield CODES.finding(
            "known_when",
            {"columns": open_ones},
            value=texts.named(study.lead.family),
            open_ones=joined(", ", open_ones),
        )


def _worth(study: Study, options: Options) -> Iterator[Finding]:
    worth = study.worth
    if worth is None:
        return
    template = template_of(options.use_case)
    by_chance = worth.value_by_chance or 0
    yield CODES.finding(
        "worth_at_capacity",
        worth.to_plain(),
        case="asked" if worth.asked else "usual",
        cases=worth.cases,
        model=texts.named(study.lead.family),
        tested=worth.tested,
        cases_name=template.cases,
        mean=worth.precision.mean,
        low=worth.precision.low,
        high=worth.precision.high,
        base_rate=worth.base_rate,
        found=worth.found,
        action=template.action,
        worth=""
        if worth.value is None
        else texts.say("worth_chance", value=worth.value, value_by_chance=by_chance),
    )


def _few(study: Study, _: Options) -> Iterator[Finding]:
    rows, positives = len(study.task.answers), study.task.positives
    rarer = min(positives, rows - positives)
    if study.task.kind is TaskKind.BINARY and rarer < FEW_POSITIVES:
        evidence = {"rarer": rarer, "rows": rows}
        yield CODES.finding("few_positives", evidence, positives=rarer, rows=rows)
    elif rows < _FEW_ROWS:
        yield CODES.finding("few_rows", {"rows": rows})


def _unlabelled(study: Study, _: Options) -> Iterator[Finding]:
    missing = 1 - len(study.task.answers) / max(1, study.rows_read)
    if missing > 0.01:
        target = study.task.target
        yield CODES.finding("target_missing", {"share": missing}, missing=missing, target=target)


def _more_rows(study: Study, _: Options) -> Iterator[Finding]:
    curve = study.curve
    if curve is None:
        return
    yield CODES.finding(
        "more_rows_would_help" if curve.more_would_help else "rows_are_enough",
        curve.to_plain(),
        value=texts.named(study.lead.family),
        rows=curve.points[-2].rows,
        most=curve.points[-1].rows,
        mean=curve.gain.mean,
    )


_TOLD_APART: Final = {
    "the target",
    KNOWN_AFTER,
    THE_ANSWER_ITSELF,
    IN_DOUBT,
    NOT_AMONG_THE_STRONGEST,
}


def _left_out(study: Study, _: Options) -> Iterator[Finding]:
    gone = {one.name: one.reason for one in study.plan.left_out if one.reason not in _TOLD_APART}
    if gone:
        shown = joined("; ", (joined(": ", each) for each in list(gone.items())[:5]))
        evidence = {"columns": dict(list(gone.items())[:50])}
        yield CODES.finding("columns_left_out", evidence, gone=len(gone), shown=shown)
    if study.skipped:
        names = joined(", ", (texts.named(family) for family in study.skipped))
        tried = {"models": [family.value for family in study.skipped]}
        yield CODES.finding("models_skipped", tried, names=names)


def _wide(study: Study, _: Options) -> Iterator[Finding]:
    wide = study.narrowing
    if wide is None:
        return
    facts: dict[str, Any] = {"columns": wide.columns, "kept": wide.kept, "rows": len(wide.rows)}
    yield CODES.finding("columns_chosen", facts)


_SAY: Final[tuple[Callable[[Study, Options], Iterator[Finding]], ...]] = (
    confidence.headline,
    confidence.leaks,
    confidence.order,
    confidence.label_issues,
    _error_in_units,
    _flattery,
    _worth,
    _known_after,
    _question,
    _few,
    _unlabelled,
    confidence.repeats,
    _more_rows,
    _wide,
    _left_out,
)
