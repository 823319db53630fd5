"""`make chaos`: bots are killed a thousand times, on both databases, under each class of faults.

Everything speaks to the loopback address alone, and stops by itself.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.arena import Disturbance, Outcome, run_class
from tests.chaos.bot import Nursery
from tests.chaos.cluster import SERVERS
from tests.chaos.faults import BACKENDS, BY_NAME, FAULT_CLASSES, FaultClass
from tests.chaos.mutations import MUTATIONS
from tests.chaos.pulled import run_pulled
from tests.chaos.results import WRONG, Results
from tests.databases import fresh_database

RESULTS = Path("build/chaos.json")
LOGS = Path("build/chaos-logs")
FIRST_SEED = 48
MUTANT_HOURS, MUTANT_KILLS = 9, 25
LOUD_UNDER = {"no_receipts": "double_click"}
"""Which class of faults brings a defect to light, where it is not `slack_500_after_accept`."""


@dataclass(frozen=True)
class Plan:
    """One run to be made."""

    backend: str
    fault: FaultClass
    seed: int
    bots: int = 1
    sprints: int = 1
    hours: int = 44
    most_kills: int = 80
    mutation: str | None = None

    @property
    def name(self) -> str:
        bots = f", {self.bots} bots" if self.bots > 1 else ""
        return f"{self.backend}, {self.mutation or self.fault.name}{bots}, seed {self.seed}"


def mutants() -> list[Plan]:
    """Return a bot with each defect, under the faults that bring it to light."""
    return [
        Plan(
            "sqlite",
            BY_NAME[LOUD_UNDER.get(name, "slack_500_after_accept")],
            FIRST_SEED + number,
            hours=MUTANT_HOURS,
            most_kills=MUTANT_KILLS,
            mutation=name,
        )
        for number, name in enumerate(MUTATIONS)
    ]


def run_one(nursery: Nursery, plan: Plan) -> Outcome:
    """Make one run in a folder and a database of its own."""
    with tempfile.TemporaryDirectory(prefix="hour48-chaos-") as name:
        folder = Path(name)
        if plan.fault.serves:
            return run_pulled(plan.backend, folder, plan.seed, plan.most_kills)
        if not plan.fault.server:
            return _run_on(nursery, plan, folder, fresh_database(plan.backend, folder))
        with SERVERS[plan.fault.server](folder / "cluster") as server:
            return _run_on(nursery, plan, folder, server.url, server.disturb)


def _run_on(
    nursery: Nursery,
    plan: Plan,
    folder: Path,
    database: str,
    disturb: Disturbance = lambda _hour: None,
) -> Outcome:
    return run_class(
        nursery,
        folder,
        database,
        plan.fault,
        seed=plan.seed,
        sprints=plan.sprints,
        hours=plan.hours,
        bots=plan.bots,
        most_kills=plan.most_kills,
        mutation=plan.mutation,
        disturb=disturb,
    )


class Campaign:
    """Makes runs, some at a time, of whatever has had the fewest kills, until there are enough.

    Args:
        results: where they are added.
        chosen: the pairs of backend and class.
        options: what was asked for on the command line.
    """

    def __init__(
        self, results: Results, chosen: list[tuple[str, FaultClass]], options: argparse.Namespace
    ) -> None:
        self._results = results
        self._chosen = chosen
        self._options = options
        self._end = time.monotonic() + options.seconds
        self._lock = threading.Lock()
        self._under_way: list[Plan] = []

    def run(self) -> None:
        with Nursery() as nursery:
            workers = [
                threading.Thread(target=self._work, args=(nursery,), daemon=True)
                for _ in range(self._options.at_once)
            ]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()

    def _work(self, nursery: Nursery) -> None:
        while (plan := self._next()) is not None:
            outcome = run_one(nursery, plan)
            with self._lock:
                self._under_way.remove(plan)
            self._results.add(plan.backend, plan.fault.name, plan.seed, plan.bots, outcome)
            tell(plan, outcome)

    def _next(self) -> Plan | None:
        """Plan the next run; None when there are enough kills or the time is up."""
        with self._lock:
            if self._has_killed_enough() or time.monotonic() > self._end:
                return None
            backend, fault = min(self._chosen, key=self._kills_with_those_under_way)
            plan = self._plan(backend, fault)
            self._under_way.append(plan)
            return plan

    def _has_killed_enough(self) -> bool:
        each = [self._kills_with_those_under_way(pair) for pair in self._chosen]
        return sum(each) >= self._options.kills and min(each) > 0

    def _kills_with_those_under_way(self, pair: tuple[str, FaultClass]) -> int:
        backend, fault = pair
        known = self._results.kills_of(backend, fault.name)
        return known + self._options.most * self._counted(pair)

    def _counted(self, pair: tuple[str, FaultClass]) -> int:
        return sum((plan.backend, plan.fault) == pair for plan in self._under_way)

    def _plan(self, backend: str, fault: FaultClass) -> Plan:
        number = len(self._results.runs_of(backend, fault.name)) + self._counted((backend, fault))
        place = FAULT_CLASSES.index(fault) * len(BACKENDS) + BACKENDS.index(backend)
        options = self._options
        return Plan(
            backend,
            fault,
            options.seed or FIRST_SEED + 1000 * place + 10 * number,
            bots=fault.bots[number % len(fault.bots)],
            sprints=options.sprints,
            hours=options.hours,
            most_kills=options.most,
        )


def tell(plan: Plan, outcome: Outcome) -> None:
    """Print one run, and keep the bots' log of one that went wrong."""
    counts = ", ".join(f"{number} {name}" for name, number in outcome.counts.items())
    ended = outcome.ended_by_themselves
    more = f", {ended} bots ended by themselves" if ended else ""
    more += f", {outcome.restarted} restarted in good order" if outcome.restarted else ""
    print(
        f"{plan.name}: {outcome.kills} kills, {counts}, {outcome.seconds:.0f} s{more}", flush=True
    )
    for sentence in outcome.problems[: 3 if plan.mutation else 10]:
        print(f"    {sentence}", flush=True)
    if outcome.problems and not plan.mutation:
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / f"{plan.name}.log"
        log.write_text("\n".join([*outcome.problems, "", outcome.log]))
        print(f"    what the bots said and where they stood: {log}", flush=True)


def judge_mutants(results: Results) -> None:
    """Run a bot with each defect; the checker has to find each of them out."""
    with Nursery() as nursery:
        for plan in mutants():
            outcome = run_one(nursery, plan)
            results.add_mutant(str(plan.mutation), outcome)
            tell(plan, outcome)


def options() -> argparse.Namespace:
    """Read the command line."""
    classes = "\n".join(f"  {one.name:24}{one.about}" for one in FAULT_CLASSES)
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__,
        epilog=f"""classes of faults, each with bots that are killed:
{classes}

Results are added to {RESULTS}; a later run goes on where this one ends. A run that is broken off
in the middle is not counted. Example: python -m tests.chaos --only slack_429 --kills 100""",
    )
    add: Callable[..., object] = parser.add_argument
    add("--only", action="append", choices=list(BY_NAME), metavar="CLASS", help="only this class")
    add("--backend", choices=BACKENDS, help="only this database")
    add("--kills", type=int, default=1000, help="stop when the chosen classes have had so many")
    add("--seconds", type=float, default=3600, help="begin no new run after these")
    add("--at-once", type=int, default=2, help="runs side by side")
    add("--sprints", type=int, default=1, help="sprints in each run")
    add("--hours", type=int, default=44, help="of each sprint's 48, under kills")
    add("--most", type=int, default=80, help="kills in one run; after these bots live on")
    add("--seed", type=int, default=0, help="of every run, to make one again")
    add("--mutants", action="store_true", help="run bots with a planted defect instead")
    add("--fresh", action="store_true", help="forget the results so far")
    return parser.parse_args()


def main() -> int:
    """Run the campaign and write what it came to; 1 when anything is wrong."""
    asked = options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Broken off; what was judged is kept."))
    if asked.fresh:
        RESULTS.unlink(missing_ok=True)
    results = Results(RESULTS)
    if asked.mutants:
        judge_mutants(results)
    else:
        faults = [BY_NAME[name] for name in asked.only or BY_NAME]
        chosen = [
            (backend, fault)
            for fault in faults
            for backend in fault.backends
            if backend == (asked.backend or backend)
        ]
        if not chosen:
            raise SystemExit(f"{', '.join(asked.only)} needs PostgreSQL: --backend postgresql")
        Campaign(results, chosen, asked).run()
    total = results.total()
    wrong = sum(total[name] for name in WRONG)
    print(f"{total['kills']} kills in {total['sprints']} sprints, {wrong} wrong; {RESULTS}")
    missed = [name for name, one in results.mutants.items() if not one["found"]]
    if missed:
        print(f"The checker did not find out: {', '.join(missed)}")
    return int(bool(wrong or total["stuck"] or missed))


if __name__ == "__main__":
    raise SystemExit(main())
