"""What a serving process is told to do, what it reports, and what it hands over to be recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from bot.domain.enums import DeploymentState
from bot.domain.traffic import Scope

LATENCY_MS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""Upper ends of the buckets that a minute counts latencies in; one more bucket has none."""


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """A caller that may come in.

    Args:
        id: its row; none for one from a file.
        name: for people.
        scopes: what it may do.
    """

    id: int | None
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Desired:
    """A deployment's row as serving obeys it.

    Args:
        deployment_id: which.
        generation: rises with each change.
        state: what to do.
        percent: of the entities that the model answers when live.
        salt: which of them.
        pseudonym_key: names entities in the record.
        sha256: of the model; none while there is no model.
        control: the answer for whoever does not get the model's.
        threshold: from which score on the answer is yes; the model's own when none.
        entity_column: the column that names who a row is about, where the caller names nobody.
        keeps_features: whether the privacy answer allows to record what was sent.
        clients: by the hash of their tokens.
    """

    deployment_id: int
    generation: int
    state: DeploymentState
    percent: float
    salt: str
    pseudonym_key: str
    sha256: str | None = None
    control: Mapping[str, Any] = field(default_factory=dict)
    threshold: float | None = None
    entity_column: str | None = None
    keeps_features: bool = False
    clients: Mapping[str, ClientFacts] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a worker reports of itself."""

    deployment_id: int
    worker: str
    host: str
    pid: int
    url: str
    sha256: str | None
    form: str | None
    form_reason: str | None
    generation: int
    state: DeploymentState
    percent: float
    dropped: int
    started_at: float


class PredictionRow(NamedTuple):
    """One answered row on its way into the record; `at` is seconds since 1970."""

    generation: int
    at: float
    key: str
    entity: str
    arm: str
    score: float | None
    answer: str | None
    bins: bytes | None
    features: Mapping[str, Any] | None
    latency_ms: float
    error: str | None
    client_id: int | None


class OutcomeRow(NamedTuple):
    """One reported outcome; it names a prediction, or an entity's pseudonym."""

    key: str
    prediction_key: str | None
    entity: str | None
    at: float
    received_at: float
    value: str
    client_id: int | None


@dataclass(slots=True)
class MinuteCounts:
    """What one worker counted in one minute for one arm; written as a whole each time."""

    minute: int
    arm: str
    generation: int
    calls: int = 0
    errors_ours: int = 0
    errors_theirs: int = 0
    overloaded: int = 0
    dropped: int = 0
    latency: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_MS) + 1))


class ServingStore(Protocol):
    """Where serving reads what is desired and writes what happened. Any method may fail."""

    def desired(self) -> Desired:
        """Return the deployment's newest row."""
        ...

    def model_bytes(self, sha256: str) -> bytes:
        """Return a kept model's bytes."""
        ...

    def publish(self, sha256: str, about: Mapping[str, Any]) -> None:
        """Write what a model is like, for those who watch it without opening it."""
        ...

    def observe(self, seen: WorkerReport) -> None:
        """Write what a worker observed."""
        ...

    def append(
        self,
        worker: str,
        predictions: Sequence[PredictionRow],
        outcomes: Sequence[OutcomeRow],
        minutes: Sequence[MinuteCounts],
    ) -> None:
        """Write all or nothing; the same rows again do no harm."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
