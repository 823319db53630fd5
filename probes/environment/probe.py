"""The probe: try each thing a model needs, say what is missing, and which scenario that is."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind, Remedy
from probes.contract import (
    Finding,
    Level,
    ProbeContext,
    ProbeRequest,
    ProbeResult,
    SuggestedBlocker,
)
from probes.environment import installing, machine, stacks
from probes.environment.anywhere import LEAST_GB, OLDEST_PYTHON, OUTSIDE, PACKAGE

_INSTALL_SECONDS: Final = 90.0
_IMPORT_SECONDS: Final = 120.0
_NOTEBOOK_SECONDS: Final = 90.0
_EGRESS_SECONDS: Final = 4.0
_OPTIONS: Final = ("package", "outside", "notebook", "stacks", "registry")
_STACKS: Final = ("python", *stacks.STACKS, "gpu")
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
_WHY_NOT: Final = {
    "index_refuses": ("the index asks for a login this machine does not have", Remedy.GOVERNANCE),
    "index_unreachable": ("the index cannot be reached from here", Remedy.GOVERNANCE),
    "index_certificate": ("the index's certificate is not trusted here", Remedy.TOOLS),
    "index_switched_off": ("pip is told to use no index", Remedy.GOVERNANCE),
    "package_not_offered": ("the index does not offer it", Remedy.TOOLS),
    "disk_full": ("the disk is full", Remedy.BUDGET),
    "not_permitted": ("this user may not install", Remedy.GOVERNANCE),
    "no_scratch": ("Python cannot make a virtual environment here", Remedy.TOOLS),
    "install_failed": ("pip stopped with an error", Remedy.TOOLS),
}


def run_environment(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Run the probe; see `probes.environment.run`."""
    package, outside, notebook = _read_options(request)
    asked, registry = _read_stacks(request)
    facts: dict[str, Any] = {}
    findings: list[Finding] = []
    steps: tuple[tuple[float, str, Callable[[], Iterator[Finding]]], ...] = (
        (0.05, "asking the machine", lambda: _machine(context.folder, facts)),
        (0.15, "importing the libraries", lambda: _stack(facts)),
        (0.4, f"installing {package}", lambda: _install(context.folder, package, facts)),
        (0.6, "running a notebook", lambda: _notebook(facts) if notebook else iter(())),
        (0.8, "trying the way out", lambda: _egress(outside, facts)),
        (0.85, "looking for limits and GPUs", lambda: _offers(context.folder, asked, facts)),
        (
            0.9,
            "trying R, Java and containers",
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
            f"The environment probe has no option “{unknown[0]}”; it knows {', '.join(_OPTIONS)}.",
            field=unknown[0],
        )
    package = str(request.options.get("package") or PACKAGE)
    if not installing.is_package_name(package):
        raise InputError(f"“{package}” is not a package's name.", field="package")
    host, _, port = str(request.options.get("outside") or OUTSIDE).rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65_536:
        raise InputError("“outside” takes HOST:PORT, such as pypi.org:443.", field="outside")
    return package, (host, int(port)), request.options.get("notebook") is not False


def _read_stacks(request: ProbeRequest) -> tuple[tuple[str, ...], str | None]:
    """Return the stacks that are needed, and the registry to push to."""
    raw = request.options.get("stacks") or ""
    named = raw.split(",") if isinstance(raw, str) else list(raw)
    asked = tuple(str(one).strip().lower() for one in named if str(one).strip())
    unknown = next((one for one in asked if one not in _STACKS), None)
    if unknown is not None:
        raise InputError(
            f"There is no stack “{unknown}”; choose of {', '.join(_STACKS)}.", field="stacks"
        )
    registry = request.options.get("registry")
    if registry and not _REGISTRY.match(str(registry)):
        raise InputError(
            "“registry” takes HOST/PATH, such as registry.example.com/team.", field="registry"
        )
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
    words = "may" if who["may_write_packages"] else "may not"
    yield Finding(
        Level.OK if who["may_write_packages"] else Level.NOTE,
        "who_may_install",
        f"The user this runs as {words} install packages next to Python.",
        {key: value for key, value in who.items() if key != "user"},
        "In a virtual environment of one's own this is not needed.",
    )


def _python(version: str) -> Iterator[Finding]:
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield Finding(Level.OK, "python_ready", f"Python {version} runs here.")
        return
    needed = ".".join(str(part) for part in OLDEST_PYTHON)
    yield Finding(
        Level.STOPS,
        "python_too_old",
        f"Python {version} runs here; {needed} or newer is needed.",
        {"version": version},
        "Current libraries no longer install on it.",
        SuggestedBlocker(Kind.INFRASTRUCTURE, Remedy.TOOLS, f"Python is older than {needed}"),
    )


def _room(facts: dict[str, Any]) -> Iterator[Finding]:
    gpu = f"{len(facts['gpus'])} GPUs" if facts["gpus"] else "no GPU, which these models don't need"
    words = (
        f"{facts['memory_gb']:.1f} GB of memory, {facts['cores']} cores, "
        f"{facts['free_disk_gb']:.1f} GB of free disk, {gpu}."
    )
    small = facts["memory_gb"] < LEAST_GB
    full = facts["free_disk_gb"] < LEAST_GB
    if not small and not full:
        yield Finding(Level.OK, "room_enough", words)
    if small:
        yield _too_small("memory_too_small", words, "memory", facts["memory_gb"])
    if full:
        yield _too_small("disk_too_small", words, "free disk", facts["free_disk_gb"])


def _too_small(code: str, words: str, what: str, amount: float) -> Finding:
    return Finding(
        Level.SLOWS,
        code,
        words,
        {"gb": amount},
        f"At least {LEAST_GB:.0f} GB of {what} are needed for a table of normal size.",
        SuggestedBlocker(Kind.INFRASTRUCTURE, Remedy.BUDGET, f"Too little {what}"),
    )


def _stack(facts: dict[str, Any]) -> Iterator[Finding]:
    found = machine.import_stack(machine.STACK, _IMPORT_SECONDS)
    facts["libraries"] = found
    broken = [name for name, version in found.items() if isinstance(version, dict)]
    if broken:
        yield Finding(
            Level.STOPS,
            "stack_missing",
            f"{len(broken)} of {len(found)} libraries cannot be imported: {', '.join(broken)}.",
            {"missing": broken},
            "Without them no baseline can be built here.",
            SuggestedBlocker(
                Kind.INFRASTRUCTURE, Remedy.TOOLS, "The modelling libraries are missing"
            ),
        )
        return
    yield Finding(
        Level.OK,
        "stack_ready",
        f"All {len(found)} modelling libraries import.",
        {"versions": found},
    )


def _install(folder: Path, package: str, facts: dict[str, Any]) -> Iterator[Finding]:
    tried = installing.try_install(folder, package, _INSTALL_SECONDS)
    shutil.rmtree(folder / "scratch-environment", ignore_errors=True)
    facts["install"] = {"package": package, "seconds": round(tried.seconds, 1), "why": tried.reason}
    if not tried.reason:
        yield Finding(
            Level.OK,
            "install_works",
            f"{package} was installed into a scratch environment in {tried.seconds:.1f} seconds.",
            facts["install"],
        )
        return
    words, remedy = _WHY_NOT[tried.reason]
    yield Finding(
        Level.SLOWS,
        tried.reason,
        f"Installing {package} failed: {words}.",
        facts["install"],
        "Whoever builds the model will need packages: who allows them, and how long does it take?",
        SuggestedBlocker(Kind.INFRASTRUCTURE, remedy, f"Packages cannot be installed: {words}"),
    )


def _notebook(facts: dict[str, Any]) -> Iterator[Finding]:
    why = machine.run_notebook(_NOTEBOOK_SECONDS)
    facts["notebook"] = why or "runs"
    if not why:
        yield Finding(Level.OK, "notebook_runs", "A notebook runs here from end to end.")
        return
    yield Finding(
        Level.SLOWS,
        "notebook_fails",
        f"A notebook does not run here: {why}.",
        {"why": why},
        "Most data scientists start in one.",
        SuggestedBlocker(Kind.INFRASTRUCTURE, Remedy.TOOLS, "Notebooks do not run"),
    )


def _egress(outside: tuple[str, int], facts: dict[str, Any]) -> Iterator[Finding]:
    host, port = outside
    facts["outside"] = {"host": host, "reached": machine.can_reach(host, port, _EGRESS_SECONDS)}
    if facts["outside"]["reached"]:
        yield Finding(Level.OK, "outside_reached", f"{host} can be reached from here.")
        return
    yield Finding(
        Level.NOTE,
        "outside_closed",
        f"{host} cannot be reached from here directly.",
        {"host": host},
        "That is common and fine while a package index inside the company works.",
    )


def _scenario(findings: list[Finding]) -> tuple[str, str]:
    """Return the model phase's scenario that this looks like, and the sentence that says so."""
    by_code = {found.code: found for found in findings}
    for scenario, codes in (("missing", _LACKING), ("locked_down", _LOCKED)):
        hit = next((by_code[code] for code in by_code if code in codes), None)
        if hit is not None:
            return scenario, hit.sentence
    return "works", "Packages install, the libraries import and the machine has room."
