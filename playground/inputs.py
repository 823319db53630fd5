"""What can be pressed, chosen and typed into: Block Kit's interactive elements and their values."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from playground.errors import NotOnScreenError
from playground.model import Block, StateValues

Element = dict[str, Any]


@dataclass(frozen=True)
class ValueShape:
    """How an element of one type carries its value.

    Args:
        key: where the value stands in `state.values` and in an action.
        initial: where the element says what it starts with.
        many: whether the value is a list.
        option: whether the value is one of the element's options.
    """

    key: str
    initial: str
    many: bool = False
    option: bool = False


TEXT = ValueShape("value", "initial_value")
ONE_OPTION = ValueShape("selected_option", "initial_option", option=True)
MANY_OPTIONS = ValueShape("selected_options", "initial_options", many=True, option=True)
VALUE_SHAPES: dict[str, ValueShape] = {
    "plain_text_input": TEXT,
    "email_text_input": TEXT,
    "url_text_input": TEXT,
    "number_input": TEXT,
    "rich_text_input": ValueShape("rich_text_value", "initial_value"),
    "static_select": ONE_OPTION,
    "external_select": ONE_OPTION,
    "radio_buttons": ONE_OPTION,
    "checkboxes": MANY_OPTIONS,
    "multi_static_select": MANY_OPTIONS,
    "multi_external_select": MANY_OPTIONS,
    "users_select": ValueShape("selected_user", "initial_user"),
    "conversations_select": ValueShape("selected_conversation", "initial_conversation"),
    "channels_select": ValueShape("selected_channel", "initial_channel"),
    "multi_users_select": ValueShape("selected_users", "initial_users", many=True),
    "multi_conversations_select": ValueShape(
        "selected_conversations", "initial_conversations", many=True
    ),
    "multi_channels_select": ValueShape("selected_channels", "initial_channels", many=True),
    "datepicker": ValueShape("selected_date", "initial_date"),
    "timepicker": ValueShape("selected_time", "initial_time"),
    "datetimepicker": ValueShape("selected_date_time", "initial_date_time"),
    "file_input": ValueShape("files", "initial_files", many=True),
}
"""The elements that keep a value; buttons and overflow menus only send one."""

ACTION_KEYS = ("action_id", "block_id", "text", "value", "type", "style", "placeholder", "confirm")


@dataclass(frozen=True)
class Placed:
    """An interactive element and the block that holds it."""

    block: Block
    element: Element

    @property
    def block_id(self) -> str:
        """The block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """The element's id."""
        return str(self.element.get("action_id", ""))

    @property
    def shape(self) -> ValueShape | None:
        """How it carries its value; None for a button or an overflow menu."""
        return VALUE_SHAPES.get(str(self.element.get("type")))


def placed_elements(blocks: Iterable[Block]) -> Iterator[Placed]:
    """Yield every interactive element of `blocks`, in reading order."""
    for block in blocks:
        yield from placed_elements(block.get("child_blocks", []))
        candidates = [*_elements(block), block.get("accessory"), block.get("element")]
        for element in candidates:
            if isinstance(element, dict) and "action_id" in element:
                yield Placed(block, element)


def _elements(block: Block) -> list[Any]:
    elements = block.get("elements", []) if block.get("type") != "rich_text" else []
    return elements if isinstance(elements, list) else []


def find_element(blocks: Iterable[Block], name: str, value: Any = None) -> Placed:
    """Return the element with this action_id, or in the block with this id.

    Args:
        blocks: what is on the screen.
        name: an action_id or a block_id.
        value: where several fit, the value of the one that is meant.

    Raises:
        NotOnScreenError: saying what there is instead.
    """
    placed = list(placed_elements(blocks))
    fitting = [one for one in placed if name in (one.action_id, one.block_id)]
    exact = [one for one in fitting if value is not None and one.element.get("value") == value]
    if not fitting:
        there = ", ".join(one.action_id for one in placed) or "nothing"
        raise NotOnScreenError(f"There is no {name!r} on the screen; there is: {there}.")
    return (exact or fitting)[0]


def options_of(element: Element) -> list[dict[str, Any]]:
    """Return an element's options, those of its groups included."""
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    return [*element.get("options", []), *grouped]


def option_of(element: Element, wanted: Any) -> dict[str, Any]:
    """Return the option of `element` that has this value or this text, or is this option."""
    if isinstance(wanted, dict) and "value" in wanted:
        return wanted
    options = options_of(element)
    for option in options:
        if wanted in (option.get("value"), option["text"]["text"]):
            return option
    there = ", ".join(str(option.get("value")) for option in options) or "nothing"
    raise NotOnScreenError(f"There is no option {wanted!r} to choose; there is: {there}.")


def value_object(element: Element, wanted: Any) -> dict[str, Any]:
    """Return the element's value as `state.values` carries it.

    Args:
        element: one that keeps a value.
        wanted: text, an option's value or text, a person or an id, a date, or a list of these;
            None empties it.
    """
    shape = VALUE_SHAPES[element["type"]]
    value: Any
    if shape.many:
        listed = [] if wanted is None else wanted
        listed = listed if isinstance(listed, (list, tuple, set)) else [listed]
        value = [_single_value(element, shape, one) for one in listed]
    else:
        value = None if wanted is None else _single_value(element, shape, wanted)
    return {"type": element["type"], shape.key: value}


def _single_value(element: Element, shape: ValueShape, wanted: Any) -> Any:
    if shape.option:
        return option_of(element, wanted)
    if hasattr(wanted, "id"):
        return wanted.id
    if element["type"] == "rich_text_input":
        return wanted if isinstance(wanted, dict) else rich_text(str(wanted))
    return wanted if element["type"] == "datetimepicker" else str(wanted)


def rich_text(text: str) -> Block:
    """Return `text` as a rich_text block with one section."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def initial_object(element: Element) -> dict[str, Any]:
    """Return the value an untouched element carries."""
    shape = VALUE_SHAPES[element["type"]]
    empty: Any = [] if shape.many else None
    initial = copy.deepcopy(element.get(shape.initial, empty))
    return {"type": element["type"], shape.key: initial}


def state_of(blocks: Iterable[Block], typed: StateValues) -> StateValues:
    """Return `state.values`: what was typed, and for untouched elements what they started with."""
    state: StateValues = {}
    for placed in placed_elements(blocks):
        if placed.shape is not None:
            kept = typed.get(placed.block_id, {}).get(placed.action_id)
            fitting = kept if kept and kept["type"] == placed.element["type"] else None
            values = state.setdefault(placed.block_id, {})
            values[placed.action_id] = fitting or initial_object(placed.element)
    return state


def action_for(placed: Placed, wanted: Any, action_ts: str) -> dict[str, Any]:
    """Return the entry of a payload's `actions` for using this element."""
    element = placed.element
    action = {key: element[key] for key in ACTION_KEYS if key in element}
    action["block_id"] = placed.block_id
    action["action_ts"] = action_ts
    if element["type"] == "overflow":
        action["selected_option"] = option_of(element, wanted)
    elif placed.shape is not None:
        action.update(value_object(element, wanted))
        if placed.shape.initial in element:
            action[placed.shape.initial] = element[placed.shape.initial]
    return action
