"""files.*: uploads in three steps, as Slack wants them since 2025."""

from __future__ import annotations

from typing import Any

from playground.blockkit import check_blocks, complete_blocks
from playground.errors import SlackError
from playground.methods.access import own_channel
from playground.methods.arguments import Arguments
from playground.methods.registry import MethodCall, method
from playground.model import Channel, Message, StoredFile
from playground.posting import add_message
from playground.shapes import file_shape
from playground.team import Team

Json = dict[str, Any]
LONGEST_ALT_TEXT = 1000


@method("files.getUploadURLExternal")
def get_upload_url(request: MethodCall) -> Json:
    """Give an address to send a file's content to."""
    workspace, arguments = request.workspace, request.arguments
    if len(arguments.text("alt_txt")) > LONGEST_ALT_TEXT:
        raise SlackError("alt_txt_too_large")
    length = arguments.number("length", 0)
    if length <= 0:
        raise SlackError(
            "invalid_arguments", ["[ERROR] must be more than 0 [json-pointer:/length]"]
        )
    file = StoredFile(
        id=workspace.ids.new("F"),
        user_id=workspace.bot_user_id,
        name=arguments.text("filename"),
        length=length,
        created=workspace.stamps.seconds(),
        alt_text=arguments.text("alt_txt"),
        snippet_type=arguments.text("snippet_type"),
    )
    workspace.files[file.id] = file
    address = f"{workspace.base_url}/upload/{workspace.team_id}/{file.id}"
    return {"upload_url": address, "file_id": file.id}


def receive_content(workspace: Team, file_id: str, content: bytes) -> None:
    """Take the content sent to an upload address.

    Args:
        workspace: whose file it is.
        file_id: which.
        content: all of it; its length must be the one announced.
    """
    with workspace.changing():
        file = workspace.files.get(file_id)
        if file is None or file.completed:
            raise SlackError("file_not_found", status=404)
        if len(content) != file.length:
            raise SlackError("invalid_length", status=400)
        file.content = content


@method("files.completeUploadExternal")
def complete_upload(request: MethodCall) -> Json:
    """Finish uploads and share them as one message."""
    workspace, arguments = request.workspace, request.arguments
    entries = arguments.json("files", [])
    if not isinstance(entries, list) or not entries:
        raise SlackError("invalid_arguments", ["[ERROR] must be an array [json-pointer:/files]"])
    files = [_uploaded(workspace, entry) for entry in entries]
    channels = _channels(request)
    for file, entry in zip(files, entries, strict=True):
        file.completed = True
        file.title = entry.get("title") or file.name
    for channel in channels:
        _share(request, channel, files)
    return {"files": [file_shape(workspace, file) for file in files]}


def _uploaded(workspace: Team, entry: Any) -> StoredFile:
    file = workspace.files.get(entry.get("id", "")) if isinstance(entry, dict) else None
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    return file


def _channels(request: MethodCall) -> list[Channel]:
    arguments = request.arguments
    wanted = [arguments.text("channel_id"), *arguments.names("channels")]
    return [
        own_channel(MethodCall(request.workspace, Arguments({"channel": channel_id})))
        for channel_id in dict.fromkeys(wanted)
        if channel_id
    ]


def _share(request: MethodCall, channel: Channel, files: list[StoredFile]) -> None:
    workspace, arguments = request.workspace, request.arguments
    blocks = arguments.json("blocks", [], "invalid_blocks") or []
    problems = check_blocks(blocks, "message")
    if problems:
        raise SlackError("invalid_blocks", problems)
    message = Message(
        ts=workspace.stamps.new(),
        channel_id=channel.id,
        user_id=workspace.bot_user_id,
        text=arguments.text("initial_comment"),
        blocks=complete_blocks(blocks),
        thread_ts=arguments.text("thread_ts") or None,
        by_bot=True,
        files=[file.id for file in files],
    )
    for file in files:
        file.channels.append(channel.id)
        file.shares.setdefault(channel.id, []).append(message.ts)
    add_message(workspace, channel, message)


def _living(request: MethodCall) -> StoredFile:
    file = request.workspace.files.get(request.arguments.text("file"))
    if file is None or not file.completed:
        raise SlackError("file_not_found")
    if file.deleted:
        raise SlackError("file_deleted")
    return file


@method("files.info")
def info(request: MethodCall) -> Json:
    """Tell of a file."""
    paging = {"count": 100, "total": 0, "page": 1, "pages": 0}
    shape = file_shape(request.workspace, _living(request))
    return {"file": shape, "comments": [], "paging": paging}


@method("files.delete")
def delete(request: MethodCall) -> Json:
    """Delete a file of the bot's own."""
    file = _living(request)
    if file.user_id != request.workspace.bot_user_id:
        raise SlackError("cant_delete_file")
    file.deleted = True
    file.content = None
    for channel_id in file.channels:
        for message in request.workspace.channels[channel_id].messages:
            message.files = [one for one in message.files if one != file.id]
    return {}
