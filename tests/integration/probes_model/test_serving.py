"""A saved model goes live for a share of the traffic, is watched, and is taken back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from probes.baseline.options import Effort, Options
from probes.contract import ProbeContext, no_progress
from probes.settings import ProbeSettings
from serving import deploy, rollback, status
from serving.share import takes_part

if TYPE_CHECKING:
    import pandas as pd


ROWS = 200


def small_table(_: Path) -> pd.DataFrame:
    """Return customers with numbers, gaps, words and dates, which tell of leaving to a degree."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(48)
    visits = rng.poisson(4, ROWS)
    return pd.DataFrame(
        {
            "household_id": np.arange(ROWS),
            "visits": visits,
            "spend": np.where(rng.random(ROWS) < 0.1, np.nan, rng.gamma(2, 30, ROWS)),
            "area": rng.choice(["north", "south", None], ROWS),
            "joined": pd.date_range("2024-01-01", periods=ROWS).strftime("%d.%m.%Y"),
            "churned": (visits + rng.normal(0, 2, ROWS) < 3).astype(int),
        }
    )


def sample_table(folder: Path) -> pd.DataFrame:
    """Return households of the demo's grocer."""
    import pandas as pd

    from probes.samples.grocer import build_grocer

    return pd.read_csv(build_grocer(folder)["households"]).head(600)


@pytest.fixture(
    scope="module", params=[small_table, pytest.param(sample_table, marks=pytest.mark.slow)]
)
def model(request, tmp_path_factory) -> tuple[Path, pd.DataFrame]:
    from probes.baseline.probe import result_of, study_frame

    folder = tmp_path_factory.mktemp("served")
    households = request.param(folder)
    context = ProbeContext(ProbeSettings(), folder, no_progress)
    options = Options(effort=Effort.QUICK)
    study = study_frame(households, "churned", options, context)
    result = result_of(study, options, context, source="grocer", table="households")
    return result.artifacts["model"], households


def test_a_deployed_model_answers_as_the_saved_one_and_ends_when_taken_back(model):
    from probes.baseline.artifact import load_model

    path, households = model
    deployment = deploy(path, 50)
    try:
        rows = [
            {"entity": int(row["household_id"]), "values": row.where(row.notna(), None).to_dict()}
            for _, row in households.head(60).astype(object).iterrows()
        ]
        answer = httpx.post(f"{deployment.url}/predict", json={"rows": rows}, timeout=20)
        predictions = answer.json()["predictions"]
        direct = load_model(path).scores(households.head(60))
        served = [one["served"] for one in predictions]
        assert served == [takes_part(str(row["entity"]), 50) for row in rows]
        assert 15 < sum(served) < 45
        for one, score in zip(predictions, direct, strict=True):
            assert not one["served"] or one["score"] == pytest.approx(score)
        served_row = next(row for row in rows if takes_part(str(row["entity"]), 50))
        without = {name: value for name, value in served_row["values"].items() if name != "spend"}
        lacking = [*rows, {**served_row, "values": without}]
        refused = httpx.post(f"{deployment.url}/predict", json={"rows": lacking}, timeout=20)
        assert refused.status_code == 400
        assert "“spend”" in refused.json()["error"]
        broken = httpx.post(f"{deployment.url}/predict", content=b"[", timeout=20)
        assert broken.status_code == 400
        assert status(deployment)["ok"]
        assert deploy(None, 50, url=f"{deployment.url}/").pid is None
        with pytest.raises(InputError, match="takes 50 % of the traffic, not 10 %"):
            deploy(None, 10, url=deployment.url)
        assert "calls_total" in httpx.get(f"{deployment.url}/metrics", timeout=20).text
    finally:
        assert rollback(deployment)
    assert not status(deployment)["ok"]


def test_rows_that_lack_a_column_the_model_uses_are_refused_by_its_name(model):
    from probes.baseline.artifact import load_model

    path, households = model
    served = load_model(path)
    whole = households.head(5)
    for name in served.plan.names:
        with pytest.raises(InputError, match=f"“{name}”"):
            served.scores(whole.drop(columns=name))
        with pytest.raises(InputError, match=f"“{name}”"):
            served.outcomes(whole.drop(columns=name))
    assert len(served.scores(whole.assign(**dict.fromkeys(served.plan.names)))) == 5


def test_a_file_that_is_no_model_is_refused(tmp_path):
    from probes.baseline.artifact import load_model

    path = tmp_path / "model.skops"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError):
        load_model(path)


def test_a_model_that_names_code_of_others_is_refused(tmp_path):
    import skops.io

    from probes.baseline.artifact import load_model

    path = tmp_path / "model.skops"
    skops.io.dump({"format": "hour48.model/1", "model": subprocess.getoutput}, path)
    with pytest.raises(InputError):
        load_model(path)


@given(st.text(max_size=30), st.floats(0, 100), st.floats(0, 100))
def test_a_growing_share_keeps_those_it_had(entity, one, other):
    low, high = sorted((one, other))
    assert not takes_part(entity, low) or takes_part(entity, high)


def test_one_percent_is_about_one_in_a_hundred():
    taken = sum(takes_part(str(number), 1) for number in range(50_000))
    assert 420 < taken < 580


REFERENCE = {"scores": {"edges": [0.25, 0.5, 0.75], "shares": [0.25] * 4}}


@pytest.mark.parametrize(
    ("failed", "took", "score", "word"),
    [(True, 5, None, "fail"), (False, 5_000, None, "ms"), (False, 5, 0.9, "drifted")],
)
def test_each_limit_rolls_back(failed, took, score, word):
    from serving.monitor import Limits, Watch

    watch = Watch(REFERENCE, Limits(fewest=5))
    for _ in range(60):
        watch.note(failed=failed, milliseconds=took, scores=[] if score is None else [score])
    assert word in watch.why_roll_back()


def test_a_healthy_service_is_left_alone():
    from serving.monitor import Limits, Watch

    watch = Watch(REFERENCE, Limits(fewest=5))
    for number in range(200):
        watch.note(failed=False, milliseconds=5, scores=[(number % 4) / 4 + 0.1])
    assert watch.why_roll_back() is None


def test_the_same_shares_have_not_drifted():
    from serving.monitor import stability_index

    assert stability_index([0.2, 0.8], [0.2, 0.8]) == 0
