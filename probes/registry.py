"""The probes there are: one table; a probe's module is imported only where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

from bot.domain.errors import InputError
from bot.domain.vocabulary import PHASE_HOURS, PhaseKey
from probes.contract import ProbeFunction

Need = Literal["source", "two sources", "target", "nothing"]


@dataclass(frozen=True)
class ProbeEntry:
    """One probe: its module, its phase, what it must be given, and one line about it."""

    name: str
    module: str
    phase: PhaseKey
    needs: Need
    about: str

    @property
    def hours(self) -> tuple[int, int]:
        """Return the hours of the sprint in which it is asked for."""
        return PHASE_HOURS[self.phase]

    def load(self) -> ProbeFunction:
        """Import the probe's module and return its `run`."""
        return cast("ProbeFunction", import_module(self.module).run)

    def describe(self) -> dict[str, Any]:
        """Return the entry as `hour48 probe --list --json` prints it."""
        return {
            "name": self.name,
            "phase": self.phase.value,
            "hours": list(self.hours),
            "needs": self.needs,
            "about": self.about,
        }


_ENTRIES = (
    ProbeEntry(
        "access",
        "probes.access",
        PhaseKey.DATA,
        "source",
        "Can we connect, log in and read rows, and how long until the first one?",
    ),
    ProbeEntry(
        "quality",
        "probes.quality",
        PhaseKey.DATA,
        "source",
        "What in this table would spoil a model: gaps, broken values, duplicates, personal data?",
    ),
    ProbeEntry(
        "joins",
        "probes.joins",
        PhaseKey.DATA,
        "two sources",
        "Which columns of two tables name the same thing, and how much of it matches?",
    ),
    ProbeEntry(
        "environment",
        "probes.environment",
        PhaseKey.MODEL,
        "nothing",
        "Can a model be built on this machine: Python, packages, memory, disk, network?",
    ),
    ProbeEntry(
        "baseline",
        "probes.baseline",
        PhaseKey.MODEL,
        "source",
        "What would the simplest honest model be worth, and does any column leak the answer?",
    ),
    ProbeEntry(
        "integration",
        "probes.integration",
        PhaseKey.INTEGRATION,
        "target",
        "Does a real call reach the system, how fast, and what must a change go through?",
    ),
    ProbeEntry(
        "governance",
        "probes.governance",
        PhaseKey.DEPLOYMENT,
        "nothing",
        "What would security, privacy and the accountable people still ask for?",
    ),
)

PROBES: dict[str, ProbeEntry] = {entry.name: entry for entry in _ENTRIES}


def find_probe(name: str) -> ProbeEntry:
    """Return the probe called `name`.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return PROBES[name]
    except KeyError:
        known = ", ".join(PROBES)
        raise InputError(
            f"There is no probe “{name}”; choose one of {known}.", field="probe"
        ) from None
