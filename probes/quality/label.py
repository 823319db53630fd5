"""Whether what is to be predicted is there, and which columns are known too late to help."""

from __future__ import annotations

from collections.abc import Iterator

from probes.contract import Finding, Level
from probes.quality.codes import found, graded, percent, shown
from probes.quality.facts import TableFacts
from probes.quality.roles import Roles
from probes.settings import TableHints
from probes.sources import quote

LABEL_VALUES = 20

POSITIVES_STOP = 10

POSITIVES_SLOW = 100


def label_findings(facts: TableFacts, roles: Roles) -> Iterator[Finding]:
    """Say whether the label is there with enough of each outcome."""
    target = roles.target
    if target is None:
        return
    if target not in facts.columns:
        sentence = f"There is no column {shown(target)} to predict."
        yield found(
            Level.STOPS, "label_missing", sentence, {"columns": len(facts.columns)}, column=target
        )
        return
    column = facts.columns[target]
    if not column.present:
        yield found(
            Level.STOPS,
            "label_empty",
            f"{shown(target)} has no value in any row.",
            {"rows": facts.rows},
            column=target,
        )
        return
    yield from _label_values(facts, target)
    if column.missing:
        share = column.missing_share
        sentence = f"{shown(target)} is unknown in {percent(share)} of the rows."
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
        sentence = f"{shown(target)} has the same value in every row."
        yield found(Level.STOPS, "label_constant", sentence, {"classes": 1}, column=target)
        return
    amount = len(counts) > LABEL_VALUES
    rarest = sum(counts) if amount else counts[-1]
    what = "an amount in" if amount else "as its rarest outcome"
    evidence = {"classes": None if amount else len(counts), "rarest": rarest, "rows": facts.rows}
    if rarest < POSITIVES_SLOW:
        level = Level.STOPS if rarest < POSITIVES_STOP and len(counts) == 2 else Level.SLOWS
        sentence = f"{shown(target)} has only {rarest:,} rows of its rarest outcome."
        yield found(level, "label_few_positives", sentence, evidence, column=target)
        return
    sentence = f"{shown(target)} has {what} {rarest:,} rows."
    yield found(Level.OK, "label_ok", sentence, evidence, column=target)


def known_after_findings(facts: TableFacts, hints: TableHints) -> Iterator[Finding]:
    """Say which columns the administrator calls known only afterwards."""
    present = [name for name in hints.known_after if name in facts.columns]
    if present:
        names = ", ".join(map(shown, present))
        sentence = f"{len(present)} columns are only known after the fact: {names}."
        yield found(Level.NOTE, "known_after", sentence, {"columns": len(present)})
