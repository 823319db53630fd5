"""`make fuzz`: every target under atheris and hypothesis until a million inputs were fed.

python -m tests.fuzz [--inputs 1000000] [--seconds 60] [--only NAME]

Targets take turns, each in a child process that counts to disk as it goes. A run that is killed
keeps what it counted, and the next one goes on from there; `--afresh` begins again.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.fuzz.ledger import FOLDER, RESULT, Count, keep_count, read_count, sum_up
from tests.fuzz.targets import HOSTILE, TARGETS, run

CORPUS: Final = FOLDER / "corpus"
LONGEST: Final = 4_000
STUCK_SECONDS: Final = 120
"""How much longer than its turn a child may take before it is ended."""
RUNS_A_TURN: Final = 40_000
EXAMPLES_A_TURN: Final = 1_000
LEAST: Final = 5_000
"""Inputs that every target gets, however slow it is."""


def corpus_of(name: str) -> Path:
    """Return a target's corpus, begun with the known tricks and kept between runs."""
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(HOSTILE):
        # \x01 lets the provider read what follows as two bytes a letter
        seeded = b"\x01" + text.encode("utf-16-le", "surrogatepass")
        (folder / f"trick-{number}").write_bytes(seeded)
    return folder


def atheris(name: str, seconds: int, turn: int) -> list[str]:
    """Return the command of one turn under atheris."""
    return [
        "-m",
        "tests.fuzz.child",
        name,
        f"-runs={RUNS_A_TURN}",
        f"-max_total_time={seconds}",
        f"-seed={48 + turn}",
        f"-max_len={LONGEST}",
        "-timeout=60",
        "-rss_limit_mb=2048",
        "-verbosity=0",
        f"-artifact_prefix={FOLDER}/",
        str(corpus_of(name)),
    ]


def hypothesis(name: str, _seconds: int, _turn: int) -> list[str]:
    """Return the command of one turn under hypothesis."""
    return ["-m", "tests.fuzz.examples", name, str(EXAMPLES_A_TURN)]


TURNS: Final[dict[str, Callable[[str, int, int], list[str]]]] = {
    "atheris": atheris,
    "hypothesis": hypothesis,
}


def take_turn(engine: str, name: str, seconds: int, turn: int) -> None:
    """Let one engine feed one target for a while; a child that dies is a finding."""
    command = [sys.executable, *TURNS[engine](name, seconds, turn)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + STUCK_SECONDS,
        )
    except subprocess.TimeoutExpired:
        _note_death(engine, name, "did not end in time")
        return
    if done.returncode:
        sys.stderr.write((done.stdout + done.stderr)[-4_000:])
        _note_death(engine, name, f"its process ended with {done.returncode}")


def _note_death(engine: str, name: str, what: str) -> None:
    count: Count = read_count(engine, name)
    count.findings.append({"what": what, "said": "", "input": str(FOLDER)})
    keep_count(engine, name, count)


def rounds(names: list[str], wanted: int, seconds: int) -> Iterator[dict[str, dict[str, Any]]]:
    """Let all targets take turns until together they had their inputs; yield after each turn."""
    found = sum_up(TARGETS)
    for turn in itertools.count():
        for name, engine in itertools.product(names, TURNS):
            enough = sum(each["inputs"] for each in found.values()) >= wanted
            if enough and found[name]["inputs"] >= LEAST:
                continue
            take_turn(engine, name, seconds, turn)
            found = sum_up(TARGETS)
            yield found
        if sum(each["inputs"] for each in found.values()) >= wanted and all(
            found[name]["inputs"] >= LEAST for name in names
        ):
            return


def recheck(name: str) -> None:
    """Feed again what broke a target, and forget what does not break it any more."""
    for engine in TURNS:
        count = read_count(engine, name)
        count.findings = [each for each in count.findings if _still_breaks(name, each)]
        keep_count(engine, name, count)


def _still_breaks(name: str, finding: dict[str, str]) -> bool:
    file = Path(finding["input"])
    if not file.is_file():
        return False
    try:
        run(name, file.read_bytes().decode("utf-8", "surrogatepass"))
    except Exception:  # whatever it is, it is not mended
        return True
    return False


def main() -> int:
    """Run until there were enough inputs; 1 if anything was found."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--inputs", type=int, default=1_000_000, help="for all targets together")
    asked.add_argument("--seconds", type=int, default=60, help="of a turn under atheris")
    asked.add_argument("--only", choices=TARGETS, action="append")
    asked.add_argument("--afresh", action="store_true", help="forget earlier runs")
    asked.add_argument("--recheck", action="store_true", help="drop findings that were mended")
    options = asked.parse_args()
    if options.afresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    for name in TARGETS if options.recheck else ():
        recheck(name)
    found = sum_up(TARGETS)
    for found in rounds(options.only or list(TARGETS), options.inputs, options.seconds):
        total = sum(each["inputs"] for each in found.values())
        print(f"{total:,} inputs", flush=True)
    for name, each in found.items():
        print(f"{name:20} {each['inputs']:>9,} {each['seconds']:>9.1f} s", flush=True)
        for finding in each["findings"]:
            print(
                f"  {finding['what']}: {finding.get('said', '')} ({finding['input']})", flush=True
            )
    print(f"{sum(each['inputs'] for each in found.values()):,} inputs; see {RESULT}")
    return int(any(each["findings"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
