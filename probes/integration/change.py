"""The way a change takes: who must say yes, and how long the last ones took."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from probes.contract import Finding
from probes.integration.texts import CODES

LAST_CHANGES: Final = 5
SLOW_HOURS: Final = 8.0
"""A change that takes longer than the phase has hours cannot happen in it."""

_GIT_SECONDS: Final = 20.0


def approvals(name: str, approvers: Sequence[str], hours: Sequence[float]) -> Iterator[Finding]:
    """Say who must approve a change and how long the last approvals took.

    Args:
        name: the target's.
        approvers: who must say yes, as configured.
        hours: from request to decision, of the last ones in this workspace, the newest first.
    """
    if approvers:
        yield CODES.finding(
            "approvers_named",
            {"approvers": list(approvers)},
            name=name,
            count=len(approvers),
            names=", ".join(approvers[:6]),
        )
    else:
        yield CODES.finding("approver_unknown", name=name)
    yield from _took("approvals", name, list(hours)[:LAST_CHANGES])


def changes(name: str, repository: Path | None) -> Iterator[Finding]:
    """Say how long the last changes took, from a git repository's history."""
    if repository is None:
        return
    hours = change_hours(repository)
    if hours is None:
        yield CODES.finding("history_unreadable", name=name)
        return
    yield from _took("changes", name, hours)


def _took(what: str, name: str, hours: list[float]) -> Iterator[Finding]:
    if not hours:
        return
    middle = median(hours)
    yield CODES.finding(
        f"{what}_{'slow' if middle > SLOW_HOURS else 'quick'}",
        {"hours": [round(one, 1) for one in hours]},
        count=len(hours),
        name=name,
        middle=middle,
        most=max(hours),
    )


def change_hours(repository: Path) -> list[float] | None:
    """Return for the last merges the hours from the branch's first commit to the merge.

    Without merges: from writing a commit to its landing. None when there is no history to read.
    """
    merges = _git(repository, "log", "--merges", f"-{LAST_CHANGES}", "--format=%H %ct")
    if merges is None:
        return None
    if not merges:
        landed = _git(repository, "log", f"-{LAST_CHANGES}", "--format=%at %ct") or []
        return [max(0.0, (int(end) - int(start)) / 3600) for start, end in map(str.split, landed)]
    hours = []
    for commit, end in map(str.split, merges):
        starts = _git(repository, "log", "--format=%at", f"{commit}^1..{commit}^2")
        if starts:
            hours.append(max(0.0, (int(end) - min(map(int, starts))) / 3600))
    return hours


def _git(repository: Path, *words: str) -> list[str] | None:
    # A repository's own configuration can name programs to run; none of it is trusted here.
    safe = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager"]
    try:
        done = subprocess.run(  # noqa: S603  (no shell, and nothing of the repository is run)
            ["git", *safe, "-C", str(repository), *words],  # noqa: S607  (the team's own git)
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else None
