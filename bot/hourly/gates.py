"""Phase gates: which of the scenarios happened, what that teaches, and what is known by now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from bot.db.models import Blocker, GateAnswer, Sprint
from bot.domain.enums import LIVE, ApprovalState, AuditAction
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.transitions import answer_gate as answer
from bot.domain.verdict.wording import function_name
from bot.domain.vocabulary import Severity
from bot.hourly import digests
from bot.hourly.queries import quoted, replies_between
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.digest_card import sponsor_gate_card
from bot.messages.keys import Key
from bot.messages.prompt_card import GateView, gate_card
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.playbook.model import Phase, Scenario
from bot.probe_runs.queries import done_runs
from bot.reading.lead_time import read_lead_time
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn
from bot.sprints.overview import (
    post_sponsor_day,
    refresh_pinned_card,
    refresh_sponsor_days,
    sponsor_day,
    sponsor_day_key,
    sponsor_queue,
)
from bot.sprints.people import require
from bot.sprints.selection import require_running
from bot.sprints.snapshot import SprintFacts, gather, hour_of, live_deployment, moment_of
from bot.unit_of_work import UnitOfWork


def gate_key(sprint: Sprint, phase: str) -> Key:
    """Return the outbox key of a phase's gate."""
    return keys.gate(sprint.id, phase)


def phase_named(uow: UnitOfWork, key: str) -> Phase:
    """Return a phase of the playbook.

    Raises:
        InputError: it has none of that name.
    """
    try:
        return uow.playbook.phase(key)
    except KeyError:
        raise InputError(say("gate.unknown")) from None


class EarlyGateError(InputError):
    """A gate was answered before its hour, which the person has to confirm.

    Args:
        phase: the phase whose gate it is.
        scenario: what they answered.
        hour: the hour it is now.
    """

    def __init__(self, phase: Phase, scenario: Scenario, hour: float) -> None:
        super().__init__(say_plain("gate.too_early", hour=phase.end, phase=phase.title))
        self.phase = phase
        self.scenario = scenario
        self.hour = hour


def is_early(sprint: Sprint, phase: Phase, at: datetime) -> bool:
    """Return whether `at` is before the hour of a phase's gate; a sprint's early end opens all."""
    has_ended = sprint.ended_at is not None and at >= sprint.ended_at
    return not has_ended and hour_of(sprint, at) < phase.end


def post_gate(uow: UnitOfWork, sprint: Sprint, phase_key: str) -> None:
    """Post a phase's gate, or bring it up to date.

    From its hour on the sponsor reads the answer too; an open question is the team's alone.
    """
    phase = phase_named(uow, phase_key)
    args = {"phase": phase_key}
    uow.upsert(gate_key(sprint, phase_key), Template.GATE, args, sprint_id=sprint.id)
    queue = sponsor_queue(sprint)
    if queue is None or is_early(sprint, phase, uow.now):
        return
    refresh_sponsor_days(uow, [sprint])
    if _gate_of(uow, sprint, phase_key) is not None:
        day = sponsor_day(sprint, min(phase.end, sprint.length_hours) - 0.5)
        post_sponsor_day(uow, [sprint], day)  # the thread it stands in
        uow.upsert(
            keys.sponsor_gate(sprint.id, phase_key),
            Template.SPONSOR_GATE,
            args,
            queue=queue,
            sprint_id=sprint.id,
            thread_key=sponsor_day_key(sprint, day),
            priority=Priority.DIGEST,
        )


def render_sponsor_gate(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render how a phase ended, for the sponsor."""
    phase = phase_named(uow, str(args["phase"]))
    answered = uow.session.scalars(_answer_to(sprint, phase.key)).one()
    scenario = phase.scenario(answered.scenario)
    words = say("digest.sponsor_gate", scenario=scenario.title, learning=scenario.learning)
    title = say("digest.sponsor_gate_title", title=sprint.title, phase=phase.title)
    then = _known_at(uow, sprint, phase, answered)
    return sponsor_gate_card(title, words, known_by(then, sprint, phase))


def render_gate(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render a phase's gate."""
    phase = phase_named(uow, str(args["phase"]))
    gate = _gate_of(uow, sprint, phase.key)
    then = _known_at(uow, sprint, phase, gate)
    return gate_card(
        GateView(
            sprint_id=sprint.id,
            phase=phase,
            suggested=_suggested(uow, sprint, phase),
            answer=gate.scenario if gate else None,
            answered_by=uow.name(gate.answered_by) if gate else "",
            early_at=_early_hour(sprint, phase, gate),
            known=known_by(then, sprint, phase),
            known_at=None if then is uow else int(hour_of(sprint, then.now)),
            is_over=sprint.status not in LIVE,
        )
    )


def _known_at(uow: UnitOfWork, sprint: Sprint, phase: Phase, gate: GateAnswer | None) -> UnitOfWork:
    """Return the unit at the moment up to which a gate tells what is known.

    That is now, until the gate is answered and its hour has come, or the sprint has ended.
    """
    ends = [sprint.ended_at] if sprint.ended_at else []
    if gate is not None:
        ends.append(max(gate.answered_at, moment_of(sprint, phase.end)))
    last = min(ends, default=uow.now)
    return replace(uow, now=last) if last < uow.now else uow


def _early_hour(sprint: Sprint, phase: Phase, gate: GateAnswer | None) -> int | None:
    """Return the hour in which a gate was answered before its own; None for any other answer."""
    if gate is None or not is_early(sprint, phase, gate.answered_at):
        return None
    return int(hour_of(sprint, gate.answered_at))


def _gate_of(uow: UnitOfWork, sprint: Sprint, phase_key: str) -> GateAnswer | None:
    return uow.session.scalars(_answer_to(sprint, phase_key)).one_or_none()


def _answer_to(sprint: Sprint, phase_key: str) -> Select[GateAnswer]:
    return select(GateAnswer).where(
        GateAnswer.sprint_id == sprint.id, GateAnswer.phase == phase_key
    )


def answer_gate(
    uow: UnitOfWork,
    actor_id: str,
    sprint_id: int,
    phase_key: str,
    scenario_key: str,
    *,
    early: bool = False,
) -> tuple[str, bool]:
    """Note which scenario a phase ended in; until the sprint is closed it can be chosen again.

    Args:
        uow: the open unit.
        actor_id: who answers.
        sprint_id: the sprint.
        phase_key: the phase.
        scenario_key: one of its scenarios.
        early: they confirmed that they answer before the gate's hour.

    Returns:
        What the person is told, and whether it is another scenario than before.

    Raises:
        EarlyGateError: the gate's hour has not come, and `early` was not confirmed.
        InputError: there is no such phase or scenario, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.ANSWER_GATE, sprint)
    require_running(sprint)
    phase = phase_named(uow, phase_key)
    gate = _gate_of(uow, sprint, phase_key) or GateAnswer(sprint_id=sprint.id, phase=phase_key)
    changes = answer(gate.scenario, scenario_key, {each.key for each in phase.scenarios})
    if changes is None:
        raise InputError(say("gate.unknown"))
    scenario = phase.scenario(scenario_key)
    notice = say("gate.noted", title=scenario.title)
    if not changes:
        return notice, False
    before_its_hour = is_early(sprint, phase, uow.now)
    if before_its_hour and not early:
        raise EarlyGateError(phase, scenario, hour_of(sprint, uow.now))
    gate.scenario = scenario_key
    gate.answered_by = actor_id
    gate.answered_at = uow.now
    uow.session.add(gate)
    uow.session.flush()
    uow.audit_row(
        actor_id,
        AuditAction.ANSWERED_EARLY if before_its_hour else AuditAction.ANSWERED,
        gate,
        phase=phase_key,
        scenario=scenario_key,
    )
    post_gate(uow, sprint, phase_key)
    refresh_pinned_card(uow, sprint)
    return notice, True


def refresh_gate(uow: UnitOfWork, sprint: Sprint, phase_key: str) -> None:
    """Bring a gate that was posted already up to date with new evidence."""
    if uow.find_message(gate_key(sprint, phase_key)):
        post_gate(uow, sprint, phase_key)


def _suggested(uow: UnitOfWork, sprint: Sprint, phase: Phase) -> Mrkdwn | None:
    """Say which scenario the newest probe of this phase suggests; none beside a live model."""
    if _is_last(uow, phase) and live_deployment(uow, sprint):
        return None
    keys = {scenario.key for scenario in phase.scenarios}
    for run in done_runs(uow, sprint.id):
        scenario = run.result.get("scenario")
        of_phase = run.result.get("phase") == phase.key and run.has_looked
        if of_phase and scenario in keys:
            why = run.shown.get("scenario_why") or run.probe
            return say("gate.suggested", title=phase.scenario(scenario).title, why=why)
    return None


def _is_last(uow: UnitOfWork, phase: Phase) -> bool:
    return phase.key == uow.playbook.phases[-1].key


def known_by(uow: UnitOfWork, sprint: Sprint, phase: Phase) -> list[Mrkdwn]:
    """Return what the evidence of a phase says at the unit's moment, one line each.

    Source: the method's "known at the end" column; who controls what, how long it takes, what was
    decided, what the probes saw.
    """
    facts = gather(uow, sprint)
    lines = _about_blockers(uow, facts)
    lines += _about_approvals(uow, facts, phase)
    lines += _about_probes(uow, sprint, phase)
    replies = replies_between(uow, sprint, phase.start, phase.end)
    then = [reply for reply in replies if reply.replied_at <= uow.now]
    lines += quoted(uow, then, "gate.known_answer")
    if _is_last(uow, phase):
        live = facts.deployment
        lines.append(
            say("gate.known_live", percent=f"{live.percent:g}")
            if live
            else say("gate.known_not_live")
        )
    return lines


def _about_blockers(uow: UnitOfWork, facts: SprintFacts) -> list[Mrkdwn]:
    """Say what is open at the gate, whichever phase it came up in."""
    mine = digests.open_then(uow, facts)
    lost = sum(digests.hours_lost_so_far(uow, facts.sprint).values())
    if not mine:
        return [say("gate.known_no_blockers", lost=lost)]
    stopping = sum(blocker.severity == Severity.STOPS for blocker in mine)
    lines = [say("gate.known_blockers", count=len(mine), stopping=stopping, lost=lost)]
    quoted = [blocker for blocker in mine if blocker.lead_time]
    if quoted:
        longest = max(quoted, key=lambda blocker: _quoted_days(uow, blocker))
        lines.append(say("gate.known_lead", lead_time=longest.lead_time, title=longest.title))
    waiting: dict[str, float] = defaultdict(float)
    for blocker in mine:
        if blocker.waits_for:
            waiting[blocker.waits_for] += digests.blocked_hours(uow, facts.sprint, blocker)
    if waiting:
        lines.append(
            say(
                "gate.known_function",
                function=function_name(max(waiting, key=lambda f: waiting[f])),
            )
        )
    return lines


def _quoted_days(uow: UnitOfWork, blocker: Blocker) -> float:
    days = read_lead_time(blocker.lead_time, on=uow.now.date()).days
    return days.mode if days else 0.0


def _about_approvals(uow: UnitOfWork, facts: SprintFacts, phase: Phase) -> list[Mrkdwn]:
    lines = []
    for approval in facts.approvals:
        asked = hour_of(facts.sprint, approval.requested_at)
        if not phase.start <= asked <= phase.end or uow.playbook.phase_at(asked) != phase:
            continue
        if approval.requested_at > uow.now:
            continue
        state, decided = approval.state, approval.decided_at
        if decided is not None and decided > uow.now:
            state, decided = ApprovalState.WAITING, None
        took = (decided - approval.requested_at) / timedelta(hours=1) if decided else None
        title = uow.playbook.subject(approval.subject).title
        lines.append(
            say(
                "gate.known_approval",
                subject=title,
                state=say_plain(f"gate.state_{state}"),
                hours=took,
            )
        )
    return lines


def _about_probes(uow: UnitOfWork, sprint: Sprint, phase: Phase) -> list[Mrkdwn]:
    """Say the worst that each probe found; its last look at a source counts."""
    done = done_runs(uow, sprint.id)
    runs = [run for run in reversed(done) if (run.finished_at or run.asked_at) <= uow.now]
    newest = {(run.probe, *map(run.request.get, ("source", "target"))): run for run in runs}
    lines = []
    for run in newest.values():
        worst = next(iter(run.shown.get("findings", [])), None)
        if worst and run.result.get("phase") == phase.key and run.has_looked:
            lines.append(say("gate.known_probe", probe=run.probe, sentence=worst["sentence"]))
    return lines
