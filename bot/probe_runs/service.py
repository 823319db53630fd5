"""Probes on request: asked for in Slack, run by whoever has the data at hand, told in the channel.

Nothing here knows how a probe works: a run is a row that somebody claims, tells the progress of
and finishes with findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from bot.db.models import FindingOverride, ProbeRun, Sprint
from bot.deployments import service as deployments
from bot.deployments.model_store import prefer_model
from bot.domain.enums import UNFINISHED_RUNS, AuditAction, ProbeRunState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.fixes.queries import kept_checks
from bot.hourly import gates
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.probe_card import ProbeView, all_findings, probe_card
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.probe_runs.governance_answers import answers_of_sprint
from bot.probe_runs.known_when import (
    ASKING,
    CHOSEN,
    TIME,
    KnownWhen,
    answered,
    columns_asked,
    dates_offered,
    needs_another_run,
    options_with_answers,
    remembered_answers,
    remembered_time,
    spoken_answers,
)
from bot.probe_runs.queries import done_runs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.tracing import PARENT, traceparent
from bot.unit_of_work import Change, UnitOfWork

GOVERNANCE: Final = "governance"
QUALITY: Final = "quality"
EARLIER: Final = "earlier"
"""The option with the columns of the last run; what the trail keeps of a request is without it."""
UPLOADS: Final = "uploads"
"""Where a result keeps the pictures that were uploaded: outbox key, title and alt text of each."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was asked for; the words of `probes.contract.ProbeRequest` and no more.

    Args:
        phase: the phase that the probe informs.
    """

    probe: str
    phase: str
    source: str | None = None
    table: str | None = None
    target: str | None = None
    options: Mapping[str, Any] | None = None


def request_probe(uow: UnitOfWork, actor_id: str, sprint_id: int, probe: Probe) -> ProbeRun:
    """Ask for a probe; its progress and findings come into the sprint's channel.

    Raises:
        InputError: the sprint does not run, they may not, or the same is under way.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require_probing(uow, actor_id, sprint)
    uow.changes.add(Change.PROBES)
    options = _options(uow, sprint.id, probe)
    asked = {
        "phase": probe.phase,
        "source": probe.source,
        "table": probe.table,
        "target": probe.target,
        "options": options,
    }
    _refuse_twice(uow, sprint.id, probe.probe, asked)
    run = ProbeRun(
        team_id=uow.team_id,
        sprint_id=sprint.id,
        probe=probe.probe,
        request=asked | ({PARENT: parent} if (parent := traceparent()) else {}),
        asked_by=actor_id,
        asked_at=uow.now,
        result={},
    )
    uow.session.add(run)
    uow.session.flush()
    uow.audit_row(
        actor_id,
        AuditAction.ASKED,
        run,
        probe=probe.probe,
        **asked | {"options": {key: value for key, value in options.items() if key != EARLIER}},
    )
    show_run(uow, run)
    return run


def _refuse_twice(uow: UnitOfWork, sprint_id: int, probe: str, asked: Mapping[str, Any]) -> None:
    """Refuse what is asked for while the same is under way, as by a second press."""
    under_way = select(ProbeRun).where(
        ProbeRun.sprint_id == sprint_id,
        ProbeRun.probe == probe,
        ProbeRun.state.in_(UNFINISHED_RUNS),
    )
    for run in uow.session.scalars(under_way):
        if all((run.request.get(name) or None) == (given or None) for name, given in asked.items()):
            who, at = uow.name(run.asked_by), moment(run.asked_at)
            raise InputError(say("probe.under_way", who=who, at=at))


def _options(uow: UnitOfWork, sprint_id: int, probe: Probe) -> dict[str, Any]:
    """Return what was asked, with what the sprint's people have answered already."""
    options = dict(probe.options or {})
    if probe.probe == ASKING:
        answers = remembered_answers(uow, sprint_id, probe.source, probe.table)
        options = options_with_answers(options, answers)
        time = remembered_time(uow, sprint_id, probe.source, probe.table)
        options |= {"time": time} if time and not options.get("time") else {}
    if probe.probe == QUALITY and probe.source and "checks" not in options:
        rules = [row.rule for row in kept_checks(uow, sprint_id, probe.source, probe.table)]
        options |= {"checks": rules} if rules else {}
    if probe.probe == QUALITY and probe.source:
        options.pop(EARLIER, None)
        options |= _earlier(uow, sprint_id, probe)
    if probe.probe == GOVERNANCE and "answers" not in options:
        options["answers"] = answers_of_sprint(uow, sprint_id)
        options["today"] = uow.now.date().isoformat()
        sprint = uow.sprint(sprint_id)
        options["use_case"] = [sprint.title, sprint.use_case, sprint.use_case_words or ""]
    return options


def _earlier(uow: UnitOfWork, sprint_id: int, probe: Probe) -> dict[str, Any]:
    """Return the columns that the sprint's last look at the same table saw, for the next one."""
    for run in done_runs(uow, sprint_id, QUALITY):
        schema = (run.result.get("facts") or {}).get("schema")
        same = (run.request.get("source"), run.request.get("table")) == (probe.source, probe.table)
        if schema and same:
            day = (run.finished_at or run.asked_at).date().isoformat()
            return {EARLIER: {"day": day, "schema": schema}}
    return {}


def require_probing(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> None:
    """Go on only where somebody may probe for a running sprint.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    require(uow, actor_id, Action.RUN_PROBE, sprint)
    require_live(sprint)


def accept_remote_result(
    uow: UnitOfWork,
    actor_id: str,
    sprint_id: int,
    probe: Probe,
    result: Mapping[str, Any],
    *,
    once: str,
) -> ProbeRun:
    """Keep and post what a probe found on another machine.

    Args:
        uow: the transaction; the mark is spent in it, together with the findings or not at all.
        actor_id: who was invited to report.
        sprint_id: the sprint.
        probe: which probe.
        result: the result as `probes.contract` writes it.
        once: the invitation's one-time mark.

    Raises:
        AlreadyDone: the mark was spent before.
        InputError: the sprint does not run any more, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require_probing(uow, actor_id, sprint)
    uow.once(f"report:{once}")
    run = ProbeRun(
        team_id=uow.team_id,
        sprint_id=sprint.id,
        probe=probe.probe,
        request={"phase": probe.phase, "source": say_plain("probe.elsewhere")},
        asked_by=actor_id,
        asked_at=uow.now,
        finished_at=uow.now,
        state=ProbeRunState.DONE,
        result={**result, "phase": probe.phase},
    )
    uow.session.add(run)
    uow.session.flush()
    show_run(uow, run)
    after_findings(uow, run)
    return run


def show_run(uow: UnitOfWork, run: ProbeRun) -> None:
    """Bring a run's message up to date."""
    uow.upsert(
        keys.probe(run.sprint_id, run.id), Template.PROBE, {"run": run.id}, sprint_id=run.sprint_id
    )


def render_run(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render a run: its progress, or what it found."""
    return probe_card(_view(uow, uow.session.get_one(ProbeRun, args["run"])))


def show_findings(uow: UnitOfWork, actor_id: str, run_id: int) -> Block:
    """Return the modal with everything that a run found.

    Raises:
        InputError: there is no such run, or they may not see it.
    """
    run: ProbeRun = uow.row(ProbeRun, run_id, "probe")
    require(uow, actor_id, Action.READ, uow.sprint(run.sprint_id))
    return all_findings(_view(uow, run))


def _view(uow: UnitOfWork, run: ProbeRun) -> ProbeView:
    is_done = run.state == ProbeRunState.DONE
    return ProbeView(
        run_id=run.id,
        title=run_title(run),
        status=_status(uow, run),
        probe=run.probe,
        can_cancel=run.state in UNFINISHED_RUNS,
        is_done=is_done,
        findings=run.shown.get("findings", []) if is_done else [],
        scenario=_scenario(uow, run) if is_done else None,
        pictures=run.result.get(UPLOADS, []) if is_done else [],
        answers=spoken_answers(uow, run.result) if is_done else {},
        time=_time_chosen(uow, run) if is_done else None,
        overrides=_overrides(uow, run) if is_done else {},
        kept=_kept(uow, run) if is_done and run.probe == QUALITY else {},
    )


def _time_chosen(uow: UnitOfWork, run: ProbeRun) -> tuple[str, str] | None:
    """Return the date that somebody chose as the time of the prediction, and who did."""
    chosen = run.result.get(TIME)
    return (chosen["column"], uow.name(chosen["by"])) if chosen else None


def _kept(uow: UnitOfWork, run: ProbeRun) -> dict[str, str]:
    """Return by key who keeps a rule of the run's table as a check."""
    source, table = run.request.get("source"), run.request.get("table")
    rows = kept_checks(uow, run.sprint_id, str(source or ""), table)
    return {str(row.rule.get("key")): uow.name(row.kept_by) for row in rows}


def _overrides(uow: UnitOfWork, run: ProbeRun) -> dict[str, tuple[str, str]]:
    """Return by code who overrode a finding of a run, and why."""
    rows = uow.session.scalars(
        select(FindingOverride).where(FindingOverride.probe_run_id == run.id)
    )
    return {row.code: (uow.name(row.said_by), row.why) for row in rows}


def run_title(run: ProbeRun) -> Mrkdwn:
    """Return which probe on what."""
    request = run.request
    parts = [request.get("source"), request.get("table"), request.get("target")]
    place = " · ".join(str(part) for part in parts if part)
    return say("probe.title", probe=run.probe, place=place)


def _status(uow: UnitOfWork, run: ProbeRun) -> Mrkdwn:
    who = uow.name(run.asked_by)
    if run.state == ProbeRunState.DONE:
        seconds = f"{float(run.result.get('seconds') or 0):.1f}"
        count = len(run.result.get("findings", []))
        return say("probe.took", count=count, seconds=seconds, who=who)
    facts: dict[str, dict[str, Any]] = {
        ProbeRunState.WAITING: {"who": who},
        ProbeRunState.RUNNING: {"progress": run.progress or "…"},
        ProbeRunState.CANCELLING: {},
        ProbeRunState.CANCELLED: {"who": uow.name(run.result.get("cancelled_by"))},
    }
    return say(f"probe.{run.state}", **facts[run.state])


def _scenario(uow: UnitOfWork, run: ProbeRun) -> Mrkdwn | None:
    if not run.has_looked:
        return None
    try:
        phase = uow.playbook.phase(str(run.result.get("phase")))
        scenario = phase.scenario(str(run.result.get("scenario")))
    except KeyError:
        return None
    why = run.shown.get("scenario_why") or ""
    return say("probe.scenario", title=scenario.title, why=why)


def cancel_probe(uow: UnitOfWork, actor_id: str, run_id: int) -> None:
    """Ask for a run to be stopped.

    Raises:
        InputError: it is over already, or they may not.
    """
    run: ProbeRun = uow.row(ProbeRun, run_id, "probe")
    require(uow, actor_id, Action.CANCEL_PROBE, run)
    if run.state not in UNFINISHED_RUNS:
        raise InputError(say("probe.over"))
    run.result = {**run.result, "cancelled_by": actor_id}
    run.state = (
        ProbeRunState.CANCELLED if run.state == ProbeRunState.WAITING else ProbeRunState.CANCELLING
    )
    uow.audit_row(actor_id, AuditAction.CANCELLED, run)
    show_run(uow, run)


def after_findings(uow: UnitOfWork, run: ProbeRun) -> None:
    """Bring what rests on a run's findings up to date: its gate, deployments, the pinned card."""
    sprint: Sprint = uow.sprint(run.sprint_id)
    uow.audit_row(
        run.asked_by,
        AuditAction.FINISHED,
        run,
        probe=run.probe,
        findings=len(run.result.get("findings", [])),
        scenario=run.result.get("scenario"),
    )
    gates.refresh_gate(uow, sprint, str(run.result.get("phase")))
    deployments.refresh(uow, sprint)
    refresh_pinned_card(uow, sprint)


def finding_of(uow: UnitOfWork, run_id: int, number: int) -> tuple[ProbeRun, Mapping[str, Any]]:
    """Return one of a run's findings.

    Raises:
        InputError: it is not there.
    """
    run: ProbeRun = uow.row(ProbeRun, run_id, "probe")
    findings = run.shown.get("findings", [])
    if number >= len(findings):
        raise InputError(say("probe.over"))
    return run, findings[number]


def answer_question(
    uow: UnitOfWork, actor_id: str, run_id: int, number: int, known: KnownWhen
) -> ProbeRun | None:
    """Note whether the columns that a finding asks about are known when you predict.

    Args:
        uow: the transaction.
        actor_id: who answers.
        run_id: the run.
        number: which of its findings asks.
        known: the answer.

    Returns:
        The run that was asked for because the answers fit neither of the two models; None where one
        of them counts, or where more is to be answered first.

    Raises:
        InputError: the finding asks nothing, the sprint does not run, or they may not.
    """
    run, finding = finding_of(uow, run_id, number)
    sprint = uow.sprint(run.sprint_id)
    require_probing(uow, actor_id, sprint)
    columns = columns_asked(finding)
    if run.state != ProbeRunState.DONE or not columns:
        raise InputError(say("probe.over"))
    before = run.result
    run.result = answered(before, columns, known, actor_id)
    if run.result == before:
        return None
    uow.audit_row(
        actor_id,
        AuditAction.ANSWERED,
        run,
        columns=columns,
        known=known.value,
        chosen=run.result.get(CHOSEN),
    )
    uow.session.flush()
    if run.result.get(CHOSEN):
        prefer_model(uow, run, str(run.result[CHOSEN]))
    deployments.refresh(uow, sprint)
    show_run(uow, run)
    gates.refresh_gate(uow, sprint, str(run.result.get("phase")))
    refresh_pinned_card(uow, sprint)
    return _run_again(uow, actor_id, run) if needs_another_run(run.result) else None


def choose_time(uow: UnitOfWork, actor_id: str, run_id: int, number: int, at: int) -> ProbeRun:
    """Note at which date predictions are made, and run the probe again in its order.

    Args:
        uow: the transaction.
        actor_id: who chooses.
        run_id: the run.
        number: which of its findings asks.
        at: which of the dates that it offers.

    Raises:
        InputError: the finding offers no such date, the sprint does not run, or they may not.
    """
    run, finding = finding_of(uow, run_id, number)
    require_probing(uow, actor_id, uow.sprint(run.sprint_id))
    dates = dates_offered(finding)
    if run.state != ProbeRunState.DONE or at >= len(dates):
        raise InputError(say("probe.over"))
    run.result = {**run.result, TIME: {"column": dates[at], "by": actor_id}}
    uow.audit_row(actor_id, AuditAction.ANSWERED, run, time=dates[at])
    uow.session.flush()
    show_run(uow, run)
    return _run_again(uow, actor_id, run, time=dates[at])


def _run_again(uow: UnitOfWork, actor_id: str, run: ProbeRun, **options: Any) -> ProbeRun:
    """Ask for the same probe with what people have said meanwhile."""
    request = run.request
    probe = Probe(
        run.probe,
        str(request.get("phase")),
        request.get("source"),
        request.get("table"),
        request.get("target"),
        {**(request.get("options") or {}), **options},
    )
    return request_probe(uow, actor_id, run.sprint_id, probe)
