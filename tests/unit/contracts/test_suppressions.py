"""A check that is switched off for a line says why on that line."""

import re
from pathlib import Path

import pytest

from tests.unit.contracts.sentences import PACKAGES

ROOT = Path(__file__).parents[3]
OFF = re.compile(
    r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[a-z, -]+\])?|pragma:)(.*)"
)
WORD = re.compile(r"[A-Za-z]{2,}")


def unexplained(source: str) -> list[int]:
    """Return the numbers of the lines that switch a check off without a reason."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        off = OFF.search(line)
        if off and not WORD.search(OFF.sub(r"\1", off[1])):
            found.append(number)
    return found


def test_every_suppression_says_why() -> None:
    files = [
        file for place in (*PACKAGES, "tests", "docs") for file in (ROOT / place).rglob("*.py")
    ]
    found = {file.name: unexplained(file.read_text("utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("x = eval(y)  # noqa: S307", False),
        ("x = eval(y)  # noqa: S307, E501", False),
        ("x = eval(y)  # noqa: S307 - our own words", True),
        ("x = f()  # type: ignore[arg-type]", False),
        ("x = f()  # type: ignore[arg-type]  # a plain text", True),
        ("x = f()  # type: ignore[arg-type]  # noqa: E501", False),
        ("x = f()  # the reason", True),
    ],
)
def test_a_reason_is_asked_for(line: str, explained: bool) -> None:
    assert (unexplained(line) == []) is explained
