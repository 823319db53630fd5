"""views.*: modals and the Home tab."""

from __future__ import annotations

from typing import Any

from playground import views
from playground.errors import SlackError
from playground.methods.registry import MethodCall, method
from playground.model import ScreenView
from playground.shapes import view_shape
from playground.tickets import use_trigger

Json = dict[str, Any]
LARGEST_VIEW = 250_000


def _sent(request: MethodCall) -> Json:
    if len(str(request.arguments.values["view"])) > LARGEST_VIEW:
        raise SlackError("view_too_large")
    sent: Json = request.arguments.json("view")
    return sent


def _answer(request: MethodCall, view: ScreenView) -> Json:
    return {"view": view_shape(request.workspace, view)}


def _trigger_id(request: MethodCall) -> str:
    pointer = request.arguments.text("interactivity_pointer")
    trigger_id = request.arguments.text("trigger_id", pointer)
    if not trigger_id:
        message = "[ERROR] missing required field: trigger_id"
        raise SlackError("invalid_arguments", [message])
    return trigger_id


@method("views.open")
def open_view(request: MethodCall) -> Json:
    """Open a modal."""
    sent = views.checked(_sent(request), "modal")
    trigger = use_trigger(request.workspace, _trigger_id(request))
    return _answer(request, views.open_modal(request.workspace, trigger.user_id, sent))


@method("views.push")
def push_view(request: MethodCall) -> Json:
    """Open a modal above an open one."""
    workspace = request.workspace
    sent = views.checked(_sent(request), "modal")
    trigger = use_trigger(workspace, _trigger_id(request))
    if not workspace.modal_stacks.get(trigger.user_id):
        raise SlackError("not_found")
    return _answer(request, views.open_modal(workspace, trigger.user_id, sent))


@method("views.update")
def update_view(request: MethodCall) -> Json:
    """Give an open modal new content."""
    arguments, workspace = request.arguments, request.workspace
    view_id, external_id = arguments.text("view_id"), arguments.text("external_id")
    if not (view_id or external_id):
        message = "[ERROR] missing required field: view_id or external_id"
        raise SlackError("invalid_arguments", [message])
    sent = views.checked(_sent(request), "modal")
    view = views.find_view(workspace, view_id, external_id)
    if view.type != "modal":
        raise SlackError("not_found")
    return _answer(request, views.replace_modal(workspace, view, sent, arguments.text("hash")))


@method("views.publish")
def publish_view(request: MethodCall) -> Json:
    """Publish somebody's Home tab."""
    arguments = request.arguments
    user = request.workspace.user(arguments.text("user_id"))
    sent = _sent(request)
    view = views.publish_home(request.workspace, user.id, sent, arguments.text("hash"))
    return _answer(request, view)
