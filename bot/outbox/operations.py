"""Everything that delivery can make so in Slack: how it is done, and how to see that it is done."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.request import Request, urlopen

from slack_sdk.errors import SlackApiError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db.models import Person, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind
from bot.messages import keys
from bot.outbox.calls import Result, SlackCall
from bot.outbox.canvases import put_canvas
from bot.outbox.queue import render_anew

EVENT_TYPE: Final = "hour48_outbox"
HISTORY_PAGE: Final = 200
UPLOAD_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of outbox row.

    Args:
        method: the Slack method whose rate counts.
        perform: makes the call and returns what to keep of the answer.
        look: finds out whether an earlier call was carried out after all; None where doing it
            twice changes nothing, or where history tells.
        recognise: tells whether a message of the channel's history is what an earlier call sent;
            see `bot.outbox.history`.
        settle: writes what follows into the rows, in the transaction that marks it done.
        already: Slack's errors that mean that it is so already.
        needs_channel: whether it waits for its queue's channel.
        look_method: the Slack method that `look` calls.
        steps_seconds: what the steps before its last call may take.
    """

    method: str
    perform: Callable[[SlackCall], Result]
    look: Callable[[SlackCall], Result | None] | None = None
    recognise: Callable[[SlackCall, Mapping[str, Any]], Result | None] | None = None
    settle: Callable[[Session, OutboxItem, Result], None] | None = None
    already: frozenset[str] = frozenset()
    needs_channel: bool = True
    look_method: str | None = None
    steps_seconds: float = 0.0

    @property
    def may_be_there_twice(self) -> bool:
        """Whether it has to be looked for before it is done again."""
        return self.look is not None or self.recognise is not None


class ImpossibleError(RuntimeError):
    """What this item builds on was refused, so Slack need not be asked."""


def metadata_of(item: OutboxItem) -> dict[str, Any]:
    """Return the mark by which a posted message is recognised; it holds no secret."""
    return {"event_type": EVENT_TYPE, "event_payload": {"id": str(item.id), "key": item.key}}


def _post(call: SlackCall) -> Result:
    answer = call.client.chat_postMessage(
        channel=str(call.channel_id),
        thread_ts=call.thread_ts,
        metadata=metadata_of(call.item),
        unfurl_links=False,
        unfurl_media=False,
        **_content(call),
    )
    return {"channel_id": answer["channel"], "ts": answer["ts"]}


def _update(call: SlackCall) -> Result:
    item = call.item
    call.client.chat_update(
        channel=str(item.channel_id),
        ts=str(item.ts),
        metadata=metadata_of(item),
        **_content(call),
    )
    return {"channel_id": item.channel_id, "ts": item.ts}


def _content(call: SlackCall) -> dict[str, Any]:
    body = call.item.body
    blocks = [_with_file(block, call.references) for block in body.get("blocks", [])]
    return {"text": body["text"], "blocks": [block for block in blocks if block]}


def _with_file(
    block: dict[str, Any], references: Mapping[str, OutboxItem]
) -> dict[str, Any] | None:
    """Put the uploaded file's id in the place of its key; a picture that failed is left out."""
    key = block.get("slack_file", {}).get("key")
    if key is None:
        return block
    upload = references.get(key)
    file_id = upload.result.get("file_id") if upload else None
    return block | {"slack_file": {"id": file_id}} if file_id else None


def _post_or_update(call: SlackCall) -> Result:
    return _update(call) if call.item.ts else _post(call)


def _posted(call: SlackCall, message: Mapping[str, Any]) -> Result | None:
    """Recognise the message by its mark."""
    if _is_ours(message, call.item):
        return {"channel_id": call.channel_id, "ts": message["ts"]}
    return None


def _is_ours(message: Mapping[str, Any], item: OutboxItem) -> bool:
    mark = message.get("metadata") or {}
    wanted = metadata_of(item)
    return bool(
        mark.get("event_type") == wanted["event_type"]
        and mark.get("event_payload") == wanted["event_payload"]
    )


def _create_channel(call: SlackCall) -> Result:
    """Create the sprint's channel under the first free name.

    The name is tried in the same order every time; one that is taken by this bot for no other
    sprint is the one that an interrupted try created.
    """
    body = call.item.body
    taken: SlackApiError | None = None
    for name in body["names"]:
        call.require_time()
        try:
            answer = call.client.conversations_create(name=name, is_private=body["private"])
        except SlackApiError as error:
            if error.response.get("error") != "name_taken":
                raise
            taken = error
            continue
        return _channel_result(answer["channel"])
    raise taken or ValueError("a channel needs at least one name")


def _find_channel(call: SlackCall) -> Result | None:
    """Find the channel that an interrupted try created: ours by name, and no other sprint's."""
    names = set(call.item.body["names"])
    cursor: str | None = None
    while True:
        kind = "private_channel" if call.item.body["private"] else "public_channel"
        page = call.client.conversations_list(types=kind, limit=HISTORY_PAGE, cursor=cursor)
        for channel in page["channels"]:
            ours = channel.get("creator") == call.bot_user_id
            is_free = channel["id"] not in call.not_ours and not channel.get("is_archived")
            if channel["name"] in names and ours and is_free:
                return _channel_result(channel)
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None


def _channel_result(channel: Mapping[str, Any]) -> Result:
    return {"channel_id": channel["id"], "name": channel["name"]}


def _keep_channel(session: Session, item: OutboxItem, result: Result) -> None:
    sprint = session.get_one(Sprint, item.sprint_id)
    sprint.channel_id = result["channel_id"]
    sprint.channel_name = result.get("name", sprint.channel_name)
    session.flush()
    shows_it = OutboxItem.key == keys.plan_card(sprint.id)
    render_anew(session, item.team_id, shows_it)


def _invite(call: SlackCall) -> Result:
    call.client.conversations_invite(
        channel=str(call.channel_id), users=[call.item.body["user_id"]]
    )
    return {}


def _set_topic(call: SlackCall) -> Result:
    call.client.conversations_setTopic(channel=str(call.channel_id), topic=call.item.body["text"])
    return {}


def _set_purpose(call: SlackCall) -> Result:
    call.client.conversations_setPurpose(
        channel=str(call.channel_id), purpose=call.item.body["text"]
    )
    return {}


def _add_bookmark(call: SlackCall) -> Result:
    body = call.item.body
    link = _bookmark_link(call)
    call.require_time()
    answer = call.client.bookmarks_add(
        channel_id=str(call.channel_id),
        title=body["title"],
        type="link",
        link=link,
        emoji=body.get("emoji"),
    )
    return {"bookmark_id": answer["bookmark"]["id"]}


def _bookmark_link(call: SlackCall) -> str:
    target = call.references.get(call.item.body.get("message_key", ""))
    if target is None or not target.ts:
        return str(call.item.body["link"])
    answer = call.client.chat_getPermalink(
        channel=str(target.channel_id), message_ts=str(target.ts)
    )
    return str(answer["permalink"])


def _find_bookmark(call: SlackCall) -> Result | None:
    answer = call.client.bookmarks_list(channel_id=str(call.channel_id))
    for bookmark in answer["bookmarks"]:
        if bookmark.get("title") == call.item.body["title"]:
            return {"bookmark_id": bookmark["id"]}
    return None


def _pin(call: SlackCall) -> Result:
    target = call.references.get(call.item.body["message_key"])
    if target is None or target.ts is None:
        raise ImpossibleError("message_not_found")
    call.client.pins_add(channel=str(target.channel_id), timestamp=str(target.ts))
    return {}


def _publish_home(call: SlackCall) -> Result:
    call.client.views_publish(user_id=call.item.body["user_id"], view=call.item.body["view"])
    return {}


def _learn_person(call: SlackCall) -> Result:
    answer = call.client.users_info(user=call.item.body["user_id"], include_locale=True)
    return {"user": answer["user"]}


def _keep_person(session: Session, item: OutboxItem, result: Result) -> None:
    if result.get("user"):
        item.result = {"name": keep_person(session, item.team_id, result["user"]).name}


def keep_person(session: Session, team_id: str, user: Mapping[str, Any]) -> Person:
    """Write down how Slack describes somebody.

    Args:
        session: an open transaction.
        team_id: the workspace.
        user: the answer of `users.info`.
    """
    known = session.scalars(
        select(Person).where(Person.team_id == team_id, Person.user_id == user["id"])
    ).one_or_none()
    person = known or Person(team_id=team_id, user_id=user["id"])
    profile = user.get("profile", {})
    person.name = (
        profile.get("display_name") or profile.get("real_name") or user.get("real_name")
    ) or user.get("name", user["id"])
    person.timezone = user.get("tz")
    person.locale = str(user.get("locale") or person.locale or "")[:16] or None
    person.is_guest = _is_guest(user, team_id)
    person.is_bot = bool(user.get("is_bot"))
    person.is_deleted = bool(user.get("deleted"))
    person.is_admin = _is_admin(user, team_id)
    person.looked_up_at = datetime.now(UTC)
    session.add(person)
    return person


def _is_guest(user: Mapping[str, Any], team_id: str) -> bool:
    """Return whether somebody is no full member: a guest, of another company or other workspace."""
    if any(user.get(flag) for flag in ("is_restricted", "is_ultra_restricted", "is_stranger")):
        return True
    workspaces = (user.get("enterprise_user") or {}).get("teams") or []
    return bool(workspaces) and team_id not in workspaces


def _is_admin(user: Mapping[str, Any], team_id: str) -> bool:
    """Return whether somebody administers this workspace.

    In an organisation Slack says so of their home workspace and of the organisation.
    """
    enterprise = user.get("enterprise_user")
    if enterprise and (enterprise.get("is_admin") or enterprise.get("is_owner")):
        return True
    is_here = not enterprise or user.get("team_id") in (None, team_id)
    return is_here and bool(user.get("is_admin") or user.get("is_owner"))


def _upload(call: SlackCall) -> Result:
    """Upload a file in Slack's three steps; sharing it is the last and the only visible one."""
    body = call.item.body
    content = base64.b64decode(body["content"])
    ticket = call.client.files_getUploadURLExternal(
        filename=body["filename"], length=len(content), alt_txt=body.get("alt")
    )
    url = str(ticket["upload_url"])
    with urlopen(Request(url, content), timeout=UPLOAD_SECONDS) as answer:  # noqa: S310 - Slack's
        answer.read()
    call.require_time()
    call.client.files_completeUploadExternal(
        files=[{"id": ticket["file_id"], "title": body["title"]}],
        channel_id=call.channel_id if body.get("share") else None,
        thread_ts=call.thread_ts if body.get("share") else None,
        initial_comment=body.get("comment") if body.get("share") else None,
    )
    return {"file_id": ticket["file_id"]}


def _uploaded(call: SlackCall, message: Mapping[str, Any]) -> Result | None:
    """Recognise a shared file by its name; files carry no mark of their own."""
    if not call.item.body.get("share"):
        return None
    for file in message.get("files", []):
        is_new = file["id"] not in call.not_ours
        if is_new and file.get("name") == call.item.body["filename"]:
            return {"file_id": file["id"]}
    return None


EFFECTS: Final[dict[str, Effect]] = {
    OutboxKind.MESSAGE: Effect(
        "chat.postMessage",
        _post_or_update,
        recognise=_posted,
        look_method="conversations.history",
    ),
    OutboxKind.CREATE_CHANNEL: Effect(
        "conversations.create",
        _create_channel,
        look=_find_channel,
        look_method="conversations.list",
        settle=_keep_channel,
        needs_channel=False,
    ),
    OutboxKind.INVITE: Effect(
        "conversations.invite",
        _invite,
        already=frozenset({"already_in_channel", "cant_invite_self"}),
    ),
    OutboxKind.TOPIC: Effect("conversations.setTopic", _set_topic),
    OutboxKind.PURPOSE: Effect("conversations.setPurpose", _set_purpose),
    OutboxKind.BOOKMARK: Effect(
        "bookmarks.add", _add_bookmark, look=_find_bookmark, look_method="bookmarks.list"
    ),
    OutboxKind.PIN: Effect("pins.add", _pin, already=frozenset({"already_pinned"})),
    OutboxKind.HOME: Effect("views.publish", _publish_home, needs_channel=False),
    OutboxKind.PERSON: Effect(
        "users.info", _learn_person, settle=_keep_person, needs_channel=False
    ),
    OutboxKind.UPLOAD: Effect(
        "files.completeUploadExternal",
        _upload,
        recognise=_uploaded,
        look_method="conversations.history",
        steps_seconds=10 + UPLOAD_SECONDS,
    ),
    OutboxKind.CANVAS: Effect(
        "canvases.edit",
        put_canvas,
        look=lambda _call: None,  # each change is compared with the page as it reads by then
        steps_seconds=30.0,
    ),
}
