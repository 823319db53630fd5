"""Rank the twelve kinds for a text, say it by wording, learn from corrections."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import KIND_CATEGORY, Category, Kind
from bot.isolation import environment
from bot.isolation.private_folders import private_folder
from bot.suggest.features import normalise, words
from bot.suggest.model import LinearModel, Vector, load
from bot.suggest.texts import say

SHIPPED: Final = Path(__file__).with_name("weights.zip")
LONGEST_TEXT: Final = 10_000
"""Characters; Slack's own limit for a text field is 3,000."""

_ALIKE: Final = 0.35
"""Cosine from which a correction of another text is taken to speak about this one too."""

_PERSON_WINS: Final = 0.95
"""The share of the say that a correction of the very same text gets."""

_PHRASES: Final = [
    (0.6, "looks_like"),
    (0.3, "could_be"),
    (0.0, "hard_to_tell"),
]
"""From which probability of the first kind on which text is said."""

_TRAINING_SECONDS: Final = 300

Correction = tuple[str, Kind]
"""A blocker's text and the kind that a person chose for it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One kind as a possible root cause.

    Args:
        kind: one of the twelve.
        category: the kind's family.
        probability: from 0 to 1; those of a ranking sum to 1.
    """

    kind: Kind
    category: Category
    probability: float


def suggest(
    text: str, corrections: Sequence[Correction] = (), *, weights: Path | None = None
) -> list[Suggestion]:
    """Rank the twelve kinds by how probably each is the blocker's root cause.

    Args:
        text: what a person wrote about the blocker, as it is.
        corrections: kinds that people chose for earlier texts and that the weights don't hold yet;
            they weigh in at once, by likeness.
        weights: the workspace's own weights file, written by `retrain`; the shipped one when left
            out, not there (yet), or damaged.

    Returns:
        All twelve, most probable first.

    Raises:
        InputError: the text has no word in it, or is longer than 10,000 characters.
    """
    _check(text)
    model = _own_model(weights) or _model(SHIPPED)
    vector = model.vocabulary.vector(text)
    probabilities = _recall(model, vector, model.probabilities(vector), corrections)
    ranked = sorted(probabilities.items(), key=itemgetter(1), reverse=True)
    return [Suggestion(kind, KIND_CATEGORY[kind], share) for kind, share in ranked]


def _check(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise InputError(
            say(
                "text_too_long",
                words=len(text),
                longest_text=LONGEST_TEXT,
            ),
            field="text",
        )
    if not words(normalise(text)):
        raise InputError(say("text_empty"), field="text")


def _own_model(weights: Path | None) -> LinearModel | None:
    """Return the workspace's own model; none where the file is missing, damaged or too old."""
    if weights is None:
        return None
    try:
        return _model(weights)
    except (OSError, InputError):
        return None


def _model(path: Path) -> LinearModel:
    return _loaded(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _loaded(path: Path, _modified: int) -> LinearModel:
    return load(path)


def _recall(
    model: LinearModel,
    vector: Vector,
    probabilities: dict[Kind, float],
    corrections: Sequence[Correction],
) -> dict[Kind, float]:
    """Let the correction most like the text pull its kind up, the more alike the more."""
    if not corrections:
        return probabilities
    likeness, chosen = max(
        ((cosine(vector, model.vocabulary.vector(text)), kind) for text, kind in corrections),
        key=lambda pair: pair[0],
    )
    if likeness < _ALIKE:
        return probabilities
    pull = _PERSON_WINS * (likeness - _ALIKE) / (1 - _ALIKE) if likeness < 0.999 else _PERSON_WINS
    return {
        kind: (1 - pull) * share + pull * (kind is chosen) for kind, share in probabilities.items()
    }


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors are, 0 (nothing shared) to 1 (the same)."""
    shared = math.fsum(value * other[row] for row, value in one.items() if row in other)
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return shared / lengths if lengths else 0.0


def wording(ranked: Sequence[Suggestion], titles: Mapping[Kind, str] | None = None) -> str:
    """Say a ranking to a person: how sure we are shows in the words, not in a number.

    Args:
        ranked: what `suggest` gave.
        titles: the playbook's titles of the kinds; the plain keys when left out.

    Returns:
        Such as "looks like approval process" or "could be skills gap or missing role".
    """
    first, second, third = (
        titles[one.kind] if titles else one.kind.replace("_", " ") for one in ranked[:3]
    )
    for least, phrase in _PHRASES:
        if ranked[0].probability >= least:
            return say(phrase, first=first, second=second, third=third)
    raise AssertionError(ranked)


def is_trained_on(weights: Path, corrections: Sequence[Correction]) -> bool:
    """Return whether a weights file was made from this corpus, this code and these corrections."""
    from bot.suggest.train import fingerprint_with

    own = _own_model(weights)
    return own is not None and own.fingerprint == fingerprint_with(_latest(corrections))


def _latest(corrections: Sequence[Correction]) -> list[Correction]:
    return list({normalise(text): (text, kind) for text, kind in corrections}.values())


def retrain(
    corrections: Sequence[Correction],
    destination: Path,
    started: Callable[[Popen[bytes]], None] = lambda _: None,
) -> Path:
    """Train on the corpus and a workspace's corrections, in a child process.

    Takes some ten seconds; scikit-learn never enters the calling process.

    Args:
        corrections: text and chosen kind; a later one for the same text replaces the earlier.
        destination: the workspace's weights file; replaced in one step when training has ended.
        started: is given the child process, so that it can be ended early.

    Returns:
        The destination.

    Raises:
        InputError: training failed; the earlier weights stay in use.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    with private_folder("corrections") as folder:
        corrections_file = folder / "corrections.json"
        corrections_file.write_text(json.dumps(_latest(corrections)), encoding="utf-8")
        _train(["--out", str(destination), "--corrections", str(corrections_file)], started)
    return destination


def _train(arguments: list[str], started: Callable[[Popen[bytes]], None]) -> None:
    command = [sys.executable, "-m", "bot.suggest.train", *arguments]
    scrubbed = environment.scrubbed(())
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL, env=scrubbed) as training:  # noqa: S603 - our own module
        started(training)
        try:
            code = training.wait(_TRAINING_SECONDS)
        except TimeoutExpired:
            training.kill()
            code = 1
    if code:
        raise InputError(say("learning_failed"))
