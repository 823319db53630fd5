"""Of thousands of columns some are chosen, honestly, and a leak among them is always found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probes.baseline.options import Effort, Options
from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.runner import run_probe
from probes.settings import ProbeLimits, ProbeSettings

if TYPE_CHECKING:
    import pandas as pd

    from probes.baseline.columns import FramePlan

ROWS = 300


def noise(columns: int, rows: int = ROWS, seed: int = 3) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, columns)))
    return frame.add_prefix("c").assign(y=rng.integers(0, 2, rows))


def narrowed(frame: pd.DataFrame, named: tuple[str, ...] = ()) -> FramePlan:
    from probes.baseline import wide
    from probes.baseline.columns import plan_frame, prepare
    from probes.baseline.task import read_task

    task = read_task(frame, "y")
    plan = plan_frame(frame, {"y": "the target"})
    rows = wide.choosing_rows(task, None, None)
    return wide.narrow(prepare(frame, plan), plan, task, rows, named)[0]


def study(frame: pd.DataFrame, tmp_path, **options):
    from probes.baseline.probe import study_frame

    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    return study_frame(frame, "y", Options(effort=Effort.QUICK, **options), context)


DISGUISES = (
    "by its order",
    "by groups of values",
    "by a word for it",
    "by being filled",
    "by one word of a text",
    "by its moment",
)


def disguised(how, y, rng):
    import numpy as np
    import pandas as pd

    disguises = {
        "by its order": lambda y, rng: y + rng.normal(0, 0.3, len(y)),
        "by groups of values": lambda y, rng: np.where(y == 1, rng.choice([2, 5], len(y)), 3),
        "by a word for it": lambda y, rng: np.where(y == 1, "won", "lost"),
        "by being filled": lambda y, rng: np.where(y == 1, rng.normal(size=len(y)), np.nan),
        "by one word of a text": lambda y, rng: [
            f"case {n} of the year {'cancelled' if one else 'went'} as n{rng.integers(9)} asked"
            for n, one in enumerate(y)
        ],
        "by its moment": lambda y, rng: (
            pd.Timestamp("2024-01-01")
            + pd.to_timedelta(y * 400 + rng.integers(0, 99, len(y)), unit="D")
        ),
    }
    assert set(disguises) == set(DISGUISES)
    return disguises[how](y, rng)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_leak_among_many_columns_is_chosen_in_every_disguise(monkeypatch, disguise):
    import numpy as np

    from probes.baseline import wide

    monkeypatch.setattr(wide, "MOST_INPUTS", 20)
    frame = noise(200)
    made = disguised(disguise, frame.y.to_numpy(), np.random.default_rng(4))
    assert "leak" in narrowed(frame.assign(leak=made)).names


@pytest.mark.parametrize("kind", ["a number", "one of several"])
def test_what_tells_of_a_number_or_a_class_is_chosen(monkeypatch, kind):
    import numpy as np
    import pandas as pd

    from probes.baseline import wide

    monkeypatch.setattr(wide, "MOST_INPUTS", 20)
    frame = noise(200)
    hidden = np.random.default_rng(5).normal(size=ROWS)
    several = pd.cut(hidden, [-9, -1, 0, 1, 9], labels=list("abcd")).astype(str)
    frame["y"] = hidden if kind == "a number" else several
    assert "tells" in narrowed(frame.assign(tells=hidden**3 + frame.c0 / 9)).names


def test_columns_somebody_vouches_for_are_kept_and_the_number_of_inputs_holds(monkeypatch):
    from probes.baseline import wide

    monkeypatch.setattr(wide, "MOST_INPUTS", 20)
    plan = narrowed(noise(200), named=("c199",))
    assert "c199" in plan.names
    assert len(plan.columns) == 20
    assert len(plan.left_out) == 181
    assert narrowed(noise(200), named=("c199",)) == plan


def test_the_best_of_many_columns_of_noise_is_no_discovery(monkeypatch, tmp_path):
    from probes.baseline import wide
    from probes.baseline.findings import findings_of

    monkeypatch.setattr(wide, "MOST_INPUTS", 10)
    done = study(noise(700, rows=160), tmp_path)
    found = {one.code: one for one in findings_of(done, Options())}
    assert "no_better_than_guessing" in found
    assert "10 of 700 columns" in found["columns_chosen"].sentence
    for parting in done.partings:
        for _, asked in parting.folds:
            assert not set(asked) & set(done.narrowing.rows)


def test_the_earliest_rows_choose_where_there_is_a_time():
    import pandas as pd

    from probes.baseline import wide
    from probes.baseline.task import read_task

    frame = noise(3).assign(at=pd.date_range("2024-01-01", periods=ROWS, freq="h"))
    moments = frame["at"].astype("int64").to_numpy(dtype="float64")
    rows = wide.choosing_rows(read_task(frame, "y"), moments, None)
    assert rows.max() < 0.4 * ROWS


def test_an_entity_chooses_with_all_its_rows_or_none():
    import numpy as np

    from probes.baseline import wide
    from probes.baseline.task import read_task

    groups = np.repeat(np.arange(60), 5)
    rows = wide.choosing_rows(read_task(noise(3), "y"), None, groups)
    assert not set(groups[rows]) & set(np.delete(groups, rows))


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("rows", [300, 4_000])
def test_five_thousand_columns_are_learnt_from_within_the_limits(tmp_path, rows):
    import numpy as np

    from probes.baseline.splits import Split

    frame = noise(5_000, rows)
    rng = np.random.default_rng(6)
    frame["y"] = (frame.c10 + frame.c20 + rng.normal(size=rows) > 0).astype(int)
    frame["leak"] = frame.y * 3 + rng.normal(size=rows) * 0.3
    frame.to_parquet(tmp_path / "wide.parquet")
    request = ProbeRequest("baseline", source=str(tmp_path / "wide.parquet"), target="y")
    result = run_probe(request, ProbeSettings(), limits=ProbeLimits(timeout_seconds=300)).wait()
    found = {one.code: one for one in result.findings}
    assert found["leak_single_predictor"].column == "leak"
    assert "near_perfect" in found
    assert "of 5,001 columns" in found["columns_chosen"].sentence
    assert result.facts["split"] == Split.RANDOM.value
