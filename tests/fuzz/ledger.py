"""What was fed to each target so far, kept on disk as it goes: a killed run loses a second of it.

Each target and engine has one small file that its child alone writes; `build/fuzz.json` is their
sum. A later run goes on from there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

RESULT: Final = Path("build/fuzz.json")
FOLDER: Final = Path("build/fuzz")
ENGINES: Final = ("atheris", "hypothesis")


@dataclass
class Count:
    """What one engine has fed to one target.

    Args:
        inputs: how many.
        seconds: of the processor, inside the target.
        findings: what broke, one line each, with the file that holds the input.
    """

    inputs: int = 0
    seconds: float = 0.0
    findings: list[dict[str, str]] = field(default_factory=list)


def count_file(engine: str, target: str) -> Path:
    """Return where an engine counts a target."""
    return FOLDER / "counts" / f"{target}.{engine}.json"


def read_count(engine: str, target: str) -> Count:
    """Return what was counted before; nothing where nothing was."""
    file = count_file(engine, target)
    return Count(**json.loads(file.read_text("utf-8"))) if file.is_file() else Count()


def write(file: Path, content: Any) -> None:
    """Replace a file at once, so that whoever is killed leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, indent=1, ensure_ascii=True) + "\n", "utf-8")
    unfinished.replace(file)


def keep_count(engine: str, target: str, count: Count) -> None:
    """Write an engine's count of a target."""
    write(count_file(engine, target), asdict(count))


def sum_up(targets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Write `build/fuzz.json`: target → its inputs, seconds and findings, by all engines."""
    found: dict[str, dict[str, Any]] = {}
    for target in targets:
        by = {engine: read_count(engine, target) for engine in ENGINES}
        found[target] = {
            "inputs": sum(count.inputs for count in by.values()),
            "seconds": round(sum(count.seconds for count in by.values()), 1),
            "findings": [each for count in by.values() for each in count.findings],
            **{engine: count.inputs for engine, count in by.items()},
        }
    write(RESULT, found)
    return found
