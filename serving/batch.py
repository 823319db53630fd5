"""Scores a whole table: all rows or none, the control group marked, into a new table or a CSV file.

The table is read as the probes read it, and written with a credential of its own: the one that
reads need not be able to write.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Column,
    DateTime,
    Double,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.traffic import Arm, in_share, pseudonym
from serving.answering import new_key, score_or_error
from serving.desired import Desired, PredictionRow
from serving.drift import SCORES, ColumnChange, Drift, columns_of
from serving.form import CompiledModel
from serving.guards import COLUMNS_ALPHA
from serving.texts import say
from serving.values import FieldError

if TYPE_CHECKING:
    import pandas as pd

TABLE: Final = "hour48_scores"
AT_ONCE: Final = 1_000
LONGEST: Final = 200
DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}
"""What SQLAlchemy connects with, where a URL names only the database."""
MOST_NAMED: Final = 8
"""Columns that a refusal names."""
FIELDS: Final = ("entity", "arm", "score", "answer", "prediction")


@dataclass(frozen=True, slots=True)
class ScoredRow:
    """One row's answer: in the control group there is no score, so that nobody acts on it."""

    entity: str
    arm: Arm
    score: float | None
    answer: str | None
    prediction: str


@dataclass
class BatchResult:
    """What came of a table.

    Args:
        rows: in the order of the table.
        record: the same for the ledger.
        unreadable: values that were taken for missing, by column.
        changes: columns that are not as in training.
    """

    rows: list[ScoredRow] = field(default_factory=list)
    record: list[PredictionRow] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)
    changes: list[ColumnChange] = field(default_factory=list)

    @property
    def entities(self) -> int:
        """How many different ones there are."""
        return len({row.entity for row in self.rows})

    @property
    def failed(self) -> int:
        """How many rows the model could not score; they hold the control answer."""
        return sum(row.error is not None for row in self.record)


def score_frame(
    frame: pd.DataFrame,
    form: CompiledModel,
    desired: Desired,
    entity_column: str,
    *,
    key_of: Callable[[int], str] = lambda _place: new_key(),
    tell: Callable[[str, int, int], None] = lambda _stage, _done, _rows: None,
) -> BatchResult:
    """Score a table as the service would answer each row.

    A value that cannot be read is taken for missing and counted: a table is not asked again. A row
    that the model fails on gets the control answer, as a call would.

    Args:
        frame: the table.
        form: of the model.
        desired: state, percentage and salt; in a shadow run everybody is in the control group.
        entity_column: whom a row is about.
        key_of: gives the name of a row's prediction by its place.
        tell: told how many rows of how many are scored.

    Raises:
        InputError: the table lacks a column that the model uses, or the entity's.
    """
    absent = [name for name in form.names if name not in frame.columns]
    if absent:
        raise InputError(say("column_missing", absent=absent[0]), field=absent[0])
    if entity_column not in frame.columns:
        raise no_entity_column(frame, entity_column)
    batch = BatchResult()
    reference = form.facts.reference
    rows = float(reference.get("rows") or 1_000)
    drift = Drift(columns_of(reference, form.watched), rows, COLUMNS_ALPHA)
    now = datetime.now(UTC).timestamp()
    for place, (entity, values) in enumerate(_values(frame, form.names, entity_column)):
        if place % AT_ONCE == 0:
            tell("scoring", place, len(frame))
        prepared = _prepared(form, values, batch.unreadable)
        codes = form.bins(prepared)
        drift.see(pseudonym(entity, desired.pseudonym_key), codes, now)
        _answer(batch, form, desired, entity, prepared, codes, now, key_of(place))
    worst = {one.column: one for one in drift.changes() if one.excess > 0}
    batch.changes = list(worst.values())
    return batch


def no_entity_column(frame: pd.DataFrame, entity_column: str) -> InputError:
    """Return the refusal of a table without the column that says whom a row is about."""
    names = [str(name) for name in frame.columns]
    shown = [*names[:MOST_NAMED], *["…"] * (len(names) > MOST_NAMED)]
    words = say("entity_column_missing", absent=entity_column, columns=", ".join(shown))
    return InputError(words, field=entity_column)


def _values(
    frame: pd.DataFrame, names: Sequence[str], entity_column: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    used = frame[list(dict.fromkeys([*names, entity_column]))]
    known = used.astype(object).where(used.notna(), None)
    for number, row in enumerate(known.to_dict("records")):
        entity = plain_value(row[entity_column])
        if entity is None:
            raise InputError(
                say("row_nobody_score", number=number + 1, entity_column=entity_column),
                field=entity_column,
            )
        if isinstance(entity, float) and entity.is_integer():
            entity = int(entity)
        yield str(entity)[:LONGEST], {name: plain_value(row[name]) for name in names}


def plain_value(value: Any) -> Any:
    """Return a table's value as a caller would send it in JSON."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _prepared(form: CompiledModel, values: dict[str, Any], unreadable: Counter[str]) -> list[Any]:
    while True:
        try:
            return form.prepare(values)
        except FieldError as refusal:
            unreadable[refusal.column] += 1
            values[refusal.column] = None


def _answer(
    batch: BatchResult,
    form: CompiledModel,
    desired: Desired,
    entity: str,
    prepared: list[Any],
    codes: bytes,
    now: float,
    key: str,
) -> None:
    arm, scored, error = _arm(desired, entity), None, None
    began = time.perf_counter()
    if arm is not Arm.CONTROL:
        scored, error = score_or_error(form, prepared, desired.threshold)
    took = time.perf_counter() - began
    shown = scored if arm is Arm.MODEL else None
    control = desired.control.get("answer")
    answer = str(shown.answer) if shown else None if control is None else str(control)
    batch.rows.append(
        ScoredRow(
            entity,
            Arm.MODEL if shown else Arm.CONTROL,
            shown.score if shown else None,
            answer,
            key,
        )
    )
    batch.record.append(
        PredictionRow(
            generation=desired.generation,
            at=now,
            key=key,
            entity=pseudonym(entity, desired.pseudonym_key),
            arm=arm.value,
            score=scored.score if scored else None,
            answer=answer,
            bins=codes,
            features=None,
            latency_ms=took * 1_000,
            error=error,
            client_id=None,
        )
    )


def _arm(desired: Desired, entity: str) -> Arm:
    if desired.state is DeploymentState.SHADOW:
        return Arm.SHADOW
    if desired.state is not DeploymentState.LIVE:
        return Arm.CONTROL
    return Arm.MODEL if in_share(entity, desired.percent, desired.salt) else Arm.CONTROL


def write_csv(batch: BatchResult, path: Path) -> None:
    """Write a batch as a CSV file, whole or not at all.

    Raises:
        InputError: the file is there already.
    """
    if path.exists():
        raise InputError(say("artifact_exists", path=path), field="csv")
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(FIELDS)
        writer.writerows(_cells(batch.rows))
    unfinished.replace(path)


def _cells(rows: Iterable[ScoredRow]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield row.entity, row.arm.value, row.score, row.answer, row.prediction


def write_table(
    batch: BatchResult,
    url: str,
    name: str,
    now: datetime,
    *,
    part: str = "part",
    check: Callable[[], None] = lambda: None,
    replace: bool = False,
) -> str:
    """Write a batch into a new table of a database, all rows or none.

    The rows go into a table of another name first, which takes the right one when it is whole: not
    every database can take back that a table was made.

    Args:
        batch: what was scored.
        url: of the database, with a credential that may write.
        name: of the new table, after `hour48_scores_`.
        now: when it was scored.
        part: ends the name of the table while it is not whole; two who write never share one.
        check: asked at the last moment whether the table may still appear; raises where not.
        replace: an earlier attempt at this very batch may have written the table before it died.

    Returns:
        The table's name.

    Raises:
        InputError: the database cannot be written to, or has such a table already.
    """
    table = f"{TABLE}_{name}"
    engine = _engine(url)
    try:
        if not replace and inspect(engine).has_table(table):
            raise InputError(say("database_table_already", table=table), field="into")
        _write(engine, batch, table, f"{table}_{part}", now, check)
    except SQLAlchemyError as error:
        problem = str(getattr(error, "orig", error)).partition("\n")[0][:LONGEST]
        raise InputError(say("scores_not_written", problem=problem), field="into") from None
    finally:
        engine.dispose()
    return table


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    parsed = parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))
    try:
        return create_engine(parsed)
    except ModuleNotFoundError as missing:
        raise InputError(say("batch_no_driver", name=missing.name), field="into") from None


def _write(
    engine: Engine,
    batch: BatchResult,
    table: str,
    part: str,
    now: datetime,
    check: Callable[[], None],
) -> None:
    unfinished = _table(part)
    unfinished.drop(engine, checkfirst=True)
    unfinished.create(engine)
    try:
        _fill(engine, unfinished, batch, now)
        check()
        _table(table).drop(engine, checkfirst=True)
        quoted = engine.dialect.identifier_preparer.quote
        with engine.begin() as connection:
            connection.execute(
                text(f"ALTER TABLE {quoted(unfinished.name)} RENAME TO {quoted(table)}")
            )
    except BaseException:
        unfinished.drop(engine, checkfirst=True)
        raise


def drop_tables(url: str, names: Iterable[str]) -> None:
    """Drop what a batch that was stopped has written; nobody is to see it.

    Args:
        url: of the database.
        names: of the tables, after `hour48_scores_`; those that are not there are passed over.
    """
    engine = _engine(url)
    try:
        for name in names:
            _table(f"{TABLE}_{name}").drop(engine, checkfirst=True)
    finally:
        engine.dispose()


def _table(name: str) -> Table:
    return Table(
        name,
        MetaData(),
        Column("entity", String(LONGEST), nullable=False),
        Column("arm", String(10), nullable=False),
        Column("score", Double),
        Column("answer", String(2_000)),
        Column("prediction", String(32), nullable=False),
        Column("scored_at", DateTime, nullable=False),
    )


def _fill(engine: Engine, table: Table, batch: BatchResult, now: datetime) -> None:
    moment = now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    with engine.begin() as connection:
        for start in range(0, len(batch.rows), AT_ONCE):
            rows = [
                dict(zip(FIELDS, cells, strict=True)) | {"scored_at": moment}
                for cells in _cells(batch.rows[start : start + AT_ONCE])
            ]
            connection.execute(table.insert(), rows)


def batch_facts(batch: BatchResult) -> dict[str, Any]:
    """Return what a batch's row says of it."""
    return {
        "rows": len(batch.rows),
        "entities": batch.entities,
        "in_control": sum(row.arm is Arm.CONTROL for row in batch.rows),
        "failed": batch.failed,
        "unreadable": dict(batch.unreadable),
        "alarms": [
            {"column": one.column, "says": one.says}
            for one in batch.changes
            if one.column != SCORES
        ],
    }
