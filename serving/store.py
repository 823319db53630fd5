"""Serving's one way to the database that it shares with the bot, and its stand-in without one."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.serving_models import (
    Client,
    Model,
    Outcome,
    Prediction,
    ServingWorker,
    WatchMinute,
    WatchState,
)
from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.traffic import Scope, obeyed
from serving.desired import (
    ClientFacts,
    Desired,
    MinuteCounts,
    OutcomeRow,
    PredictionRow,
    WorkerReport,
)
from serving.texts import say

"""In every other state everybody gets the control answer."""
ROWS_AT_ONCE: Final = 1_000
_INSERT: Final[Mapping[str, Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


class SqlStore:
    """The tables of `bot.db.serving_models`, for one deployment.

    Args:
        engine: of the bot's database.
        deployment_id: which deployment.
    """

    def __init__(self, engine: Engine, deployment_id: int) -> None:
        self._engine = engine
        self._reading = engine.execution_options(read_only=True)
        self._id = deployment_id

    def desired(self) -> Desired:
        """Return the deployment's newest row.

        Raises:
            InputError: there is no such deployment, or nothing of hour48 serves it.
        """
        with self._reading.connect() as connection:
            row = connection.execute(_DEPLOYMENT, {"id": self._id}).mappings().one_or_none()
            if row is None:
                raise InputError(say("deployment", number=self._id), field="deployment")
            if row["state"] == DeploymentState.CLAIMED or not row["salt"]:
                raise InputError(
                    say("deployment_elsewhere", number=self._id),
                    field="deployment",
                )
            clients = _clients(connection, self._id, row["team_id"])
        return Desired(
            deployment_id=self._id,
            generation=row["generation"],
            state=obeyed(row["state"]),
            percent=row["percent"],
            salt=row["salt"],
            pseudonym_key=row["pseudonym_key"],
            sha256=row["sha256"],
            control=row["control"] or {},
            threshold=row["threshold"],
            entity_column=row["entity_column"],
            keeps_features=row["keeps_features"],
            clients=clients,
        )

    def model_bytes(self, sha256: str) -> bytes:
        """Return a kept model's bytes.

        Raises:
            InputError: it is not kept, or what is kept is not what was hashed.
        """
        wanted = select(Model.content, Model.folder_path).where(Model.sha256 == sha256)
        with self._reading.connect() as connection:
            row = connection.execute(wanted.limit(1)).one_or_none()
        if row is None:
            raise InputError(say("model_kept", sha256=sha256[:12]), field="deployment")
        content = row.content if row.content is not None else _file(row.folder_path)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(say("model_changed", sha256=sha256[:12]))
        return bytes(content)

    def publish(self, sha256: str, about: Mapping[str, Any]) -> None:
        """Write what a model is like; what another worker wrote of the same one stays."""
        published = dict(about) | {"sha256": sha256}
        values = {
            "deployment_id": self._id,
            "state": {"published": published},
            "look": {},
            "read_to": 0,
            "horizon": 0,
            "looked_at": datetime.now(UTC),
        }
        table = _table(WatchState)
        with self._engine.begin() as connection:
            insert = _INSERT[connection.dialect.name](table)
            connection.execute(
                insert.on_conflict_do_nothing(index_elements=["deployment_id"]), [values]
            )
            known = connection.execute(
                select(table.c.state).where(table.c.deployment_id == self._id).with_for_update()
            ).scalar_one()
            if known.get("published", {}).get("sha256") != sha256:
                connection.execute(
                    table.update()
                    .where(table.c.deployment_id == self._id)
                    .values(state=dict(known) | {"published": published})
                )

    def observe(self, seen: WorkerReport) -> None:
        """Write what a worker observed, over what it wrote before."""
        now = datetime.now(UTC)
        values = {
            "deployment_id": seen.deployment_id,
            "worker": seen.worker,
            "host": seen.host,
            "pid": seen.pid,
            "url": seen.url,
            "sha256": seen.sha256,
            "form": seen.form,
            "form_reason": seen.form_reason,
            "generation": seen.generation,
            "state": seen.state.value,
            "percent": seen.percent,
            "dropped": seen.dropped,
            "started_at": datetime.fromtimestamp(seen.started_at, UTC),
            "seen_at": now,
        }
        with self._engine.begin() as connection:
            _upsert(connection, _table(ServingWorker), [values], ("deployment_id", "worker"))

    def append(
        self,
        worker: str,
        predictions: Sequence[PredictionRow],
        outcomes: Sequence[OutcomeRow],
        minutes: Sequence[MinuteCounts],
    ) -> None:
        """Write all or nothing; rows that are there already stay as they are."""
        with self._engine.begin() as connection:
            _keep_new(
                connection, _table(Prediction), [self._prediction(one) for one in predictions]
            )
            _keep_new(connection, _table(Outcome), [self._outcome(one) for one in outcomes])
            _upsert(
                connection,
                _table(WatchMinute),
                [self._minute(worker, one) for one in minutes],
                ("deployment_id", "worker", "minute", "arm", "generation"),
            )

    def close(self) -> None:
        """Give connections back; a forked process must not share them."""
        self._engine.dispose()

    def _prediction(self, row: PredictionRow) -> dict[str, Any]:
        return row._asdict() | {"deployment_id": self._id, "at": _moment(row.at)}

    def _outcome(self, row: OutcomeRow) -> dict[str, Any]:
        return row._asdict() | {
            "deployment_id": self._id,
            "at": _moment(row.at),
            "received_at": _moment(row.received_at),
        }

    def _minute(self, worker: str, counts: MinuteCounts) -> dict[str, Any]:
        return {
            "deployment_id": self._id,
            "worker": worker,
            "minute": _moment(counts.minute * 60),
            "arm": counts.arm,
            "generation": counts.generation,
            "calls": counts.calls,
            "errors_ours": counts.errors_ours,
            "errors_theirs": counts.errors_theirs,
            "overloaded": counts.overloaded,
            "dropped": counts.dropped,
            "latency": list(counts.latency),
        }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


_DEPLOYMENT: Final = (
    select(
        Deployment.generation,
        Deployment.state,
        Deployment.percent,
        Deployment.salt,
        Deployment.pseudonym_key,
        Deployment.control,
        Deployment.threshold,
        Deployment.entity_column,
        Deployment.keeps_features,
        Model.sha256,
        Sprint.team_id,
    )
    .join(Sprint, Sprint.id == Deployment.sprint_id)
    .outerjoin(Model, Model.id == Deployment.model_id)
    .where(Deployment.id == bindparam("id"))
)


def _clients(connection: Connection, deployment_id: int, team_id: str) -> dict[str, ClientFacts]:
    wanted = select(Client.id, Client.name, Client.token_hash, Client.scopes).where(
        Client.team_id == team_id,
        Client.revoked_at.is_(None),
        or_(Client.deployment_id == deployment_id, Client.deployment_id.is_(None)),
    )
    return {
        row.token_hash: ClientFacts(row.id, row.name, frozenset(map(Scope, row.scopes)))
        for row in connection.execute(wanted)
    }


def _keep_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    statement = _INSERT[connection.dialect.name](table).on_conflict_do_nothing(
        index_elements=["deployment_id", "key"]
    )
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(statement, rows[start : start + ROWS_AT_ONCE])


def _upsert(
    connection: Connection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...]
) -> None:
    if not rows:
        return
    statement = _INSERT[connection.dialect.name](table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows
    )


def _file(path: str | None) -> bytes:
    try:
        return Path(str(path)).read_bytes()
    except OSError:
        raise InputError(say("kept_model_file", path=path)) from None


def model_content(path: Path) -> bytes:
    """Return what a model's file holds.

    Raises:
        InputError: it is not there, or is no model in skops' form, which is a zip archive.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise InputError(say("model", path=path), field="artifact") from None
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise InputError(say("no_model_file", path=path), field="artifact")
    return content


@dataclass
class FileStore:
    """A model file and a fixed share, without a database: what happened is only counted.

    Args:
        path: of the model.
        wanted: what to do, until the process ends.
    """

    path: Path
    wanted: Desired
    predictions: int = 0
    outcomes: int = 0

    @classmethod
    def of(cls, path: Path, percent: float, clients: Mapping[str, ClientFacts]) -> FileStore:
        """Return the store of a file that is live for a percentage.

        Args:
            path: of the model.
            percent: of the entities, 0 to 100.
            clients: by the hash of their tokens.

        Raises:
            InputError: the percentage is out of range, or the file is not there or no model.
        """
        if not 0 <= percent <= 100:
            raise InputError(say("percentage"), field="percent")
        sha256 = hashlib.sha256(model_content(path)).hexdigest()
        wanted = Desired(
            deployment_id=0,
            generation=1,
            state=DeploymentState.LIVE,
            percent=percent,
            salt=sha256,
            pseudonym_key=sha256,
            sha256=sha256,
            control={"answer": None},
            clients=clients,
        )
        return cls(path, wanted)

    def desired(self) -> Desired:
        """Return what was asked for at the start."""
        return replace(self.wanted)

    def model_bytes(self, sha256: str) -> bytes:
        """Return the file's bytes."""
        del sha256
        return self.path.read_bytes()

    def publish(self, sha256: str, about: Mapping[str, Any]) -> None:
        """Nobody watches."""

    def observe(self, seen: WorkerReport) -> None:
        """Nobody looks."""

    def append(
        self,
        worker: str,
        predictions: Sequence[PredictionRow],
        outcomes: Sequence[OutcomeRow],
        minutes: Sequence[MinuteCounts],
    ) -> None:
        """Count."""
        del worker, minutes
        self.predictions += len(predictions)
        self.outcomes += len(outcomes)

    def close(self) -> None:
        """Nothing is open."""
