"""A call's arguments, whichever way they were sent: form, query or JSON."""

from __future__ import annotations

import json
from typing import Any

from playground.errors import SlackError

TRUE_WORDS = ("1", "true", "True", True, 1)


class Arguments:
    """Reads a call's arguments; refuses with `invalid_arguments` what cannot be read.

    Args:
        values: as they came, strings or JSON values.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = {key: value for key, value in values.items() if value is not None}

    def require(self, names: list[str]) -> None:
        """Refuse unless all of these are there."""
        missing = [name for name in names if self.values.get(name) in (None, "")]
        if missing:
            messages = [f"[ERROR] missing required field: {name}" for name in missing]
            raise SlackError("invalid_arguments", messages)

    def text(self, name: str, default: str = "") -> str:
        """Return a string."""
        value = self.values.get(name, default)
        if isinstance(value, (dict, list)):
            raise self._refusal(name, "a string")
        return str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        return self.values[name] in TRUE_WORDS if name in self.values else default

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            raise self._refusal(name, "an integer") from None

    def names(self, name: str) -> list[str]:
        """Return a list that may be sent as comma-separated text or as JSON."""
        value = self.values.get(name) or []
        if isinstance(value, str):
            value = json.loads(value) if value.startswith("[") else value.split(",")
        return [str(one).strip() for one in value if str(one).strip()]

    def json(self, name: str, default: Any = None, refusal: str = "invalid_arguments") -> Any:
        """Return a JSON value, which a form carries as text.

        Args:
            name: the argument.
            default: when it was not sent.
            refusal: the error's name when it cannot be read.
        """
        value = self.values.get(name, default)
        if not isinstance(value, str):
            return value
        if not value:
            return default
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(refusal, [f"[ERROR] {name} is not JSON"]) from None

    def _refusal(self, name: str, kind: str) -> SlackError:
        return SlackError("invalid_arguments", [f"[ERROR] must be {kind} [json-pointer:/{name}]"])
