"""The half that nobody waits for: delivery, what falls due, probes and chores."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.tracing import start_tracing, stop_tracing
from hour48.core import Core

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from bot.unit_of_work import Change


class Worker:
    """The half that nobody waits for: delivery, what falls due, probes and chores.

    Args:
        core: what it shares.
        probe_options: options for every probe, for example a lower effort in a demo.
    """

    def __init__(self, core: Core, probe_options: Mapping[str, Any] | None) -> None:
        from bot.blockers.learning import Learning
        from bot.outbox.dispatcher import Dispatcher
        from bot.outbox.rate_limiter import RateLimiter
        from bot.rendering import rendered
        from bot.sprints.delivery_failures import notify_lead
        from scheduler.batch_worker import BatchWorker
        from scheduler.check_worker import CheckWorker
        from scheduler.clock_loop import ClockLoop
        from scheduler.deployment_monitor import DeploymentMonitor
        from scheduler.evidence_worker import EvidenceWorker
        from scheduler.maintenance import Maintenance
        from scheduler.notice_worker import NoticeWorker
        from scheduler.probe_worker import ProbeWorker

        runtime, settings = core.runtime, core.settings
        self.core = core
        self.delivery = Dispatcher(
            runtime.sessions,
            runtime.reading_sessions,
            core.clients.workspace,
            RateLimiter(unlimited=not settings.slack.pace),
            notify_lead,
            partial(rendered, runtime),
            runtime.priority_gate,
            settings.delivery.workers,
        )
        self._has_started = False
        self.clock_loop = ClockLoop(runtime)
        self.probe_worker = ProbeWorker(
            runtime, core.probe_settings, probe_options, settings.serving.models_folder
        )
        self.check_workers = [
            CheckWorker(runtime, core.probe_settings, probe_options, nightly=nightly)
            for nightly in (False, True)
        ]
        self.maintenance = Maintenance(
            core.installations,
            timedelta(days=settings.retention_days),
            core.organisations,
            core.oauth,
            Learning(runtime),
            partial(_prune, core),
        )
        self.monitor = DeploymentMonitor(runtime, _watch(core))
        self.batches = BatchWorker(
            runtime, core.batch_places(), is_replica=not settings.serving.workers
        )
        self.notices = NoticeWorker(runtime, core.probe_settings)
        self.evidence = EvidenceWorker(runtime, core.probe_settings, core.encryption)
        self._delivers: BaseFileLock | None = None

    def listeners(self) -> dict[Change | None, Callable[[], None]]:
        """Return who has to look again after a unit, by what it changed."""
        from bot.unit_of_work import Change

        return {
            None: self.delivery.wake,
            Change.TIMERS: self.clock_loop.look_ahead,
            Change.PROBES: self.probe_worker.wake,
            Change.CHECKS: self._wake_checks,
            Change.DEPLOYMENTS: self._wake_deployments,
            Change.BATCHES: self.batches.wake,
            Change.NOTICES: self.notices.wake,
            Change.EVIDENCE: self.evidence.wake,
        }

    def _wake_deployments(self) -> None:
        self.monitor.wake()
        self.batches.wake()

    def _wake_checks(self) -> None:
        for worker in self.check_workers:
            worker.wake()

    def start(self) -> None:
        """Begin to work."""
        from bot.db.single_instance import only_delivery_on
        from bot.outbox.dispatcher import forget_leases

        start_tracing(self.core.settings.otel.endpoint, "worker")
        self._delivers = only_delivery_on(self.core.engine)
        if self._delivers is not None:
            forget_leases(self.core.runtime.sessions)
        for change, listener in self.listeners().items():
            self.core.runtime.on_commit(listener, change)
        self.delivery.start()
        self.clock_loop.start()
        self.probe_worker.start()
        for worker in self.check_workers:
            worker.start()
        self.monitor.start()
        self.batches.start()
        self.notices.start()
        self.evidence.start()
        self.maintenance.start()
        if self.core.oauth is None:
            greet = self.core.welcome_at_first_start
            threading.Thread(target=greet, name="welcome", daemon=True).start()
        self._has_started = True

    def progressed_at(self) -> float:
        """When the loop came round last that has not come round for the longest time.

        By `time.monotonic`; until the worker has started, which waits for what is away, now.
        """
        if not self._has_started:
            return time.monotonic()
        return min(self.delivery.progressed_at, self.clock_loop.progressed_at)

    def stop(self) -> None:
        """Finish what is under way, and hand the rest over."""
        self._has_started = False
        self.clock_loop.stop()
        self.maintenance.stop()
        self.probe_worker.stop()
        for worker in self.check_workers:
            worker.stop()
        self.monitor.stop()
        self.batches.stop()
        self.notices.stop()
        self.evidence.stop()
        self.delivery.stop()
        stop_tracing()
        self.core.engine.dispose()
        if self._delivers is not None:
            self._delivers.release()


def _watch(core: Core) -> Callable[[int, datetime], object]:
    """Return the watch over what hour48 serves; it is loaded when there is something to watch."""

    def look(deployment_id: int, moment: datetime) -> object:
        from serving.watch import watcher_on

        return watcher_on(core.engine).look(deployment_id, moment)

    return look


def _prune(core: Core, now: datetime) -> None:
    """Forget what is not needed any more, in workspaces that stay."""
    from bot.outbox.bodies import prune_bodies
    from bot.privacy.retention import erase_people_of_old_sprints

    kept = core.settings.retention
    prune_bodies(core.runtime.sessions, now - timedelta(days=kept.outbox_days))
    if kept.closed_sprints_days is not None:
        ended = now - timedelta(days=kept.closed_sprints_days)
        erase_people_of_old_sprints(core.runtime, ended)
