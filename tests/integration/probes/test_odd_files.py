# ruff: noqa: DTZ001  (the data has no zone)
"""Files as strangers have them: each is read rightly or refused in one sentence."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
import random
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest, ProbeResult, to_json
from probes.quality import run
from probes.sources import open_source

Make = Callable[..., ProbeContext]


def look(place: object, context: ProbeContext, target: str | None = None) -> ProbeResult:
    return run(
        ProbeRequest("quality", str(place), target=target, options={"pictures": False}), context
    )


def the(code: str, column: str, result: ProbeResult) -> Finding:
    return next(one for one in result.findings if (one.code, one.column) == (code, column))


def lines(header: str, make: Callable[[int], str], count: int = 400, end: str = "\n") -> str:
    return end.join([header, *(make(n) for n in range(count))]) + end


TEXTS: dict[str, tuple[bytes, tuple[int, int]]] = {
    "semicolons.csv": (lines("a;b", lambda n: f"{n};{n},5", end="\r\n").encode(), (400, 2)),
    "tabs.tsv": (lines("a\tb", lambda n: f"{n}\tx").encode(), (400, 2)),
    "pipes.txt": (lines("a|b", lambda n: f"{n}|x").encode(), (400, 2)),
    "marked.csv": (lines("a,b", lambda n: f"{n},x").encode("utf-8-sig"), (400, 2)),
    "utf16.csv": (lines("a,b", lambda n: f"{n},Köln").encode("utf-16"), (400, 2)),
    "breaks.csv": (lines("a,b", lambda n: f'{n},"two\nlines, ""{n}"""').encode(), (400, 2)),
    "twins.csv": (lines("a,a,A", lambda n: f"{n},x,y").encode(), (400, 3)),
    "old_mac.csv": (lines("a,b", lambda n: f"{n},x", end="\r").encode(), (400, 2)),
    "titles.csv": (
        ("Stock;;\nAs of;2.1.2024;\n;;\n" + lines("a;b;c", lambda n: f"{n};x;{n},5")).encode(),
        (400, 3),
    ),
    "sparse.csv": (lines("a,b,c", lambda n: f"{n},,").encode(), (400, 3)),
    "comment.csv": (b"# made by hand\n\n" + lines("a,b", lambda n: f"{n},x").encode(), (400, 2)),
    "no_header.csv": (lines("0,x,0.5", lambda n: f"{n},x,0.5").encode(), (401, 3)),
    "only_header.csv": (b"a,b,c\n", (0, 3)),
    "one.csv": (b"a,b\n1,2\n", (1, 2)),
    "array.json": (json.dumps([{"a": n, "b": n % 3} for n in range(300)]).encode(), (300, 2)),
    "lines.jsonl": (
        lines('{"a": 1, "b": {"c": [1]}}', lambda n: f'{{"a": {n}, "b": {{"c": [1]}}}}').encode(),
        (401, 2),
    ),
    "scalar.json": (b"42", (1, 1)),
}


def test_an_archive_with_one_csv_is_judged_like_the_file(tmp_path: Path, context: Make) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as packed:
        packed.writestr("daten/export.csv", lines("a,b", lambda n: f"{n},x{n % 7}"))
    result = look(tmp_path / "export.zip", context())
    assert (result.facts["rows"], result.facts["columns"]) == (400, 2)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_month_whose_dates_are_day_numbers_is_read_with_the_others_and_told(
    tmp_path: Path, context: Make, suffix: str
) -> None:
    for month in range(1, 5):
        days = pd.Series(pd.date_range(f"2024-{month:02}-01", periods=80, freq="8h"))
        serials = (days - pd.Timestamp("1899-12-30")).dt.days
        frame = pd.DataFrame({"posted": serials if month == 3 else days, "n": range(80)})
        file = tmp_path / f"ledger_2024-{month:02}.{suffix}"
        frame.to_csv(file, index=False) if suffix == "csv" else frame.to_parquet(file)
    result = look(tmp_path, context())
    assert result.facts["rows"] == 320
    told = [one.sentence for one in result.findings if one.code == "schema_drift"]
    assert len(told) == 1
    assert "ledger_2024-03" in told[0]


@pytest.mark.parametrize("content", ["", "day,sold\n"])
def test_a_month_without_rows_is_told_as_such(tmp_path: Path, context: Make, content: str) -> None:
    for month in range(1, 5):
        rows = "".join(f"2024-{month:02}-{day:02},{day}\n" for day in range(1, 29))
        text = content if month == 3 else f"day,sold\n{rows}"
        (tmp_path / f"sales_2024-{month:02}.csv").write_text(text)
    result = look(tmp_path, context())
    assert result.facts["rows"] == 84
    told = [one.sentence for one in result.findings if one.code == "schema_drift"]
    assert told == ["sales_2024-03.csv differs from the other 3 files: it holds no rows."]


def test_shifted_rows_are_told_as_such_beside_a_repeated_header(
    tmp_path: Path, context: Make
) -> None:
    names = ["id", "name", "begin", "price", "city"]
    rows = [
        [str(n), ("Kim", "Ana", "Ole")[n % 3], f"{n % 14 + 6:02}:{n % 60:02}", f"{n % 83}.5", "Ulm"]
        for n in range(400)
    ]
    rows[50::40] = [["", *row[:-1]] for row in rows[50::40]]
    text = "\n".join(",".join(row) for row in [names, *rows[:200], names, *rows[200:]])
    (tmp_path / "shifts.csv").write_text(text)
    found = {one.code: one for one in look(tmp_path / "shifts.csv", context()).findings}
    assert found["header_rows"].evidence["rows"] == 1
    assert found["shifted_rows"].evidence["rows"] == 9
    assert not {"clock_formats_mixed", "number_notations", "mixed_types"} & set(found)


def test_rows_that_say_one_word_in_every_cell_are_no_rows(tmp_path: Path, context: Make) -> None:
    lost = "DELETED,DELETED,DELETED"
    text = lines("id,name,city", lambda n: f"{n},{('Kim', 'Ana')[n % 2]},C{n % 40}")
    (tmp_path / "access.csv").write_text("\n".join([text.rstrip(), lost, lost]))
    found = {one.code: one for one in look(tmp_path / "access.csv", context()).findings}
    assert found["blank_rows"].evidence["rows"] == 2


def test_names_that_a_file_gives_twice_are_told(tmp_path: Path, context: Make) -> None:
    file = tmp_path / "twice.csv"
    file.write_text(lines("id,value,name,value", lambda n: f"{n},{n * 2},x,{n * 3}"))
    told = [one for one in look(file, context()).findings if one.code == "repeated_names"]
    assert [one.evidence["columns_named"] for one in told] == [("value",)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_only_a_file_that_has_one_is_told_to_end_with_a_note(
    tmp_path: Path, context: Make, encoding: str
) -> None:
    rows = lines("a,b,c", lambda n: f"{n},Köln {n % 9},{n * 7 % 40}", count=900)
    for text, expected in ((rows, 0), (f"{rows}\nSource: survey\n", 1)):
        (tmp_path / "noted.csv").write_bytes(text.encode(encoding))
        codes = [one.code for one in look(tmp_path / "noted.csv", context()).findings]
        assert codes.count("footer_lines") == expected


def test_a_missing_file_is_not_looked_for_in_one_of_its_name(tmp_path: Path, context: Make) -> None:
    (tmp_path / "orders").mkdir()
    with pytest.raises(InputError, match=r"There is no file at .*orders\.csv"):
        open_source(str(tmp_path / "orders.csv"), context())


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (b"\x80\x04\x95", "a pickled Python object"),
        (b"\x89HDF\r\n", "an HDF5 file"),
        (b"Obj\x01\x04", "an Avro file"),
        (b"ORC\x08", "an ORC file"),
    ],
)
def test_a_binary_file_is_refused_by_its_formats_name(
    tmp_path: Path, context: Make, head: bytes, said: str
) -> None:
    (tmp_path / "table.csv").write_bytes(head + b"a,b\n1,2\n" * 50)
    with pytest.raises(ProbeFault) as fault:
        look(tmp_path / "table.csv", context())
    assert fault.value.finding.code == "file_other_format"
    assert said in fault.value.finding.sentence


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_file_has_the_rows_and_columns_it_has(
    tmp_path: Path, context: Make, name: str
) -> None:
    content, shape = TEXTS[name]
    (tmp_path / name).write_bytes(content)
    source, _ = open_source(str(tmp_path / name), context())
    with source:
        table = source.only_table(None)
        assert (source.row_count(table), len(source.columns(table))) == shape


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("noise.csv", random.Random(7).randbytes(5000)),
        ("plain.csv.gz", b"a,b\n1,2\n"),
        ("cut.json", b'{"a": 1'),
        ("text.xlsx", b"not a workbook"),
        ("text.parquet", b"nope"),
        ("text.db", b"nope" * 100),
        ("text.duckdb", b"nope" * 2000),
    ],
)
def test_what_is_no_such_file_is_a_fault(
    tmp_path: Path, context: Make, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProbeFault) as fault:
        look(tmp_path / name, context())
    assert fault.value.finding.code == "file_unreadable"


@pytest.mark.slow
def test_a_long_json_object_is_given_more_room(tmp_path: Path, context: Make) -> None:
    long = {"a": 1, "doc": "x" * 20_000_000}
    (tmp_path / "t.jsonl").write_text(json.dumps(long) + '\n{"a": 2, "doc": ""}\n')
    source, _ = open_source(str(tmp_path / "t.jsonl"), context())
    with source:
        assert source.row_count("t") == 2


def test_a_title_above_an_excel_table_is_no_header(tmp_path: Path, context: Make) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Übersicht 2026"
    sheet.merge_cells("A1:C1")
    sheet["A1"] = "Report of the year"
    sheet.append([])
    sheet.append(["id", "when", "amount"])
    for n in range(30):
        sheet.append([n, dt.datetime(2026, 1, 1) + dt.timedelta(days=n), n * 1.5])
    book.save(tmp_path / "book.xlsx")
    source, table = open_source(f"{tmp_path}/book.xlsx.Übersicht 2026", context())
    with source:
        described = {one.name: one.type_name for one in source.columns(table or "")}
    assert described == {"id": "BIGINT", "when": "TIMESTAMP", "amount": "DOUBLE"}


def test_a_folder_of_partitions_is_one_table(tmp_path: Path, context: Make) -> None:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute(
            "COPY (SELECT n AS id, n % 5 AS shop FROM range(1000) t(n)) "
            f"TO '{tmp_path}/sales' (FORMAT parquet, PARTITION_BY shop)"
        )
    source, _ = open_source(str(tmp_path / "sales"), context())
    with source:
        assert source.tables() == ["sales"]
        assert {one.name for one in source.columns("sales")} == {"id", "shop"}


@pytest.mark.parametrize(("rows", "least", "most"), [(None, 5_000, 5_000), (2_000, 1_700, 2_000)])
def test_a_very_wide_table_is_read_in_parts_whose_rows_belong_together(
    tmp_path: Path,
    context: Make,
    monkeypatch: pytest.MonkeyPatch,
    rows: int | None,
    least: int,
    most: int,
) -> None:
    import duckdb
    import numpy as np

    monkeypatch.setattr("probes.sources.files.COLUMNS_AT_ONCE", 3)
    cells = ", ".join(f"n + {at} AS c{at}" for at in range(10))
    path = tmp_path / "wide.parquet"
    with duckdb.connect() as engine:
        engine.execute(
            f"COPY (SELECT {cells} FROM range(5000) t(n)) TO '{path}' (ROW_GROUP_SIZE 2048)"
        )
    source, _ = open_source(str(path), context())
    with source:
        frame = source.read_frame("wide", rows=rows)
    assert list(frame) == [f"c{at}" for at in range(10)]
    assert least <= len(frame) <= most
    assert ((frame - np.arange(10)).nunique(axis=1) == 1).all()
    assert frame.c0.is_unique


def test_the_same_rows_of_a_long_file_are_drawn_each_time(tmp_path: Path, context: Make) -> None:
    path = tmp_path / "long.csv"
    path.write_text("n,kind\n" + "".join(f"{n},k{n % 7}\n" for n in range(60_000)))
    drawn = []
    for _ in range(2):
        source, _ = open_source(str(path), context())
        with source:
            drawn.append(sorted(source.read_frame("long", rows=10_000).n))
    assert drawn[0] == drawn[1]
    assert 9_000 <= len(drawn[0]) <= 10_000
    assert sum(drawn[0]) / len(drawn[0]) == pytest.approx(30_000, rel=0.05)


def test_rows_of_a_file_with_few_different_rows_are_drawn_all_the_same(
    tmp_path: Path, context: Make
) -> None:
    path = tmp_path / "few.csv"
    path.write_text("kind\n" + "".join(f"k{n % 3}\n" for n in range(30_000)))
    source, _ = open_source(str(path), context())
    with source:
        frame = source.read_frame("few", rows=3_000)
    assert len(frame) == 3_000
    assert set(frame.kind) == {"k0", "k1", "k2"}


def test_a_view_whose_table_is_gone_is_named(tmp_path: Path, context: Make) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE items (id INTEGER)")
        shop.execute("CREATE VIEW lost AS SELECT * FROM gone")
    shop.close()
    with pytest.raises(ProbeFault, match="lost rests on something that is gone"):
        look(f"{tmp_path}/shop.db.lost", context())


def test_a_sqlite_column_without_a_name_is_given_one(tmp_path: Path, context: Make) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("""CREATE TABLE "we""ird' name" (id INTEGER, "" INTEGER, "a b" TEXT)""")
        shop.execute("""INSERT INTO "we""ird' name" VALUES (1, 2, 'x')""")
    shop.close()
    source, table = open_source(f"{tmp_path}/shop.db.we\"ird' name", context())
    with source:
        assert [one.name for one in source.columns(table or "")] == ["id", "column_2", "a b"]
        assert source.rows(f"SELECT * FROM {source.relation(table or '')}") == [(1, 2, "x")]


def test_very_large_numbers_are_not_called_alike(tmp_path: Path, context: Make) -> None:
    (tmp_path / "big.csv").write_text(lines("id", lambda n: str(10**20 + n)))
    assert [one.code for one in look(tmp_path / "big.csv", context()).findings] == ["near_unique"]


def test_three_of_forty_seven_machines_report(tmp_path: Path, context: Make) -> None:
    start = dt.datetime(2026, 9, 1)
    rows = [
        f"M{machine:02d},{(start + dt.timedelta(hours=hour)).isoformat()},{20 + hour % 7}"
        for hour in range(0, 24 * 60, 4)
        for machine in range(47 if hour < 24 * 40 else 3)
    ]
    (tmp_path / "sensors.csv").write_text("\n".join(["machine_id,ts,temperature", *rows]) + "\n")
    found = the("entities_silent", "machine_id", look(tmp_path / "sensors.csv", context()))
    assert found.sentence.startswith("3 of 47 entities")
    assert found.level is FindingLevel.SLOWS


PEOPLE: dict[str, tuple[str, Callable[[int], str]]] = {
    "contact": ("email", lambda n: f"jörg.{n}@köln{n % 50}.example"),
    "rufnummer": ("phone", lambda n: f"0171/{2000000 + n}"),
    "konto": ("iban", lambda n: f"DE89 3704 0044 0532 {1000 + n} 00"),
    "documento": ("national_id", lambda n: f"X{1000000 + n}L"),
    "codice": ("national_id", lambda n: f"RSSMRA{10 + n % 80}A01H{100 + n % 900}U"),
    "where": ("address", lambda n: f"Hauptstraße {n} in Berlin"),
    "ou": ("address", lambda n: f"{n} rue de la Paix Paris"),
    "vorname": ("person_name", lambda n: ["Ana", "Jörg", "Мария", "美咲"][n % 4]),
    "apellidos": ("person_name", lambda n: ["García", "Nguyễn", "O'Brien"][n % 3]),
    "fecha_nacimiento": ("birth_date", lambda n: f"{1950 + n % 50}-03-0{1 + n % 9}"),
    "plz": ("address", lambda n: str(10000 + n)),
}


def test_personal_data_is_told_in_several_languages_and_never_shown(
    tmp_path: Path, context: Make
) -> None:
    rows = lines(
        ",".join(PEOPLE), lambda n: ",".join(make(n) for _, make in PEOPLE.values()), count=600
    )
    (tmp_path / "people.csv").write_text(rows)
    result = look(tmp_path / "people.csv", context())
    for column, (kind, make) in PEOPLE.items():
        assert the("personal_data", column, result).evidence["kind"] == kind, column
        assert make(7) not in to_json(result)


def test_orders_and_codes_are_not_called_personal(tmp_path: Path, context: Make) -> None:
    codes: dict[str, Callable[[int], str]] = {
        "sku": lambda n: f"{n % 900 + 100}-{n % 90 + 10}-X",
        "version": lambda n: f"1.{n % 9}.{n % 7}",
        "amount": lambda n: f"{n}.{n % 90 + 10}",
        "span": lambda n: f"{n % 30 + 1}-{n % 12 + 1}",
        "city": lambda n: ["Berlin", "Via", "Road Town"][n % 3],
        "ordered": lambda n: f"2026-0{n % 9 + 1}-1{n % 9}",
        "batch": lambda n: f"B{100000 + n}",
    }
    text = lines(",".join(codes), lambda n: ",".join(make(n) for make in codes.values()), 600)
    (tmp_path / "orders.csv").write_text(text)
    told = look(tmp_path / "orders.csv", context()).findings
    assert [one.column for one in told if one.code.startswith("personal")] == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.parquet", b"", "Parquet file: it has 0 bytes"),
        ("none.xlsx", b"", "Excel workbook: it has 0 bytes"),
        ("text.parquet", b"a,b\n1,2\n", "it holds plain text"),
        ("cut.parquet", b"PAR1\x15" + b"x" * 99, "its end is missing"),
        ("cut.zip", b"PK\x03\x04" + b"x" * 99, "ZIP archive: its end is missing"),
        ("plain.csv.gz", b"a,b\n1,2\n", "it ends in .gz, but is not packed"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:40], "(.gz) breaks off"),
        ("comma.json", b'[{"a": 1},\n {"a": 2},]', "JSON file: line 2, character "),
        ("packed.csv", b"\xfd7zXZ\x00" + b"x" * 99, "a file packed with xz"),
    ],
)
def test_a_broken_file_is_refused_with_what_is_wrong_and_where(
    tmp_path: Path, context: Make, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProbeFault) as fault:
        look(tmp_path / name, context())
    assert said in fault.value.finding.sentence


@pytest.mark.parametrize(
    ("files", "said"), [((), "there is nothing in it"), (("a.pdf", "b.zip"), "(a.pdf, b.zip)")]
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_without_tables_says_what_is_in_it(
    tmp_path: Path, context: Make, files: tuple[str, ...], said: str, packed: bool
) -> None:
    place = tmp_path / ("export.zip" if packed else "export")
    if packed:
        with zipfile.ZipFile(place, "w") as archive:
            for name in files:
                archive.writestr(name, b"%PDF")
    else:
        place.mkdir()
        for name in files:
            (place / name).write_bytes(b"%PDF")
    with pytest.raises(ProbeFault) as fault:
        look(place, context())
    assert fault.value.finding.code == "folder_no_tables"
    assert said in fault.value.finding.sentence


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, context: Make) -> None:
    os.mkfifo(tmp_path / "stream.csv")
    with pytest.raises(ProbeFault) as fault:
        look(tmp_path / "stream.csv", context())
    assert fault.value.finding.code == "file_no_file"


def test_lines_that_are_not_json_are_left_out_and_counted(tmp_path: Path, context: Make) -> None:
    rows = [json.dumps({"a": n, "b": n % 3}) for n in range(400)]
    rows[41], rows[99] = rows[41][:7], "oops"
    (tmp_path / "torn.jsonl").write_text("\n".join(rows))
    told = {one.code: one.sentence for one in look(tmp_path / "torn.jsonl", context()).findings}
    assert told["unreadable_lines"] == (
        "Left out: 2 lines that could not be read, the first is line 42."
    )
