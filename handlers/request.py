"""What Slack delivers, read once into plain values, and what a handler answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from bot.domain.errors import InputError
from bot.forms import FieldRule
from bot.messages.catalog import say_plain
from handlers.payload import (
    UnreadableError,
    delivery,
    first,
    ident,
    is_ident,
    is_org,
    part,
    parts,
    row_number,
    written,
)

_DATE: Final = re.compile(r"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
LATEST: Final = 4_102_444_800
"""The first second of the year 2100."""
Values = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class FormValues:
    """A modal's fields by their block id, each with one element.

    Args:
        values: `view.state.values` as Slack delivers it.
    """

    values: Values = field(default_factory=dict)

    def _element(self, block_id: str) -> Mapping[str, Any]:
        element = next(iter(part(self.values, block_id).values()), None)
        return element if isinstance(element, Mapping) else {}

    def text(self, block_id: str) -> str:
        """Return what was typed, without blanks around it; empty when nothing was."""
        return written(self._element(block_id), "value").strip()

    def choice(self, block_id: str) -> str | None:
        """Return the value of the chosen option."""
        return written(part(self._element(block_id), "selected_option"), "value") or None

    def one_of(self, block_id: str, offered: Container[str]) -> str:
        """Return the value of the chosen option.

        Raises:
            FormError: it is none of those offered, as after a change of what there is.
        """
        rule = FieldRule(block_id, "blocker.unknown_choice", lambda chosen: chosen in offered)
        return rule.checked(self.choice(block_id))

    def choices(self, block_id: str) -> list[str]:
        """Return the values of all chosen options."""
        return [
            written(each, "value") for each in parts(self._element(block_id), "selected_options")
        ]

    def user(self, block_id: str) -> str | None:
        """Return the chosen person's id."""
        return ident(self._element(block_id), "selected_user")

    def users(self, block_id: str) -> list[str]:
        """Return the chosen people's ids in the order in which they were chosen."""
        chosen = self._element(block_id).get("selected_users")
        return [user for user in chosen if is_ident(user)] if isinstance(chosen, list) else []

    def people(self) -> list[str]:
        """Return everybody who is chosen in any field."""
        chosen = [[*self.users(block_id), self.user(block_id)] for block_id in self.values]
        return [user for users in chosen for user in users if user]

    def moment(self, block_id: str) -> datetime | None:
        """Return the chosen moment; None for anything that is none of these two centuries."""
        seconds = self._element(block_id).get("selected_date_time")
        if not isinstance(seconds, int) or not 0 < seconds < LATEST:
            return None
        return datetime.fromtimestamp(seconds, UTC)

    def has(self, block_id: str) -> bool:
        """Return whether a field was on the screen."""
        return block_id in self.values

    def conversation(self, block_id: str) -> str | None:
        """Return the chosen channel's id."""
        element = self._element(block_id)
        return ident(element, "selected_conversation") or ident(element, "selected_channel")

    def date(self, block_id: str) -> str | None:
        """Return the chosen ISO date; None for anything that is no day of these two centuries."""
        chosen = written(self._element(block_id), "selected_date")
        return chosen if _DATE.fullmatch(chosen) and _is_day(chosen) else None

    def time(self, block_id: str) -> str | None:
        """Return the chosen `HH:MM`."""
        chosen = written(self._element(block_id), "selected_time")
        return chosen if _TIME.fullmatch(chosen) else None


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
        signed: names the signed request that it came in, which counts once; None in Socket Mode.
        command: the slash command, such as `/sprint`.
        sprint_id: the sprint that a command names; None finds it by the channel and the person.
    """

    team_id: str
    user_id: str
    user_name: str = ""
    channel_id: str | None = None
    trigger_id: str = ""
    text: str = ""
    action_id: str = ""
    value: str = ""
    form: FormValues = field(default_factory=FormValues)
    private: str = ""
    view: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    receipt: str | None = None
    signed: str | None = None
    command: str = ""
    sprint_id: int | None = None

    def number(self, place: int = 0) -> int:
        """Return a number out of the value, for example the second one of `12:5`.

        Raises:
            InputError: the value holds none, as after a button of another time or hand.
        """
        numbers = (self.value or self.private).split(":")
        found = row_number(numbers[place]) if place < len(numbers) else None
        if found is None:
            raise InputError(say_plain("errors.too_old"))
        return found


@dataclass(frozen=True, slots=True)
class Say:
    """Answer only the person who acted; `content` comes from `blocks.message`."""

    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Swap:
    """Put something else in the place of the private message that was pressed; None removes it."""

    content: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Open:
    """Open a modal, or put it on top of the open one."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replace:
    """Show another view in the place of the submitted one."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Redraw:
    """Show another view in the place of the modal that the press or choice came from."""

    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Errors:
    """Keep the modal open with what was typed, and say what is wrong at each field."""

    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing to say here; the change shows in the channel."""


Outcome = Say | Swap | Open | Replace | Redraw | Errors | Done


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """Answer only the person who acted, in words alone."""

    words: str


@dataclass(frozen=True, slots=True)
class AfterCommit:
    """An answer whose blocks are built once what was written is committed."""

    build: Callable[[], Outcome]


Answer = Outcome | Ephemeral | AfterCommit
"""What a handler returns; dispatch makes an outcome of it after the commit."""


def from_command(body: Mapping[str, Any]) -> Request:
    """Read a slash command.

    Raises:
        UnreadableError: it does not say who acts where; so do the other readers.
    """
    return Request(
        team_id=_required(ident(body, "team_id")),
        user_id=_required(ident(body, "user_id")),
        user_name=written(body, "user_name"),
        channel_id=ident(body, "channel_id"),
        trigger_id=written(body, "trigger_id"),
        command=written(body, "command"),
        text=written(body, "text").strip(),
        receipt=delivery("command", body, "trigger_id"),
    )


def from_action(body: Mapping[str, Any]) -> Request:
    """Read a press on a button or a choice from a menu."""
    action, view = first(body, "actions"), part(body, "view")
    return replace(
        _from_interaction(body),
        action_id=written(action, "action_id"),
        value=_value_of(action),
        form=FormValues(part(part(view, "state") or part(body, "state"), "values")),
        private=written(view, "private_metadata"),
        view=view,
    )


def from_view(body: Mapping[str, Any]) -> Request:
    """Read a submitted modal."""
    view = part(body, "view")
    return replace(
        _from_interaction(body),
        form=FormValues(part(part(view, "state"), "values")),
        private=written(view, "private_metadata"),
        view=view,
        receipt=_required(delivery("view", view, "id")),
    )


def from_closed(body: Mapping[str, Any]) -> Request:
    """Read a modal that was closed without being sent."""
    view = part(body, "view")
    return replace(_from_interaction(body), private=written(view, "private_metadata"), view=view)


def from_shortcut(body: Mapping[str, Any]) -> Request:
    """Read a shortcut on a message, or one from the search bar."""
    return replace(_from_interaction(body), receipt=delivery("shortcut", body, "trigger_id"))


def _from_interaction(body: Mapping[str, Any]) -> Request:
    user = part(body, "user")
    return Request(
        team_id=_required(acts_in(body)),
        user_id=_required(ident(user, "id")),
        user_name=written(user, "username") or written(user, "name"),
        channel_id=ident(part(body, "channel"), "id"),
        trigger_id=written(body, "trigger_id"),
        message=part(body, "message"),
    )


def acts_in(body: Mapping[str, Any]) -> str | None:
    """Return the workspace of a press, form or shortcut; None where none is named.

    With an organisation's installation `team` may be empty.
    """
    channel_ids = (
        ident(part(body, "team"), "id"),
        ident(part(body, "view"), "team_id"),
        ident(part(body, "user"), "team_id"),
    )
    return next((team_id for team_id in channel_ids if team_id and not is_org(team_id)), None)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _required(found: str | None) -> str:
    if found is None:
        raise UnreadableError
    return found


def _value_of(action: Mapping[str, Any]) -> str:
    chosen = part(action, "selected_option")
    picked = ident(action, "selected_user") or ident(action, "selected_conversation")
    return written(action, "value") or written(chosen, "value") or picked or ""
