"""The pinned card and the sponsor's day: what is kept current after every change."""

from __future__ import annotations

from collections.abc import Sequence

from bot.db.models import Approval, Blocker, Sprint
from bot.domain.enums import SprintStatus
from bot.messages.blocker_card import age_words
from bot.messages.catalog import say
from bot.messages.sprint_card import SprintCard, sprint_card
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints.snapshot import SprintFacts, cancelled_by, gather, hour_of, moment_of
from bot.unit_of_work import UnitOfWork


def render_pinned_card(uow: UnitOfWork, sprint: Sprint, _template_args: TemplateArgs) -> Block:
    """Put the pinned card into words."""
    return sprint_card(_card(uow, gather(uow, sprint)))


def _card(uow: UnitOfWork, facts: SprintFacts) -> SprintCard:
    sprint = facts.sprint
    runs = sprint.status == SprintStatus.RUNNING
    return SprintCard(
        title=sprint.title,
        status=_status(uow, facts),
        tries=facts.phase.tries if runs else None,
        blockers=[_blocker_line(uow, blocker) for blocker in facts.open_blockers],
        approvals=[_approval_line(uow, each) for each in facts.waiting_approvals],
        live=_live(facts),
        small_print=_small_print(uow, facts) if runs else [],
    )


def _status(uow: UnitOfWork, facts: SprintFacts) -> Mrkdwn:
    sprint = facts.sprint
    length = sprint.length_hours
    if sprint.status == SprintStatus.RUNNING:
        end = moment(moment_of(sprint, length))
        phase = facts.phase.title
        return say("sprint.card_clock", hour=int(facts.hour), length=length, phase=phase, end=end)
    if sprint.status == SprintStatus.DEBRIEF:
        hour = min(length, hour_of(sprint, sprint.ended_at or uow.now))
        return say("sprint.card_debrief", hour=int(hour))
    if sprint.status == SprintStatus.CANCELLED:
        who, reason = cancelled_by(uow, sprint)
        return say("sprint.card_cancelled", who=who, reason=reason)
    path = uow.playbook.path(sprint.path).title if sprint.path else ""
    return say("sprint.card_closed", path=path)


def _blocker_line(uow: UnitOfWork, blocker: Blocker) -> Mrkdwn:
    kind = uow.playbook.kind(blocker.kind).title.lower()
    age = age_words(blocker, uow.now)
    return say("sprint.card_blocker", title=blocker.title, kind=kind, age=age)


def _approval_line(uow: UnitOfWork, approval: Approval) -> Mrkdwn:
    return say(
        "sprint.card_approval",
        subject=uow.playbook.subject(approval.subject).title,
        who=uow.name(approval.approver_id),
        deadline=moment(approval.deadline),
    )


def _live(facts: SprintFacts) -> Mrkdwn | None:
    live = facts.deployment
    if live is None:
        return None
    return say("sprint.card_live", percent=f"{live.percent:g}", since=moment(live.deployed_at))


def _small_print(uow: UnitOfWork, facts: SprintFacts) -> Sequence[Mrkdwn]:
    at = facts.next_prompt_at
    following = say("sprint.card_next", at=moment(at, "{time}")) if at else None
    lines = [following or say("sprint.card_no_next")]
    if facts.gates:
        named = [
            f"{phase.title}: {phase.scenario(facts.gates[phase.key]).title}"
            for phase in uow.playbook.phases
            if phase.key in facts.gates
        ]
        lines.append(say("sprint.card_gates", gates=", ".join(named)))
    return lines
