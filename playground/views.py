"""Modals and Home tabs: opening, replacing, stacking and taking them away."""

from __future__ import annotations

from typing import Any

from playground.blockkit import check_view, complete_blocks
from playground.errors import SlackError
from playground.model import ScreenView
from playground.stamps import new_secret
from playground.team import Team

Json = dict[str, Any]
DEEPEST_STACK = 3
CONTENT_KEYS = (
    "title",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
)


def checked(view: Any, kind: str) -> Json:
    """Return the view the app sent, or refuse it as Slack does, saying the place.

    Args:
        view: as sent, decoded.
        kind: `modal` or `home`.
    """
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", ["[ERROR] must be an object [json-pointer:/view]"])
    problems = check_view(view, kind)
    if problems:
        raise SlackError("invalid_arguments", problems)
    return view


def open_modal(workspace: Team, user_id: str, sent: Json) -> ScreenView:
    """Lay a modal on top of this person's screen."""
    content = checked(sent, "modal")
    with workspace.changing():
        stack = workspace.modal_stacks.setdefault(user_id, [])
        if len(stack) >= DEEPEST_STACK:
            raise SlackError("push_limit_reached")
        view = ScreenView(
            id=workspace.ids.new("V"),
            user_id=user_id,
            type="modal",
            blocks=[],
            hash="",
            root_view_id=stack[0] if stack else "",
            previous_view_id=stack[-1] if stack else None,
        )
        view.root_view_id = view.root_view_id or view.id
        _lay(workspace, view, content)
        workspace.views[view.id] = view
        stack.append(view.id)
    return view


def replace_modal(
    workspace: Team, view: ScreenView, sent: Json, known_hash: str = ""
) -> ScreenView:
    """Give an open modal new content; what was typed stays where the field stays."""
    content = checked(sent, "modal")
    with workspace.changing():
        if known_hash and known_hash != view.hash:
            raise SlackError("hash_conflict")
        _lay(workspace, view, content)
    return view


def publish_home(workspace: Team, user_id: str, sent: Json, known_hash: str = "") -> ScreenView:
    """Show a new Home tab to one person."""
    content = checked(sent, "home")
    with workspace.changing():
        view = workspace.homes.get(user_id)
        if known_hash and view and known_hash != view.hash:
            raise SlackError("hash_conflict")
        if view is None:
            view = ScreenView(workspace.ids.new("V"), user_id, "home", [], "")
            view.root_view_id = view.id
        _lay(workspace, view, content)
        workspace.homes[user_id] = view
        workspace.views[view.id] = view
    return view


def _lay(workspace: Team, view: ScreenView, content: Json) -> None:
    external_id = content.get("external_id") or ""
    others = (one for one in workspace.views.values() if one.id != view.id)
    if external_id and any(one.external_id == external_id for one in others):
        raise SlackError("duplicate_external_id")
    empty = ScreenView("", "", "", [], "")
    for key in CONTENT_KEYS:
        setattr(view, key, content.get(key) or getattr(empty, key))
    view.blocks = complete_blocks(content["blocks"])
    view.errors = {}
    view.hash = f"{workspace.stamps.seconds()}.{new_secret('')[:8]}"
    _forget_removed_fields(view)


def _forget_removed_fields(view: ScreenView) -> None:
    kept = {block["block_id"] for block in view.blocks}
    view.state = {block_id: typed for block_id, typed in view.state.items() if block_id in kept}


def find_view(workspace: Team, view_id: str | None, external_id: str | None) -> ScreenView:
    """Return an open view by either of its ids, or refuse with `not_found`."""
    for view in workspace.views.values():
        if view.id == view_id or (external_id and view.external_id == external_id):
            return view
    raise SlackError("not_found")


def remove_modal(workspace: Team, view: ScreenView) -> None:
    """Take one modal, and all above it, from the screen."""
    with workspace.changing():
        stack = workspace.modal_stacks.get(view.user_id, [])
        if view.id in stack:
            position = stack.index(view.id)
            for gone in stack[position:]:
                workspace.views.pop(gone, None)
            del stack[position:]


def remove_all_modals(workspace: Team, user_id: str) -> list[ScreenView]:
    """Take all modals from this person's screen and return them, the top one first."""
    with workspace.changing():
        stack = workspace.modal_stacks.pop(user_id, [])
        return [workspace.views.pop(view_id) for view_id in reversed(stack)]
