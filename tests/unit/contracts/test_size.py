"""The table of sizes in the documentation is true."""

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
ROW: Final = re.compile(r"^\| `(\w+)` \| (\d+) \| ([\d,]+) \|", re.MULTILINE)
APART: Final = 0.08
"""A change of the product is seldom larger; one that is says so in the table."""


def stated() -> dict[str, tuple[int, int]]:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    return {
        name: (int(files), int(lines.replace(",", ""))) for name, files, lines in ROW.findall(page)
    }


@pytest.mark.parametrize("package", sorted(stated()))
def test_a_package_is_as_large_as_the_documentation_says(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    lines = sum(file.read_bytes().count(b"\n") for file in files)
    assert (len(files), lines) == tuple(
        pytest.approx(size, rel=APART) for size in stated()[package]
    )


def test_every_package_is_in_the_table() -> None:
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")}
    assert packages == set(stated())
