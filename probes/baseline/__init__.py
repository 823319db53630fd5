"""The baseline probe: what the simplest honest model would be worth, and what leaks the answer."""

from __future__ import annotations

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Read the table, fit the simplest models and say what they are worth.

    Args:
        request: a source and a target; see `docs/probes/baseline.md` for the options.
        context: settings, a folder for the artifact and the pictures, and progress.
    """
    from probes.baseline.probe import run_baseline

    return run_baseline(request, context)
