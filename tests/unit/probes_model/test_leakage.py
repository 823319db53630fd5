"""Leaks are named in every disguise; honest, near-perfect columns are never said to stop it."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from probes.baseline.columns import plan_frame, prepare
from probes.baseline.leak_kinds import LeakKind
from probes.baseline.leakage import find_leaks
from probes.baseline.task import read_task

RNG = np.random.default_rng(3)
ROWS = 2_000
SIGNAL = RNG.normal(size=ROWS)
Y = (SIGNAL + RNG.normal(size=ROWS) > 1).astype(int)
BASE = pd.DataFrame({"s": SIGNAL, "x": RNG.normal(size=ROWS), "y": Y})
AMOUNT = RNG.normal(10, 3, ROWS)
WORDS = np.array(["alpha", "beta", "gamma", "delta", "zeta", "eta"])
SENTENCES = [" ".join(RNG.choice(WORDS, 8)) for _ in range(ROWS)]


def leaks(frame, target="y"):
    task = read_task(frame, target)
    rows = frame.iloc[task.rows]
    plan = plan_frame(rows, {task.column: "the target"})
    data = prepare(rows, plan).reset_index(drop=True)
    with threadpool_limits(1):
        found = find_leaks(data, plan, task, thorough=False)
    return {column: leak.kind for leak in found for column in leak.columns}


@pytest.mark.parametrize(
    ("more", "column", "kind"),
    [
        ({"z": Y * 7 - 3}, "z", LeakKind.COPY),
        ({"z": np.where(Y == 1, "gone", "here")}, "z", LeakKind.COPY),
        ({"z": Y + RNG.normal(0, 0.1, ROWS)}, "z", LeakKind.ALONE),
        ({"z": Y + RNG.normal(0, 0.3, ROWS)}, "z", LeakKind.ALONE),
        ({"z": np.where(RNG.random(ROWS) < 0.03, 1 - Y, Y)}, "z", LeakKind.JUMP),
        ({"p": AMOUNT, "q": AMOUNT + Y * 0.5}, "q", LeakKind.PAIR),
        ({"p": AMOUNT, "q": AMOUNT * (1.1 + Y * 0.5)}, "q", LeakKind.PAIR),
        ({"code": np.argsort(np.argsort(Y + RNG.normal(0, 0.05, ROWS)))}, "code", LeakKind.ALONE),
        (
            {
                "note": [
                    f"{words} closed" if y else words for words, y in zip(SENTENCES, Y, strict=True)
                ]
            },
            "note",
            LeakKind.ALONE,
        ),
    ],
)
def test_a_leak_is_named_in_its_disguise(more, column, kind):
    assert leaks(BASE.assign(**more)).get(column) is kind


def test_texts_and_a_good_column_are_no_leaks():
    assert leaks(BASE.assign(note=SENTENCES)) == {}


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "wine", "iris"])
def test_honest_near_perfect_columns_never_count_as_the_answer_itself(name):
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.iloc[:, -9:]
    assert LeakKind.COPY not in leaks(frame, "target").values()
