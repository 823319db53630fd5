"""Whether a finding is gone: only if the probe could look, and nothing as grave is in its place."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.enums import CheckOutcome
from bot.domain.fix_checks import expected_from_plain, expected_of, judge_access, judge_finding

FAULTS = frozenset({"privilege_missing", "login_refused", "probe_timed_out"})


def found(
    code: str, level: str = "slows", column: str | None = None, **more: Any
) -> dict[str, Any]:
    return {"code": code, "level": level, "sentence": f"{code} here.", "column": column, **more}


GAPS = found("missing", column="income", evidence={"share": 0.6})
LOCKED = found("privilege_missing", "stops")


@pytest.mark.parametrize(
    ("expected", "findings", "facts", "outcome"),
    [
        (GAPS, [], {}, "holds"),
        (GAPS, [GAPS], {}, "fails"),
        (GAPS, [found("missing", column="age")], {}, "holds"),
        (GAPS, [found("missing", "note", "income")], {}, "holds"),
        (GAPS, [found("placeholder_text", column="income")], {}, "fails"),
        (GAPS, [found("placeholder_text", column="age")], {}, "holds"),
        (GAPS, [found("table_empty", "stops")], {}, "fails"),
        (GAPS, [LOCKED], {}, "unknown"),
        (GAPS, [found("probe_timed_out")], {}, "unknown"),
        (GAPS, [found("check_skipped", "note")], {}, "unknown"),
        (GAPS, [], {"absent": ["income"]}, "holds"),
        (GAPS, [found("missing", column="income_eur")], {"absent": ["income"]}, "fails"),
        (LOCKED, [LOCKED], {}, "fails"),
        (LOCKED, [found("login_refused", "stops")], {}, "fails"),
        (LOCKED, [found("rows_readable", "ok", evidence={"seconds": 0.2})], {}, "holds"),
        (LOCKED, [found("table_empty", "stops")], {}, "fails"),
    ],
)
def test_a_finding_is_gone_only_if_nothing_speaks_against_it(expected, findings, facts, outcome):
    result = {"findings": findings, "facts": facts}
    kept = expected_from_plain(expected_of(expected).plain())
    assert judge_finding(kept, [expected], result, FAULTS).outcome == outcome


def test_what_was_there_before_beside_the_finding_refuses_nothing():
    beside = found("stale", "stops")
    result = {"findings": [beside]}
    assert judge_finding(expected_of(GAPS), [GAPS, beside], result, FAULTS).outcome == "holds"


DATES = found("date_formats_mixed", column="joined")
STALE = found("stale", column="joined")


@pytest.mark.parametrize(
    ("expected", "findings", "outcome"),
    [
        (DATES, [STALE], "holds"),
        (DATES, [found("future_times", column="joined")], "fails"),
        (STALE, [found("volume_drop", column="joined")], "fails"),
        (DATES, [STALE, DATES], "fails"),
    ],
)
def test_dates_that_can_be_read_at_last_uncover_what_they_dont_cause(expected, findings, outcome):
    over_time = {"stale", "volume_drop"}
    result = {"findings": findings}
    told = judge_finding(expected_of(expected), [expected], result, FAULTS, over_time)
    assert told.outcome == outcome


def rule(key: str) -> dict[str, Any]:
    return {"check": {"key": key}, "rows": 3}


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([found("check_holds", "ok", "gross", evidence=rule("sum:a|b|gross"))], "holds"),
        ([found("check_failed", "slows", "gross", evidence=rule("sum:a|b|gross"))], "fails"),
        ([found("check_failed", "slows", "net", evidence=rule("part:a|net"))], "holds"),
        ([found("sum_broken", "slows", "gross", evidence=rule("sum:a|c|gross"))], "fails"),
    ],
)
def test_a_finding_about_a_rule_is_judged_by_that_rule(findings, outcome):
    broken = found("sum_broken", column="gross", evidence=rule("sum:a|b|gross"))
    result = {"findings": findings}
    judged = judge_finding(expected_of(broken), [broken], result, FAULTS)
    assert judged.outcome == CheckOutcome(outcome)


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        ([found("rows_readable", "ok", evidence={"seconds": 0.1})], "holds"),
        ([LOCKED], "fails"),
        ([found("source_lost", "stops")], "unknown"),
        ([found("probe_died")], "unknown"),
        ([found("connected", "ok")], "fails"),
    ],
)
def test_access_works_only_where_a_row_was_read(findings, outcome):
    judged = judge_access({"findings": findings}, {"probe_died"}, {"source_lost"})
    assert judged.outcome == outcome
