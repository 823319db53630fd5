"""Looks after deployments: times changes, runs the watch, asks addresses that run elsewhere.

It goes by the machine's time, as serving does; the sprint's clock may be another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.deployments import monitoring
from bot.deployments.monitoring import Confirmation, Pending, Served
from bot.domain.enums import DeploymentState
from bot.domain.traffic import pull_signature
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime
from scheduler.background_loop import BackgroundLoop

log = structlog.get_logger()

IDLE_SECONDS: Final = 5.0
"""How often to look while nothing is served; a change wakes it besides."""
PENDING_SECONDS: Final = 0.1
"""How often to look while a change is not taken by every replica; rollbacks are timed by it."""
BUSY_SECONDS: Final = 1.0
WATCH_SECONDS: Final = 15.0
ASK_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 5.0
TELL_SECONDS: Final = 1.0
MOST_AT_ONCE: Final = 16

Watch = Callable[[int, datetime], object]
"""Looks at one deployment's traffic at a moment and writes what the guards find."""


class DeploymentMonitor(BackgroundLoop):
    """Looks after deployments in the background.

    Args:
        runtime: where use cases happen.
        watch: the watch over what hour48 serves; None where nothing is watched.
        watch_seconds: how often it looks.
    """

    def __init__(
        self, runtime: Runtime, watch: Watch | None = None, watch_seconds: float = WATCH_SECONDS
    ) -> None:
        super().__init__("deployments", stop_seconds=ANSWER_SECONDS * 2)
        self._runtime = runtime
        self._watch = watch
        self._watch_seconds = watch_seconds
        self._watched_at: dict[int, float] = {}
        self._asked_at: dict[int, float] = {}
        self._outcomes: dict[int, frozenset[str]] = {}
        self._shown: dict[int, str] = {}
        self._looking = threading.Lock()

    def look(self, *, everything: bool = False) -> float:
        """Look at all deployments once.

        Args:
            everything: watch and ask whatever was seen a moment ago, too.

        Returns:
            The seconds until the next look.
        """
        with self._looking:
            return self._look(everything=everything)

    def _look(self, *, everything: bool) -> float:
        with self._runtime.reading_sessions() as session:
            served = monitoring.served(session)
        if not served:
            return IDLE_SECONDS
        pending = self._settle()
        for one in served:
            if one.address is not None:
                self._ask(one, everything=everything)
            else:
                self._look_after(one, everything=everything)
        return PENDING_SECONDS if pending else BUSY_SECONDS

    def confirm(self, stage_id: int, seconds: float) -> Confirmation:
        """Wait until every replica has taken a change, no longer than told to.

        Args:
            stage_id: the change, which is committed.
            seconds: after which the replicas that have not confirmed it are named.
        """
        until = time.monotonic() + seconds
        while True:
            with suppress(SQLAlchemyError), self._looking:  # the change itself is written
                self._settle()
            seen = monitoring.confirmation(self._runtime, stage_id, datetime.now(UTC))
            if seen.milliseconds is not None or not seen.waiting or time.monotonic() > until:
                return seen
            time.sleep(PENDING_SECONDS)

    def _settle(self) -> bool:
        """Time what is pending; return whether anything still is."""
        moment = datetime.now(UTC)
        with self._runtime.reading_sessions() as session:
            changes = monitoring.pending(session, moment)
        open_changes = {change.stage_id for change in changes}
        self._outcomes = {
            key: outcome for key, outcome in self._outcomes.items() if key in open_changes
        }
        settled = []
        for change in changes:
            outcome = self._tell(change, moment)
            settled.append(monitoring.observe(self._runtime, change, datetime.now(UTC), outcome))
        return not all(settled)

    def _tell(self, change: Pending, moment: datetime) -> frozenset[str]:
        """Tell each replica past the database that its deployment was pulled; once."""
        if change.to_state != DeploymentState.PULLED or change.pseudonym_key is None:
            return frozenset()
        if change.stage_id not in self._outcomes:
            with self._runtime.reading_sessions() as session:
                urls = monitoring.addresses(session, change, moment)
            self._outcomes[change.stage_id] = push_rollback(change, urls)
        return self._outcomes[change.stage_id]

    def _look_after(self, one: Served, *, everything: bool) -> None:
        if not self._is_due(
            self._watched_at, one.deployment_id, self._watch_seconds, everything=everything
        ):
            return
        moment = datetime.now(UTC)
        if self._watch is not None:
            self._watch(one.deployment_id, moment)
        self._shown[one.deployment_id] = monitoring.act_on_findings(
            self._runtime,
            one.team_id,
            one.deployment_id,
            moment,
            self._shown.get(one.deployment_id, ""),
        )

    def _ask(self, one: Served, *, everything: bool) -> None:
        if self._is_due(self._asked_at, one.deployment_id, ASK_SECONDS, everything=everything):
            answer = ask(str(one.address))
            moment = datetime.now(UTC)
            monitoring.note_answer(self._runtime, one.team_id, one.deployment_id, answer, moment)

    @staticmethod
    def _is_due(seen: dict[int, float], number: int, seconds: float, *, everything: bool) -> bool:
        now = time.monotonic()
        if not everything and now - seen.get(number, -seconds) < seconds:
            return False
        seen[number] = now
        return True


def push_rollback(change: Pending, urls: Sequence[str]) -> frozenset[str]:
    """Tell replicas at their addresses that the model was pulled; return those that confirmed it.

    It is done beside the row, which each replica reads within a second: one whose database is out
    of reach hears of it as well.
    """
    if not urls:
        return frozenset()
    body = {
        "generation": change.generation,
        "signature": pull_signature(
            change.deployment_id, change.generation, str(change.pseudonym_key)
        ),
    }
    with ThreadPoolExecutor(min(len(urls), MOST_AT_ONCE)) as pool:
        confirmed = list(pool.map(partial(_confirms, body), urls))
    return frozenset(url for url, holds in zip(urls, confirmed, strict=True) if holds)


def _confirms(body: Mapping[str, Any], url: str) -> bool:
    import httpx

    try:
        answer = httpx.post(f"{url}/pull", json=dict(body), timeout=TELL_SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return False
    return answer.status_code == 200


def ask(address: str) -> Mapping[str, Any]:
    """Ask an address whether it answers; nothing of the answer is read but its status.

    It may be inside the company. Addresses that hand out a machine's credentials are not asked:
    whoever can type a command could reach them through the bot.
    """
    import httpx

    from probes.guard import AddressRefused, guarded_client

    end = time.monotonic() + ANSWER_SECONDS
    try:
        with (
            guarded_client(
                timeout=ANSWER_SECONDS,
                allow_internal=True,
                left=lambda: end - time.monotonic(),
            ) as client,
            client.stream("GET", address) as response,
        ):
            return {"status": response.status_code}
    except AddressRefused:
        return {"error": say_plain("rollout.link_local")}
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return {"error": type(error).__name__}
