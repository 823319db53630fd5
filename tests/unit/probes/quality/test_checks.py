"""Confirmed checks: read strictly, compiled from their kind, counted over every row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.quality.checks import (
    KINDS,
    TableCheck,
    checks_from_plain,
    confirmed_findings,
    read_checks,
    violations,
    write_checks,
)
from probes.settings import ProbeSettings
from probes.sources import Source, find_place, open_place

FRAME = pd.DataFrame(
    {
        "start": pd.to_datetime(["2024-01-01", "2024-01-05", "2024-01-09", "2024-02-01"]),
        "end": pd.to_datetime(["2024-01-02", "2024-01-04", "2024-01-09", None]),
        "net": [10.0, 20.0, 30.0, 40.0],
        "tax": [1.0, 2.0, 3.0, 4.0],
        "gross": [11.0, 22.0, 33.5, 44.0],
        "units": [2, 3, 4, 5],
        "price": [5.0, 7.0, 7.5, 8.0],
        "code": ["A", "A", "B", "B"],
        "name": ["Ada", "Ada", "Bob", "Ben"],
    }
)
BROKEN: list[tuple[TableCheck, int]] = [
    (TableCheck("order", ("start", "end")), 1),
    (TableCheck("part", ("tax", "net")), 0),
    (TableCheck("part", ("gross", "net")), 4),
    (TableCheck("sum", ("net", "tax", "gross"), {"tolerance": 0.01}), 1),
    (TableCheck("sum", ("net", "tax", "gross"), {"tolerance": 0.6}), 0),
    (TableCheck("product", ("units", "price", "net"), {"tolerance": 0.01}), 1),
    (TableCheck("range", ("net",), {"least": 0, "most": 35}), 1),
    (TableCheck("present", ("end",)), 1),
    (TableCheck("unique", ("code",)), 2),
    (TableCheck("unique", ("code", "name")), 1),
    (TableCheck("decides", ("code", "name")), 1),
    (TableCheck("decides", ("name", "code")), 0),
]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    FRAME.to_parquet(tmp_path / "t.parquet")
    place = find_place(str(tmp_path / "t.parquet"), ProbeSettings())
    with open_place(place, tmp_path / "work", 512) as opened:
        yield opened


@pytest.mark.parametrize(("check", "rows"), BROKEN, ids=lambda one: getattr(one, "key", str(one)))
def test_every_kind_counts_the_rows_that_break_it(
    source: Source, check: TableCheck, rows: int
) -> None:
    assert violations(source, "t", check) == rows


def test_every_kind_is_tried_and_says_itself_in_words() -> None:
    assert {check.kind for check, _ in BROKEN} == set(KINDS)
    for check, _ in BROKEN:
        assert "{" not in check.sentence
        assert all(name in check.sentence for name in check.columns)


def test_a_confirmed_check_holds_breaks_or_has_lost_its_column(source: Source) -> None:
    checks = [
        TableCheck("part", ("tax", "net")),
        TableCheck("order", ("start", "end")),
        TableCheck("present", ("gone",)),
    ]
    holds, broken, lost = confirmed_findings(source, "t", checks)
    assert (holds.code, holds.level) == ("check_holds", FindingLevel.OK)
    assert (broken.code, broken.level) == ("check_failed", FindingLevel.SLOWS)
    assert broken.evidence["rows"] == 1
    assert broken.evidence["where"] == '"end" < "start"'
    assert (lost.code, lost.column) == ("check_lost", "gone")


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (TableCheck("sum", ("net", "tax", "name"), {"tolerance": 0.1}), "name holds no numbers"),
        (TableCheck("range", ("code",), {"least": 1, "most": 2}), "code holds no numbers"),
        (TableCheck("order", ("start", "code")), "code is of another type than start"),
    ],
)
def test_a_check_whose_column_changed_its_type_says_which(
    source: Source, check: TableCheck, said: str
) -> None:
    (lost,) = confirmed_findings(source, "t", [check])
    assert lost.code == "check_lost"
    assert said in lost.sentence


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    checks = [check for check, _ in BROKEN]
    write_checks(tmp_path / "checks.json", [check.plain() for check in checks])
    assert [one.plain() for one in read_checks(tmp_path / "checks.json")] == [
        check.plain() for check in checks
    ]
    whole = {"facts": {"checks": [check.plain() for check in checks]}}
    (tmp_path / "result.json").write_text(json.dumps(whole))
    assert len(read_checks(tmp_path / "result.json")) == len(checks)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([{"kind": "sql", "columns": ["a"]}], "check 1: unknown kind “sql”"),
        ([{"kind": "order", "columns": ["a"]}], "“order” takes 2 to 2 columns, not 1"),
        ([{"kind": "sum", "columns": ["a", "b", "c"]}], "“sum” needs tolerance"),
        ([{"kind": "present"}], "check 1: columns"),
        ([{"kind": "range", "columns": ["a"], "params": {"least": "x"}}], "params.least"),
        (["order"], "check 1"),
    ],
)
def test_a_wrong_check_is_refused_by_its_number_and_fault(raw: list[object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        checks_from_plain(raw, "kept.json")
    assert said in str(refused.value)
    assert "kept.json" in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[1", '{"checks": 3}', "{}"])
def test_a_file_of_something_else_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(InputError, match=r"odd\.json"):
        read_checks(tmp_path / "odd.json")


def test_a_name_with_quotes_stays_a_name(tmp_path: Path) -> None:
    odd = 'a" OR 1=1 --'
    pd.DataFrame({odd: [1.0, 2.0], "b": [0.0, 3.0]}).to_parquet(tmp_path / "q.parquet")
    place = find_place(str(tmp_path / "q.parquet"), ProbeSettings())
    with open_place(place, tmp_path / "work", 512) as source:
        assert violations(source, "q", TableCheck("part", (odd, "b"))) == 1
