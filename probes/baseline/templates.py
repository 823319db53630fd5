"""What the typical use cases foretell: where their label is usually found, and what is counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.vocabulary import UseCase
from probes.baseline.texts import CODES, say


@dataclass(frozen=True)
class UseCaseTemplate:
    """A use case: the label's usual names, what a row is called, what is done with a hit."""

    label: re.Pattern[str]
    cases: str
    action: str


def _template(label: str, cases: str, action: str) -> UseCaseTemplate:
    return UseCaseTemplate(re.compile(label, re.IGNORECASE), cases, action)


TEMPLATES: Final[dict[UseCase, UseCaseTemplate]] = {
    UseCase.CHURN: _template(
        r"churn|attrit|cancel|left$|lapsed|(is|has)_?left", "customers", "contacted"
    ),
    UseCase.ANOMALY: _template(
        r"anomal|fraud|outlier|abnormal|suspicious|is_?bad", "cases", "checked"
    ),
    UseCase.MAINTENANCE: _template(
        r"fail|breakdown|broke|fault|downtime|remaining_?useful|rul$", "machines", "inspected"
    ),
    UseCase.RECOMMENDATION: _template(
        r"bought|purchas|click|convert|order(ed)?$|rating|liked", "offers", "shown"
    ),
    UseCase.INVENTORY: _template(
        r"demand|units|quantity|sold|sales|stock_?out|orders", "items", "reordered"
    ),
    UseCase.OTHER: _template(r"^(label|target|outcome|class|y)$", "cases", "acted on"),
}


def template_of(use_case: UseCase | None) -> UseCaseTemplate:
    """Return the template of a use case; the general one where none is given."""
    return TEMPLATES[use_case or UseCase.OTHER]


def label_names(columns: Sequence[str], use_case: UseCase | None) -> list[str]:
    """Return the columns named like the use case's label, else like any label."""
    named = [name for name in columns if template_of(use_case).label.search(name)]
    return named or [name for name in columns if TEMPLATES[UseCase.OTHER].label.search(name)]


def find_target(columns: Sequence[str], use_case: UseCase | None) -> str:
    """Return the one column that looks like the use case's label.

    Raises:
        ProbeFault: none does, or several do; the finding says which.
    """
    found = label_names(columns, use_case)
    if len(found) == 1:
        return found[0]
    hint = say("could_be", columns=", ".join(found[:6])) if found else ""
    raise CODES.fault("target_needed", {"candidates": len(found)}, hint=hint)
