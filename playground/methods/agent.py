"""assistant.threads.*: what an app suggests to ask in its messages."""

from __future__ import annotations

from typing import Any

from playground.errors import SlackError
from playground.methods.registry import MethodCall, method

Json = dict[str, Any]
MOST_PROMPTS = 4


@method("assistant.threads.setSuggestedPrompts")
def set_suggested_prompts(request: MethodCall) -> Json:
    """Take what the app suggests to ask in one conversation."""
    workspace, arguments = request.workspace, request.arguments
    channel = workspace.channels.get(arguments.text("channel_id"))
    if channel is None or not channel.is_im or workspace.bot_user_id not in channel.members:
        raise SlackError("channel_not_found")
    prompts = arguments.json("prompts")
    fits = isinstance(prompts, list) and 0 < len(prompts) <= MOST_PROMPTS
    if not fits or not all(_is_prompt(each) for each in prompts):
        raise SlackError("invalid_arguments", ["[ERROR] prompts: 1 to 4 of {title, message}"])
    workspace.suggested[channel.id] = {"title": arguments.text("title"), "prompts": prompts}
    return {}


def _is_prompt(prompt: Any) -> bool:
    return isinstance(prompt, dict) and all(
        isinstance(prompt.get(name), str) and prompt[name] for name in ("title", "message")
    )
