"""Reads `probes.yaml`, the table of our own probes, for rules, playbook and registry."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.domain.vocabulary import PhaseKey
from bot.texts import FALLBACK, read

_FILE: Final = Path(__file__).with_name("probes.yaml")


def built_in(into: str = FALLBACK) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries by the probes' names, with the words in a language."""
    return read(_FILE, into)


def phase_informed(probe: str) -> PhaseKey | None:
    """Return the phase that a probe of this package informs, None for another package's."""
    entry = built_in().get(probe)
    return PhaseKey(entry["phase"]) if entry else None
