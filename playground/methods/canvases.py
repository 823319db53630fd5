"""canvases.* and conversations.canvases.*: one canvas a channel."""

from __future__ import annotations

from typing import Any, Final

from playground.canvas import LARGEST, Canvas
from playground.errors import SlackError
from playground.methods.access import visible_channel
from playground.methods.registry import MethodCall, method

Json = dict[str, Any]
OPERATIONS: Final = {
    "insert_at_start": (False, True),
    "insert_at_end": (False, True),
    "insert_before": (True, True),
    "insert_after": (True, True),
    "replace": (None, True),
    "delete": (True, False),
}
"""Operation → whether it needs a section (None: it may do without) and content."""
KINDS: Final = frozenset({"any_header", "h1", "h2", "h3"})


def _markdown(given: Any) -> str:
    if not isinstance(given, dict) or given.get("type") != "markdown":
        raise SlackError("invalid_arguments", ["[ERROR] document_content must be markdown"])
    text = given.get("markdown")
    if not isinstance(text, str) or len(text) > LARGEST:
        raise SlackError("invalid_arguments", ["[ERROR] markdown must be text of at most 1 MiB"])
    return text


def _refuse_on_free_plan(request: MethodCall) -> None:
    if request.workspace.has_no_canvases:
        raise SlackError("canvas_disabled_user_team")


def _canvas(request: MethodCall) -> Canvas:
    _refuse_on_free_plan(request)
    wanted = request.arguments.text("canvas_id")
    for channel in request.workspace.channels.values():
        canvas = channel.canvas
        if canvas is not None and canvas.id == wanted:
            if request.workspace.bot_user_id not in channel.members:
                break
            return canvas
    raise SlackError("canvas_not_found")


@method("conversations.canvases.create")
def conversations_canvases_create(request: MethodCall) -> Json:
    """Create a channel's canvas."""
    _refuse_on_free_plan(request)
    channel = visible_channel(request, request.arguments.text("channel_id"))
    if request.workspace.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.canvas is not None:
        raise SlackError("channel_canvas_already_exists")
    content = request.arguments.json("document_content")
    ids = request.workspace.ids
    canvas = Canvas(ids.new("F"), request.arguments.text("title"), lambda: f"temp:C:{ids.new('S')}")
    if content is not None:
        canvas.write(_markdown(content), 0)
    channel.canvas = canvas
    return {"canvas_id": canvas.id}


@method("canvases.edit")
def canvases_edit(request: MethodCall) -> Json:
    """Change one section."""
    canvas, changes = _canvas(request), request.arguments.json("changes")
    if not isinstance(changes, list) or len(changes) != 1 or not isinstance(changes[0], dict):
        raise SlackError("invalid_arguments", ["[ERROR] changes must hold one operation"])
    change = changes[0]
    operation = str(change.get("operation"))
    if operation not in OPERATIONS:
        raise SlackError("invalid_arguments", ["[ERROR] unknown operation"])
    needs_section, needs_content = OPERATIONS[operation]
    section_id, content = change.get("section_id"), change.get("document_content")
    wrong_section = needs_section is not None and bool(section_id) is not needs_section
    if wrong_section or (content is not None) is not needs_content:
        raise SlackError("invalid_arguments", [f"[ERROR] wrong fields for {operation}"])
    _apply(canvas, operation, section_id, _markdown(content) if needs_content else "")
    return {}


def _apply(canvas: Canvas, operation: str, section_id: str | None, markdown: str) -> None:
    if section_id is None:
        if operation == "replace":
            canvas.sections.clear()
        canvas.write(markdown, 0 if operation == "insert_at_start" else len(canvas.sections))
        return
    at = canvas.place(section_id)
    if operation in ("replace", "delete"):
        del canvas.sections[at]
    if operation != "delete":
        canvas.write(markdown, at + (operation == "insert_after"))


@method("canvases.sections.lookup")
def canvases_sections_lookup(request: MethodCall) -> Json:
    """Find sections by their kind and text."""
    canvas, criteria = _canvas(request), request.arguments.json("criteria")
    if not isinstance(criteria, dict) or not criteria:
        raise SlackError("invalid_arguments", ["[ERROR] criteria must be an object"])
    kinds, text = criteria.get("section_types", []), criteria.get("contains_text", "")
    if not isinstance(kinds, list) or len(kinds) > 3 or not KINDS.issuperset(kinds):
        raise SlackError("invalid_arguments", ["[ERROR] unknown section types"])
    return {"sections": [{"id": section.id} for section in canvas.found(kinds, str(text))]}


@method("canvases.getContent")
def canvases_get_content(request: MethodCall) -> Json:
    """Return the whole canvas as Markdown."""
    return {"content": _canvas(request).markdown}
