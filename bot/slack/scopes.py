"""What the app asks of Slack: what it cannot do without, and what a workspace may decline.

`manifest.yml` names the same scopes; a test holds one against the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from slack_sdk.web import SlackResponse

SCOPES_HEADER: Final = "x-oauth-scopes"

REQUIRED: Final = frozenset(
    {
        "channels:history",
        "channels:manage",
        "channels:read",
        "chat:write",
        "commands",
        "im:history",
        "im:write",
        "users:read",
    }
)
FEATURES: Final[dict[str, frozenset[str]]] = {
    "files": frozenset({"files:write"}),
    "pin": frozenset({"pins:write"}),
    "bookmark": frozenset({"bookmarks:read", "bookmarks:write"}),
    "canvas": frozenset({"canvases:read", "canvases:write"}),
    "private": frozenset({"groups:history", "groups:read", "groups:write"}),
    "public": frozenset({"chat:write.public"}),
    "reactions": frozenset({"reactions:read"}),
    "mentions": frozenset({"app_mentions:read"}),
    "prompts": frozenset({"assistant:write"}),
}
"""What goes quiet without a scope → the scopes that it needs, all of them optional."""
OPTIONAL: Final = frozenset().union(*FEATURES.values())


def header_of(answer: SlackResponse, name: str) -> str | None:
    """Return a header of Slack's answer, named in small letters; None where it is not there."""
    return next((str(value) for key, value in answer.headers.items() if key.lower() == name), None)


def read_scopes(header: str | None) -> frozenset[str] | None:
    """Return the scopes that Slack lists, separated by commas; None where it says nothing."""
    if header is None:
        return None
    return frozenset(scope.strip() for scope in header.split(",") if scope.strip())


def switched_off(granted: Iterable[str]) -> dict[str, list[str]]:
    """Return the features that are quiet with these scopes, and what each one lacks."""
    known = frozenset(granted)
    lacks = {feature: sorted(scopes - known) for feature, scopes in FEATURES.items()}
    return {feature: missing for feature, missing in lacks.items() if missing}


def feature_of(needed: Iterable[str]) -> str | None:
    """Return what goes quiet when a call needed one of these scopes.

    None where the app cannot do without one of them, so that its installation has to be mended.
    """
    asked = frozenset(needed)
    if asked & REQUIRED:
        return None
    return next((feature for feature, scopes in FEATURES.items() if scopes & asked), None)
