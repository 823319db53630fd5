"""Columns of real tables that look odd at first, and their like that really are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import NormalDist

import pandas as pd
import pytest

from probes.contract import ProbeContext, ProbeRequest, no_progress
from probes.quality import run
from probes.settings import read_settings

Table = dict[str, tuple[str, str, Sequence[object]]]
ROWS = 600


def cycle(*values: object) -> list[object]:
    return [values[row % len(values)] for row in range(ROWS)]


def each(value: Callable[[int], object]) -> list[object]:
    return [value(row) for row in range(ROWS)]


def at(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def rain(place: float) -> float:
    return float(10 ** NormalDist(1.6, 0.7).inv_cdf(place * 0.998 + 0.001))


def new_years_days(first: int, count: int) -> list[object]:
    return each(lambda row: date(first + row % count, 1, 1))


INNOCENT: Table = {
    "none is a step": ("placeholder_text", "improved", cycle("None", "Some", "Marked")),
    "-1 is a step": ("sentinel_numbers", "opinion", cycle(-1, 0, 1)),
    "years begin on their first day": ("sentinel_dates", "year", new_years_days(1970, 13)),
    "an address in brackets is no JSON": ("json_in_text", "row", each(lambda row: f"[{row},]")),
    "one long name": ("truncated_text", "team", cycle("Ulm", "Jena", "Mainz 1905")),
    "a number at the end": ("truncated_text", "who", each(lambda row: f"someone {row + 50}")),
    "distances squared": ("mixed_scales", "square", cycle(0.0004, 1.04, 2.2201, 4.0804, 5.3824)),
    "rain that fades": (
        "mixed_scales",
        "rain",
        each(lambda row: rain(row / ROWS) if row % 90 else 0.05 * (1 + row / 600)),
    ),
    "a split by time": ("recoded", "train", each(lambda row: row < 400)),
    "quantities in words": (
        "recoded",
        "power",
        each(lambda row: "--" if row < 300 else f"{row % 5}.0"),
    ),
    "pages have codes": ("entities_in_text", "page", each(lambda row: f"https://a.org/b%20{row}")),
    "ids by date": ("personal_data", "patient_no", each(lambda row: 840_801_000 + row * 37)),
    "longitudes counted eastwards": ("impossible_values", "long", each(lambda row: 165 + row % 30)),
    "ages in months": ("impossible_values", "age", each(lambda row: 100 + row)),
    "an item called phone": ("personal_data", "phone", each(lambda row: row / ROWS)),
    "a rate of births": ("personal_data", "birth", each(lambda row: 9 + row / 100)),
    "a capacity": ("personal_data", "cap", each(lambda row: 400 + row)),
    "wealth a head": ("personal_data", "realGDPperCap", each(lambda row: 20_000 + row)),
    "a share of all": ("part_over_total", "used_percent", each(lambda row: row % 90 + 5.5)),
    "all there is": ("part_over_total", "capacity_total", each(lambda row: 40 + row % 260)),
    "a treatment without": ("placeholder_text", "treated_with", cycle("nil", "A", "B")),
    "a mark of no growth": ("placeholder_text", "growth", cycle("-", "+", "++")),
    "one currency all through": ("units_mixed", "fee", each(lambda row: f"{row}.50 EUR")),
    "places by code": ("duplicate_keys", "zip_code", each(lambda row: 10_001 + max(row, 9))),
    "serial numbers": (
        "date_formats_mixed",
        "serial",
        each(lambda row: f"{row % 89 + 10}-{row * 7 % 90 + 10}-{row * 31 % 9000:04}"),
    ),
    "what people wrote": (
        "spelling_variants",
        "remark",
        each(
            lambda row: (", ", " - ", "; ")[row % 3].join(
                ["called again", "left with a neighbour", f"asked for {'abcdefghijkl'[row % 12]}"]
            )
        ),
    ),
    "what people jot down": (
        "spelling_variants",
        "jotted",
        each(
            lambda row: (", ", " + ", " / ", " ")[row // 12 % 4].join(
                [f"gate {'abcdefghijkl'[row % 12]}", ("muddy ground", "no crane")[row // 48 % 2]]
            )
        ),
    ),
    "articles of two countries": (
        "mixed_scales",
        "article",
        each(lambda row: (8_710_000_000_000 if row % 3 else 4_006_000_000_000) + row * 7_919),
    ),
    "one to three pieces": (
        "product_broken",
        "paid",
        each(lambda row: round((4 + row * 37 % 97 / 7) * (1, 1, 2, 1, 3, 2, 4)[row % 7], 2)),
    ),
    "the price of a piece": (
        "product_broken",
        "piece",
        each(lambda row: round(4 + row * 37 % 97 / 7, 2)),
    ),
    "streets by number": ("personal_data", "street", each(lambda row: row)),
}
MOMENTS: Table = {
    "weeks and some minutes": ("date_order_mixed", "at", each(lambda row: at(row * 606_469))),
    "births in no order": (
        "stale",
        "field",
        each(lambda row: date(1945, 1, 1) + timedelta(row * 7919 % 21_000)),
    ),
    "their hours wander": ("zone_shift", "at", each(lambda row: at(row * 606_469))),
}
GUILTY: Table = {
    "none is a gap": (
        "placeholder_text",
        "town",
        each(lambda row: f"T{row % 9}" if row % 7 else "None"),
    ),
    "-1 is a gap": ("sentinel_numbers", "visits", each(lambda row: row % 30 if row % 9 else -1)),
    "a day for nothing": (
        "sentinel_dates",
        "seen",
        each(lambda row: date(2024, 1, 1) + timedelta(row) if row % 9 else date(1970, 1, 1)),
    ),
    "a list is JSON": ("json_in_text", "row", each(lambda row: f"[{row}, {row + 1}]")),
    "a short field": (
        "truncated_text",
        "note",
        each(lambda row: f"{row:03} {'on and on ' * (row % 5)}"[:20]),
    ),
    "two units in text": (
        "units_mixed",
        "load",
        each(lambda row: f"{row + 5} {'kg' if row % 9 else 'lb'}"),
    ),
    "two units": (
        "mixed_scales",
        "weight",
        each(lambda row: (2 + row % 40 / 7) * (1 if row % 9 else 1000)),
    ),
    "places off the earth": (
        "impossible_values",
        "long",
        each(lambda row: row % 90 if row % 9 else 999),
    ),
    "some who never were": (
        "impossible_values",
        "age",
        each(lambda row: 20 + row % 50 if row % 9 else 212),
    ),
    "phone numbers": ("personal_data", "phone", each(lambda row: 4_930_000_000 + row)),
    "years of birth": ("personal_data", "birth_year", each(lambda row: 1950 + row % 50)),
    "postal codes": ("personal_data", "plz", each(lambda row: 1000 + row * 14)),
    "another unit": ("unexpected_unit", "lamb_age", each(lambda row: 100 + row)),
}


def codes_by_column(folder: Path, table: Table) -> dict[str, set[str]]:
    path = folder / "table.parquet"
    columns = {column: values for _, column, values in table.values()}
    assert len(columns) == len(table)
    pd.DataFrame({**columns, "n": range(ROWS)}).to_parquet(path)
    context = ProbeContext(read_settings({}), folder, no_progress)
    told: dict[str, set[str]] = {}
    for one in run(
        ProbeRequest("quality", str(path), options={"pictures": False}), context
    ).findings:
        told.setdefault(one.column or "", set()).add(one.code)
    return told


@pytest.fixture(scope="module")
def told_of_innocent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return codes_by_column(tmp_path_factory.mktemp("innocent"), INNOCENT)


@pytest.fixture(scope="module")
def told_of_guilty(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    return codes_by_column(tmp_path_factory.mktemp("guilty"), GUILTY)


@pytest.mark.parametrize("name", INNOCENT)
def test_what_only_looks_odd_is_not_told(told_of_innocent: dict[str, set[str]], name: str) -> None:
    code, column, _ = INNOCENT[name]
    assert code not in told_of_innocent.get(column, set())


@pytest.mark.parametrize("name", MOMENTS)
def test_steady_moments_are_left_in_peace(tmp_path: Path, name: str) -> None:
    code, column, _ = MOMENTS[name]
    assert code not in codes_by_column(tmp_path, {name: MOMENTS[name]}).get(column, set())


def test_two_events_may_share_a_moment_and_two_readings_may_not(tmp_path: Path) -> None:
    days = [(row - (row % 40 == 1)) ** 2 % 1499 for row in range(ROWS)]
    levels = []
    for name, seconds in (
        ("events", days),
        ("readings", [row - row // 200 for row in range(ROWS)]),
    ):
        path = tmp_path / f"{name}.parquet"
        pd.DataFrame(
            {"at": [at(86_400 * day) for day in seconds], "n": [row % 83 for row in range(ROWS)]}
        ).to_parquet(path)
        context = ProbeContext(read_settings({}), tmp_path, no_progress)
        request = ProbeRequest("quality", str(path), options={"pictures": False})
        found = run(request, context).findings
        levels.append([str(one.level) for one in found if one.code == "time_twins"])
    assert levels == [["note"], ["slows"]]


def test_labels_about_health_are_a_note_where_nobody_is_pointed_to(tmp_path: Path) -> None:
    arms = pd.Series(cycle("diabetes", "asthma", "cancer", "none"))
    people = pd.Series(each(lambda row: f"anna.{row}@example.com"))
    levels = []
    for name, frame in (
        ("trial", pd.DataFrame({"arm": arms, "n": range(ROWS)})),
        ("patients", pd.DataFrame({"arm": arms, "contact": people, "n": range(ROWS)})),
    ):
        path = tmp_path / f"{name}.csv"
        frame.to_csv(path)
        context = ProbeContext(read_settings({}), tmp_path, no_progress)
        request = ProbeRequest("quality", str(path), options={"pictures": False})
        found = run(request, context).findings
        levels.append(
            [str(one.level) for one in found if one.column == "arm" and "kinds" in one.evidence]
        )
    assert levels == [["note"], ["slows"]]


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_odd_is_told(told_of_guilty: dict[str, set[str]], name: str) -> None:
    code, column, _ = GUILTY[name]
    assert code in told_of_guilty[column]
