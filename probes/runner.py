"""Run a probe in a child process with a time limit, a memory limit, progress and a way to stop it.

However the child ends, its result is a `ProbeResult`: a death is a finding in it, never a trace.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from contextvars import copy_context  # threads speak the language of who asked
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind, PhaseKey
from bot.isolation.confinement import Network, Strength, of_this_system
from bot.isolation.egress import Allowed, Egress, Judge
from bot.isolation.private_folders import keep_results, new_folder, results_folder
from bot.isolation.resource_usage import ProcessFamily
from bot.stored_sentences import in_language
from bot.texts import language
from probes.child import OUT_OF_DISK, OUT_OF_MEMORY, REFUSAL_FILE, RESULT_FILE
from probes.confining import Given, given_to
from probes.contract import (
    Finding,
    ProbeRequest,
    ProbeResult,
    ProgressReporter,
    from_json,
    no_progress,
    plain,
)
from probes.finding_codes import Codes
from probes.registry import find_probe
from probes.settings import ProbeLimits, ProbeSettings, settings_to_plain
from probes.sources.places import shown_name
from probes.texts import say

POLL_SECONDS = 0.05
GRACE_SECONDS = 0.5
CHILD = "probes.child"
LOG_TAIL = 4000
DEATHS: Final = Codes(Path(__file__).with_name("codes.yaml"), Kind.INFRASTRUCTURE)

log = structlog.get_logger(__name__)


class ProbeHandle:
    """A probe that runs, or has run. Made by `run_probe`.

    Args:
        request: what was asked.
        folder: where pictures and artifacts are; the caller's to keep or delete.
        work: where working files are; deleted when the probe ends.
    """

    def __init__(
        self,
        request: ProbeRequest,
        process: subprocess.Popen[bytes],
        folder: Path,
        work: Path,
        limits: ProbeLimits,
        on_progress: ProgressReporter,
    ) -> None:
        self.request = request
        self.folder = folder
        self._work = work
        self._process = process
        self._limits = limits
        self._on_progress = on_progress
        self._started = time.monotonic()
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._result: ProbeResult | None = None
        self._refusal: InputError | None = None
        self._last_sentence = ""
        self._listener = threading.Thread(
            target=copy_context().run, args=(self._listen,), daemon=True
        )
        self._listener.start()
        threading.Thread(target=copy_context().run, args=(self._watch,), daemon=True).start()

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
                fraction, stored = json.loads(line)
                sentence = in_language(stored)["now"]
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
            shutil.rmtree(self._work, ignore_errors=True)
            self._ended.set()

    def _wait_for_the_end(self) -> str | None:
        deadline = self._started + self._limits.timeout_seconds
        family = ProcessFamily(self._process.pid)
        while self._process.poll() is None:
            if self._cancelled.wait(POLL_SECONDS):
                return "probe_cancelled"
            if time.monotonic() > deadline:
                return "probe_timed_out"
            if family.held_mb() > self._limits.memory_mb:
                return "probe_out_of_memory"
            if family.disk_mb([self.folder, self._work]) > self._limits.disk_mb:
                return "probe_out_of_disk"
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
            keep_results(self.folder)
            if any(one.code == "source_failed" for one in self._result.findings):
                self._log_child("source_failed", code)
            return
        reason = reason or _BY_EXIT_CODE.get(code, "probe_died")
        self._log_child(reason, code)
        found = _death(reason, self.request, self._limits, self._last_sentence, code)
        self._result = ProbeResult(
            self.request.probe,
            shown_name(self.request.source),
            self.request.table,
            findings=(found,),
        ).with_seconds(seconds)

    def _log_child(self, reason: str, code: int | None) -> None:
        text = (self._work / "stderr.log").read_text(encoding="utf-8", errors="replace")
        log.warning(reason, probe=self.request.probe, exit_code=code, stderr=text[-LOG_TAIL:])


def run_probe(
    request: ProbeRequest,
    settings: ProbeSettings,
    *,
    on_progress: ProgressReporter = no_progress,
    limits: ProbeLimits | None = None,
    folder: Path | None = None,
) -> ProbeHandle:
    """Start a probe in a child process of its own and return at once.

    Args:
        request: what to look at.
        settings: the configured sources and targets; placeholders are filled in the child.
        on_progress: called from another thread.
        limits: time and memory; the configured ones of this probe where left out.
        folder: for pictures and artifacts; where left out a new one, which is kept for days.

    Raises:
        InputError: there is no such probe.
    """
    find_probe(request.probe)
    limits = limits or settings.probes.limits_of(request.probe)
    parent = settings.probes.folder
    place = folder or results_folder(request.probe, parent)
    place.mkdir(parents=True, exist_ok=True)
    work = new_folder(request.probe, parent)
    (work / "tmp").mkdir()
    given = given_to(request, settings, place.resolve(), work)
    ours, theirs = _control_of(given)
    process = _start(place.resolve(), work, given.environment, theirs)
    job = {
        "request": plain(request.__dict__),
        "settings": settings_to_plain(given.settings),
        "memory_mb": limits.memory_mb,
        "disk_mb": limits.disk_mb,
        "work": str(work),
        "language": language(),
        "confinement": given.confinement.plain(),
        "control": theirs and theirs.fileno(),
        "names": given.allowed.names() if ours else {},
    }
    if ours is not None and theirs is not None:
        theirs.close()
        threading.Thread(target=_hold_network, args=(ours, given.allowed), daemon=True).start()
    handle = ProbeHandle(request, process, place, work, limits, on_progress)
    assert process.stdin is not None  # noqa: S101  (opened as a pipe)
    with suppress(BrokenPipeError):  # the child died first: the watcher tells
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
    return handle


def _control_of(given: Given) -> tuple[socket.socket, socket.socket] | tuple[None, None]:
    """Return both ends of what the child's listener comes through, where calls are decided on."""
    held = given.confinement.network is Network.HELD
    if held and of_this_system().network is Strength.BY_ADDRESS:
        return socket.socketpair()
    return None, None


def _hold_network(control: socket.socket, allowed: Allowed) -> None:
    """Decide on a child's connections from the moment that it hands its listener over."""
    with control, suppress(OSError):
        _, listeners, _, _ = socket.recv_fds(control, 1, 1)
        if listeners:  # none where the child died first
            Egress(listeners[0], Judge(allowed))


def _start(
    folder: Path, work: Path, environment: dict[str, str], control: socket.socket | None
) -> subprocess.Popen[bytes]:
    with (work / "stderr.log").open("wb") as errors:
        return subprocess.Popen(  # noqa: S603  (our own module, no shell)
            [sys.executable, "-P", "-m", CHILD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            pass_fds=() if control is None else (control.fileno(),),
            env={**environment, "PYTHONPATH": _python_path()},
        )


def _python_path() -> str:
    ours = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH", "")]))


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
    code: str, request: ProbeRequest, limits: ProbeLimits, last: str, exit_code: int | None
) -> Finding:
    evidence = {
        "limit_seconds": limits.timeout_seconds,
        "limit_mb": limits.memory_mb,
        "limit_disk_mb": limits.disk_mb,
    }
    found = DEATHS.finding(
        code,
        evidence | ({"exit_code": exit_code} if code == "probe_died" else {}),
        probe=request.probe,
        status=exit_code,
        timeout_seconds=limits.timeout_seconds,
        memory_mb=limits.memory_mb,
        disk_mb=limits.disk_mb,
    )
    sentence, blocker = found.sentence, found.suggestion
    if last:
        sentence = say("it_was_at", sentence=sentence, last=last)
    if blocker and find_probe(request.probe).phase is PhaseKey.DATA:
        blocker = replace(blocker, kind=Kind.DATA_ACCESS)
    return replace(found, sentence=sentence, suggestion=blocker, table=request.table)


_BY_EXIT_CODE = {OUT_OF_MEMORY: "probe_out_of_memory", OUT_OF_DISK: "probe_out_of_disk"}
