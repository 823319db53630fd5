"""The people of a workspace, as drivers: they type, click, choose and read like anyone in Slack."""

from __future__ import annotations

from typing import Any

from playground import acts, agent_view
from playground.errors import NotOnScreenError, SlackError
from playground.inputs import find_element, value_object
from playground.modals import Modal
from playground.model import ActResult, Channel, Message, ScreenView, StoredFile, User
from playground.posting import escape_typed, post_by_person
from playground.team import Team

Where = Message | ScreenView | Modal | str
"""Where something is used: a message (or its timestamp), a modal, or the Home tab."""


class ActingMember:
    """Acts as one member. Each act waits until the app acknowledged it or three seconds passed.

    Args:
        workspace: the team.
        user: who this is.
    """

    def __init__(self, workspace: Team, user: User) -> None:
        self.workspace = workspace
        self.user = user
        self.id = user.id
        self.name = user.real_name

    def __repr__(self) -> str:
        return f"Person({self.name}, {self.id})"

    # --- acting ---------------------------------------------------------------------------

    def command(
        self, command: str, text: str = "", *, channel: Channel | str | None = None
    ) -> ActResult:
        """Type a slash command; without a channel, in the direct conversation with the bot."""
        return acts.run_command(self.workspace, self.user, self._channel(channel), command, text)

    def click(self, where: Where, action_id: str, *, value: Any = None) -> ActResult:
        """Press a button; `value` tells which, where several have the same action_id."""
        surface = self._surface(where)
        placed = find_element(surface.blocks, action_id, value)
        return acts.use_element(self.workspace, self.user, surface, placed, value)

    def choose(self, where: Where, action_id: str, option: Any) -> ActResult:
        """Choose in a select, radio buttons, checkboxes, picker or overflow menu.

        Args:
            where: where it stands.
            action_id: the element's.
            option: an option's value or text, a person, an id, a date; a list for a multi-select.
        """
        surface = self._surface(where)
        placed = find_element(surface.blocks, action_id)
        return acts.use_element(self.workspace, self.user, surface, placed, option)

    def type_into(self, where: Where, name: str, value: Any) -> None:
        """Fill an input, by its action_id or block_id, without sending anything."""
        surface = self._surface(where)
        placed = find_element(surface.blocks, name)
        acts.keep_value(
            self.workspace, self.user, surface, placed, value_object(placed.element, value)
        )

    def suggestions(self, where: Where, action_id: str, query: str) -> list[dict[str, Any]]:
        """Type into an external select and return the options the app suggests."""
        surface = self._surface(where)
        placed = find_element(surface.blocks, action_id)
        return acts.ask_suggestions(self.workspace, self.user, surface, placed, query)

    def shortcut(self, callback_id: str, message: Message | str) -> ActResult:
        """Use a message shortcut, from the menu of a message."""
        return acts.use_message_shortcut(
            self.workspace, self.user, self._message(message), callback_id
        )

    def global_shortcut(self, callback_id: str) -> ActResult:
        """Use a global shortcut, from the lightning menu."""
        return acts.use_global_shortcut(self.workspace, self.user, callback_id)

    def open_home(self, *, wait: float = 2.0) -> ScreenView | None:
        """Open the app's Home tab and return what the app publishes within `wait` real seconds."""
        return acts.open_home(self.workspace, self.user, wait)

    def post(
        self,
        channel: Channel | str | None,
        text: str,
        *,
        thread: Message | str | None = None,
        files: list[StoredFile] | None = None,
    ) -> Message:
        """Write a message, as typed: `@Ana`, `@channel` and `#general` become real mentions."""
        thread_ts = thread.thread_ts or thread.ts if isinstance(thread, Message) else thread
        place = self._channel(channel)
        written = escape_typed(self.workspace, text)
        return post_by_person(
            self.workspace, self.user, place, written, thread_ts=thread_ts, files=files or []
        )

    def react(self, message: Message | str, name: str) -> None:
        """Add a reaction to a message."""
        acts.react(self.workspace, self.user, self._message(message), name)

    def unreact(self, message: Message | str, name: str) -> None:
        """Take a reaction away from a message."""
        acts.unreact(self.workspace, self.user, self._message(message), name)

    def edit(self, message: Message | str, text: str) -> None:
        """Change one's own message."""
        written = escape_typed(self.workspace, text)
        acts.edit_message(self.workspace, self.user, self._message(message), written)

    def delete(self, message: Message | str) -> None:
        """Delete one's own message."""
        acts.delete_message(self.workspace, self.user, self._message(message))

    def open_messages(self) -> Channel:
        """Open the app's messages tab."""
        return agent_view.open_messages(self.workspace, self.user)

    def look_at(self, channel: Channel | str) -> None:
        """Have a channel before one, beside the app's messages."""
        agent_view.look_at(self.workspace, self.user, self._channel(channel))

    def join(self, channel: Channel | str) -> None:
        """Join a public channel."""
        acts.join(self.workspace, self.user, self._channel(channel))

    def leave(self, channel: Channel | str) -> None:
        """Leave a channel."""
        acts.leave(self.workspace, self.user, self._channel(channel))

    def invite(self, channel: Channel | str, other: ActingMember | str) -> None:
        """Bring another member, or the bot, into a channel."""
        invited = other.user if isinstance(other, ActingMember) else self.workspace.user(other)
        acts.join(self.workspace, invited, self._channel(channel), inviter=self.user)

    def create_channel(self, name: str, *, is_private: bool = False) -> Channel:
        """Create a channel, with this person as its only member."""
        return self.workspace.add_channel(
            name, creator=self.id, is_private=is_private, members=[self.id]
        )

    def mark_read(self, channel: Channel | str) -> None:
        """Read a channel to its end."""
        acts.mark_read(self.workspace, self.user, self._channel(channel))

    # --- looking --------------------------------------------------------------------------

    @property
    def modals(self) -> list[Modal]:
        """The open modals, the top one last."""
        with self.workspace.lock:
            open_ids = list(self.workspace.modal_stacks.get(self.id, []))
        return [Modal(self.workspace, self.user, view_id) for view_id in open_ids]

    @property
    def modal(self) -> Modal | None:
        """The open modal on top, if one is open."""
        return next(reversed(self.modals), None)

    def wait_for_modal(self, timeout: float = 3.0) -> Modal:
        """Return the open modal on top, waiting for one to open, up to `timeout` real seconds."""
        return self.workspace.wait_until(lambda: self.modal, timeout) or self.modals[-1]

    @property
    def home(self) -> ScreenView | None:
        """The Home tab the app published last to this person."""
        return self.workspace.homes.get(self.id)

    def messages(self, channel: Channel | str | None = None) -> list[Message]:
        """Return a channel's messages this person can see, ephemeral ones left out."""
        place = self._channel(channel)
        with self.workspace.lock:
            if place.kind != "channel" and self.id not in place.members:
                raise SlackError("channel_not_found")
            return list(place.messages)

    def thread(self, message: Message) -> list[Message]:
        """Return the replies below a message."""
        parent = message.thread_ts or message.ts
        return [
            m for m in self.messages(message.channel_id) if m.is_reply and m.thread_ts == parent
        ]

    def ephemerals(self, channel: Channel | str | None = None) -> list[Message]:
        """Return what only this person sees, in one channel or everywhere, oldest first."""
        with self.workspace.lock:
            places = [self._channel(channel)] if channel else self.workspace.channels.values()
            seen = [m for place in places for m in place.ephemerals if m.ephemeral_to == self.id]
        return sorted(seen, key=lambda message: message.ts)

    def dms(self) -> list[Message]:
        """Return the direct conversation with the bot, oldest first."""
        return list(self.workspace.direct_message(self.id).messages)

    # --- finding what is meant ------------------------------------------------------------

    def _channel(self, channel: Channel | str | None) -> Channel:
        if channel is None:
            return self.workspace.direct_message(self.id)
        return channel if isinstance(channel, Channel) else self.workspace.channel(channel)

    def _message(self, message: Message | str) -> Message:
        ts = message.ts if isinstance(message, Message) else message
        found = next((one for one in self.workspace.all_messages() if one.ts == ts), None)
        if found is None:
            raise NotOnScreenError("The message is gone.")
        return found

    def _surface(self, where: Where) -> Message | ScreenView:
        if isinstance(where, Modal):
            return where.view
        if isinstance(where, ScreenView):
            return self._living_view(where)
        return self._message(where)

    def _living_view(self, view: ScreenView) -> ScreenView:
        if view.type == "home":
            return self.workspace.homes.get(self.id, view)
        return self.workspace.views.get(view.id, view)
