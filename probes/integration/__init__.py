"""The integration probe: does a real call reach the system, and what must a change go through."""

from __future__ import annotations

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Call a target that the administrator named.

    Args:
        request: a target's name as its source; see `docs/probes/integration.md` for the options.
        context: settings, a folder for the picture, and progress.
    """
    from probes.integration.probe import run_integration

    return run_integration(request, context)
