"""The governance probe: what security, privacy and the accountable people would still ask for."""

from __future__ import annotations

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Audit the environment, the model and what people have answered.

    Args:
        request: a source and target for bias, where wanted; options in `docs/probes/governance.md`.
        context: a folder for the bill of materials and pictures, and progress.
    """
    from probes.governance.probe import run_governance

    return run_governance(request, context)
