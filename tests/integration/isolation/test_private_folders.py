"""Temporary data is one user's, and goes with its process or at the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from bot.domain.errors import InputError
from bot.isolation.private_folders import (
    RESULTS_DAYS,
    new_folder,
    private_folder,
    private_root,
    results_folder,
    sweep,
)
from probes.contract import ProbeRequest
from probes.runner import run_probe
from probes.settings import ProbeLimits, ProbeSettings

PROBING = """
import sys
from pathlib import Path
from probes.contract import ProbeRequest
from probes.runner import run_probe
from probes.settings import read_settings
settings = read_settings({"probes": {"folder": sys.argv[2]}})
handle = run_probe(ProbeRequest("quality", sys.argv[1]), settings)
print(handle.pid, flush=True)
handle.wait()
"""


def test_the_root_is_this_users_alone(tmp_path: Path) -> None:
    root = private_root(tmp_path)
    root.chmod(0o755)
    assert private_root(tmp_path).stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_roots_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"hour48-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="remove it"):
        private_root(tmp_path)


def test_a_folder_goes_with_its_block(tmp_path: Path) -> None:
    with private_folder("score", tmp_path) as folder:
        (folder / "rows").write_text("x")
    assert not folder.exists()


def test_a_living_process_keeps_its_folder_and_a_dead_ones_is_swept(tmp_path: Path) -> None:
    mine = new_folder("work", tmp_path)
    code = (
        "import sys; from pathlib import Path;"
        "from bot.isolation.private_folders import new_folder;"
        "print(new_folder('work', Path(sys.argv[1])), flush=True); sys.stdin.read()"
    )
    living = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert living.stdout is not None
    theirs = Path(living.stdout.readline().strip())
    (theirs / "rows").write_text("x" * 1000)
    assert sweep(tmp_path).folders == 0
    assert theirs.is_dir()
    living.send_signal(signal.SIGKILL)
    living.wait()
    swept = sweep(tmp_path)
    assert (swept.folders, swept.size >= 1000) == (1, True)
    assert not theirs.exists()
    assert mine.is_dir()


def test_results_of_the_command_line_go_after_days(tmp_path: Path) -> None:
    old, new = results_folder("quality", tmp_path), results_folder("quality", tmp_path)
    past = time.time() - (RESULTS_DAYS + 1) * 86_400
    os.utime(old, (past, past))
    sweep(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"])
def test_results_that_are_not_complete_go_with_their_process(tmp_path: Path, end: str) -> None:
    code = (
        "import os, sys; from pathlib import Path;"
        "from bot.isolation.private_folders import keep_results, results_folder;"
        "at = Path(sys.argv[1]); results_folder('half', at);"
        "keep_results(results_folder('whole', at));"
    )
    subprocess.run([sys.executable, "-c", code + end, str(tmp_path)], check=False)
    sweep(tmp_path)
    (kept,) = (private_root(tmp_path) / "results").iterdir()
    assert kept.name.startswith("whole-")


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big.csv"
    with path.open("w") as file:
        file.write("id,name,amount\n")
        file.writelines(
            f"{n},person number {n * 7919 % 1_000_003},{n * 1.5}\n" for n in range(2_000_000)
        )
    return path


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.8, 1.5, 2.5])
def test_kill_9_leaves_nothing_after_the_next_start(
    tmp_path: Path, big: Path, seconds: float
) -> None:
    place = tmp_path / "private"
    parent = subprocess.Popen(
        [sys.executable, "-c", PROBING, str(big), str(place)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    time.sleep(seconds)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
    rows = [path for path in place.rglob("*") if path.is_file() and path.stat().st_size > 1_000_000]
    assert not rows, "rows had file names that a killed process leaves behind"
    sweep(place)
    left = [path for path in place.rglob("*") if path.is_file()]
    assert not left


def test_a_probe_over_its_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    with path.open("w") as file:
        file.write("id,text\n")
        file.writelines(f"{n},{os.urandom(60).hex()}\n" for n in range(400_000))
    limits = ProbeLimits(disk_mb=16)
    result = run_probe(ProbeRequest("quality", str(path)), ProbeSettings(), limits=limits).wait(60)
    assert [found.code for found in result.findings] == ["probe_out_of_disk"]
    assert "16 MB" in result.findings[0].sentence
