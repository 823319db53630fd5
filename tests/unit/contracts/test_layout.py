"""Unit tests mirror the packages: `tests/unit/<package>/test_<module>.py`."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
UNIT = ROOT / "tests" / "unit"
ABOVE = ("bot", "bot/domain", "")
"""Where a folder of tests has its package: in one of these."""
OF_NO_PACKAGE = ("contracts", "packaging", "fuzz")
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
"""Tests of what a package does as a whole."""

FEATURES = (
    *("approvals", "blockers", "bundle", "debrief", "deployments", "evidence", "fixes"),
    *("home", "hourly", "listening", "planning", "privacy", "probe_runs", "records"),
)
OPEN_MODULES = ("service", "queries", "forms")
"""What other features may import of a feature: what it does, what it reads, what it takes."""
OPENED_BESIDES = {
    "deployments": {"digest_pictures", "model_store", "record_facts"},
    "evidence": {"links"},
    "fixes": {"items"},
    "hourly": {"gates", "prompts"},
}
"""Other modules that features import of each other; the fewer, the better."""


def _has_module(test: Path) -> bool:
    """Tell whether the package of a test has a module, or a package, of its name."""
    package, module = test.parent.relative_to(UNIT), test.stem.removeprefix("test_")
    places = [ROOT / above / package for above in ABOVE]
    return any(
        [*place.rglob(f"{module}.py")] or (place / module).is_dir()
        for place in places
        if place.is_dir()
    )


def test_each_unit_test_has_the_name_of_a_module_in_the_package_of_its_name():
    tests = [
        test
        for test in UNIT.rglob("test_*.py")
        if test.relative_to(UNIT).parts[0] not in OF_NO_PACKAGE
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


def imported_modules(tree: ast.Module) -> set[str]:
    """Return the dotted names of the modules that a module may import."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            deep = node.module.count(".") > 1
            found |= {node.module if deep else f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def test_features_import_of_each_other_what_is_open(trees):
    opened: dict[str, set[str]] = {}
    for name, tree in trees.items():
        feature = name.split("/")[1]
        if not name.startswith("bot/") or feature not in FEATURES:
            continue
        for module in imported_modules(tree):
            package, of, *rest = [*module.split("."), ""]
            others = package == "bot" and of in FEATURES and of != feature
            if others and rest[0] not in OPEN_MODULES:
                opened.setdefault(of, set()).add(rest[0])
    assert opened == OPENED_BESIDES


def test_the_picture_of_packages_has_each_of_them():
    picture = (ROOT / "docs" / "images" / "packages.svg").read_text("utf-8")
    drawn = set(re.findall(r">([\w.]+)</text>", picture))
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    packages = {each for layer in layers for each in re.split(r"\s*[:|]\s*", layer)}
    lost = {each.removeprefix("bot.") for each in packages} - drawn
    assert not lost, "run make diagram"
