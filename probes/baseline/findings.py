"""What the study found, as findings: one function per thing worth saying, the leading one first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bot.domain.vocabulary import Kind, Remedy
from probes.baseline import confidence
from probes.baseline.options import Options
from probes.baseline.scores import Outcome
from probes.baseline.splits import Split
from probes.baseline.study import KNOWN_AFTER, THE_ANSWER_ITSELF, Study
from probes.baseline.task import FEW_POSITIVES, TaskKind
from probes.baseline.templates import template_of
from probes.baseline.trust import IN_DOUBT
from probes.baseline.wide import NOT_AMONG_THE_STRONGEST
from probes.contract import Finding, Level, SuggestedBlocker

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
    yield Finding(
        Level.NOTE,
        "typical_error",
        f"A prediction is off by {error:,.3g} on average; always saying the mean is off by "
        f"{guessed:,.3g} ({abs(better):.0%} {'less' if better >= 0 else 'more'}).",
        {"error": error, "guessing": guessed},
        "Ask the business whether that is close enough to act on.",
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
    words = (
        f"Checked at random, {_model(other)} reaches {other.interval.mean:.3f}; "
        f"checked {honest.split.value}, it reaches {honest.interval.mean:.3f}."
    )
    if other.interval.mean - honest.interval.mean >= FLATTERED:
        meaning = "Promise the lower one: production asks about what the model has not seen."
        yield Finding(Level.NOTE, _GAP_CODES[honest.split], words, evidence, meaning)
        return
    yield Finding(
        Level.OK, "splits_agree", words, evidence, "How the rows are parted makes no difference."
    )


def _model(one: Outcome) -> str:
    return f"{one.family.value} (learnt from {one.learnt:,} rows)"


_GAP_CODES: Final = {Split.TIME: "random_split_flatters", Split.ENTITY: "entities_across_folds"}


def _known_after(study: Study, _: Options) -> Iterator[Finding]:
    used = [one.name for one in study.plan.left_out if one.reason == KNOWN_AFTER]
    if used:
        yield Finding(
            Level.NOTE,
            "known_after_left_out",
            f"Left out as known only after the fact: {', '.join(used[:8])}.",
            {"columns": used},
            "The figure holds without them.",
        )


def _question(study: Study, options: Options) -> Iterator[Finding]:
    asked = {column for leak in study.leaks for column in leak.columns} | set(options.trusted)
    asked |= {*study.doubt.columns}
    strong = [one.column for one in study.weights[:_ASKED] if one.mean > 0.005]
    open_ones = [name for name in strong if name not in asked]
    if open_ones:
        yield Finding(
            Level.NOTE,
            "known_when",
            f"The {study.lead.family.value} model leans most on {', '.join(open_ones)}: are "
            "they known when the prediction is made?",
            {"columns": open_ones},
            "Ask the data expert; a column filled in later must go into `known_after`.",
        )


def _worth(study: Study, options: Options) -> Iterator[Finding]:
    worth = study.worth
    if worth is None:
        return
    template = template_of(options.use_case)
    words = (
        f"Of the {worth.cases:,} that {study.lead.family.value} ranks best of {worth.tested:,} "
        f"checked {template.cases}, "
        f"{worth.precision.mean:.0%} are right ({worth.precision.low:.0%}–"
        f"{worth.precision.high:.0%}); by chance {worth.base_rate:.1%}. "
        f"The list holds {worth.found:.0%} of all."
    )
    if worth.value is not None:
        words += f" That is worth {worth.value:,.0f}; by chance {worth.value_by_chance or 0:,.0f}."
    meaning = (
        f"This is what being {template.action} in this order would bring."
        if worth.asked
        else "How many cases can the business act on? Give `capacity` to see that list's worth."
    )
    yield Finding(Level.NOTE, "worth_at_capacity", words, worth.to_plain(), meaning)


def _few(study: Study, _: Options) -> Iterator[Finding]:
    rows, positives = len(study.task.answers), study.task.positives
    if study.task.kind is TaskKind.BINARY and min(positives, rows - positives) < FEW_POSITIVES:
        yield Finding(
            Level.SLOWS,
            "few_positives",
            f"Only {min(positives, rows - positives)} of {rows:,} rows show the rarer outcome.",
            {"rarer": min(positives, rows - positives), "rows": rows},
            "The figure may be luck: its interval says how much.",
            SuggestedBlocker(Kind.DATA_ACCESS, Remedy.PEOPLE, "Few known cases to learn from"),
        )
    elif rows < _FEW_ROWS:
        yield Finding(
            Level.NOTE,
            "few_rows",
            f"Only {rows:,} rows to learn from and to check on.",
            {"rows": rows},
            "Read the interval, not the figure.",
        )


def _unlabelled(study: Study, _: Options) -> Iterator[Finding]:
    missing = 1 - len(study.task.answers) / max(1, study.rows_read)
    if missing > 0.01:
        yield Finding(
            Level.NOTE,
            "target_missing",
            f"{missing:.1%} of the rows have no usable value in “{study.task.target}” and were not "
            "used.",
            {"share": missing},
            "If they are missing for a reason, the model will meet cases it never learnt.",
        )


def _more_rows(study: Study, _: Options) -> Iterator[Finding]:
    curve = study.curve
    if curve is None:
        return
    words = (
        f"For {study.lead.family.value}, doubling the rows from {curve.points[-2].rows:,} to "
        f"{curve.points[-1].rows:,} gained {curve.gain.mean:+.3f}."
    )
    if curve.more_would_help:
        meaning = "More rows would help; ask for a longer history before a better model."
        yield Finding(Level.NOTE, "more_rows_would_help", words, curve.to_plain(), meaning)
    else:
        meaning = "More of the same rows would hardly help; better columns might."
        yield Finding(Level.OK, "rows_are_enough", words, curve.to_plain(), meaning)


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
        shown = "; ".join(f"{name}: {reason}" for name, reason in list(gone.items())[:5])
        yield Finding(
            Level.NOTE,
            "columns_left_out",
            f"Columns not used: {len(gone)} ({shown}).",
            {"columns": dict(list(gone.items())[:50])},
            "Nothing to do, unless one of them matters.",
        )
    if study.skipped:
        names = ", ".join(family.value for family in study.skipped)
        yield Finding(
            Level.NOTE,
            "models_skipped",
            f"Not tried for lack of time: {names}.",
            {"models": [family.value for family in study.skipped]},
            "Ask again with effort=thorough to try them.",
        )


def _wide(study: Study, _: Options) -> Iterator[Finding]:
    wide = study.narrowing
    if wide is None:
        return
    yield Finding(
        Level.NOTE,
        "columns_chosen",
        f"Learned from {wide.kept:,} of {wide.columns:,} columns: those that tell most by "
        f"themselves in {len(wide.rows):,} rows on which no model was checked.",
        {"columns": wide.columns, "kept": wide.kept, "rows": len(wide.rows)},
        "Every column was scanned for the answer; a smaller table of columns that somebody chose "
        "can still do better.",
    )


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
