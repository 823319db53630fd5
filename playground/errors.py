"""The ways a call, or a person's act, can be refused here."""

from __future__ import annotations

from typing import Any


class SlackError(Exception):
    """A Web API refusal, said with Slack's own name for it.

    Args:
        error: the name, such as `channel_not_found`.
        messages: sentences for `response_metadata.messages`, each saying the place at fault.
        status: the HTTP status of the answer.
        headers: further HTTP headers, such as `Retry-After`.
        extra: further keys of the answer, such as `needed` and `provided`.
    """

    def __init__(
        self,
        error: str,
        messages: list[str] | None = None,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(f"{error}: {'; '.join(messages)}" if messages else error)
        self.error = error
        self.messages = messages or []
        self.status = status
        self.headers = headers or {}
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        answer = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            answer["response_metadata"] = {"messages": self.messages}
        return answer


class NotOnScreenError(LookupError):
    """A person was told to use something that is not on their screen."""
