# ruff: noqa: E501  (statements read better on one line)
"""Access, quality and joins on a real Spark in local mode; `make test-engines` brings it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from probes.access import run as look_for_access
from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest, ProbeResult
from probes.joins import run as compare
from probes.quality import run as look_at_quality
from probes.settings import read_settings
from probes.sources import open_source
from probes.sources.places import find_place

Make = Callable[..., ProbeContext]

spark = [
    pytest.mark.slow,
    pytest.mark.engines,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="make test-engines brings pyspark"),
]


def the(code: str, result: ProbeResult) -> Finding:
    return next(one for one in result.findings if one.code == code)


@pytest.fixture
def lake(tmp_path: Path) -> str:
    """A folder of Parquet with types that travel badly, as Spark's URL."""
    import duckdb

    folder = tmp_path / "lake"
    folder.mkdir()
    tables = {
        "orders": "SELECT n AS order_id, 'C' || lpad((n % 90)::VARCHAR, 5, '0') AS customer, (n % 7)::DECIMAL(8, 2) AS amount, "
        "CASE WHEN n % 10 = 0 THEN NULL ELSE n % 50 END AS basket, TIMESTAMPTZ '2024-01-01 00:00+00' + to_hours(n) AS placed_at, "
        "CASE WHEN n % 50 = 0 THEN 'NaN'::DOUBLE WHEN n % 77 = 0 THEN 'inf'::DOUBLE ELSE n * 0.5 END AS reading, n % 3 = 0 AS late, "
        "{'k': n, 'l': [n]} AS extra, 'p' || n || '@example.com' AS \"con`tact\" FROM range(1, 3001) t(n)",
        "crm": "SELECT 'c-' || lpad(n::VARCHAR, 5, '0') AS cust_no, 'A' AS tier FROM range(60) t(n)",
        "hollow": "SELECT 1 AS a WHERE FALSE",
    }
    with duckdb.connect() as engine:
        for name, select in tables.items():
            engine.execute(f"COPY ({select}) TO '{folder}/{name}.parquet' (FORMAT parquet)")
    (folder / "broken.parquet").write_bytes(b"this is no parquet")
    return f"spark://local{folder}"


class TestSpark:
    pytestmark = spark

    def test_access_reads_a_row_and_tells_what_cannot_be_read(
        self, lake: str, context: Make
    ) -> None:
        found = look_for_access(ProbeRequest("access", lake), context())
        assert found.scenario == "accessible"
        assert found.facts["tables"] == 4
        for table, code in (
            ("broken", "file_unreadable"),
            ("nowhere", "table_absent"),
            ("hollow", "table_empty"),
        ):
            told = look_for_access(ProbeRequest("access", lake, table), context())
            assert told.findings[0].code == code

    def test_quality_counts_what_duckdb_counts(self, lake: str, context: Make) -> None:
        options = {"pictures": False}
        here = look_at_quality(ProbeRequest("quality", lake, "orders", "late", options), context())
        path = lake.removeprefix("spark://local")
        there = look_at_quality(
            ProbeRequest("quality", f"{path}/orders.parquet", None, "late", options), context()
        )
        assert [(one.code, one.column, one.level) for one in here.findings] == [
            (one.code, one.column, one.level) for one in there.findings
        ]
        assert the("missing", here).evidence == the("missing", there).evidence
        assert the("not_finite", here).evidence["not_finite"] == 98
        assert the("label_ok", here).evidence["rarest"] == 1000
        assert here.facts["duplicate_rows"] == 0

    def test_keys_match_between_spark_and_a_file(self, lake: str, context: Make) -> None:
        path = lake.removeprefix("spark://local")
        request = ProbeRequest(
            "joins", f"{path}/crm.parquet", options={"other": f"{lake}.orders", "pictures": False}
        )
        result = compare(request, context())
        assert result.facts["keys"] == [["cust_no", "customer"]]
        assert the("formats_differ", result).evidence["as they are"] == 0
        assert the("orphans", result).evidence["orphan_share"] == pytest.approx(1 / 3, abs=0.01)

    def test_a_statement_over_its_time_is_stopped(self, lake: str, context: Make) -> None:
        limited = context(lake={"url": lake, "statement_timeout": 60})
        source, _ = open_source("lake.orders", limited)
        with source:
            many = ", ".join(f"{source.relation('orders')} AS {name}" for name in "abcd")
            source.settings.__dict__["statement_timeout"] = 0.5
            with pytest.raises(ProbeFault) as fault:
                source.rows(f"SELECT sum(a.amount * b.amount * c.amount * d.amount) FROM {many}")
        assert fault.value.finding.code == "statement_timed_out"

    def test_a_file_gone_meanwhile_is_a_change(self, lake: str, context: Make) -> None:
        source, _ = open_source(f"{lake}.crm", context())
        with source:
            relation = source.relation("crm")
            (Path(lake.removeprefix("spark://local")) / "crm.parquet").unlink()
            with pytest.raises(ProbeFault) as fault:
                source.rows(f"SELECT count(cust_no) FROM {relation}")
        assert fault.value.finding.code == "source_changed"

    def test_a_catalogues_tables_are_read_by_name(self, context: Make, tmp_path: Path) -> None:
        place = tmp_path / "visits"
        maker, _ = open_source("lake", context(lake={"url": "spark://local"}))
        maker._session.sql(  # type: ignore[attr-defined]  # the address says that it is Spark
            f"CREATE TABLE visits USING parquet LOCATION '{place}' AS SELECT 7 AS n"
        )
        with maker:
            assert maker.only_table("visits") == "visits"
            assert maker.rows(f"SELECT n FROM {maker.relation('visits')}") == [(7,)]


def test_a_cluster_that_is_not_there_is_told_without_starting_java(context: Make) -> None:
    with pytest.raises(ProbeFault) as fault:
        open_source("spark://no-such-host.invalid:7077/sales", context())
    assert fault.value.finding.code == "host_unknown"
    with pytest.raises(ProbeFault) as absent:
        open_source("spark://local/no/such/folder", context())
    assert absent.value.finding.code == "file_absent"


@pytest.mark.skipif(find_spec("pyspark") is not None, reason="pyspark is installed here")
def test_without_pyspark_the_extra_is_named(tmp_path: Path, context: Make) -> None:
    with pytest.raises(InputError, match=r"hour48\[spark\]"):
        open_source(f"spark://local{tmp_path}", context())


def test_a_spark_place_is_a_path_or_a_database_then_a_table(tmp_path: Path) -> None:
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "a.parquet").touch()
    settings = read_settings({})
    cases = {
        f"spark://local{tmp_path}/v1.2.orders": (f"spark://local{tmp_path}/v1.2", "orders"),
        f"spark://local{tmp_path}/a.parquet": (f"spark://local{tmp_path}/a.parquet", None),
        "spark://master:7077/sales.orders": ("spark://master:7077/sales", "orders"),
    }
    for text, (url, table) in cases.items():
        place = find_place(text, settings)
        assert place.settings.url is not None
        assert (place.settings.url.get_secret_value(), place.table) == (url, table)
