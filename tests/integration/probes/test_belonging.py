"""Lines of a document, parts of a whole and versions: what is lost or overlaps is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probes.contract import ProbeContext, ProbeRequest
from probes.quality import run

Make = Callable[..., ProbeContext]


def codes_of(path: Path, rows: list[str], context: ProbeContext) -> dict[str, str]:
    path.write_text("\n".join(rows), encoding="utf-8")
    request = ProbeRequest("quality", str(path), options={"pictures": False})
    return {one.code: one.sentence for one in run(request, context).findings}


@pytest.mark.parametrize("lost", [0, 7])
def test_lines_lost_leave_holes_and_sums_too_small(
    tmp_path: Path, context: Make, lost: int
) -> None:
    rows = ["bill,line,article,price,bill_total"]
    for bill in range(200):
        prices = [3 + (bill * 7 + line * 5) % 23 + 0.25 for line in range(1 + bill % 5)]
        for line, price in enumerate(prices):
            if not (line == 0 and bill % 5 == 3 and bill < 5 * lost):
                rows.append(f"B{bill},{line + 1},A{bill % 9},{price},{sum(prices)}")
    told = codes_of(tmp_path / "bills.csv", rows, context())
    assert ("lines_lost" in told, "sum_broken" in told) == (lost > 0, lost > 0)
    if lost:
        assert f"but not for {lost} of them" in told["sum_broken"]


@pytest.mark.parametrize("late", [0, 6])
def test_versions_end_where_the_next_one_begins(tmp_path: Path, context: Make, late: int) -> None:
    rows = ["contract,valid_from,valid_to,tariff"]
    for contract in range(120):
        for version in range(4):
            over = version == 1 and contract < late
            end = f"{2020 + version + over}-{'06' if over else '12'}-{'30' if over else '31'}"
            rows.append(f"K{contract},{2020 + version}-01-01,{end},{'SML'[contract % 3]}")
    told = codes_of(tmp_path / "contracts.csv", rows, context())
    assert ("order_broken" in told) is (late > 0)


def test_cells_merged_in_a_sheet_are_told_from_remarks(tmp_path: Path, context: Make) -> None:
    rows = ["region,day,sold,remark"]
    for block in range(8):
        for day in range(1, 29):
            remark = "late" if (block + day) % 9 == 0 else ""
            rows.append(
                f"{f'R{block}' if day == 1 else ''},2024-03-{day:02},{day * 7 % 13},{remark}"
            )
    told = codes_of(tmp_path / "sheet.csv", rows, context())
    assert told["cells_merged"].startswith("region is filled only")
