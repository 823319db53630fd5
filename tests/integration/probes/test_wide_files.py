"""CSV files with more columns than the engine's reader bears: rewritten, then read as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probes.contract import ProbeContext, ProbeRequest
from probes.runner import run_probe
from probes.settings import ProbeSettings
from probes.sources import open_source
from probes.sources.base import Remark

Make = Callable[..., ProbeContext]
Read = tuple[dict[str, str], list[tuple[object, ...]], list[Remark]]


@pytest.fixture
def read(
    tmp_path: Path, context: Make, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | bytes], Read]:
    """Write a file whose columns count as very many, and read it."""
    monkeypatch.setattr("probes.sources.wide_text.COLUMNS_IN_PLACE", 3)
    monkeypatch.setattr("probes.sources.wide_text.BLOCK_BYTES", 2_000)

    def reading(text: str | bytes) -> Read:
        (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        source, _ = open_source(str(tmp_path / "t.csv"), context())
        with source:
            types = {one.name: one.type_name for one in source.columns("t")}
            rows = source.rows(f"SELECT * FROM {source.relation('t')} ORDER BY ALL")
            return types, rows, source.remarks_on("t")

    return reading


def test_types_gaps_and_line_breaks_are_kept(read: Callable[[str], Read]) -> None:
    types, rows, remarks = read('n,x,at,word,gone\n1,0.5,2026-01-02,"a\nb",\n2,NA,,"c;d",\n')
    assert types == {
        "n": "BIGINT",
        "x": "DOUBLE",
        "at": "DATE",
        "word": "VARCHAR",
        "gone": "VARCHAR",
    }
    assert [row[:2] + row[3:] for row in rows] == [(1, 0.5, "a\nb", None), (2, None, "c;d", None)]
    assert remarks == []


def test_a_column_that_turns_out_to_be_text_late_is_text(read: Callable[[str], Read]) -> None:
    lines = [f"{n};0;0;{'late' if n == 900 else n}" for n in range(1000)]
    types, rows, _ = read("\n".join(["n;a;b;c", *lines]))
    assert types["c"] == "VARCHAR"
    assert len(rows) == 1000


def test_lines_that_do_not_fit_are_left_out_and_counted(read: Callable[[str], Read]) -> None:
    lines = [f"{n},0,0,1" + ",9" * (n in {400, 700}) for n in range(1000)]
    _, rows, remarks = read("\n".join(["n,a,b,c", *lines]))
    assert len(rows) == 998
    assert remarks == [Remark("unreadable_lines", 2, 402)]


def test_names_are_given_where_they_lack_or_repeat(read: Callable[[str], Read]) -> None:
    assert list(read("a,A,,d\n1,2,3,4\n")[0]) == ["a", "A_2", "column_3", "d"]
    types, rows, _ = read("1,2,3,4\n5,6,7,8\n")
    assert list(types) == [f"column_{at}" for at in (1, 2, 3, 4)]
    assert rows == [(1, 2, 3, 4), (5, 6, 7, 8)]


def test_another_encoding_is_read_as_it_was_written(read: Callable[[bytes], Read]) -> None:
    assert read("a\tb\tc\tort\n1\t2\t3\tKöln\n".encode("utf-16"))[1] == [(1, 2, 3, "Köln")]


@pytest.mark.slow
def test_ten_thousand_columns_are_looked_at_within_the_limits(tmp_path: Path) -> None:
    lines = [",".join(str((at * 7 + n) % 13) for at in range(10_000)) for n in range(300)]
    header = ",".join(f"c{at}" for at in range(10_000))
    (tmp_path / "wide.csv").write_text("\n".join([header, *lines]))
    result = run_probe(ProbeRequest("quality", str(tmp_path / "wide.csv")), ProbeSettings()).wait()
    assert {"wide_table", "duplicate_rows", "more_columns"} <= {one.code for one in result.findings}
    assert result.facts["columns"] == 10_000
