"""The one way a rule says no to a person."""

from __future__ import annotations

from bot.domain.texts import say


class InputError(ValueError):
    """A person's input cannot be taken; the message says what, where and what to do next.

    Args:
        message: one sentence that a user may read as it is.
        field: the form field, story field or configuration key at fault, where there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class UnknownSprint(InputError):  # noqa: N818 - what was asked for, as the others here
    """There is no sprint of a number, or none for whoever asks to see.

    Args:
        sprint_id: the number.
        message: what somebody in Slack is told of it.
    """

    def __init__(self, sprint_id: int, message: str) -> None:
        super().__init__(message)
        self.sprint_id = sprint_id


class FormError(InputError):
    """Several fields of a form cannot be taken as they are.

    Args:
        errors: the field's name → one sentence for the person who filled it in.
    """

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class AlreadyDone(InputError):  # noqa: N818 - the first click counted; nothing went wrong
    """The same click or form came a second time; the first one counted."""

    def __init__(self) -> None:
        super().__init__(say("action_repeated"))
