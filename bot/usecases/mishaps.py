"""What Slack refused for good is told to the lead, with a button that tries it again."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack import outbox
from bot.slack.cards.sprint_card import retry_message
from bot.slack.outbox import Priority, person_lane
from bot.slack.text import Mrkdwn, mention
from bot.slack.trouble import Diagnosis
from bot.slack.words import say
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.store.models import OutboxItem, Sprint
from bot.usecases.house import Unit
from bot.usecases.people import require

TOLD_KINDS = {
    "create_channel": "sprint.create_failed",
    "invite": "sprint.invite_failed",
    "message": "sprint.post_failed",
}


def tell_lead(session: Session, item: OutboxItem, diagnosis: Diagnosis) -> None:
    """Tell the sprint's lead what could not be done; called by delivery in its transaction."""
    key = TOLD_KINDS.get(item.kind)
    sprint = session.get(Sprint, item.sprint_id) if item.sprint_id else None
    if key is None or sprint is None or item.lane == person_lane(sprint.lead_id):
        return
    words = say(
        key,
        title=sprint.title,
        kind="private" if sprint.is_private else "public",
        error=diagnosis.error,
        channel=_channel_words(item, sprint),
        who=mention(str(item.body.get("user_id", ""))),
    )
    outbox.put(
        session,
        team_id=item.team_id,
        now=item.created_at,
        key=f"mishap:{item.lane}:{item.kind}:{item.body.get('user_id', '')}:{diagnosis.error}",
        lane=person_lane(sprint.lead_id),
        body=retry_message(words, item.id),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def _channel_words(item: OutboxItem, sprint: Sprint) -> Mrkdwn:
    kind, _, reference = item.lane.partition(":")
    if kind == "channel":
        return Mrkdwn(f"<#{reference}>")
    if kind == "dm":
        return Mrkdwn(f"the direct messages of {mention(reference)}")
    return Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else Mrkdwn("the channel")


def try_again(unit: Unit, actor_id: str, item_id: int) -> str:
    """Let delivery try everything in a refused item's lane once more.

    Returns:
        What the person is told.

    Raises:
        InputError: it is not there, nothing in its lane is refused any more, or they may not.
    """
    item: OutboxItem = unit.row(OutboxItem, item_id, "message")
    about = unit.sprint(item.sprint_id) if item.sprint_id else None
    require(unit, actor_id, Action.EDIT_PLAN, about)
    failed = unit.session.scalars(
        select(OutboxItem)
        .where(
            OutboxItem.team_id == unit.team_id,
            OutboxItem.lane == item.lane,
            OutboxItem.state == "failed",
        )
        .with_for_update()
    ).all()
    if not failed:
        raise InputError(say("common.nothing_to_retry"))
    for each in failed:
        each.state = "waiting"
        each.attempts = 0
        each.not_before = None
    return say("sprint.retried")
