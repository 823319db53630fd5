"""How many planted defects the quality probe names, by group.

`python -m tests.integration.probes.judge.recall HALF [HOSTS] [NAME …]` prints what was missed;
NAME is a part of a plant's name, a group, or the module of a set.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from probes.contract import Finding, ProbeContext, ProbeRequest, no_progress
from probes.quality import run
from probes.settings import ProbeSettings
from probes.sources.folders import tables_in
from tests.integration.probes.judge import (  # noqa: F401  (they register their plants)
    planted,
    plants_people,
    plants_rows,
    plants_time,
    plants_trades,
    plants_values,
)
from tests.integration.probes.judge.hosts import GROUPS, PLANTS, Host, Plant, host_for
from tests.integration.probes.judge.public_tables import Half


@dataclass(frozen=True)
class Trial:
    """One plant in one host: whether it was named, and what was found at its columns instead."""

    plant: Plant
    host: str
    found: bool
    instead: tuple[str, ...]


def write(host: Host, folder: Path) -> tuple[Path, str | None]:
    """Write a host's table or files; return the place and the table to ask for."""
    if host.files is not None:
        place = folder / "files"
        place.mkdir()
        for name, frame in host.files.items():
            _write_one(frame, place / name, typed=host.typed)
        return place, tables_in(place)[0].name
    path = folder / "planted.csv"
    if host.raw is not None:
        path.write_text(host.raw, encoding="utf-8")
        return path, None
    return _write_one(host.frame, folder / "planted", typed=host.typed), None


def _write_one(frame: pd.DataFrame | bytes, stem: Path, *, typed: bool) -> Path:
    if isinstance(frame, bytes):
        path = stem.with_name(stem.name + ".csv")
        path.write_bytes(frame)
        return path
    if typed:
        path = stem.with_name(stem.name + ".parquet")
        frame.rename(columns=str).to_parquet(path, index=False)
        return path
    path = stem.with_name(stem.name + ".csv")
    frame.to_csv(path, index=False)
    return path


def try_plant(plant: Plant, half: Half, at: int) -> Trial:
    """Plant one defect and ask the probe."""
    host = host_for(plant.name, half, at)
    spoilt = plant.make(host)
    columns: tuple[Any, ...] = spoilt if isinstance(spoilt, tuple) else (spoilt,)
    with tempfile.TemporaryDirectory(prefix="hour48-judge-") as folder:
        path, table = write(host, Path(folder))
        options = {key: value for key, value in host.options.items() if key == "entity"}
        options["pictures"] = False
        request = ProbeRequest("quality", str(path), table, host.target, options)
        result = run(request, ProbeContext(ProbeSettings(), Path(folder) / "work", no_progress))
    about = [one for one in result.findings if spoilt is None or _concerns(one, columns)]
    found = any(one.code in plant.codes for one in about)
    if found and host.options.get("kinds"):
        found = any(len(one.evidence.get("kinds", ())) >= host.options["kinds"] for one in about)
    return Trial(plant, host.title, found, tuple(sorted({one.code for one in about})))


def _concerns(finding: Finding, columns: tuple[Any, ...]) -> bool:
    named = {finding.column, *finding.evidence.get("columns_named", ())}
    return bool(named & set(columns))


def trials(half: Half, hosts: int, names: tuple[str, ...] = ()) -> Iterator[Trial]:
    """Try every plant in some hosts of one half."""
    for plant in PLANTS:
        if names and not any(_is_asked(plant, part) for part in names):
            continue
        for at in range(hosts):
            yield try_plant(plant, half, at)


def _is_asked(plant: Plant, part: str) -> bool:
    return part in plant.name or part in (plant.group, plant.source)


def shares(done: list[Trial]) -> dict[str, tuple[int, int]]:
    """Return how many of how many were found, by group and in all."""
    counted = {
        group: (
            sum(one.found for one in done if one.plant.group == group),
            sum(one.plant.group == group for one in done),
        )
        for group in GROUPS
    }
    return counted | {"all": (sum(one.found for one in done), len(done))}


def main(half: Half, hosts: int, names: tuple[str, ...]) -> None:
    done = []
    for trial in trials(half, hosts, names):
        done.append(trial)
        if not trial.found:
            instead = ", ".join(trial.instead) or "nothing"
            name = f"{trial.plant.group}/{trial.plant.name}"
            print(f"missed {name} in {trial.host}: {instead}", flush=True)
    for group, (found, total) in shares(done).items():
        if total:
            print(f"{half} {group}: {found} of {total} ({found / total:.0%})")


if __name__ == "__main__":
    _, asked, *rest = sys.argv
    main(asked, int(rest[0]) if rest else 1, tuple(rest[1:]))  # type: ignore[arg-type]  # a wrong half ends it
