"""Measure, and write build/bench.json: `python -m tests.bench.run [--suite load] [NAME …]`.

A suite is a package whose modules may have `measurements()`, whose figures they list as `NAMES`. A
name is a module's or a figure's. Figures that are not measured again stay in the file.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

SUITES = {"bench": "tests.bench", "load": "tests.load"}
FILE = Path("build/bench.json")

Row = dict[str, Any]


def modules(suites: list[str]) -> Iterator[ModuleType]:
    """Yield the modules of the suites that measure."""
    for suite in suites:
        package = importlib.import_module(SUITES[suite])
        for found in pkgutil.iter_modules(package.__path__):
            if found.name == "run" or found.name.startswith("test_"):
                continue
            module = importlib.import_module(f"{SUITES[suite]}.{found.name}")
            if hasattr(module, "measurements"):
                yield module


def named(measuring: Sequence[ModuleType], names: Sequence[str]) -> list[ModuleType]:
    """Return the modules that were named, or one of whose figures was; all when none was.

    Raises:
        ValueError: a name is no module's and no figure's; says which there are.
    """
    known = {module: {module.__name__.rpartition(".")[2], *module.NAMES} for module in measuring}
    if unknown := set(names) - set().union(*known.values()):
        there = ", ".join(sorted(figure for module in measuring for figure in module.NAMES))
        raise ValueError(f"Nothing here measures {', '.join(sorted(unknown))}. There are: {there}.")
    return [module for module, own in known.items() if not names or own & set(names)]


def merged(known: list[Row], measured: list[Row]) -> list[Row]:
    """Return the rows by name, those that were measured again in the place of the older ones."""
    rows = {row["name"]: row for row in [*known, *measured]}
    return [rows[name] for name in sorted(rows)]


def show(rows: list[Row]) -> None:
    """Print a table."""
    table = Table("name", "value", "unit", "peer", "peer value", "ratio", "load")
    for row in rows:
        cells = ("name", "value", "unit", "peer", "peer_value", "ratio", "load_average")
        table.add_row(*("" if row.get(cell) is None else str(row[cell]) for cell in cells))
    Console().print(table)


def main() -> None:
    """Measure what was asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--suite", choices=sorted(SUITES), action="append")
    asked.add_argument("names", nargs="*")
    chosen = asked.parse_args()
    try:
        wanted = named(list(modules(chosen.suite or list(SUITES))), chosen.names)
    except ValueError as unknown:
        asked.error(str(unknown))
    FILE.parent.mkdir(exist_ok=True)
    measured: list[Row] = []
    for module in wanted:
        measured += module.measurements()
        known = json.loads(FILE.read_text("utf-8")) if FILE.exists() else []
        FILE.write_text(json.dumps(merged(known, measured), indent=2) + "\n", "utf-8")
    show(measured)


if __name__ == "__main__":
    main()
