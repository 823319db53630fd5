"""The 95 % intervals hold what they say: they cover the figure on rows that nobody has seen."""

import numpy as np
import pandas as pd
import pytest

from probes.baseline.columns import plan_frame, prepare
from probes.baseline.models import ModelFamily
from probes.baseline.scores import begin_check, fit, predict, score
from probes.baseline.splits import part_at_random, part_by_time
from probes.baseline.task import read_task
from probes.baseline.worker_pool import Workbench

FRESH = 6_000
RUNS = 40
LEAST = 0.85
"""Of 40 intervals that cover in 95 % of cases, fewer than this cover once in 150 tries."""


def numbers(signal, rng):
    return signal[:, 0] * 2 + np.abs(signal[:, 1]) + rng.normal(0, 2, len(signal))


def heavy_tails(signal, rng):
    return signal[:, 0] * 2 + rng.standard_t(3, len(signal)) * 1.5


def skewed(signal, rng):
    return np.exp(0.5 * signal[:, 0] + rng.normal(0, 0.6, len(signal)))


def yes_or_no(signal, rng):
    return (signal[:, 0] + rng.normal(0, 1.5, len(signal)) > 0.8).astype(int)


def three_classes(signal, rng):
    return np.digitize(signal[:, 0] + rng.normal(0, 1, len(signal)), [-0.7, 0.9]).astype(str)


def rare_classes(signal, rng):
    return np.digitize(signal[:, 0] + rng.normal(0, 1, len(signal)), [1.2, 1.9, 2.2]).astype(str)


def table(make, rows, seed):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(rows, 4))
    return pd.DataFrame(signal).add_prefix("c").assign(y=make(signal, rng))


def covers(make, rows, family, seed, by_time):
    """Tell whether the interval of one table covers the figure on thousands of fresh rows."""
    both = table(make, rows + FRESH, seed)
    task = read_task(both, "y")
    plan = plan_frame(both, {"y": "the target"})
    data = prepare(both, plan)
    known, fresh = task.at(np.arange(rows)), np.arange(rows, rows + FRESH)
    moments = both.assign(at=np.arange(len(both)))
    parting = part_by_time(moments, "at", known) if by_time else part_at_random(known)
    with Workbench() as bench:
        interval = begin_check(bench, family, data.iloc[:rows], plan, known, parting)().interval
    model = fit(family, data, plan, known, np.arange(rows))
    foretold = predict(model, data.iloc[fresh][plan.prepared_names], task.kind, len(task.classes))
    figure = score(task.kind, task.answers[fresh], foretold)
    return interval.low <= figure <= interval.high


@pytest.mark.slow
@pytest.mark.parametrize("family", [ModelFamily.LINEAR, ModelFamily.BOOSTING])
@pytest.mark.parametrize(
    ("make", "rows", "by_time"),
    [
        (yes_or_no, 600, False),
        (numbers, 600, False),
        (numbers, 600, True),
        (heavy_tails, 600, False),
        (skewed, 600, False),
        (three_classes, 600, False),
        (three_classes, 600, True),
        (rare_classes, 900, False),
    ],
)
def test_an_interval_covers_the_figure_on_fresh_rows(make, rows, by_time, family):
    covered = np.mean([covers(make, rows, family, seed, by_time) for seed in range(RUNS)])
    assert covered >= LEAST
