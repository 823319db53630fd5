"""The probe: try each thing a model needs, say what is missing, and which scenario that is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding, ProbeContext, ProbeRequest, ProbeResult
from probes.environment import machine, stacks
from probes.environment.anywhere import LEAST_GB, OLDEST_PYTHON, OUTSIDE, PACKAGE, reason_of
from probes.environment.texts import CODES, say

_INSTALL_SECONDS: Final = 90.0
_IMPORT_SECONDS: Final = 120.0
_NOTEBOOK_SECONDS: Final = 90.0
_EGRESS_SECONDS: Final = 4.0
_OPTIONS: Final = ("package", "outside", "notebook", "stacks", "registry")
_STACKS: Final = ("python", *stacks.ASKED)
_REGISTRY: Final = re.compile(r"^[a-z0-9][a-z0-9.-]*(:\d+)?(/[a-z0-9._-]+)*/?$", re.IGNORECASE)

_LOCKED: Final = frozenset(
    {
        "index_refuses",
        "index_unreachable",
        "index_certificate",
        "index_switched_off",
        "not_permitted",
        "install_failed",
        *("push_refused", "push_unreachable"),
    }
)
_LACKING: Final = frozenset(
    {
        *("python_too_old", "stack_missing", "memory_too_small", "no_scratch", "notebook_fails"),
        *("r_missing", "r_fails", "java_missing", "java_too_old", "java_runs_only", "java_fails"),
        *("container_missing", "gpu_missing", "gpu_driver_fails"),
    }
)


def run_environment(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Run the probe; see `probes.environment.run`."""
    package, outside, notebook = _read_options(request)
    asked, registry = _read_stacks(request)
    facts: dict[str, Any] = {}
    findings: list[Finding] = []
    steps: tuple[tuple[float, str, Callable[[], Iterator[Finding]]], ...] = (
        (0.05, say("asking_machine"), lambda: _machine(context.folder, facts)),
        (0.15, say("importing_libraries"), lambda: _stack(facts)),
        (0.4, say("installing", package=package), lambda: _install(context.folder, package, facts)),
        (0.6, say("running_notebook"), lambda: _notebook(facts) if notebook else iter(())),
        (0.8, say("trying_way_out"), lambda: _egress(outside, facts)),
        (0.85, say("looking_limits_gpus"), lambda: _offers(context.folder, asked, facts)),
        (
            0.9,
            say("step_runtimes"),
            lambda: stacks.stack_findings(context.folder, asked, registry, facts),
        ),
    )
    for fraction, words, step in steps:
        context.progress(fraction, words)
        findings.extend(step())
    scenario, why = _scenario(findings)
    return ProbeResult(
        "environment", findings=findings, scenario=scenario, scenario_why=why, facts=facts
    )


def _read_options(request: ProbeRequest) -> tuple[str, tuple[str, int], bool]:
    unknown = sorted(set(request.options) - set(_OPTIONS))
    if unknown:
        raise InputError(
            say("option_unknown", unknown=unknown[0], options=", ".join(_OPTIONS)),
            field=unknown[0],
        )
    package = str(request.options.get("package") or PACKAGE)
    if not is_package_name(package):
        raise InputError(say("package_name", package=package), field="package")
    host, _, port = str(request.options.get("outside") or OUTSIDE).rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise InputError(say("outside_option_invalid"), field="outside")
    return package, (host, int(port)), request.options.get("notebook") is not False


def _read_stacks(request: ProbeRequest) -> tuple[tuple[str, ...], str | None]:
    """Return the stacks that are needed, and the registry to push to."""
    raw = request.options.get("stacks") or ""
    named = raw.split(",") if isinstance(raw, str) else list(raw)
    asked = tuple(str(one).strip().lower() for one in named if str(one).strip())
    unknown = next((one for one in asked if one not in _STACKS), None)
    if unknown is not None:
        raise InputError(
            say("stack_choose", unknown=unknown, stacks=", ".join(_STACKS)), field="stacks"
        )
    registry = request.options.get("registry")
    if registry and not _REGISTRY.match(str(registry)):
        raise InputError(say("registry_option_invalid"), field="registry")
    return asked, str(registry) if registry else None


def _offers(folder: Path, asked: tuple[str, ...], facts: dict[str, Any]) -> Iterator[Finding]:
    yield from stacks.platform_findings(facts)
    yield from stacks.gpu_findings(facts, folder, is_asked="gpu" in asked)


def _machine(folder: Path, facts: dict[str, Any]) -> Iterator[Finding]:
    facts["python"] = machine.python_version()
    facts["memory_gb"] = round(machine.memory_gb(), 1)
    facts["cores"] = machine.cores()
    facts["free_disk_gb"] = round(machine.free_disk_gb(folder), 1)
    facts["gpus"] = machine.gpus(_EGRESS_SECONDS)
    facts["installing"] = machine.who_may_install()
    yield from _python(facts["python"])
    yield from _room(facts)
    who = facts["installing"]
    may = who["may_write_packages"]
    yield CODES.finding(
        "who_may_install",
        {key: value for key, value in who.items() if key != "user"},
        level=FindingLevel.OK if may else FindingLevel.NOTE,
        words=say("may" if may else "may_not"),
    )


def _python(version: str) -> Iterator[Finding]:
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield CODES.finding("python_ready", version=version)
        return
    needed = ".".join(str(part) for part in OLDEST_PYTHON)
    yield CODES.finding("python_too_old", {"version": version}, needed=needed)


def _room(facts: dict[str, Any]) -> Iterator[Finding]:
    gpus = facts["gpus"]
    about = {
        **{name: facts[name] for name in ("memory_gb", "cores", "free_disk_gb")},
        "gpu": say("gpus", count=len(gpus)) if gpus else say("gpu_not_needed"),
        "least_gb": LEAST_GB,
    }
    short = {"memory_too_small": facts["memory_gb"], "disk_too_small": facts["free_disk_gb"]}
    small = {code: amount for code, amount in short.items() if amount < LEAST_GB}
    for code, amount in small.items():
        yield CODES.finding(code, {"gb": amount}, **about)
    if not small:
        yield CODES.finding("room_enough", **about)


def _stack(facts: dict[str, Any]) -> Iterator[Finding]:
    found = machine.import_stack(machine.STACK, _IMPORT_SECONDS)
    facts["libraries"] = found
    broken = [name for name, version in found.items() if isinstance(version, dict)]
    if broken:
        about: dict[str, Any] = {
            "broken": len(broken),
            "found": len(found),
            "names": ", ".join(broken),
        }
        yield CODES.finding("stack_missing", {"missing": broken}, **about)
    else:
        yield CODES.finding("stack_ready", {"versions": found}, found=len(found))


def _install(folder: Path, package: str, facts: dict[str, Any]) -> Iterator[Finding]:
    tried = try_install(folder, package, _INSTALL_SECONDS)
    shutil.rmtree(folder / "scratch-environment", ignore_errors=True)
    facts["install"] = {"package": package, "seconds": round(tried.seconds, 1), "why": tried.reason}
    code = tried.reason or "install_works"
    yield CODES.finding(code, facts["install"], package=package, seconds=tried.seconds)


def _notebook(facts: dict[str, Any]) -> Iterator[Finding]:
    why = machine.run_notebook(_NOTEBOOK_SECONDS)
    facts["notebook"] = why or "runs"
    if why:
        yield CODES.finding("notebook_fails", {"why": why})
    else:
        yield CODES.finding("notebook_runs")


def _egress(outside: tuple[str, int], facts: dict[str, Any]) -> Iterator[Finding]:
    host, port = outside
    facts["outside"] = {"host": host, "reached": machine.can_reach(host, port, _EGRESS_SECONDS)}
    if facts["outside"]["reached"]:
        yield CODES.finding("outside_reached", host=host)
    else:
        yield CODES.finding("outside_closed", {"host": host})


def _scenario(findings: list[Finding]) -> tuple[str, str]:
    """Return the model phase's scenario that this looks like, and the sentence that says so."""
    by_code = {found.code: found for found in findings}
    for scenario, codes in (("missing", _LACKING), ("locked_down", _LOCKED)):
        hit = next((by_code[code] for code in by_code if code in codes), None)
        if hit is not None:
            return scenario, hit.sentence
    return "works", say("works")


_PACKAGE: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*(==[A-Za-z0-9.]+)?$")


@dataclass(frozen=True)
class Installed:
    """How the installation went: `reason` is empty when it worked."""

    package: str
    seconds: float
    reason: str = ""


def is_package_name(text: str) -> bool:
    """Return whether `text` is a package's name, perhaps with a version, and nothing else."""
    return bool(_PACKAGE.match(text))


def try_install(folder: Path, package: str, timeout: float) -> Installed:
    """Make a scratch environment, install the package from the configured index, import it.

    Args:
        folder: where the scratch environment goes; the caller deletes it.
        package: a small package.
        timeout: seconds for all of it.
    """
    started = time.monotonic()
    scratch = folder / "scratch-environment"
    python = scratch / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    limits = ["--no-input", "--retries", "1", "--timeout", "10", "--no-cache-dir", "--no-deps"]
    steps = (
        ("no_scratch", [sys.executable, "-m", "venv", "--without-pip", str(scratch)]),
        ("install_failed", [*pip, "install", "--quiet", *limits, package]),
    )
    for reason, command in steps:
        left = timeout - (time.monotonic() - started)
        failed = _run(command, max(1.0, left))
        if failed is not None:
            return Installed(package, time.monotonic() - started, reason_of(failed) or reason)
    return Installed(package, time.monotonic() - started)


def _run(command: list[str], timeout: float) -> str | None:
    """Run a command; return what it said when it failed, nothing when it worked."""
    try:
        done = subprocess.run(  # noqa: S603  (our own words, no shell)
            command, capture_output=True, text=True, timeout=timeout, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return "Timeout"
    except OSError as broken:
        return str(broken)
    return None if done.returncode == 0 else done.stderr + done.stdout
