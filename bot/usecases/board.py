"""The pinned card and the sponsor's day: what is kept current after every change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from bot.slack.blocks import Block
from bot.slack.cards.sprint_card import SprintCard, sprint_card
from bot.slack.outbox import Priority, Recipe, sprint_key
from bot.slack.text import Mrkdwn, moment
from bot.slack.words import hours, say
from bot.store.models import Approval, AuditEntry, Blocker, Sprint
from bot.usecases import digests
from bot.usecases.facts import SprintFacts, gather, moment_of
from bot.usecases.house import Unit


def card_key(sprint: Sprint) -> str:
    """Return the outbox key of the sprint's pinned card."""
    return sprint_key(sprint.id, "card")


def refresh_board(unit: Unit, sprint: Sprint) -> None:
    """Bring the pinned card up to date; call it at the end of every change."""
    refresh_boards(unit, [sprint])


def refresh_boards(unit: Unit, sprints: Sequence[Sprint]) -> None:
    """Bring the pinned cards of several sprints of the workspace up to date."""
    unit.tell(sprints, "card", {"name": "card"}, priority=Priority.SETUP)
    digests.refresh_sponsor_days(unit, sprints)


def write_card(unit: Unit, sprint: Sprint, _recipe: Recipe) -> Block:
    """Put the pinned card into words."""
    return sprint_card(_card(unit, gather(unit, sprint)))


def _card(unit: Unit, facts: SprintFacts) -> SprintCard:
    sprint = facts.sprint
    runs = sprint.status == "running"
    return SprintCard(
        title=sprint.title,
        status=_status(unit, facts),
        tries=facts.phase.tries if runs else None,
        blockers=[_blocker_line(unit, blocker) for blocker in facts.open_blockers],
        approvals=[_approval_line(unit, each) for each in facts.waiting_approvals],
        live=_live(facts),
        small_print=_small_print(unit, facts) if runs else [],
    )


def _status(unit: Unit, facts: SprintFacts) -> Mrkdwn:
    sprint = facts.sprint
    length = sprint.length_hours
    if sprint.status == "running":
        end = moment(moment_of(sprint, length))
        phase = facts.phase.title
        return say("sprint.card_clock", hour=int(facts.hour), length=length, phase=phase, end=end)
    if sprint.status == "debrief":
        return say("sprint.card_debrief", length=length)
    if sprint.status == "cancelled":
        who, reason = _cancelled_by(unit, sprint)
        return say("sprint.card_cancelled", who=who, reason=reason)
    path = unit.playbook.path(sprint.path).title if sprint.path else ""
    return say("sprint.card_closed", path=path)


def _cancelled_by(unit: Unit, sprint: Sprint) -> tuple[str, str]:
    entry = unit.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.sprint_id == sprint.id, AuditEntry.action == "cancelled")
        .limit(1)
    ).one_or_none()
    return (unit.name(entry.actor_id), entry.facts.get("reason", "")) if entry else ("", "")


def _blocker_line(unit: Unit, blocker: Blocker) -> Mrkdwn:
    age = hours((unit.now - blocker.raised_at) / timedelta(hours=1))
    kind = unit.playbook.kind(blocker.kind).title.lower()
    return say("sprint.card_blocker", title=blocker.title, kind=kind, age=age)


def _approval_line(unit: Unit, approval: Approval) -> Mrkdwn:
    return say(
        "sprint.card_approval",
        subject=unit.playbook.subject(approval.subject).title,
        who=unit.name(approval.approver_id),
        deadline=moment(approval.deadline),
    )


def _live(facts: SprintFacts) -> Mrkdwn | None:
    live = facts.deployment
    if live is None:
        return None
    return say("sprint.card_live", percent=f"{live.percent:g}", since=moment(live.deployed_at))


def _small_print(unit: Unit, facts: SprintFacts) -> Sequence[Mrkdwn]:
    at = facts.next_prompt_at
    following = say("sprint.card_next", at=moment(at, "{time}")) if at else None
    lines = [following or say("sprint.card_no_next")]
    if facts.gates:
        named = [
            f"{phase.title}: {phase.scenario(facts.gates[phase.key]).title}"
            for phase in unit.playbook.phases
            if phase.key in facts.gates
        ]
        lines.append(say("sprint.card_gates", gates=", ".join(named)))
    return lines
