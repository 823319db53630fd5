"""Data checks that people confirmed: kept with a button, run every night, listed and removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import select

from bot.db.check_models import CheckRun, KeptCheck
from bot.db.models import ProbeRun, Sprint
from bot.domain.enums import AuditAction, CheckOutcome, ProbeRunState, SprintStatus
from bot.domain.errors import InputError
from bot.domain.fix_checks import judge_rules
from bot.domain.permissions import Action
from bot.fixes.queries import kept_checks
from bot.fixes.queue import queue_rules
from bot.fixes.service import watch_tonight
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.probe_runs.service import finding_of, show_run
from bot.slack.text import moment
from bot.sprints.card_threads import text_args
from bot.sprints.people import require
from bot.sprints.selection import refuse_cancelled
from bot.unit_of_work import UnitOfWork

MOST_KEPT: Final = 100
"""Kept checks of one sprint."""
QUALITY: Final = "quality"


def rules_of(run: ProbeRun) -> list[Mapping[str, Any]]:
    """Return the rules that a run proposes, which all its rows keep or nearly all."""
    offered = (run.shown.get("facts") or {}).get("checks") or []
    return [rule for rule in offered if isinstance(rule, Mapping) and "key" in rule]


def rule_of_finding(finding: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the rule that a finding is about, or None."""
    rule = (finding.get("evidence") or {}).get("check")
    return rule if isinstance(rule, Mapping) and "key" in rule else None


def keep_finding(uow: UnitOfWork, actor_id: str, run_id: int, number: int) -> str:
    """Keep the rule that a finding is about; returns the answer for them.

    Raises:
        InputError: the finding is about no rule, or they may not.
    """
    run, finding = finding_of(uow, run_id, number)
    rule = rule_of_finding(finding)
    if rule is None:
        raise InputError(say("probe.keep_none"))
    return keep_rules(uow, actor_id, run.id, [str(rule["key"])])


def keep_rules(uow: UnitOfWork, actor_id: str, run_id: int, chosen: Sequence[str]) -> str:
    """Keep some of the rules of a run; returns the answer for them.

    Raises:
        InputError: the run isn't over or is no quality probe's, too many are kept, or they may not.
    """
    run: ProbeRun = uow.row(ProbeRun, run_id, "probe")
    sprint = uow.sprint(run.sprint_id)
    require(uow, actor_id, Action.RUN_PROBE, sprint)
    refuse_cancelled(sprint)
    source = str(run.request.get("source") or "")
    if run.state != ProbeRunState.DONE or run.probe != QUALITY or not source:
        raise InputError(say("probe.keep_none"))
    if source == say_plain("probe.elsewhere"):
        raise InputError(say("probe.keep_elsewhere"))
    of_findings = [rule_of_finding(each) for each in run.shown.get("findings", [])]
    offered = {str(rule["key"]): rule for rule in [*rules_of(run), *of_findings] if rule}
    rules = [offered[key] for key in chosen if key in offered]
    if not rules:
        raise InputError(say("probe.keep_none"))
    if len(kept_checks(uow, sprint.id)) + len(rules) > MOST_KEPT:
        raise InputError(say("probe.keep_many", most=MOST_KEPT))
    table = str(run.request.get("table") or "")
    place = (source, table, str(run.result.get("table") or ""))
    new = [rule for rule in rules if _keep(uow, sprint, actor_id, place, rule)]
    if not new:
        return say("probe.kept_before", count=len(rules))
    uow.session.flush()
    watch_tonight(uow, sprint)
    show_run(uow, run)
    return say("probe.kept_ack", count=len(new))


def _keep(
    uow: UnitOfWork,
    sprint: Sprint,
    actor_id: str,
    place: tuple[str, str, str],
    rule: Mapping[str, Any],
) -> bool:
    """Keep a rule of a table, unless it is kept as it is; return whether it was not.

    Args:
        uow: the open unit.
        sprint: whose check it is.
        actor_id: who keeps it.
        place: the source, the table as it was asked for, and as the probe read it.
        rule: the rule.
    """
    source, table, shown_table = place
    row = uow.session.scalars(
        select(KeptCheck).where(
            KeptCheck.sprint_id == sprint.id,
            KeptCheck.source == source,
            KeptCheck.table_name == table,
            KeptCheck.key == str(rule["key"])[:255],
        )
    ).one_or_none()
    if row is None:
        row = KeptCheck(
            team_id=uow.team_id,
            sprint_id=sprint.id,
            source=source,
            table_name=table,
            key=str(rule["key"])[:255],
        )
        uow.session.add(row)
    elif row.removed_at is None and row.rule == dict(rule):
        return False
    row.rule, row.sentence = dict(rule), str(rule["sentence"])
    row.kept_by, row.kept_at, row.removed_at = actor_id, uow.now, None
    uow.session.flush()
    uow.audit_row(
        actor_id,
        AuditAction.KEPT,
        row,
        source=source,
        table=table or shown_table,
        rule=row.sentence,
    )
    return True


def remove_check(uow: UnitOfWork, actor_id: str, check_id: int) -> str:
    """Stop running a kept check; returns the answer for them.

    Raises:
        InputError: it isn't there, or they may not.
    """
    row: KeptCheck = uow.row(KeptCheck, check_id, "check")
    require(uow, actor_id, Action.RUN_PROBE, uow.sprint(row.sprint_id))
    if row.removed_at is not None:
        return say("probe.kept_removed_before")
    row.removed_at = uow.now
    uow.audit_row(actor_id, AuditAction.REMOVED, row, rule=row.sentence)
    return say("probe.kept_removed", rule=row.sentence)


def queue_kept(uow: UnitOfWork, sprint: Sprint) -> None:
    """Ask for a look at every table with kept checks; a cancelled sprint's are left alone."""
    if sprint.status == SprintStatus.CANCELLED:
        return
    rows = kept_checks(uow, sprint.id)
    for (source, table), checks in groupby(rows, key=lambda row: (row.source, row.table_name)):
        queue_rules(uow, sprint, source, table, [row.rule for row in checks])


def settle_rules(uow: UnitOfWork, sprint: Sprint, run: CheckRun, result: Mapping[str, Any]) -> None:
    """Write down which kept checks of a table hold; say what broke, and what holds again."""
    rows = {
        str(row.rule["key"]): row
        for row in kept_checks(uow, sprint.id, run.source, str(run.request.get("table") or ""))
    }
    for key, judged in judge_rules(rows.keys(), result).items():
        row = rows[key]
        before, row.outcome, row.checked_at = row.outcome, judged.outcome, uow.now
        row.words = judged.sentence
        if judged.outcome is CheckOutcome.FAILS and before != CheckOutcome.FAILS:
            _notify(uow, sprint, row, "probe.kept_broke")
        elif judged.outcome is CheckOutcome.HOLDS and before == CheckOutcome.FAILS:
            _notify(uow, sprint, row, "probe.kept_holds_again")
        elif judged.outcome is CheckOutcome.UNKNOWN and before == CheckOutcome.FAILS:
            row.outcome = before
        if judged.outcome is CheckOutcome.HOLDS:
            row.held_at = uow.now
    outcomes = {judged.outcome for judged in judge_rules(rows.keys(), result).values()}
    run.outcome = min(outcomes, default=None)


def _notify(uow: UnitOfWork, sprint: Sprint, row: KeptCheck, text: str) -> None:
    """Say it in the channel, once for each change."""
    place = ".".join(part for part in (row.source, row.table_name) if part)
    until = moment(row.held_at, "{date_short_pretty}") if row.held_at else ""
    uow.upsert(
        keys.kept_check(sprint.id, row.id, uow.now),
        Template.LINE,
        text_args(text, rule=row.sentence, place=place, sentence=row.words or "", until=until),
        sprint_id=sprint.id,
    )
