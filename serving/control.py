"""Polls the desired state twice a second; answers with control when it cannot be read.

The row is read before the first answer. A worker that cannot read it goes on as last told for a
minute and then gives the control answer; it never goes from control to the model by itself.
"""

from __future__ import annotations

import mmap
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog

from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from serving.desired import Desired, ServingStore, WorkerReport
from serving.form import CompiledModel
from serving.texts import say

log = structlog.get_logger()

LOOK_SECONDS: Final = 0.5
REPORT_SECONDS: Final = 2.0
TRUST_SECONDS: Final = 60.0
"""How long the last known state holds while the database is away."""

LoadForm = Callable[[str], CompiledModel]
"""Gives a model's form by the hash of its bytes; may take seconds."""


class PulledGeneration:
    """The newest generation that was pulled, seen at once by all workers of one machine.

    Made before the workers are forked. One aligned number: it is read and written as a whole.
    """

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")

    @property
    def newest(self) -> int:
        """The newest generation that was pulled; 0 before any."""
        return int(self._numbers[0])

    def pull(self, generation: int) -> None:
        """Note that a generation was pulled; an older one changes nothing."""
        self._numbers[0] = max(self.newest, generation)


class DesiredStatePoller:
    """What one worker is to do now.

    Args:
        store: where the desired state is.
        worker: this process's key.
        pulled: shared by the machine's workers.
        load_form: gives the model.
        clock: seconds that never go back; for tests.
    """

    def __init__(
        self,
        store: ServingStore,
        worker: str,
        pulled: PulledGeneration,
        load_form: LoadForm,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._worker = worker
        self._pulled = pulled
        self._load_form = load_form
        self._clock = clock
        self._desired: Desired | None = None
        self._known_at = -TRUST_SECONDS
        self._form: CompiledModel | None = None
        self._form_of: str | None = None
        self._form_fault: str | None = None
        self._stop = threading.Event()
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._reported: tuple[int, str] | None = None
        self._reported_at = -REPORT_SECONDS
        self.started_at = time.time()
        self.url = ""
        self.dropped: Callable[[], int] = lambda: 0

    @property
    def desired(self) -> Desired | None:
        """The newest row that was read; none before the first."""
        return self._desired

    @property
    def form(self) -> CompiledModel | None:
        """The model of the desired state, once it is loaded."""
        desired = self._desired
        if desired is None or desired.sha256 != self._form_of:
            return None
        return self._form

    def now(self) -> DeploymentState:
        """Return what holds at this moment: the row, unless it is too old, or was pulled since."""
        desired = self._desired
        if desired is None or self._pulled.newest >= desired.generation > 0:
            return DeploymentState.PULLED
        if self._clock() - self._known_at > TRUST_SECONDS or self.form is None:
            return DeploymentState.PULLED
        return desired.state

    def why_not_ready(self) -> str | None:
        """Return why the model cannot be asked, or None when it can."""
        if self._desired is None:
            return say("desired_state_unread")
        if self._clock() - self._known_at > TRUST_SECONDS:
            return say("database_away", trust_seconds=TRUST_SECONDS)
        if self.form is None:
            return self._form_fault or say("model_being_loaded")
        return None

    def look(self) -> None:
        """Read the row, load its model when it is another one, and report what is obeyed now.

        Raises:
            Exception: whatever the database raises when it is away.
        """
        desired = self._store.desired()
        known = self._desired
        if known is not None and desired.generation < known.generation:
            return  # a replica of the database that lags behind
        self._desired = desired
        self._known_at = self._clock()
        if desired.state is DeploymentState.PULLED:
            self._pulled.pull(desired.generation)
        self._load(desired.sha256)
        self._report(desired)

    def _load(self, sha256: str | None) -> None:
        if sha256 is None or sha256 == self._form_of:
            return
        try:
            form = self._load_form(sha256)
        except InputError as refusal:
            self._form_fault = refusal.message
            return
        self._store.publish(sha256, form.published)
        self._form, self._form_of, self._form_fault = form, sha256, None

    def _report(self, desired: Desired) -> None:
        state = self.now()
        now = self._clock()
        reported = (desired.generation, state.value)
        if reported == self._reported and now - self._reported_at < REPORT_SECONDS:
            return
        form = self.form
        self._store.observe(
            WorkerReport(
                deployment_id=desired.deployment_id,
                worker=self._worker,
                host=socket.gethostname(),
                pid=os.getpid(),
                url=self.url,
                sha256=self._form_of,
                form=form.form if form else None,
                form_reason=(form.reason if form else None) or self._form_fault,
                generation=desired.generation,
                state=state,
                percent=desired.percent if state is DeploymentState.LIVE else 0.0,
                dropped=self.dropped(),
                started_at=self.started_at,
            )
        )
        self._reported, self._reported_at = reported, now

    def pull(self, generation: int) -> None:
        """Give the control answer from this generation on, told past the database."""
        self._pulled.pull(generation)
        self._woken.set()

    def start(self) -> None:
        """Read the row, and go on looking in the background until `stop`.

        A database that is away does not keep the worker from answering: with control.
        """
        with suppress(Exception):
            self.look()
        self._thread.start()

    def stop(self) -> None:
        """Look no more, and report that nothing is served."""
        self._stop.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(3)

    def _run(self) -> None:
        away = False
        while not self._stop.is_set():
            self._woken.wait(LOOK_SECONDS)
            self._woken.clear()
            try:
                self.look()
            except Exception as error:  # any driver's error; `now` counts how long it lasts
                if not away:
                    log.warning("serving.database_away", error=type(error).__name__)
                away = True
                continue
            if away:
                log.info("serving.database_back")
            away = False
