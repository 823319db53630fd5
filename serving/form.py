"""A model compiled to arithmetic: one row's values in, score and answer out, without scikit-learn.

A form is plain data, made by `serving.compiling` in a process of its own, so that a worker carries
neither pandas nor scikit-learn. Where a model cannot be compiled, or the compiled one does not
equal it, `serving.compiling` says why and `SlowForm` asks scikit-learn instead.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from serving.blocks import block_of
from serving.estimators import estimator_of
from serving.values import FieldError, positions, reader_of

COMPILED: Final = "compiled"
SLOW: Final = "scikit-learn"
MISSING_BIN: Final = 255
OTHER_BIN: Final = 254
"""Bins of a value that is missing, and of a level that the training data did not have often."""


@dataclass(frozen=True, slots=True)
class RowScore:
    """What a model says of a row.

    Args:
        score: the chance of yes, of the likeliest class, or the foretold number.
        answer: the class's name, or the number.
    """

    score: float
    answer: str | float


@dataclass(frozen=True)
class FormFacts:
    """What is known of a model beside its arithmetic; all of it plain data.

    Args:
        kind: of the task, see `probes.baseline.task.TaskKind`.
        target: what it foretells.
        classes: the outcomes in index order; none for numbers.
        columns: the plan's columns that the model uses.
        reference: how values and scores spread in training.
        about: family, figure, date and the like.
    """

    kind: str
    target: str
    classes: tuple[str, ...]
    columns: tuple[Mapping[str, Any], ...]
    reference: Mapping[str, Any]
    about: Mapping[str, Any]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> FormFacts:
        """Return the facts in a form's plain data."""
        return cls(
            plain["task"],
            plain["target"],
            tuple(plain["classes"]),
            tuple(plain["columns"]),
            plain["reference"],
            plain["about"],
        )


class Scorer(Protocol):
    """What asks a model: compiled, or scikit-learn itself."""

    form: str
    reason: str | None

    def __call__(self, prepared: Sequence[Any], threshold: float | None) -> RowScore:
        """Score one prepared row."""
        ...


class CompiledModel:
    """A model that can be asked.

    Args:
        facts: what is known of it.
        scorer: what asks it.
    """

    def __init__(self, facts: FormFacts, scorer: Scorer) -> None:
        self.facts = facts
        self.form = scorer.form
        self.reason = scorer.reason
        self.names = tuple(str(one["name"]) for one in facts.columns)
        self._readers = [
            (str(one["name"]), reader_of(one), one["use"] == "date") for one in facts.columns
        ]
        self._scorer = scorer
        self._binners = _binners(facts)

    def prepare(self, values: Mapping[str, Any]) -> list[Any]:
        """Return a row as the model takes it.

        Args:
            values: by column name; null is missing, columns that the model does not use are left.

        Raises:
            FieldError: a used column is not there, or its value cannot be read; names the column.
        """
        prepared: list[Any] = []
        for name, read, is_date in self._readers:
            try:
                value = values[name]
            except KeyError:
                raise FieldError(
                    name, "this column is required; send null where the value is missing"
                ) from None
            if is_date:
                prepared += read(value)
            else:
                prepared.append(read(value))
        return prepared

    def score(self, prepared: Sequence[Any], threshold: float | None = None) -> RowScore:
        """Return what the model says of a prepared row.

        Args:
            prepared: by `prepare`.
            threshold: of a yes-or-no model, from which score on the answer is yes.
        """
        return self._scorer(prepared, threshold)

    def bins(self, prepared: Sequence[Any]) -> bytes:
        """Return where each watched column's value lies among the training data, a byte a column.

        The order is that of `watched`.
        """
        return bytes([binned(prepared[at]) for at, binned in self._binners])

    @property
    def published(self) -> dict[str, Any]:
        """What those who watch the model need to know of it."""
        facts = self.facts
        return {
            "kind": facts.kind,
            "classes": list(facts.classes),
            "target": facts.target,
            "watched": list(self.watched),
            "reference": dict(facts.reference),
        }

    @property
    def watched(self) -> tuple[str, ...]:
        """The columns in `bins`: all but texts."""
        return watched_columns(self.facts)


def watched_columns(facts: FormFacts) -> tuple[str, ...]:
    """Return the names of the watched columns, in the order of `CompiledModel.bins`."""
    spread = facts.reference["columns"]
    return tuple(str(one["name"]) for one in facts.columns if one["name"] in spread)


def _binners(facts: FormFacts) -> list[tuple[int, Callable[[Any], int]]]:
    spread, at, binners = facts.reference["columns"], 0, []
    for column, width in zip(facts.columns, positions(facts.columns), strict=True):
        if column["name"] in spread:
            binners.append((at, _binner(spread[column["name"]])))
        at += width
    return binners


def _binner(shares: Mapping[str, Any]) -> Callable[[Any], int]:
    if "levels" in shares:
        known = {level: number for number, level in enumerate(shares["levels"])}
        return lambda value: known.get(value, OTHER_BIN)
    edges = list(shares["edges"])

    def binned(value: float) -> int:
        return MISSING_BIN if math.isnan(value) else bisect_right(edges, value)

    return binned


class CompiledScorer:
    """Asks a compiled model.

    Args:
        plain: its encoders and estimator as plain data.
    """

    form = COMPILED
    reason: str | None = None

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._blocks = [block_of(one) for one in plain["blocks"]]
        self._estimate = estimator_of(plain["estimator"])
        self._answer = answer_of(plain["task"], tuple(plain["classes"]))

    def __call__(self, prepared: Sequence[Any], threshold: float | None) -> RowScore:
        """Score one prepared row."""
        features: list[float] = []
        for block in self._blocks:
            block(prepared, features)
        return self._answer(self._estimate(features), threshold)


def answer_of(
    kind: str, classes: tuple[str, ...]
) -> Callable[[Sequence[float], float | None], RowScore]:
    """Return what turns an estimator's outputs into score and answer, as the task's kind asks."""
    if kind == "a number":
        return lambda outputs, _: RowScore(outputs[0], outputs[0])
    if len(classes) == 2:  # a task of yes or no; an exported model has no texts to ask

        def yes_or_no(outputs: Sequence[float], threshold: float | None) -> RowScore:
            score = outputs[1]
            yes = score > outputs[0] if threshold is None else score >= threshold
            return RowScore(score, classes[yes])

        return yes_or_no

    def likeliest(outputs: Sequence[float], _: float | None) -> RowScore:
        score = max(outputs)
        return RowScore(score, classes[outputs.index(score)])

    return likeliest


class SlowScorer:
    """Asks scikit-learn itself, about a hundred times as slowly.

    Args:
        path: of the kept model.
        reason: why it is not compiled.
    """

    form = SLOW

    def __init__(self, path: Path, reason: str) -> None:
        from probes.baseline.artifact import load_model

        self.reason: str | None = reason
        self._served = load_model(path)
        self._names = self._served.plan.prepared_names
        self._answer = answer_of(self._served.kind.value, self._served.classes)

    def __call__(self, prepared: Sequence[Any], threshold: float | None) -> RowScore:
        """Score one prepared row."""
        import pandas as pd

        frame = pd.DataFrame([prepared], columns=self._names)
        model = self._served.model
        if not self._served.classes:
            return self._answer([float(model.predict(frame)[0])], threshold)
        return self._answer(model.predict_proba(frame)[0].tolist(), threshold)


def form_of(plain: Mapping[str, Any], path: Path | None = None) -> CompiledModel:
    """Return the form that `serving.compiling` described.

    Args:
        plain: its plain data.
        path: of the kept model, for one that is not compiled.
    """
    facts = FormFacts.from_plain(plain)
    if plain["form"] == COMPILED:
        return CompiledModel(facts, CompiledScorer(plain))
    assert path is not None  # noqa: S101 - whoever compiled it has the file
    return CompiledModel(facts, SlowScorer(path, plain["reason"]))
