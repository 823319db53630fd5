"""What Slack delivers, read once into plain values, and what a handler answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.sprint.errors import InputError

Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Form:
    """A modal's fields by their block id, each with one element.

    Args:
        values: `view.state.values` as Slack delivers it.
    """

    values: Values = field(default_factory=dict)

    def _element(self, block_id: str) -> Mapping[str, Any]:
        return next(iter(self.values.get(block_id, {}).values()), {})

    def text(self, block_id: str) -> str:
        """Return what was typed, without blanks around it; empty when nothing was."""
        return str(self._element(block_id).get("value") or "").strip()

    def choice(self, block_id: str) -> str | None:
        """Return the value of the chosen option."""
        chosen = self._element(block_id).get("selected_option")
        return str(chosen["value"]) if chosen else None

    def choices(self, block_id: str) -> list[str]:
        """Return the values of all chosen options."""
        chosen = self._element(block_id).get("selected_options") or []
        return [str(option["value"]) for option in chosen]

    def user(self, block_id: str) -> str | None:
        """Return the chosen person's id."""
        return self._element(block_id).get("selected_user")

    def conversation(self, block_id: str) -> str | None:
        """Return the chosen channel's id."""
        element = self._element(block_id)
        return element.get("selected_conversation") or element.get("selected_channel")

    def date(self, block_id: str) -> str | None:
        """Return the chosen ISO date."""
        return self._element(block_id).get("selected_date")

    def time(self, block_id: str) -> str | None:
        """Return the chosen `HH:MM`."""
        return self._element(block_id).get("selected_time")


@dataclass(frozen=True, slots=True)
class Request:
    """One command, click, submission or shortcut.

    Args:
        team_id: the workspace.
        user_id: who acts.
        user_name: their handle, until Slack has said their name.
        channel_id: where they act; None in a modal or Home.
        trigger_id: what opens a modal, for three seconds.
        text: what follows a command.
        action_id: the pressed element's id, whole.
        value: what the pressed button or chosen option carries.
        form: a submitted modal's fields.
        private: a modal's private metadata.
        view: the modal or Home that it happened in.
        message: the message that it happened on.
        receipt: names this delivery, so that a second one of it is recognised.
    """

    team_id: str
    user_id: str
    user_name: str = ""
    channel_id: str | None = None
    trigger_id: str = ""
    text: str = ""
    action_id: str = ""
    value: str = ""
    form: Form = field(default_factory=Form)
    private: str = ""
    view: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    receipt: str | None = None

    def number(self, part: int = 0) -> int:
        """Return a number out of the value, for example the second one of `12:5`.

        Raises:
            InputError: the value holds none, as after a button of another time or hand.
        """
        parts = (self.value or self.private).split(":")
        if part >= len(parts) or not parts[part].isdecimal() or len(parts[part]) > 18:
            message = "That button is too old for me. `/sprint status` shows the current ones."
            raise InputError(message)
        return int(parts[part])


@dataclass(frozen=True, slots=True)
class Say:
    """Tell only the person who acted; `content` comes from `blocks.message`."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Open:
    """Open a modal, or put it on top of the open one."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """Show another view in the place of the submitted one."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Errors:
    """Keep the modal open with what was typed, and say what is wrong at each field."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to say here; the change shows in the channel."""


Outcome = Say | Open | Replace | Errors | Done


def from_command(body: Mapping[str, Any]) -> Request:
    """Read a slash command."""
    return Request(
        team_id=str(body["team_id"]),
        user_id=str(body["user_id"]),
        user_name=str(body.get("user_name", "")),
        channel_id=body.get("channel_id"),
        trigger_id=str(body.get("trigger_id", "")),
        text=str(body.get("text") or "").strip(),
        receipt=f"command:{body['trigger_id']}" if body.get("trigger_id") else None,
    )


def from_action(body: Mapping[str, Any]) -> Request:
    """Read a press on a button or a choice from a menu."""
    action = body["actions"][0]
    view = body.get("view") or {}
    return Request(
        team_id=_team_of(body),
        user_id=str(body["user"]["id"]),
        user_name=_name_of(body),
        channel_id=(body.get("channel") or {}).get("id"),
        trigger_id=str(body.get("trigger_id", "")),
        action_id=str(action.get("action_id", "")),
        value=_value_of(action),
        form=Form((view.get("state") or body.get("state") or {}).get("values") or {}),
        private=str(view.get("private_metadata") or ""),
        view=view,
        message=body.get("message") or {},
    )


def from_view(body: Mapping[str, Any]) -> Request:
    """Read a submitted modal."""
    view = body["view"]
    return Request(
        team_id=_team_of(body),
        user_id=str(body["user"]["id"]),
        user_name=_name_of(body),
        trigger_id=str(body.get("trigger_id", "")),
        form=Form((view.get("state") or {}).get("values") or {}),
        private=str(view.get("private_metadata") or ""),
        view=view,
        receipt=f"view:{view['id']}",
    )


def from_shortcut(body: Mapping[str, Any]) -> Request:
    """Read a shortcut on a message, or one from the search bar."""
    return Request(
        team_id=_team_of(body),
        user_id=str(body["user"]["id"]),
        user_name=_name_of(body),
        channel_id=(body.get("channel") or {}).get("id"),
        trigger_id=str(body.get("trigger_id", "")),
        message=body.get("message") or {},
        receipt=f"shortcut:{body['trigger_id']}" if body.get("trigger_id") else None,
    )


def _team_of(body: Mapping[str, Any]) -> str:
    team = body.get("team") or {}
    return str(team.get("id") or body["user"].get("team_id"))


def _name_of(body: Mapping[str, Any]) -> str:
    user = body["user"]
    return str(user.get("username") or user.get("name") or "")


def _value_of(action: Mapping[str, Any]) -> str:
    chosen = action.get("selected_option") or {}
    picked = action.get("selected_user") or action.get("selected_conversation")
    return str(action.get("value") or chosen.get("value") or picked or "")
