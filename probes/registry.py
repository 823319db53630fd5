"""The probes there are: one table; a probe's module is imported only where it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final, Literal, cast

from bot.domain.errors import InputError
from bot.domain.vocabulary import PHASE_HOURS, PROBE_PHASE, PhaseKey
from bot.isolation.confinement import Network
from bot.isolation.environment import NETWORK
from probes.contract import ProbeFunction
from probes.texts import say, table

PACKAGES: Final = ("PIP_*", "UV_*")
"""Where packages come from in this company."""
MACHINE: Final = ("CONDA_*", "CUDA_*", "JAVA_HOME", "JUPYTER_*", "NVIDIA_*", "R_HOME", "XDG_*")
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
        about: one line for people, where the texts of this package have none.
        network: what its process may call: of `Network.HELD` only what it was asked to look at.
        calls_public: whether it may call public addresses as well.
        holds_files: whether all files but those it looks at are closed to it.
        variables: of the environment it needs beside the usual ones; `*` stands for any letters.
        options: what may be typed behind it as `name=value`.
        takes_template: whether a kind of use case may be named.
        usage: what may be typed besides, where the texts of this package have no line.
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
        return table("about", str).get(self.name, self.about)

    def shows(self) -> str:
        """Return what may be typed besides, in the reader's language."""
        return table("usage", str).get(self.name, self.usage)

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


def _built_in(name: str, needs: Need, **rest: Any) -> ProbeEntry:
    """Return the entry of one of our own probes; the rules know its phase by its name."""
    return ProbeEntry(name, f"probes.{name}", PROBE_PHASE[name], needs, **rest)


_ENTRIES = (
    _built_in("access", "source"),
    _built_in(
        "quality",
        "source",
        takes_template=True,
    ),
    _built_in("joins", "two sources"),
    _built_in(
        "environment",
        "nothing",
        network=Network.OPEN,
        holds_files=False,
        variables=(*NETWORK, *PACKAGES, *MACHINE),
        options=("stacks", "registry"),
    ),
    _built_in(
        "baseline",
        "source",
        options=("time",),
        takes_template=True,
    ),
    _built_in("integration", "target"),
    _built_in(
        "governance",
        "nothing",
        calls_public=True,
        variables=(*NETWORK, *PACKAGES),
    ),
)


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
    return {entry.name: entry for entry in (*_ENTRIES, *_of_other_packages())}


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
