"""Files of one table are read together whatever type a column has in one of them."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import duckdb
import pytest

from probes.sources.together import read_together

VALUES = {
    "whole": "1",
    "decimal": "1.5::DOUBLE",
    "text": "'x'",
    "moment": "TIMESTAMP '2024-01-01'",
    "day": "DATE '2024-01-01'",
    "clock": "TIME '01:02'",
    "flag": "true",
    "object": "{'a': 1}",
    "list": "[1]",
}


@pytest.mark.parametrize(("one", "other"), list(permutations(VALUES, 2)))
def test_every_two_types_of_a_column_are_read_together(one: str, other: str) -> None:
    with duckdb.connect() as local:
        parts = [f"(SELECT {VALUES[kind]} AS v, 7 AS k)" for kind in (one, other)]
        rows = local.execute(read_together(local, parts)).fetchall()
    assert [row[1] for row in rows] == [7, 7]
    assert all(row[0] is not None for row in rows)


def test_a_column_that_is_empty_in_one_file_keeps_its_type() -> None:
    with duckdb.connect() as local:
        parts = ["(SELECT NULL::VARCHAR AS v)", "(SELECT 2.5::DOUBLE AS v)"]
        assert local.execute(read_together(local, parts)).fetchall() == [(None,), (2.5,)]


def test_names_that_differ_in_case_alone_are_one_column(tmp_path: Path) -> None:
    with duckdb.connect() as local:
        for name, cell in (("a", "DATE '2024-01-01' AS Day"), ("b", "45292 AS day")):
            local.execute(f"COPY (SELECT {cell}) TO '{tmp_path / name}.parquet'")
        parts = [f"read_parquet('{tmp_path / name}.parquet')" for name in "ab"]
        rows = local.execute(read_together(local, parts)).fetchall()
    assert rows == [("2024-01-01",), ("45292",)]
