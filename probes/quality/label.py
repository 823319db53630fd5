"""Whether what is to be predicted is there, and which columns are known too late to help."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.quality.codes import found, graded, percent, shown
from probes.quality.facts import TableFacts
from probes.quality.roles import Roles
from probes.quality.sentences import say
from probes.quality.view import View
from probes.settings import TableHints
from probes.sources import ColumnFamily, quote

LABEL_VALUES = 20

POSITIVES_STOP = 10

POSITIVES_SLOW = 100

HARDLY = 0.005
MOSTLY = 0.7
GAPS_MOST = 0.2
"""Filled for most of one outcome and for hardly any of the other, a column gives it away."""


def label_findings(facts: TableFacts, roles: Roles) -> Iterator[Finding]:
    """Say whether the label is there with enough of each outcome."""
    target = roles.target
    if target is None:
        return
    if target not in facts.columns:
        sentence = say("column_predict", target=shown(target))
        yield found(
            FindingLevel.STOPS,
            "label_missing",
            sentence,
            {"columns": len(facts.columns)},
            column=target,
        )
        return
    column = facts.columns[target]
    if not column.present:
        yield found(
            FindingLevel.STOPS,
            "label_empty",
            say("value_any_row", target=shown(target)),
            {"rows": facts.rows},
            column=target,
        )
        return
    yield from _label_values(facts, target)
    if column.missing:
        share = column.missing_share
        sentence = say("unknown_rows", target=shown(target), share=percent(share))
        evidence = {"missing": column.missing, "share": round(share, 6)}
        yield found(graded(share, slows=0.2), "label_gaps", sentence, evidence, column=target)


def _label_values(facts: TableFacts, target: str) -> Iterator[Finding]:
    relation, label = facts.source.relation(facts.table), quote(target)
    rows = facts.source.rows(
        f"SELECT count(*) AS n FROM {relation} WHERE {label} IS NOT NULL "  # noqa: S608  (names are quoted)
        f"GROUP BY {label} ORDER BY n DESC LIMIT {LABEL_VALUES + 1}"
    )
    counts = [int(row[0]) for row in rows]
    if len(counts) == 1:
        sentence = say("target_constant", target=shown(target))
        yield found(FindingLevel.STOPS, "label_constant", sentence, {"classes": 1}, column=target)
        return
    column = facts.columns[target]
    amount = len(counts) > LABEL_VALUES
    measured = amount and column.column.family in (ColumnFamily.NUMBER, ColumnFamily.TIME)
    rarest = column.present if measured else sum(counts) if amount else counts[-1]
    evidence = {"classes": None if amount else len(counts), "rarest": rarest, "rows": facts.rows}
    if rarest < POSITIVES_SLOW and not measured:
        level = (
            FindingLevel.STOPS
            if rarest < POSITIVES_STOP and len(counts) == 2
            else FindingLevel.SLOWS
        )
        sentence = say("rows_rarest_outcome", target=shown(target), rarest=rarest)
        yield found(level, "label_few_positives", sentence, evidence, column=target)
        return
    what = "amount" if amount else "rarest_outcome"
    sentence = say(what, target=shown(target), rarest=rarest)
    yield found(FindingLevel.OK, "label_ok", sentence, evidence, column=target)


def hindsight_findings(view: View) -> Iterator[Finding]:
    """Say which columns are filled, or not zero, for one outcome alone: written after it."""
    import numpy as np

    target = view.roles.target
    if target is None or target not in view.sample:
        return
    outcomes = view.codes(target)
    if len(outcomes.levels) != 2 or (outcomes.of_row < 0).mean() > GAPS_MOST:
        return
    for name in (one for one in view.sample.columns if one != target):
        told = view.sample[name].notna().to_numpy()
        if name in view.numbers and told.all():
            told = view.number(name) != 0
        with_it = [told[outcomes.of_row == level] for level in (0, 1)]
        if min(map(len, with_it)) < POSITIVES_SLOW / 2:
            continue
        hardly, mostly = sorted(float(np.mean(one)) for one in with_it)
        if hardly <= HARDLY and mostly >= MOSTLY:
            sentence = say("filled_by_outcome", name=shown(name), target=shown(target))
            evidence = {"columns_named": [name, target], "share": round(mostly, 5)}
            yield found(FindingLevel.SLOWS, "known_after", sentence, evidence, column=name)


def known_after_findings(facts: TableFacts, hints: TableHints) -> Iterator[Finding]:
    """Say which columns the administrator calls known only afterwards."""
    present = [name for name in hints.known_after if name in facts.columns]
    if present:
        names = ", ".join(map(shown, present))
        sentence = say("late_columns", present=len(present), names=names)
        yield found(FindingLevel.NOTE, "known_after", sentence, {"columns": len(present)})
