# ruff: noqa: E501  (statements read better on one line)
"""Joins with planted obstacles: each is found at its strength, and its figure is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from probes.contract import Finding, ProbeContext, ProbeRequest, ProbeResult
from probes.joins import run
from probes.joins.sketch import SKETCH_KEYS

Make = Callable[..., ProbeContext]

KEYS = 4_000
COMMON = f"'K-' || lpad(CAST(n AS VARCHAR), 6, '0') AS customer_id FROM range({KEYS}) t(n)"


def strengths(*shares: float) -> list[Any]:
    """Return shares to plant: the first in the default suite, the others in the longer one."""
    return [shares[0], *(pytest.param(share, marks=pytest.mark.slow) for share in shares[1:])]


def joined(folder: Path, context: ProbeContext, left: str, right: str) -> ProbeResult:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SELECT setseed(0.48)")
        for name, select in (("left", left), ("right", right)):
            engine.execute(f"COPY ({select}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
    other = {"other": str(folder / "right.parquet"), "pictures": False}
    return run(ProbeRequest("joins", str(folder / "left.parquet"), options=other), context)


def the(code: str, result: ProbeResult, table: str | None = None) -> Finding:
    return next(
        one
        for one in result.findings
        if one.code == code and table in (None, one.evidence.get("table"))
    )


@pytest.mark.parametrize("share", strengths(0.02, 0.1, 0.5, 0.9))
def test_orphans_are_counted_on_the_side_that_has_them(
    tmp_path: Path, context: Make, share: float
) -> None:
    gone = int(KEYS * share)
    result = joined(tmp_path, context(), f"SELECT {COMMON}", f"SELECT {COMMON} WHERE n >= {gone}")
    orphans = [one for one in result.findings if one.code == "orphans"]
    assert [one.evidence["table"] for one in orphans] == ["left"]
    assert orphans[0].evidence["orphan_share"] == pytest.approx(share)
    met = next(one for one in result.findings if one.code in {"keys_match", "keys_partly"})
    assert met.evidence["left_found"] == pytest.approx(1 - share)
    assert met.evidence["right_found"] == 1.0


@pytest.mark.parametrize("share", strengths(0.02, 0.1, 0.5))
def test_containment_is_told_both_ways(tmp_path: Path, context: Make, share: float) -> None:
    gone = int(KEYS * share)
    left, right = f"SELECT {COMMON} WHERE n >= {gone}", f"SELECT {COMMON} WHERE n < {KEYS - gone}"
    result = joined(tmp_path, context(), left, right)
    if share == 0.5:
        assert the("no_common_key", result)
        return
    met = next(one for one in result.findings if one.code in {"keys_match", "keys_partly"})
    wanted = (KEYS - 2 * gone) / (KEYS - gone)
    assert met.evidence["left_found"] == pytest.approx(wanted, abs=1e-5)
    assert met.evidence["right_found"] == pytest.approx(wanted, abs=1e-5)


def test_keys_of_one_name_that_hardly_meet_are_told_before_small_numbers_that_always_do(
    tmp_path: Path, context: Make
) -> None:
    met = KEYS // 50
    key = "'K-' || n AS customer_id, n % 9 AS visits"
    left, right = (
        f"SELECT {key} FROM range({first}, {first + KEYS}) t(n)" for first in (0, KEYS - met)
    )
    result = joined(tmp_path, context(), left, right)
    assert result.findings[0].code == "keys_partly"
    assert result.findings[0].evidence["left"] == "customer_id"
    assert result.findings[0].evidence["left_found"] == pytest.approx(0.02)


@pytest.mark.parametrize("share", strengths(0.02, 0.1, 0.5, 0.9))
def test_a_part_in_another_notation_is_told(tmp_path: Path, context: Make, share: float) -> None:
    other = f"CASE WHEN n < {KEYS * share} THEN lower(replace(customer_id, '-', '')) ELSE customer_id END AS customer_id"
    result = joined(
        tmp_path, context(), f"SELECT {COMMON}", f"SELECT {other} FROM (SELECT n, {COMMON})"
    )
    evidence = the("formats_differ", result).evidence
    assert evidence["as they are"] == pytest.approx(1 - share)
    assert evidence["ignoring hyphens, spaces and punctuation"] == 1.0


@pytest.mark.parametrize("fan", strengths(2, 7, 40))
def test_fan_out_is_counted(tmp_path: Path, context: Make, fan: int) -> None:
    right = f"SELECT c.*, i AS line FROM (SELECT {COMMON}) c, range({fan}) r(i)"
    evidence = the("fan_out", joined(tmp_path, context(), f"SELECT {COMMON}", right)).evidence
    assert (evidence["right_mean"], evidence["right_most"]) == (fan, fan)


def test_a_key_of_two_columns_is_found(tmp_path: Path, context: Make) -> None:
    rows = "SELECT 'S' || n // 60 AS shop, 'T' || n % 60 AS till, {0} FROM range(3000) t(n)"
    result = joined(
        tmp_path, context(), rows.format("n % 13 * 1.5 AS takings"), rows.format("n % 17 AS visits")
    )
    found = the("composite_key", result)
    assert "shop" in found.sentence
    assert "till" in found.sentence


def test_many_to_many_is_told(tmp_path: Path, context: Make) -> None:
    twice = f"SELECT c.* FROM (SELECT {COMMON}) c, range(3)"
    evidence = the("many_to_many", joined(tmp_path, context(), twice, twice)).evidence
    assert (evidence["left_mean"], evidence["right_mean"]) == (3, 3)


@pytest.mark.parametrize("share", strengths(0.02, 0.1, 0.5))
def test_rows_without_a_key_are_told(tmp_path: Path, context: Make, share: float) -> None:
    holes = f"SELECT CASE WHEN n < {KEYS * share} THEN NULL ELSE customer_id END AS customer_id FROM (SELECT n, {COMMON})"
    result = joined(tmp_path, context(), holes, f"SELECT {COMMON}")
    assert the("keys_missing", result).evidence["share"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("keys", "share"),
    [
        (120_000, 0.5),
        *(
            pytest.param(keys, share, marks=pytest.mark.slow)
            for keys in (120_000, 400_000, 1_000_000)
            for share in (0.05, 0.2, 0.5, 0.8, 0.99)
        ),
    ],
)
def test_beyond_the_sketch_shares_are_within_the_documented_bound(
    tmp_path: Path, context: Make, keys: int, share: float
) -> None:
    """Four standard errors of a share of SKETCH_KEYS drawn keys: 0.016 at worst."""
    select = f"SELECT 'C' || n AS customer_id FROM range({keys}) t(n)"
    result = joined(tmp_path, context(), select, f"{select} WHERE n >= {keys * (1 - share)}")
    met = next(one for one in result.findings if one.code in {"keys_match", "keys_partly"})
    bound = 4 * (share * (1 - share) / SKETCH_KEYS) ** 0.5
    print(f"{keys} {share}: off by {met.evidence['left_found'] - share:+.5f}, bound {bound:.5f}")
    assert met.evidence["exact"] is False
    assert abs(met.evidence["left_found"] - share) <= bound
    assert met.evidence["left_keys"] == pytest.approx(keys, rel=4 / SKETCH_KEYS**0.5)
