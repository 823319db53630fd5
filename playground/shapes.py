"""Records as the Web API and the payloads show them."""

from __future__ import annotations

import mimetypes
from datetime import datetime
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from playground.inputs import state_of
from playground.model import Bookmark, Caption, Channel, Message, ScreenView, StoredFile, User
from playground.stamps import short_hash
from playground.team import Team

Json = dict[str, Any]
IMAGE_SIZES = (24, 32, 48, 72, 192, 512)


def user_shape(workspace: Team, user: User, *, with_email: bool) -> Json:
    """Return a user as users.info shows it; the e-mail needs a scope of its own."""
    offset = datetime.fromtimestamp(workspace.stamps.seconds(), ZoneInfo(user.tz)).utcoffset()
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz.replace("_", " "),
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": _profile(workspace, user, with_email=with_email),
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": user.updated,
        "is_email_confirmed": not user.is_bot,
        "who_can_share_contact_card": "EVERYONE",
        **_enterprise_user(workspace, user),
    }


def _enterprise_user(workspace: Team, user: User) -> Json:
    """Return what an organisation knows of one of its people."""
    organisation = workspace.organisation
    if organisation is None or user.is_bot:
        return {}
    known = {
        "id": user.id,
        "enterprise_id": organisation.id,
        "enterprise_name": organisation.name,
        "is_admin": user.id in organisation.admins,
        "is_owner": False,
        "teams": [one.team_id for one in organisation.workspaces if user.id in one.users],
    }
    return {"enterprise_user": known}


def _profile(workspace: Team, user: User, *, with_email: bool) -> Json:
    picture = f"{workspace.base_url}/avatars/{user.id}"
    first, _, last = user.real_name.partition(" ")
    profile: Json = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.real_name,
        "display_name_normalized": user.real_name,
        "status_text": "",
        "status_text_canonical": "",
        "status_emoji": "",
        "status_emoji_display_info": [],
        "status_expiration": 0,
        "avatar_hash": short_hash(user.id),
        "first_name": first,
        "last_name": last,
        "team": user.team_id,
        **{f"image_{size}": f"{picture}-{size}.png" for size in IMAGE_SIZES},
    }
    if user.is_bot:
        profile.update(bot_id=user.bot_id, api_app_id=user.app_id, always_active=True)
    elif with_email:
        profile["email"] = user.email
    return profile


def caption_shape(caption: Caption) -> Json:
    """Return a topic or purpose."""
    return {"value": caption.value, "creator": caption.creator, "last_set": caption.last_set}


def channel_shape(workspace: Team, channel: Channel, viewer: str) -> Json:
    """Return a conversation as conversations.info shows it to `viewer`."""
    shape = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "context_team_id": workspace.team_id,
        "updated": channel.created * 1000,
    }
    if channel.is_im:
        other = next((one for one in channel.members if one != viewer), viewer)
        is_deleted = other in workspace.users and workspace.users[other].deleted
        return {**shape, "user": other, "is_user_deleted": is_deleted, "is_open": True}
    return {
        **shape,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_mpim,
        "is_group": channel.is_private,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_general": channel.is_general,
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": viewer in channel.members,
        "unlinked": 0,
        "creator": channel.creator,
        "shared_team_ids": [workspace.team_id],
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "previous_names": list(channel.previous_names),
        "topic": caption_shape(channel.topic),
        "purpose": caption_shape(channel.purpose),
    }


def bot_profile(workspace: Team) -> Json:
    """Return the bot as messages carry it."""
    bot = workspace.users[workspace.bot_user_id]
    picture = f"{workspace.base_url}/avatars/{bot.id}"
    return {
        "id": workspace.bot_id,
        "deleted": False,
        "name": bot.real_name,
        "updated": bot.updated,
        "app_id": workspace.app_id,
        "icons": {f"image_{size}": f"{picture}-{size}.png" for size in (36, 48, 72)},
        "team_id": workspace.team_id,
    }


def message_shape(workspace: Team, message: Message, *, with_metadata: bool = False) -> Json:
    """Return a message as conversations.history shows it."""
    shape: Json = {
        "type": "message",
        "user": message.user_id,
        "text": message.text,
        "ts": message.ts,
        "team": workspace.team_id,
    }
    optional = {
        "subtype": message.subtype,
        "thread_ts": message.thread_ts,
        "client_msg_id": message.client_msg_id,
        "edited": message.edited,
        "username": message.username,
        "icons": message.icons,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "metadata": message.metadata if with_metadata else None,
    }
    shape.update({key: value for key, value in optional.items() if value})
    shape.update(message.extra)
    if message.by_bot:
        shape.update(
            bot_id=workspace.bot_id, app_id=workspace.app_id, bot_profile=bot_profile(workspace)
        )
    if message.files:
        shape["files"] = [file_shape(workspace, workspace.files[one]) for one in message.files]
        shape["upload"] = False
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    return {**shape, **thread_keys(workspace, message)}


def thread_keys(workspace: Team, message: Message) -> Json:
    """Return what a message says of its thread: replies below it, or its parent's author."""
    if message.thread_ts is None or message.ephemeral_to:
        return {}
    channel = workspace.channels[message.channel_id]
    thread = [one for one in channel.messages if one.thread_ts == message.thread_ts]
    if message.is_reply:
        parent = next((one for one in thread if one.ts == message.thread_ts), None)
        return {"parent_user_id": parent.user_id} if parent else {}
    replies = [one for one in thread if one.is_reply]
    if not replies:
        return {}
    authors = list(dict.fromkeys(one.user_id for one in replies))
    return {
        "reply_count": len(replies),
        "reply_users_count": len(authors),
        "reply_users": authors,
        "latest_reply": replies[-1].ts,
        "subscribed": False,
        "is_locked": False,
    }


def view_shape(workspace: Team, view: ScreenView) -> Json:
    """Return a modal or Home tab as views.open answers it and payloads carry it."""
    is_home = view.type == "home"
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": view.type,
        "title": view.title or {"type": "plain_text", "text": "View Title", "emoji": True},
        "submit": view.submit,
        "close": view.close,
        "blocks": view.blocks,
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "external_id": view.external_id,
        "state": {"values": state_of(view.blocks, view.state)},
        "hash": view.hash,
        "clear_on_close": view.clear_on_close,
        "notify_on_close": view.notify_on_close,
        "root_view_id": view.root_view_id or view.id,
        "previous_view_id": view.previous_view_id,
        "app_id": workspace.app_id,
        "app_installed_team_id": workspace.installed_in,
        "bot_id": workspace.bot_id,
        **({} if is_home else {"submit_disabled": view.submit_disabled}),
    }


def bookmark_shape(bookmark: Bookmark, team_id: str) -> Json:
    """Return a bookmark."""
    return {
        "id": bookmark.id,
        "channel_id": bookmark.channel_id,
        "title": bookmark.title,
        "link": bookmark.link,
        "emoji": bookmark.emoji,
        "icon_url": None,
        "entity_id": None,
        "type": bookmark.type,
        "date_created": bookmark.created,
        "date_updated": bookmark.updated,
        "rank": bookmark.rank,
        "last_updated_by_user_id": bookmark.updated_by,
        "last_updated_by_team_id": team_id,
        "shortcut_id": None,
        "app_id": None,
    }


def file_shape(workspace: Team, file: StoredFile) -> Json:
    """Return an uploaded file."""
    mimetype = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    kind = PurePath(file.name).suffix.removeprefix(".").lower()
    address = f"{workspace.base_url}/files/{workspace.team_id}/{file.id}/{file.name}"
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": file.user_id,
        "user_team": workspace.team_id,
        "editable": False,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": bool(file.channels),
        "public_url_shared": False,
        "display_as_bot": False,
        "alt_txt": file.alt_text,
        "url_private": address,
        "url_private_download": f"{address}?download=1",
        "permalink": address,
        "channels": [one for one in file.channels if one.startswith("C")],
        "groups": [],
        "ims": [one for one in file.channels if one.startswith("D")],
        "shares": {
            "public": {ch: [{"ts": ts} for ts in all_ts] for ch, all_ts in file.shares.items()}
        },
        "file_access": "visible",
    }
