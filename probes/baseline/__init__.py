"""The baseline probe: what the simplest honest model would be worth, and what leaks the answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Read the table, fit the simplest models and say what they are worth.

    Args:
        request: a source and a target; see `docs/probes/baseline.md` for the options.
        context: settings, a folder for the artifact and the pictures, and progress.
    """
    from probes.baseline.reading import read_table

    with ThreadPoolExecutor(1) as reader:
        # An engine reads without holding the interpreter, which loads the models' code meanwhile.
        reading = reader.submit(read_table, request, context)
        from probes.baseline.probe import run_baseline
    return run_baseline(reading.result(), context)
