"""Time the joins probe on millions of different keys, and say how far its shares are off.

Keys are scrambled by a seeded hash, so that neither file has an order; the share that meets is
known.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.quality import FOLDER, whole_process
from tests.bench.rows import row

SIZES = (1_000_000, 10_000_000)
SHARES = (0.05, 0.5, 0.99)
NAMES = (
    "joins_1m_keys_seconds",
    "joins_1m_keys_mb",
    "joins_1m_keys_points_off",
    "joins_10m_keys_seconds",
    "joins_10m_keys_mb",
    "joins_10m_keys_points_off",
)


def tables(keys: int, share: float) -> tuple[Path, Path]:
    """Write two tables of which so large a share of the first one's keys is in the second, once."""
    left, right = FOLDER / f"keys-{keys}.parquet", FOLDER / f"keys-{keys}-{share:g}.parquet"
    FOLDER.mkdir(parents=True, exist_ok=True)
    key = "'C' || printf('%016x', hash(n + 48)) AS customer_id, n % 97 AS visits"
    for path, first in ((left, 0), (right, round(keys * (1 - share)))):
        if not path.exists():
            with duckdb.connect() as engine:
                select = f"SELECT {key} FROM range({first}, {first + keys}) t(n) ORDER BY hash(n)"
                engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return left, right


def probe(keys: int, share: float) -> tuple[float, float, float]:
    """Return the probe's wall seconds, its peak MB, and how many points its share is off."""
    told = FOLDER / "joins.json"
    places = map(str, tables(keys, share))
    seconds, megabytes = whole_process(
        [sys.executable, "-m", "hour48", "probe", "joins", *places, "--json"], told
    )
    findings = json.loads(told.read_text("utf-8"))["findings"]
    met = next(one for one in findings if one["evidence"].get("left") == "customer_id")
    return seconds, megabytes, 100 * abs(met["evidence"]["left_found"] - share)


def measurements() -> list[dict[str, Any]]:
    """Return the rows for the bench table: the median time, the worst memory and error."""
    rows = []
    for keys in SIZES:
        seconds, megabytes, points = zip(*(probe(keys, share) for share in SHARES), strict=True)
        name = f"joins_{keys // 1_000_000}m_keys"
        rows += [
            row(f"{name}_seconds", sorted(seconds)[1], "s"),
            row(f"{name}_mb", max(megabytes), "MB"),
            row(f"{name}_points_off", max(points), "points"),
        ]
    return rows
