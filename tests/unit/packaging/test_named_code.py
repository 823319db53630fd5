"""What the documentation names of the code is there: files, functions, modules, make targets."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = "hour48|bot|handlers|scheduler|probes|serving|playground|tests"
FILE = re.compile(
    rf"(?<![\w./-])((?:{PACKAGES}|docs|ops)/[\w./-]+?\.(?:py|yaml|txt|json|j2|css|js))(?::(\w+))?"
    r"(?![\w<*{])"
)
MODULE = re.compile(rf"python -m ((?:{PACKAGES})(?:\.\w+)*)")
TARGET = re.compile(r"`make ([a-z][a-z-]*)")
MADE = ("docs/images/", "docs/site/")
"""Written by a script or outside of the checkout."""
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def names_in(module: Path) -> set[str]:
    """Return the functions, classes, methods and constants of a module."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def gone(text: str) -> list[str]:
    """Return what a page names that is not there."""
    missing = []
    for file, name in FILE.findall(text):
        path = ROOT / file
        if file.startswith(MADE):
            continue
        if not path.exists() or (name and name not in names_in(path)):
            missing.append(f"{file}:{name}" if name else file)
    for module in MODULE.findall(text):
        path = ROOT / module.replace(".", "/")
        if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists()):
            missing.append(module)
    return missing + [f"make {each}" for each in TARGET.findall(text) if each not in TARGETS]


@pytest.mark.parametrize(
    "page", [each for each in PAGES if each.name != "CHANGELOG.md"], ids=lambda page: page.stem
)
def test_a_page_names_only_what_is_there(page: Path) -> None:
    assert gone(page.read_text("utf-8")) == []


def test_what_is_gone_is_noticed() -> None:
    text = (
        "`bot/clock.py:SystemClock` `bot/clock.py:Sundial` `bot/gone.py` `make test` `make coffee`"
    )
    assert gone(text) == ["bot/clock.py:Sundial", "bot/gone.py", "make coffee"]
    assert gone("`python -m tests.load.calls` `python -m tests.gone`") == ["tests.gone"]
