"""Leaks are named in every disguise; honest, near-perfect columns are never said to stop it."""

from functools import cache
from types import SimpleNamespace

import pytest

from probes.baseline.leak_kinds import LeakKind

ROWS = 2_000


@cache
def made():
    """Return a table without leaks, and what a column is made of that gives the answer away."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(3)
    signal = rng.normal(size=ROWS)
    y = (signal + rng.normal(size=ROWS) > 1).astype(int)
    base = pd.DataFrame({"s": signal, "x": rng.normal(size=ROWS), "y": y})
    amount = rng.normal(10, 3, ROWS)
    words = np.array(["alpha", "beta", "gamma", "delta", "zeta", "eta"])
    sentences = [" ".join(rng.choice(words, 8)) for _ in range(ROWS)]
    return SimpleNamespace(rng=rng, y=y, base=base, amount=amount, sentences=sentences, np=np)


def leaks(frame, target="y"):
    from threadpoolctl import threadpool_limits

    from probes.baseline.columns import plan_frame, prepare
    from probes.baseline.leakage import find_leaks
    from probes.baseline.task import read_task

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
        (lambda m: {"z": m.y * 7 - 3}, "z", LeakKind.COPY),
        (lambda m: {"z": m.np.where(m.y == 1, "gone", "here")}, "z", LeakKind.COPY),
        (lambda m: {"z": m.y + m.rng.normal(0, 0.1, ROWS)}, "z", LeakKind.ALONE),
        (lambda m: {"z": m.y + m.rng.normal(0, 0.3, ROWS)}, "z", LeakKind.ALONE),
        (lambda m: {"z": m.np.where(m.rng.random(ROWS) < 0.03, 1 - m.y, m.y)}, "z", LeakKind.JUMP),
        (lambda m: {"p": m.amount, "q": m.amount + m.y * 0.5}, "q", LeakKind.PAIR),
        (lambda m: {"p": m.amount, "q": m.amount * (1.1 + m.y * 0.5)}, "q", LeakKind.PAIR),
        (
            lambda m: {"code": m.np.argsort(m.np.argsort(m.y + m.rng.normal(0, 0.05, ROWS)))},
            "code",
            LeakKind.ALONE,
        ),
        (
            lambda m: {
                "note": [
                    f"{words} closed" if y else words
                    for words, y in zip(m.sentences, m.y, strict=True)
                ]
            },
            "note",
            LeakKind.ALONE,
        ),
    ],
)
def test_a_leak_is_named_in_its_disguise(more, column, kind):
    assert leaks(made().base.assign(**more(made()))).get(column) is kind


def test_texts_and_a_good_column_are_no_leaks():
    assert leaks(made().base.assign(note=made().sentences)) == {}


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "wine", "iris"])
def test_honest_near_perfect_columns_never_count_as_the_answer_itself(name):
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame.iloc[:, -9:]
    assert LeakKind.COPY not in leaks(frame, "target").values()


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_an_honest_sign_is_not_asked_about_beside_an_inverted_copy_of_the_answer(error):
    rng = made().np.random.default_rng(5)
    usage, visits, luck = rng.normal(size=(3, ROWS))
    answer = 4.8 * usage + 2.1 * visits + 2 * luck
    left = 100 - answer + error * rng.normal(size=ROWS)
    table = {"usage": usage, "visits": visits, "left": left, "y": answer}
    assert set(leaks(made().base.assign(**table))) == {"left"}


def test_a_column_that_only_tells_the_answer_together_with_another_is_asked_about():
    turned = made().rng.integers(0, 2, ROWS)
    cleft = (made().base.s * (2 * turned - 1) + made().rng.normal(0, 0.6, ROWS) > 0).astype(int)
    table = made().base.drop(columns="x").assign(turned=turned, y=cleft)
    assert set(leaks(table).values()) & {LeakKind.LIFT, LeakKind.PAIR, LeakKind.JUMP}
