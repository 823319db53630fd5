"""The child process of one probe: `python -m probes.child FOLDER`, request on standard input.

Standard output carries progress, one JSON object a line; the result is a file in the folder, since
a pipe that nobody drains would stall the probe. Everything a library prints goes to standard error.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import socket
import sys
import threading
import traceback
import warnings
from pathlib import Path
from typing import TextIO

import structlog

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel, PhaseKey
from bot.isolation import host_names
from bot.isolation.confinement import Confinement, confine
from bot.isolation.resource_usage import limit_address_space
from bot.stored_sentences import with_sources
from bot.texts import preload, use_language
from probes.contract import (
    Finding,
    OutOfDiskError,
    ProbeContext,
    ProbeFault,
    ProbeRequest,
    ProbeResult,
    to_json,
)
from probes.parallelism import mark_own_process
from probes.registry import find_probe
from probes.settings import read_settings
from probes.sources.faults import FAULT_SCENARIOS
from probes.sources.places import shown_name
from probes.stages import stage

RESULT_FILE = "result.json"
REFUSAL_FILE = "refusal.json"
OUT_OF_MEMORY = 137
OUT_OF_DISK = 138
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main() -> int:
    """Run the probe that standard input asks for; return the process's exit code."""
    progress_stream = _take_standard_output()
    job = json.loads(sys.stdin.readline())
    preload(job["language"])
    # Before any other thread begins: only the caller and what it starts later is held.
    confine(Confinement.from_plain(job["confinement"]), _control(job["control"]))
    host_names.know(job["names"])
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    warnings.showwarning = _keep_quiet
    _log_without_values()
    mark_own_process()
    folder = Path(sys.argv[1])
    limit_address_space(job["memory_mb"])
    _limit_file_size(job["disk_mb"])
    request = ProbeRequest(**job["request"])

    def progress(fraction: float | None, sentence: str) -> None:
        message = with_sources({"now": sentence})
        print(json.dumps([fraction, message]), file=progress_stream, flush=True)

    context = ProbeContext(
        read_settings(job["settings"], trusted=True),
        folder,
        progress,
        job["memory_mb"],
        job["disk_mb"],
        Path(job["work"]),
    )
    with use_language(job["language"]):
        return _run(request, context)


def _run(request: ProbeRequest, context: ProbeContext) -> int:
    try:
        with stage(context.folder, "load"):
            probe = find_probe(request.probe).load()
        with stage(context.folder, "look"):
            found = probe(request, context)
        _write(context.folder / RESULT_FILE, to_json(found))
    except InputError as refusal:
        body = {"message": refusal.message, "field": refusal.field}
        _write(context.folder / REFUSAL_FILE, json.dumps(body))
    except ProbeFault as fault:
        _write(context.folder / RESULT_FILE, to_json(_of_fault(request, fault)))
    except MemoryError:
        return OUT_OF_MEMORY
    except OutOfDiskError:
        return OUT_OF_DISK
    except (
        Exception
    ) as crash:  # the parent turns any death into a finding; the trace is for the log
        traceback.print_exc()
        if isinstance(crash, OSError) and crash.errno in FULL:
            return OUT_OF_DISK
        return OUT_OF_MEMORY if _is_out_of_memory(crash) else 1
    return 0


def _control(descriptor: int | None) -> socket.socket | None:
    return None if descriptor is None else socket.socket(fileno=descriptor)


def _of_fault(request: ProbeRequest, fault: ProbeFault) -> ProbeResult:
    found: Finding = fault.finding
    tells = found.level is FindingLevel.STOPS and find_probe(request.probe).phase is PhaseKey.DATA
    scenario = FAULT_SCENARIOS.get(found.code, "locked") if tells else None
    return ProbeResult(
        request.probe,
        shown_name(request.source),
        request.table,
        findings=(found,),
        scenario=scenario,
        scenario_why=found.sentence if scenario else "",
    )


def _is_out_of_memory(crash: Exception) -> bool:
    return type(crash).__name__ in {"OutOfMemoryException", "ArrowMemoryError", "OutOfMemoryError"}


def _take_standard_output() -> TextIO:
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    return stream


def _die_with_the_parent() -> None:
    """End the whole process group when the parent is gone: its end of standard input closes."""
    sys.stdin.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _keep_quiet(*_: object, **__: object) -> None:
    """Drop a library's warning: filters do not hold while several threads set them."""


def _log_without_values() -> None:
    """Log a trace without its variables, which hold the customer's rows."""
    trace = structlog.dev.plain_traceback
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=trace),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _limit_file_size(disk_mb: int) -> None:
    """Refuse one huge file; the parent watches the sum."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    wanted = disk_mb * 1024 * 1024
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # All is written. Taking the interpreter down beside an engine's threads can still crash it.
    os._exit(code)
