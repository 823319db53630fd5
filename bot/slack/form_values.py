"""The values of a form: what its fields start with, and starting them with what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.slack.blocks import Block, Element

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]

INITIALS: Final[dict[str, tuple[str, str]]] = {
    "plain_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
"""Element type → where its value stands in `state.values`, and in the element at first."""
OPTIONS: Final = frozenset({"initial_option", "initial_options"})


def fields_of(view: Mapping[str, Any]) -> Iterator[tuple[str, Element]]:
    """Yield block id and element of each field of a form."""
    for block in view.get("blocks") or []:
        element = block.get("element")
        if block.get("type") == "input" and isinstance(element, dict):
            yield str(block.get("block_id", "")), element


def initial_values(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form's fields start with, by block id, in comparable form."""
    found = {}
    for block_id, element in fields_of(view):
        shape = INITIALS.get(str(element.get("type")))
        if shape:
            found[block_id] = _plain(element.get(shape[1]))
    return found


def typed_values(values: Values) -> dict[str, Any]:
    """Return `state.values` by block id, in the form that `initial_values` has."""
    found = {}
    for block_id, elements in values.items():
        for element in elements.values():
            shape = INITIALS.get(str(element.get("type")))
            if shape:
                found[block_id] = _plain(element.get(shape[0]))
    return found


def _plain(value: Any) -> Any:
    """Return a value without what Slack adds to it; options are their own values."""
    if isinstance(value, Mapping):
        return value.get("value")
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value] or None
    return value or None


def with_values(view: Mapping[str, Any], values: Values) -> Block:
    """Return a form whose fields start with what was typed; fields without a value stay.

    An option that the form no longer has is left out, since Slack refuses a form that starts with
    one.
    """
    typed = typed_values(values)
    return {
        **view,
        "blocks": [
            {**block, "element": _started(block["element"], typed[block["block_id"]])}
            if block.get("type") == "input" and block.get("block_id") in typed
            else block
            for block in view["blocks"]
        ],
    }


def _started(element: Element, value: Any) -> Element:
    shape = INITIALS.get(str(element.get("type")))
    if shape is None:
        return element
    bare = {key: each for key, each in element.items() if key != shape[1]}
    if shape[1] in OPTIONS:
        value = _options(element, value, many=shape[1] == "initial_options")
    return bare | {shape[1]: value} if value else bare


def _options(element: Element, value: Any, *, many: bool) -> Any:
    wanted = value if many else [value]
    found = [each for each in element.get("options") or [] if each["value"] in (wanted or [])]
    if many:
        return found
    return found[0] if found else None
