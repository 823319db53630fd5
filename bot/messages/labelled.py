"""Buttons, questions, fields and forms by the keys of their words.

A field of a form is named once: the element in it answers to the field's own name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from bot.messages.catalog import say_plain
from bot.slack import blocks
from bot.slack.blocks import Block, Element


def button(label: str, action_id: str, value: str = "", **more: Any) -> Element:
    """Return a button; see `blocks.button`.

    Args:
        label: the key of its words.
        action_id: what the press is dispatched by.
        value: what the press carries.
        more: as `blocks.button` takes it.
    """
    return blocks.button(say_plain(label), action_id, value, **more)


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> Block:
    """Return the question Slack asks before it sends a press on, by the keys of its words."""
    asked, said, go, stay = map(say_plain, (title, text, yes, no))
    return blocks.confirm(title=asked, text=said, yes=go, no=stay, danger=danger)


def modal(
    callback_id: str,
    title: str,
    rows: Sequence[Block],
    *,
    submit: str = "",
    close: str = "",
    private: object = "",
) -> Block:
    """Return a form.

    Args:
        callback_id: what the handler is found by.
        title: the key of what stands in the bar.
        rows: at most a hundred.
        submit: the key of its button's label; "Save" where left out.
        close: the key of the other button's label; "Cancel" where left out.
        private: comes back with the form.
    """
    return blocks.modal(
        callback_id,
        say_plain(title),
        rows,
        submit=submit and say_plain(submit),
        close=say_plain(close) if close else None,
        private_metadata=str(private),
    )


def _field(make: Callable[..., Element]) -> Callable[..., Block]:
    def field(
        name: str, label: str, *given: Any, hint: str = "", optional: bool = False, **more: Any
    ) -> Block:
        """Return a labelled field of a form; errors come back under its name.

        Args:
            name: of the field.
            label: the key of its words.
            given: what its element takes besides the name, for example its choices.
            hint: the key of the line below it.
            optional: whether it may stay empty.
            more: as its element takes it.
        """
        element = make(name, *given, **more)
        said = say_plain(hint) if hint else None
        return blocks.form_field(name, say_plain(label), element, hint=said, optional=optional)

    return field


text_field: Final = _field(blocks.text_input)
select_field: Final = _field(blocks.static_select)
radio_field: Final = _field(blocks.radio_buttons)
boxes_field: Final = _field(blocks.checkboxes)
person_field: Final = _field(blocks.users_select)
people_field: Final = _field(blocks.multi_users_select)
channel_field: Final = _field(blocks.channels_select)
date_field: Final = _field(blocks.date_picker)
time_field: Final = _field(blocks.time_picker)
moment_field: Final = _field(blocks.moment_picker)
