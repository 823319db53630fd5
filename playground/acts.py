"""What a person's act does: the payload goes to the app, its acknowledgement comes back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from playground import events, payloads, views
from playground.answers import answer_act
from playground.errors import SlackError
from playground.inputs import (
    Placed,
    action_for,
    placed_elements,
    rich_text,
    state_of,
    value_object,
)
from playground.mentions import pings_of
from playground.model import ActResult, Channel, Message, ScreenView, StateValues, User
from playground.posting import link_names, post_ephemeral, post_system
from playground.shapes import message_shape
from playground.team import Team

Surface = Message | ScreenView
Judge = Callable[[dict[str, Any], Any], str | None]
"""Says what is wrong with an element's value, if anything is."""
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
URL = re.compile(r"https?://\S+")


def _send(workspace: Team, kind: str, payload: dict[str, Any], place: Channel) -> ActResult:
    """Send a payload; when the app does not acknowledge it, the person is told."""
    answer = workspace.messenger.request(kind, payload)
    if not answer.ok:
        what = payload.get("command") or "That"
        post_ephemeral(
            workspace,
            place,
            payload.get("user_id") or payload["user"]["id"],
            f"{what} failed with the error `{answer.error}`",
        )
    return answer


def run_command(
    workspace: Team, user: User, channel: Channel, command: str, text: str
) -> ActResult:
    """Send a slash command; a text in the acknowledgement is shown to the person."""
    known = workspace.manifest.commands
    if known is not None and command not in known:
        post_ephemeral(workspace, channel, user.id, f"{command} is not a valid command.")
        return ActResult(ok=False, error="unknown_command")
    if known is not None and known[command].should_escape:
        text = link_names(workspace, text, with_labels=True)
    with workspace.lock:
        payload = payloads.slash_command(workspace, user, channel, command, text)
    answer = _send(workspace, "slash_commands", payload, channel)
    if answer.ok and (answer.body.get("text") or answer.body.get("blocks")):
        answer_act(workspace, channel, user.id, answer.body)
    return answer


def keep_value(
    workspace: Team, user: User, surface: Surface, placed: Placed, kept: dict[str, Any]
) -> None:
    """Remember what was typed or chosen, as the client does until it is sent."""
    with workspace.changing():
        typed = _typed(workspace, user, surface)
        typed.setdefault(placed.block_id, {})[placed.action_id] = kept


def _typed(workspace: Team, user: User, surface: Surface) -> StateValues:
    if isinstance(surface, ScreenView):
        return surface.state
    return workspace.message_state.setdefault((surface.ts, user.id), {})


def view_state(view: ScreenView) -> StateValues:
    """Return what a view's fields hold."""
    return state_of(view.blocks, view.state)


def use_element(
    workspace: Team, user: User, surface: Surface, placed: Placed, wanted: Any
) -> ActResult:
    """Press or choose something, on a message, in a modal or on the Home tab."""
    if placed.shape is not None:
        kept = value_object(placed.element, wanted)
        keep_value(workspace, user, surface, placed, kept)
        if placed.block["type"] == "input" and not placed.block.get("dispatch_action"):
            return ActResult(ok=True)
    with workspace.lock:
        action = action_for(placed, wanted, workspace.stamps.new())
        if isinstance(surface, ScreenView):
            place = workspace.direct_message(user.id)
            payload = payloads.block_actions_in_view(workspace, user, surface, action)
        else:
            place = workspace.channels[surface.channel_id]
            payload = payloads.block_actions_in_message(workspace, user, surface, action)
    return _send(workspace, "interactive", payload, place)


def ask_suggestions(
    workspace: Team, user: User, surface: Surface, placed: Placed, query: str
) -> list[dict[str, Any]]:
    """Return the options the app suggests for an external select."""
    ids = {"action_id": placed.action_id, "block_id": placed.block_id}
    payload = payloads.block_suggestion(workspace, user, surface, ids, query)
    answer = _send(workspace, "interactive", payload, workspace.direct_message(user.id))
    groups = answer.body.get("option_groups", [])
    grouped = [option for group in groups for option in group.get("options", [])]
    return [*answer.body.get("options", []), *grouped]


def use_message_shortcut(
    workspace: Team, user: User, message: Message, callback_id: str
) -> ActResult:
    """Use a shortcut from a message's menu."""
    _require_shortcut(workspace, "message", callback_id)
    with workspace.lock:
        payload = payloads.message_shortcut(workspace, user, message, callback_id)
    return _send(workspace, "interactive", payload, workspace.channels[message.channel_id])


def use_global_shortcut(workspace: Team, user: User, callback_id: str) -> ActResult:
    """Use a shortcut from the lightning menu."""
    _require_shortcut(workspace, "global", callback_id)
    with workspace.lock:
        payload = payloads.global_shortcut(workspace, user, callback_id)
    return _send(workspace, "interactive", payload, workspace.direct_message(user.id))


def _require_shortcut(workspace: Team, kind: str, callback_id: str) -> None:
    declared = workspace.manifest.shortcuts
    known = {(one.type, one.callback_id) for one in declared or ()}
    if declared is not None and (kind, callback_id) not in known:
        raise LookupError(f"The manifest declares no {kind} shortcut {callback_id!r}.")


def open_home(workspace: Team, user: User, wait: float) -> ScreenView | None:
    """Open the Home tab and wait up to `wait` real seconds for the app to publish it."""
    before = workspace.homes.get(user.id)
    known = before.hash if before else None
    with workspace.changing():
        channel = workspace.direct_message(user.id)
        events.emit(workspace, payloads.app_home_opened(workspace, user, channel))

    def published() -> bool:
        home = workspace.homes.get(user.id)
        return home is not None and home.hash != known

    try:
        workspace.wait_until(published, wait)
    except TimeoutError:
        return workspace.homes.get(user.id)
    return workspace.homes[user.id]


# --- modals -------------------------------------------------------------------------------


def submit(workspace: Team, user: User, view: ScreenView) -> ActResult:
    """Submit a modal: what the client itself refuses never reaches the app."""
    refused = _refused_fields(view)
    with workspace.changing():
        view.errors = refused
    if refused:
        return ActResult(ok=False, error="validation", errors=refused)
    with workspace.lock:
        payload = payloads.view_submission(workspace, user, view)
    answer = _send(workspace, "interactive", payload, workspace.direct_message(user.id))
    return _follow(workspace, user, view, answer) if answer.ok else answer


def _follow(workspace: Team, user: User, view: ScreenView, answer: ActResult) -> ActResult:
    """Do what the acknowledgement of a submission says."""
    action = answer.body.get("response_action")
    try:
        if action == "errors":
            return _show_errors(workspace, view, answer)
        if action == "update":
            views.replace_modal(workspace, view, answer.body.get("view", {}))
        elif action == "push":
            views.open_modal(workspace, user.id, answer.body.get("view", {}))
        elif action == "clear":
            _tell_closed(workspace, user, views.remove_all_modals(workspace, user.id)[1:])
        else:
            views.remove_modal(workspace, view)
    except SlackError as refusal:
        return dataclasses.replace(answer, ok=False, error=f"invalid_response: {refusal}")
    return answer


def _show_errors(workspace: Team, view: ScreenView, answer: ActResult) -> ActResult:
    errors = answer.body.get("errors") or {}
    fields = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    astray = sorted(set(errors) - fields)
    if astray or not errors:
        where = ", ".join(astray) or "nothing"
        problem = f"invalid_response: errors for {where}, which is not an input of the modal"
        return dataclasses.replace(answer, ok=False, error=problem)
    with workspace.changing():
        view.errors = errors
    return dataclasses.replace(answer, ok=False, error="validation", errors=errors)


def close(workspace: Team, user: User, view: ScreenView, *, cleared: bool) -> ActResult:
    """Close a modal; the app is told when it asked to be."""
    if view.clear_on_close:
        gone = views.remove_all_modals(workspace, user.id)
    else:
        views.remove_modal(workspace, view)
        gone = [view]
    return _tell_closed(workspace, user, gone, cleared=cleared or view.clear_on_close)


def _tell_closed(
    workspace: Team, user: User, gone: list[ScreenView], *, cleared: bool = True
) -> ActResult:
    answer = ActResult(ok=True)
    for view in gone:
        if view.notify_on_close:
            payload = payloads.view_closed(workspace, user, view, cleared=cleared)
            place = workspace.direct_message(user.id)
            answer = _send(workspace, "interactive", payload, place)
    return answer


def _refused_fields(view: ScreenView) -> dict[str, str]:
    state = view_state(view)
    refused: dict[str, str] = {}
    for placed in placed_elements(view.blocks):
        if placed.block["type"] == "input" and placed.shape is not None:
            value = state[placed.block_id][placed.action_id].get(placed.shape.key)
            problem = _problem_of(placed, value)
            if problem:
                refused[placed.block_id] = problem
    return refused


def _problem_of(placed: Placed, value: Any) -> str | None:
    if value in (None, "", []):
        return None if placed.block.get("optional") else "Please complete this required field."
    judge: Judge = JUDGES.get(placed.element["type"], _count_problem)
    return judge(placed.element, value)


def _count_problem(element: dict[str, Any], value: Any) -> str | None:
    most = element.get("max_selected_items")
    return f"Please choose at most {most}." if most and len(value) > most else None


def _email_problem(_element: dict[str, Any], value: str) -> str | None:
    return None if EMAIL.fullmatch(value) else "Please enter a valid email address."


def _url_problem(_element: dict[str, Any], value: str) -> str | None:
    return None if URL.fullmatch(value) else "Please enter a valid URL."


def _length_problem(element: dict[str, Any], value: str) -> str | None:
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) < shortest:
        return f"Please enter at least {shortest} characters."
    return f"Please enter at most {longest} characters." if len(value) > longest else None


def _number_problem(element: dict[str, Any], value: str) -> str | None:
    try:
        number = float(value) if element.get("is_decimal_allowed") else int(value)
    except ValueError:
        return "Please enter a number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter {element['min_value']} or more."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter {element['max_value']} or less."
    return None


JUDGES: dict[str, Judge] = {
    "plain_text_input": _length_problem,
    "number_input": _number_problem,
    "email_text_input": _email_problem,
    "url_text_input": _url_problem,
}
"""What the client itself checks before it submits, by the element's type."""

# --- channels -----------------------------------------------------------------------------


def join(workspace: Team, user: User, channel: Channel, *, inviter: User | None = None) -> None:
    """Let somebody into a channel."""
    with workspace.changing():
        if user.id in channel.members:
            return
        channel.members.append(user.id)
        extra = {"inviter": inviter.id} if inviter else {}
        kind = "group_join" if channel.is_private else "channel_join"
        text = f"<@{user.id}> has joined the channel"
        post_system(workspace, channel, user.id, kind, text, **extra)
        events.emit_membership(
            workspace,
            channel,
            user.id,
            "member_joined_channel",
            inviter.id if inviter else None,
        )


def leave(workspace: Team, user: User, channel: Channel) -> None:
    """Let somebody leave a channel."""
    with workspace.changing():
        if user.id in channel.members:
            channel.members.remove(user.id)
            events.emit_membership(workspace, channel, user.id, "member_left_channel")


def mark_read(workspace: Team, user: User, channel: Channel) -> None:
    """Move a person's read mark to the channel's end."""
    with workspace.changing():
        if channel.messages:
            channel.last_read[user.id] = channel.messages[-1].ts


def react(workspace: Team, user: User, message: Message, name: str) -> None:
    """Add a reaction to a message, or refuse as Slack does."""
    with workspace.changing():
        users = message.reactions.setdefault(name, [])
        if user.id in users:
            raise SlackError("already_reacted")
        users.append(user.id)
        events.emit_reaction(workspace, "reaction_added", user.id, message, name)


def unreact(workspace: Team, user: User, message: Message, name: str) -> None:
    """Take one's reaction away, or refuse as Slack does."""
    with workspace.changing():
        users = message.reactions.get(name, [])
        if user.id not in users:
            raise SlackError("no_reaction")
        users.remove(user.id)
        if not users:
            del message.reactions[name]
        events.emit_reaction(workspace, "reaction_removed", user.id, message, name)


def edit_message(workspace: Team, user: User, message: Message, text: str) -> None:
    """Change one's own message; `text` is as Slack keeps it."""
    with workspace.changing():
        if message.user_id != user.id or message.subtype:
            raise SlackError("cant_update_message")
        before = message_shape(workspace, message)
        message.text = text
        message.blocks = [{**rich_text(text), "block_id": workspace.ids.new("")[-5:]}]
        message.edited = {"user": user.id, "ts": workspace.stamps.new()}
        message.mentions = pings_of(message.text, message.blocks, message.attachments)
        events.emit_changed(workspace, workspace.channels[message.channel_id], message, before)


def delete_message(workspace: Team, user: User, message: Message) -> None:
    """Delete one's own message."""
    with workspace.changing():
        if message.user_id != user.id:
            raise SlackError("cant_delete_message")
        channel = workspace.channels[message.channel_id]
        channel.messages.remove(message)
        channel.pins = [pin for pin in channel.pins if pin.message_ts != message.ts]
        events.emit_deleted(workspace, channel, message)
