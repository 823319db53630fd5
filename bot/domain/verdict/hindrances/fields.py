"""What a title tells of, and what a refusal says, by meaning and words: two small regressions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.domain.verdict.hindrances.vocabulary import vector
from bot.domain.vocabulary import Kind, Role
from bot.reading.folding import fold
from bot.reading.meaning import direction
from bot.reading.place import anywhere

WEIGHTS: Final = Path(__file__).with_name("weights.zip")
ANY: Final = "any"
"""What fits everything."""
SURE: Final = 0.35
"""From this probability a field is taken."""
SURE_OF_FAMILY: Final = 0.4
"""From this one a family of fields is, together."""
UNLIKE_KIND: Final = 0.4
"""What a field's probability is multiplied by where the record is of a kind that it never has."""
UNLIKE_GUESS: Final = 0.7
"""The same where that kind is a guess, of which two in three fit."""
ASKS_FOR: Final = 0.5
"""From this probability a sentence of a no, or after it, tells what would end it."""
LEAST_WORDS: Final = 5
"""A sentence of fewer words is not read alone."""
_SENTENCE: Final = re.compile(r"[.;!?]\s+")
WORDS_SCALE: Final = 20
"""The weights of words are whole numbers, in this part of the log odds."""


class Hindrance(BaseModel):
    """A sort of thing that holds a sprint up, or a family of them where no single one is sure.

    Args:
        name: the key of its question in the texts; `ANY` where nothing is sure.
        family: the key of the question that all of its family share.
        kinds: those that its records have as a rule.
        role: whom its question concerns, where nobody owns the record.
        alone: whoever is named beside it cannot settle it.
        first: it says more than the remedy that was recorded.
        needs: the table of words of which a title has one to tell of it; empty where none has to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    family: str = ""
    kinds: frozenset[Kind] = frozenset()
    role: Role | None = None
    alone: bool = False
    first: bool = False
    needs: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it is one field."""
        return self.name not in {ANY, self.family}


def hindrance_of(title: str, kind: Kind, *, guessed: bool = False) -> Hindrance:
    """Return what a title tells of: a field, else a family of them, else `ANY`.

    Args:
        title: the record's own words.
        kind: its kind, chosen or suggested.
        guessed: it was suggested.
    """
    told, fields, folded = told_by(title), _fields(), fold(title)
    unlike = UNLIKE_GUESS if guessed else UNLIKE_KIND
    likely = {
        name: told[name] * (1.0 if kind in field.kinds else unlike)
        for name, field in fields.items()
    }
    for name in sorted(likely, key=likely.__getitem__, reverse=True)[:2]:
        if fields[name].needs and not anywhere(fields[name].needs).search(folded):
            del likely[name]
    total = sum(likely.values())
    best = max(likely, key=likely.__getitem__)
    if likely[best] >= SURE * total:
        return fields[best]
    of_families: defaultdict[str, float] = defaultdict(float)
    for name, chance in likely.items():
        of_families[fields[name].family] += chance
    family, together = max(of_families.items(), key=lambda each: each[1])
    is_family = together >= SURE_OF_FAMILY * total
    about = {name for name in likely if fields[name].family == family} if is_family else {*likely}
    most = max(about, key=likely.__getitem__)
    on_its_own = sum(likely[name] for name in about if fields[name].alone)
    alone = 2 * on_its_own > sum(likely[name] for name in about)
    if not is_family:
        return Hindrance(name=ANY, alone=alone)
    return fields[most].model_copy(update={"name": family, "alone": alone})


def likeliest(text: str, model: str) -> str:
    """Return what a sentence most likely tells of, by one of the models."""
    likely = told_by(text, model)
    return max(likely, key=likely.__getitem__)


def refusal_says(reason: str) -> str:
    """Return what a no says; of one that names a time and asks for something, both.

    A condition in one of its sentences goes before the reason that the others give.
    """
    sentences = [each for each in _SENTENCE.split(reason) if len(each.split()) >= LEAST_WORDS]
    said = likeliest(reason, "reasons")
    both = {said, *(likeliest(each, "reasons") for each in sentences)}
    if both == {"time", "condition"}:
        return "time_condition"
    asks = any(told_by(each, "reasons")["condition"] >= ASKS_FOR for each in sentences)
    return "condition" if said == "flat" and asks else said


@lru_cache(4096)
def told_by(text: str, model: str = "fields") -> Mapping[str, float]:
    """Return how likely a sentence tells of each thing; the probabilities add up to one.

    Args:
        text: a title or a reason, in any of the four languages.
        model: `fields` for titles, `reasons` for refusals.
    """
    import numpy as np

    learnt = _regression(model)
    odds = learnt.meaning[:, :-1] @ direction(text) + learnt.meaning[:, -1]
    odds = odds + learnt.words @ vector(text, learnt.places, learnt.rarity) / WORDS_SCALE
    likely = np.exp(odds - odds.max())
    return dict(zip(learnt.names, map(float, likely / likely.sum()), strict=True))


class _Regression(NamedTuple):
    """What was learnt: a row of weights each thing, of its direction and of its words."""

    names: tuple[str, ...]
    meaning: Any
    words: Any
    places: dict[str, int]
    rarity: Any


@cache
def _regression(model: str) -> _Regression:
    import numpy as np

    with np.load(WEIGHTS) as stored:
        terms = str(stored[f"{model}_terms"]).split("\n")
        return _Regression(
            tuple(map(str, stored[f"{model}_names"])),
            stored[f"{model}_meaning"].astype(np.float32),
            stored[f"{model}_words"].astype(np.float32),
            {term: place for place, term in enumerate(terms)},
            stored[f"{model}_rarity"].astype(np.float32),
        )


@cache
def _fields() -> dict[str, Hindrance]:
    text = Path(__file__).with_name("fields.yaml").read_text(encoding="utf-8")
    fields = TypeAdapter(dict[str, Hindrance]).validate_python(yaml.safe_load(text))
    return {name: field.model_copy(update={"name": name}) for name, field in fields.items()}
