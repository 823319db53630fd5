"""R, Java, containers, notebook platforms and GPUs: by the real tools, and by tools that fail."""

import shutil
import socket
import subprocess
import time

import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.environment import run
from probes.environment.stacks import gpu_findings, platform_findings, stack_findings
from probes.settings import ProbeSettings

R_CLOSED = (
    "echo 4.2.2; case $* in *glm*) echo fit 2;; *libPaths*) printf '/l\\nFALSE\\n@CRAN@\\n';; esac"
)
PUSH = "case $* in *push*) echo '{}' >&2; exit 1;; esac"


def looked(folder, asked=(), registry=None):
    facts = {}
    found = {one.code: one for one in stack_findings(folder, asked, registry, facts)}
    assert [one for one in folder.iterdir() if one.name != "tools"] == []
    return found, facts


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Return a function that puts a tool of that name in front; nothing else can be found."""
    place = tmp_path / "tools"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))

    def put(name, script):
        tool = place / name
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)

    return put


def test_what_is_not_installed_is_told_only_when_it_is_needed(tmp_path, tools):
    assert looked(tmp_path)[0] == {}
    found, _ = looked(tmp_path, ("r", "java", "container"))
    assert set(found) == {"r_missing", "java_missing", "container_missing"}
    assert {one.level for one in found.values()} == {FindingLevel.SLOWS}


@pytest.mark.parametrize(
    ("name", "script", "code"),
    [
        ("Rscript", "echo 'R 4.1.0'; exit 1", "r_fails"),
        ("java", "echo 'openjdk version \"1.8.0_302\"' >&2", "java_too_old"),
        ("java", "echo 'openjdk 17.0.1: error: no compiler found'; exit 1", "java_runs_only"),
        ("docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1", "image_not_built"),
        # unseen: written before the code ran on them
        ("Rscript", R_CLOSED, "r_library_closed"),
        ("java", "echo 'openjdk version \"21.0.1\"' >&2; exit 134", "java_fails"),
        ("podman", "echo 'Error: Operation not permitted' >&2; exit 125", "image_not_built"),
        ("buildah", PUSH.format("unauthorized: authentication required"), "push_refused"),
        ("docker", PUSH.format("dial tcp: no such host"), "push_unreachable"),
        ("buildah", PUSH.format("x509: unknown authority"), "push_certificate"),
    ],
)
def test_a_tool_that_fails_is_a_finding_that_says_why(tmp_path, tools, name, script, code):
    tools(name, script)
    assert code in looked(tmp_path, registry="reg.test/team")[0]


@pytest.mark.parametrize(
    ("script", "codes"),
    [
        ("echo 'Tesla T4, 15360, 100, 535.1'", {"gpu_ready"}),
        ("echo 'A100, 40960, 40900, 550.2'", {"gpu_ready", "gpu_busy"}),
        ("echo 'NVIDIA-SMI has failed' >&2; exit 9", {"gpu_driver_fails", "gpu_missing"}),
        ("echo 'No devices were found'", {"gpu_driver_fails"}),
    ],
)
def test_gpus_are_told_with_their_memory(tmp_path, tools, script, codes):
    tools("nvidia-smi", script)
    assert {one.code for one in gpu_findings({}, tmp_path, is_asked=True)} == codes


def test_a_notebook_platform_is_named_with_its_limits(monkeypatch):
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    facts = {}
    found = {one.code: one for one in platform_findings(facts)}
    assert "12 hours" in found["notebook_platform"].sentence
    assert facts["platform"] == "Kaggle"


@pytest.mark.parametrize("options", [{"stacks": "cobol"}, {"registry": "https://x; rm"}])
def test_an_unknown_stack_or_registry_is_refused(tmp_path, options):
    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    with pytest.raises(InputError):
        run(ProbeRequest("environment", options=options), context)


@pytest.mark.slow
def test_real_r_java_and_buildah_work(tmp_path):
    found, facts = looked(tmp_path)
    for tool, code in (("Rscript", "r_ready"), ("java", "java_ready"), ("buildah", "image_built")):
        if shutil.which(tool):
            assert code in found, found
    assert facts


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("docker-registry"), reason="docker-registry is not installed")
@pytest.mark.skipif(not shutil.which("buildah"), reason="buildah is not installed")
def test_an_image_is_pushed_to_a_real_registry(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    store = tmp_path.parent / f"{tmp_path.name}-registry"
    store.mkdir()
    (store / "config.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {store}}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    server = subprocess.Popen(
        ["docker-registry", "serve", str(store / "config.yml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(1)
        found, _ = looked(tmp_path, registry=f"127.0.0.1:{port}/team")
    finally:
        server.terminate()
        server.wait(10)
    assert "image_pushed" in found, found
