"""Which files of a folder are one table, and which of its tables is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.sources.folders import main_table, tables_in

HEADER, ROW = "trip,km\n", "a,1\n"


def folder_of(place: Path, **files: str) -> Path:
    for name, text in files.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return place


MONTHS = {f"trips_2024_0{month}": HEADER + ROW for month in range(1, 5)}


def test_a_file_without_its_header_leaves_the_table_of_the_others(tmp_path: Path) -> None:
    tables = tables_in(folder_of(tmp_path, **MONTHS, trips_2024_05=ROW * 3))
    main = main_table(tables)
    assert main is not None
    assert (main.name, len(main.paths)) == ("trips", 4)


def test_a_file_of_another_name_with_the_same_columns_belongs_to_the_others(
    tmp_path: Path,
) -> None:
    tables = tables_in(folder_of(tmp_path, **MONTHS, corrected_final=HEADER + ROW))
    assert [(table.name, len(table.paths)) for table in tables] == [("trips", 5)]


@pytest.mark.parametrize(
    "others",
    [{"customers": "name,town\nx,y\n"}, {"train": HEADER, "test": HEADER}],
)
def test_tables_of_their_own_stay_apart(tmp_path: Path, others: dict[str, str]) -> None:
    few = dict(list(MONTHS.items())[:2]) if "train" in others else MONTHS
    tables = tables_in(folder_of(tmp_path, **few, **others))
    assert len(tables) == 1 + len(others)
    assert main_table(tables) is None


STOCK = "article,weight,cost,price\na,1,2,3\n"


def test_files_of_the_same_columns_are_one_table_though_named_by_place(tmp_path: Path) -> None:
    branches = {f"stock_{town}": STOCK for town in ("fulda", "erfurt", "kassel")}
    renamed = {"stock_ulm": STOCK.replace("cost", "paid")}
    tables = tables_in(folder_of(tmp_path, **branches, **renamed, articles="article,name\na,b\n"))
    assert [(table.name, len(table.paths)) for table in tables] == [("articles", 1), ("stock", 4)]


def test_lists_of_codes_and_names_stay_apart(tmp_path: Path) -> None:
    lists = dict.fromkeys(("countries", "units", "states"), "code,name\na,b\n")
    assert len(tables_in(folder_of(tmp_path, **lists))) == len(lists)


def test_a_file_with_one_column_renamed_belongs_to_the_others_of_its_places(tmp_path: Path) -> None:
    header = "article,weight,cost,price,sold\na,1,2,3,4\n"
    towns = dict.fromkeys(("fulda", "erfurt", "kassel"), header)
    renamed = {"ulm": header.replace("cost", "paid")}
    tables = tables_in(folder_of(tmp_path, **towns, **renamed))
    assert [len(table.paths) for table in tables] == [4]
