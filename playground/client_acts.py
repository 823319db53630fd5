"""What the browser client lets a person do, by name; each act takes JSON and answers JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground import acts
from playground.errors import NotOnScreenError, SlackError
from playground.inputs import VALUE_SHAPES, Placed, placed_elements
from playground.model import ActResult, Channel, Message, Pin, ScreenView
from playground.people import ActingMember
from playground.screens import sees
from playground.texts import say, table

Json = dict[str, Any]
Act = Callable[[ActingMember, Json], Json]
LONGEST_TEXT = 12_000


class ClientError(Exception):
    """The client asked for something that cannot be done; the text is shown to the person."""


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise ClientError(f"The page sent no {key}. Reload it and try again.")
    return value


def _channel(person: ActingMember, body: Json) -> Channel:
    workspace = person.workspace
    channel = workspace.channels.get(_text(body, "channel"))
    if channel is None or not sees(workspace, channel, person.id):
        raise ClientError("You cannot see that conversation.")
    return channel


def _message(person: ActingMember, body: Json, key: str = "ts") -> Message:
    channel, ts = _channel(person, body), _text(body, key)
    own = [message for message in channel.ephemerals if message.ephemeral_to == person.id]
    for message in (*channel.messages, *own):
        if message.ts == ts:
            return message
    raise ClientError("That message is gone.")


def _modal(person: ActingMember, view_id: Any) -> ScreenView:
    workspace = person.workspace
    if view_id not in workspace.modal_stacks.get(person.id, []):
        raise ClientError("That window is closed already.")
    return workspace.views[view_id]


def _surface(person: ActingMember, where: Any) -> Message | ScreenView:
    """Return what the client points at: `{view}`, `{home: true}` or `{message, channel}`."""
    if not isinstance(where, dict):
        raise ClientError("The page did not say where. Reload it and try again.")
    if "view" in where:
        return _modal(person, where["view"])
    if where.get("home"):
        home = person.workspace.homes.get(person.id)
        if home is None:
            raise ClientError("The Home tab is empty now.")
        return home
    return _message(person, where, "message")


def _placed(surface: Message | ScreenView, body: Json) -> Placed:
    wanted = (body.get("block_id"), body.get("action_id"))
    for placed in placed_elements(surface.blocks):
        if (placed.block_id, placed.action_id) == wanted:
            return placed
    raise ClientError("That has changed in the meantime. Look again.")


def _keep_typed(person: ActingMember, surface: Message | ScreenView, typed: Any) -> None:
    """Remember what the page says was typed, as far as its fields are still there."""
    workspace = person.workspace
    with workspace.lock:
        changes = [
            (placed, kept)
            for placed in placed_elements(surface.blocks)
            if (kept := _typed_value(typed, placed)) and kept != _known(person, surface, placed)
        ]
        for placed, kept in changes:
            acts.keep_value(workspace, person.user, surface, placed, kept)


def _typed_value(typed: Any, placed: Placed) -> Json | None:
    in_block = typed.get(placed.block_id) if isinstance(typed, dict) else None
    value = in_block.get(placed.action_id) if isinstance(in_block, dict) else None
    kind = placed.element["type"]
    if not isinstance(value, dict) or value.get("type") != kind or kind not in VALUE_SHAPES:
        return None
    key = VALUE_SHAPES[kind].key
    return {"type": kind, key: value.get(key)}


def _known(person: ActingMember, surface: Message | ScreenView, placed: Placed) -> Json | None:
    if isinstance(surface, ScreenView):
        state = surface.state
    else:
        state = person.workspace.message_state.get((surface.ts, person.id), {})
    return state.get(placed.block_id, {}).get(placed.action_id)


def _outcome(answer: ActResult) -> Json:
    return {"ok": answer.ok, "error": answer.error, "errors": answer.errors}


def _use(person: ActingMember, body: Json) -> Json:
    surface = _surface(person, body.get("where"))
    placed = _placed(surface, body)
    _keep_typed(person, surface, body.get("typed"))
    wanted = body.get("value")
    return _outcome(acts.use_element(person.workspace, person.user, surface, placed, wanted))


def _keep(person: ActingMember, body: Json) -> Json:
    _keep_typed(person, _surface(person, body.get("where")), body.get("typed"))
    return {"ok": True}


def _suggest(person: ActingMember, body: Json) -> Json:
    surface = _surface(person, body.get("where"))
    placed, query = _placed(surface, body), str(body.get("query", ""))
    return {"options": acts.ask_suggestions(person.workspace, person.user, surface, placed, query)}


def _submit(person: ActingMember, body: Json) -> Json:
    view = _modal(person, body.get("view"))
    _keep_typed(person, view, body.get("typed"))
    return _outcome(acts.submit(person.workspace, person.user, view))


def _close(person: ActingMember, body: Json) -> Json:
    """Close the top modal, or with `all` the whole stack."""
    view, everything = _modal(person, body.get("view")), bool(body.get("all"))
    _keep_typed(person, view, body.get("typed"))
    answer = acts.close(person.workspace, person.user, view, cleared=everything)
    while everything and person.modal is not None:
        acts.close(person.workspace, person.user, person.modal.view, cleared=True)
    return _outcome(answer)


def _command(person: ActingMember, body: Json) -> Json:
    text = str(body.get("text") or "")[:LONGEST_TEXT]
    return _outcome(person.command(_text(body, "command"), text, channel=_channel(person, body)))


def _post(person: ActingMember, body: Json) -> Json:
    text = _text(body, "text").strip()
    if not text or len(text) > LONGEST_TEXT:
        raise ClientError(f"A message has 1 to {LONGEST_TEXT} characters; shorten it.")
    thread = _message(person, {**body, "ts": body["thread"]}) if body.get("thread") else None
    return {"ok": True, "ts": person.post(_channel(person, body), text, thread=thread).ts}


def _message_shortcut(person: ActingMember, body: Json) -> Json:
    return _outcome(person.shortcut(_text(body, "callback_id"), _message(person, body)))


def _global_shortcut(person: ActingMember, body: Json) -> Json:
    return _outcome(person.global_shortcut(_text(body, "callback_id")))


def _open_home(person: ActingMember, _body: Json) -> Json:
    acts.open_home(person.workspace, person.user, 0.0)
    return {"ok": True}


def _open_dm(person: ActingMember, body: Json) -> Json:
    user = person.workspace.user(_text(body, "user"))
    return {"ok": True, "channel": person.workspace.conversation_of([person.id, user.id]).id}


def _react(person: ActingMember, body: Json) -> Json:
    person.react(_message(person, body), _text(body, "name"))
    return {"ok": True}


def _unreact(person: ActingMember, body: Json) -> Json:
    person.unreact(_message(person, body), _text(body, "name"))
    return {"ok": True}


def _edit(person: ActingMember, body: Json) -> Json:
    text = _text(body, "text").strip()
    if not text or len(text) > LONGEST_TEXT:
        raise ClientError(f"A message has 1 to {LONGEST_TEXT} characters; shorten it.")
    person.edit(_message(person, body), text)
    return {"ok": True}


def _delete(person: ActingMember, body: Json) -> Json:
    person.delete(_message(person, body))
    return {"ok": True}


def _open_messages(person: ActingMember, _body: Json) -> Json:
    return {"ok": True, "channel": person.open_messages().id}


def _look_at(person: ActingMember, body: Json) -> Json:
    person.look_at(_channel(person, body))
    return {"ok": True}


def _pin(person: ActingMember, body: Json) -> Json:
    workspace, channel, message = person.workspace, _channel(person, body), _message(person, body)
    with workspace.changing():
        if all(pin.message_ts != message.ts for pin in channel.pins):
            channel.pins.append(Pin(message.ts, workspace.stamps.seconds(), person.id))
    return {"ok": True}


def _unpin(person: ActingMember, body: Json) -> Json:
    channel, ts = _channel(person, body), _text(body, "ts")
    with person.workspace.changing():
        channel.pins[:] = [pin for pin in channel.pins if pin.message_ts != ts]
    return {"ok": True}


def _canvas(person: ActingMember, body: Json) -> Json:
    """Edit the channel's canvas as a person does: write, delete or move a section."""
    channel = _channel(person, body)
    if person.id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.canvas is None:
        raise SlackError("canvas_not_found")
    canvas, section = channel.canvas, body.get("section")
    text = str(body.get("markdown") or "").strip()[:LONGEST_TEXT]
    with person.workspace.changing():
        at = canvas.place(section) if section else len(canvas.sections)
        if body.get("up"):
            canvas.sections.insert(max(0, at - 1), canvas.sections.pop(at))
        else:
            if section:
                del canvas.sections[at]
            canvas.write(text, at)
    return {"ok": True}


def _dismiss(person: ActingMember, body: Json) -> Json:
    channel, message = _channel(person, body), _message(person, body)
    with person.workspace.changing():
        if message in channel.ephemerals:
            channel.ephemerals.remove(message)
    return {"ok": True}


def _read(person: ActingMember, body: Json) -> Json:
    person.mark_read(_channel(person, body))
    return {"ok": True}


def _join(person: ActingMember, body: Json) -> Json:
    person.join(_channel(person, body))
    return {"ok": True}


def _invite(person: ActingMember, body: Json) -> Json:
    channel = _channel(person, body)
    if person.id not in channel.members:
        raise ClientError("Join the channel before you add others to it.")
    person.invite(channel, _text(body, "user"))
    return {"ok": True}


ACTS: dict[str, Act] = {
    "use": _use,
    "keep": _keep,
    "suggest": _suggest,
    "submit": _submit,
    "close": _close,
    "command": _command,
    "post": _post,
    "message_shortcut": _message_shortcut,
    "global_shortcut": _global_shortcut,
    "open_home": _open_home,
    "open_dm": _open_dm,
    "react": _react,
    "unreact": _unreact,
    "edit": _edit,
    "delete": _delete,
    "open_messages": _open_messages,
    "look_at": _look_at,
    "pin": _pin,
    "unpin": _unpin,
    "canvas": _canvas,
    "dismiss": _dismiss,
    "read": _read,
    "join": _join,
    "invite": _invite,
}
"""Every act of the client, by the last part of its address."""


def refusal_text(refusal: Exception) -> str:
    """Return the sentence to show for something that the workspace refused."""
    if isinstance(refusal, ClientError | NotOnScreenError):
        return str(refusal)
    code = str(getattr(refusal, "error", "")) or str(refusal)
    return table("refused", str).get(code) or say("refused_otherwise", code=code)
