"""The Kubernetes manifests: valid by Kubernetes' own schemas, and true of the bot that they run."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import kubernetes_validate
import pytest
import yaml
from prometheus_client import CollectorRegistry
from typer.main import get_command

from bot.settings import Settings
from handlers.reports import report_routes
from handlers.web import build_web
from hour48.cli import app
from hour48.container import STOP_SECONDS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "ops" / "kubernetes"
VERSIONS = ("1.35", "1.36", "1.37")
DOCUMENTS = [
    (path.name, document)
    for path in sorted(FOLDER.glob("*.yaml"))
    if path.name != "kustomization.yaml"
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]
DEPLOYMENTS = {
    document["metadata"]["name"]: document
    for _name, document in DOCUMENTS
    if document["kind"] == "Deployment"
}


def name_of(value):
    return value["kind"] if isinstance(value, dict) else None


def pod_of(deployment):
    return deployment["spec"]["template"]["spec"]


def of_kind(kind):
    return {one["metadata"]["name"]: one for _name, one in DOCUMENTS if one["kind"] == kind}


@pytest.mark.parametrize(("file", "document"), DOCUMENTS, ids=name_of)
def test_a_manifest_is_valid_by_the_strict_schema(file, document):
    for version in VERSIONS:
        assert kubernetes_validate.validate(document, version, strict=True) == version, file


@pytest.mark.parametrize(
    "spoil",
    [
        lambda pod: pod["containers"][0].update(agrs=["run"]),
        lambda pod: pod["containers"][0].update(args="run"),
        lambda pod: pod["containers"][0]["ports"].append({"name": "other"}),
        lambda pod: pod.update(securityContext={"runAsUser": "ten"}),
    ],
)
def test_the_schema_notices_a_fault(spoil):
    deployment = copy.deepcopy(DEPLOYMENTS["hour48-web"])
    spoil(pod_of(deployment))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)


def test_every_file_is_listed_or_optional():
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]
    there = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(listed) == there - {"ingress.yaml"}


@pytest.mark.parametrize("part", ["web", "worker"])
def test_a_part_runs_a_command_that_exists(part):
    args = pod_of(DEPLOYMENTS[f"hour48-{part}"])["containers"][0]["args"]
    command = get_command(app).get_command(None, args[0])
    context = command.make_context("run", args[1:])
    assert str(context.params["only"]) == part


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_labels_and_selectors_agree(deployment):
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    budget = of_kind("PodDisruptionBudget")[deployment["metadata"]["name"]]
    assert budget["spec"]["selector"]["matchLabels"] == labels
    assert budget["spec"]["maxUnavailable"] < deployment["spec"]["replicas"]


def test_the_service_leads_to_web():
    labels = DEPLOYMENTS["hour48-web"]["spec"]["template"]["metadata"]["labels"]
    assert of_kind("Service")["hour48"]["spec"]["selector"] == labels


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_probes_ask_for_pages_that_are_served(deployment):
    served = {route.path for route in build_web({}, CollectorRegistry()).routes}
    container = pod_of(deployment)["containers"][0]
    asked = {
        container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    annotations = deployment["spec"]["template"]["metadata"]["annotations"]
    assert asked | {annotations["prometheus.io/path"]} <= served


def test_the_ingress_leads_to_every_page_for_outsiders():
    from handlers.install_routes import INSTALL_PATH, REDIRECT_PATH
    from handlers.remote_probes import REPORT_PATH

    paths = [
        rule["path"] for rule in of_kind("Ingress")["hour48"]["spec"]["rules"][0]["http"]["paths"]
    ]
    reports = [route.path for route in report_routes(SimpleNamespace(links=object()))]
    for wanted in ("/slack/events", INSTALL_PATH, REDIRECT_PATH, REPORT_PATH, *reports):
        assert any(wanted.startswith(path) for path in paths), wanted
    assert not any("/metrics".startswith(path) for path in paths)


def config_file():
    return (ROOT / "ops/kubernetes/config.yaml").read_text("utf-8")


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_user_and_port_are_the_images(deployment):
    image = (ROOT / "Dockerfile").read_text("utf-8")
    pod = pod_of(deployment)
    user, group = re.search(r"^USER (\d+):(\d+)$", image, re.MULTILINE).groups()
    assert pod["securityContext"]["runAsUser"] == int(user)
    assert pod["securityContext"]["runAsGroup"] == int(group)
    ports = {each["name"]: each["containerPort"] for each in pod["containers"][0]["ports"]}
    assert all(f"EXPOSE {port}\n" in image for port in ports.values())
    assert ports.get("http") in (None, Settings.model_fields["server"].default_factory().port)
    assert f"ops_port = {ports['ops']} " in config_file()


@pytest.mark.parametrize("deployment", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_a_stop_gets_the_time_that_it_takes(deployment):
    assert pod_of(deployment)["terminationGracePeriodSeconds"] > STOP_SECONDS


def test_the_settings_can_be_read(tmp_path, monkeypatch):
    from bot.settings import load

    text = of_kind("ConfigMap")["hour48-settings"]["data"]["hour48.toml"]
    assert tomllib.loads(text)
    file = tmp_path / "hour48.toml"
    file.write_text(text, "utf-8")
    assert load(file).slack.mode == "socket"


def test_no_secret_is_kept_in_a_file():
    assert not of_kind("Secret")
    for _name, document in DOCUMENTS:
        assert not re.search(r"xox[bp]-|xapp-", yaml.safe_dump(document))
