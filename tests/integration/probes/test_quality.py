# ruff: noqa: E501  (statements read better on one line)
"""Quality on hostile tables, on every kind of file, and pushed down to a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import ProbeContext, ProbeFault, ProbeRequest, ProbeResult, from_json, to_json
from probes.quality import run
from probes.quality.codes import CODES
from tests.speed import usual_seconds

Make = Callable[..., ProbeContext]


def look(
    place: object, context: ProbeContext, target: str | None = None, **options: object
) -> ProbeResult:
    given = {"pictures": False, **options}
    request = ProbeRequest("quality", str(place), target=target, options=given)
    result = run(request, context)
    assert from_json(to_json(result)).findings == result.findings
    assert {one.code for one in result.findings} <= set(CODES)
    return result


def codes(result: ProbeResult) -> set[str]:
    return {one.code for one in result.findings}


def parquet(path: Path, select: str) -> Path:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_the_same_checks_run_pushed_down_in_postgresql(as_reader: str, context: Make) -> None:
    table = as_reader.replace("/postgres?", "/postgres.orders?")
    result = look(table, context(), target="late")
    assert {
        "missing",
        "not_finite",
        "personal_data",
        "near_unique",
        "nested_column",
        "label_ok",
    } <= codes(result)
    missing = next(one for one in result.findings if one.code == "missing")
    assert missing.column == "basket"
    assert missing.evidence["missing"] == 300
    assert result.facts["duplicate_rows"] == 0


def test_no_value_of_a_row_reaches_the_result(tmp_path: Path, context: Make) -> None:
    path = parquet(
        tmp_path / "canary.parquet",
        "SELECT n AS id, CASE WHEN n % 9 = 0 THEN 'canaryword' || n WHEN n % 7 = 0 THEN 'CANARYWORD' "
        "ELSE 'p' || n || '.canary@example.com' END AS contact, CASE WHEN n = 5 THEN 918273645 ELSE n "
        "END AS amount, '+49 30 5550' || (1000 + n) AS phone, 'DE89 3704 0044 0532 0130 ' || n % 99 AS "
        "account, 'canaryflag' AS flag FROM range(2000) t(n)",
    )
    text = to_json(look(path, context(), target="flag"))
    for canary in (
        "canaryword",
        "CANARYWORD",
        ".canary@",
        "918273645",
        "5550",
        "3704",
        "canaryflag",
    ):
        assert canary not in text, canary


def test_an_empty_table_stops_and_is_missing(tmp_path: Path, context: Make) -> None:
    (tmp_path / "empty.csv").write_text("a,b\n")
    result = look(tmp_path / "empty.csv", context(), target="a")
    assert "table_empty" in codes(result)
    assert result.scenario == "missing"
    (tmp_path / "zero.csv").write_text("")
    assert {"file_empty", "table_empty"} <= codes(look(tmp_path / "zero.csv", context()))


@pytest.mark.parametrize(
    "count",
    [pytest.param(1_300, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.slow)],
)
def test_very_many_columns_are_told_in_few_findings(
    tmp_path: Path, context: Make, count: int
) -> None:
    import duckdb

    with duckdb.connect() as engine:
        columns = ", ".join(
            f"CASE WHEN n % 3 = 0 THEN NULL ELSE n + {at} END AS c{at}" for at in range(count)
        )
        engine.execute(f"COPY (SELECT {columns} FROM range(300) t(n)) TO '{tmp_path}/wide.parquet'")
    result = look(tmp_path / "wide.parquet", context())
    assert {"wide_table", "missing", "more_columns"} <= codes(result)
    assert len(result.findings) < 100


def test_beyond_a_number_of_columns_those_that_are_named_are_looked_at_first(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, limit in (("facts", "SAMPLE_COLUMNS"), ("columns", "SAMPLE_COLUMNS")):
        monkeypatch.setattr(f"probes.quality.{module}.{limit}", 20)
    monkeypatch.setattr("probes.quality.facts.COLUMNS_A_STATEMENT", 7)
    monkeypatch.setattr("probes.quality.facts.COLUMNS_A_HASH", 5)
    monkeypatch.setattr("probes.quality.facts.COLUMNS_APART", 11)
    columns = ", ".join(
        f"CASE WHEN n % 3 = 0 THEN 'n/a' ELSE n || 'x' END AS c{at}" for at in range(50)
    )
    path = parquet(
        tmp_path / "wide.parquet", f"SELECT {columns}, NULL::INT AS hollow FROM range(300) t(n)"
    )
    result = look(path, context(), target="c49")
    found = {(one.code, one.column) for one in result.findings}
    assert {"wide_table", "more_columns", "placeholder_text"} <= codes(result)
    assert ("placeholder_text", "c49") in found
    assert ("all_missing", "hollow") in found
    assert result.facts["duplicate_rows"] == 99


def test_hostile_names_and_cells_are_read(tmp_path: Path, context: Make) -> None:
    path = parquet(
        tmp_path / "odd.parquet",
        """SELECT n AS "a""b", 'x' AS "new
line", {'k': n} AS "struct col", [n] AS "liste", n::DOUBLE AS " padded ", 'blob'::BLOB AS "b'lob",
        CASE n % 3 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN 'inf'::DOUBLE ELSE 1e308 END AS f,
        DATE '5877642-06-25' (BC) AS far FROM range(300) t(n)""".replace(
            "DATE '5877642-06-25' (BC)", "DATE '1200-01-01'"
        ),
    )
    result = look(path, context())
    assert {
        "odd_column_names",
        "nested_column",
        "binary_column",
        "not_finite",
        "impossible_dates",
    } <= codes(result)


def huge_parquet(path: Path) -> None:
    parquet(
        path,
        "SELECT n, CASE WHEN n = 7 THEN repeat('x', 50000000) ELSE 'y' END AS doc FROM range(20) t(n)",
    )


def huge_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE t (n INTEGER, doc TEXT)")
        rows = [(n, "x" * 50_000_000 if n == 7 else "y") for n in range(20)]
        made.executemany("INSERT INTO t VALUES (?, ?)", rows)
    made.close()


def huge_csv(path: Path) -> None:
    lines = [f"{n},{'x' * 50_000_000 if n == 7 else 'y'}\n" for n in range(20)]
    path.write_text("n,doc\n" + "".join(lines))


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("t.parquet", huge_parquet),
        pytest.param("t.db", huge_sqlite, marks=pytest.mark.slow),
        pytest.param("t.csv", huge_csv, marks=pytest.mark.slow),
    ],
)
def test_a_cell_of_fifty_megabytes_is_told_in_seconds(
    tmp_path: Path, context: Make, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    looks = []
    assert usual_seconds(lambda: looks.append(look(tmp_path / name, context())), 1) < 15
    found = next(one for one in looks[0].findings if one.code == "huge_values")
    assert found.sentence == "doc has a cell of 50.0 million characters."


def test_text_that_is_not_utf8_is_read_and_told(tmp_path: Path, context: Make) -> None:
    (tmp_path / "old.csv").write_bytes(
        b"id,ort\n" + "".join(f"{n},Köln\n" for n in range(300)).encode("latin-1")
    )
    result = look(tmp_path / "old.csv", context())
    found = next(one for one in result.findings if one.code == "encoding_not_utf8")
    assert found.evidence["lines"] == 300


def test_lines_that_do_not_fit_are_left_out_and_counted(tmp_path: Path, context: Make) -> None:
    lines = [f"{n},{n}" if n % 100 else f"{n},{n},9,9" for n in range(1, 900)]
    (tmp_path / "torn.csv").write_text("\n".join(["a,b", *lines]) + "\n")
    result = look(tmp_path / "torn.csv", context())
    assert result.facts["columns"] == 2
    found = next(one for one in result.findings if one.code == "unreadable_lines")
    assert found.evidence == {"lines": 8, "first_line": 101}


def test_sqlite_types_follow_the_cells(tmp_path: Path, context: Make) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE items (id INTEGER, price REAL, mixed INTEGER, sold DATE)")
        rows = [(n, n * 0.5, "see note" if n % 50 == 0 else n, "2024-03-04") for n in range(1000)]
        shop.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
    shop.close()
    result = look(tmp_path / "shop.db", context())
    assert any(one.code == "numbers_as_text" and one.column == "mixed" for one in result.findings)
    assert result.facts["time_column"] == "sold"


def test_a_label_that_is_not_there_stops(tmp_path: Path, context: Make) -> None:
    path = parquet(tmp_path / "t.parquet", "SELECT n AS a FROM range(500) t(n)")
    result = look(path, context(), target="churned")
    assert result.findings[0].code == "label_missing"
    assert result.findings[0].level is FindingLevel.STOPS
    assert result.scenario == "unusable"


@pytest.mark.parametrize(("again", "told"), [(30, True), (0, False)])
def test_rows_that_a_test_shares_with_what_it_tests_are_told(
    again: int, told: bool, tmp_path: Path, context: Make
) -> None:
    rows = [f"{n},{n * 7 % 101},{n % 3}\n" for n in range(900)]
    for name, lines in (("train", rows[:600]), ("check", rows[600:] + rows[:again])):
        (tmp_path / f"{name}.csv").write_text("a,b,c\n" + "".join(lines))
    assert ("rows_shared" in codes(look(tmp_path, context()))) is told


def test_of_several_tables_of_a_folder_the_largest_is_looked_at(
    tmp_path: Path, context: Make
) -> None:
    for name, rows in (("one", 1), ("two", 3)):
        (tmp_path / f"{name}.csv").write_text("a\n" + "1\n" * rows)
    result = look(tmp_path, context())
    assert result.table == "two"
    assert "also has one" in next(x.sentence for x in result.findings if x.code == "other_tables")
    with pytest.raises(InputError, match="no table “three”"):
        look(f"{tmp_path}.three", context())


@pytest.mark.parametrize(("twice", "lost"), [(3, 0), (0, 5), (0, 0)])
def test_what_a_table_refers_to_in_another_one_is_compared(
    tmp_path: Path, context: Make, twice: int, lost: int
) -> None:
    sites = [f"S{n:03},{n % 4}" for n in range(lost, 60)] + [f"S{n:03},9" for n in range(twice)]
    visits = [f"{n},S{n % 60:03}" for n in range(600)]
    (tmp_path / "sites.csv").write_text("\n".join(["site_id,zone", *sites]))
    (tmp_path / "visits.csv").write_text("\n".join(["visit,site_id", *visits]))
    told = {x.code: x.evidence.get("rows") for x in look(tmp_path, context()).findings}
    assert told.get("lookup_repeated", 0) == 10 * twice
    assert told.get("reference_broken", 0) == 10 * lost


def test_another_table_of_a_folder_is_looked_at_too(tmp_path: Path, context: Make) -> None:
    visits = [f"{n},V{n:05},{n % 7}" for n in range(900)]
    day = ["2024-{1:02}-{0:02}", "{0:02}.{1:02}.2024"]
    bills = [
        f"V{n:05},{day[n % 6 == 0].format(1 + n % 28, 1 + n % 12)},{n % 50 + 0.5}"
        for n in range(400)
    ]
    (tmp_path / "visits.csv").write_text("\n".join(["no,visit,kind", *visits]))
    (tmp_path / "bills.csv").write_text("\n".join(["visit,paid_on,paid", *bills]))
    result = look(tmp_path, context())
    told = [one for one in result.findings if one.evidence.get("table") == "bills"]
    assert result.table == "visits"
    dates = next(one for one in told if one.code == "date_formats_mixed")
    assert dates.sentence.startswith("In bills: paid_on")
    assert {one.column for one in told} == {"paid_on"}
    assert "reference_broken" not in {one.code for one in result.findings}


def test_a_statement_over_its_time_is_a_fault(as_reader: str, context: Make) -> None:
    sources = context(pg={"url": as_reader, "statement_timeout": 0.3})
    with pytest.raises(ProbeFault) as fault:
        look("pg.slow", sources)
    assert fault.value.finding.code == "statement_timed_out"


def test_a_source_that_dies_meanwhile_is_a_fault(
    postgres: str, as_reader: str, context: Make
) -> None:
    def end_the_reader() -> None:
        time.sleep(1.0)
        with psycopg.connect(postgres, autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
            )

    killer = threading.Thread(target=end_the_reader)
    killer.start()
    with pytest.raises(ProbeFault) as fault:
        look(as_reader.replace("/postgres?", "/postgres.slow?"), context())
    killer.join()
    assert fault.value.finding.code == "source_lost"


def test_what_matters_to_the_use_case_comes_first(tmp_path: Path, context: Make) -> None:
    path = parquet(
        tmp_path / "m.parquet",
        "SELECT n % 40 AS machine_id, TIMESTAMP '2024-01-01' + to_hours(n) AS at, CASE WHEN n % 2 = 0 "
        "THEN NULL ELSE n END AS half, CASE WHEN n % 20 = 0 THEN -999 ELSE n % 90 END AS reading "
        "FROM range(4000) t(n)",
    )
    maintenance = [one.code for one in look(path, context(), use_case="maintenance").findings]
    churn = [one.code for one in look(path, context(), use_case="churn").findings]
    assert maintenance.index("sentinel_numbers") < maintenance.index("missing")
    assert churn.index("missing") < churn.index("sentinel_numbers")


def test_a_second_run_says_which_columns_changed_since_the_first(
    tmp_path: Path, context: Make
) -> None:
    path = parquet(
        tmp_path / "t.parquet", "SELECT n AS id, n % 7 AS paid, 'x' AS town FROM range(300) t(n)"
    )
    first = look(path, context())
    earlier = {"day": "2026-05-04", "schema": first.facts["schema"]}
    assert "schema_drift" not in codes(look(path, context(), earlier=earlier))
    parquet(path, "SELECT n AS id, 'yes' AS paid, 'x' AS city FROM range(300) t(n)")
    [drift] = [
        one for one in look(path, context(), earlier=earlier).findings if one.code == "schema_drift"
    ]
    assert drift.level is FindingLevel.SLOWS
    assert drift.sentence == (
        "The columns differ from those of the run of 2026-05-04: town is called city; "
        "paid is text (varchar) instead of number (bigint)."
    )
    parquet(path, "SELECT 'x' AS town, n AS id, n % 7 AS paid FROM range(300) t(n)")
    moved = [
        one for one in look(path, context(), earlier=earlier).findings if one.code == "schema_drift"
    ]
    assert [one.level for one in moved] == [FindingLevel.NOTE]


@pytest.mark.parametrize("earlier", ["yesterday", {}, {"schema": ["id"]}])
def test_an_earlier_run_that_is_none_is_refused(
    tmp_path: Path, context: Make, earlier: object
) -> None:
    path = parquet(tmp_path / "t.parquet", "SELECT 1 AS id")
    with pytest.raises(InputError, match="takes a day and a schema"):
        look(path, context(), earlier=earlier)
