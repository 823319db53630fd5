"""pins.*, bookmarks.* and reactions.*."""

from __future__ import annotations

from typing import Any

from playground import acts
from playground.errors import SlackError
from playground.methods.access import own_channel, visible_channel
from playground.methods.chat import permalink
from playground.methods.registry import MethodCall, method
from playground.model import Bookmark, Channel, Message, Pin
from playground.posting import post_system
from playground.shapes import bookmark_shape, message_shape

Json = dict[str, Any]
MOST_PINS = 100
MOST_BOOKMARKS = 100


def _meant(request: MethodCall, channel: Channel) -> Message:
    timestamp = request.arguments.text("timestamp")
    if not timestamp:
        raise SlackError("no_item_specified")
    return request.workspace.message(channel, timestamp)


@method("pins.add")
def pins_add(request: MethodCall) -> Json:
    """Pin a message."""
    workspace = request.workspace
    channel = own_channel(request)
    message = _meant(request, channel)
    if any(pin.message_ts == message.ts for pin in channel.pins):
        raise SlackError("already_pinned")
    if len(channel.pins) >= MOST_PINS:
        raise SlackError("too_many_pins")
    bot = workspace.bot_user_id
    channel.pins.insert(0, Pin(message.ts, workspace.stamps.seconds(), bot))
    post_system(workspace, channel, bot, "pinned_item", "pinned a message to this channel.")
    return {}


@method("pins.remove")
def pins_remove(request: MethodCall) -> Json:
    """Unpin a message."""
    channel = own_channel(request, archived=True)
    message = _meant(request, channel)
    kept = [pin for pin in channel.pins if pin.message_ts != message.ts]
    if len(kept) == len(channel.pins):
        raise SlackError("no_pin")
    channel.pins = kept
    return {}


@method("pins.list")
def pins_list(request: MethodCall) -> Json:
    """List the pinned messages, the newest pin first."""
    workspace = request.workspace
    channel = visible_channel(request)
    items = []
    for pin in channel.pins:
        message = workspace.message(channel, pin.message_ts)
        shape = message_shape(workspace, message)
        shape["permalink"] = permalink(workspace.domain, channel, message)
        items.append(
            {
                "type": "message",
                "created": pin.created,
                "created_by": pin.created_by,
                "channel": channel.id,
                "message": shape,
            }
        )
    return {"items": items}


def _bookmarked_channel(request: MethodCall) -> Channel:
    channel = visible_channel(request, request.arguments.text("channel_id"))
    if request.workspace.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    return channel


def _link(request: MethodCall) -> str:
    link = request.arguments.text("link")
    if not link.startswith(("http://", "https://", "mailto:", "slack:")):
        raise SlackError("invalid_link")
    return link


@method("bookmarks.add")
def bookmarks_add(request: MethodCall) -> Json:
    """Add a link to the bookmark bar."""
    workspace = request.workspace
    channel = _bookmarked_channel(request)
    if request.arguments.text("type") != "link":
        raise SlackError("invalid_bookmark_type")
    if len(channel.bookmarks) >= MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    now = workspace.stamps.seconds()
    bookmark = Bookmark(
        id=workspace.ids.new("Bk"),
        channel_id=channel.id,
        title=request.arguments.text("title"),
        link=_link(request),
        emoji=request.arguments.text("emoji"),
        type="link",
        created=now,
        updated=0,
        rank=chr(ord("a") + len(channel.bookmarks) % 26),
        updated_by=workspace.bot_user_id,
    )
    channel.bookmarks.append(bookmark)
    return {"bookmark": bookmark_shape(bookmark, workspace.team_id)}


def _bookmark(request: MethodCall, channel: Channel) -> Bookmark:
    wanted = request.arguments.text("bookmark_id")
    found = next((one for one in channel.bookmarks if one.id == wanted), None)
    if found is None:
        raise SlackError("not_found")
    return found


@method("bookmarks.edit")
def bookmarks_edit(request: MethodCall) -> Json:
    """Change a bookmark."""
    bookmark = _bookmark(request, _bookmarked_channel(request))
    if "link" in request.arguments.values:
        bookmark.link = _link(request)
    bookmark.title = request.arguments.text("title", bookmark.title)
    bookmark.emoji = request.arguments.text("emoji", bookmark.emoji)
    bookmark.updated = request.workspace.stamps.seconds()
    return {"bookmark": bookmark_shape(bookmark, request.workspace.team_id)}


@method("bookmarks.list")
def bookmarks_list(request: MethodCall) -> Json:
    """List the bookmarks."""
    channel = _bookmarked_channel(request)
    team_id = request.workspace.team_id
    return {"bookmarks": [bookmark_shape(one, team_id) for one in channel.bookmarks]}


@method("bookmarks.remove")
def bookmarks_remove(request: MethodCall) -> Json:
    """Take a bookmark away."""
    channel = _bookmarked_channel(request)
    channel.bookmarks.remove(_bookmark(request, channel))
    return {}


@method("reactions.add")
def reactions_add(request: MethodCall) -> Json:
    """React to a message."""
    workspace = request.workspace
    channel = visible_channel(request)
    if channel.is_archived:
        raise SlackError("is_archived")
    name = request.arguments.text("name").strip(":")
    message = _meant(request, channel)
    acts.react(workspace, workspace.users[workspace.bot_user_id], message, name)
    return {}


@method("reactions.get")
def reactions_get(request: MethodCall) -> Json:
    """Tell a message's reactions."""
    workspace = request.workspace
    channel = visible_channel(request)
    message = _meant(request, channel)
    shape = message_shape(workspace, message)
    kept = (
        "bot_id",
        "type",
        "text",
        "user",
        "ts",
        "team",
        "bot_profile",
        "reactions",
        "app_id",
        "blocks",
    )
    shown = {key: shape[key] for key in kept if key in shape}
    shown["permalink"] = permalink(workspace.domain, channel, message)
    return {"type": "message", "channel": channel.id, "message": shown}
