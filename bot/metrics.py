"""What Prometheus reads: the database, counted at each scrape, and this bot's own work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.models import TIMER_WAITS, Blocker, ProbeRun, Sprint, Timer
from bot.db.outbox_models import OutboxItem, QueueLease
from bot.db.serving_models import GuardFinding, ServingWorker
from bot.deployments.queries import SEEN_FOR, SERVED
from bot.domain.enums import UNFINISHED_RUNS, AuditAction, OutboxState
from bot.metrics_files import COUNTED_IN
from bot.outbox.leases import NO_TEAM
from bot.outbox.queue import outbox_lag
from bot.slack.call_counters import BUSY, CALLS
from bot.unit_of_work import Runtime

LATE: Final = timedelta(minutes=2)
HANDLED: Final = Histogram(
    "hour48_handler_seconds",
    "From a delivery of Slack to its outcome, by handler and outcome.",
    ["handler", "outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 10),
    registry=None,
)
CONNECTIONS_CLOSED: Final = Counter(
    "hour48_connections_closed",
    "Connections to the page that were closed: slow, too many of an address, or too many in all.",
    ["why"],
    registry=None,
)
UNSETTLED: Final = (OutboxState.WAITING, OutboxState.FAILED)


def _counts(column: Any, *conditions: Any) -> Select[Any]:
    return select(column, func.count()).where(*conditions).group_by(column)


COUNTED: Final = (
    ("hour48_sprints", "Sprints by status.", "status", _counts(Sprint.status)),
    (
        "hour48_outbox",
        "Outbox rows that wait or were given up.",
        "state",
        _counts(OutboxItem.state, OutboxItem.state.in_(UNSETTLED)),
    ),
    ("hour48_blockers", "Blockers by kind.", "kind", _counts(Blocker.kind)),
    (
        "hour48_probes",
        "Probes that were asked for and are not done.",
        "state",
        _counts(ProbeRun.state, ProbeRun.state.in_(UNFINISHED_RUNS)),
    ),
    (
        "hour48_deployments",
        "Deployments by what they are meant to do.",
        "state",
        _counts(Deployment.state),
    ),
    (
        "hour48_deployment_alerts",
        "What the guards found and what is still so, by level.",
        "level",
        _counts(GuardFinding.level, GuardFinding.closed_at.is_(None)),
    ),
)
"""Gauges by one label: name, words, label and the statement that counts."""


class RuntimeCollector(Collector):
    """Counts the rows at each scrape, so that every replica says the same.

    Args:
        runtime: the database and its clock.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics as they stand now."""
        with self._runtime.reading_sessions() as session:
            for name, words, label, statement in COUNTED:
                family = GaugeMetricFamily(name, words, labels=[label])
                for value, count in session.execute(statement):
                    family.add_metric([str(value)], count)
                yield family
            yield from _delays(session, self._runtime.clock.now())
            yield from _serving(session)


def _delays(session: Session, now: datetime) -> Iterable[Metric]:
    waiting = TIMER_WAITS
    late = session.scalar(
        select(func.count()).select_from(Timer).where(waiting, Timer.due_at < now - LATE)
    )
    due = session.scalar(select(func.min(Timer.due_at)).where(waiting))
    yield GaugeMetricFamily("hour48_timers_late", "Timers overdue by two minutes.", value=late or 0)
    yield GaugeMetricFamily(
        "hour48_timers_late_seconds", "How overdue the oldest timer is.", value=_since(due, now)
    )
    yield GaugeMetricFamily(
        "hour48_outbox_lag_seconds",
        "For how long the oldest undelivered message has waited, tried or not.",
        value=outbox_lag(session, now),
    )
    held = GaugeMetricFamily(
        "hour48_outbox_leases", "Queues that each replica holds.", labels=["replica"]
    )
    for replica, count in session.execute(_held_by_replica()):
        held.add_metric([str(replica)[:8]], count)
    yield held


def _held_by_replica() -> Any:
    return (
        select(QueueLease.owner, func.count())
        .where(QueueLease.team_id != NO_TEAM, QueueLease.leased_until > datetime.now(UTC))
        .group_by(QueueLease.owner)
    )


def _serving(session: Session) -> Iterable[Metric]:
    """Yield how many replicas were seen lately, and how long the newest rollback took."""
    replicas = GaugeMetricFamily(
        "hour48_deployment_replicas", "Serving processes seen lately.", labels=["deployment"]
    )
    seen = (
        select(ServingWorker.deployment_id, func.count())
        .where(ServingWorker.seen_at > datetime.now(UTC) - SEEN_FOR)
        .group_by(ServingWorker.deployment_id)
    )
    served = session.scalars(select(Deployment.id).where(Deployment.state.in_(SERVED)))
    counts = dict.fromkeys(served, 0)
    for number, count in session.execute(seen):
        counts[number] = count
    for number, count in counts.items():
        replicas.add_metric([str(number)], count)
    yield replicas
    took = session.scalar(
        select(DeploymentStage.effective_ms)
        .where(
            DeploymentStage.kind == AuditAction.ROLLED_BACK,
            DeploymentStage.effective_ms.is_not(None),
        )
        .order_by(DeploymentStage.id.desc())
        .limit(1)
    )
    yield GaugeMetricFamily(
        "hour48_rollback_seconds",
        "How long the newest rollback took on the slowest replica.",
        value=(took or 0.0) / 1_000,
    )


def _since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def registry_for(runtime: Runtime) -> CollectorRegistry:
    """Return a registry that reads the database and this bot's own counts."""
    registry = CollectorRegistry()
    registry.register(RuntimeCollector(runtime))
    if counted := os.environ.get(COUNTED_IN):
        MultiProcessCollector(registry, counted)  # type: ignore[no-untyped-call]  # untyped in prometheus-client
    else:
        registry.register(HANDLED)
        registry.register(CONNECTIONS_CLOSED)
        registry.register(CALLS)
        registry.register(BUSY)
    return registry
