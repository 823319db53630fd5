"""Whether a cause is waited for or built, and the phase to which building work belongs.

What is waited for (a review, an order, a hire) runs beside everything else from the first day. What
is built follows the building of the phase before it. Both follow from what the cause is about and
never from the hour in which somebody typed it.
"""

from __future__ import annotations

import re
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict.model import Nature, Obstacle
from bot.domain.vocabulary import BUILT_IN_PHASE, KIND_CATEGORY, Category, Kind, Remedy

_BUILT: Final = frozenset({Remedy.ARCHITECTURE, Remedy.PEOPLE, Remedy.TOOLS})
_ORDERED: Final = frozenset({(Kind.DATA_ACCESS, Remedy.TOOLS), (Kind.INFRASTRUCTURE, Remedy.TOOLS)})
"""A grant or a machine: somebody hands it over, nobody builds it."""
_ASKED_FOR: Final = re.compile(
    r"\b(?:request|ticket|approval|approve|form|order(?:ed)?|procure\w*|review|sign(?:ed|off|-off)?|"
    r"licen[cs]e|credentials?|permission|waiting (?:for|on)|waits? (?:for|on)|access takes|queue|"
    r"delivery|antrag|genehmigung|freigabe|bestell\w*|demande|solicitud)\b",
    re.IGNORECASE,
)
_PHASE: Final = {kind: phase for phase, kind in BUILT_IN_PHASE.items()}


def nature_of(kind: Kind, remedy: Remedy, title: str) -> Nature:
    """Return whether a cause is waited for or built."""
    if remedy is Remedy.ARCHITECTURE:
        return Nature.BUILD
    if KIND_CATEGORY[kind] is not Category.TECHNICAL or remedy not in _BUILT:
        return Nature.WAIT
    if (kind, remedy) in _ORDERED or _ASKED_FOR.search(title):
        return Nature.WAIT
    return Nature.BUILD


def place_of(lead: Obstacle, nature: Nature, record: SprintRecord) -> str:
    """Return the phase a cause holds up: of building work by its kind, else where it came up."""
    place = _PHASE.get(lead.kind, lead.phase)
    known = any(phase.key == place for phase in record.phases)
    return str(place) if nature is Nature.BUILD and known else lead.phase
