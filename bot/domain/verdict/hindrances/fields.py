"""What a title tells of, and what a refusal says, by their meaning: two small regressions.

A sentence's clauses count beside the whole: "the firewall team works Manila hours" says more than
the sentence that it stands in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.domain.vocabulary import Kind, Role
from bot.reading.meaning import direction

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
ANY: Final = "any"
"""What fits everything."""
SURE: Final = 0.35
"""From this probability a field is taken: three in five titles of a hand that was left out reach
it, and of those 77 % are of this field and 85 % of its group."""
GROUP_SURE: Final = 0.45
"""From this one its group is, of which then 88 % are."""
UNLIKE_KIND: Final = 0.4
"""What a field's probability is multiplied by where the record is of a kind that it never has."""
LEAST_WORDS: Final = 3
"""A clause of fewer words is not read alone."""
MOST_CLAUSES: Final = 4
_CLAUSE: Final = re.compile(
    r"[,;:.?!()]|\s-+>?\s|\b(?:and|but|und|aber|et|mais|y|pero)\b", re.IGNORECASE
)


class Hindrance(BaseModel):
    """A sort of thing that holds a sprint up, or a group of them.

    Args:
        name: the key of its question in the texts; the group's or `ANY` where no field is sure.
        group: what else is like it.
        kinds: those that its records have as a rule.
        role: whom its question concerns, where nobody owns the record.
        alone: whoever is named beside it cannot settle it.
        first: it says more than the remedy that was recorded.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    group: str = ""
    kinds: frozenset[Kind] = frozenset()
    role: Role | None = None
    alone: bool = False
    first: bool = False


def hindrance_of(title: str, kind: Kind) -> Hindrance:
    """Return what a title tells of: a field, else its group, else `ANY`.

    Args:
        title: the record's own words.
        kind: its kind, chosen or suggested.
    """
    told = told_by(title)
    fields = _fields()
    likely = {
        name: told[name] * (1.0 if kind in field.kinds else UNLIKE_KIND)
        for name, field in fields.items()
    }
    total = sum(likely.values())
    best = max(likely, key=likely.__getitem__)
    if likely[best] >= SURE * total:
        return fields[best]
    by_group: dict[str, float] = defaultdict(float)
    for name, field in fields.items():
        by_group[field.group] += likely[name]
    group = max(by_group, key=by_group.__getitem__)
    alone = sum(likely[name] for name, field in fields.items() if field.alone)
    return Hindrance(
        name=group if by_group[group] >= GROUP_SURE * total else ANY, alone=2 * alone > total
    )


def likeliest(text: str, model: str) -> str:
    """Return what a sentence most likely tells of, by one of the models."""
    likely = told_by(text, model)
    return max(likely, key=likely.__getitem__)


@lru_cache(4096)
def told_by(text: str, model: str = "fields") -> Mapping[str, float]:
    """Return how likely a sentence tells of each thing; the probabilities add up to one.

    Args:
        text: a title or a reason, in any of the four languages.
        model: `fields` for titles, `reasons` for refusals.
    """
    import numpy as np

    names, weights = _regression(model)
    odds = _log_odds(text, weights)
    clauses = [each for each in _CLAUSE.split(text) if len(each.split()) >= LEAST_WORDS]
    if len(clauses) > 1:
        parts = [_log_odds(each, weights) for each in clauses[:MOST_CLAUSES]]
        odds = (odds + np.mean(parts, axis=0)) / 2
    likely = np.exp(odds)
    return dict(zip(names, map(float, likely / likely.sum()), strict=True))


def _log_odds(text: str, weights: Any) -> Any:
    import numpy as np

    odds = weights[:, :-1] @ direction(text) + weights[:, -1]
    return odds - odds.max() - np.log(np.exp(odds - odds.max()).sum())


@cache
def _regression(model: str) -> tuple[tuple[str, ...], Any]:
    import numpy as np

    with np.load(WEIGHTS) as stored:
        names = tuple(map(str, stored[f"{model}_names"]))
        return names, stored[f"{model}_weights"].astype(np.float32)


@cache
def _fields() -> dict[str, Hindrance]:
    text = Path(__file__).with_name("fields.yaml").read_text(encoding="utf-8")
    table = TypeAdapter(dict[str, dict[str, Hindrance]]).validate_python(yaml.safe_load(text))
    return {
        name: field.model_copy(update={"name": name, "group": group})
        for group, fields in table.items()
        for name, field in fields.items()
    }
