"""The quality probe: what in a table would spoil a model, in the order that matters."""

from __future__ import annotations

from probes.contract import ProbeContext, ProbeRequest, ProbeResult


def run(request: ProbeRequest, context: ProbeContext) -> ProbeResult:
    """Look at one table.

    Args:
        request: a source; see `docs/probes/quality.md` for the options.
        context: settings, a folder for the pictures, and progress.

    Raises:
        InputError: the source, the table or an option is not one.
        ProbeFault: the source cannot be reached or read.
    """
    from probes.quality.probe import look_at_table

    return look_at_table(request, context)
