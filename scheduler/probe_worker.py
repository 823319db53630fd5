"""Runs the probes that were asked for: claims a run, starts its child, tells its progress."""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import structlog

from bot.db.models import ProbeRun
from bot.deployments.model_store import KeptModel, keep_model
from bot.isolation.private_folders import new_folder, sweep
from bot.probe_runs.claims import StoredPicture, claim_run, finish_run, keep_run
from bot.texts import as_share, use_language
from bot.tracing import PARENT, record, span, traceparent
from bot.unit_of_work import Runtime, UnitOfWork
from probes.contract import ProbeRequest, ProbeResult, about_file, result_to_plain
from probes.runner import ProbeHandle, run_probe
from probes.settings import ProbeSettings
from probes.stages import stages_of
from scheduler.background_loop import ClaimLoop

_KEPT: Final = ("model_without_suspects", "model")
log = structlog.get_logger()

TELL_SECONDS: Final = 2.0
"""How often the message tells the progress; faster would only spend Slack's rate."""


NO_DEFAULTS: Final = frozenset({"governance"})


class ProbeWorker(ClaimLoop):
    """Works off the probes that were asked for, one at a time.

    Args:
        runtime: where use cases happen.
        settings: the configured sources, targets and limits.
        options: options for every probe, for example a lower effort in a demo.
        models_folder: where trained models go that are too large for a row.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: ProbeSettings,
        options: Mapping[str, Any] | None = None,
        models_folder: Path = Path("hour48-models"),
    ) -> None:
        super().__init__("probes")
        self._runtime = runtime
        self._settings = settings
        self._models_folder = models_folder
        self._options = dict(options or {})
        self._owner = ""

    def start(self) -> None:
        """Work in the background until `stop`, under a name of its own in each process."""
        self._owner = uuid.uuid4().hex
        swept = sweep(self._settings.probes.folder)
        if swept.folders:
            log.info("probe.swept", folders=swept.folders, megabytes=swept.size >> 20)
        super().start()

    def work_once(self) -> bool:
        """Take one piece of work; return whether there was any."""
        claimed = claim_run(self._runtime, self._owner)
        if claimed is None:
            return False
        team_id, run = claimed
        folder = new_folder("results", self._settings.probes.folder)
        try:
            about = {"slack.team": team_id, "hour48.sprint": run.sprint_id, "hour48.run": run.id}
            traced = span(f"probe {run.probe}", run.request.get(PARENT), about)
            with use_language(self._runtime.language_of(team_id)), traced:
                self._run(team_id, run, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return True

    def _run(self, team_id: str, run: ProbeRun, folder: Path) -> None:
        progress: dict[str, str] = {}
        handle = run_probe(
            self._request(run),
            self._settings,
            on_progress=lambda fraction, sentence: progress.update(now=_words(fraction, sentence)),
            folder=folder,
        )
        while not handle.done:
            if self._stop.is_set():
                handle.cancel()
                return
            if not keep_run(self._runtime, team_id, run.id, self._owner, progress.get("now")):
                handle.cancel()
            _pause(handle)
        result = handle.wait()
        for stage in stages_of(folder):
            record(f"probe.child {stage.name}", stage.began, stage.ended, traceparent())
        finish_run(
            self._runtime,
            team_id,
            run.id,
            self._owner,
            _plain_result(result),
            _pictures(result),
            self._saver(result),
        )

    def _saver(self, result: ProbeResult) -> Callable[[UnitOfWork, ProbeRun], None]:
        """Return what keeps the run's models; their folder is gone a moment later.

        The one that counts until somebody says otherwise is kept last.
        """
        models = [trained for name in _KEPT if (trained := _trained(result, name)) is not None]

        def keep(uow: UnitOfWork, run: ProbeRun) -> None:
            for model in models:
                keep_model(uow, run, model, self._models_folder)

        return keep

    def _defaults(self, probe: str) -> Mapping[str, Any]:
        """Return the options that every run of a probe gets; the others know none of them."""
        return {} if probe in NO_DEFAULTS else self._options

    def _request(self, run: ProbeRun) -> ProbeRequest:
        request = run.request
        return ProbeRequest(
            run.probe,
            source=request.get("source"),
            table=request.get("table"),
            target=request.get("target"),
            options={**self._defaults(run.probe), **(request.get("options") or {})},
        )


def _pause(handle: ProbeHandle) -> None:
    """Wait until the next time to tell, or until the probe is done."""
    waited = 0.0
    while waited < TELL_SECONDS and not handle.done:
        threading.Event().wait(0.05)
        waited += 0.05


def _plain_result(result: ProbeResult) -> dict[str, Any]:
    """Return a result as it is stored, without the paths of files that are about to go."""
    return {**result_to_plain(result), "artifacts": {}}


def _trained(result: ProbeResult, name: str) -> KeptModel | None:
    """Read a model that a probe has trained, or None where it trained none of that name."""
    path = result.artifacts.get(name)
    if path is None or not path.is_file():
        return None
    described = about_file(path)
    about = json.loads(described.read_text("utf-8")) if described.is_file() else {}
    about["about"] = {**about.get("about", {}), "artifact": name}
    return KeptModel(content=path.read_bytes(), **about)


def _words(fraction: float | None, sentence: str) -> str:
    return sentence if fraction is None else f"{sentence} ({as_share(fraction)})"


def _pictures(result: ProbeResult) -> list[StoredPicture]:
    return [
        StoredPicture(picture.name, picture.title, picture.alt, picture.path.read_bytes())
        for picture in result.pictures
        if picture.path.is_file()
    ]
