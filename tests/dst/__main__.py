"""Runs simulated worlds, one seed after another, and writes what they came to.

python -m tests.dst                       a million steps, into build/dst.json
python -m tests.dst --seed 11             one world again
python -m tests.dst --seed 11 --shrink    the smallest of its faults that still fail
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.chaos.mutations import MUTATIONS
from tests.dst.world import Plan, Result, plan_of, run_seed, run_world, shrunk

HASH_SEED = "PYTHONHASHSEED"
"""Sets of texts are walked through in another order in each process unless this stands still."""


def main() -> int:
    """Run worlds until enough steps were made; returns 1 when one failed."""
    if os.environ.get(HASH_SEED) != "0":
        again = [sys.executable, "-m", "tests.dst", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {HASH_SEED: "0"})
    options = _options()
    if options.seed is not None:
        return _run_one(options.seed, options.hours, shrink=options.shrink)
    began = time.monotonic()
    results = list(_campaign(options))
    summary = _summary(results, time.monotonic() - began)
    failed = [each for each in results if each.problems]
    summary["mutation"] = options.mutation
    summary["failures"] = [
        {"seed": each.seed, "problems": each.problems}
        | ({} if options.mutation else {"smallest": _smallest(each.seed, options.hours)})
        for each in failed
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps({**summary, "failures": len(summary["failures"])}))
    for failure in summary["failures"]:
        print(f"seed {failure['seed']}: {failure['problems'][0]}")
    return 1 if summary["failures"] else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.dst")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--hours", type=int, default=48)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("build/dst.json"))
    parser.add_argument("--seed", type=int)
    parser.add_argument("--mutation", choices=MUTATIONS, help="a defect that every bot has")
    parser.add_argument("--shrink", action="store_true")
    return parser.parse_args()


def _campaign(options: argparse.Namespace) -> Any:
    """Yield results until their steps are enough; worlds under way are finished."""
    seed, steps = options.first_seed, 0
    # Spawned, since a fork would inherit this process's frozen modules and open files.
    with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
        running = set()
        while running or steps < options.steps:
            while len(running) < options.processes and steps < options.steps:
                running.add(pool.submit(run_seed, seed, options.hours, options.mutation))
                seed += 1
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                result = each.result()
                steps += result.steps
                print(f"seed {result.seed}: {result.steps} steps", result.problems[:1], flush=True)
                yield result


def _summary(results: list[Result], seconds: float) -> dict[str, Any]:
    faults: Counter[str] = Counter()
    for each in results:
        faults.update(each.faults)
    return {
        "steps": sum(each.steps for each in results),
        "seeds": sorted(each.seed for each in results),
        "worlds": len(results),
        "limited_worlds": sum(plan_of(each.seed).is_limited for each in results),
        "sprints": sum(each.sprints for each in results),
        "calls": sum(each.calls for each in results),
        "virtual_hours": round(sum(each.seconds for each in results) / 3600, 1),
        "seconds": round(seconds, 1),
        "faults": dict(faults),
    }


def _smallest(seed: int, hours: int) -> dict[str, Any]:
    return asdict(shrunk(plan_of(seed, hours=hours), _problems))


def _problems(plan: Plan) -> list[str]:
    return run_world(plan).problems


def _run_one(seed: int, hours: int, *, shrink: bool) -> int:
    result = run_seed(seed, hours)
    print(json.dumps(asdict(result), indent=2))
    if result.problems and shrink:
        print(json.dumps(_smallest(seed, hours), indent=2))
    return 1 if result.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
