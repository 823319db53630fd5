"""Known vulnerabilities of the run lock, as pip-audit finds them, or why nobody knows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

SECONDS: Final = 300


class Known(NamedTuple):
    """What is known.

    Args:
        found: package, version, id and the versions that mend it; None where nobody could say.
        why: why nobody could say.
    """

    found: list[tuple[str, str, str, str]] | None
    why: str = ""


def audit_lock(lock: Path, *more: str, seconds: float = SECONDS) -> Known:
    """Ask the vulnerability service about every package of a lock; nothing is installed."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--disable-pip"),
        *("--require-hashes", "--no-deps", "--format", "json", "--progress-spinner", "off", *more),
    ]
    try:
        told = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return Known(None, f"The vulnerability service did not answer within {seconds:.0f} s.")
    try:
        packages = json.loads(told.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (told.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Known(None, f"pip-audit could not ask: {last[:200]}")
    return Known(
        [
            (each["name"], each["version"], flaw["id"], ", ".join(flaw["fix_versions"]) or "none")
            for each in packages
            for flaw in each.get("vulns", ())
        ]
    )
