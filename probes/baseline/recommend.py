"""Recommendation from raw purchases: does knowing a customer's past beat showing what sells most?

The purchases are parted in time. Each customer of the later part is shown as many items, all new to
them, and a hit is one that they then bought. What sells most is the dummy; items bought by the
same customers as theirs (cosine between items) are the simplest model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from bot.domain.vocabulary import FindingLevel
from probes.baseline.columns import order_values, with_moments
from probes.baseline.event_time import find_event_time
from probes.baseline.options import Options
from probes.baseline.scores import ConfidenceInterval, bootstrap_interval
from probes.baseline.texts import CODES, named, say
from probes.contract import Finding, ProbeContext, ProbeResult
from probes.pictures import Bar, model_comparison

SHOWN: Final = 10
FEWEST_CUSTOMERS: Final = 40
METRIC: Final = f"hit rate of {SHOWN}"

_EARLIER: Final = 0.8
_MOST_ITEMS: Final = 3_000
_MOST_CUSTOMERS: Final = 4_000
_CUSTOMER = re.compile(r"customer|client|user|household|account|member|visitor", re.IGNORECASE)
ITEM_NAME = re.compile(r"product|item|sku|article|isbn|asin|track|movie|title", re.IGNORECASE)
TIME_NAME = re.compile(r"^(week|day|month|period|timestamp|ts|time)$", re.IGNORECASE)

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Purchases:
    """Which columns of a table say who bought what when."""

    customer: str
    item: str
    time: str


def find_purchases(frame: pd.DataFrame, options: Options) -> Purchases | None:
    """Return the columns that say who bought what when, none where a table has no such three."""
    customer = options.entity or first_named(frame, _CUSTOMER)
    item = options.item or first_named(frame, ITEM_NAME, (customer,))
    time = (
        options.time
        or find_event_time(frame).column
        or first_named(frame, TIME_NAME, (customer, item))
    )
    if customer is None or item is None or time is None:
        return None
    known = all(name in frame for name in (customer, item, time))
    repeats = known and frame[customer].nunique() < len(frame)
    return Purchases(customer, item, time) if repeats else None


def first_named(
    frame: pd.DataFrame, name: re.Pattern[str], taken: Sequence[str | None] = ()
) -> str | None:
    """Return the first column whose name matches and that is not taken, or None."""
    return next((one for one in map(str, frame) if name.search(one) and one not in taken), None)


def run_recommendation(
    frame: pd.DataFrame, columns: Purchases, context: ProbeContext, name: str, table: str
) -> ProbeResult:
    """Compare showing what sells most with items that go together.

    Raises:
        ProbeFault: too few customers bought before and after the moment that parts the rows.
    """
    context.progress(0.3, say("parting_purchases_time"))
    frame, _ = with_moments(frame[[columns.customer, columns.item, columns.time]].dropna())
    before, after = _parted(frame, columns)
    known, later, items = _matrices(before, after, columns)
    if known.shape[0] < FEWEST_CUSTOMERS:
        counts = {"customers": known.shape[0], "least": FEWEST_CUSTOMERS}
        raise CODES.fault("too_few_customers", counts)
    context.progress(0.6, say("recommendation_figure"))
    hits = {
        say("sells_most"): _hits(_popular(known), known, later),
        say("items_go_together"): _hits(_together(known), known, later),
    }
    figures = {way: _rate(flags) for way, flags in hits.items()}
    gain = _gain(*hits.values())
    findings = [*_findings_of(figures, gain, len(known.indptr) - 1), _reach(before, columns, items)]
    works = findings[0].level is FindingLevel.OK and say(
        "built_title", sentence=findings[0].sentence
    )
    return ProbeResult(
        "baseline",
        source=name,
        table=table,
        findings=findings,
        scenario="works" if works else None,
        scenario_why=works or findings[0].sentence,
        facts=_facts(figures, gain, columns, frame, known.shape[0]),
        pictures=[_picture(figures, context)],
    )


def _parted(frame: pd.DataFrame, columns: Purchases) -> tuple[pd.DataFrame, pd.DataFrame]:
    moments = order_values(frame[columns.time]).to_numpy()
    edge = np.nanquantile(moments, _EARLIER) if len(moments) else 0.0
    return frame[moments < edge], frame[moments >= edge]


def _matrices(
    before: pd.DataFrame, after: pd.DataFrame, columns: Purchases
) -> tuple[sparse.csr_matrix, sparse.csr_matrix, pd.Index]:
    """Return who had bought what, and who bought what later, of the items that sold most."""
    items = before[columns.item].value_counts().index[:_MOST_ITEMS]
    both = np.intersect1d(before[columns.customer].unique(), after[columns.customer].unique())
    rng = np.random.default_rng(48)
    customers = pd.Index(rng.permutation(both)[:_MOST_CUSTOMERS])

    def matrix(rows: pd.DataFrame) -> sparse.csr_matrix:
        at = (
            customers.get_indexer(pd.Index(rows[columns.customer])),
            items.get_indexer(pd.Index(rows[columns.item])),
        )
        inside = (at[0] >= 0) & (at[1] >= 0)
        cells = (np.ones(int(inside.sum())), (at[0][inside], at[1][inside]))
        made = sparse.csr_matrix(cells, shape=(len(customers), len(items)))
        made.data[:] = 1.0
        return made

    return matrix(before), matrix(after), items


def _popular(known: sparse.csr_matrix) -> NDArray[np.float64]:
    bought = np.asarray(known.sum(axis=0)).ravel()
    return np.tile(bought, (known.shape[0], 1))


def _together(known: sparse.csr_matrix) -> NDArray[np.float64]:
    """Return how near each item is to those a customer bought, by the cosine between items."""
    lengths = np.sqrt(np.asarray(known.sum(axis=0)).ravel())
    scaled = known @ sparse.diags(1 / np.maximum(lengths, 1.0))
    alike = (scaled.T @ scaled).tolil()
    alike.setdiag(0)
    return np.asarray((known @ alike.tocsr()).todense())


def _hits(scores: NDArray[np.float64], known: sparse.csr_matrix, later: sparse.csr_matrix) -> Flags:
    """Return for each customer whether one of the items shown, all new to them, was bought."""
    scores = np.where(known.toarray() > 0, -np.inf, scores)
    shown = np.argpartition(-scores, min(SHOWN, scores.shape[1] - 1), axis=1)[:, :SHOWN]
    bought = np.take_along_axis(later.toarray(), shown, axis=1)
    return np.asarray(bought.any(axis=1))


def _rate(flags: Flags) -> ConfidenceInterval:
    return bootstrap_interval(lambda rows: float(flags[rows].mean()), len(flags))


def _gain(dummy: Flags, model: Flags) -> ConfidenceInterval:
    difference = model.astype(float) - dummy.astype(float)
    return bootstrap_interval(lambda rows: float(difference[rows].mean()), len(difference))


def _findings_of(
    figures: dict[str, ConfidenceInterval], gain: ConfidenceInterval, customers: int
) -> list[Finding]:
    dummy, model = figures.values()
    evidence = {name: figure.to_plain() for name, figure in figures.items()}
    evidence |= {"gain": gain.to_plain()}
    found = CODES.finding(
        "better_than_popular" if gain.low > 0 else "no_better_than_popular",
        evidence,
        customers=customers,
        shown=SHOWN,
        mean=model.mean,
        low=model.low,
        high=model.high,
        bestsellers=dummy.mean,
    )
    return [found]


def _reach(before: pd.DataFrame, columns: Purchases, items: pd.Index) -> Finding:
    share = float(before[columns.item].isin(items).mean())
    total = int(before[columns.item].nunique())
    evidence = {"items": total, "shown_from": len(items), "share": round(share, 4)}
    return CODES.finding("items_reached", evidence, items=len(items), total=total, share=share)


def _facts(
    figures: dict[str, ConfidenceInterval],
    gain: ConfidenceInterval,
    columns: Purchases,
    frame: pd.DataFrame,
    customers: int,
) -> dict[str, Any]:
    return {
        "metric": METRIC,
        "split": say("order_time"),
        "rows": len(frame),
        "customers": customers,
        "customer_column": columns.customer,
        "item_column": columns.item,
        "time_column": columns.time,
        "models": [{"model": name, **figure.to_plain()} for name, figure in figures.items()],
        "gain": gain.to_plain(),
    }


def _picture(figures: dict[str, ConfidenceInterval], context: ProbeContext) -> Any:
    dummy, model = figures.items()
    return model_comparison(
        context.folder,
        [Bar(model[0], model[1].mean, model[1].low, model[1].high)],
        guessing=dummy[1].mean,
        metric=named(METRIC),
        subtitle=say("recommendation_check"),
    )
