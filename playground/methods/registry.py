"""Finds the function behind a Web API method, and what the method asks of its caller.

Rates, scopes and required arguments stand in `data/methods.yaml`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from playground.errors import SlackError
from playground.methods.arguments import Arguments
from playground.organisation import Organisation
from playground.team import Team

Json = dict[str, Any]


@dataclass(frozen=True)
class MethodCall:
    """One call.

    Args:
        workspace: whom its token belongs to.
        arguments: what was sent.
        by_app: whether it came with the app-level token.
        organisation: whose token it came with, where that is no workspace's own.
    """

    workspace: Team
    arguments: Arguments
    by_app: bool = False
    organisation: Organisation | None = None

    def require_scope(self, family: str, kind: str) -> None:
        """Refuse unless the bot may act on a conversation of this kind.

        Args:
            family: a name under `families` in `data/methods.yaml`, such as `manage`.
            kind: `channel`, `group`, `im` or `mpim`.
        """
        require_any(self.workspace, table()["families"][family][kind])


Method = Callable[[MethodCall], Json]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Register the function that answers a Web API method."""

    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register


@functools.cache
def table() -> Json:
    """Return what every method asks of its caller."""
    text = resources.files("playground").joinpath("data/methods.yaml").read_text("utf-8")
    loaded: Json = yaml.safe_load(text)
    return loaded


def tier_of(name: str) -> int | None:
    """Return a method's rate tier, 1 to 4; None for one that is counted otherwise."""
    tier: int | None = table()["methods"][name].get("tier")
    return tier


def needs_team(name: str) -> bool:
    """Return whether a call with an organisation's token has to name its workspace."""
    return bool(table()["methods"].get(name, {}).get("team_id"))


def granted_scopes(workspace: Team) -> frozenset[str]:
    """Return the bot's scopes; a workspace without a manifest grants all there are."""
    return all_scopes(workspace) - workspace.declined


def all_scopes(workspace: Team) -> frozenset[str]:
    """Return every scope that the bot asked for."""
    if workspace.manifest.scopes is not None:
        return workspace.manifest.scopes
    families = table()["families"].values()
    by_kind = {scope for family in families for scopes in family.values() for scope in scopes}
    plain = {scope for entry in table()["methods"].values() for scope in entry.get("scopes", [])}
    return frozenset(by_kind | plain | {"users:read.email", "commands"})


def require_any(workspace: Team, scopes: list[str]) -> None:
    """Refuse with `missing_scope` unless one of `scopes` was granted."""
    granted = granted_scopes(workspace)
    if scopes and not granted.intersection(scopes):
        provided = ",".join(sorted(granted))
        raise SlackError("missing_scope", needed=",".join(scopes), provided=provided)


def answer(name: str, request: MethodCall) -> Json:
    """Answer one call, or raise `SlackError`.

    Args:
        name: the method.
        request: the call, its token already recognised.
    """
    entry = table()["methods"][name]
    if bool(entry.get("app_token")) != request.by_app and not entry.get("any_token"):
        raise SlackError("not_allowed_token_type")
    require_any(request.workspace, entry.get("scopes", []))
    families = entry.get("family")
    if families:
        all_kinds = table()["families"][families].values()
        require_any(request.workspace, list(dict.fromkeys(s for kind in all_kinds for s in kind)))
    request.arguments.require(entry.get("required", []))
    with request.workspace.changing():
        return {"ok": True, **METHODS[name](request)}
