"""Rows that repeat earlier ones: a load that ran twice, or rows that happen to be alike."""

import numpy as np
import pandas as pd
import pytest

from probes.quality.copies import stand_together

NAMES = ["week", "who", "present"]


def rota(people=40):
    rng = np.random.default_rng(3)
    rows = [(week, who, int(rng.integers(2))) for who in range(people) for week in range(1, 13)]
    return pd.DataFrame(rows, columns=NAMES)


@pytest.mark.parametrize(
    ("repeated", "together"),
    [
        (lambda t: pd.concat([t, t[t.week >= 10]]), True),
        (lambda t: pd.concat([t.iloc[:200], t.iloc[100:200], t.iloc[200:]]), True),
        (
            lambda t: pd.concat([t, t.sample(60, random_state=1)]).sample(frac=1, random_state=2),
            False,
        ),
        (lambda t: pd.concat([t, pd.concat([t.iloc[[7]]] * 60)]), False),
        (lambda t: pd.concat([t, t.iloc[:5]]), False),
    ],
    ids=["weeks at the end", "a stretch in the middle", "scattered", "one row", "a handful"],
)
def test_copies_are_a_loads_where_they_stand_in_one_stretch(repeated, together):
    assert stand_together(repeated(rota()), NAMES) is together
