"""A saved model goes live for a share of the traffic, is watched, and is taken back."""

import subprocess
from pathlib import Path

import httpx
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sprint.errors import InputError
from probes.baseline.artifact import load_model
from probes.baseline.options import Effort, Options
from probes.baseline.probe import result_of, study_frame
from probes.contract import ProbeContext, no_progress
from probes.samples.grocer import build_grocer
from probes.settings import ProbeSettings
from serving import deploy, rollback, status
from serving.monitor import Limits, Watch, stability_index
from serving.share import takes_part


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("served")
    households = pd.read_csv(build_grocer(folder)["households"]).head(600)
    context = ProbeContext(ProbeSettings(), folder, no_progress)
    options = Options(effort=Effort.QUICK)
    study = study_frame(households, "churned", options, context)
    result = result_of(study, options, context, source="grocer", table="households")
    return result.artifacts["model"], households


def test_a_deployed_model_answers_as_the_saved_one_and_ends_when_taken_back(model):
    path, households = model
    deployment = deploy(path, 50)
    try:
        rows = [
            {"entity": int(row["household_id"]), "values": row.dropna().to_dict()}
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


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(b"not a model")
    with pytest.raises(InputError):
        load_model(path)


def test_a_model_that_names_code_of_others_is_refused(tmp_path):
    import skops.io

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
    watch = Watch(REFERENCE, Limits(fewest=5))
    for _ in range(60):
        watch.note(failed=failed, milliseconds=took, scores=[] if score is None else [score])
    assert word in watch.why_roll_back()


def test_a_healthy_service_is_left_alone():
    watch = Watch(REFERENCE, Limits(fewest=5))
    for number in range(200):
        watch.note(failed=False, milliseconds=5, scores=[(number % 4) / 4 + 0.1])
    assert watch.why_roll_back() is None


def test_the_same_shares_have_not_drifted():
    assert stability_index([0.2, 0.8], [0.2, 0.8]) == 0
