"""*Follow a click, an hour, a probe* in docs/architecture.md: a real bot goes by every hop."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from tests.stage import open_stage

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
HOP = re.compile(r"`([a-z0-9_/]+\.py):(\w+)`")
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
HOPS = HOP.findall(PAGE[PAGE.index("## Follow a click") : PAGE.index("## Decisions")])


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return the functions that were entered while a sprint was clicked, timed and probed."""
    found: set[tuple[str, str]] = set()

    def enter(frame, event, _arg):
        if event == "call":
            found.add((frame.f_code.co_filename, frame.f_code.co_name))

    folder = tmp_path_factory.mktemp("followed")
    (folder / "shop.csv").write_text("id,n\n" + "".join(f"{n},{n % 7}\n" for n in range(300)))
    threading.setprofile(enter)
    sys.setprofile(enter)
    try:
        with open_stage(folder, sources={"shop": {"path": str(folder / "shop.csv")}}) as stage:
            stage.start()
            stage.go(1)
            stage.command("Ana", "/blocker", "Replica access takes 4 weeks", stage.channel)
            stage.click("Ana", stage.keyed(":blocker:1"), "blocker.fixed")
            stage.dismiss("Ana")
            stage.command("Ana", "/probe", "quality shop", stage.channel)
            stage.settle()
            stage.leap(48.1)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    ours = [(Path(file), name) for file, name in found if file.startswith(str(ROOT))]
    return {(file.relative_to(ROOT).as_posix(), name) for file, name in ours}


def test_the_page_names_its_hops() -> None:
    assert len(HOPS) >= 22


@pytest.mark.parametrize(("file", "function"), HOPS, ids=lambda part: Path(part).stem)
def test_the_bot_goes_by_each_hop(entered: set[tuple[str, str]], file: str, function: str) -> None:
    assert (file, function) in entered
