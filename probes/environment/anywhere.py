"""The environment report of a machine without hour48: one file, the standard library only.

The bot serves this file; `curl … | python3 - REPORT_URL TOKEN` runs it. It is written for Python
3.6 and newer, since an old Python is one of the things it reports. Where hour48 is installed, that
runs instead.
"""
# ruff: noqa: UP006, UP035, UP045, PTH118, PTH123, T201, SIM105, RUF005 - for old Pythons

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Any, Dict, List, Optional

OLDEST_PYTHON = (3, 11)
LEAST_GB = 2.0
PACKAGE = "iniconfig"
"""A pure wheel of a few kilobytes without dependencies."""
LIBRARIES = ("numpy", "pandas", "sklearn", "duckdb", "matplotlib")
OUTSIDE = "pypi.org:443"
"""What stands for the outside world; the environment probe asks for the same."""
SECONDS = 90
GIB = 2.0**30
REASONS = (
    ("index_refuses", r"\b40[137]\b|Unauthorized|Forbidden|authentication required"),
    ("index_certificate", r"CERTIFICATE_VERIFY_FAILED|SSLError|certificate verify"),
    ("index_switched_off", r"--no-index|no_index|Ignoring indexes"),
    (
        "index_unreachable",
        r"NewConnectionError|ConnectionError|Timeout|Temporary failure in name resolution|"
        r"Name or service not known|Connection refused|ProxyError|Network is unreachable",
    ),
    ("package_not_offered", r"No matching distribution|not find a version"),
    ("disk_full", r"No space left|Disk quota"),
    ("not_permitted", r"Permission denied|externally-managed|require-virtualenv"),
)
"""What pip says; it ends with "No matching distribution" after a lost connection, too."""


def reason_of(output: str) -> str:
    """Return the code of why pip failed, or nothing where its words are not known."""
    return next((code for code, form in REASONS if re.search(form, output)), "")


def finding(
    level: str, code: str, sentence: str, meaning: str = "", title: str = "", remedy: str = "tools"
) -> Dict[str, Any]:
    """Return a finding in the form that the bot takes."""
    blocks = {"kind": "infrastructure", "remedy": remedy, "title": title} if title else None
    return {
        "level": level,
        "code": code,
        "sentence": sentence,
        "evidence": {},
        "meaning": meaning,
        "suggestion": blocks,
    }


def run(command: List[str], seconds: int = SECONDS) -> Optional[str]:
    """Run a command; return what it said when it failed, nothing when it worked."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "Timeout"
    except OSError as broken:
        return str(broken)
    output = done.stdout.decode("utf-8", "replace")
    return None if done.returncode == 0 else output or "it said nothing"


def python() -> Dict[str, Any]:
    """Say whether this Python is new enough."""
    version = platform.python_version()
    if sys.version_info[:2] >= OLDEST_PYTHON:
        return finding("ok", "python_ready", f"Python {version} runs here.")
    needed = ".".join(map(str, OLDEST_PYTHON))
    return finding(
        "stops",
        "python_too_old",
        f"Python {version} runs here; {needed} or newer is needed.",
        "Current libraries no longer install on it.",
        f"Python is older than {needed}",
    )


def memory_gb() -> Optional[float]:
    """Return this machine's or container's memory, where the system tells."""
    limits = []
    try:
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError, AttributeError):
        pass
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            with open(os.path.join("/sys/fs/cgroup", name)) as file:
                limits.append(int(file.read()))
        except (OSError, ValueError):
            continue
    return min(limits) / GIB if limits else None


def room(folder: str) -> Dict[str, Any]:
    """Say whether memory and disk are enough."""
    memory, disk = memory_gb(), shutil.disk_usage(folder).free / GIB
    shown = "unknown" if memory is None else f"{memory:.1f} GB of"
    words = f"{shown} memory, {os.cpu_count() or 1} cores, {disk:.1f} GB of free disk."
    if memory is not None and memory < LEAST_GB:
        return finding("slows", "memory_too_small", words, title="Too little memory")
    if disk < LEAST_GB:
        return finding("slows", "disk_too_small", words, title="Too little disk")
    return finding("ok", "room_enough", words)


def install(folder: str) -> Dict[str, Any]:
    """Install one small package into a scratch environment."""
    started = time.time()
    scratch = os.path.join(folder, "scratch")
    tool = os.path.join(scratch, "Scripts" if os.name == "nt" else "bin", "python")
    if run([sys.executable, "-m", "venv", scratch]):
        return finding(
            "slows",
            "no_scratch",
            "Python can't make a virtual environment here.",
            title="No virtual environments",
        )
    pip = [tool, "-m", "pip", "install", "--quiet", "--no-input", "--retries", "1"]
    output = run([*pip, "--timeout", "10", "--no-deps", PACKAGE])
    if output is None:
        seconds = time.time() - started
        words = f"{PACKAGE} was installed into a scratch environment in {seconds:.1f} seconds."
        return finding("ok", "install_works", words)
    code = reason_of(output) or "install_failed"
    words = f"Installing {PACKAGE} failed: {code.replace('_', ' ')}."
    meaning = "Who allows packages, and how long does it take?"
    return finding("slows", code, words, meaning, "Packages can't be installed", "governance")


def libraries() -> Dict[str, Any]:
    """Say which modelling libraries import."""
    missing = [name for name in LIBRARIES if run([sys.executable, "-c", f"import {name}"])]
    if not missing:
        return finding("ok", "stack_ready", f"All {len(LIBRARIES)} modelling libraries import.")
    words = f"{len(missing)} of {len(LIBRARIES)} libraries can't be imported: {', '.join(missing)}."
    return finding(
        "slows", "stack_missing", words, "Install them before hour 8.", "Libraries are missing"
    )


def way_out() -> Dict[str, Any]:
    """Say whether the public index is reached."""
    try:
        urllib.request.urlopen("https://" + OUTSIDE + "/simple/", timeout=5).close()
    except (OSError, ValueError):
        words = "The public package index can't be reached from here directly."
        return finding("note", "outside_closed", words, "Common, while an inner index works.")
    return finding("ok", "outside_reached", "The public package index is reached from here.")


def tools() -> List[Dict[str, Any]]:
    """Say which other stacks are here."""
    names = (
        ("Rscript", "R"),
        ("java", "Java"),
        ("docker", "Docker"),
        ("podman", "Podman"),
        ("nvidia-smi", "an NVIDIA driver"),
    )
    found = [words for name, words in names if shutil.which(name)]
    listed = ", ".join(found) or "none of R, Java, Docker, Podman and an NVIDIA driver"
    return [finding("note", "stacks_seen", f"Also here: {listed}.")]


def report() -> Dict[str, Any]:
    """Try everything and return the report."""
    started = time.time()
    folder = tempfile.mkdtemp(prefix="hour48-")
    try:
        found = [python(), room(folder), install(folder), libraries(), way_out()] + tools()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    codes = {one["code"]: one for one in found if one["level"] in ("slows", "stops")}
    lacking = [one for code, one in codes.items() if code.endswith(("old", "missing", "small"))]
    locked = [one for one in codes.values() if one not in lacking]
    scenario = "missing" if lacking else "locked_down" if locked else "works"
    why = (lacking + locked + found)[0]["sentence"]
    result: Dict[str, Any] = {
        "format": "hour48.probe/1",
        "probe": "environment",
        "source": None,
        "table": None,
        "findings": found,
        "scenario": scenario,
        "scenario_why": why,
        "facts": {},
        "pictures": [],
        "artifacts": {},
        "seconds": round(time.time() - started, 1),
    }
    return {"format": "hour48.report/1", "result": result}


def main(url: str, token: str) -> int:
    """Report this machine to the sprint; return the exit code."""
    if shutil.which("hour48"):
        command = ["hour48", "probe", "environment", "--report-to", url, "--token", token]
        return subprocess.call(command)  # noqa: S603 - our own words, no shell
    print("Trying Python, packages, libraries and the network; about a minute.")
    body = json.dumps(report()).encode()
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - as pasted
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as pasted
            print(json.loads(answer.read().decode()).get("message", "Sent."))
    except urllib.error.HTTPError as refused:
        print("The sprint refused the report: " + refused.read().decode("utf-8", "replace")[:300])
        return 1
    except OSError as broken:
        print("The sprint could not be reached: " + str(broken))
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python3 - REPORT_URL TOKEN")
    sys.exit(main(sys.argv[1], sys.argv[2]))
