"""What Slack refused for good is told to the lead, with a button that tries it again."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, OutboxState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.sprint_card import retry_message
from bot.messages.templates import Template
from bot.outbox import queue as outbox
from bot.outbox.queue import Priority, TemplateArgs, person_queue, sprint_queue
from bot.slack.api_errors import Diagnosis, ErrorClass
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, mention
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork

TEXT_OF_KIND: Final[dict[str, str]] = {
    OutboxKind.CREATE_CHANNEL: "sprint.create_failed",
    OutboxKind.INVITE: "sprint.invite_failed",
    OutboxKind.MESSAGE: "sprint.post_refused",
    OutboxKind.UPLOAD: "sprint.file_failed",
}

GONE: Final = "message_not_found"
"""Slack's word for a message that somebody deleted."""
TEXT_OF_POST: Final[dict[str, str]] = {
    "not_in_channel": "sprint.post_failed",
    "channel_not_found": "sprint.post_failed",
    "is_archived": "sprint.post_archived",
    "restricted_action": "sprint.post_restricted",
    "restricted_action_read_only_channel": "sprint.post_restricted",
    "restricted_action_thread_only_channel": "sprint.post_restricted",
    GONE: "sprint.post_gone",
}
"""Slack's word for why a channel did not take a message → what to do about it."""
ELSE_TO: Final = "else_to"
"""Where a message's arguments name who is told directly when Slack takes it in no channel."""


def notify_lead(session: Session, item: OutboxItem, diagnosis: Diagnosis) -> None:
    """Tell the sprint's lead what could not be done; called by delivery in its transaction."""
    if item.kind == OutboxKind.CANVAS:
        _post_instead(item)
        return
    is_locked_out = diagnosis.error_class is ErrorClass.LOCKED_OUT
    if not is_locked_out and _is_sent_directly(item):
        return
    sprint = session.get(Sprint, item.sprint_id) if item.sprint_id else None
    if sprint is None:
        return
    if diagnosis.lacks is not None:
        _notify_switched_off(session, item, sprint, diagnosis)
        return
    if is_locked_out:
        _put(session, item, sprint, keys.locked_out(sprint.id), "scopes.required", diagnosis)
        return
    key = _text_for(item, diagnosis)
    is_second = (item.template or {}).get("name") == Template.DELIVERY_FAILURE
    if key is None or is_second:
        return
    user_id = str(item.body.get("user_id", ""))
    told = keys.delivery_failure(item.queue, item.kind, user_id, diagnosis.error)
    _put(session, item, sprint, told, key, diagnosis, Priority.URGENT)


def _text_for(item: OutboxItem, diagnosis: Diagnosis) -> str | None:
    """Return the key of what is said about a refusal; None where nobody misses the thing."""
    text = TEXT_OF_KIND.get(item.kind)
    if item.kind != OutboxKind.MESSAGE:
        return text
    if item.queue.startswith(person_queue("")) and diagnosis.error != GONE:
        return "sprint.direct_failed"
    return TEXT_OF_POST.get(diagnosis.error, text)


def _put(
    session: Session,
    item: OutboxItem,
    sprint: Sprint,
    key: keys.Key,
    text: str,
    diagnosis: Diagnosis,
    priority: Priority = Priority.BACKGROUND,
) -> None:
    """Tell the lead directly; where just that was refused, the sprint's channel if it is open."""
    queue = person_queue(sprint.lead_id)
    if item.queue == queue and item.kind == OutboxKind.MESSAGE:
        if sprint.channel_id is None:
            return
        queue = sprint_queue(sprint.id)
    outbox.put(
        session,
        team_id=item.team_id,
        now=item.created_at,
        key=key,
        queue=queue,
        args={
            "item": item.id,
            "text": text,
            "error": diagnosis.error,
            "user_id": str(item.body.get("user_id", "")),
            "feature": diagnosis.lacks or "",
            "scopes": diagnosis.needed,
        },
        template=Template.DELIVERY_FAILURE,
        sprint_id=sprint.id,
        priority=priority,
    )


def _is_sent_directly(item: OutboxItem) -> bool:
    """Send what one person waits for to that person, where Slack takes it in no channel."""
    user_id = (item.template or {}).get(ELSE_TO)
    if not user_id or item.ts or item.queue == person_queue(user_id):
        return False
    item.queue, item.thread_key = person_queue(user_id), None
    _try_anew(item)
    return True


def _post_instead(item: OutboxItem) -> None:
    """Let a page that Slack takes no canvas for be a message in its thread from now on."""
    item.kind = OutboxKind.MESSAGE
    item.result = {}
    _try_anew(item)


def _try_anew(item: OutboxItem) -> None:
    item.state = OutboxState.WAITING
    item.attempts = 0
    item.not_before = None


def _notify_switched_off(
    session: Session, item: OutboxItem, sprint: Sprint, diagnosis: Diagnosis
) -> None:
    """Tell the lead, once a sprint, what goes quiet since the workspace declined its scope."""
    told = keys.switched_off(sprint.id, str(diagnosis.lacks))
    _put(session, item, sprint, told, "scopes.refused", diagnosis)


def render_failure(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what Slack refused, with the button that tries it again."""
    item = uow.session.get_one(OutboxItem, args["item"])
    words = say(
        str(args["text"]),
        title=sprint.title,
        kind="private" if sprint.is_private else "public",
        error=args["error"],
        channel=_channel_words(item, sprint),
        who=mention(str(args["user_id"])),
        feature=say_plain(f"scopes.{args['feature']}") if args.get("feature") else "",
        scopes=str(args.get("scopes", "")).replace(",", ", "),
    )
    return retry_message(words, item.id)


def _channel_words(item: OutboxItem, sprint: Sprint) -> Mrkdwn:
    kind, _, reference = item.queue.partition(":")
    if kind == "channel":
        return Mrkdwn(f"<#{reference}>")
    if kind == "dm":
        return Mrkdwn(say_plain("errors.direct_messages", mention=mention(reference)))
    return (
        Mrkdwn(f"<#{sprint.channel_id}>")
        if sprint.channel_id
        else Mrkdwn(say_plain("common.the_channel"))
    )


def try_again(uow: UnitOfWork, actor_id: str, item_id: int) -> str:
    """Let delivery try everything in a refused item's queue once more.

    Returns:
        What the person is told.

    Raises:
        InputError: it is not there, nothing in its queue is refused any more, or they may not.
    """
    item: OutboxItem = uow.row(OutboxItem, item_id, "message")
    about = uow.sprint(item.sprint_id) if item.sprint_id else None
    require(uow, actor_id, Action.EDIT_PLAN, about)
    failed = uow.session.scalars(
        select(OutboxItem)
        .where(
            OutboxItem.team_id == uow.team_id,
            OutboxItem.queue == item.queue,
            OutboxItem.state == OutboxState.FAILED,
        )
        .with_for_update()
    ).all()
    if not failed:
        raise InputError(say("common.nothing_to_retry"))
    for each in failed:
        if each.error == GONE:
            each.ts = None
        _try_anew(each)
    return say("sprint.retried")
