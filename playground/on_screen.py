"""Finding what somebody presses: messages by their buttons, and by the marks of delivery."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

from playground.errors import NotOnScreenError
from playground.model import Message
from playground.people import ActingMember


def key_of(message: Message) -> str:
    """Return the outbox key that delivery marks a message with."""
    return str((message.metadata or {}).get("event_payload", {}).get("key", ""))


def elements(message: Message) -> list[dict[str, Any]]:
    """Return the buttons and menus of a message."""
    found: list[dict[str, Any]] = []
    for block in message.blocks:
        found += block.get("elements", []) if block["type"] == "actions" else []
        if block.get("accessory"):
            found.append(block["accessory"])
    return found


def last_with(messages: Sequence[Message], action_id: str) -> Message:
    """Return the newest message that has the button."""
    for message in reversed(messages):
        if any(element.get("action_id") == action_id for element in elements(message)):
            return message
    text = f"no message with the button {action_id}"
    raise NotOnScreenError(text)


def with_value(messages: Sequence[Message], action_id: str, value: int | str) -> Message:
    """Return the newest message whose button says the value."""
    for message in reversed(messages):
        for element in elements(message):
            parts = re.split(r":", str(element.get("value", "")))
            if element.get("action_id") == action_id and str(value) in parts:
                return message
    text = f"no message with the button {action_id} for {value}"
    raise NotOnScreenError(text)


def number_of(message: Message, action_id: str) -> int:
    """Return the row that a button stands for."""
    values = [e["value"] for e in elements(message) if e.get("action_id") == action_id]
    return int(str(values[0]).split(":")[0])


def close_all(person: ActingMember) -> None:
    """Close what is still open, such as a modal that only says something."""
    time.sleep(0)
    while person.modal is not None:
        person.modal.close()
