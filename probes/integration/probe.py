"""The probe: each check on the target in turn, then the way a change takes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel, Remedy
from probes.contract import Finding, Picture, ProbeContext, ProbeRequest, ProbeResult
from probes.integration import protocols
from probes.integration.texts import CODES, say
from probes.pictures import latency as draw_latency

_SOMEBODYS_YES: Final = frozenset({Remedy.GOVERNANCE, Remedy.PEOPLE, Remedy.BUDGET})
"""What ends when somebody grants a right, raises a limit or gives another address."""
_OPTIONS: Final = ("approval_hours", "rejected")


def run_integration(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Run the probe; see `probes.integration.run`."""
    if not request.source:
        raise InputError(say("target_missing"), field="target")
    unknown = sorted(set(request.options) - set(_OPTIONS))
    if unknown:
        raise InputError(
            say("option_unknown", unknown=unknown[0], options=", ".join(_OPTIONS)),
            field=unknown[0],
        )
    target = context.settings.target(request.source)
    name = target.label or request.source
    facts: dict[str, Any] = {}
    findings: list[Finding] = []
    with protocols.open_target(target) as (session, checks):
        for place, (words, check) in enumerate(checks):
            context.progress(place / len(checks), say(words))
            findings.extend(check(session, name, facts))
            if place == 0 and any(found.level is FindingLevel.STOPS for found in findings):
                break
    findings.extend(approvals(name, target.approvers, _hours(request)))
    findings.extend(changes(name, target.repository))
    scenario, why = _scenario(findings, int(request.options.get("rejected") or 0))
    return ProbeResult(
        "integration",
        source=request.source,
        findings=_without_repeats(findings),
        scenario=scenario,
        scenario_why=why,
        facts=facts,
        pictures=_pictures(facts, name, context),
    )


def _hours(request: ProbeRequest) -> list[float]:
    raw = request.options.get("approval_hours") or []
    try:
        return [float(one) for one in raw]
    except (TypeError, ValueError):
        raise InputError(say("hours_option_invalid"), field="approval_hours") from None


def _without_repeats(findings: list[Finding]) -> list[Finding]:
    seen: dict[tuple[str, str], Finding] = {}
    for found in findings:
        seen.setdefault((found.code, found.sentence), found)
    return list(seen.values())


def _scenario(findings: list[Finding], rejected: int) -> tuple[str, str]:
    """Return the integration phase's scenario that this looks like, and why."""
    if rejected:
        return "resistance", say("change_rejected", rejected=rejected)
    stopped = [found for found in findings if found.level is FindingLevel.STOPS]
    slowed = [found for found in findings if found.level is FindingLevel.SLOWS]
    for scenario, found in (
        ("impossible", next(filter(_needs_rebuilding, stopped), None)),
        ("process", next((one for one in stopped if not _needs_rebuilding(one)), None)),
        ("impossible", next(filter(_needs_rebuilding, slowed), None)),
        ("process", next(iter(slowed), None)),
    ):
        if found is not None:
            return scenario, found.sentence
    return "easy", say("call_succeeded")


def _needs_rebuilding(found: Finding) -> bool:
    """Whether only a change of the system itself ends a finding; the rest takes somebody's yes."""
    remedy = found.suggestion.remedy if found.suggestion else None
    if found.level is FindingLevel.STOPS:
        return remedy not in _SOMEBODYS_YES and found.code != "redirected"
    return remedy is Remedy.ARCHITECTURE


def _pictures(facts: dict[str, Any], name: str, context: ProbeContext) -> list[Picture]:
    timed = facts.get("latency")
    if not timed:
        return []
    return [draw_latency(context.folder, timed["ms"], budget_ms=timed["budget"], target=name)]


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
