"""Findings that say how far the leading figure can be trusted, and on what it rests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from probes.baseline.event_time import TimeChoice
from probes.baseline.labels import LabelIssue
from probes.baseline.leak_kinds import CERTAIN, Leak, LeakKind
from probes.baseline.options import Options
from probes.baseline.scores import METRIC, SplitScore
from probes.baseline.splits import Split
from probes.baseline.study import Study
from probes.baseline.task import TaskKind
from probes.baseline.texts import listed, named, say
from probes.baseline.trust import MATTERS, is_near_perfect
from probes.contract import Finding, SuggestedBlocker

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
    facts = {"rival": study.rival, "rival_figure": by_rival.interval}
    return Finding(
        FindingLevel.SLOWS,
        "depends_on_time",
        say("headline_rival", **_facts(study), **facts),
        _evidence(study) | {"by_rival": {"column": study.rival, **by_rival.interval.to_plain()}},
        say("headline_rival_meaning", column=study.time_column, rival=study.rival),
        SuggestedBlocker(
            Kind.DATA_ACCESS,
            Remedy.PEOPLE,
            say("headline_rival_blocker", column=study.time_column, rival=study.rival),
        ),
        times=tuple(filter(None, (study.time_column, study.rival))),
    )


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
    if study.is_chance:
        title = say("chance_blocker", target=study.task.target)
        return Finding(
            FindingLevel.SLOWS,
            "no_better_than_guessing",
            say("headline_chance", **_facts(study)),
            _evidence(study),
            say("headline_chance_meaning"),
            SuggestedBlocker(Kind.DATA_ACCESS, Remedy.PEOPLE, title),
        )
    meaning = say("headline_meaning")
    if options.explained and is_near_perfect(study.headline):
        meaning = say("explained", words=options.explained)
    return Finding(
        FindingLevel.OK,
        "better_than_guessing",
        say("headline", **_facts(study)),
        _evidence(study),
        meaning,
    )


def doubted_headline(study: Study) -> Finding:
    """Return the figure with and without the columns in doubt; it is not promised yet."""
    doubt, without = study.doubt, study.doubt.without
    columns = listed(doubt.columns)
    facts = _facts(study) | {"columns": columns}
    if without is None:
        words = say("doubt_nothing_left", **facts)
    else:
        other = {"without": without.interval, "without_model": named(without.family)}
        words = say("doubt", **facts, **other)
    meaning = "near_perfect_meaning" if doubt.near_perfect else "doubt_meaning"
    return Finding(
        FindingLevel.SLOWS,
        "near_perfect" if doubt.near_perfect else "rests_on_suspects",
        words,
        _evidence(study) | {"without": doubt.to_plain()},
        say(meaning, columns=columns),
        SuggestedBlocker(Kind.DATA_ACCESS, Remedy.PEOPLE, say("doubt_blocker", columns=columns)),
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
        words = say("leak_written_after", column=name, time=study.time_column, share=share)
        yield _asked(study, "leak_written_after", (name,), words, {"share": share}, options)
    for name in study.doubt.carried:
        words = say("carries_the_figure", column=name)
        yield _asked(study, "carries_the_figure", (name,), words, {}, options)


def _leak(study: Study, leak: Leak, options: Options) -> Finding:
    words = say(
        _leak_text(leak),
        column=leak.columns[0],
        part=leak.how,
        how=leak.how,
        metric=named(METRIC[study.task.kind]),
        alone=leak.alone,
        rest=leak.without or 0.0,
        together=leak.together or 0.0,
    )
    code = f"leak_{leak.kind.value}"
    if leak.kind in CERTAIN and not set(leak.columns) <= set(options.trusted):
        sentence = say("left_out_certain", leak=words)
        return _finding(
            FindingLevel.STOPS, code, leak.columns, sentence, leak.to_plain(), asks=False
        )
    return _asked(study, code, leak.columns, words, leak.to_plain(), options)


def _leak_text(leak: Leak) -> str:
    if leak.kind is LeakKind.ALONE and leak.how not in {"", *leak.columns}:
        return "leak_single_part"
    return "leak_jump" if leak.kind is LeakKind.LIFT else f"leak_{leak.kind.value}"


def _asked(
    study: Study,
    code: str,
    columns: tuple[str, ...],
    words: str,
    evidence: dict[str, Any],
    options: Options,
) -> Finding:
    """Return a finding that asks whether columns are known in time, unless somebody said so."""
    if set(columns) <= set(options.trusted):
        meaning = say("known_when_vouched")
        return Finding(FindingLevel.NOTE, code, words, evidence, meaning, column=columns[0])
    figure = _without(study, columns)
    if figure is not None:
        words = say("without_it", leak=words, figure=figure)
        evidence = evidence | {"figure_without": round(figure, 4)}
    level = (
        FindingLevel.SLOWS
        if is_in_doubt(study) and columns[0] in study.doubt.columns
        else FindingLevel.NOTE
    )
    return _finding(level, code, columns, words, evidence)


def _finding(
    level: FindingLevel,
    code: str,
    columns: tuple[str, ...],
    words: str,
    evidence: dict[str, Any],
    *,
    asks: bool = True,
) -> Finding:
    blocker = SuggestedBlocker(
        Kind.DATA_ACCESS, Remedy.PEOPLE, say("doubt_blocker", columns=listed(columns))
    )
    return Finding(
        level,
        code,
        words,
        evidence,
        say("known_when" if asks else "known_when_certain", columns=listed(columns)),
        None if level is FindingLevel.NOTE else blocker,
        column=columns[0],
        asks=columns if asks else (),
    )


def _without(study: Study, columns: tuple[str, ...]) -> float | None:
    """Return the figure without the columns of one suspicion, where it was measured."""
    doubt = study.doubt
    if set(columns) >= set(doubt.columns):
        return doubt.without.interval.mean if doubt.without else None
    return doubt.each.get(columns[0]) if len(columns) == 1 else None


_TIME_KEYS: Final = {
    TimeChoice.ASKED: "time_asked",
    TimeChoice.ONLY: "time_only",
    TimeChoice.EARLIEST: "time_earliest",
}


def order(study: Study, _: Options) -> Iterator[Finding]:
    """Say which column ordered the rows, or that none could and why."""
    time = study.event_time
    evidence = {"column": time.column, "others": list(time.others), "partial": list(time.partial)}
    if any(one.split is Split.TIME for one in study.partings):
        words = say(_TIME_KEYS[time.choice], column=time.column, others=listed(time.others))
        level = FindingLevel.NOTE if time.choice is TimeChoice.EARLIEST else FindingLevel.OK
        meaning, times = say("time_meaning"), time.rivals and (str(time.column), *time.rivals)
        yield Finding(
            level, "time_order", words, evidence, meaning, column=time.column, times=times
        )
        return
    too_few = "no_time_seen_before" if study.unseen else "no_time_too_few"
    key = too_few if time.column else f"no_time_{time.choice.value}"
    partial = listed([*time.partial, *time.others]) or "each"
    words = say(key, column=time.column, partial=partial)
    yield Finding(FindingLevel.NOTE, "no_time_order", words, evidence, say("no_time_meaning"))


def repeats(study: Study, _: Options) -> Iterator[Finding]:
    """Say whom the rows seem to be about, and how many of them are copies."""
    entity = study.entity
    if entity is not None and not entity.asked:
        words = say(
            "entity_found",
            column=entity.column,
            groups=entity.groups,
            alike=entity.alike,
            answer=entity.answer_alike,
        )
        evidence = {
            "groups": entity.groups,
            "alike": entity.alike,
            "answer_alike": entity.answer_alike,
        }
        meaning = say("entity_found_meaning")
        yield Finding(
            FindingLevel.NOTE, "entity_found", words, evidence, meaning, column=entity.column
        )
    twins = study.twins
    if twins.groups is not None:
        words = say("twins", share=twins.share, near=twins.near)
        evidence = {"share": twins.share, "near": twins.near}
        yield Finding(
            FindingLevel.NOTE, "duplicates_across_folds", words, evidence, say("twins_meaning")
        )


_GRAVE_LABELS: Final = frozenset({"labels_turned_round", "labels_not_ripe"})


def label_issues(study: Study, options: Options) -> Iterator[Finding]:
    """Say what is odd about the labels."""
    if study.unripe:
        words = say("outcome_days", rows=study.unripe, days=options.outcome_days)
        yield Finding(FindingLevel.NOTE, "unripe_rows_left_out", words, {"rows": study.unripe})
    for issue in study.label_issues:
        facts = issue.facts | _as_said(study, issue)
        grave = issue.code in _GRAVE_LABELS
        blocker = grave and SuggestedBlocker(
            Kind.DATA_ACCESS, Remedy.PEOPLE, say(f"{issue.code}_blocker", **facts)
        )
        yield Finding(
            FindingLevel.SLOWS if grave else FindingLevel.NOTE,
            issue.code,
            say(issue.code, **facts),
            issue.facts,
            say(f"{issue.code}_meaning"),
            blocker or None,
            column=issue.column,
        )


def _as_said(study: Study, issue: LabelIssue) -> dict[str, Any]:
    fields: dict[str, Any] = {"target": study.task.target, "column": issue.column}
    as_share: Callable[[float], str] = "{:.1%}".format
    shown = in_units if study.task.kind is TaskKind.REGRESSION else as_share
    return fields | {
        key: shown(issue.facts[key]) for key in ("early", "late") if key in issue.facts
    }


def in_units(value: float) -> str:
    """Return three figures of a number as a person writes it: 16,700, never 1.67e+04."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= _THOUSAND else f"{value:.3g}"
