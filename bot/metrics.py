"""What Prometheus reads; counted from the rows, so that every bot of a house says the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from bot.store.models import Blocker, OutboxItem, Sprint, Timer
from bot.usecases.house import House

LATE = timedelta(minutes=2)


class HouseCollector(Collector):
    """Counts the rows at each scrape.

    Args:
        house: the database and its clock.
    """

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics as they stand now."""
        now = self._house.clock.now()
        with self._house.reading_sessions() as session:
            yield _by(
                "hour48_sprints",
                "Sprints by status.",
                "status",
                session.execute(select(Sprint.status, func.count()).group_by(Sprint.status))
                .tuples()
                .all(),
            )
            yield _by(
                "hour48_outbox",
                "Outbox rows by state.",
                "state",
                session.execute(select(OutboxItem.state, func.count()).group_by(OutboxItem.state))
                .tuples()
                .all(),
            )
            yield _by(
                "hour48_blockers",
                "Blockers by kind.",
                "kind",
                session.execute(select(Blocker.kind, func.count()).group_by(Blocker.kind))
                .tuples()
                .all(),
            )
            late = session.scalar(
                select(func.count())
                .select_from(Timer)
                .where(Timer.state == "waiting", Timer.due_at < now - LATE)
            )
            yield GaugeMetricFamily("hour48_timers_late", "Timers overdue.", value=late or 0)


def _by(name: str, words: str, label: str, rows: Iterable[tuple[str, int]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for value, count in rows:
        family.add_metric([str(value)], count)
    return family


def registry_for(house: House) -> CollectorRegistry:
    """Return a registry that reads this house's rows."""
    registry = CollectorRegistry()
    registry.register(HouseCollector(house))
    return registry
