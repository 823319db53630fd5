"""The environment probe: can a model be built on this machine, tried for real."""

from __future__ import annotations

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Try Python, packages, a notebook and the machine itself.

    Args:
        request: no source; see `docs/probes/environment.md` for the options.
        context: a folder for the scratch environment, and progress.
    """
    from probes.environment.probe import run_environment

    return run_environment(request, context)
