"""Tables that are as they should be: whatever is said of them holds nobody up."""
# ruff: noqa: E501  (one case a line reads as a table)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from probes.contract import ProbeContext
from tests.integration.probes.test_quality_as_an_analyst import (
    EUROS,
    HOURS,
    NUMBERS,
    ROWS,
    WAVE,
    look,
    readings,
)

Make = Callable[..., ProbeContext]
DICE = np.random.default_rng(48)
OUT = DICE.random(ROWS) < NUMBERS / ROWS
ILL = DICE.random(ROWS) < 0.3
SENT = pd.Series(pd.Timestamp("2021-03-01") + pd.to_timedelta(NUMBERS * 29, unit="h"))
RISEN = np.array([17.2, 12.8, 21.5, 9.9, 30.0])[NUMBERS % 5] * np.where(NUMBERS < 500, 1, 1.043)

TABLES: dict[str, Callable[[], pd.DataFrame]] = {
    "prices that rose once": lambda: readings(price=RISEN.round(2), tons=WAVE),
    "a counter with one digit more": lambda: readings(contract=[f"M{one}" for one in 9_500 + NUMBERS], tons=WAVE),
    "instruments still out": lambda: readings(value=EUROS, back=(HOURS + pd.Timedelta(days=9)).dt.date.where(~OUT), state_back=pd.Series(np.where(NUMBERS % 3 > 0, "fine", "worn")).where(~OUT)),
    "points of those with a card": lambda: readings(euros=EUROS, points=np.where(DICE.random(ROWS) < 0.55, np.floor(EUROS / 3), np.nan)),
    "schools of some": lambda: readings(euros=EUROS, school=np.where(DICE.random(ROWS) < 0.54, np.array([f"SCH{n:02}" for n in range(40)])[NUMBERS % 40], None)),
    "a usual length beside its price": lambda: readings(euros=EUROS, metres=(metres := np.where(NUMBERS % 9 == 0, 2.5, np.exp(DICE.normal(1, 0.5, ROWS)).round(2))), price=(metres * DICE.normal(9, 0.4, ROWS)).round(2)),
    "driving tests and samples": lambda: readings(euros=EUROS, what=np.where(NUMBERS % 50 == 7, "test drive", "service"), price=np.where(NUMBERS % 40 == 3, 0.01, DICE.normal(50, 9, ROWS).round(2)), customer=np.where(NUMBERS % 60 == 1, "C9999", [f"C{2_000 + row % 300}" for row in NUMBERS])),
    "changes of income": lambda: readings(euros=EUROS, income=DICE.normal(0.7, 0.9, ROWS).round(3)),
    "ages of houses": lambda: readings(euros=EUROS, age=DICE.gamma(1.2, 35, ROWS).astype(int)),
    "minutes beside their rounded price": lambda: readings(minutes=(minutes := DICE.uniform(20, 300, ROWS).round(1)), charge=(minutes * 0.085).round(2)),
    "days of orders in their numbers": lambda: readings(euros=EUROS, order=[f"A{at:%Y%m%d}-{row}" for row, at in enumerate(HOURS)]),
    "two eyes of each patient": lambda: pd.DataFrame({"patient": NUMBERS // 2, "age": 20 + NUMBERS // 2 % 61, "eye": np.where(NUMBERS % 2 > 0, "L", "R"), "pressure": DICE.normal(16, 3, ROWS).round(1)}),
    "two answers of many people": lambda: pd.DataFrame({"sex": DICE.choice(["f", "m"], ROWS), "mark": DICE.integers(1, 6, ROWS)}),
    "a shop that closes for holidays": lambda: (shop := pd.DataFrame({"day": pd.date_range("2021-01-01", periods=ROWS), "euros": EUROS}))[~shop["day"].dt.strftime("%m-%d").isin(["12-24", "12-25", "12-26", "01-01"])],
    "a scale whose last step is open": lambda: readings(euros=EUROS, people=np.array(["1", "2", "3", "4", "5+"])[NUMBERS % 5]),
    "grades with a minus": lambda: readings(euros=EUROS, grade=np.array(["A", "A-", "B+", "B", "B-", "C"])[NUMBERS % 6]),
    "media among the industries": lambda: readings(euros=EUROS, staff=DICE.integers(5, 900, ROWS), profit=DICE.normal(9, 4, ROWS).round(2), industry=np.where(NUMBERS % 30 == 7, "Media", np.array(["Banking", "Food", "Oil", "Chemicals"])[DICE.integers(0, 4, ROWS)])),
    "measurements of four digits": lambda: readings(band=[float(f"{x:.4g}") for x in DICE.normal(15, 180, ROWS)]),
    "interest that falls to nothing": lambda: readings(euros=EUROS, rate=np.where(NUMBERS < 780, np.round(np.abs(20 - NUMBERS / 39 + DICE.normal(0, 1, ROWS))) / 1e4, 0.0001 * (NUMBERS % 3))),
    "answers that many give": lambda: pd.DataFrame({f"q{k}": ((DICE.random(ROWS) < 0.1) | (ILL & (DICE.random(ROWS) < 0.6))).astype(int) for k in range(12)}),
    "last year's figure, firm by firm": lambda: pd.DataFrame({"firm": 7_000 + 13 * (NUMBERS // 6), "year": 2_015 + NUMBERS % 6, "sales": (sales := DICE.integers(40, 90_000, ROWS)), "sales_before": np.where(NUMBERS % 6 > 0, np.roll(sales, 1), DICE.integers(40, 90_000, ROWS))}),
    "towns named after others": lambda: readings(euros=EUROS, town=np.array([*["Charlotte", "Charlottesville", "Henderson", "Hendersonville"], *(f"{a}{b}" for a in ("Green", "Spring", "Water", "Clear", "Stone", "Silver", "North", "South", "Oak", "Maple") for b in ("field", "brookside", "wood Heights", "mont", "ville Park", "bury"))])[DICE.integers(0, 64, ROWS)]),
    "a second office": lambda: readings(euros=EUROS, body=(body := np.array(list("ABCDEFGH"))[DICE.integers(0, 8, ROWS)]), body_address=np.where((body == "C") & (NUMBERS % 5 == 0), "Quay 7", np.char.add("Street ", body))),
    "hashes of one length": lambda: readings(euros=EUROS, link=[f"{row // 3 * 2_654_435_761 % 2**32:040x}" for row in NUMBERS]),
    "numbers given at the turn of the year": lambda: pd.DataFrame({"order": [f"AB-{at.year}-{row:05}" for row, at in enumerate(SENT - pd.Timedelta(days=3))], "sent": SENT, "euros": EUROS}),
    "defects beside points": lambda: readings(defects=np.where(NUMBERS == 99, 99, DICE.integers(0, 12, ROWS)), total_points=DICE.normal(82, 2, ROWS).round(2)),
    "distances beside power": lambda: readings(distance=(power := DICE.normal(180, 20, ROWS).round(1)) * np.where(NUMBERS % 40 == 3, 2.20462, 1) * DICE.normal(1, 0.03, ROWS), power=power),
    "logarithms of counts": lambda: readings(lncost=np.log(DICE.poisson(4, ROWS) + 1)),
    "hours of most stations": lambda: readings(hours=[f"{row % 13}am to {row % 10}pm, gate {row}" if row % 9 < 3 else "24 hours" for row in NUMBERS]),
    "people in the order of their birth": lambda: pd.DataFrame({"date_of_birth": (born := pd.Timestamp("1980-01-01") + pd.to_timedelta(NUMBERS * 7 // 3, unit="D")), "height": 180 + np.where(NUMBERS < 400, 3 * (born.day_of_week > 2), 0) + DICE.normal(0, 1, ROWS).round(1)})[["height", "date_of_birth"]].assign(team=NUMBERS % 12),
    "meetings of one age a day": lambda: pd.DataFrame({"at": pd.Timestamp("2019-01-01") + pd.to_timedelta(NUMBERS // 30 * 11, unit="D"), "age": (np.where(NUMBERS // 30 % 3 > 0, 24, 61) + DICE.normal(0, 4, ROWS)).round()}),
    "firsts of months": lambda: pd.DataFrame({"month": np.repeat(pd.date_range("1975-01-01", periods=96, freq="MS"), 10)[:ROWS], "thefts": DICE.poisson(4_000, 960)[:ROWS]}),
    "measures of three and five beats": lambda: readings(apq3Shimmer=(apq := DICE.gamma(4, 0.004, ROWS)).round(5), apq5Shimmer=(apq * np.where(NUMBERS % 40 == 5, 0.6, DICE.normal(1.3, 0.1, ROWS))).round(5)),
    "years in office": lambda: readings(euros=EUROS, years=[f"{1801 + row % 199}-{1805 + row % 199}" if row % 3 == 0 else f"{1801 + row % 199}" for row in NUMBERS]),
    "answers of many in a row": lambda: pd.DataFrame({"county": (county := DICE.integers(0, 60, ROWS)), "votes": county % 7 * 10, "group": np.where(DICE.random(ROWS) < 0.8, 1, DICE.integers(1, 9, ROWS))}),
    "areas beside numbers of patients": lambda: pd.DataFrame({"id": DICE.permutation(np.where(NUMBERS % 7 == 0, 90_000 + NUMBERS, 900_000 + NUMBERS * 3)), "area_mean": np.exp(DICE.normal(6.4, 0.2, ROWS)).round(1)}),
    "generation that moves all along": lambda: pd.DataFrame({"month": pd.date_range("1950-01-01", periods=ROWS, freq="MS"), **{f"plant {k}": (DICE.normal(400, 9, ROWS) + 200 * (150 + 100 * k < NUMBERS)).round(1) for k in range(6)}}),
    "a price over decades": lambda: pd.DataFrame({"day": pd.date_range("1985-01-01", periods=ROWS, freq="14D"), "gold": (390 + 60 * np.sin(NUMBERS / 40) + 1_000 * np.clip((NUMBERS - 420) / 220, 0, 1) + DICE.normal(0, 9, ROWS)).round(1)}),
    "shares of four firms": lambda: pd.DataFrame([(at, f"F{k}", round((30 + 9 * k + 0.01 * row * (k == 0)) * (1.004 ** row if k == 2 else 1 + 0.1 * np.sin(row / 90 + k)) + DICE.normal(0, 0.3), 2)) for row, at in enumerate(HOURS) for k in range(4)], columns=["at", "firm", "close"]),
    "days until it came back": lambda: readings(rectime=np.where(NUMBERS % 100 == 7, DICE.integers(8, 50, ROWS), DICE.gamma(3, 420, ROWS).astype(int) + 60)),
    "rows of one frequent count": lambda: pd.DataFrame({"freq": np.where(NUMBERS % 3 > 0, 55_300, DICE.integers(1, 90, ROWS))}),
    "numbers of shops": lambda: readings(euros=EUROS, shop_id=np.where(DICE.random(ROWS) < 0.04, 900 + DICE.integers(0, 9, ROWS), DICE.integers(1, 21, ROWS))),
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("name", TABLES)
def test_a_sound_table_holds_nobody_up(name: str, tmp_path: Path, context: Make) -> None:
    result = look(TABLES[name](), tmp_path, context)
    assert not [one.sentence for one in result.findings if one.level in ("slows", "stops")]
