"""The classes of faults, each of which can be switched on by itself."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.faults import FaultName, Faults
from playground.workspace import Workspace

BACKENDS = ("sqlite", "postgresql")
Switch = Callable[[Faults], None]


@dataclass(frozen=True)
class FaultClass:
    """One way in which the world misbehaves, besides bots that are killed.

    Args:
        name: what it is called in the results.
        about: one line for the help.
        turn_on: switches it on in the workspace.
        hasty: people press and submit everything twice at once.
        wrong_clock: the machine's clock and the sprint's clock step forth and back.
        drops_sockets: every hour the Socket Mode connections break without a word.
        bots: how many live at once; each run takes the next of these.
        rolls: whether bots are also asked to stop and started again, as for a new version.
        serves: whether it is a deployed model whose workers die, see `tests.chaos.pulled`.
        server: what happens to the database's server every few hours: `restart` or `failover`.
    """

    name: str
    about: str
    turn_on: Switch = field(default=lambda _faults: None)
    hasty: bool = False
    wrong_clock: bool = False
    drops_sockets: bool = False
    bots: tuple[int, ...] = (1,)
    rolls: bool = False
    serves: bool = False
    server: str = ""

    @property
    def backends(self) -> tuple[str, ...]:
        """Where it can happen: SQLite has no server, and one bot."""
        return BACKENDS[1:] if self.server or self.bots != (1,) else BACKENDS

    def every_hour(self, workspace: Workspace, lot: random.Random) -> None:
        """Do to the workspace what happens once an hour."""
        if self.drops_sockets and workspace.hub and lot.random() < 0.5:
            workspace.hub.drop()
        if workspace.faults.latency:
            workspace.faults.latency = lot.choice(LATENESS)
        if workspace.faults.redeliver_events:
            workspace.faults.lose_acks = lot.choice((0, 1, 2))


LATENESS = (0.02, 0.12, 0.4)
"""Seconds by which answers are late; below what a bot under test takes for no answer."""
HANG_SECONDS = 2.5
"""How long an answer stays away that never comes; more than a bot under test waits for it."""


def _played(*faults: FaultName, probability: float = 0.06) -> Switch:
    def turn_on(switches: Faults) -> None:
        switches.hang = HANG_SECONDS
        for fault in faults:
            switches.play(fault, times=None, probability=probability)

    return turn_on


def _late(faults: Faults) -> None:
    faults.latency = LATENESS[1]


def _redelivered(faults: Faults) -> None:
    faults.redeliver_events = 2
    faults.lose_acks = 3


def _mixed(faults: Faults) -> None:
    faults.redeliver_events = 2
    faults.lose_acks = 3
    faults.latency = LATENESS[0]
    others: tuple[FaultName, ...] = ("error_before", "error_after", "drop_before", "drop_after")
    _played("ratelimited", *others, probability=0.02)(faults)
    _played("timeout_after", probability=0.01)(faults)


FAULT_CLASSES = (
    FaultClass("kill", "nothing else goes wrong"),
    FaultClass("slack_late", "Slack answers late", _late),
    FaultClass(
        "slack_never", "Slack accepts and never answers", _played("timeout_after", probability=0.03)
    ),
    FaultClass("slack_429", "Slack refuses for too many calls", _played("ratelimited")),
    FaultClass("slack_500_after_accept", "Slack accepts and answers 500", _played("error_after")),
    FaultClass(
        "socket_drop",
        "calls and Socket Mode connections break",
        _played("drop_after", "drop_before", probability=0.04),
        drops_sockets=True,
    ),
    FaultClass("redelivery_3x", "events come three times, acks are lost", _redelivered),
    FaultClass("double_click", "people press and submit twice at once", hasty=True),
    FaultClass("clock_step", "clocks step forth and back", wrong_clock=True),
    FaultClass("replicas", "two to four bots, killed and restarted", bots=(2, 3, 4), rolls=True),
    FaultClass("database_restart", "PostgreSQL crashes or restarts", bots=(1, 2), server="restart"),
    FaultClass("failover", "PostgreSQL's standby takes over", bots=(1, 2), server="failover"),
    FaultClass("pulled_model", "a deployed model is pulled, its workers die", serves=True),
    FaultClass(
        "all",
        "all of Slack's and people's faults at once",
        _mixed,
        hasty=True,
        wrong_clock=True,
        drops_sockets=True,
    ),
)
BY_NAME = {fault.name: fault for fault in FAULT_CLASSES}
