"""Findings that say how far the leading figure can be trusted, and on what it rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from bot.domain.vocabulary import FindingLevel
from bot.texts import as_share
from probes.baseline.event_time import TimeChoice
from probes.baseline.labels import LabelIssue
from probes.baseline.leak_kinds import CERTAIN, Leak, LeakKind
from probes.baseline.options import Options
from probes.baseline.scores import METRIC, SplitScore
from probes.baseline.splits import Split
from probes.baseline.study import Study
from probes.baseline.task import TaskKind
from probes.baseline.texts import CODES, listed, named, say
from probes.baseline.trust import MATTERS, is_near_perfect
from probes.contract import Finding

_FEW_LIFTS: Final = 2
_THOUSAND: Final = 1_000


def how_checked(study: Study) -> str:
    """Return in words how the rows were parted for the leading figure, and by which column."""
    split = study.lead.split
    if split is Split.TIME:
        key = "how_time_unseen" if study.unseen else "how_time"
        return say(key, column=study.time_column)
    if split is Split.ENTITY:
        return say("how_entity", column=study.entity_column)
    return say("how_random")


def is_in_doubt(study: Study) -> bool:
    """Return whether the figure must not be promised before somebody has said more.

    It rests on columns that nobody has vouched for: it is near-perfect, or falls without them.
    """
    doubt = study.doubt
    if not doubt.columns or study.is_chance:
        return False
    without = doubt.without
    if doubt.near_perfect or without is None:
        return True
    return study.headline.mean - without.interval.mean >= MATTERS


def headline(study: Study, options: Options) -> Iterator[Finding]:
    """Say the leading figure, and what it would be without the columns or the time in doubt."""
    yield doubted_headline(study) if is_in_doubt(study) else plain_headline(study, options)


def _rival_headline(study: Study, by_rival: SplitScore) -> Finding:
    """Return the figures by both dates that could be the time; the lower one counts so far."""
    figure = by_rival.interval
    found = CODES.finding(
        "depends_on_time",
        _evidence(study) | {"by_rival": {"column": study.rival, **figure.to_plain()}},
        **_facts(study),
        column=study.time_column,
        rival=study.rival,
        rival_figure=figure,
    )
    return replace(found, times=tuple(filter(None, (study.time_column, study.rival))))


def _facts(study: Study) -> dict[str, Any]:
    return {
        "how": how_checked(study),
        "model": named(study.lead.family),
        "metric": named(METRIC[study.task.kind]),
        "figure": study.headline,
        "guessing": study.guessing.interval.mean,
    }


def _evidence(study: Study) -> dict[str, Any]:
    return {
        "metric": METRIC[study.task.kind],
        "split": study.lead.split.value,
        "by": study.time_column if study.lead.split is Split.TIME else None,
        "rows_learnt": study.lead.learnt,
        "model": study.lead.family.value,
        **study.headline.to_plain(),
        "guessing": study.guessing.interval.to_plain(),
        "rows": len(study.task.answers),
    }


def plain_headline(study: Study, options: Options) -> Finding:
    """Return the leading figure as one that may be promised, or as chance."""
    if study.by_rival is not None:
        return _rival_headline(study, study.by_rival)
    facts = _facts(study) | {"target": study.task.target, "words": options.explained}
    code = "no_better_than_guessing" if study.is_chance else "better_than_guessing"
    is_explained = options.explained and is_near_perfect(study.headline)
    return CODES.finding(
        code, _evidence(study), case="explained" if is_explained else "plain", **facts
    )


def doubted_headline(study: Study) -> Finding:
    """Return the figure with and without the columns in doubt; it is not promised yet."""
    doubt, without = study.doubt, study.doubt.without
    facts = _facts(study) | {"columns": listed(doubt.columns)}
    if without is not None:
        facts |= {"without": without.interval, "without_model": named(without.family)}
    return CODES.finding(
        "near_perfect" if doubt.near_perfect else "rests_on_suspects",
        _evidence(study) | {"without": doubt.to_plain()},
        case="compared" if without else "nothing_left",
        **facts,
    )


def leaks(study: Study, options: Options) -> Iterator[Finding]:
    """Name each column that looks like a leak, with the figure without it, and ask about it."""
    lifts = [leak for leak in study.leaks if leak.kind is LeakKind.LIFT]
    # Where every column lifts the rest, the strong ones are honest signs that stand together; and
    # beside graver doubts a lift is small: it is asked about once those are answered.
    is_quiet = len(lifts) > _FEW_LIFTS or is_in_doubt(study)
    for leak in study.leaks:
        if leak.kind is not LeakKind.LIFT or not is_quiet:
            yield _leak(study, leak, options)
    for name, share in study.written_after.items():
        facts = {"column": name, "time": study.time_column, "share": share}
        yield _asked(study, "leak_written_after", (name,), options, {"share": share}, facts)
    for name in study.doubt.carried:
        yield _asked(study, "carries_the_figure", (name,), options, {}, {"column": name})


def _leak(study: Study, leak: Leak, options: Options) -> Finding:
    name = leak.columns[0]
    is_part = leak.kind is LeakKind.ALONE and leak.how not in {"", *leak.columns}
    facts = {
        "column": name,
        "part": name if leak.kind is LeakKind.ALONE and not is_part else leak.how,
        "reading": say("single_part_reading" if is_part else "single_column_reading"),
        "metric": named(METRIC[study.task.kind]),
        "alone": leak.alone,
        "rest": leak.without or 0.0,
        "together": leak.together or 0.0,
    }
    code = f"leak_{leak.kind.value}"
    if leak.kind in CERTAIN and not set(leak.columns) <= set(options.trusted):
        found = _known(code, leak.columns, leak.to_plain(), facts, "certain", FindingLevel.STOPS)
        return replace(found, sentence=say("left_out_certain", leak=found.sentence))
    return _asked(study, code, leak.columns, options, leak.to_plain(), facts)


def _asked(
    study: Study,
    code: str,
    columns: tuple[str, ...],
    options: Options,
    evidence: dict[str, Any],
    facts: Mapping[str, Any],
) -> Finding:
    """Return a finding that asks whether columns are known in time, unless somebody said so."""
    if set(columns) <= set(options.trusted):
        return _known(code, columns, evidence, facts, "vouched", FindingLevel.NOTE)
    is_doubted = is_in_doubt(study) and columns[0] in study.doubt.columns
    level = FindingLevel.SLOWS if is_doubted else FindingLevel.NOTE
    found = replace(_known(code, columns, evidence, facts, "asked", level), asks=columns)
    figure = _without(study, columns)
    if figure is None:
        return found
    return replace(
        found,
        sentence=say("without_it", leak=found.sentence, figure=figure),
        evidence=evidence | {"figure_without": round(figure, 4)},
    )


def _known(
    code: str,
    columns: tuple[str, ...],
    evidence: dict[str, Any],
    facts: Mapping[str, Any],
    case: str,
    level: FindingLevel,
) -> Finding:
    found = CODES.finding(code, evidence, case=case, level=level, columns=listed(columns), **facts)
    return replace(found, column=columns[0])


def _without(study: Study, columns: tuple[str, ...]) -> float | None:
    """Return the figure without the columns of one suspicion, where it was measured."""
    doubt = study.doubt
    if set(columns) >= set(doubt.columns):
        return doubt.without.interval.mean if doubt.without else None
    return doubt.each.get(columns[0]) if len(columns) == 1 else None


def order(study: Study, _: Options) -> Iterator[Finding]:
    """Say which column ordered the rows, or that none could and why."""
    time = study.event_time
    evidence = {"column": time.column, "others": list(time.others), "partial": list(time.partial)}
    if any(one.split is Split.TIME for one in study.partings):
        found = CODES.finding(
            "time_order",
            evidence,
            level=FindingLevel.NOTE if time.choice is TimeChoice.EARLIEST else None,
            case=time.choice.value,
            column=time.column,
            others=listed(time.others),
        )
        times = time.rivals and (str(time.column), *time.rivals)
        yield replace(found, column=time.column, times=times)
        return
    too_few = "seen_before" if study.unseen else "too_few"
    yield CODES.finding(
        "no_time_order",
        evidence,
        case=too_few if time.column else time.choice.value,
        column=time.column,
        partial=listed([*time.partial, *time.others]) or say("each_date"),
    )


def repeats(study: Study, _: Options) -> Iterator[Finding]:
    """Say whom the rows seem to be about, and how many of them are copies."""
    entity = study.entity
    if entity is not None and not entity.asked:
        figures = {
            "groups": entity.groups,
            "alike": entity.alike,
            "answer_alike": entity.answer_alike,
        }
        found = CODES.finding("entity_found", figures, column=entity.column)
        yield replace(found, column=entity.column)
    twins = study.twins
    if twins.groups is not None:
        shares = {"share": twins.share, "near": twins.near}
        yield CODES.finding("duplicates_across_folds", shares)


def label_issues(study: Study, options: Options) -> Iterator[Finding]:
    """Say what is odd about the labels."""
    if study.unripe:
        unripe = {"rows": study.unripe}
        yield CODES.finding("unripe_rows_left_out", unripe, days=options.outcome_days)
    for issue in study.label_issues:
        found = CODES.finding(issue.code, issue.facts, **_as_said(study, issue))
        yield replace(found, column=issue.column)


def _as_said(study: Study, issue: LabelIssue) -> dict[str, Any]:
    tenths: Callable[[float], str] = partial(as_share, decimals=1)
    shown = in_units if study.task.kind is TaskKind.REGRESSION else tenths
    facts = issue.facts | {
        key: shown(issue.facts[key]) for key in ("early", "late") if key in issue.facts
    }
    value = facts.pop("level", None)
    return facts | {"target": study.task.target, "column": issue.column, "value": value}


def in_units(value: float) -> str:
    """Return three figures of a number as a person writes it: 16,700, never 1.67e+04."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= _THOUSAND else f"{value:.3g}"
