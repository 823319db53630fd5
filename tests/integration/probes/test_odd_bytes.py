"""Text in every encoding, bytes that no text has, and other formats under a text file's name."""

from __future__ import annotations

import codecs
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest
from probes.quality import run
from probes.sources import open_source, text_bytes

Make = Callable[..., ProbeContext]
TEXT = "id,ort\n" + "".join(f"{n},Köln 😀 {n % 3}\n" for n in range(300))

ENCODED = {
    "UTF-16 from the low byte, marked": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 from the high byte, marked": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-16 from the low byte": TEXT.encode("utf-16-le"),
    "UTF-16 from the high byte": TEXT.encode("utf-16-be"),
    "UTF-32 from the low byte, marked": codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
    "UTF-32 from the high byte, marked": codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    "UTF-8, marked": TEXT.encode("utf-8-sig"),
    "lines of Windows": codecs.BOM_UTF16_LE + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
}


def look(place: Path, context: ProbeContext) -> dict[str, Finding]:
    request = ProbeRequest("quality", str(place), options={"pictures": False})
    return {one.code: one for one in run(request, context).findings}


def cells(place: Path, context: ProbeContext, column: str) -> list[tuple[object, int]]:
    source, _ = open_source(str(place), context)
    with source:
        table = source.only_table(None)
        read = source.rows(f"SELECT {column}, count(*) FROM {source.relation(table)} GROUP BY ALL")
        return sorted((cell, int(count)) for cell, count in read)


@pytest.mark.parametrize("written", ENCODED)
def test_text_of_any_unicode_encoding_is_read_as_it_was_written(
    tmp_path: Path, context: Make, written: str
) -> None:
    (tmp_path / "t.csv").write_bytes(ENCODED[written])
    assert cells(tmp_path / "t.csv", context(), "ort") == [(f"Köln 😀 {n}", 100) for n in range(3)]


def test_a_long_text_is_read_whole_whatever_its_encoding(tmp_path: Path, context: Make) -> None:
    rows = 120_000
    text = "id,ort\n" + "".join(f"{n},Zürich 😀\n" for n in range(rows))
    (tmp_path / "t.csv").write_bytes(text.encode("utf-16"))
    assert cells(tmp_path / "t.csv", context(), "ort") == [("Zürich 😀", rows)]


def test_json_of_any_unicode_encoding_is_read(tmp_path: Path, context: Make) -> None:
    rows = [{"id": n, "ort": "Köln"} for n in range(20)]
    (tmp_path / "t.json").write_bytes(json.dumps(rows, ensure_ascii=False).encode("utf-16"))
    assert cells(tmp_path / "t.json", context(), "ort") == [("Köln", 20)]


def test_lines_that_are_not_utf8_spoil_no_other_line(tmp_path: Path, context: Make) -> None:
    lines = [f"{n},Köln".encode("cp1252" if n == 150 else "utf-8") for n in range(300)]
    (tmp_path / "t.csv").write_bytes(b"\n".join([b"id,ort", *lines]))
    assert cells(tmp_path / "t.csv", context(), "ort") == [("Köln", 300)]
    found = look(tmp_path / "t.csv", context())["encoding_not_utf8"]
    assert found.evidence == {"lines": 1, "first_line": 152}
    assert found.sentence == "The file is not UTF-8 in 1 line, the first time in line 152."


@pytest.mark.parametrize(
    ("content", "lines", "first", "read"),
    [
        pytest.param(
            "id,ort\n" + "".join(f"{n},a\0b\n" for n in range(300)),
            300,
            2,
            [("ab", 300)],
            id="in every line",
        ),
        pytest.param(
            "id,ort\n" + "".join(f"{n},a\n" for n in range(299)) + "299,\0a\n",
            1,
            301,
            [("a", 300)],
            id="in the last line",
        ),
        pytest.param(
            "i\0d,o\0rt\n" + "".join(f"{n},a\n" for n in range(300)),
            1,
            1,
            [("a", 300)],
            id="in the header",
        ),
        pytest.param(
            "id,ort\n" + "".join(f"{n},a\n" for n in range(300)) + "\0" * 9_000,
            1,
            302,
            [("a", 300)],
            id="where a crash left a hole",
        ),
    ],
)
def test_nul_bytes_are_left_out_and_told_with_their_first_line(
    tmp_path: Path,
    context: Make,
    content: str,
    lines: int,
    first: int,
    read: list[tuple[object, int]],
) -> None:
    (tmp_path / "t.csv").write_bytes(content.encode())
    assert cells(tmp_path / "t.csv", context(), "ort") == read
    found = look(tmp_path / "t.csv", context())["nul_bytes"]
    assert found.evidence == {"lines": lines, "first_line": first}
    assert f"the first time in line {first}" in found.sentence
    assert "UTF-8" in found.meaning


def test_a_file_of_nothing_but_nul_bytes_is_called_empty(tmp_path: Path, context: Make) -> None:
    (tmp_path / "t.csv").write_bytes(b"\0" * 20_000)
    assert {"file_empty", "nul_bytes", "table_empty"} <= set(look(tmp_path / "t.csv", context()))


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf\r\n", b" \n"])
def test_a_file_of_a_mark_or_of_spaces_is_called_empty(
    tmp_path: Path, context: Make, content: bytes
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    assert {"file_empty", "table_empty"} <= set(look(tmp_path / "t.csv", context()))


def sqlite_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as made, made:
        for n in range(30):
            made.execute(f"CREATE TABLE a_table_with_a_name_{n} (id INTEGER, ort TEXT)")


def workbook(path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.save(path.with_suffix(".xlsx"))
    path.with_suffix(".xlsx").rename(path)


def parquet(path: Path) -> None:
    import duckdb

    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT 1 AS a) TO '{path}' (FORMAT parquet)")


FORMATS: dict[str, tuple[Callable[[Path], object], str]] = {
    "sqlite": (sqlite_file, "a SQLite database"),
    "excel": (workbook, "an Excel workbook or another packed file"),
    "old excel": (
        lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4000),
        "an Excel workbook of before 2007",
    ),
    "parquet": (parquet, "a Parquet file"),
    "pdf": (lambda path: path.write_bytes(b"%PDF-1.7\n" + b"text\n" * 99), "a PDF"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_another_format_under_a_text_files_name_is_named(
    tmp_path: Path, context: Make, name: str
) -> None:
    make, words = FORMATS[name]
    make(tmp_path / "t.csv")
    with pytest.raises(ProbeFault) as fault:
        look(tmp_path / "t.csv", context())
    assert fault.value.finding.code == "file_other_format"
    assert words in fault.value.finding.sentence


PIECES = [b"a", b",", "ä€".encode(), "😀".encode(), b"\n", b"\r\n", b"\0", b"\xe9", b"\xf0\x9f"]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map(b"".join), st.integers(1, 9))
def test_lines_are_told_alike_however_a_file_is_cut_into_blocks(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, block: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.csv"
    path.write_bytes(data)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text_bytes, "BLOCK_BYTES", block)
        broken, nul, longest = text_bytes._look_at_lines(path)
    lines = data.split(b"\n")
    not_utf8 = [at for at, line in enumerate(lines, 1) if not text_bytes._is_utf8(line)]
    with_nul = [at for at, line in enumerate(lines, 1) if b"\0" in line]
    assert (broken.count, broken.first) == (len(not_utf8), (not_utf8 or [0])[0])
    assert (nul.count, nul.first) == (len(with_nul), (with_nul or [0])[0])
    assert longest == max(map(len, lines))


def test_a_line_that_no_engine_can_hold_is_told_before_it_is_tried(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probes.sources.loading_text.LONG_LINE_BYTES", 3_000_000)
    path = tmp_path / "notes.csv"
    path.write_bytes(b"id,note\n1," + b"x" * 5_000_000)
    with pytest.raises(ProbeFault, match="has a line of 5 MB") as fault:
        look(path, context())
    assert fault.value.finding.code == "line_too_long"


def test_json_of_hundreds_of_keys_is_a_table_of_as_many_columns(
    tmp_path: Path, context: Make
) -> None:
    path = tmp_path / "wide.json"
    path.write_text(json.dumps([{f"k{key}": row * key for key in range(300)} for row in range(9)]))
    source, table = open_source(str(path), context())
    with source:
        assert len(source.columns(table or source.only_table(None))) == 300


@pytest.mark.slow
def test_a_long_json_list_on_one_line_is_read(tmp_path: Path, context: Make) -> None:
    path = tmp_path / "export.json"
    row = '{"id": %d, "name": "customer %d", "spent": %d.5}'
    path.write_text(f"[{','.join(row % (n, n, n % 997) for n in range(1_500_000))}]")
    source, table = open_source(str(path), context())
    with source:
        assert source.row_count(source.only_table(table)) == 1_500_000
