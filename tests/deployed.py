"""A deployment in a database, and a real `hour48 serve` that answers its calls."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, select

from bot.db.deployment_models import Deployment
from bot.db.engine import open_engine, session_factory
from bot.db.models import Sprint
from bot.db.serving_models import Client, Model, ServingWorker
from bot.domain.enums import DeploymentState
from bot.domain.traffic import Scope, new_secret, token_hash

TEAM = "T1"
TOKEN = "a-token-of-the-shop-0001"
REPORTING_TOKEN = "a-token-that-only-reports"
START_SECONDS = 90
NOW = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)


@dataclass
class Deployed:
    """A deployment's rows, as the bot would write them."""

    url: str
    engine: Engine
    number: int

    def set(self, **columns: Any) -> int:
        """Change what is desired, and return the new generation."""
        with session_factory(self.engine).begin() as session:
            row = session.get_one(Deployment, self.number)
            for name, value in columns.items():
                setattr(row, name, value)
            row.generation += 1
            return row.generation

    @property
    def row(self) -> Deployment:
        """The newest row."""
        with session_factory(self.engine)() as session:
            return session.get_one(Deployment, self.number)

    def rows(self, model: Any) -> list[Any]:
        """Return the rows of a table, oldest first."""
        with session_factory(self.engine)() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def workers(self) -> list[ServingWorker]:
        """Return what the workers report."""
        return self.rows(ServingWorker)


def deploy(url: str, model: Path, *, clients: bool = True, **columns: Any) -> Deployed:
    """Write a sprint with a kept model and its live deployment."""
    engine = open_engine(url)
    with session_factory(engine).begin() as session:
        sprint = Sprint(
            team_id=TEAM,
            title="Pilot",
            use_case="churn",
            lead_id="U1",
            planned_start=NOW,
            created_at=NOW,
        )
        session.add(sprint)
        session.flush()
        content = model.read_bytes()
        kept = Model(
            team_id=TEAM,
            sprint_id=sprint.id,
            sha256=hashlib.sha256(content).hexdigest(),
            target="left",
            kind="yes or no",
            family="",
            size=len(content),
            content=content,
            kept_at=NOW,
        )
        session.add(kept)
        session.flush()
        values: dict[str, Any] = {
            "percent": 50.0,
            "state": DeploymentState.LIVE,
            "generation": 1,
            "salt": new_secret(),
            "pseudonym_key": new_secret(),
            "control": {"answer": "as before"},
        }
        row = Deployment(
            sprint_id=sprint.id,
            deployed_by="U1",
            deployed_at=NOW,
            model_id=kept.id,
            **(values | columns),
        )
        session.add(row)
        session.flush()
        if clients:
            _add_clients(session, row.id)
        number = row.id
    return Deployed(url, engine, number)


def _add_clients(session: Any, number: int) -> None:
    for token, scopes in (
        (TOKEN, [Scope.PREDICT, Scope.OUTCOME]),
        (REPORTING_TOKEN, [Scope.OUTCOME]),
    ):
        session.add(
            Client(
                team_id=TEAM,
                deployment_id=number,
                name="shop",
                token_hash=token_hash(token),
                scopes=[scope.value for scope in scopes],
                created_at=NOW,
            )
        )


class Served:
    """A running `hour48 serve`.

    Args:
        arguments: of the command.
        environment: beside this process's.
    """

    def __init__(self, arguments: list[str], environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hour48", "serve", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            text=True,
        )
        self.url = self._wait_for_url()
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    @classmethod
    def of(cls, deployed: Deployed, *arguments: str) -> Served:
        """Serve a deployment of a database, and wait until its model can be asked."""
        environment = {"HOUR48_DATABASE__URL": deployed.url}
        served = cls(["--deployment", str(deployed.number), *arguments], environment)
        served.wait_ready()
        return served

    def _wait_for_url(self) -> str:
        assert self.process.stderr is not None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if " on http" in line:
                return line.split(" on ")[1].split(". ")[0]
        raise AssertionError("".join(said))

    def wait_ready(self) -> None:
        """Wait until the model can be asked."""
        wait_for(self.is_ready)

    def is_ready(self) -> bool:
        """Tell whether the model can be asked."""
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def predict(self, entity: Any, values: Mapping[str, Any], token: str = TOKEN) -> httpx.Response:
        """Ask for one row."""
        return self.client.post(
            "/predict",
            content=json.dumps({"entity": entity, "values": values}),
            headers={"authorization": f"Bearer {token}"},
        )

    def kill(self, pid: int) -> None:
        """End one worker without a word."""
        os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(15)
        finally:
            self.process.kill()
            assert self.process.stderr is not None
            self.process.stderr.close()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_for(is_so: Any, seconds: float = START_SECONDS) -> float:
    """Wait until something is so; return how long it took."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, "it was not so in time"
        time.sleep(0.02)
    return time.monotonic() - began
