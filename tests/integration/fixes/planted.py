"""Forty defects in files and in PostgreSQL, planted and mended; a sprint whose plan is about them.

A table has four defects, each about a column of its own, so that one can be mended while its
neighbours stay. Four more tables may not be read.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bot.db.models import Blocker, FixItem, ProbeRun
from bot.debrief import followup
from bot.domain.enums import ProbeRunState
from bot.fixes import service
from bot.unit_of_work import Runtime
from probes.contract import ProbeRequest, result_to_plain
from probes.runner import run_probe
from probes.settings import ProbeSettings, read_settings
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint

ROWS = 700
FILES = 6
TABLES = 3
DENIED = 4
Row = dict[str, Any]


def _gaps(row: Row, at: int, _luck: random.Random) -> None:
    if at % 5 < 3:
        row["income"] = None


def _sentinels(row: Row, at: int, _luck: random.Random) -> None:
    if at % 4 == 0:
        row["age"] = -999


def _broken_sums(row: Row, at: int, _luck: random.Random) -> None:
    if at % 9 == 0:
        row["gross"] = row["net"] + row["tax"] + 7


def _people(row: Row, at: int, _luck: random.Random) -> None:
    row["contact"] = f"person{at}@example.org"


PLANTED: dict[str, tuple[str, str, Callable[[Row, int, random.Random], None]]] = {
    "missing": ("missing", "income", _gaps),
    "sentinel": ("sentinel_numbers", "age", _sentinels),
    "sum": ("sum_broken", "gross", _broken_sums),
    "people": ("personal_data", "contact", _people),
}
"""By name: the code that finds the defect, the column, and what plants it."""


def table_rows(seed: int, defects: Collection[str]) -> list[Row]:
    """Return a table's rows with some of its defects."""
    luck = random.Random(seed)
    rows = []
    for at in range(ROWS):
        net, tax = luck.randint(50, 400), luck.randint(1, 60)
        row: Row = {
            "id": at + 1,
            "income": luck.randint(18_000, 96_000),
            "age": luck.randint(19, 84),
            "net": net,
            "tax": tax,
            "gross": net + tax,
            "contact": luck.choice(("shop", "app", "phone")),
        }
        for name in defects:
            PLANTED[name][2](row, at, luck)
        rows.append(row)
    return rows


@dataclass
class Place:
    """A source with the defects that it has now."""

    name: str
    seed: int
    write: Callable[[list[Row]], None]
    defects: set[str] = field(default_factory=lambda: set(PLANTED))

    def plant(self, *names: str) -> None:
        """Bring defects back."""
        self.defects |= set(names)
        self.refresh()

    def mend(self, *names: str) -> None:
        """Take defects away."""
        self.defects -= set(names)
        self.refresh()

    def refresh(self) -> None:
        """Write the table as it is now."""
        self.write(table_rows(self.seed, sorted(self.defects)))


@dataclass
class Defect:
    """One planted defect, and what mends it and breaks it again."""

    name: str
    item_id: int
    mend: Callable[[], None]
    plant: Callable[[], None]


@dataclass
class World:
    """The sprint, its sources, and forty items of its plan."""

    runtime: Runtime
    settings: ProbeSettings
    sprint_id: int
    defects: list[Defect]


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as a file, at once: nobody reads half of it."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def write_table(url: str, table: str, rows: list[Row]) -> None:
    """Write rows as a table that `reader` may read."""
    with psycopg.connect(url, autocommit=False) as owner:
        owner.execute(f"DROP TABLE IF EXISTS {table}")  # type: ignore[arg-type]  # our own names
        owner.execute(
            f"CREATE TABLE {table} (id int, income int, age int, net int, tax int, gross int, "  # type: ignore[arg-type]
            "contact text)"
        )
        with owner.cursor().copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[arg-type]
            for row in rows:
                copy.write_row(tuple(row.values()))
        owner.execute(f"GRANT SELECT ON {table} TO reader")  # type: ignore[arg-type]


def grant(url: str, statement: str) -> None:
    """Run a statement as the owner."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(statement)  # type: ignore[arg-type]  # our own statements


def open_world(
    runtime: Runtime, folder: Path, url: str, *, files: int, tables: int, denied: int
) -> World:
    """Plant the defects, let the probes find them, and close the sprint with a plan about them."""
    reader = url.replace("//postgres:@", "//reader@")
    places = [
        *_files(folder, files),
        *[
            Place(f"table_{at}", 100 + at, _table_writer(url, f"planted_{at}"))
            for at in range(tables)
        ],
    ]
    for place in places:
        place.refresh()
    for at in range(denied):
        write_table(url, f"locked_{at}", table_rows(at, ()))
        grant(url, f"REVOKE SELECT ON locked_{at} FROM reader")
    sources = {f"file_{at}": {"path": str(folder / f"file_{at}.csv")} for at in range(files)}
    sources |= {f"table_{at}": {"url": reader, "tables": [f"planted_{at}"]} for at in range(tables)}
    sources |= {f"locked_{at}": {"url": reader, "tables": [f"locked_{at}"]} for at in range(denied)}
    settings = read_settings({"sources": sources})
    sprint_id = add_sprint(
        runtime, status="closed", ended_at=HOUR_0 + timedelta(hours=48), closed_at=HOUR_0
    )
    found = list(_found(runtime, settings, sprint_id, places, url, denied))
    with runtime.uow(TEAM) as uow:
        service.watch_tonight(uow, uow.sprint(sprint_id))
    return World(runtime, settings, sprint_id, found)


def _files(folder: Path, count: int) -> list[Place]:
    def writer(at: int) -> Callable[[list[Row]], None]:
        return lambda rows: write_csv(folder / f"file_{at}.csv", rows)

    return [Place(f"file_{at}", at, writer(at)) for at in range(count)]


def _table_writer(url: str, table: str) -> Callable[[list[Row]], None]:
    return lambda rows: write_table(url, table, rows)


def _found(
    runtime: Runtime,
    settings: ProbeSettings,
    sprint_id: int,
    places: list[Place],
    url: str,
    denied: int,
) -> Iterator[Defect]:
    for place in places:
        table = f"planted_{place.name.partition('_')[2]}" if "table" in place.name else None
        run_id, findings = _probe(runtime, settings, sprint_id, "quality", place.name, table)
        for name, (code, column, _) in PLANTED.items():
            number = next(
                at
                for at, each in enumerate(findings)
                if each["code"] == code and each.get("column") == column
            )
            item = _item(runtime, sprint_id, run_id, number, findings[number])
            yield Defect(
                f"{place.name}.{name}", item, _mending(place, name), _planting(place, name)
            )
    for at in range(denied):
        run_id, findings = _probe(
            runtime, settings, sprint_id, "access", f"locked_{at}", f"locked_{at}"
        )
        number = next(
            place for place, each in enumerate(findings) if each["code"] == "privilege_missing"
        )
        item = _item(runtime, sprint_id, run_id, number, findings[number])
        yield Defect(
            f"locked_{at}",
            item,
            lambda at=at: grant(url, f"GRANT SELECT ON locked_{at} TO reader"),  # type: ignore[misc]
            lambda at=at: grant(url, f"REVOKE SELECT ON locked_{at} FROM reader"),  # type: ignore[misc]
        )


def _mending(place: Place, name: str) -> Callable[[], None]:
    return lambda: place.mend(name)


def _planting(place: Place, name: str) -> Callable[[], None]:
    return lambda: place.plant(name)


def _probe(
    runtime: Runtime,
    settings: ProbeSettings,
    sprint_id: int,
    probe: str,
    source: str,
    table: str | None,
) -> tuple[int, list[dict[str, Any]]]:
    request = ProbeRequest(probe, source=source, table=table)
    result = result_to_plain(run_probe(request, settings).wait())
    with runtime.uow(TEAM) as uow:
        run = ProbeRun(
            team_id=TEAM,
            sprint_id=sprint_id,
            probe=probe,
            request={"phase": "data", "source": source, "table": table, "target": None},
            asked_by=ANA,
            asked_at=uow.now,
            finished_at=uow.now,
            state=ProbeRunState.DONE,
            result={**result, "artifacts": {}},
        )
        uow.session.add(run)
        uow.session.flush()
        return run.id, result["findings"]


def _item(
    runtime: Runtime, sprint_id: int, run_id: int, number: int, finding: dict[str, Any]
) -> int:
    """Log the finding as a blocker, and put an item about it into the plan."""
    with runtime.uow(TEAM) as uow:
        rows = uow.session.query(Blocker).filter_by(sprint_id=sprint_id).count()
        blocker = Blocker(
            team_id=TEAM,
            sprint_id=sprint_id,
            number=rows + 1,
            title=finding["sentence"],
            kind="data_access",
            severity="stops",
            phase="data",
            raised_by=ANA,
            raised_at=HOUR_0,
            probe_run_id=run_id,
            finding_code=finding["code"],
            finding_number=number,
        )
        item = FixItem(
            team_id=TEAM,
            sprint_id=sprint_id,
            number=rows + 1,
            text=f"Ana mends this by day 7: {finding['sentence']}",
            owner_id=ANA,
            owner_name="Ana",
            due_at=HOUR_0 + timedelta(days=9),
            reference=f"blocker-{rows + 1}",
        )
        uow.session.add_all([blocker, item])
        uow.session.flush()
        sprint = uow.sprint(sprint_id)
        service.attach_check(uow, sprint, item, [item.reference or ""])
        followup.show(uow, sprint, item)
        return item.id
