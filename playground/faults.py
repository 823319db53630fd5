"""Switches that make the local Slack misbehave, each by itself, for tests."""

from __future__ import annotations

import random
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from playground.errors import SlackError

FaultName = Literal[
    "ratelimited",
    "error_before",
    "error_after",
    "timeout_after",
    "drop_before",
    "drop_after",
]
FAULT_NAMES: tuple[FaultName, ...] = (
    "ratelimited",
    "error_before",
    "error_after",
    "timeout_after",
    "drop_before",
    "drop_after",
)
"""`before`: nothing was accepted. `after`: it was, and the caller is not told."""


@dataclass
class FaultRule:
    """One switch that is on.

    Args:
        fault: what is played.
        method: the Web API method it is for; None for every one.
        times: how often it is still played; None without end.
        probability: of being played at a call that fits.
        skip: how many calls that fit pass first.
    """

    fault: FaultName
    method: str | None = None
    times: int | None = 1
    probability: float = 1.0
    skip: int = 0

    def fits(self, method: str) -> bool:
        """Whether it may still be played at a call of `method`."""
        return self.method in (None, method) and self.times != 0


class Faults:
    """All the switches of one workspace; off until turned on.

    `latency` is in seconds, added to each call. `retry_after` is what a played `ratelimited`
    tells, in seconds. `hang` is how long a timeout holds the connection open, in seconds.
    `redeliver_events` sends each event so many times more. `lose_acks` takes away so many of
    the app's next acknowledgements. `refused_blocks` are types of blocks that this Slack does not
    know, as an older one would not.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._refusals: dict[tuple[str, str | None], SlackError] = {}
        self._random = random.Random(0)
        self.latency = 0.0
        self.retry_after = 1
        self.hang = 31.0
        self.redeliver_events = 0
        self.lose_acks = 0
        self.refused_blocks: frozenset[str] = frozenset()

    def play(
        self,
        fault: FaultName,
        method: str | None = None,
        *,
        times: int | None = 1,
        probability: float = 1.0,
        skip: int = 0,
    ) -> None:
        """Turn a fault on; the arguments are those of `FaultRule`."""
        with self._lock:
            self._rules.append(FaultRule(fault, method, times, probability, skip))

    def refuse(self, method: str, error: str, channel: str | None = None, **extra: Any) -> None:
        """Refuse every call of a method, until cleared.

        Args:
            method: the Web API method, or `response_url`.
            error: Slack's name for why.
            channel: the channel that it is refused in; None for everywhere.
            extra: further keys of the answer, such as `needed`.
        """
        self._refusals[method, channel] = SlackError(error, **extra)

    def refusal_of(self, method: str, channel: str | None = None) -> SlackError | None:
        """Return how every call of a method is refused; None where it is not."""
        return self._refusals.get((method, channel)) or self._refusals.get((method, None))

    def play_at_random(
        self,
        seed: int,
        probability: float,
        faults: Collection[FaultName] = FAULT_NAMES,
        method: str | None = None,
    ) -> None:
        """Play each of `faults` with `probability` at any call, the same way for the same seed."""
        self._random = random.Random(seed)
        for fault in faults:
            self.play(fault, method, times=None, probability=probability)

    def clear(self) -> None:
        """Turn everything off."""
        with self._lock:
            self._rules.clear()
            self._refusals.clear()
        self.latency = 0.0
        self.redeliver_events = 0
        self.lose_acks = 0

    def next_for(self, method: str) -> FaultName | None:
        """Return the fault to play at this call of `method`, and count it as played."""
        with self._lock:
            for rule in self._rules:
                if rule.fits(method) and self._takes_place(rule):
                    return rule.fault
        return None

    def _takes_place(self, rule: FaultRule) -> bool:
        if rule.skip:
            rule.skip -= 1
            return False
        if rule.probability < 1.0 and self._random.random() >= rule.probability:
            return False
        if rule.times is not None:
            rule.times -= 1
        return True

    def takes_ack(self) -> bool:
        """Whether the acknowledgement that just came is to be lost."""
        with self._lock:
            lost = self.lose_acks > 0
            self.lose_acks -= lost
        return lost
