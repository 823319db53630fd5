"""Put what matters to the use case first, and tell the same thing of many columns once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.domain.vocabulary import LEVEL_RANK, FindingLevel, UseCase
from bot.texts import texts_beside
from probes.contract import Finding
from probes.quality.codes import CODES, EFFECTS, found, read, shown
from probes.quality.roles import Roles
from probes.quality.sentences import say

_EFFECTS = texts_beside(__file__, "effects.yaml")
SAME_CODE_SHOWN = 15
NO_REPAIR = frozenset({"stale", "label_few_positives"})
"""About a column, but nothing that is repaired in its values."""

USE_CASE_CODES: dict[UseCase, tuple[str, ...]] = {
    UseCase(key): tuple(codes) for key, codes in read("use_cases").items()
}
"""What spoils each use case, the worst first; one of the team's own has none."""

SUPERSEDED: dict[str, frozenset[str]] = {
    "default_dates": frozenset({"sentinel_dates"}),
    "outlier_dates": frozenset({"sentinel_dates", "impossible_dates", "future_times"}),
    "dates_as_text": frozenset({"date_order_mixed", "date_serials", "offsets_mixed"}),
    "date_order_unclear": frozenset({"date_order_mixed"}),
    "numbers_as_text": frozenset(
        {"number_notations", "ids_rounded", "censored_numbers", "shifted_rows", "lost_zeros"}
    ),
    "units_mixed": frozenset({"currencies_mixed", "number_notations"}),
    "mixed_types": frozenset({"number_notations", "censored_numbers", "date_serials"}),
    "missing": frozenset({"started_filling", "stopped_filling", "column_replaced"}),
    "zero_for_nothing": frozenset({"sentinel_numbers", "coordinates_zero"}),
    "sign_flips": frozenset({"impossible_values", "sentinel_numbers"}),
    "outliers": frozenset({"mixed_scales", "sentinel_numbers", "impossible_values"}),
    "mixed_scales": frozenset({"units_by_group", "level_shift", "sentinel_numbers"}),
    "values_swapped": frozenset({"coordinates_swapped"}),
    "drift": frozenset({"level_shift", "counter_reset", "recoded"}),
    "level_shift": frozenset({"counter_reset", "recoded"}),
    "seasonality_break": frozenset({"level_shift", "flat_line"}),
    "spelling_near": frozenset({"mixed_alphabets", "broken_encoding"}),
    "near_unique": frozenset({"personal_data", "ids_rounded", "lost_zeros", "truncated_text"}),
    "volume_drop": frozenset({"volume_shift"}),
    "series_gaps": frozenset({"time_gaps", "interval_changed"}),
}
"""What need not be said of a column of which one of these is said."""


MISPLACED = frozenset({"header_rows", "shifted_rows"})
TWINS = {"duplicate_rows": "copies", "duplicate_keys": "twins"}
"""Rows that are none are each other's twins: how many, in the evidence of what counts twins."""
GAPS = frozenset({"missing", "started_filling", "stopped_filling", "column_replaced"})
OF_ONE_FILE = frozenset(
    {
        *("level_shift", "drift", "noise_changed", "seasonality_break", "format_changed"),
        *("recoded", "new_category", "mixed_scales", "mixed_types", "number_notations", "outliers"),
    }
)
"""What the column of one file that differs from the others comes to where all are read as one."""


def without_superseded(
    findings: Sequence[Finding], conditional: Collection[str] = ()
) -> list[Finding]:
    """Leave out what a surer finding of the same column, of its rows or its file says better.

    Args:
        findings: of all checks.
        conditional: columns that are empty as another column says; that is no more than a note.
    """
    misplaced = sum(int(one.evidence["rows"]) for one in findings if one.code in MISPLACED)
    lost = {name for one in findings for name in one.evidence.get("columns_lost", ())}
    changed = {name for one in findings for name in one.evidence.get("columns_changed", ())}
    findings = [
        replace(one, level=FindingLevel.NOTE, suggestion=None)
        if one.code == "missing" and one.column in conditional and one.level is FindingLevel.SLOWS
        else one
        for one in findings
        if not (one.code in TWINS and one.evidence[TWINS[one.code]] <= misplaced)
        and not (one.code in GAPS and one.column in lost)
        and not (one.code in OF_ONE_FILE and one.column in changed)
    ]
    codes: dict[str, set[str]] = {}
    for one in findings:
        if one.column:
            codes.setdefault(one.column, set()).add(one.code)
    return _each_stand_in_once(
        one
        for one in findings
        if one.column is None or not SUPERSEDED.get(one.code, frozenset()) & codes[one.column]
    )


def _each_stand_in_once(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the gravest of what several checks say of one stand-in of a column."""
    kept: dict[object, Finding] = {}
    for at, one in enumerate(findings):
        stand_in = one.evidence.get("stand_in")
        mark = at if stand_in is None else (one.code, one.column, stand_in)
        before = kept.get(mark)
        if before is None or LEVEL_RANK[one.level] > LEVEL_RANK[before.level]:
            kept[mark] = one
    return list(kept.values())


def grouped(order: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return the groups of findings by what they do to the use case, the gravest first.

    Each has a title and a sentence for whoever decides, its level, and the places of its findings.
    """
    groups = []
    for effect in EFFECTS:
        places = [at for at, one in enumerate(order) if CODES[one.code].group == effect]
        places = [at for at in places if order[at].level is not FindingLevel.OK]
        if places:
            worst = max((order[at].level for at in places), key=LEVEL_RANK.__getitem__)
            groups.append(
                {
                    "key": effect,
                    "title": _EFFECTS.say(f"{effect}.title"),
                    "why": _EFFECTS.say(f"{effect}.why"),
                    "level": worst.value,
                    "findings": places,
                }
            )
    return sorted(groups, key=lambda group: -LEVEL_RANK[FindingLevel(str(group["level"]))])


def ranked(
    findings: Sequence[Finding], roles: Roles, use_case: UseCase | None
) -> tuple[Finding, ...]:
    """Return the findings, those that matter most to the use case first."""
    favourites = USE_CASE_CODES.get(use_case, ()) if use_case else ()
    roles_of_columns = {roles.target, roles.entity, roles.time} - {None}

    def weight(finding: Finding) -> tuple[Any, ...]:
        return (
            -LEVEL_RANK[finding.level],
            finding.column not in roles_of_columns,
            favourites.index(finding.code) if finding.code in favourites else len(favourites),
            -_share(finding),
            finding.code,
            finding.column or "",
        )

    return _told_once(sorted(findings, key=weight))


def _share(finding: Finding) -> float:
    share = finding.evidence.get("share")
    return float(share) if isinstance(share, int | float) else 0.0


def _told_once(findings: list[Finding]) -> tuple[Finding, ...]:
    """Keep the first of each code and level; say how many more there are."""
    seen: Counter[tuple[str, FindingLevel]] = Counter()
    kept, more = [], Counter[tuple[str, FindingLevel]]()
    for finding in findings:
        mark = (finding.code, finding.level)
        seen[mark] += 1
        if seen[mark] <= SAME_CODE_SHOWN:
            kept.append(finding)
        else:
            more[mark] += 1
    for (code, level), count in more.items():
        sentence = say("more_columns_finding", count=count, status=shown(code), value=level.value)
        kept.append(
            found(FindingLevel.NOTE, "more_columns", sentence, {"code": code, "columns": count})
        )
    return tuple(kept)


def scenario_of(findings: Sequence[Finding], columns: int) -> tuple[str, str]:
    """Return which of the data phase's scenarios this looks like, and why."""
    stops = [one for one in findings if one.level is FindingLevel.STOPS]
    if any(one.code in {"table_empty", "file_empty"} for one in stops):
        return "missing", stops[0].sentence
    if stops:
        return "unusable", stops[0].sentence
    slowed = {
        one.column
        for one in findings
        if one.level is FindingLevel.SLOWS and one.column and one.code not in NO_REPAIR
    }
    if columns and len(slowed) > columns / 2:
        return (
            "unusable",
            say("repair_title", slowed=len(slowed), columns=columns),
        )
    slows = sum(one.level is FindingLevel.SLOWS for one in findings)
    if slows:
        return "accessible", say("table_slowed_once" if slows == 1 else "table_slowed", slows=slows)
    return "accessible", say("table_can_used")
