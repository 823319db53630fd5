"""The table as it is read, before anything is learnt; loads no scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bot.domain.errors import InputError
from probes.baseline.columns import with_plain_names
from probes.baseline.options import Options, read_options
from probes.baseline.texts import say
from probes.contract import ProbeContext, ProbeRequest
from probes.sources import open_source

MOST_CELLS = 10_000_000
"""Of a wide table fewer rows are read, so that it fits the probe's memory."""


@dataclass(frozen=True)
class ReadTable:
    """A table that was read.

    Args:
        source: its name.
        table: its name in the source.
        frame: its rows, with unique text names.
        target: what is to be foretold, by the request or the configuration.
        options: the request's, completed from the configuration.
    """

    source: str
    table: str
    frame: pd.DataFrame = field(repr=False)
    target: str | None
    options: Options


def read_table(request: ProbeRequest, context: ProbeContext) -> ReadTable:
    """Read the table that a request names.

    Raises:
        InputError: the source, the table or an option cannot be taken.
        ProbeFault: the source could not answer.
    """
    if not request.source:
        raise InputError(say("source_missing"), field="source")
    context.progress(0.02, say("reading_table"))
    source, named = open_source(request.source, context, table=request.table)
    with source:
        table = source.only_table(named)
        hints = source.settings.hints(table)
        options = read_options(request.options, hints, source.settings.use_case)
        rows = min(options.bounds.rows, MOST_CELLS // max(1, len(source.columns(table))))
        frame = in_order_of_values(with_plain_names(source.read_frame(table, rows=rows)))
        return ReadTable(source.name, table, frame, request.target or hints.target, options)


def in_order_of_values(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in an order that rests on what they hold.

    An engine may hand over the same table in another order each time; the rows that are drawn to
    learn from, and so every figure, would differ.
    """
    hashable = [not pd.api.types.is_object_dtype(kind) for kind in frame.dtypes]
    plain = frame.loc[:, hashable]
    if plain.empty:
        return frame
    hashed = pd.util.hash_pandas_object(plain, index=False)
    return frame.iloc[np.argsort(hashed.to_numpy(), kind="stable")].reset_index(drop=True)
