"""An open modal as a person has it before them."""

from __future__ import annotations

from typing import Any

from playground import acts
from playground.errors import NotOnScreenError
from playground.inputs import find_element, value_object
from playground.model import ActResult, Block, ScreenView, StateValues, User
from playground.team import Team

MORE = "more"
"""The row with the button that shows a form's other fields."""


class Modal:
    """Fills, submits and closes one modal; it always shows the modal's present content.

    Args:
        workspace: the team.
        user: whose screen it is on.
        view_id: the view.
    """

    def __init__(self, workspace: Team, user: User, view_id: str) -> None:
        self._workspace = workspace
        self._user = user
        self.view_id = view_id

    def __repr__(self) -> str:
        return f"Modal({self.title!r}, {self.callback_id!r})"

    @property
    def view(self) -> ScreenView:
        """What it shows now."""
        if self.view_id not in self._workspace.views:
            raise NotOnScreenError("The modal is closed.")
        return self._workspace.views[self.view_id]

    @property
    def title(self) -> str:
        """The title's text."""
        return str((self.view.title or {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """The app's name for it."""
        return self.view.callback_id

    @property
    def blocks(self) -> list[Block]:
        """Its blocks."""
        return self.view.blocks

    @property
    def errors(self) -> dict[str, str]:
        """The sentences shown below its fields, by block_id."""
        return self.view.errors

    @property
    def values(self) -> StateValues:
        """What its fields hold: typed, or what they started with."""
        return acts.view_state(self.view)

    @property
    def is_open(self) -> bool:
        """Whether it is still on the screen."""
        return self.view_id in self._workspace.modal_stacks.get(self._user.id, [])

    def fill(self, values: dict[str, Any] | None = None, /, **named: Any) -> Modal:
        """Fill fields, by block_id or action_id; None empties one.

        A field with `dispatch_action` tells the app at once, as in Slack.
        """
        for name, value in {**(values or {}), **named}.items():
            placed = find_element(self.blocks, name)
            if placed.block.get("dispatch_action") or placed.block["type"] != "input":
                acts.use_element(self._workspace, self._user, self.view, placed, value)
            else:
                kept = value_object(placed.element, value)
                acts.keep_value(self._workspace, self._user, self.view, placed, kept)
        return self

    def show_all(self, seconds: float = 5.0) -> Modal:
        """Press *More* where the modal has it, and wait for its other fields.

        Raises:
            TimeoutError: the app did not show them in time.
        """
        if any(block.get("block_id") == MORE for block in self.blocks):
            self.click("form.more")
            self._workspace.wait_until(
                lambda: all(block.get("block_id") != MORE for block in self.blocks), seconds
            )
        return self

    def click(self, action_id: str, *, value: Any = None) -> ActResult:
        """Press a button in it."""
        placed = find_element(self.blocks, action_id, value)
        return acts.use_element(self._workspace, self._user, self.view, placed, value)

    def choose(self, action_id: str, option: Any) -> ActResult:
        """Choose in a select of it that tells the app at once."""
        placed = find_element(self.blocks, action_id)
        return acts.use_element(self._workspace, self._user, self.view, placed, option)

    def submit(self) -> ActResult:
        """Press its submit button; `errors` of the answer says what was refused."""
        return acts.submit(self._workspace, self._user, self.view)

    def close(self) -> ActResult:
        """Close it with its close button or the cross."""
        return acts.close(self._workspace, self._user, self.view, cleared=False)
