"""What the demo and `play` need of the bot that they show; the composition root provides it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.clock import CompressedClock
from playground.workspace import Workspace

LONGEST_SETTLING = 120.0
"""Seconds after which a scene that does not settle is an error."""


@dataclass(frozen=True)
class LocalBot:
    """A workspace, its clock, and a bot in it.

    Args:
        workspace: the local team.
        clock: the clock of the workspace and the bot.
        ring: runs what is due by the clock.
        is_quiet: whether the bot has delivered everything and runs no probe.
        next_due_at: when the bot's next timer is due.
        verdict: the newest sprint's verdict as JSON, once it is closed.
        serving_url: where the newest deployment answers calls; None while nothing is served.
        look_at_traffic: lets the bot's watch look at what was answered since.
        recorded: what the audit trail says was done so far, each as `subject action`.
    """

    workspace: Workspace
    clock: CompressedClock
    ring: Callable[[], int]
    is_quiet: Callable[[], bool]
    next_due_at: Callable[[], datetime | None]
    verdict: Callable[[], dict[str, Any]]
    serving_url: Callable[[], str | None] = lambda: None
    look_at_traffic: Callable[[], object] = lambda: None
    recorded: Callable[[], frozenset[str]] = frozenset

    def settle(self) -> None:
        """Wait until the bot has done and delivered all that it has to do now.

        Raises:
            TimeoutError: it does not come to rest.
        """
        end = time.monotonic() + LONGEST_SETTLING
        self.ring()
        while not self.is_quiet():
            if time.monotonic() > end:
                message = "the bot did not come to rest; its log says why"
                raise TimeoutError(message)
            time.sleep(0.02)

    def jump_to(self, moment: datetime) -> None:
        """Go forward to `moment`, stopping at everything that falls due on the way."""
        while (due := self.next_due_at()) is not None and due <= moment:
            self.clock.jump_to(due)
            self.settle()
        self.clock.jump_to(moment)
        self.settle()
