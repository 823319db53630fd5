"""What the app's manifest says that the workspace goes by."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class DeclaredCommand:
    """A slash command as the app declared it."""

    name: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class DeclaredShortcut:
    """A shortcut as the app declared it; `type` is `message` or `global`."""

    callback_id: str
    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class Manifest:
    """The parts of a manifest that change what a workspace allows and sends.

    Args:
        bot_name: how the bot is called.
        scopes: the bot's scopes; None grants everything.
        events: the event types the app subscribed to; None sends everything.
        commands: None takes any slash command.
        shortcuts: None takes any shortcut.
        has_agent_view: whether people meet the app on the agent surface.
        prompts: what that surface suggests until the app says otherwise.
    """

    bot_name: str = "hour48"
    scopes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    commands: dict[str, DeclaredCommand] | None = None
    shortcuts: tuple[DeclaredShortcut, ...] | None = field(default=None)
    has_agent_view: bool = False
    prompts: tuple[dict[str, str], ...] = ()


def read_manifest(path: Path) -> Manifest:
    """Read the app's manifest.

    Args:
        path: a YAML or JSON file in Slack's manifest format.
    """
    whole: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    features = whole.get("features", {})
    settings = whole.get("settings", {})
    return Manifest(
        bot_name=features.get("bot_user", {}).get("display_name", "hour48"),
        scopes=frozenset(whole.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
        commands={each["command"]: _command(each) for each in features.get("slash_commands", [])},
        shortcuts=tuple(_shortcut(each) for each in features.get("shortcuts", [])),
        has_agent_view="agent_view" in features,
        prompts=tuple(features.get("agent_view", {}).get("suggested_prompts", [])),
    )


def _command(entry: dict[str, Any]) -> DeclaredCommand:
    return DeclaredCommand(
        name=entry["command"],
        description=entry.get("description", ""),
        usage_hint=entry.get("usage_hint", ""),
        should_escape=bool(entry.get("should_escape", False)),
    )


def _shortcut(entry: dict[str, Any]) -> DeclaredShortcut:
    return DeclaredShortcut(
        callback_id=entry["callback_id"],
        name=entry["name"],
        type=entry["type"],
        description=entry.get("description", ""),
    )
