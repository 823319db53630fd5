"""Run a probe in a child process with a time limit, a memory limit, progress and a way to stop it.

However the child ends, its result is a `ProbeResult`: a death is a finding in it, never a trace.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import structlog

from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind, PhaseKey, Remedy
from probes.child import OUT_OF_MEMORY, REFUSAL_FILE, RESULT_FILE
from probes.contract import (
    Finding,
    Level,
    ProbeRequest,
    ProbeResult,
    Progress,
    SuggestedBlocker,
    from_json,
    no_progress,
    plain,
)
from probes.registry import find_probe
from probes.settings import Limits, ProbeSettings, settings_to_plain
from probes.sources.places import shown_name

POLL_SECONDS = 0.05
FAMILY_SECONDS = 0.4
"""How long it is believed who the child has started itself."""
GRACE_SECONDS = 0.5
LOG_TAIL = 4000

log = structlog.get_logger(__name__)


class ProbeHandle:
    """A probe that runs, or has run. Made by `run_probe`.

    Args:
        request: what was asked.
        folder: where pictures and artifacts are; the caller's to keep or delete.
    """

    def __init__(
        self,
        request: ProbeRequest,
        process: subprocess.Popen[bytes],
        folder: Path,
        limits: Limits,
        on_progress: Progress,
    ) -> None:
        self.request = request
        self.folder = folder
        self._process = process
        self._limits = limits
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._result: ProbeResult | None = None
        self._refusal: InputError | None = None
        self._last_sentence = ""
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether the probe has ended, however it ended."""
        return self._ended.is_set()

    @property
    def pid(self) -> int:
        """The child's process id, which is also its group's."""
        return self._process.pid

    def cancel(self) -> None:
        """Ask the probe to stop; its result then holds `probe_cancelled`. Returns at once."""
        self._cancelled.set()

    def wait(self, timeout: float | None = None) -> ProbeResult:
        """Return the result, waiting for it at most `timeout` seconds.

        Raises:
            InputError: the probe refused its request.
            TimeoutError: it still runs after `timeout` seconds.
        """
        if not self._ended.wait(timeout):
            raise TimeoutError(f"The {self.request.probe} probe still runs after {timeout} s.")
        if self._refusal:
            raise self._refusal
        assert self._result is not None  # noqa: S101  (set before `_ended`, as is a refusal)
        return self._result

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (opened as a pipe)
        for line in self._process.stdout:
            with suppress(ValueError):
                fraction, sentence = json.loads(line)
                self._last_sentence = sentence
                self._tell(fraction, sentence)

    def _tell(self, fraction: float | None, sentence: str) -> None:
        try:
            self._on_progress(fraction, sentence)
        except Exception:  # a listener's fault must not end the probe
            log.exception("probe_progress_listener_failed", probe=self.request.probe)

    def _watch(self) -> None:
        reason = self._wait_for_the_end()
        _kill_group(self._process)
        self._listener.join(timeout=GRACE_SECONDS)
        seconds = time.monotonic() - self._started
        try:
            self._settle(reason, seconds)
        finally:
            self._ended.set()

    def _wait_for_the_end(self) -> str | None:
        deadline = self._started + self._limits.timeout_seconds
        family = _Family(self._process.pid)
        while self._process.poll() is None:
            if self._cancelled.wait(POLL_SECONDS):
                return "probe_cancelled"
            if time.monotonic() > deadline:
                return "probe_timed_out"
            if family.held_mb() > self._limits.memory_mb:
                return "probe_out_of_memory"
        return None

    def _settle(self, reason: str | None, seconds: float) -> None:
        code = self._process.returncode
        refusal = self.folder / REFUSAL_FILE
        if reason is None and refusal.exists():
            body = json.loads(refusal.read_text(encoding="utf-8"))
            self._refusal = InputError(body["message"], field=body["field"])
            return
        if reason is None and code == 0 and (self.folder / RESULT_FILE).exists():
            text = (self.folder / RESULT_FILE).read_text(encoding="utf-8")
            self._result = from_json(text).with_seconds(seconds)
            return
        reason = reason or ("probe_out_of_memory" if code == OUT_OF_MEMORY else "probe_died")
        self._log_death(reason, code)
        found = _death(reason, self.request, self._limits, self._last_sentence, code)
        self._result = ProbeResult(
            self.request.probe,
            shown_name(self.request.source),
            self.request.table,
            findings=(found,),
        ).with_seconds(seconds)

    def _log_death(self, reason: str, code: int | None) -> None:
        text = (self.folder / "stderr.log").read_text(encoding="utf-8", errors="replace")
        log.warning(reason, probe=self.request.probe, exit_code=code, stderr=text[-LOG_TAIL:])


def run_probe(
    request: ProbeRequest,
    settings: ProbeSettings,
    *,
    on_progress: Progress = no_progress,
    limits: Limits | None = None,
    folder: Path | None = None,
) -> ProbeHandle:
    """Start a probe in a child process of its own and return at once.

    Args:
        request: what to look at.
        settings: the configured sources and targets; placeholders are filled in the child.
        on_progress: called from another thread.
        limits: time and memory; the configured ones of this probe where left out.
        folder: for pictures and artifacts; a new one under the temporary folder where left out.

    Raises:
        InputError: there is no such probe.
    """
    find_probe(request.probe)
    limits = limits or settings.probes.limits_of(request.probe)
    place = folder or _new_folder(settings, request.probe)
    place.mkdir(parents=True, exist_ok=True)
    process = _start(place)
    job = {
        "request": plain(request.__dict__),
        "settings": settings_to_plain(settings),
        "memory_mb": limits.memory_mb,
    }
    handle = ProbeHandle(request, process, place, limits, on_progress)
    assert process.stdin is not None  # noqa: S101  (opened as a pipe)
    with suppress(BrokenPipeError):  # the child died first: the watcher tells
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
    return handle


def _new_folder(settings: ProbeSettings, probe: str) -> Path:
    parent = settings.probes.folder
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"hour48-{probe}-", dir=parent))


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "stderr.log").open("wb") as errors:
        return subprocess.Popen(  # noqa: S603  (our own module, no shell)
            [sys.executable, "-P", "-m", "probes.child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _python_path(), "PYTHONUNBUFFERED": "1"},
        )


def _python_path() -> str:
    ours = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH", "")]))


class _Family:
    """A process and its descendants, by what memory they hold.

    Who descends from it is looked up now and then only: that asks about every process there is.

    Args:
        pid: the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._members: list[psutil.Process] = []
        self._known_until = 0.0

    def held_mb(self) -> float:
        """Return the resident memory, in MB; 0 when all are gone."""
        if time.monotonic() > self._known_until:
            self._members = _with_descendants(self._pid)
            self._known_until = time.monotonic() + FAMILY_SECONDS
        total = 0
        for member in self._members:
            with suppress(psutil.Error):
                total += member.memory_info().rss
        return total / 1024 / 1024


def _with_descendants(pid: int) -> list[psutil.Process]:
    try:
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    except psutil.Error:
        return []


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started, gently first."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sent)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    process.wait()
    if process.stdin:
        with suppress(BrokenPipeError):
            process.stdin.close()


def _death(
    code: str, request: ProbeRequest, limits: Limits, last: str, exit_code: int | None
) -> Finding:
    level, sentence, meaning, advice = DEATHS[code](request, limits, exit_code)
    doing = f" It was at: {last}" if last else ""
    kind = (
        Kind.DATA_ACCESS
        if find_probe(request.probe).phase is PhaseKey.DATA
        else Kind.INFRASTRUCTURE
    )
    return Finding(
        level,
        code,
        sentence + doing,
        evidence={"limit_seconds": limits.timeout_seconds, "limit_mb": limits.memory_mb}
        | ({"exit_code": exit_code} if code == "probe_died" else {}),
        meaning=meaning,
        suggestion=SuggestedBlocker(kind, Remedy.TOOLS, advice) if advice else None,
        table=request.table,
    )


_Death = tuple[Level, str, str, str | None]
DEATHS: dict[str, Callable[[ProbeRequest, Limits, Any], _Death]] = {
    "probe_cancelled": lambda request, _limits, _code: (
        Level.NOTE,
        f"The {request.probe} probe was stopped by request.",
        "Nothing is known from it; start it again when it suits.",
        None,
    ),
    "probe_timed_out": lambda request, limits, _code: (
        Level.SLOWS,
        f"The {request.probe} probe reached its limit of {limits.timeout_seconds:g} seconds.",
        "The source is slow or large; raise timeout_seconds in [probes] or set a row_limit.",
        f"The {request.probe} probe does not finish in {limits.timeout_seconds:g} seconds",
    ),
    "probe_out_of_memory": lambda request, limits, _code: (
        Level.SLOWS,
        f"The {request.probe} probe needed more than {limits.memory_mb} MB of memory, its limit.",
        "Raise memory_mb in [probes], set a row_limit, or run it on a larger machine.",
        f"The {request.probe} probe does not fit in {limits.memory_mb} MB",
    ),
    "probe_died": lambda request, _limits, code: (
        Level.SLOWS,
        f"The {request.probe} probe ended unexpectedly (exit code {code}).",
        "Nothing is known from it; the log of the bot has the details.",
        None,
    ),
}
