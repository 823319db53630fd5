"""The linear model as it runs in the bot: a table of weights read from a file, pure Python.

Probabilities are the softmax of `intercepts + Σ value × coefficients` over the twelve kinds. A
weights file is a zip of three members: `header.json`, `terms.txt` (a feature name a line) and
`coefficients.bin` (a row of little-endian 16-bit integers for each term).
"""

from __future__ import annotations

import json
import math
import sys
import zipfile
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind
from bot.suggest.features import BLOCK_WEIGHTS, VERSION, features
from bot.suggest.texts import say

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FULL_SCALE: Final = 32767
DOUBT: Final = 0.02
"""Share of sentences whose kind two people see differently, however sure the words seem."""

Vector = dict[int, float]
"""A sparse vector: value by the term's row."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features a model knows, and how rare each is.

    Args:
        rows: row of each feature name.
        rarity: inverse document frequency of each row.
    """

    rows: dict[str, int]
    rarity: Sequence[float]

    def vector(self, text: str) -> Vector:
        """Sublinear TF-IDF, each block brought to length one and weighed."""
        values: Vector = {}
        squares = dict.fromkeys(BLOCK_WEIGHTS, 0.0)
        blocks: dict[int, str] = {}
        for name, count in features(text).items():
            row = self.rows.get(name)
            if row is None:
                continue
            blocks[row] = name[0]
            values[row] = (1 + math.log(count)) * self.rarity[row]
            squares[name[0]] += values[row] ** 2
        return {
            row: value * BLOCK_WEIGHTS[blocks[row]] / math.sqrt(squares[blocks[row]])
            for row, value in values.items()
        }


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A trained model.

    Args:
        vocabulary: the features it knows.
        kinds: the classes, in the order of the columns.
        coefficients: row-major, `len(kinds)` a term.
        intercepts: one a kind.
        fingerprint: what it was trained from (corpus, corrections, code).
    """

    vocabulary: Vocabulary
    kinds: tuple[Kind, ...]
    coefficients: Sequence[float]
    intercepts: tuple[float, ...]
    fingerprint: str

    def probabilities(self, vector: Vector) -> dict[Kind, float]:
        """Probability of each kind; they sum to one."""
        scores = list(self.intercepts)
        width = len(scores)
        for row, value in vector.items():
            start = row * width
            for column in range(width):
                scores[column] += value * self.coefficients[start + column]
        shares = [(1 - DOUBT) * share + DOUBT / width for share in softmax(scores)]
        return dict(zip(self.kinds, shares, strict=True))


def softmax(scores: Sequence[float]) -> list[float]:
    """Scores to probabilities."""
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = math.fsum(powers)
    return [power / total for power in powers]


def save(model: LinearModel, destination: Path) -> None:
    """Write a weights file; the same model gives the same bytes.

    Args:
        model: what to write.
        destination: the file; replaced in one step, so that a reader never sees half of it.
    """
    step = max(map(abs, model.coefficients), default=1.0) / _FULL_SCALE
    header = {
        "version": VERSION,
        "fingerprint": model.fingerprint,
        "kinds": model.kinds,
        "step": step,
        "intercepts": [round(value, 6) for value in model.intercepts],
        "rarity": [round(value, 4) for value in model.vocabulary.rarity],
    }
    numbers = array("h", (round(value / step) for value in model.coefficients))
    if sys.byteorder == "big":
        numbers.byteswap()
    members = {
        "header.json": json.dumps(header, separators=(",", ":")).encode(),
        "terms.txt": "\n".join(model.vocabulary.rows).encode(),
        "coefficients.bin": numbers.tobytes(),
    }
    draft = destination.with_suffix(".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(name, _EPOCH), content, compress_type=zipfile.ZIP_DEFLATED
            )
    draft.replace(destination)


def load(path: Path) -> LinearModel:
    """Read a weights file.

    Args:
        path: written by `save`.

    Raises:
        InputError: it is no weights file, or belongs to another version of hour48.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("header.json"))
            terms = archive.read("terms.txt").decode().split("\n")
            numbers = array("h", archive.read("coefficients.bin"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InputError(say("weights_missing", name=path.name)) from error
    if header.get("version") != VERSION:
        raise InputError(say("weights_outdated", name=path.name))
    if sys.byteorder == "big":
        numbers.byteswap()
    return LinearModel(
        vocabulary=Vocabulary({term: row for row, term in enumerate(terms)}, header["rarity"]),
        kinds=tuple(Kind(kind) for kind in header["kinds"]),
        coefficients=array("f", (number * header["step"] for number in numbers)),
        intercepts=tuple(header["intercepts"]),
        fingerprint=header["fingerprint"],
    )
