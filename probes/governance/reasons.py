"""Why one case got its score, in words that could be sent to the person it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from probes.baseline.artifact import ServedModel
from probes.governance.texts import say

MOST_REASONS: Final = 4


@dataclass(frozen=True)
class Reason:
    """A column of one case, and how much the score changes when it is made typical instead."""

    column: str
    effect: float

    @property
    def sentence(self) -> str:
        """The reason in words, without the person's value."""
        way = "raises" if self.effect > 0 else "lowers"
        return say("differs_usual_score", column=self.column, way=way)


def reasons_for(served: ServedModel, row: dict[str, Any]) -> list[Reason]:
    """Return the columns that move one case's score most, the strongest first.

    Each column alone is set to its typical value; what that changes is its effect.
    """
    columns = served.plan.names
    case = {name: row.get(name) for name in columns}
    rows = [case, *({**case, name: served.typical.get(name)} for name in columns)]
    scores = served.scores(pd.DataFrame(rows, dtype=object))
    effects = [
        Reason(name, float(scores[0] - changed))
        for name, changed in zip(columns, scores[1:], strict=True)
    ]
    ranked = sorted(effects, key=lambda one: -abs(one.effect))
    return [one for one in ranked[:MOST_REASONS] if abs(one.effect) > 1e-6]
