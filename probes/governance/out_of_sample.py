"""Scores of rows by models that have not learned them: a model flatters the rows it knows."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from probes.baseline.artifact import ServedModel
from probes.baseline.columns import prepare
from probes.baseline.splits import part_at_random
from probes.baseline.task import PredictionTask

MOST_ROWS: Final = 20_000
_SEED: Final = 48


def some_rows(task: PredictionTask) -> NDArray[np.intp]:
    """Return positions of at most `MOST_ROWS` rows of a task, drawn at random."""
    drawn = np.random.default_rng(_SEED).permutation(len(task.answers))[:MOST_ROWS]
    return np.sort(drawn)


def out_of_sample_scores(
    served: ServedModel, rows: pd.DataFrame, task: PredictionTask
) -> NDArray[np.float64] | None:
    """Return the chance of yes of each row, by copies of the model that learned the other rows.

    Args:
        served: the saved model; its pipeline is fitted anew, five times.
        rows: the rows of the task.
        task: their answers, yes or no.

    Returns:
        The scores; none where the rows cannot be parted with both outcomes in each part.
    """
    parting = part_at_random(task)
    if parting is None:
        return None
    data = prepare(rows, served.plan)
    inputs = data[list(served.model.feature_names_in_)]
    answers = task.answers.astype(int)
    scores = np.full(len(rows), np.nan)
    for learn, ask in parting.folds:
        fitted = clone(served.model).fit(inputs.iloc[learn], answers[learn])
        scores[ask] = fitted.predict_proba(inputs.iloc[ask])[:, -1]
    return None if np.isnan(scores).any() else scores
