"""Forty defects in files and in PostgreSQL, planted and mended; a sprint whose plan is about them.

A table has four defects, each about a column of its own, so that one can be mended while its
neighbours stay. Four more sources may not be read. `unseen` has another forty, in other kinds of
files and found by other findings, which nothing was tuned on.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import select

from bot.db.models import Blocker, FixItem, Member, ProbeRun, Sprint
from bot.domain.enums import ProbeRunState
from bot.fixes import items, service
from bot.unit_of_work import Runtime
from probes.contract import ProbeRequest, result_to_plain
from probes.runner import run_probe
from probes.settings import ProbeSettings, read_settings
from tests.runtimes import ANA, HOUR_0, ROLES, TEAM

ROWS = 700
DENIED = 4
Row = dict[str, Any]
Plant = tuple[str, str, Callable[[Row, int, random.Random], None]]
"""The code that finds a defect, the column, and what plants it."""
Write = Callable[[Path, list[Row]], None]


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


PLANTED: dict[str, Plant] = {
    "missing": ("missing", "income", _gaps),
    "sentinel": ("sentinel_numbers", "age", _sentinels),
    "sum": ("sum_broken", "gross", _broken_sums),
    "people": ("personal_data", "contact", _people),
}


def _row(at: int, luck: random.Random) -> Row:
    net, tax = luck.randint(50, 400), luck.randint(1, 60)
    return {
        "id": at + 1,
        "income": luck.randint(18_000, 96_000),
        "age": luck.randint(19, 84),
        "net": net,
        "tax": tax,
        "gross": net + tax,
        "contact": luck.choice(("shop", "app", "phone")),
    }


@dataclass(frozen=True)
class Shut:
    """A source that may not be read.

    Args:
        name: the source's.
        code: of the finding that says so.
        configured: how an administrator names the source.
        table: its table, where it has several.
        shut: takes the right to read away.
        open: gives it.
    """

    name: str
    code: str
    configured: dict[str, Any]
    table: str | None
    shut: Callable[[], None]
    open: Callable[[], None]


@dataclass(frozen=True)
class Batch:
    """A kind of defects and where they are planted.

    Args:
        planted: by name: the defects of one table.
        row: makes a row without defects from its place and a source of luck.
        files: for each file, how it is called and what writes it.
        columns: of the tables in PostgreSQL, as SQL.
        tables: how many tables there are in PostgreSQL.
        shut: returns the sources that may not be read.
        others: returns further places, such as tables of other databases.
    """

    planted: dict[str, Plant]
    row: Callable[[int, random.Random], Row]
    files: tuple[tuple[str, Write], ...]
    columns: str
    tables: int
    shut: Callable[[Path, str, str], list[Shut]]
    others: Callable[[Path, str, str], list[Place]] = lambda _folder, _url, _reader: []

    def rows(self, seed: int, defects: Collection[str]) -> list[Row]:
        """Return a table's rows with some of its defects."""
        luck = random.Random(seed)
        rows = []
        for at in range(ROWS):
            row = self.row(at, luck)
            for name in defects:
                self.planted[name][2](row, at, luck)
            rows.append(row)
        return rows


def table_rows(seed: int, defects: Collection[str]) -> list[Row]:
    """Return the rows of one of the tuned tables with some of its defects."""
    return TUNED.rows(seed, defects)


@dataclass
class Place:
    """A source with the defects that it has now, and how an administrator names it."""

    name: str
    configured: dict[str, Any]
    table: str | None
    seed: int
    batch: Batch
    write: Callable[[list[Row]], None]
    defects: set[str] = field(default_factory=set)

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
        self.write(self.batch.rows(self.seed, sorted(self.defects)))


@dataclass
class Defect:
    """One planted defect, and what mends it and breaks it again."""

    name: str
    item_id: int
    mend: Callable[[], None]
    plant: Callable[[], None]


@dataclass(frozen=True)
class Team:
    """Whose sprint it is: a workspace, the person who owns every item, and the channel."""

    team_id: str = TEAM
    owner: str = ANA
    channel: str = "C1"


@dataclass
class World:
    """The sprint, its sources, and the items of its plan."""

    runtime: Runtime
    sources: dict[str, Any]
    sprint_id: int
    team: Team
    defects: list[Defect] = field(default_factory=list)

    @property
    def settings(self) -> ProbeSettings:
        """The configured sources."""
        return read_settings({"sources": self.sources})

    def press_all(self) -> None:
        """Call every item done."""
        for defect in self.defects:
            with self.runtime.uow(self.team.team_id) as uow:
                service.press_done(uow, self.team.owner, defect.item_id)

    def items(self) -> dict[int, FixItem]:
        """Return the items of the plan as they stand."""
        with self.runtime.reading(self.team.team_id) as uow:
            return {item.id: item for item in uow.session.scalars(select(FixItem))}


def write_csv(path: Path, rows: list[Row]) -> None:
    """Write rows as a file, at once: nobody reads half of it."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


def write_table(url: str, table: str, columns: str, rows: list[Row]) -> None:
    """Write rows as a table that `reader` may read."""
    with psycopg.connect(url, autocommit=False) as owner:
        owner.execute(f"DROP TABLE IF EXISTS {table}")  # type: ignore[arg-type]  # our own names
        owner.execute(f"CREATE TABLE {table} ({columns})")  # type: ignore[arg-type]  # our own names
        with owner.cursor().copy(f"COPY {table} FROM STDIN") as copy:  # type: ignore[arg-type]  # our own names
            for row in rows:
                copy.write_row(tuple(row.values()))
        owner.execute(f"GRANT SELECT ON {table} TO reader")  # type: ignore[arg-type]  # our own names


def grant(url: str, statement: str) -> None:
    """Run a statement as the owner."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(statement)  # type: ignore[arg-type]  # our own statements


def _locked_tables(_folder: Path, url: str, reader: str) -> list[Shut]:
    found = []
    for at in range(DENIED):
        table = f"locked_{at}"
        write_table(url, table, TUNED.columns, table_rows(at, ()))
        found.append(
            Shut(
                table,
                "privilege_missing",
                {"url": reader, "tables": [table]},
                table,
                partial(grant, url, f"REVOKE SELECT ON {table} FROM reader"),
                partial(grant, url, f"GRANT SELECT ON {table} TO reader"),
            )
        )
    return found


TUNED = Batch(
    PLANTED,
    _row,
    tuple((f"file_{at}.csv", write_csv) for at in range(6)),
    "id int, income int, age int, net int, tax int, gross int, contact text",
    3,
    _locked_tables,
)


def open_world(
    runtime: Runtime,
    folder: Path,
    url: str,
    batch: Batch = TUNED,
    *,
    sizes: tuple[int, int, int] | None = None,
    team: Team | None = None,
) -> World:
    """Plant the defects, let the probes find them, and close the sprint with a plan about them.

    Args:
        runtime: where the sprint is.
        folder: where the files are.
        url: of the PostgreSQL, as its owner; `reader` is who the probes come as.
        batch: the defects.
        sizes: how many files, tables and shut sources; all of them where left out.
        team: whose sprint it is.
    """
    team = team or Team()
    files, tables, denied = sizes or (len(batch.files), batch.tables, DENIED)
    reader = url.replace("//postgres:@", "//reader@")
    places = [*_files(folder, batch, files), *_tables(url, reader, batch, tables)]
    places += batch.others(folder, url, reader)
    for place in places:
        place.plant(*batch.planted)
    shut = batch.shut(folder, url, reader)[:denied]
    for each in shut:
        each.shut()
    sources = {each.name: each.configured for each in [*places, *shut]}
    world = World(runtime, sources, _sprint(runtime, team), team)
    world.defects += [*_found(world, places), *_found_shut(world, shut)]
    with runtime.uow(team.team_id) as uow:
        service.watch_tonight(uow, uow.sprint(world.sprint_id))
    return world


def _sprint(runtime: Runtime, team: Team) -> int:
    with runtime.uow(team.team_id) as uow:
        sprint = Sprint(
            team_id=team.team_id,
            title="Churn pilot",
            use_case="churn",
            status="closed",
            lead_id=team.owner,
            planned_start=HOUR_0,
            started_at=HOUR_0,
            channel_id=team.channel,
            created_at=HOUR_0,
            ended_at=HOUR_0 + timedelta(hours=48),
            closed_at=uow.now,
        )
        sprint.members = [Member(role=role, user_id=team.owner) for role in ROLES]
        uow.session.add(sprint)
        uow.session.flush()
        return sprint.id


def _files(folder: Path, batch: Batch, count: int) -> list[Place]:
    def place(at: int, name: str, write: Write) -> Place:
        path = folder / name
        configured = {"path": str(path)}
        return Place(f"file_{at}", configured, None, at, batch, lambda rows: write(path, rows))

    return [place(at, *batch.files[at]) for at in range(count)]


def _tables(url: str, reader: str, batch: Batch, count: int) -> list[Place]:
    def writer(table: str) -> Callable[[list[Row]], None]:
        return lambda rows: write_table(url, table, batch.columns, rows)

    def place(at: int, table: str) -> Place:
        configured = {"url": reader, "tables": [table]}
        return Place(f"table_{at}", configured, table, 100 + at, batch, writer(table))

    return [place(at, f"planted_{at}") for at in range(count)]


def _found(world: World, places: list[Place]) -> Iterator[Defect]:
    for place in places:
        run_id, findings = _probe(world, "quality", place.name, place.table)
        for name, (code, column, _) in place.batch.planted.items():
            number = _number(findings, code, column)
            yield Defect(
                f"{place.name}.{name}",
                _item(world, run_id, number, findings[number]),
                _mending(place, name),
                _planting(place, name),
            )


def _found_shut(world: World, shut: list[Shut]) -> Iterator[Defect]:
    for each in shut:
        run_id, findings = _probe(world, "access", each.name, each.table)
        number = _number(findings, each.code, None)
        item = _item(world, run_id, number, findings[number])
        yield Defect(each.name, item, each.open, each.shut)


def _number(findings: list[dict[str, Any]], code: str, column: str | None) -> int:
    """Return which finding is about a planted defect."""
    for at, each in enumerate(findings):
        if each["code"] == code and each.get("column") == column:
            return at
    found = [(each["code"], each.get("column")) for each in findings]
    message = f"no {code} about {column} among {found}"
    raise AssertionError(message)


def _mending(place: Place, name: str) -> Callable[[], None]:
    return lambda: place.mend(name)


def _planting(place: Place, name: str) -> Callable[[], None]:
    return lambda: place.plant(name)


def _probe(
    world: World, probe: str, source: str, table: str | None
) -> tuple[int, list[dict[str, Any]]]:
    request = ProbeRequest(probe, source=source, table=table)
    result = result_to_plain(run_probe(request, world.settings).wait())
    team = world.team
    with world.runtime.uow(team.team_id) as uow:
        run = ProbeRun(
            team_id=team.team_id,
            sprint_id=world.sprint_id,
            probe=probe,
            request={"phase": "data", "source": source, "table": table, "target": None},
            asked_by=team.owner,
            asked_at=uow.now,
            finished_at=uow.now,
            state=ProbeRunState.DONE,
            result={**result, "artifacts": {}},
        )
        uow.session.add(run)
        uow.session.flush()
        return run.id, result["findings"]


def _item(world: World, run_id: int, number: int, finding: dict[str, Any]) -> int:
    """Log the finding as a blocker, and put an item about it into the plan."""
    team, sprint_id = world.team, world.sprint_id
    with world.runtime.uow(team.team_id) as uow:
        rows = uow.session.query(Blocker).filter_by(sprint_id=sprint_id).count()
        blocker = Blocker(
            team_id=team.team_id,
            sprint_id=sprint_id,
            number=rows + 1,
            title=finding["sentence"],
            kind="data_access",
            severity="stops",
            phase="data",
            raised_by=team.owner,
            raised_at=HOUR_0,
            probe_run_id=run_id,
            finding_code=finding["code"],
            finding_number=number,
        )
        item = FixItem(
            team_id=team.team_id,
            sprint_id=sprint_id,
            number=rows + 1,
            text=f"Ana mends this by day 7: {finding['sentence']}",
            owner_id=team.owner,
            owner_name="Ana",
            due_at=uow.now + timedelta(days=9),
            reference=f"blocker-{rows + 1}",
        )
        uow.session.add_all([blocker, item])
        uow.session.flush()
        sprint = uow.sprint(sprint_id)
        service.attach_check(uow, sprint, item, [item.reference or ""])
        items.show(uow, sprint, item)
        return item.id
