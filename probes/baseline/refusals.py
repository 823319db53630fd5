"""Why nothing can be learnt from a table: one finding that stops, in one shape."""

from __future__ import annotations

from typing import Any

from bot.domain.vocabulary import FindingLevel, Kind, Remedy
from probes.baseline.texts import say
from probes.contract import Finding, ProbeFault, SuggestedBlocker


def cannot_learn(code: str, sentence: str, meaning: str, title: str, **evidence: Any) -> ProbeFault:
    """Return the fault that ends the probe with one finding.

    Args:
        code: of the finding.
        sentence: what was seen, with its figure.
        meaning: why nothing can be learnt then.
        title: of the blocker that it suggests.
        evidence: the figures.
    """
    blocker = SuggestedBlocker(Kind.DATA_ACCESS, Remedy.PEOPLE, title)
    return ProbeFault(Finding(FindingLevel.STOPS, code, sentence, evidence, meaning, blocker))


def too_few(
    unit: str, found: int, least: int, *, sentence: str, meaning: str, title: str
) -> ProbeFault:
    """Return the fault of a table that holds too little.

    Args:
        unit: what there is too little of: rows, customers, periods.
        found: how many there are.
        least: how many there must be.
        sentence: says what was found; the least is added to it.
        meaning: why that many are needed.
        title: of the blocker that it suggests.
    """
    refusal = say("least", sentence=sentence, least=least)
    return cannot_learn(f"too_few_{unit}", refusal, meaning, title, **{unit: found, "least": least})
