"""A target does its own set-up: what it depends on is named, and is known where it is named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

MAKEFILE = (Path(__file__).parents[3] / "Makefile").read_text("utf-8")
TARGETS = re.findall(r"^([a-z][a-z-]*):(?!=)(.*?)(?:##|$)", MAKEFILE, re.MULTILINE)


def unknown_variables(makefile: str) -> list[str]:
    """Return variables that a rule names above their assignment, where make reads nothing."""
    known: set[str] = set()
    missing = []
    for line in makefile.splitlines():
        if assigned := re.match(r"(\w+) *[:?]?=", line):
            known.add(assigned[1])
        elif rule := re.match(r"[^\t#].*?:([^#]*)", line):
            missing += [name for name in re.findall(r"\$\((\w+)\)", rule[1]) if name not in known]
    return missing


def test_a_prerequisite_is_known_where_it_is_named() -> None:
    assert unknown_variables(MAKEFILE) == []
    assert unknown_variables("bench: $(PEERS)\n\t@run\nPEERS := file") == ["PEERS"]


def test_every_target_is_phony() -> None:
    phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony
    assert set(phony[1].replace("\\", " ").split()) == {name for name, _needs in TARGETS}


def test_the_peers_that_are_there_are_no_failure(tmp_path):
    for file in ("tests/peers.txt", ".venv-peers/.installed"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    peers = Path(__file__).parents[2] / "peers.py"
    assert subprocess.run([sys.executable, str(peers)], cwd=tmp_path, check=False).returncode == 0
