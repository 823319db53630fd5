"""Puts one defect after another into a copy of the code, and sees whether a test notices.

    python -m tests.mutants                     all of table.yaml, into build/mutants.json
    python -m tests.mutants --group timers      one group
    python -m tests.mutants --sample 10         a few of them, drawn by a seed
    python -m tests.mutants --name no-bulkhead  this one

A mutant is killed when a test of its group fails, and survives when all pass. Those that change
nothing that anybody could see are listed with the reason and do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("table.yaml")
COPIED = (
    "hour48",
    "bot",
    "handlers",
    "scheduler",
    "probes",
    "serving",
    "playground",
    "tests",
    "ops",
    "docs",
    "pyproject.toml",
    "manifest.yml",
    "README.md",
    "CHANGELOG.md",
    "hour48.toml.example",
)
GOAL = 0.9
SUITES = ("not smoke and not slow", "smoke and not slow")
"""What the checks before every change run, in that order."""
LONGEST = 400
"""Seconds after which tests that no longer end count as failed."""


@dataclass(frozen=True)
class Mutant:
    """One defect; see `table.yaml`."""

    group: str
    name: str
    file: str
    find: str
    put: str
    equivalent: str = ""


def read_table(file: Path = TABLE) -> tuple[dict[str, list[str]], list[Mutant]]:
    """Return the tests of each group, and all mutants."""
    table = yaml.safe_load(file.read_text("utf-8"))
    tests = {name: list(group["tests"]) for name, group in table["groups"].items()}
    return tests, [Mutant(**entry) for entry in table["mutants"]]


def mutated(source: str, mutant: Mutant) -> str:
    """Return a module's text with the defect in it.

    Raises:
        LookupError: what the defect replaces is not there, or more than once.
    """
    times = source.count(mutant.find)
    if times != 1:
        raise LookupError(f"{mutant.name}: {mutant.file} has the text {times} times")
    return source.replace(mutant.find, mutant.put)


def main() -> int:
    """Run mutants; returns 1 when too few are killed, or a group fails without any."""
    options = _options()
    tests, mutants = read_table()
    chosen = [one for one in mutants if options.group in (None, one.group)]
    if options.name:
        chosen = [one for one in chosen if one.name in options.name]
    counted = [one for one in chosen if not one.equivalent]
    if options.sample:
        counted = random.Random(options.seed).sample(counted, min(options.sample, len(counted)))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hour48-mutants-") as folder:
        copies = _copies(Path(folder), options.processes)
        failing = _failing_groups(copies, tests, {one.group for one in counted})
        if failing:
            print(f"these tests fail without any defect: {failing}")
            return 1
        outcomes = _run_all(copies, tests, counted)
    summary = _summary(outcomes, [one for one in chosen if one.equivalent])
    summary["seconds"] = round(time.monotonic() - began, 1)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(summary, indent=2) + "\n")
    print(f"{summary['killed']} of {summary['mutants']} killed; alive: {summary['survived']}")
    return 0 if summary["score"] >= GOAL else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--group", choices=read_table()[0])
    parser.add_argument("--name", action="append", choices=[one.name for one in read_table()[1]])
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("build/mutants.json"))
    return parser.parse_args()


def _copies(folder: Path, number: int) -> SimpleQueue[Path]:
    copies: SimpleQueue[Path] = SimpleQueue()
    for place in range(number):
        copy = folder / str(place)
        copy.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, copy / name, symlinks=True, ignore=ignored)
            elif source.exists():
                shutil.copy2(source, copy / name)
        copies.put(copy)
    return copies


def _passes(copy: Path, tests: Sequence[str]) -> bool:
    """Run tests in a copy, those of the default suite first; the first failure ends them."""
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    for suite in SUITES:
        try:
            done = subprocess.run(
                [*command, "-m", suite],
                cwd=copy,
                env=environment,
                capture_output=True,
                timeout=LONGEST,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        if done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return False
    return True


def _failing_groups(
    copies: SimpleQueue[Path], tests: Mapping[str, Sequence[str]], groups: set[str]
) -> list[str]:
    copy = copies.get()
    try:
        return [name for name in sorted(groups) if not _passes(copy, tests[name])]
    finally:
        copies.put(copy)


def _run_all(
    copies: SimpleQueue[Path], tests: Mapping[str, Sequence[str]], mutants: Sequence[Mutant]
) -> list[dict[str, Any]]:
    def run(mutant: Mutant) -> dict[str, Any]:
        copy = copies.get()
        file = copy / mutant.file
        sound = file.read_text("utf-8")
        began = time.monotonic()
        try:
            file.write_text(mutated(sound, mutant), "utf-8")
            killed = not _passes(copy, tests[mutant.group])
        finally:
            file.write_text(sound, "utf-8")
            copies.put(copy)
        seconds = round(time.monotonic() - began, 1)
        print(
            f"{'killed' if killed else 'ALIVE '} {mutant.group}: {mutant.name} ({seconds} s)",
            flush=True,
        )
        return {"group": mutant.group, "name": mutant.name, "killed": killed, "seconds": seconds}

    with ThreadPoolExecutor(copies.qsize()) as pool:
        return list(pool.map(run, mutants))


def _summary(outcomes: Sequence[dict[str, Any]], equivalent: Sequence[Mutant]) -> dict[str, Any]:
    killed = sum(one["killed"] for one in outcomes)
    groups = sorted({one["group"] for one in outcomes})
    return {
        "mutants": len(outcomes),
        "killed": killed,
        "score": round(killed / len(outcomes), 3) if outcomes else 1.0,
        "goal": GOAL,
        "groups": {
            name: {
                "mutants": sum(one["group"] == name for one in outcomes),
                "killed": sum(one["killed"] for one in outcomes if one["group"] == name),
            }
            for name in groups
        },
        "survived": [f"{one['group']}: {one['name']}" for one in outcomes if not one["killed"]],
        "equivalent": {one.name: one.equivalent for one in equivalent},
        "each": list(outcomes),
    }


if __name__ == "__main__":
    raise SystemExit(main())
