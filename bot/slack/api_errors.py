"""What a failed call to Slack means: may it have happened, is it worth another try, and when?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError

from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.scopes import feature_of


class ErrorClass(StrEnum):
    """The four answers that delivery acts on."""

    AMBIGUOUS = "ambiguous"
    RATE_LIMITED = "rate_limited"
    LOCKED_OUT = "locked_out"
    PERMANENT = "permanent"


MISSING_SCOPE: Final = "missing_scope"
AMBIGUOUS_ERRORS: Final = frozenset(
    {"internal_error", "fatal_error", "request_timeout", "service_unavailable", "timeout"}
)
LOCKED_OUT_ERRORS: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        MISSING_SCOPE,
        "team_access_not_granted",
    }
)
_POINTER: Final = re.compile(r"json-pointer:(?:/view)?/blocks/(\d+)")
REFUSED_FILE: Final = frozenset({400, 401, 403, 404, 410, 411, 413, 415, 422})
"""What the address of an upload answers to a file that it will not take however often it comes."""
TRANSPORT_ERRORS: Final = (OSError, SlackClientError, TimeoutError, ValueError, HTTPException)
"""What the SDK lets through when a connection breaks, an answer ends in its middle (an
HTTPException) or is no JSON (a ValueError)."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a call failed.

    Args:
        error_class: which of the four it is.
        error: Slack's name of the error, or the name of the transport's exception.
        retry_after: seconds that Slack asked to wait.
        method: the Slack method that failed, where it is known.
        places: the blocks that Slack's messages point at, by their index.
        lacks: what goes quiet because a workspace declined an optional scope.
        needed: the scopes of which one would have been needed.
    """

    error_class: ErrorClass
    error: str
    retry_after: float = 0.0
    method: str | None = None
    places: tuple[int, ...] = ()
    lacks: str | None = None
    needed: str = ""


def diagnose(error: Exception) -> Diagnosis:
    """Say what an exception from the SDK means for the call that raised it."""
    if not isinstance(error, SlackApiError):
        return _of_transport(error)
    response = error.response
    status = getattr(response, "status_code", 200)
    name = str(_field(response, "error") or f"http_{status}")
    if status == 429 or name in ("ratelimited", "rate_limited"):
        method = str(getattr(response, "api_url", "") or "").rpartition("/")[2]
        return Diagnosis(ErrorClass.RATE_LIMITED, name, _retry_after(response), method or None)
    if status >= 500 or name in AMBIGUOUS_ERRORS:
        return Diagnosis(ErrorClass.AMBIGUOUS, name)
    needed = str(_field(response, "needed") or "")
    if name == MISSING_SCOPE and (lacks := feature_of(needed.split(","))):
        return Diagnosis(ErrorClass.PERMANENT, name, lacks=lacks, needed=needed)
    if name in LOCKED_OUT_ERRORS:
        return Diagnosis(ErrorClass.LOCKED_OUT, name, needed=needed)
    return Diagnosis(ErrorClass.PERMANENT, name, places=_places(response))


def _of_transport(error: Exception) -> Diagnosis:
    if isinstance(error, HTTPError) and error.code in REFUSED_FILE:
        return Diagnosis(ErrorClass.PERMANENT, f"http_{error.code}")
    return Diagnosis(ErrorClass.AMBIGUOUS, type(error).__name__)


def _places(response: object) -> tuple[int, ...]:
    """Return which blocks Slack's messages point at, as in `[json-pointer:/blocks/3/text]`."""
    metadata = _field(response, "response_metadata")
    listed = metadata.get("messages") if isinstance(metadata, dict) else None
    messages = [str(each) for each in listed] if isinstance(listed, list) else []
    found = (match for each in messages for match in _POINTER.findall(each))
    return tuple(dict.fromkeys(int(each) for each in found))


def _field(response: object, name: str) -> object:
    data = getattr(response, "data", response)
    return data.get(name) if isinstance(data, dict) else None


def _retry_after(response: object) -> float:
    headers = {key.lower(): value for key, value in getattr(response, "headers", {}).items()}
    value = headers.get("retry-after", "1")
    first = value[0] if isinstance(value, list) else value
    try:
        return max(0.0, float(first))
    except ValueError:
        return 1.0
