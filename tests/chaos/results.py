"""What the runs came to, kept in one file that every run adds to."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.chaos.arena import Outcome

WRONG = ("lost", "twice", "out_of_order", "duplicate_channels")
COUNTED = ("kills", "sprints", *WRONG, "stuck")
Row = dict[str, Any]


class Results:
    """The file of results. Each run is added when it is judged; one that is broken off is not.

    Args:
        file: where they are; what is there already, and what others add meanwhile, is kept.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        file.parent.mkdir(exist_ok=True)
        self._lock = FileLock(f"{file}.lock")
        self._read()

    def _read(self) -> None:
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        self._runs: list[Row] = known.get("runs", [])
        self._places: Counter[str] = Counter(known.get("killed_at", {}))
        self.mutants: dict[str, Row] = known.get("mutants", {})

    def add(self, backend: str, fault: str, seed: int, bots: int, outcome: Outcome) -> None:
        """Add a run and write the file."""
        run = {
            "backend": backend,
            "class": fault,
            "seed": seed,
            "bots": bots,
            "kills": outcome.kills,
            "sprints": outcome.sprints,
            **outcome.counts,
            "stuck": int(bool(outcome.stuck)),
            "seconds": round(outcome.seconds, 1),
        }
        if outcome.problems:
            run["problems"] = outcome.problems[:10]
        with self._lock:
            self._read()
            self._runs.append(run)
            self._places.update(outcome.places)
            self._write()

    def add_mutant(self, name: str, outcome: Outcome) -> None:
        """Add what the checker said of a bot with a defect."""
        with self._lock:
            self._read()
            self.mutants[name] = {
                "found": is_found_out(outcome),
                "kills": outcome.kills,
                **outcome.counts,
                "first": outcome.problems[:1],
            }
            self._write()

    def runs_of(self, backend: str, fault: str) -> list[Row]:
        """Return the runs of one backend and class so far."""
        return [run for run in self._runs if (run["backend"], run["class"]) == (backend, fault)]

    def kills_of(self, backend: str, fault: str) -> int:
        """Return how many bots have died in one backend and class so far."""
        return sum(run["kills"] for run in self.runs_of(backend, fault))

    def total(self) -> Counter[str]:
        """Add everything up."""
        return _sum(self._runs)

    def _write(self) -> None:
        """Replace the file at once, so that whoever is interrupted leaves a whole one."""
        pairs = sorted({(run["backend"], run["class"]) for run in self._runs})
        result = {
            **self.total(),
            "classes": [
                {"backend": backend, "class": fault, **_sum(self.runs_of(backend, fault))}
                for backend, fault in pairs
            ],
            "mutants": self.mutants,
            "killed_at": dict(self._places.most_common()),
            "runs": self._runs,
        }
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(result, indent=1) + "\n")
        written.replace(self._file)


def is_found_out(outcome: Outcome) -> bool:
    """Tell whether the checker found a defect; what a stuck bot leaves undone proves nothing."""
    proofs = WRONG[1:] if outcome.stuck else WRONG
    return any(outcome.counts[name] for name in proofs)


def _sum(runs: list[Row]) -> Counter[str]:
    total = Counter({name: sum(run[name] for run in runs) for name in COUNTED})
    total["runs"] = len(runs)
    total["seconds"] = round(sum(run["seconds"] for run in runs))
    return total
