"""A check that is switched off says why, and so does a test that may be skipped."""

import ast
import re
from pathlib import Path

import pytest

from tests.unit.contracts.sentences import PACKAGES

ROOT = Path(__file__).parents[3]
OFF = re.compile(
    r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[a-z, -]+\])?|pragma:"
    r"|fmt:\s*(?:skip|off))(.*)"
)
WORD = re.compile(r"[A-Za-z]{2,}")
REASON_AT = {"skip": 0, "xfail": 9, "skipif": 9, "importorskip": 9}
"""pytest's calls that leave a test out, and where a reason may stand without its name."""


def unexplained(source: str) -> list[int]:
    """Return the numbers of the lines that switch a check off without a reason."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        off = OFF.search(line)
        if off and not WORD.search(OFF.sub(r"\1", off[1])):
            found.append(number)
    return found


def unexplained_skips(source: str) -> list[int]:
    """Return the numbers of the lines that may leave a test out without a reason."""
    tree = ast.parse(source)
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node not in called and _leaves_out(node)
    ]
    found += [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and _leaves_out(node.func)
        and not any(word.arg == "reason" for word in node.keywords)
        and len(node.args) <= REASON_AT[node.func.attr]
    ]
    return sorted(found)


def _leaves_out(called: ast.expr) -> bool:
    if not isinstance(called, ast.Attribute) or called.attr not in REASON_AT:
        return False
    return ast.unparse(called.value) in ("pytest", "pytest.mark")


def test_every_suppression_says_why() -> None:
    files = [
        file for place in (*PACKAGES, "tests", "docs") for file in (ROOT / place).rglob("*.py")
    ]
    sources = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in files}
    found = {
        name: unexplained(source) + (unexplained_skips(source) if "pytest" in source else [])
        for name, source in sources.items()
    }
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
        ("x = [1]  # fmt: skip", False),
        ("x = [1]  # fmt: skip  # one row a line", True),
        ("x = f()  # the reason", True),
    ],
)
def test_a_reason_is_asked_for(line: str, explained: bool) -> None:
    assert (unexplained(line) == []) is explained


@pytest.mark.parametrize(
    ("line", "explained"),
    [
        ("pytest.skip()", False),
        ("pytest.skip('no server')", True),
        ("pytest.skip(reason='no server')", True),
        ("m = pytest.mark.skip", False),
        ("m = pytest.mark.skipif(True)", False),
        ("m = pytest.mark.skipif(True, reason='root')", True),
        ("x = pytest.importorskip('grpc')", False),
        ("x = pytest.importorskip('grpc', reason='an optional extra')", True),
        ("m = pytest.mark.slow", True),
    ],
)
def test_a_skip_needs_a_reason(line: str, explained: bool) -> None:
    assert (unexplained_skips(line) == []) is explained
