"""`make fuzz`: every target under atheris, guided by coverage; writes build/fuzz.json.

python -m tests.fuzz [--inputs 80000] [--only NAME]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fuzz.targets import HOSTILE, TARGETS

DONE = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
RESULT = Path("build/fuzz.json")
CRASHES = Path("build/fuzz")


def fuzz(name: str, inputs: int, seed: int) -> dict[str, Any]:
    """Feed a target until it has had its inputs, or breaks; the input that broke it is kept."""
    CRASHES.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as corpus:
        for number, text in enumerate(HOSTILE):
            # \x01 lets the provider read what follows as two bytes a letter
            seeded = b"\x01" + text.encode("utf-16-le", "surrogatepass")
            (Path(corpus) / f"{number}").write_bytes(seeded)
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.child",
            name,
            f"-runs={inputs}",
            f"-seed={seed}",
            "-max_len=4000",
            "-timeout=20",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            f"-artifact_prefix={CRASHES}/{name}-",
            corpus,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
    counted = DONE.search(done.stderr)
    if done.returncode or counted is None:
        sys.stderr.write((done.stdout + done.stderr)[-4_000:])
    return {
        "target": name,
        "inputs": int(counted.group(1)) if counted else 0,
        "seconds": round(time.monotonic() - began, 1),
        "crashes": int(done.returncode != 0),
        "seed": seed,
    }


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--inputs", type=int, default=80_000, help="for each target")
    asked.add_argument("--seed", type=int, default=48)
    asked.add_argument("--only", choices=TARGETS, action="append")
    options = asked.parse_args()
    found = []
    for name in options.only or TARGETS:
        found.append(fuzz(name, options.inputs, options.seed))
        print(json.dumps(found[-1]), flush=True)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(found, indent=1) + "\n")
    total = sum(each["inputs"] for each in found)
    crashes = sum(each["crashes"] for each in found)
    print(f"{total:,} inputs, {crashes} targets broke")
    return int(crashes > 0)


if __name__ == "__main__":
    sys.exit(main())
