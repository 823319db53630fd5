"""The standard playbook's priors, as plain data: the one place where these figures stand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).parents[2] / "playbook" / "standard" / "priors.yaml"


@cache
def quote_figures() -> dict[str, float]:
    """Return what becomes of quoted times, by the names that `OverrunPrior` gives its fields."""
    told = _read()["quotes"]
    return {name: float(figure) for name, figure in told.items() if name != "sources"}


@cache
def phase_rows() -> tuple[dict[str, Any], ...]:
    """Return how often each phase ends in which scenario, a row each; see `ScenarioPrior`."""
    return tuple(_read()["phases"])


@cache
def _read() -> dict[str, Any]:
    """Read the file as it is shipped; a playbook of somebody's own is checked when it is loaded."""
    found: dict[str, Any] = yaml.load(_FILE.read_text("utf-8"), yaml.CSafeLoader)["priors"]
    return found
