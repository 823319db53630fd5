"""A kept model of each use case gives the same scores wherever it is asked."""

from __future__ import annotations

import csv
import subprocess
import sys

import pandas as pd
import pytest

from bot.domain.vocabulary import UseCase
from probes.samples.grocer import public_tables
from serving.compiling import compile_model
from serving.export.mlflow import write_mlflow
from serving.export.mlserver import write_mlserver
from tests import loaded, peers
from tests.deployed import Served
from tests.use_cases import TABLES, kept_for, many, plain

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(public_tables() is None, reason="the public grocery data is not installed"),
]

ROWS, AT_ONCE = 10_000, 1_000
FIGURES = {UseCase.INVENTORY}
"""Use cases that foretell an amount; the others a chance."""


@pytest.fixture(scope="module", params=list(TABLES), ids=lambda each: each.value)
def case(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.value)
    path, saved, frame = kept_for(request.param, folder)
    asked = many(frame, saved.plan.names, ROWS).map(plain).astype(object)
    asked = asked.where(asked.notna(), None)
    if "begins" in asked:  # the file's reader knew the notation of 05.06.2017; callers write ISO
        moments = pd.to_datetime(asked["begins"], format="%d.%m.%Y")
        asked["begins"] = moments.dt.strftime("%Y-%m-%d").astype(object)
    scores = saved.scores(asked)
    assert (len(saved.classes) == 0) == (request.param in FIGURES)
    assert pd.Series(scores).nunique() > 20
    return path, saved, asked, scores


def same(scores):
    return pytest.approx(list(scores), rel=1e-9, abs=1e-9)


def asked_for(served, body):
    """Ask until the model answers: a busy machine gives control to whoever waits too long."""
    for _ in range(20):
        said = served.client.post("/predict", json=body)
        assert said.status_code == 200, said.text
        predictions = said.json()["predictions"]
        if predictions[0]["arm"] == "model":
            return predictions
    raise AssertionError("the model did not answer")


def test_over_http(case):
    path, saved, asked, scores = case
    rows = asked.to_dict("records")
    got, answers = [], []
    with Served(["--artifact", str(path), "--percent", "100"]) as served:
        served.wait_ready()
        ready = served.client.get("/readyz").json()
        assert ready["form"] == "compiled", ready["form_reason"]
        for start in range(0, ROWS, AT_ONCE):
            part = rows[start : start + AT_ONCE]
            body = {"rows": [{"entity": str(at), "values": row} for at, row in enumerate(part)]}
            predictions = asked_for(served, body)
            got += [one["score"] for one in predictions]
            answers += [one["answer"] for one in predictions]
    assert got == same(scores)
    if saved.classes:
        assert answers == saved.outcomes(asked)


def test_in_a_batch(case, tmp_path):
    path, _, asked, scores = case
    table = asked.assign(row_number=range(ROWS))
    table.to_parquet(tmp_path / "asked.parquet")
    out = tmp_path / "scores.csv"
    command = ["hour48", "score", str(tmp_path / "asked.parquet"), "--artifact", str(path)]
    subprocess.run(
        [sys.executable, "-m", *command, "--entity", "row_number", "--csv", str(out)],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [one["entity"] for one in rows] == [str(number) for number in range(ROWS)]
    assert [float(one["score"]) for one in rows] == same(scores)


def test_exported_for_mlflow_and_alone(case, tmp_path):
    path, _, asked, scores = case
    folder = write_mlflow(compile_model(path), tmp_path / "out")
    assert loaded.alone(folder, asked, tmp_path)[0] == same(scores)


@pytest.mark.skipif(not peers.is_installed(), reason="make test-exports installs MLflow")
def test_exported_and_loaded_by_mlflow_itself(case, tmp_path):
    path, _, asked, scores = case
    folder = write_mlflow(compile_model(path), tmp_path / "out")
    assert loaded.by_mlflow(folder, asked, tmp_path) == same(scores)


@pytest.mark.skipif(not peers.is_installed(), reason="make test-exports installs MLServer")
def test_exported_and_served_by_mlserver_itself(case, tmp_path):
    path, _, asked, scores = case
    folder = write_mlserver(compile_model(path), tmp_path / "out", "case")
    with loaded.by_mlserver(folder, "case", 2) as ask:
        assert ask(asked.to_dict("records"))["score"] == same(scores)
