"""Files as analysts send them: read as they are meant, or told what is wrong with them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from openpyxl import Workbook

from bot.domain.errors import InputError
from probes.contract import ProbeContext, ProbeFault, ProbeRequest
from probes.quality import run
from probes.sources import open_source
from probes.sources.places import find_place

Make = Callable[..., ProbeContext]
ROWS = 300
ALL = {"id": "BIGINT", "name": "VARCHAR", "amount": "DOUBLE"}
TWO = {"id": "BIGINT", "name": "VARCHAR"}
RECORDS = [{"id": n, "name": f"n{n}", "address": {"city": "Köln"}} for n in range(ROWS)]
NESTED = {"id": "BIGINT", "name": "VARCHAR", "address.city": "VARCHAR"}


def divided(mark: str, quoted: str = "") -> str:
    cells = (("id", "name", "amount"), *((n, f"n {n}, x", f"{n}.5") for n in range(ROWS)))
    return "".join(mark.join(f"{quoted}{cell}{quoted}" for cell in row) + "\n" for row in cells)


def plain(mark: str) -> str:
    return divided(mark).replace(", x", "").replace("n ", "n")


def fixed() -> str:
    rows = (f"{n:<6}{'name' + str(n):<10}{n + 0.5:>8.1f}" for n in range(ROWS))
    return "\n".join([f"{'id':<6}{'name':<10}{'amount':>8}", *rows]) + "\n"


def zipped(**files: str | bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__DOT__", "."), content)
    return packed.getvalue()


GERMAN = "id;name;amount\r\n" + "".join(f"{n};n{n};1.{n:03d},5\r\n" for n in range(ROWS))
TEXTS: dict[str, tuple[str | bytes, dict[str, str]]] = {
    "caret.csv": (divided("^"), ALL),
    "german_blanks.csv": (divided(";  ", '"').replace('.5"', ',5"'), ALL),
    "tilde.txt": (divided("~"), ALL),
    "start_of_heading.txt": (divided("\x01"), ALL),
    "unit_separator.dat": (divided("\x1f"), ALL),
    "bars.txt": (divided("||"), ALL),
    "thorn.txt": (divided("þ"), ALL),
    "colon.txt": (plain(":"), ALL),
    "space.txt": (plain(" "), ALL),
    "hash.csv": (divided("#"), ALL),
    "blanks.csv": (divided(",  ", '"'), ALL),
    "blanks_semicolon.csv": (divided("; ", '"'), ALL),
    "fixed.txt": (fixed(), ALL),
    "key_to_the_codes_below.csv": (plain(";") + "\nkey;meaning\nA;ours\nB;theirs\n", ALL),
    "decimals.csv": (GERMAN, ALL),
    "told.csv": ("sep=;\r\n" + GERMAN, ALL),
    "returns.csv": (divided(",", '"').replace("\n", "\r"), ALL),
    "returns.csv.gz": (gzip.compress(divided(",", '"').replace("\n", "\r").encode()), ALL),
    "latin.csv.gz": (gzip.compress(divided("^").replace("x", "ü").encode("latin-1")), ALL),
    "packed.csv.bz2": (bz2.compress(divided("^").encode()), ALL),
    "open_header.csv": (divided(",", '"').replace("\n", ",\n", 1), ALL),
    "open_header_semicolon.csv": (divided(";").replace("\n", ";\n", 1), ALL),
    "without_ending": (divided(",", '"'), ALL),
    "one.zip": (zipped(export__DOT__csv=divided("^")), ALL),
    "mac.zip": (zipped(a__DOT__csv=divided("^"), **{"__MACOSX/._a.csv": "x"}), ALL),
    "words.csv": ("note\n" + '"we met, and talked; then left"\n' * ROWS, {"note": "VARCHAR"}),
    "links.csv": ("url\n" + "https://x.com/a?b=1&c=2\n" * ROWS, {"url": "VARCHAR"}),
    "moments.csv": ("at\n" + "2024-01-01 10:00:00\n" * ROWS, {"at": "TIMESTAMP"}),
    "codes.txt": ("code\n" + "".join(f"AB{n:06d}-XK\n" for n in range(ROWS)), {"code": "VARCHAR"}),
    "under_data.json": (json.dumps({"data": RECORDS}), NESTED),
    "pages.json": (json.dumps({"page": {"of": 1}, "data": RECORDS, "next": None}), NESTED),
    "deeper.json": (json.dumps({"ok": True, "result": {"items": RECORDS}}, indent=1), NESTED),
    "columns.json": (
        json.dumps({"id": list(range(ROWS)), "name": ["n"] * ROWS}),
        TWO,
    ),
    "pandas.json": (
        json.dumps({c: {str(n): r[c] for n, r in enumerate(RECORDS)} for c in ("id", "name")}),
        TWO,
    ),
    "split.json": (
        json.dumps({"columns": ["id", "name"], "data": [[n, "x"] for n in range(ROWS)]}),
        TWO,
    ),
    "split_under_data.json": (
        json.dumps({"data": {"columns": ["id", "name"], "rows": [[n, "x"] for n in range(ROWS)]}}),
        TWO,
    ),
    "described.json": (
        json.dumps(
            {
                "columns": [{"name": "id", "type": "int"}, {"name": "name", "type": "text"}],
                "rows": [[n, "x"] for n in range(ROWS)],
                "more": False,
            }
        ),
        TWO,
    ),
    "arrays.json": (json.dumps([["id", "name"], *([n, "x"] for n in range(ROWS))]), TWO),
    "keyed.json": (
        json.dumps({f"k{n}": {"id": n, "name": "x"} for n in range(ROWS)}),
        {"key": "VARCHAR", **TWO},
    ),
    "marked.json": (json.dumps(RECORDS).encode("utf-8-sig"), NESTED),
    "nested.jsonl": ("".join(json.dumps(one) + "\n" for one in RECORDS), NESTED),
    "packed.json.gz": (gzip.compress(json.dumps({"data": RECORDS}).encode()), NESTED),
    "cut.jsonl": ("".join(json.dumps(one) + "\n" for one in RECORDS) + '{"id": 1, "na', NESTED),
}


def locked_workbook() -> bytes:
    """Return what Excel writes for a workbook with a password, as far as its directory."""
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(30, b"\0") + (9).to_bytes(18, "little")
    names = ("Root Entry", "EncryptionInfo", "EncryptedPackage")
    directory = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return (head + (2).to_bytes(4, "little")).ljust(512 * 3, b"\0") + directory.ljust(512, b"\0")


def read(path: Path, context: ProbeContext, table: str | None = None) -> tuple[int, dict[str, str]]:
    source, named = open_source(str(path), context, table=table)
    with source:
        only = source.only_table(named)
        return source.row_count(only), {one.name: one.type_name for one in source.columns(only)}


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_has_its_rows_and_columns(tmp_path: Path, context: Make, name: str) -> None:
    content, columns = TEXTS[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert read(tmp_path / name, context()) == (ROWS, columns)


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("page.csv", "<!DOCTYPE html><html>", "file_other_format", "a web page"),
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"0" * 600, "file_other_format", "of before 2007"),
        ("locked.xlsx", locked_workbook(), "file_locked", "a password"),
        ("page.xls", "<html><table>", "file_other_format", "a web page"),
        ("pointer.csv", "version https://git-lfs.github.com/spec/v1\n", "file_other_format", "LFS"),
        ("feed.txt", "<?xml version='1.0'?><rows/>", "file_other_format", "XML"),
        (
            "padded.txt",
            "12345 A           99\n67890 B C         10\n" * 50,
            "file_no_columns",
            "length",
        ),
        ("python.json", "{'a': 1}", "file_unreadable", "json"),
    ],
)
def test_what_is_no_table_is_told_in_one_sentence(
    tmp_path: Path, context: Make, name: str, content: str | bytes, code: str, said: str
) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ProbeFault) as fault:
        read(tmp_path / name, context())
    assert (fault.value.finding.code, said in fault.value.finding.sentence) == (code, True)
    assert fault.value.finding.meaning


def test_a_document_of_several_lists_is_several_tables(tmp_path: Path, context: Make) -> None:
    place = tmp_path / "shop.json"
    place.write_text(json.dumps({"customers": RECORDS, "orders": [{"id": 1}] * 5}))
    assert read(place, context(), "customers") == (ROWS, NESTED)
    assert read(place, context(), "orders") == (5, {"id": "BIGINT"})


def test_a_large_document_is_read_in_parts(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probes.sources.json_shapes.WHOLE_BYTES", 1000)
    monkeypatch.setattr("probes.sources.json_shapes.HEAD_LETTERS", 400)
    place = tmp_path / "large.json"
    place.write_text(json.dumps({"meta": {"page": 1}, "data": RECORDS, "end": []}))
    assert read(place, context()) == (ROWS, NESTED)


@pytest.mark.parametrize(
    ("names", "table"),
    [
        ([f"sales_2024-{m:02d}.csv" for m in range(1, 13)], "sales"),
        ([f"2024/sales_{m:02d}.csv" for m in range(1, 13)], "sales"),
        ([f"2024-{m:02d}/sales.csv" for m in range(1, 13)], "sales"),
        (["Jan 2024.CSV", "Feb 2024.CSV", "March 2024.CSV"], "monthly"),
        ([f"Q{q} orders.csv" for q in range(1, 5)], "orders"),
    ],
)
def test_a_folder_of_monthly_files_is_one_table(
    tmp_path: Path, context: Make, names: list[str], table: str
) -> None:
    folder = tmp_path / "monthly"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(divided("^"))
    source, _ = open_source(str(folder), context())
    with source:
        assert source.tables() == [table]
        assert source.row_count(table) == ROWS * len(names)
        assert len(source.parts_of(table)) == len(names)


def test_files_that_share_no_columns_stay_tables_of_their_own(
    tmp_path: Path, context: Make
) -> None:
    (tmp_path / "table_1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "table_2.csv").write_text("c,d\n1,2\n")
    source, _ = open_source(str(tmp_path), context())
    with source:
        assert source.tables() == ["table_1", "table_2"]


def months(folder: Path, changed: str, kind: str) -> None:
    folder.mkdir()
    with duckdb.connect() as engine:
        for month in range(1, 5):
            shop = changed if month == 3 else "range % 7 AS shop"
            engine.execute(
                f"COPY (SELECT {month} * 1000 + range AS id, {shop} FROM range(500)) TO "
                f"'{folder}/sales-{month:02d}.{kind}'"
            )


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("range % 7 AS store", "shop is called store"),
        ("'s' || range % 7 AS shop", "shop is text (varchar) instead of number"),
    ],
)
def test_a_changed_column_of_one_file_is_a_finding_that_names_both(
    tmp_path: Path, context: Make, kind: str, changed: str, said: str
) -> None:
    months(tmp_path / "lake", changed, kind)
    request = ProbeRequest("quality", str(tmp_path / "lake"), options={"pictures": False})
    found = [one for one in run(request, context()).findings if one.code == "schema_drift"]
    assert len(found) == 1
    assert f"sales-03.{kind}" in found[0].sentence
    assert said in found[0].sentence


@pytest.mark.parametrize("text", ["../x.csv", "./x.csv", "data/x.parquet", "x.xlsx", "~/x.json"])
def test_a_path_that_is_not_there_is_told_with_where_it_was_looked_for(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match=r"There is no file at /.*Check the path") as refused:
        find_place(text, context().settings)
    assert text in refused.value.message


def book(tmp_path: Path, fill: Callable[[Any], None]) -> Path:
    made = Workbook()
    fill(made)
    made.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def grouped(made: Any) -> None:
    page = made.active
    page.append(["Report of the year"])
    page.append([])
    page.append([None, "2023", None, "2024", None])
    page.merge_cells("B3:C3")
    page.merge_cells("D3:E3")
    page.append(["Region", "Units", "Euro", "Units", "Euro"])
    for n in range(40):
        page.append([f"Region {n // 4}" if n % 4 == 0 else None, n, n + 1, n + 2, n + 3])
        if n % 4 == 0:
            page.merge_cells(f"A{n + 5}:A{n + 8}")


def test_merged_cells_name_their_columns_and_fill_their_rows(tmp_path: Path, context: Make) -> None:
    source, _ = open_source(str(book(tmp_path, grouped)), context())
    with source:
        assert [one.name for one in source.columns("Sheet")] == [
            "Region",
            "2023 Units",
            "2023 Euro",
            "2024 Units",
            "2024 Euro",
        ]
        rows = source.rows(f'SELECT count("Region"), count(*) FROM {source.relation("Sheet")}')
        assert rows == [(40, 40)]


def several(made: Any) -> None:
    made.active.title = "Sales"
    made.active.append([None, "id", "name"])
    for n in range(ROWS):
        made.active.append([None, n, f"n{n}"])
    made.create_sheet("Empty")
    made.create_sheet("Prices").append(["price"])


def test_sheets_that_hold_something_are_the_tables(tmp_path: Path, context: Make) -> None:
    place = book(tmp_path, several)
    source, _ = open_source(str(place), context())
    with source:
        assert source.tables() == ["Sales", "Prices"]
    assert read(place, context(), "Sales") == (ROWS, TWO)
    with pytest.raises(InputError, match="2 tables: Sales, Prices"):
        read(place, context())


def test_an_archive_with_a_password_is_told(tmp_path: Path, context: Make) -> None:
    content = bytearray(zipped(a__DOT__csv="id\n1\n"))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    with pytest.raises(ProbeFault, match="locked with a password"):
        read(tmp_path / "locked.zip", context())


def test_quality_looks_at_a_table_in_an_archive(tmp_path: Path, context: Make) -> None:
    (tmp_path / "export.zip").write_bytes(zipped(**{"export/orders__DOT__csv": divided(",")}))
    result = run(ProbeRequest("quality", source=str(tmp_path / "export.zip")), context())
    assert not [
        each.code for each in result.findings if each.code in ("check_failed", "probe_died")
    ]
    assert result.facts["rows"] == ROWS
