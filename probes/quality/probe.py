"""Quality: what in a table would spoil a model, told in the order that matters to the use case.

One table pass of aggregates over every row, exact counts where a finding rests on them, and a
bounded sample for patterns. Evidence holds counts and shares; no value of a row leaves the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel, UseCase
from probes.contract import Finding, Picture, ProbeContext, ProbeFault, ProbeRequest, ProbeResult
from probes.quality.across import across_findings
from probes.quality.beside import beside_findings, chosen_table, of_other_table, other_tables
from probes.quality.categories import category_oddities
from probes.quality.check_digits import check_digit_findings
from probes.quality.checks import TableCheck, checks_from_plain, confirmed_findings, rare_breaks
from probes.quality.codes import coded_finding, counted, found, shown
from probes.quality.columns import COLUMN_CHECKS
from probes.quality.copies import count_candidates, row_findings, twin_column_findings
from probes.quality.dates import date_oddities
from probes.quality.dependencies import conditional_gaps
from probes.quality.drift import drift_findings
from probes.quality.entities import entity_findings
from probes.quality.facts import TableFacts, draw_sample, measure
from probes.quality.groups import group_findings
from probes.quality.label import hindsight_findings, known_after_findings, label_findings
from probes.quality.look_at import with_rows
from probes.quality.numbers import number_oddities
from probes.quality.personal import personal_findings
from probes.quality.ranking import grouped, ranked, scenario_of, without_superseded
from probes.quality.references import reference_findings
from probes.quality.roles import Roles, find_roles
from probes.quality.scales import scale_findings
from probes.quality.schema import changed_since, schema_findings
from probes.quality.sentences import say
from probes.quality.series import series_findings
from probes.quality.sexes import sex_findings
from probes.quality.structure import misplaced_rows, structure_findings
from probes.quality.text_columns import text_findings
from probes.quality.times import time_findings, utc_now
from probes.quality.view import View
from probes.settings import TableHints
from probes.sources import Source, find_place, open_place

REMARK_KEYS = {
    "encoding_not_utf8": "not_utf8_lines",
    "nul_bytes": "nul_byte_lines",
    "unreadable_lines": "lines_left_out",
    "file_empty": "file_character",
}
RULES_MOST = 20
DATA_ERRORS = (ValueError, TypeError, ArithmeticError, LookupError)
SCHEMA_COLUMNS = 1_000
"""Of a wider table the columns are not kept for the next run."""
TEMPORARY_FAULTS = frozenset({"statement_timed_out", "source_failed"})


def look_at_table(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Look at one table, as the package's `run` says."""
    confirmed = _confirmed(request)
    if request.options.get("only_checks"):
        return _only_checks(request, context, confirmed)
    place = find_place(request.source or "", context.settings, table=request.table)
    context.progress(0.02, say("opening", name=place.name))
    with open_place(place, context.scratch, context.memory_mb, context.disk_mb) as source:
        table = chosen_table(source, place.table)
        hints = _hints(source, table, request)
        facts = _facts(source, table, context, {request.target or "", *_named(hints)})
        roles = find_roles(facts, hints, request.target)
        proposed: list[TableCheck] = []
        earlier = _earlier(request)
        findings = [
            *_remarks(source, table),
            *_guarded(say("step_beside"), lambda: beside_findings(source, table, place.table)),
            *(changed_since(facts.columns, earlier) if earlier else ()),
            *confirmed_findings(source, table, confirmed),
            *_guarded(say("step_rows"), lambda: _without_misplaced(facts, roles)),
        ]
        view = View(facts, roles)
        findings += _checked(view, hints, context, proposed)
        pictures = _pictures(facts, roles, request, context)
        aside = [
            one
            for other in other_tables(source, table, place.table)
            for one in _guarded(shown(other), partial(_aside, source, other, context))
        ]
    return _result(request, view, findings, aside, pictures, proposed, confirmed)


def _aside(source: Source, table: str, context: ProbeContext) -> Iterator[Finding]:
    """Say what would slow the work with another table of the folder; none is called unusable."""
    facts = _facts(source, table, context, ())
    hints = source.settings.hints(table)
    roles = find_roles(facts, hints, None)
    findings = [*_remarks(source, table), *_without_misplaced(facts, roles)]
    view = View(facts, roles)
    findings += _checked(view, hints, context, [])
    findings = with_rows(without_superseded(findings, conditional_gaps(view)), facts)
    yield from of_other_table(table, findings)


def _only_checks(
    request: ProbeRequest, context: ProbeContext, confirmed: Sequence[TableCheck]
) -> ProbeResult:
    """Run confirmed checks over every row and look at nothing else, as every night."""
    place = find_place(request.source or "", context.settings, table=request.table)
    context.progress(0.1, say("opening", name=place.name))
    with open_place(place, context.folder, context.memory_mb) as source:
        table = chosen_table(source, place.table)
        context.progress(
            0.3, say("checking_rules", counted=counted(len(confirmed), "rule"), table=shown(table))
        )
        findings = tuple(confirmed_findings(source, table, confirmed))
    return ProbeResult(request.probe, place.name, table, findings)


def _confirmed(request: ProbeRequest) -> list[TableCheck]:
    """Return the checks that a person confirmed, as the request gives them."""
    given = request.options.get("checks")
    if given is None:
        return []
    if isinstance(given, list):
        return checks_from_plain(given, "checks")
    raise InputError(say("checks_option_invalid"), field="checks")


def _earlier(request: ProbeRequest) -> Mapping[str, Any] | None:
    """Return what the last run of the same table saw, where somebody kept it."""
    given = request.options.get("earlier")
    if given is None:
        return None
    if not isinstance(given, Mapping) or not isinstance(given.get("schema"), Mapping):
        raise InputError(say("wrong_earlier"), field="earlier")
    return {"day": given.get("day", "-"), "schema": given["schema"]}


def _hints(source: Source, table: str, request: ProbeRequest) -> TableHints:
    """Return the administrator's hints, those of the request before them."""
    given = {key: request.options[key] for key in TableHints.model_fields if key in request.options}
    return TableHints.model_validate({**source.settings.hints(table).model_dump(), **given})


def _named(hints: TableHints) -> list[str]:
    one_each = (hints.target, hints.entity, hints.time)
    return [*filter(None, one_each), *hints.key, *hints.known_after]


def _facts(source: Source, table: str, context: ProbeContext, named: Collection[str]) -> TableFacts:
    context.progress(0.05, say("counting_through", table=shown(table)))
    rows, columns = measure(
        source,
        table,
        lambda part: context.progress(
            0.05 + 0.4 * part, say("counting_through", table=shown(table))
        ),
    )
    context.progress(0.5, say("drawing_sample"))
    return TableFacts(source, table, rows, columns, draw_sample(source, table, rows, named))


Step = tuple[str, float, Callable[[], Iterable[Finding]]]


def _checked(
    view: View, hints: TableHints, context: ProbeContext, proposed: list[TableCheck]
) -> Iterator[Finding]:
    facts, roles = view.facts, view.roles
    if not facts.rows:
        sentence = say(
            "row", table=shown(facts.table), counted=counted(len(facts.columns), "column")
        )
        yield found(
            FindingLevel.STOPS, "table_empty", sentence, {"rows": 0, "columns": len(facts.columns)}
        )
        yield from label_findings(facts, roles) if roles.target not in facts.columns else ()
        return
    checks: list[Step] = [
        ("keys", 0.6, lambda: count_candidates(facts)),
        ("copies", 0.65, lambda: row_findings(facts, hints)),
        ("time", 0.75, lambda: time_findings(facts, roles, utc_now())),
        ("entities", 0.8, lambda: entity_findings(facts, roles, hints)),
        ("label", 0.85, lambda: label_findings(facts, roles)),
        ("columns", 0.88, lambda: (one for check in COLUMN_CHECKS for one in check(facts))),
        ("texts", 0.9, lambda: text_findings(facts)),
        ("dates", 0.91, lambda: date_oddities(view)),
        ("categories", 0.92, lambda: category_oddities(view)),
        ("check_digits", 0.925, lambda: check_digit_findings(view)),
        ("personal_data", 0.93, lambda: personal_findings(view)),
        ("numbers", 0.94, lambda: number_oddities(view)),
        ("units", 0.945, lambda: scale_findings(view)),
        ("rows", 0.95, lambda: structure_findings(view)),
        ("across", 0.96, lambda: across_findings(view, proposed)),
        ("rare_breaks", 0.965, lambda: _rare_breaks(view, proposed)),
        ("drift", 0.97, lambda: drift_findings(view)),
        ("series", 0.975, lambda: series_findings(view)),
        ("files", 0.98, lambda: schema_findings(view)),
        ("twin_columns", 0.985, lambda: twin_column_findings(facts)),
        ("groups", 0.986, lambda: group_findings(view)),
        ("references", 0.987, lambda: reference_findings(view)),
        ("sexes", 0.988, lambda: sex_findings(view)),
        (
            "hindsight",
            0.99,
            lambda: (*known_after_findings(facts, hints), *hindsight_findings(view)),
        ),
    ]
    for key, fraction, check in checks:
        name = say(f"step_{key}")
        context.progress(fraction, say("checking", name=name))
        yield from _guarded(name, check)


def _without_misplaced(facts: TableFacts, roles: Roles) -> list[Finding]:
    """Tell of rows whose cells stand in other columns' places, and look at the others from now."""
    if not facts.rows:
        return []
    odd, findings = misplaced_rows(View(facts, roles))
    facts.left_out = int(odd.sum())
    if facts.left_out:
        facts.sample = facts.sample[~odd].reset_index(drop=True)
    return findings


def _rare_breaks(view: View, proposed: list[TableCheck]) -> Iterator[Finding]:
    """Ask every row about rules of the sample; those that some break are no longer proposed."""
    if view.scale <= 1:
        return
    facts = view.facts
    breaks = list(rare_breaks(facts.source, facts.table, facts.rows, proposed[:RULES_MOST]))
    keys = {one.evidence["check"]["key"] for one in breaks}
    proposed[:] = [check for check in proposed if check.key not in keys]
    yield from breaks


def _guarded(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Go on without a check that the source could not answer; its loss ends the probe."""
    try:
        yield from check()
    except ProbeFault as fault:
        if fault.finding.code not in TEMPORARY_FAULTS:
            raise
        yield _skipped(name, fault.finding.code, fault.finding.sentence)
    except DATA_ERRORS as error:
        # One odd table must not cost the findings of all other checks; the log has the trace.
        structlog.get_logger().exception("quality_check_failed", check=name)
        yield _skipped(name, "check_failed", say("value_unreadable", cause=type(error).__name__))


def _skipped(check: str, fault: str, why: str) -> Finding:
    """Return the finding that stands for a check that could not be carried out."""
    sentence = say("check_left_out", check=check, why=why)
    return found(FindingLevel.NOTE, "check_skipped", sentence, {"skipped": check, "fault": fault})


def _remarks(source: Source, table: str) -> Iterator[Finding]:
    for remark in source.remarks_on(table):
        level = FindingLevel.SLOWS if remark.lines else FindingLevel.STOPS
        sentence = say(
            REMARK_KEYS[remark.code], lines=counted(remark.lines, "line"), first=remark.first_line
        )
        evidence = {"lines": remark.lines, "first_line": remark.first_line}
        yield found(level, remark.code, sentence, evidence)
    if source.settings.row_limit:
        limit = source.settings.row_limit
        sentence = say("first_rows_looked", limit=limit)
        yield found(FindingLevel.NOTE, "rows_limited", sentence, {"limit": limit})


def _pictures(
    facts: TableFacts, roles: Roles, request: ProbeRequest, context: ProbeContext
) -> list[Picture]:
    if not request.options.get("pictures", True) or facts.sample.empty:
        return []
    from probes.quality.coverage import coverage_picture

    context.progress(0.99, say("drawing_coverage"))
    picture = coverage_picture(facts, roles, context.folder)
    return [picture] if picture else []


def _result(
    request: ProbeRequest,
    view: View,
    findings: list[Finding],
    aside: Sequence[Finding],
    pictures: list[Picture],
    proposed: Sequence[TableCheck],
    confirmed: Sequence[TableCheck],
) -> ProbeResult:
    facts, roles = view.facts, view.roles
    use_case = _use_case(request, facts.source)
    findings = with_rows(without_superseded(findings, conditional_gaps(view)), facts)
    findings += aside
    known = {check.key for check in confirmed}
    checks = [one for one in _offered(findings, proposed) if one["key"] not in known]
    if not any(one.level is not FindingLevel.OK for one in findings):
        findings.append(found(FindingLevel.OK, "clean", say("nothing_found_title"), {}))
    if checks:
        findings.append(coded_finding(FindingLevel.OK, "rules_found", count=len(checks)))
    scenario, why = scenario_of(findings, len(facts.columns))
    fields: dict[str, Any] = {
        "rows": facts.rows,
        "columns": len(facts.columns),
        "sampled_rows": len(facts.sample),
        "duplicate_rows": facts.duplicates,
        "time_column": roles.time,
        "entity_column": roles.entity,
        "label": roles.target,
    }
    if len(facts.columns) <= SCHEMA_COLUMNS:
        fields["schema"] = {name: column.column.type_name for name, column in facts.columns.items()}
    name = facts.source.name
    order = ranked(findings, roles, use_case)
    fields["checks"] = checks
    fields |= _columns_asked(facts, request.options.get("figures"))
    fields["groups"] = grouped(order)
    return ProbeResult(request.probe, name, facts.table, order, scenario, why, fields, pictures)


def _columns_asked(facts: TableFacts, asked: Any) -> dict[str, Any]:
    """Return how much of the columns that somebody follows is missing, and which are gone."""
    if not isinstance(asked, list):
        return {}
    here = [name for name in asked if name in facts.columns]
    shares = {name: round(facts.columns[name].missing_share, 6) for name in here}
    return {"missing": shares, "absent": [name for name in asked if name not in facts.columns]}


def _use_case(request: ProbeRequest, source: Source) -> UseCase | None:
    named = request.options.get("use_case")
    return UseCase(named) if named in set(UseCase) else source.settings.use_case


def _offered(findings: Sequence[Finding], proposed: Sequence[TableCheck]) -> list[dict[str, Any]]:
    """Return the checks to confirm: those that rows break today first, then those that hold."""
    broken = [one.evidence["check"] for one in findings if "check" in one.evidence]
    broken = [one for one in broken if one["holds"] < 1]
    return [*broken, *(check.plain() for check in proposed[:RULES_MOST])]
