"""The probe: each check on the target in turn, then the way a change takes."""

from __future__ import annotations

from typing import Any, Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel, Remedy
from probes.contract import Finding, Picture, ProbeContext, ProbeRequest, ProbeResult
from probes.integration import change, protocols
from probes.integration.texts import say
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
    findings.extend(change.approvals(name, target.approvers, _hours(request)))
    findings.extend(change.changes(name, target.repository))
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
