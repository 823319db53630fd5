"""The plan's card in the lead's direct messages: where a sprint stands and what is missing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from bot.db.models import Expectation, Sprint
from bot.domain.enums import SprintStatus
from bot.domain.vocabulary import Criterion
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.plan_card import PlanCard, plan_card
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, mention, moment
from bot.sprints.card_threads import text_args
from bot.sprints.snapshot import cancelled_by
from bot.unit_of_work import UnitOfWork


def team_of(sprint: Sprint) -> list[str]:
    """Return the team's user ids, each once, in the order of their roles."""
    return list(dict.fromkeys(member.user_id for member in sprint.members))


def notify_sponsor(uow: UnitOfWork, sprint: Sprint) -> None:
    """Tell the sponsor what she will get, where, and from when on; a changed plan changes it."""
    if sprint.sponsor_id is None:
        return
    channel = sprint.digest_channel_id
    facts = {
        "title": sprint.title,
        "lead": uow.name(sprint.lead_id),
        "start": moment(sprint.started_at or sprint.planned_start),
        "where": say("plan.sponsor_in", channel=Mrkdwn(f"<#{channel}>"))
        if channel
        else say("plan.sponsor_here"),
        "length": sprint.length_hours,
    }
    uow.upsert(
        keys.sponsor_told(sprint.id, sprint.sponsor_id),
        Template.LINE,
        text_args("plan.sponsor_told", **facts),
        sprint_id=sprint.id,
        to=sprint.sponsor_id,
    )


def notify_sponsor_cancelled(uow: UnitOfWork, sprint: Sprint, actor_id: str, reason: str) -> None:
    """Tell the sponsor, who is in no channel of the sprint, that it was cancelled, and why."""
    if sprint.sponsor_id is None:
        return
    who = uow.name(actor_id)
    uow.upsert(
        keys.sponsor_cancelled(sprint.id, sprint.sponsor_id),
        Template.LINE,
        text_args("plan.sponsor_cancelled", who=who, title=sprint.title, reason=reason),
        sprint_id=sprint.id,
        to=sprint.sponsor_id,
    )


def refresh_plan_card(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring the plan's card in the lead's direct messages up to date."""
    uow.upsert(
        keys.plan_card(sprint.id), Template.PLAN_CARD, {}, sprint_id=sprint.id, to=sprint.lead_id
    )


def render_plan_card(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> Block:
    """Render where a sprint stands and what its plan lacks."""
    is_open = sprint.status == SprintStatus.PLANNED
    roles = {member.role: member.user_id for member in sprint.members}
    return plan_card(
        PlanCard(
            sprint_id=sprint.id,
            title=sprint.title,
            status_line=_status_line(uow, sprint),
            roles=[
                (words.title, _mention(roles.get(words.key.value))) for words in uow.playbook.roles
            ],
            criteria=_criteria_lines(uow, sprint),
            missing=_missing(uow, sprint) if is_open else [],
            is_open=is_open,
        )
    )


def _mention(user_id: str | None) -> str:
    return mention(user_id) if user_id else ""


def _status_line(uow: UnitOfWork, sprint: Sprint) -> Mrkdwn:
    if sprint.status == SprintStatus.PLANNED:
        length = sprint.length_hours
        return say("plan.card_starts", start=moment(sprint.planned_start), length=length)
    if sprint.status == SprintStatus.CANCELLED:
        who, reason = cancelled_by(uow, sprint)
        return say("plan.card_cancelled", who=who, reason=reason)
    if sprint.status == SprintStatus.CLOSED and sprint.path:
        return say("plan.card_closed", path=uow.playbook.path(sprint.path).title)
    return say("plan.card_running", channel=_channel_words(sprint))


def _channel_words(sprint: Sprint) -> Mrkdwn:
    """Return a link to the sprint's channel, or what to say until it is there."""
    return Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else say("common.its_channel")


def _criteria_lines(uow: UnitOfWork, sprint: Sprint) -> list[Mrkdwn]:
    lines = []
    for words in uow.playbook.criteria:
        answer = sprint.criteria.get(words.key.value, {})
        reason = answer.get("reason") or say_plain("plan.no_reason")
        lines.append(say(_CRITERION[answer.get("met")], title=words.title, reason=reason))
    if sprint.override_reason:
        who = uow.name(sprint.override_by)
        lines.append(say("plan.overridden", who=who, reason=sprint.override_reason))
    return lines


_CRITERION: Final = {
    True: "plan.criterion_met",
    False: "plan.criterion_unmet",
    None: "plan.criterion_unconfirmed",
}
_MISSING: Final = {False: "plan.missing_criterion", None: "plan.missing_confirmation"}


def _missing(uow: UnitOfWork, sprint: Sprint) -> list[Mrkdwn]:
    lines = []
    for met, words in _MISSING.items():
        titles = [
            uow.playbook.criterion(key).title
            for key in Criterion
            if sprint.criteria.get(key, {}).get("met") is met
        ]
        if titles:
            lines.append(say(words, titles=", ".join(f"“{title}”" for title in titles)))
    answered = set(
        uow.session.scalars(select(Expectation.user_id).where(Expectation.sprint_id == sprint.id))
    )
    silent = [mention(user_id) for user_id in team_of(sprint) if user_id not in answered]
    if silent:
        who = Mrkdwn(", ".join(silent))
        lines.append(say("plan.missing_vote", who=who, one=len(silent) == 1))
    return lines
