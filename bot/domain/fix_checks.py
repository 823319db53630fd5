"""Judges a look at what a fix was about: does the finding still stand, and what are the figures?

Works on findings in their JSON form (`probes.contract.finding_to_plain`) and knows no probe.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.domain.enums import CheckOutcome
from bot.domain.vocabulary import ACTED_ON, LEVEL_RANK, FindingLevel

Plain = Mapping[str, Any]

SHOWN_FIGURES: Final = ("missing", "rows", "share", "seconds", "count", "tables", "denied")
"""Figures of a finding's evidence that are said beside it, in this order."""
SKIPPED_CODE: Final = "check_skipped"
RULE_FAILED: Final = "check_failed"
RULE_HOLDS: Final = "check_holds"


@dataclass(frozen=True, slots=True)
class Expected:
    """The finding that a fix has to make go away.

    Args:
        code: the finding's code.
        column: the column it is about; None for the whole table.
        table: the table it is about, where the finding says it.
        others: every column that it names.
        level: how much it mattered.
        sentence: what it said.
        figures: its figures.
        rule: the key of the rule it broke, where it is about one.
    """

    code: str
    column: str | None = None
    table: str | None = None
    others: tuple[str, ...] = ()
    level: str = FindingLevel.STOPS.value
    sentence: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    rule: str | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as a row keeps it."""
        return {
            "code": self.code,
            "column": self.column,
            "table": self.table,
            "others": list(self.others),
            "level": self.level,
            "sentence": self.sentence,
            "figures": dict(self.figures),
            "rule": self.rule,
        }


def expected_from_plain(raw: Plain) -> Expected:
    """Return what a row keeps of the finding."""
    return Expected(**{**raw, "others": tuple(raw.get("others", ()))})


def expected_of(finding: Plain) -> Expected:
    """Return what has to go away for a finding to be mended."""
    evidence = finding.get("evidence") or {}
    rule = evidence.get("check") or {}
    return Expected(
        code=str(finding["code"]),
        column=finding.get("column"),
        table=finding.get("table"),
        others=tuple(sorted(map(str, evidence.get("columns_named") or ()))),
        level=str(finding["level"]),
        sentence=str(finding["sentence"]),
        figures=figures_of(finding),
        rule=rule.get("key") if isinstance(rule, Mapping) else None,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What a look says.

    Args:
        outcome: whether the check holds.
        sentence: the probe's own sentence behind it; empty where nothing was found.
        code: why, where the sentence alone doesn't say it; a key of the texts.
        figures: the figures now.
    """

    outcome: CheckOutcome
    sentence: str = ""
    code: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def judge_finding(
    expected: Expected,
    before: Sequence[Plain],
    result: Plain,
    cannot_look: Collection[str],
    over_time: Collection[str] = (),
) -> Judged:
    """Say whether a finding is gone.

    It is gone only if the probe could look, doesn't report it any more, and reports nothing as
    grave in its place: a table that was emptied to lose a column's gaps has mended nothing.

    Args:
        expected: the finding.
        before: all findings of the run that found it, whole or as `identity` gives them.
        result: the new run, as `probes.contract` writes it.
        cannot_look: codes that say why a probe saw nothing.
        over_time: codes that tell how the data went over time. Dates that can be read at last
            uncover such a thing; they don't cause it.
    """
    found: Sequence[Plain] = result.get("findings", [])
    stands = next((each for each in found if _is_same(expected, each)), None)
    if stands is not None and _is_grave(expected, stands):
        return Judged(CheckOutcome.FAILS, str(stands["sentence"]), "", figures_of(stands))
    was_blind = expected.code in cannot_look
    blind = next((each for each in found if each["code"] in cannot_look), None)
    if blind is not None:
        # What couldn't be reached before and can't be reached now has only changed its excuse.
        outcome = CheckOutcome.FAILS if was_blind else CheckOutcome.UNKNOWN
        return Judged(outcome, str(blind["sentence"]), "instead" if was_blind else "")
    skipped = next((each for each in found if each["code"] == SKIPPED_CODE), None)
    if skipped is not None:
        return Judged(CheckOutcome.UNKNOWN, str(skipped["sentence"]))
    broken = next(
        (each for each in found if each["code"] == RULE_FAILED and _rule(each) == expected.rule),
        None,
    )
    if broken is not None and expected.rule is not None:
        return Judged(CheckOutcome.FAILS, str(broken["sentence"]), "", figures_of(broken))
    is_absent = expected.column in ((result.get("facts") or {}).get("absent") or ())
    uncovered = () if expected.code in over_time else over_time
    in_question = [each for each in found if each["code"] not in uncovered]
    worse = _in_its_place(expected, before, in_question, is_absent=is_absent)
    if worse is not None:
        return Judged(CheckOutcome.FAILS, str(worse["sentence"]), "instead", figures_of(worse))
    why = "absent" if is_absent else "gone"
    return Judged(CheckOutcome.HOLDS, "", why, _figures_now(expected, stands, result))


def judge_access(result: Plain, cannot_look: Collection[str], temporary: Collection[str]) -> Judged:
    """Say whether rows can be read.

    Args:
        result: a run of the access probe.
        cannot_look: codes of a probe that died, which says nothing about the access.
        temporary: codes of faults that pass by themselves.
    """
    found: Sequence[Plain] = result.get("findings", [])
    stop = next((each for each in found if each["level"] == FindingLevel.STOPS), None)
    dead = next((each for each in found if each["code"] in cannot_look), None)
    if dead is not None or (stop is not None and stop["code"] in temporary):
        blind = dead or stop or {}
        return Judged(CheckOutcome.UNKNOWN, str(blind.get("sentence", "")))
    if stop is not None:
        return Judged(CheckOutcome.FAILS, str(stop["sentence"]), "", figures_of(stop))
    read = next((each for each in found if each["code"] in READABLE), None)
    if read is None:
        words = str(found[0]["sentence"]) if found else ""
        return Judged(CheckOutcome.FAILS, words, "no_rows")
    return Judged(CheckOutcome.HOLDS, str(read["sentence"]), "", figures_of(read))


READABLE: Final = frozenset({"rows_readable", "first_row_slow"})


def judge_rules(keys: Collection[str], result: Plain) -> dict[str, Judged]:
    """Say of each kept rule whether every row keeps it.

    Args:
        keys: the rules' keys.
        result: a run of the quality probe with these rules.
    """
    found: Sequence[Plain] = result.get("findings", [])
    by_rule = {_rule(each): each for each in found if _rule(each) in keys}
    blind = next((each for each in found if _rule(each) is None), None)
    judged = {}
    for key in keys:
        each = by_rule.get(key)
        if each is None:
            judged[key] = Judged(CheckOutcome.UNKNOWN, str(blind["sentence"]) if blind else "")
        else:
            holds = each["code"] == RULE_HOLDS
            outcome = CheckOutcome.HOLDS if holds else CheckOutcome.FAILS
            judged[key] = Judged(outcome, str(each["sentence"]), "", figures_of(each))
    return judged


def figures_of(finding: Plain) -> dict[str, Any]:
    """Return the figures of a finding that are worth saying."""
    evidence = finding.get("evidence") or {}
    return {
        key: evidence[key]
        for key in SHOWN_FIGURES
        if isinstance(evidence.get(key), int | float) and not isinstance(evidence[key], bool)
    }


def _rule(finding: Plain) -> str | None:
    rule = (finding.get("evidence") or {}).get("check")
    return str(rule["key"]) if isinstance(rule, Mapping) and "key" in rule else None


def _is_same(expected: Expected, finding: Plain) -> bool:
    """Whether a finding is the expected one: its code, about the same columns or the same rule."""
    if finding["code"] != expected.code:
        return False
    if expected.rule is not None and _rule(finding) is not None:
        return _rule(finding) == expected.rule
    if expected.column is not None or finding.get("column") is not None:
        here = expected_of(finding)
        same_others = not expected.others or not here.others or here.others == expected.others
        return here.column == expected.column and same_others
    tables = (expected.table, finding.get("table"))
    return None in tables or tables[0] == tables[1]


def _is_grave(expected: Expected, finding: Plain) -> bool:
    """Whether it still matters: a remark that is left over from what slowed is mended."""
    least = min(LEVEL_RANK[FindingLevel(expected.level)], LEVEL_RANK[FindingLevel.SLOWS])
    return LEVEL_RANK[FindingLevel(finding["level"])] >= least


def _in_its_place(
    expected: Expected, before: Sequence[Plain], found: Sequence[Plain], *, is_absent: bool
) -> Plain | None:
    """Return what is new and as grave: a stop anywhere in the table, or worse about the column.

    Where the column is gone, the same finding about another one tells of a new name.
    """
    known = [identity(each) for each in before]
    columns = {expected.column, *expected.others} - {None}
    for each in found:
        if identity(each) in known or each["code"] in (RULE_FAILED, RULE_HOLDS):
            continue
        level = FindingLevel(each["level"])
        about = {each.get("column"), *expected_of(each).others} & columns
        about |= {each["code"]} & {expected.code} if is_absent else set()
        if level is FindingLevel.STOPS or (level in ACTED_ON and about):
            return each
    return None


def identity(finding: Plain) -> dict[str, Any]:
    """Return what tells a finding from the others of its run, as a row keeps it."""
    return {
        "code": str(finding["code"]),
        "column": finding.get("column"),
        "table": finding.get("table"),
        "rule": finding.get("rule") or _rule(finding),
    }


def _figures_now(expected: Expected, stands: Plain | None, result: Plain) -> dict[str, Any]:
    """Return the figures after: the remark's or the rule's own, else what the columns hold."""
    found: Sequence[Plain] = result.get("findings", [])
    if expected.rule is not None and any(
        each["code"] == RULE_HOLDS and _rule(each) == expected.rule for each in found
    ):
        return {"rows": 0}
    if stands is not None:
        return figures_of(stands)
    facts = result.get("facts") or {}
    missing = (facts.get("missing") or {}).get(expected.column)
    figures: dict[str, Any] = {}
    if missing is not None:
        figures["missing_share"] = missing
    readable = next((each for each in found if each["code"] in READABLE), None)
    if readable is not None:
        figures |= figures_of(readable)
    if facts.get("rows") is not None:
        figures["rows_looked_at"] = facts["rows"]
    return figures
