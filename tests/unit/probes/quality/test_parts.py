"""Files of one table are compared by what they hold, not by their columns alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from probes.quality.parts import Difference, content_differences

SCHEMA = {"id": "BIGINT", "price": "DOUBLE", "kind": "VARCHAR", "day": "DATE"}


def lines(part: int, change: Callable[[list[str]], list[str]] = lambda cells: cells) -> str:
    rows = [
        change([str(part * 100 + n), f"{20 + n % 17}.5", "abc"[n % 3], f"2024-0{1 + n % 9}-11"])
        for n in range(60)
    ]
    return "\n".join(",".join(row) for row in [list(SCHEMA), *rows]) + "\n"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c, []),
        (lambda c: [c[0], f"{float(c[1]) * 100:.0f}", *c[2:]], ["price is 100 times as large"]),
        (lambda c: [c[0], c[1], "", c[3]], ["kind is empty"]),
        (lambda c: [c[0], c[1], c[2] * 2, c[3]], ["kind has other values"]),
        (lambda c: [*c[:3], c[3].replace("-", "/")], ["day is written another way"]),
    ],
)
def test_one_file_that_holds_something_else_is_told(tmp_path: Path, change, said):
    paths = [tmp_path / f"m_{part}.csv" for part in range(4)]
    for part, path in enumerate(paths):
        path.write_text(lines(part, change) if part == 2 else lines(part))
    found = content_differences(dict.fromkeys(paths, SCHEMA), SCHEMA)
    assert [one.words for one in found.pop(paths[2])] == said
    assert not any(found.values())


def test_a_file_that_is_a_copy_of_another_is_told(tmp_path: Path):
    paths = [tmp_path / "m_1.csv", tmp_path / "m_2.csv"]
    for path in paths:
        path.write_text(lines(1))
    assert content_differences(dict.fromkeys(paths, SCHEMA), SCHEMA) == {
        paths[0]: [],
        paths[1]: [Difference("it is a copy of m_1.csv")],
    }


WARM = {"inside": "DOUBLE", "outside": "DOUBLE"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda inside, outside: (outside, inside),
            ["inside and outside are exchanged"],
        ),
        (lambda inside, outside: (inside, outside + 40), []),
    ],
)
def test_columns_that_one_file_has_exchanged_are_told(tmp_path: Path, change, said):
    """The season moves both, so neither stands apart from all other files by itself."""
    paths = [tmp_path / f"m_{part}.csv" for part in range(6)]
    for part, path in enumerate(paths):
        rows = [(21 + n % 3, part * 4 + n % 5 - 4.2) for n in range(60)]
        rows = [change(*row) for row in rows] if part == 3 else rows
        path.write_text("\n".join([",".join(WARM), *(f"{a},{b}" for a, b in rows)]) + "\n")
    found = content_differences(dict.fromkeys(paths, WARM), WARM)
    pairs = {path: [one.words for one in found[path] if len(one.columns) > 1] for path in paths}
    assert pairs.pop(paths[3]) == said
    assert not any(pairs.values())
