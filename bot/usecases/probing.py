"""Probes on request: asked for in Slack, run by whoever has the data at hand, told in the channel.

Nothing here knows how a probe works: a run is a row that somebody claims, tells the progress of
and finishes with findings.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select

from bot.slack.cards.probe_card import ProbeView, probe_card
from bot.slack.outbox import Priority, sprint_lane
from bot.slack.text import Mrkdwn
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.store.models import ProbeRun, Sprint
from bot.usecases import board, gates
from bot.usecases.house import Change, House, Unit
from bot.usecases.people import require
from bot.usecases.signed import answers_from_approvals
from bot.usecases.which import require_live

LEASE: Final = timedelta(seconds=15)
"""A run whose bot died is taken over after this; the lease is kept up while the probe runs."""
UNFINISHED: Final = ("waiting", "running", "cancelling")
MOST_PICTURES: Final = 3
GOVERNANCE: Final = "governance"


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


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a probe drew."""

    name: str
    title: str
    alt: str
    content: bytes


def request_probe(
    unit: Unit, actor_id: str, sprint_id: int, probe: Probe, *, receipt: str | None = None
) -> ProbeRun:
    """Ask for a probe; its progress and findings come into the sprint's channel.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require_probing(unit, actor_id, sprint)
    unit.once(receipt)
    unit.meet(actor_id)
    unit.changes.add(Change.PROBES)
    run = ProbeRun(
        team_id=unit.team_id,
        sprint_id=sprint.id,
        probe=probe.probe,
        request={
            "phase": probe.phase,
            "source": probe.source,
            "table": probe.table,
            "target": probe.target,
            "options": _options(unit, sprint.id, probe),
        },
        asked_by=actor_id,
        asked_at=unit.now,
        result={},
    )
    unit.session.add(run)
    unit.session.flush()
    unit.audit(sprint.id, actor_id, "asked", "probe", run.id, probe=probe.probe, **run.request)
    show_run(unit, run)
    return run


def _options(unit: Unit, sprint_id: int, probe: Probe) -> dict[str, Any]:
    """Return what was asked, with what the sprint's approvals have answered already."""
    options = dict(probe.options or {})
    if probe.probe == GOVERNANCE and "answers" not in options:
        options["answers"] = answers_from_approvals(unit, sprint_id)
    return options


def require_probing(unit: Unit, actor_id: str, sprint: Sprint) -> None:
    """Go on only where somebody may probe for a running sprint.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    require(unit, actor_id, Action.RUN_PROBE, sprint)
    require_live(sprint)


def accept_remote_result(
    unit: Unit,
    actor_id: str,
    sprint_id: int,
    probe: Probe,
    result: Mapping[str, Any],
    *,
    once: str,
) -> ProbeRun:
    """Keep and post what a probe found on another machine.

    Args:
        unit: the transaction; the mark is spent in it, together with the findings or not at all.
        actor_id: who was invited to report.
        sprint_id: the sprint.
        probe: which probe.
        result: the result as `probes.contract` writes it.
        once: the invitation's one-time mark.

    Raises:
        AlreadyDone: the mark was spent before.
        InputError: the sprint does not run any more, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require_probing(unit, actor_id, sprint)
    unit.once(f"report:{once}")
    run = ProbeRun(
        team_id=unit.team_id,
        sprint_id=sprint.id,
        probe=probe.probe,
        request={"phase": probe.phase, "source": say_plain("probe.elsewhere")},
        asked_by=actor_id,
        asked_at=unit.now,
        finished_at=unit.now,
        state="done",
        result={**result, "phase": probe.phase},
    )
    unit.session.add(run)
    unit.session.flush()
    show_run(unit, run)
    _after_findings(unit, run)
    return run


def probe_key(run: ProbeRun) -> str:
    """Return the outbox key of a run's message."""
    return f"sprint:{run.sprint_id}:probe:{run.id}"


def show_run(unit: Unit, run: ProbeRun, pictures: Sequence[tuple[str, str, str]] = ()) -> None:
    """Bring a run's message up to date."""
    is_done = run.state == "done"
    view = ProbeView(
        run_id=run.id,
        title=run_title(run),
        status=_status(unit, run),
        probe=run.probe,
        can_cancel=run.state in ("waiting", "running"),
        is_done=is_done,
        findings=run.result.get("findings", []) if is_done else [],
        scenario=_scenario(unit, run) if is_done else None,
        pictures=pictures,
    )
    unit.wish(probe_key(run), sprint_lane(run.sprint_id), probe_card(view), sprint_id=run.sprint_id)


def run_title(run: ProbeRun) -> Mrkdwn:
    """Return which probe on what."""
    request = run.request
    parts = [request.get("source"), request.get("table"), request.get("target")]
    place = " · ".join(str(part) for part in parts if part)
    return say("probe.title", probe=run.probe, place=place)


def _status(unit: Unit, run: ProbeRun) -> Mrkdwn:
    who = unit.name(run.asked_by)
    if run.state == "done":
        seconds = f"{float(run.result.get('seconds') or 0):.1f}"
        count = len(run.result.get("findings", []))
        return say("probe.took", count=count, seconds=seconds, who=who)
    told = {
        "waiting": {"who": who},
        "running": {"progress": run.progress or "…"},
        "cancelling": {},
        "cancelled": {"who": unit.name(run.result.get("cancelled_by"))},
    }
    facts: dict[str, Any] = told[run.state]
    return say(f"probe.{run.state}", **facts)


def _scenario(unit: Unit, run: ProbeRun) -> Mrkdwn | None:
    try:
        phase = unit.playbook.phase(str(run.result.get("phase")))
        scenario = phase.scenario(str(run.result.get("scenario")))
    except KeyError:
        return None
    why = run.result.get("scenario_why") or ""
    return say("probe.scenario", title=scenario.title, why=why)


def cancel_probe(unit: Unit, actor_id: str, run_id: int) -> None:
    """Ask for a run to be stopped.

    Raises:
        InputError: it is over already, or they may not.
    """
    run: ProbeRun = unit.row(ProbeRun, run_id, "probe")
    if run.asked_by != actor_id:
        require(unit, actor_id, Action.CANCEL_PROBE, unit.sprint(run.sprint_id))
    if run.state not in ("waiting", "running"):
        raise InputError(say("probe.over"))
    run.result = {**run.result, "cancelled_by": actor_id}
    run.state = "cancelled" if run.state == "waiting" else "cancelling"
    unit.audit(run.sprint_id, actor_id, "cancelled", "probe", run.id)
    show_run(unit, run)


def claim_run(house: House, owner: str) -> tuple[str, ProbeRun] | None:
    """Take the next run that nobody works on, or that a dead bot left behind.

    Args:
        house: the shared parts.
        owner: who takes it.

    Returns:
        The workspace and the run, or None when there is nothing to do.
    """
    now = datetime.now(UTC)
    free = or_(
        ProbeRun.state == "waiting",
        ProbeRun.state.in_(("running", "cancelling")) & (ProbeRun.leased_until < now),
    )
    with house.reading_sessions() as session:
        found = session.execute(
            select(ProbeRun.id, ProbeRun.team_id).where(free).order_by(ProbeRun.id).limit(1)
        ).first()
    if found is None:
        return None
    with house.unit(found.team_id) as unit:
        run = unit.session.scalars(
            select(ProbeRun).where(ProbeRun.id == found.id, free).with_for_update(skip_locked=True)
        ).one_or_none()
        if run is None:
            return None
        if run.state == "cancelling":
            _end_abandoned(unit, run)
            return None
        if run.state == "running":
            run.progress = say("probe.again_after_restart")
        run.state = "running"
        run.owner = owner
        run.leased_until = now + LEASE
        show_run(unit, run)
    return found.team_id, run


def _end_abandoned(unit: Unit, run: ProbeRun) -> None:
    """End a run that was to be stopped and whose bot died before it could say so."""
    run.state = "cancelled"
    run.finished_at = unit.now
    run.owner = None
    show_run(unit, run)


def is_probing(house: House) -> bool:
    """Tell whether any run is not finished."""
    with house.reading_sessions() as session:
        unfinished = select(ProbeRun.id).where(ProbeRun.state.in_(UNFINISHED)).limit(1)
        return session.scalar(unfinished) is not None


def keep_run(house: House, team_id: str, run_id: int, owner: str, progress: str | None) -> bool:
    """Keep a run for another lease and tell how far it is.

    Returns:
        Whether it shall go on; False after somebody cancelled it or another bot took it.
    """
    with house.unit(team_id) as unit:
        run = unit.session.get_one(ProbeRun, run_id, with_for_update=True)
        if run.owner != owner or run.state != "running":
            return False
        run.leased_until = datetime.now(UTC) + LEASE
        if progress and progress != run.progress:
            run.progress = progress
            show_run(unit, run)
    return True


def finish_run(
    house: House,
    team_id: str,
    run_id: int,
    owner: str,
    result: Mapping[str, Any],
    pictures: Sequence[Picture] = (),
) -> None:
    """Write a run's findings down and post them; what another bot took over meanwhile is not mine.

    Args:
        house: the shared parts.
        team_id: the workspace.
        run_id: the run.
        owner: who ran it.
        result: the result as `probes.contract` writes it.
        pictures: what it drew.
    """
    with house.unit(team_id) as unit:
        run = unit.session.get_one(ProbeRun, run_id, with_for_update=True)
        if run.owner != owner or run.state not in UNFINISHED:
            return
        was_cancelled = run.state == "cancelling"
        run.state = "cancelled" if was_cancelled else "done"
        run.finished_at = unit.now
        run.owner = None
        kept = {} if was_cancelled else dict(result)
        run.result = {**run.result, **kept, "phase": run.request.get("phase")}
        uploads = [] if was_cancelled else _upload(unit, run, pictures)
        unit.session.flush()
        show_run(unit, run, uploads)
        if not was_cancelled:
            _after_findings(unit, run)


def _upload(unit: Unit, run: ProbeRun, pictures: Sequence[Picture]) -> list[tuple[str, str, str]]:
    uploads = []
    for picture in pictures[:MOST_PICTURES]:
        key = f"{probe_key(run)}:picture:{picture.name}"
        unit.wish(
            key,
            sprint_lane(run.sprint_id),
            {
                "filename": f"{picture.name}.png",
                "title": picture.title,
                "alt": picture.alt,
                "content": base64.b64encode(picture.content).decode("ascii"),
                "share": False,
            },
            kind="upload",
            sprint_id=run.sprint_id,
            priority=Priority.SETUP,
        )
        uploads.append((key, picture.title, picture.alt))
    return uploads


def _after_findings(unit: Unit, run: ProbeRun) -> None:
    sprint: Sprint = unit.sprint(run.sprint_id)
    unit.audit(
        sprint.id,
        run.asked_by,
        "finished",
        "probe",
        run.id,
        probe=run.probe,
        findings=len(run.result.get("findings", [])),
        scenario=run.result.get("scenario"),
    )
    gates.refresh_gate(unit, sprint, str(run.result.get("phase")))
    board.refresh_board(unit, sprint)


def finding_of(unit: Unit, run_id: int, number: int) -> tuple[ProbeRun, Mapping[str, Any]]:
    """Return one of a run's findings.

    Raises:
        InputError: it is not there.
    """
    run: ProbeRun = unit.row(ProbeRun, run_id, "probe")
    findings = run.result.get("findings", [])
    if number >= len(findings):
        raise InputError(say("probe.over"))
    return run, findings[number]
