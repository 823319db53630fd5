"""Runs the checks of fixes: those that people wait for in one thread, the night's in another."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bot.domain.enums import CheckOutcome
from bot.domain.errors import InputError
from bot.domain.fix_checks import Judged
from bot.fixes.runs import ClaimedCheck, Looked, claim, finish, renew_lease, skip, spent_seconds
from bot.isolation.private_folders import new_folder
from bot.messages.catalog import say_plain
from bot.texts import as_share, use_language
from bot.unit_of_work import Runtime
from probes.contract import ProbeRequest, ProbeResult, result_to_plain
from probes.over_time import over_time
from probes.runner import DEATHS, run_probe
from probes.settings import ProbeSettings
from probes.sources.faults import CODES, TEMPORARY
from scheduler.address import ask_address
from scheduler.background_loop import ClaimLoop

TELL_SECONDS: Final = 2.0
"""After this the card says how far a look is; leases are kept up as often."""
Keep = Callable[[str | None], bool]


class CheckWorker(ClaimLoop):
    """Works off the checks that wait.

    Args:
        runtime: where use cases happen.
        settings: the configured sources, targets and limits.
        options: options for every probe, for example a lower effort in a demo.
        nightly: take the night's checks, within each source's budget; else those of people.
    """

    def __init__(
        self,
        runtime: Runtime,
        settings: ProbeSettings,
        options: Mapping[str, Any] | None = None,
        *,
        nightly: bool,
    ) -> None:
        super().__init__("nightly-checks" if nightly else "checks")
        self._runtime = runtime
        self._settings = settings
        self._options = dict(options or {})
        self._nightly = nightly

    def work_once(self) -> bool:
        """Take one piece of work; return whether there was any."""
        claimed = claim(self._runtime, nightly=self._nightly)
        if claimed is None:
            return False
        left = self._budget_left(claimed)
        if left <= 0:
            skip(self._runtime, claimed, round(self._settings.probes.nightly_seconds))
            return True
        with use_language(self._runtime.language_of(claimed.team_id)):
            looked = look(
                claimed.request,
                self._settings,
                self._options,
                seconds=left,
                going_on=lambda progress: (
                    not self._stop.is_set() and renew_lease(self._runtime, claimed, progress)
                ),
            )
        if looked is not None:
            finish(self._runtime, claimed, looked)
        return True

    def _budget_left(self, claimed: ClaimedCheck) -> float:
        """Return the seconds that a look may take of its source; without end for people."""
        if not claimed.is_nightly or claimed.source is None:
            return float("inf")
        spent = spent_seconds(self._runtime, claimed.team_id, claimed.source)
        return self._settings.probes.nightly_seconds - spent


def look(
    request: Mapping[str, Any],
    settings: ProbeSettings,
    options: Mapping[str, Any],
    *,
    seconds: float = float("inf"),
    going_on: Keep = lambda _told: True,
) -> Looked | None:
    """Look at what a check is about.

    Args:
        request: a probe's request, or an address under `url`.
        settings: the configured sources, targets and limits.
        options: options for every probe.
        seconds: the most that it may take, besides the probe's own limit.
        going_on: told every two seconds how far it is; answers whether to go on.

    Returns:
        What was seen; None where it must stop.
    """
    started = time.monotonic()
    if "url" in request:
        judged = ask_address(str(request["url"]), settings)
        return Looked(judged=judged, seconds=time.monotonic() - started)
    folder = new_folder("checks", settings.probes.folder)
    try:
        result = _run(request, settings, options, seconds, going_on, folder)
    except InputError as refused:  # the source is no longer configured, or an option is gone
        judged = Judged(CheckOutcome.UNKNOWN, str(refused.message))
        return Looked(judged=judged, seconds=time.monotonic() - started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if result is None:
        return None
    return Looked(
        result=result_to_plain(result),
        faults=frozenset(CODES),
        temporary=TEMPORARY,
        dead=frozenset(DEATHS),
        over_time=over_time(),
        seconds=time.monotonic() - started,
    )


def _run(
    request: Mapping[str, Any],
    settings: ProbeSettings,
    options: Mapping[str, Any],
    seconds: float,
    going_on: Keep,
    folder: Path,
) -> ProbeResult | None:
    progress: dict[str, str] = {}
    probe = str(request["probe"])
    limits = settings.probes.limits_of(probe)
    most = min(limits.timeout_seconds, max(seconds, 1.0))
    handle = run_probe(
        ProbeRequest(
            probe,
            source=request.get("source"),
            table=request.get("table"),
            target=request.get("target"),
            options={**options, **(request.get("options") or {})},
        ),
        settings,
        on_progress=lambda fraction, sentence: progress.update(now=_words(fraction, sentence)),
        limits=limits.model_copy(update={"timeout_seconds": most}),
        folder=folder,
    )
    while not handle.done:
        _pause(lambda: handle.done)
        if not handle.done and not going_on(progress.get("now") or say_plain("fix.looking_begins")):
            handle.cancel()
            handle.wait()
            return None
    return handle.wait()


def _pause(is_done: Callable[[], bool]) -> None:
    waited = time.monotonic() + TELL_SECONDS
    while time.monotonic() < waited and not is_done():
        time.sleep(0.05)


def _words(fraction: float | None, sentence: str) -> str:
    return sentence if fraction is None else f"{sentence} ({as_share(fraction)})"
