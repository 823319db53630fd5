"""What the probe says of untouched public tables.

`python -m tests.integration.probes.judge.clean HALF [COUNT]` prints what slows or stops, and where.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bot.domain.vocabulary import LEVEL_RANK, FindingLevel
from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest, no_progress
from probes.quality import run
from probes.settings import ProbeSettings
from tests.integration.probes.judge.public_tables import Half, PublicTable, half_of

COUNTED_FACTS = frozenset(
    {
        *("few_rows", "stale", "missing", "all_missing", "duplicate_rows", "time_gaps"),
        "file_other_format",
    }
)
"""Counted over every row, and true of these tables: small, old, gaps, workbooks by another name."""


def look(path: Path, **options: object) -> list[Finding]:
    """Return what the probe finds in a file."""
    with tempfile.TemporaryDirectory(prefix="hour48-judge-") as folder:
        request = ProbeRequest("quality", str(path), options={"pictures": False, **options})
        try:
            result = run(request, ProbeContext(ProbeSettings(), Path(folder), no_progress))
        except ProbeFault as fault:  # a package ships a workbook under the name of a CSV file
            return [fault.finding]
        return list(result.findings)


def chosen(half: Half, count: int, seed: int = 48) -> list[PublicTable]:
    """Return a seeded choice of one half."""
    tables = half_of(half)
    return random.Random(seed).sample(tables, min(count, len(tables)))


def alarms(tables: list[PublicTable]) -> Iterator[tuple[PublicTable, Finding]]:
    """Yield every finding that slows or stops."""
    for table in tables:
        for finding in look(table.path):
            if LEVEL_RANK[finding.level] >= LEVEL_RANK[FindingLevel.SLOWS]:
                yield table, finding


def main(half: Half, count: int) -> None:
    tables = chosen(half, count)
    began = time.monotonic()
    seen: Counter[str] = Counter()
    judged: set[tuple[str, str]] = set()
    for table, finding in alarms(tables):
        seen[f"{finding.level}:{finding.code}"] += 1
        if finding.code not in COUNTED_FACTS:
            judged.add((table.title, finding.code))
            print(f"{table.title}: {finding.code}: {finding.sentence}", flush=True)
    print(f"{len(tables)} tables, {time.monotonic() - began:.0f} s; all alarms {dict(seen)}")
    print(f"{len(judged)} kinds to judge: {len(judged) / len(tables):.3f} a table")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 250)  # type: ignore[arg-type]  # a wrong half ends it
