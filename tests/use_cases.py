"""Models of the five use cases that a sprint begins with, as the baseline probe keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd

from bot.domain.vocabulary import UseCase
from probes.baseline import run
from probes.baseline.artifact import ServedModel, load_model
from probes.baseline.model_file import MODEL_FILE
from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.samples.grocer import build_grocer
from probes.settings import ProbeSettings

MACHINES, DAYS = 60, 200
RECOMMENDED: Final = """
select household_id, product_category, department, count(*) filter (week <= 26) as times,
       round(coalesce(sum(sales_value) filter (week <= 26), 0), 2) as spent,
       max(week) filter (week <= 26) as last_week,
       round(avg(retail_disc) filter (week <= 26), 3) as discount,
       (count(*) filter (week > 26) > 0)::int as bought
from transactions join products using (product_id)
where hash(household_id) % 8 = 0 group by all having times > 0
order by household_id, product_category limit 20000
"""
SOLD: Final = """
select product_category, department, store_id, week,
       strftime(min(transaction_timestamp), '%d.%m.%Y') as begins,
       round(avg(sales_value / greatest(quantity, 1)), 3) as price,
       round(avg(retail_disc), 3) as discount, count(distinct household_id) as households,
       sum(quantity) as units_sold
from transactions join products using (product_id)
where quantity between 1 and 50 group by product_category, department, store_id, week
order by product_category, store_id, week limit 30000
"""


@cache
def _grocer() -> Mapping[str, Path]:
    return build_grocer(Path(mkdtemp(prefix="grocer-")))


def _asked(statement: str) -> pd.DataFrame:
    with duckdb.connect() as connection:
        for name in ("transactions", "products"):
            connection.read_parquet(str(_grocer()[name])).create_view(name)
        return connection.execute(statement).df()


def _households() -> pd.DataFrame:
    return pd.read_csv(_grocer()["households"])


def _payments() -> pd.DataFrame:
    """Return real sales, a part of which somebody has keyed in wrongly and somebody has marked."""
    rng = np.random.default_rng(48)
    frame = pd.read_parquet(_grocer()["transactions"]).head(20_000).reset_index(drop=True)
    wrong = rng.random(len(frame)) < 0.04
    frame.loc[wrong, "sales_value"] *= rng.choice([10, 100], int(wrong.sum()))
    frame["fraud"] = (wrong & (rng.random(len(frame)) < 0.9)).astype(int)
    return frame.drop(columns=["basket_id"])


def _readings() -> pd.DataFrame:
    """Return a plant's readings, warmer in the week before a machine fails."""
    rng = np.random.default_rng(8)
    day = np.tile(np.arange(DAYS), MACHINES)
    life = np.repeat(rng.integers(25, 60, MACHINES), DAYS)
    age = day % life
    frame = pd.DataFrame(
        {
            "machine_id": np.repeat([f"M{number}" for number in range(MACHINES)], DAYS),
            "read_on": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
            "heat": rng.normal(size=len(day)) + np.where(life - age <= 7, 1.4, 0),
            "site": np.repeat(rng.choice(["north", "south", "ÖST"], MACHINES), DAYS),
        }
    )
    failed = (age == 0) & (day > 0)
    frame["failed_at"] = frame["read_on"].where(failed).dt.strftime("%d.%m.%Y")
    return frame


TABLES: Final[Mapping[UseCase, Callable[[], pd.DataFrame]]] = {
    UseCase.RECOMMENDATION: lambda: _asked(RECOMMENDED),
    UseCase.ANOMALY: _payments,
    UseCase.MAINTENANCE: _readings,
    UseCase.CHURN: _households,
    UseCase.INVENTORY: lambda: _asked(SOLD),
}


def kept_for(use_case: UseCase, folder: Path) -> tuple[Path, ServedModel, pd.DataFrame]:
    """Return the model that the baseline probe keeps, opened as well, and the table it learnt."""
    frame = TABLES[use_case]()
    file = folder / f"{use_case}.csv"
    frame.to_csv(file, index=False)
    work = folder / "work"
    options = {"use_case": use_case.value, "effort": "quick"}
    target = {UseCase.INVENTORY: "units_sold", UseCase.RECOMMENDATION: "bought"}.get(use_case)
    request = ProbeRequest("baseline", str(file), target=target, options=options)
    found = run(request, ProbeContext(ProbeSettings(), work, no_progress))
    path = work / MODEL_FILE
    assert path.exists(), [str(one.sentence) for one in found.findings]
    return path, load_model(path), frame


def many(frame: pd.DataFrame, names: list[str], rows: int) -> pd.DataFrame:
    """Return so many rows: drawn from a table column by column, so that most are new to a model."""
    rng = np.random.default_rng(2026)
    drawn = {
        name: frame[name].to_numpy(dtype=object)[rng.integers(0, len(frame), rows)]
        for name in names
    }
    return pd.DataFrame(drawn, columns=names)


def plain(value: Any) -> Any:
    """Return a cell as JSON has it."""
    if value is None or value != value or value is pd.NaT:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value
