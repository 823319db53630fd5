"""Generated grocery tables with the columns of the Complete Journey data, for when that is absent.

Households shop at a rate of their own, some stop for good, and some columns have the gaps that
real ones have, so that the demo's probes have something to find. A fixed seed gives the same rows
on every machine.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

SEED: Final = 48
HOUSEHOLDS: Final = 2_400
PRODUCTS: Final = 8_000
STORES: Final = 120
CAMPAIGNS: Final = 24
WEEKS: Final = 53
FIRST_DAY: Final = datetime(2025, 1, 1)  # noqa: DTZ001 - local shop time, as in the public data
STOPPING_SHARE: Final = 0.12
"""Share of households that stop shopping at some week of the year."""
DESCRIBED_SHARE: Final = 0.32
"""Share of households of which the loyalty programme knows age, income and family."""

DEPARTMENTS: Final = {
    "GROCERY": 0.46,
    "DRUG GM": 0.30,
    "PRODUCE": 0.06,
    "MEAT": 0.06,
    "DELI": 0.05,
    "PASTRY": 0.04,
    "FLORAL": 0.02,
    "MISCELLANEOUS": 0.01,
}
DESCRIPTIONS: Final[dict[str, dict[str | None, float]]] = {
    "age": {"19-24": 1, "25-34": 3, "35-44": 4, "45-54": 6, "55-64": 2, "65+": 2},
    "income": {"Under 15K": 2, "15-24K": 2, "25-34K": 2, "35-49K": 4, "50-74K": 5, "75-99K": 3},
    "home_ownership": {"Homeowner": 62, "Renter": 7, None: 31},
    "marital_status": {"Married": 42, "Unmarried": 40, None: 18},
    "household_size": {"1": 32, "2": 40, "3": 14, "4": 6, "5+": 8},
    "kids_count": {"0": 64, "1": 20, "2": 8, "3+": 8},
}
"""What is known of a household; None is a gap."""


def write_tables(folder: Path) -> Path:
    """Write the five tables into `folder` as Parquet and return it.

    Args:
        folder: where to write; made when it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(SEED)
    households = 1 + np.arange(HOUSEHOLDS)
    products = _products(random)
    tables = {
        "transactions": _transactions(random, households, products),
        "products": products.drop(columns="price"),
        "demographics": _demographics(random, households),
        "campaigns": _campaigns(random, households),
        "campaign_descriptions": _campaign_descriptions(),
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _draw(random: np.random.Generator, shares: dict[Any, float], count: int) -> list[Any]:
    weights = np.array(list(shares.values()), dtype=float)
    values = list(shares)
    drawn = random.choice(len(values), count, p=weights / weights.sum())
    return [values[index] for index in drawn]


def _products(random: np.random.Generator) -> pd.DataFrame:
    departments = _draw(random, DEPARTMENTS, PRODUCTS)
    shelves = random.integers(1, 25, PRODUCTS)
    ounces = random.integers(4, 65, PRODUCTS)
    return pd.DataFrame(
        {
            "product_id": 25_000 + 7 * np.arange(PRODUCTS),
            "manufacturer_id": random.integers(1, 400, PRODUCTS),
            "department": departments,
            "brand": _draw(random, {"National": 0.83, "Private": 0.17}, PRODUCTS),
            "product_category": [f"{d} {s:02d}" for d, s in zip(departments, shelves, strict=True)],
            "product_type": [f"TYPE {number % 90:02d}" for number in range(PRODUCTS)],
            "package_size": [f"{size} OZ" if size > 20 else None for size in ounces],
            "price": np.round(random.lognormal(0.75, 0.6, PRODUCTS), 2),
        }
    )


def _transactions(
    random: np.random.Generator, households: np.ndarray, products: pd.DataFrame
) -> pd.DataFrame:
    count = len(households)
    per_week = random.gamma(1.6, 0.7, count)
    stops = random.random(count) < STOPPING_SHARE
    last_week = np.where(stops, random.integers(8, WEEKS, count), WEEKS)
    weeks = np.arange(1, WEEKS + 1)
    # A household that is about to stop comes less often for some weeks before.
    fading = np.clip((last_week[:, None] - weeks + 1) / 6, 0, 1)
    rates = per_week[:, None] * np.where(stops[:, None], fading, 1.0)
    visits = random.poisson(rates)
    owner, week = (
        np.repeat(index, visits.ravel()) for index in np.indices(visits.shape).reshape(2, -1)
    )
    items = 1 + random.poisson(3.2, len(owner))
    basket = np.repeat(np.arange(len(owner)), items)
    home_store = random.integers(0, STORES, count)
    store = np.where(
        random.random(len(owner)) < 0.85, home_store[owner], random.integers(0, STORES, len(owner))
    )
    lines = len(basket)
    # Few products make most of the sales.
    bought = np.minimum((PRODUCTS * random.beta(0.6, 2.4, lines)).astype(int), PRODUCTS - 1)
    quantity = 1 + random.poisson(0.35, lines)
    shelf = np.round(products["price"].to_numpy()[bought] * quantity, 2)
    discount = np.where(
        random.random(lines) < 0.45, np.round(shelf * random.uniform(0.05, 0.4, lines), 2), 0.0
    )
    coupon = np.where(random.random(lines) < 0.01, np.round(shelf * 0.2, 2), 0.0)
    minute = (
        week * 10_080
        + random.integers(0, 7, len(owner)) * 1_440
        + random.integers(420, 1_320, len(owner))
    )
    table = pd.DataFrame(
        {
            "household_id": households[owner][basket],
            "store_id": 300 + store[basket],
            "basket_id": 31_000_000_000 + basket,
            "product_id": products["product_id"].to_numpy()[bought],
            "quantity": quantity,
            "sales_value": np.round(shelf - discount - coupon, 2),
            "retail_disc": discount,
            "coupon_disc": coupon,
            "coupon_match_disc": 0.0,
            "week": week[basket] + 1,
            "transaction_timestamp": pd.Timestamp(FIRST_DAY)
            + pd.to_timedelta(minute[basket], unit="m"),
        }
    )
    return table.sort_values(["transaction_timestamp", "basket_id"], kind="stable")


def _demographics(random: np.random.Generator, households: np.ndarray) -> pd.DataFrame:
    described = households[random.random(len(households)) < DESCRIBED_SHARE]
    columns = {name: _draw(random, shares, len(described)) for name, shares in DESCRIPTIONS.items()}
    return pd.DataFrame({"household_id": described} | columns)


def _campaigns(random: np.random.Generator, households: np.ndarray) -> pd.DataFrame:
    reached = [
        pd.DataFrame(
            {
                "campaign_id": number,
                "household_id": households[random.random(len(households)) < 0.11],
            }
        )
        for number in range(1, CAMPAIGNS + 1)
    ]
    return pd.concat(reached, ignore_index=True)


def _campaign_descriptions() -> pd.DataFrame:
    numbers = np.arange(1, CAMPAIGNS + 1)
    start = pd.Timestamp(FIRST_DAY) + pd.to_timedelta(15 * numbers, unit="D")
    return pd.DataFrame(
        {
            "campaign_id": numbers,
            "campaign_type": [f"Type {'ABC'[number % 3]}" for number in numbers],
            "start_date": start,
            "end_date": start + pd.Timedelta(days=30),
        }
    )
