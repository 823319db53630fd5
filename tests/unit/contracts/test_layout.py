"""Unit tests mirror the rooms: `tests/unit/<room>/test_<module>.py`."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "tests" / "unit"
ROOMS = ("bot", "bot/domain", "")
"""Where a folder of tests has its room: in one of these."""
OF_NO_ROOM = ("contracts", "packaging", "fuzz")
"""Tests of the code base, of what is shipped, and of the tests' own tools."""
OF_SEVERAL_MODULES = {
    "domain/test_guardrails.py",
    "domain/test_measured_waits.py",
    "domain/test_proposals_judged.py",
    "domain/test_verdict_rules.py",
    "messages/test_hostile_text.py",
    "reading/test_channel.py",
    "reading/test_lines.py",
    "reading/test_read.py",
    "timers/test_several_workspaces.py",
}
"""Tests of what a room does as a whole."""


def _has_module(test: Path) -> bool:
    """Tell whether the room of a test has a module, or a package, of its name."""
    room, module = test.parent.relative_to(UNIT), test.stem.removeprefix("test_")
    places = [ROOT / above / room for above in ROOMS]
    return any(
        [*place.rglob(f"{module}.py")] or (place / module).is_dir()
        for place in places
        if place.is_dir()
    )


def test_each_unit_test_has_the_name_of_a_module_in_the_room_of_its_name():
    tests = [
        test
        for test in UNIT.rglob("test_*.py")
        if test.relative_to(UNIT).parts[0] not in OF_NO_ROOM
    ]
    lost = {str(test.relative_to(UNIT)) for test in tests if not _has_module(test)}
    assert lost == OF_SEVERAL_MODULES


def test_handlers_ask_who_may_through_their_tables():
    asking = {
        module.name
        for module in (ROOT / "handlers").glob("*.py")
        if re.search(r"\bimport .*\brequire\b", module.read_text("utf-8"))
    }
    assert asking == {"authorization.py", "blocker_verbs.py"}  # the latter for a number in words
