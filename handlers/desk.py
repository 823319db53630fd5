"""What handlers share: the house, and what the composition root lends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.usecases.house import House
from handlers.request import Outcome, Request


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that a handler may reach for.

    Args:
        house: where use cases happen.
        probes: what can be probed: a source's name → what it is, for lists and menus.
        permalink: finds the link to a message; asks Slack, so only after the acknowledgement.
    """

    house: House
    probes: Mapping[str, Any] = field(default_factory=dict)
    permalink: Callable[[str, str, str], str | None] = lambda _team, _channel, _ts: None


Handler = Callable[[Desk, Request], Outcome]
Table = Mapping[str, Handler]
