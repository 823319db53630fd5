"""The probes there are, ours of the table `bot/domain/probes.yaml` and those of other packages.

A probe's module is imported only where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from itertools import starmap
from typing import Any, Final, Literal, cast

from bot.domain.errors import InputError
from bot.domain.probe_table import built_in
from bot.domain.vocabulary import PHASE_HOURS, PhaseKey
from bot.isolation.confinement import Network
from bot.isolation.environment import NETWORK
from bot.texts import language
from probes.contract import ProbeFunction
from probes.texts import say

VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "network": NETWORK,
    "packages": ("PIP_*", "UV_*"),
    "machine": ("CONDA_*", "CUDA_*", "JAVA_HOME", "JUPYTER_*", "NVIDIA_*", "R_HOME", "XDG_*"),
}
"""Groups of variables: for calling out, where packages come from, what is installed here."""
GROUP: Final = "hour48.probes"
"""The entry point group; its value names a `ProbeEntry`, as in "acme_probes:ENTRY"."""
Need = Literal["source", "two sources", "target", "nothing"]


@dataclass(frozen=True)
class ProbeEntry:
    """One probe: its module, its phase, what it must be given, one line about it, and its limits.

    Args:
        name: as it is asked for.
        module: whose `run` it is.
        phase: of the sprint.
        needs: what it must be given.
        about: one line for people, where our own table has none.
        network: what its process may call: of `Network.HELD` only what it was asked to look at.
        calls_public: whether it may call public addresses as well.
        holds_files: whether all files but those it looks at are closed to it.
        variables: of the environment it needs beside the usual ones; `*` stands for any letters.
        options: what may be typed behind it as `name=value`.
        takes_template: whether a kind of use case may be named.
        usage: what may be typed besides, where our own table has no line.
    """

    name: str
    module: str
    phase: PhaseKey
    needs: Need
    about: str = ""
    network: Network = Network.HELD
    calls_public: bool = False
    holds_files: bool = True
    variables: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    takes_template: bool = False
    usage: str = ""

    @property
    def hours(self) -> tuple[int, int]:
        """Return the hours of the sprint in which it is asked for."""
        return PHASE_HOURS[self.phase]

    def says(self) -> str:
        """Return the line about it, in the reader's language."""
        return _told(self.name, "about") or self.about

    def shows(self) -> str:
        """Return what may be typed besides, in the reader's language."""
        return _told(self.name, "usage") or self.usage

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
            "about": self.says(),
        }


def _built_in(name: str, raw: Mapping[str, Any]) -> ProbeEntry:
    """Return the entry of one of our own probes as the table has it; its words are read anew."""
    facts = dict(raw) | {
        "phase": PhaseKey(raw["phase"]),
        "network": Network(raw.get("network", Network.HELD)),
        "options": tuple(raw.get("options", ())),
        "variables": tuple(each for group in raw.get("variables", ()) for each in VARIABLES[group]),
    }
    return ProbeEntry(name, f"probes.{name}", **facts)


def _told(name: str, what: str) -> str:
    """Return what the table of our own probes says of one, in the reader's language."""
    return str(built_in(language()).get(name, {}).get(what, ""))


def _of_other_packages() -> Iterator[ProbeEntry]:
    """Yield what other packages enter.

    Raises:
        InputError: an entry point names something that is no entry.
    """
    for point in entry_points(group=GROUP):
        loaded = point.load()
        if not isinstance(loaded, ProbeEntry):
            raise InputError(say("entry_point_no_probe", name=point.name, group=GROUP))
        yield loaded


def all_probes() -> dict[str, ProbeEntry]:
    """Return every probe by its name; another package's takes the place of one of ours."""
    return {
        entry.name: entry
        for entry in (*starmap(_built_in, built_in().items()), *_of_other_packages())
    }


PROBES: dict[str, ProbeEntry] = all_probes()


def find_probe(name: str) -> ProbeEntry:
    """Return the probe called `name`.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return PROBES[name]
    except KeyError:
        known = ", ".join(PROBES)
        raise InputError(say("probe_choose", name=name, known=known), field="probe") from None
