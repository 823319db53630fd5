"""What is exported answers as the saved model, with the preparation of its columns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import jsonschema
import pandas as pd
import pytest
import yaml

from bot.domain.errors import InputError
from probes.baseline.artifact import load_model
from probes.baseline.models import ModelFamily
from serving.compiling import compile_model
from serving.export.containers import MODEL_FILE, PORT, TOKENS, write_docker, write_kserve
from serving.export.mlflow import write_mlflow
from serving.export.mlserver import write_mlserver
from tests import loaded, peers
from tests.deployed import TOKEN, Served
from tests.served import FAMILIES, TARGETS, customers, kept

pytestmark = pytest.mark.smoke


@pytest.mark.parametrize(
    ("family", "target"),
    [
        (ModelFamily.BOOSTING, "left"),
        *(
            pytest.param(family, target, marks=pytest.mark.slow)
            for family in FAMILIES
            for target in TARGETS.values()
        ),
    ],
)
def test_an_mlflow_model_needs_no_hour48_and_answers_raw_rows(tmp_path, family, target):
    path = kept(tmp_path, customers(), target, family)
    write_mlflow(compile_model(path), tmp_path / "out")
    unseen = customers().tail(200)
    scores, answers = loaded.alone(tmp_path / "out", unseen, tmp_path)
    served = load_model(path)
    assert scores == pytest.approx(served.scores(unseen), rel=1e-9, abs=1e-9)
    if served.classes:
        assert answers == served.outcomes(unseen)


needs_peers = pytest.mark.skipif(
    not peers.is_installed(), reason="MLflow and MLServer are installed by make test-exports"
)


@pytest.mark.slow
@needs_peers
def test_mlflow_itself_loads_and_asks_the_export(tmp_path, model, saved, unseen):
    folder = write_mlflow(compile_model(model), tmp_path / "out")
    scores = loaded.by_mlflow(folder, unseen, tmp_path)
    assert scores == pytest.approx(saved.scores(unseen), abs=1e-9)


@pytest.mark.slow
@needs_peers
@pytest.mark.parametrize("processes", [0, 2])
def test_mlserver_itself_loads_and_asks_the_export(tmp_path, model, saved, rows, unseen, processes):
    """With processes of its own it is the same model in each of them."""
    folder = write_mlserver(compile_model(model), tmp_path / "out", "churn")
    with loaded.by_mlserver(folder, "churn", processes) as ask:
        assert ask(rows)["score"] == pytest.approx(saved.scores(unseen), abs=1e-9)
        assert ask(rows)["answer"] == saved.outcomes(unseen)
        with pytest.raises(httpx.HTTPStatusError) as refused:
            ask([row | {"visits": "many"} for row in rows])
        assert refused.value.response.status_code == 422
        assert "visits: expected a number, got 'many'" in refused.value.response.text
        with pytest.raises(httpx.HTTPStatusError) as refused:
            ask([{name: row[name] for name in row if name != "city"} for row in rows])
        assert "city: this column is required" in refused.value.response.text


def test_what_cannot_be_compiled_is_not_exported(tmp_path):
    with pytest.raises(InputError, match="cannot be exported: a pipeline of 3 steps"):
        write_mlflow({"form": "scikit-learn", "reason": "a pipeline of 3 steps"}, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path, model):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write_docker(model, tmp_path, "churn")
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_the_dockerfile_s_command_serves_the_model_that_lies_beside_it(
    tmp_path, model, saved, unseen, rows
):
    folder = write_docker(model, tmp_path / "image", "churn")
    lines = (folder / "Dockerfile").read_text("utf-8").splitlines()
    command = json.loads(next(one for one in lines if one.startswith("CMD")).removeprefix("CMD "))
    assert any(one == f"COPY {MODEL_FILE} {MODEL_FILE}" for one in lines)
    tokens = tmp_path / "tokens"
    tokens.write_text(f"shop {TOKEN}\n", "utf-8")
    changed = {"0.0.0.0": "127.0.0.1", str(PORT): "0", TOKENS: str(tokens)}
    arguments = [changed.get(part, part) for part in command[2:]]
    arguments = [str(folder / part) if part == MODEL_FILE else part for part in arguments]
    with Served(arguments) as running:
        running.wait_ready()
        assert running.predict("1", rows[0], token="wrong").status_code == 401
        answered = running.predict("1", rows[0]).json()["predictions"][0]
        assert answered["score"] == pytest.approx(saved.scores(unseen.head(1))[0], abs=1e-9)
        assert running.client.get("/v2/models/churn").json()["name"] == "churn"


def test_the_inference_service_names_the_image_the_port_and_the_part_of_the_traffic(tmp_path):
    path = write_kserve(tmp_path / "out", "churn", "registry.example/churn:1", 5)
    service = yaml.safe_load(path.read_text("utf-8"))
    assert (service["apiVersion"], service["kind"]) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
    )
    predictor = service["spec"]["predictor"]
    assert predictor["canaryTrafficPercent"] == 5
    (container,) = predictor["containers"]
    assert container["image"] == "registry.example/churn:1"
    assert container["ports"][0]["containerPort"] == PORT
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": PORT}
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in predictor["volumes"]}


def one_of(properties, *required):
    """Return a schema of an object that may hold these and nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


TEXT, WHOLE = {"type": "string", "minLength": 1}, {"type": "integer"}
TEXTS = {"type": "array", "items": TEXT}
QUANTITIES = {"type": "object", "additionalProperties": {"type": ["string", "integer"]}}
PORT_NUMBER = {"type": "integer", "minimum": 1, "maximum": 65_535}
PROBE = one_of(
    {"httpGet": one_of({"path": TEXT, "port": PORT_NUMBER}, "port"), "periodSeconds": WHOLE}
)
CONTAINER = one_of(
    {
        "name": TEXT,
        "image": TEXT,
        "command": TEXTS,
        "ports": {
            "type": "array",
            "items": one_of(
                {"containerPort": PORT_NUMBER, "name": TEXT, "protocol": {"enum": ["TCP"]}},
                "containerPort",
                "protocol",
            ),
        },
        "readinessProbe": PROBE,
        "livenessProbe": PROBE,
        "resources": one_of({"requests": QUANTITIES, "limits": QUANTITIES}),
        "volumeMounts": {
            "type": "array",
            "items": one_of(
                {"name": TEXT, "mountPath": TEXT, "subPath": TEXT, "readOnly": {"type": "boolean"}},
                "mountPath",
                "name",
            ),
        },
    },
    "name",
)
VOLUME = one_of({"name": TEXT, "secret": one_of({"secretName": TEXT})}, "name")
KSERVE_FIELDS = one_of(
    {
        "apiVersion": {"const": "serving.kserve.io/v1beta1"},
        "kind": {"const": "InferenceService"},
        "metadata": one_of(
            {"name": {"type": "string", "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$"}}, "name"
        ),
        "spec": one_of(
            {
                "predictor": one_of(
                    {
                        "canaryTrafficPercent": WHOLE,
                        "minReplicas": WHOLE,
                        "containers": {"type": "array", "items": CONTAINER, "minItems": 1},
                        "volumes": {"type": "array", "items": VOLUME},
                    },
                    "containers",
                )
            },
            "predictor",
        ),
    },
    "apiVersion",
    "kind",
    "metadata",
    "spec",
)
"""The fields of KServe's v1beta1 that the manifest uses, as its API reference describes them."""


def test_the_inference_service_holds_only_fields_that_kserve_knows(tmp_path):
    path = write_kserve(tmp_path / "out", "churn", "registry.example/churn:1", 5)
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), KSERVE_FIELDS)


KSERVE_CRD = os.environ.get("HOUR48_KSERVE_CRD", "")


def closed(schema):
    """Return a CRD's schema that refuses what it does not list, as `kubectl --validate=strict`."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    is_open = made.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in made
    if isinstance(made.get("properties"), dict) and "type" in made and not is_open:
        made["additionalProperties"] = False
    if made.pop("x-kubernetes-int-or-string", False):
        made["type"] = ["integer", "string"]
    return made


@pytest.mark.slow
@pytest.mark.skipif(not KSERVE_CRD, reason="HOUR48_KSERVE_CRD names KServe's published CRD")
def test_the_inference_service_fits_the_published_schema(tmp_path):
    path = write_kserve(tmp_path / "out", "churn", "registry.example/churn:1", 5)
    definition = yaml.load(Path(KSERVE_CRD).read_bytes(), Loader=yaml.CSafeLoader)
    (version,) = [one for one in definition["spec"]["versions"] if one["name"] == "v1beta1"]
    schema = closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}
    manifest = yaml.safe_load(path.read_text("utf-8"))
    jsonschema.validate(manifest, schema)
    manifest["spec"]["predictor"]["canaryPercent"] = 5
    with pytest.raises(jsonschema.ValidationError, match="canaryPercent"):
        jsonschema.validate(manifest, schema)


@pytest.mark.parametrize(
    ("name", "percent", "field"),
    [("Churn!", 5, "name"), ("", 5, "name"), ("churn", 101, "percent")],
)
def test_an_inference_service_that_kubernetes_would_refuse_is_refused(
    tmp_path, name, percent, field
):
    with pytest.raises(InputError) as refused:
        write_kserve(tmp_path / "out", name, "image", percent)
    assert refused.value.field == field


def test_the_command_exports_what_it_is_told(tmp_path, model):
    done = subprocess.run(
        [sys.executable, "-m", "hour48", "export", "mlflow", "out", "--artifact", str(model)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (
        pd.Series(Path(tmp_path, "out").iterdir())
        .map(lambda one: one.name)
        .isin(["MLmodel", "code", "data", "requirements.txt"])
        .all()
    )
