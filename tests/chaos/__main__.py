"""`make chaos`: bots die at least a thousand times, on both databases, under each class of faults.

Everything speaks to the loopback address alone, and stops by itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.arena import FAULT_CLASSES, FaultClass, Outcome, run_class
from tests.chaos.bot import Nursery
from tests.chaos.cluster import Cluster
from tests.chaos.mutations import MUTATIONS
from tests.databases import fresh_database

RESULTS = Path("build/chaos.json")
FIRST_SEED = 48
WRONG = ("lost", "twice", "out_of_order", "duplicate_channels")


@dataclass(frozen=True)
class Plan:
    """One run to be made."""

    backend: str
    fault: FaultClass
    seed: int
    bots: int = 1
    mutation: str | None = None
    crashes: bool = False

    @property
    def name(self) -> str:
        replicas = f", {self.bots} bots" if self.bots > 1 else ""
        defect = f", {self.mutation}" if self.mutation else ""
        crashes = ", database crashes" if self.crashes else ""
        return f"{self.backend}, {self.fault.name}{replicas}{crashes}{defect}"


def plans() -> Iterator[Plan]:
    """Yield every class of faults on both databases, then replicas, then again with new seeds."""
    seed = FIRST_SEED
    while True:
        for fault in FAULT_CLASSES:
            for backend in ("sqlite", "postgresql"):
                seed += 10
                yield Plan(backend, fault, seed)
        for bots in (2, 3):
            seed += 10
            yield Plan("postgresql", FaultClass("replicas"), seed, bots)
            everything = FAULT_CLASSES[-1]
            yield Plan("postgresql", everything, seed + 1, bots)
            crashing = FaultClass("database_crashes")
            yield Plan("postgresql", crashing, seed + 2, bots, crashes=True)


def mutants() -> Iterator[Plan]:
    """Yield a bot with each defect, under the faults that bring it to light."""
    by_name = {fault.name: fault for fault in FAULT_CLASSES}
    for number, name in enumerate(MUTATIONS):
        fault = by_name["double_clicks" if name == "no_receipts" else "error_after_accepting"]
        yield Plan("sqlite", fault, FIRST_SEED + number, mutation=name)


def run_one(nursery: Nursery, plan: Plan, hours: int, most_kills: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="hour48-chaos-") as name:
        folder = Path(name)
        cluster = Cluster(folder / "cluster") if plan.crashes else None
        outcome = run_class(
            nursery,
            folder,
            cluster.url if cluster else fresh_database(plan.backend, folder),
            plan.fault,
            disturb=cluster.crash_now_and_then if cluster else lambda _hour: None,
            seed=plan.seed,
            bots=plan.bots,
            hours=hours,
            most_kills=most_kills,
            mutation=plan.mutation,
        )
        if cluster:
            cluster.stop()
        if outcome.problems and not plan.mutation:
            kept = Path("build/chaos-logs")
            kept.mkdir(parents=True, exist_ok=True)
            log = folder / "bots.log"
            if log.exists():
                (kept / f"{plan.name}.log").write_bytes(log.read_bytes()[-1_000_000:])
    return outcome


class Campaign:
    """Runs plans, two at a time, until enough bots have died or the time is up.

    Args:
        kills: how many at least.
        seconds: after which no new run begins.
        hours: how many of each sprint's 48 hours bots keep dying.
        most_kills: in one run.
    """

    def __init__(self, kills: int, seconds: float, hours: int, most_kills: int) -> None:
        self._kills = kills
        self._began = time.monotonic()
        self._end = self._began + seconds
        self._hours = hours
        self._most_kills = most_kills
        self._lock = threading.Lock()
        self.done: list[tuple[Plan, Outcome]] = []

    def run(self, todo: Iterator[Plan], is_enough: Callable[[], bool], at_once: int = 2) -> None:
        with Nursery() as nursery:
            workers = [
                threading.Thread(target=self._work, args=(nursery, todo, is_enough))
                for _ in range(at_once)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

    def has_killed_enough(self) -> bool:
        """Tell whether every class had its turn and enough bots died, or the time is up."""
        kills = sum(outcome.kills for _, outcome in self.done)
        had_turns = len(self.done) >= 2 * len(FAULT_CLASSES) + 6
        return (kills >= self._kills and had_turns) or time.monotonic() > self._end

    def _work(self, nursery: Nursery, todo: Iterator[Plan], is_enough: Callable[[], bool]) -> None:
        while True:
            with self._lock:
                plan = None if is_enough() else next(todo, None)
            if plan is None:
                return
            outcome = run_one(nursery, plan, self._hours, self._most_kills)
            with self._lock:
                self.done.append((plan, outcome))
                if not plan.mutation:
                    write(self.done, {}, time.monotonic() - self._began)
            _say(plan, outcome)


def _say(plan: Plan, outcome: Outcome) -> None:
    counts = ", ".join(f"{number} {name}" for name, number in outcome.counts.items())
    seconds = f"{outcome.seconds:.0f} s"
    print(f"{plan.name}: {outcome.kills} kills, {counts}, {seconds}", flush=True)
    for sentence in outcome.problems[: 3 if plan.mutation else 10]:
        print(f"    {sentence}", flush=True)


def summed(done: list[tuple[Plan, Outcome]]) -> list[dict[str, Any]]:
    """Add up the runs of each backend, class of faults and number of bots."""
    rows: dict[tuple[str, str, int], Counter[str]] = {}
    for plan, outcome in done:
        row = rows.setdefault((plan.backend, plan.fault.name, plan.bots), Counter())
        row.update(outcome.counts)
        row["kills"] += outcome.kills
        row["sprints"] += outcome.sprints
        row["stuck"] += any(problem.startswith("stuck") for problem in outcome.problems)
        row["seconds"] += round(outcome.seconds)
    return [
        {"backend": backend, "fault": fault, "bots": bots, **row}
        for (backend, fault, bots), row in sorted(rows.items())
    ]


def main() -> int:
    """Run the campaign and write what it came to; 1 when anything is wrong."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    options.add_argument("--kills", type=int, default=1000, help="at least so many")
    options.add_argument("--seconds", type=float, default=840, help="no new run after these")
    options.add_argument("--hours", type=int, default=44, help="of each sprint, under kills")
    options.add_argument("--most", type=int, default=60, help="kills in one run")
    options.add_argument("--only", default="", help="only classes whose name contains this")
    options.add_argument("--without-mutants", action="store_true")
    chosen = options.parse_args()
    began = time.monotonic()
    campaign = Campaign(chosen.kills, chosen.seconds, chosen.hours, chosen.most)
    todo = (plan for plan in plans() if chosen.only in plan.name)
    campaign.run(todo, campaign.has_killed_enough)
    found: dict[str, bool] = {}
    if not chosen.without_mutants:
        judged = Campaign(0, 600, 9, 25)
        judged.run(mutants(), lambda: False)
        found = {str(plan.mutation): bool(outcome.problems) for plan, outcome in judged.done}
    total = write(campaign.done, found, time.monotonic() - began)
    wrong = sum(total[name] for name in WRONG)
    print(f"{total['kills']} kills in {total['sprints']} sprints, {wrong} wrong; {RESULTS}")
    return 1 if wrong or total["stuck"] or not all(found.values()) else 0


def write(done: list[tuple[Plan, Outcome]], found: dict[str, bool], seconds: float) -> Counter[str]:
    """Write what was found so far, and return its sums."""
    rows = summed(done)
    places: Counter[str] = sum((outcome.places for _, outcome in done), Counter())
    total = Counter[str]()
    for row in rows:
        total.update({name: n for name, n in row.items() if isinstance(n, int) and name != "bots"})
    result = {
        **total,
        "seconds": round(seconds),
        "runs": rows,
        "mutants_found": found,
        "killed_at": dict(places.most_common()),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    return total


if __name__ == "__main__":
    raise SystemExit(main())
