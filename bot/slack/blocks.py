"""Block Kit builders. Each clips to Slack's limits, so that no caller has to remember them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.slack import limits
from bot.slack.action_ids import Act
from bot.slack.text import clean, clip, escape
from bot.texts import texts_beside

say = texts_beside(__file__).say

Block = dict[str, Any]
Element = dict[str, Any]


def plain(text: str, limit: int) -> Block:
    """Return a plain-text object; nothing in it is ever read as markup."""
    return {"type": "plain_text", "text": clip(clean(text).strip() or "–", limit), "emoji": True}


def mrkdwn(text: str, limit: int = limits.SECTION_TEXT) -> Block:
    """Return a mrkdwn object; text that is not `Mrkdwn` yet is escaped."""
    return {"type": "mrkdwn", "text": clip(escape(text), limit) or "–"}


def section(text: str, *, accessory: Element | None = None, block_id: str | None = None) -> Block:
    """Return a paragraph, with at most one element beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return _with(block, accessory=accessory, block_id=block_id)


def fields(texts: Sequence[str]) -> Block:
    """Return up to ten short texts in two columns."""
    shown = [mrkdwn(text, limits.FIELD_TEXT) for text in texts[: limits.FIELDS]]
    return {"type": "section", "fields": shown}


def header(text: str) -> Block:
    """Return a heading."""
    return {"type": "header", "text": plain(text, limits.HEADER_TEXT)}


def context(*texts: str) -> Block:
    """Return small print."""
    shown = [mrkdwn(text, limits.CONTEXT_TEXT) for text in texts[: limits.CONTEXT_ELEMENTS]]
    return {"type": "context", "elements": shown}


def divider() -> Block:
    """Return a line."""
    return {"type": "divider"}


def image(*, file_id: str, alt: str, title: str | None = None) -> Block:
    """Return a picture that was uploaded to Slack before."""
    block: Block = {
        "type": "image",
        "slack_file": {"id": file_id},
        "alt_text": clip(clean(alt), limits.ALT_TEXT),
    }
    return _with(block, title=plain(title, limits.ALT_TEXT) if title else None)


def actions(elements: Sequence[Element], *, block_id: str | None = None) -> Block:
    """Return a row of buttons and menus."""
    return _with(
        {"type": "actions", "elements": list(elements[: limits.ACTION_ELEMENTS])},
        block_id=block_id,
    )


def confirm(*, title: str, text: str, yes: str, no: str, danger: bool = False) -> Block:
    """Return the question Slack asks before it sends a press on."""
    block: Block = {
        "title": plain(title, limits.CONFIRM_TITLE),
        "text": plain(text, limits.CONFIRM_TEXT),
        "confirm": plain(yes, limits.CONFIRM_BUTTON),
        "deny": plain(no, limits.CONFIRM_BUTTON),
    }
    return _with(block, style="danger" if danger else None)


def button(
    text: str,
    action_id: str,
    value: str = "",
    *,
    style: str | None = None,
    ask: Block | None = None,
    url: str | None = None,
    spoken: str | None = None,
) -> Element:
    """Return a button.

    Args:
        text: its label.
        action_id: what the press is dispatched by.
        value: what the press carries.
        style: `primary` or `danger`; None for neither.
        ask: a confirmation built by `confirm`.
        url: a page that opens besides.
        spoken: what screen readers say, where the label alone does not tell buttons apart.
    """
    element: Element = {
        "type": "button",
        "text": plain(text, limits.BUTTON_TEXT),
        "action_id": action_id,
    }
    named = clip(clean(spoken), limits.BUTTON_TEXT) if spoken else None
    return _with(
        element,
        value=value or None,
        style=style,
        confirm=ask,
        url=url,
        accessibility_label=named,
    )


def option(text: str, value: str, description: str | None = None) -> Block:
    """Return one choice of a menu or box."""
    return _with(
        {"text": plain(text, limits.OPTION_TEXT), "value": value},
        description=plain(description, limits.OPTION_TEXT) if description else None,
    )


def options(pairs: Iterable[tuple[str, str]]) -> list[Block]:
    """Return choices from (value, label) pairs, at most a hundred."""
    return [option(label, value) for value, label in list(pairs)[: limits.OPTIONS]]


def static_select(
    action_id: str,
    choices: Iterable[tuple[str, str]],
    *,
    initial: str | None = None,
    placeholder: str | None = None,
) -> Element:
    """Return a menu of (value, label) choices."""
    listed = options(choices)
    chosen = next((choice for choice in listed if choice["value"] == initial), None)
    return _with(
        _menu("static_select", action_id, placeholder or say("choose")), options=listed
    ) | ({"initial_option": chosen} if chosen else {})


def multi_static_select(
    action_id: str,
    choices: Iterable[tuple[str, str]],
    *,
    initial: Sequence[str] = (),
    placeholder: str | None = None,
) -> Element:
    """Return a menu of which several can be chosen."""
    listed = options(choices)
    chosen = [choice for choice in listed if choice["value"] in initial]
    return _with(
        _menu("multi_static_select", action_id, placeholder or say("choose")),
        options=listed,
        initial_options=chosen or None,
    )


def users_select(action_id: str, *, initial: str | None = None) -> Element:
    """Return a menu of the workspace's people."""
    return _with(_menu("users_select", action_id, say("choose_person")), initial_user=initial)


def multi_users_select(
    action_id: str,
    *,
    initial: Sequence[str] = (),
    most: int | None = None,
) -> Element:
    """Return a menu of the workspace's people, of which up to `most` can be chosen."""
    menu = _menu("multi_users_select", action_id, say("choose_people"))
    return _with(menu, initial_users=list(initial) or None, max_selected_items=most)


def channels_select(action_id: str, *, initial: str | None = None) -> Element:
    """Return a menu of public channels and the private ones the person is in."""
    menu = _menu("conversations_select", action_id, say("choose_channel"))
    kinds = {"include": ["public", "private"], "exclude_bot_users": True}
    return _with(menu, initial_conversation=initial, filter=kinds)


def text_input(
    action_id: str,
    *,
    initial: str | None = None,
    multiline: bool = False,
    placeholder: str | None = None,
    max_length: int = limits.INPUT_VALUE,
) -> Element:
    """Return a field to type in."""
    element: Element = {
        "type": "plain_text_input",
        "action_id": action_id,
        "multiline": multiline,
        "max_length": max_length,
    }
    return _with(
        element,
        initial_value=clip(clean(initial), max_length) if initial else None,
        placeholder=plain(placeholder, limits.PLACEHOLDER) if placeholder else None,
    )


def radio_buttons(
    action_id: str, choices: Iterable[tuple[str, str]], *, initial: str | None = None
) -> Element:
    """Return up to ten choices of which one holds."""
    listed = options(choices)[: limits.BOX_OPTIONS]
    chosen = next((choice for choice in listed if choice["value"] == initial), None)
    return _with(
        {"type": "radio_buttons", "action_id": action_id, "options": listed},
        initial_option=chosen,
    )


def checkboxes(
    action_id: str, choices: Iterable[tuple[str, str]], *, initial: Sequence[str] = ()
) -> Element:
    """Return up to ten boxes to tick."""
    listed = options(choices)[: limits.BOX_OPTIONS]
    chosen = [choice for choice in listed if choice["value"] in initial]
    return _with(
        {"type": "checkboxes", "action_id": action_id, "options": listed},
        initial_options=chosen or None,
    )


def date_picker(action_id: str, *, initial: str | None = None) -> Element:
    """Return a calendar; `initial` is an ISO date."""
    return _with({"type": "datepicker", "action_id": action_id}, initial_date=initial)


def time_picker(action_id: str, *, initial: str | None = None) -> Element:
    """Return a clock; `initial` is HH:MM."""
    return _with({"type": "timepicker", "action_id": action_id}, initial_time=initial)


def moment_picker(action_id: str, *, initial: int | None = None) -> Element:
    """Return a calendar with a clock, in the reader's own zone; `initial` is Unix seconds."""
    return _with({"type": "datetimepicker", "action_id": action_id}, initial_date_time=initial)


def more_row(label: str) -> Block:
    """Return the button of a form that shows its other fields."""
    return actions([button(label, Act.FORM_MORE)], block_id="more")


def form_field(
    block_id: str,
    label: str,
    element: Element,
    *,
    hint: str | None = None,
    optional: bool = False,
) -> Block:
    """Return a labelled field of a modal; errors come back under `block_id`."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label, limits.INPUT_LABEL),
        "element": element,
        "optional": optional,
    }
    return _with(block, hint=plain(hint, limits.INPUT_HINT) if hint else None)


def modal(
    callback_id: str,
    title: str,
    blocks: Sequence[Block],
    *,
    submit: str | None = "",
    close: str | None = None,
    private_metadata: str = "",
) -> Block:
    """Return a modal view.

    Args:
        callback_id: what the handler is found by.
        title: in the bar.
        blocks: at most a hundred.
        submit: the label of its button; "Save" where empty, and no button for None.
        close: the other button's label; "Cancel", or "Close" beside no submit, when left out.
        private_metadata: comes back with the form.

    Raises:
        ValueError: the private metadata is longer than Slack keeps.
    """
    if len(private_metadata) > limits.PRIVATE_METADATA:
        message = f"private metadata of {callback_id} is {len(private_metadata)} characters long"
        raise ValueError(message)
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, limits.VIEW_WORD),
        "close": plain(close or say("close" if submit is None else "cancel"), limits.VIEW_WORD),
        "blocks": list(blocks[: limits.VIEW_BLOCKS]),
        "private_metadata": private_metadata,
    }
    word = say("save") if submit == "" else submit
    return _with(view, submit=plain(word, limits.VIEW_WORD) if word else None)


def home(blocks: Sequence[Block]) -> Block:
    """Return the Home tab's view."""
    return {"type": "home", "blocks": list(blocks[: limits.VIEW_BLOCKS])}


def message(text: str, blocks: Sequence[Block] = ()) -> Block:
    """Return a message's content.

    Args:
        text: the fallback that notifications and screen readers use; mrkdwn, so it is escaped.
        blocks: at most fifty; what is over gives way to a note that says so.
    """
    shown = list(blocks)
    if len(shown) > limits.MESSAGE_BLOCKS:
        left_out = len(shown) - limits.MESSAGE_BLOCKS + 1
        shown = [*shown[: limits.MESSAGE_BLOCKS - 1], context(say("left_out", count=left_out))]
    return {"text": clip(escape(text), limits.MESSAGE_TEXT), "blocks": shown}


def _menu(kind: str, action_id: str, placeholder: str) -> Element:
    return {
        "type": kind,
        "action_id": action_id,
        "placeholder": plain(placeholder, limits.PLACEHOLDER),
    }


def _with(block: Block, **extras: Any) -> Block:
    return block | {key: value for key, value in extras.items() if value is not None}
