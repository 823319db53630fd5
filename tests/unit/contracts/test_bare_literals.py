"""States, kinds and audit actions are written once, in `bot.domain.enums`."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES_READ = ("bot", "handlers", "scheduler", "hour48")
APART = ("bot/domain/", "bot/db/migrations/", "bot/suggest/", "bot/report/")
"""The domain itself, what migrations froze, and packages whose `state` is none of a row's."""
STATES = {"state", "status", "action"}


def bare_literals(tree: ast.AST) -> list[tuple[int, str]]:
    """Return the line and text of each string that stands where a state belongs."""
    found = []
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Compare) and _names_a_state(node.left):
            values = node.comparators
        elif (isinstance(node, ast.Assign) and any(map(_names_a_state, node.targets))) or (
            isinstance(node, ast.keyword) and node.arg == "state"
        ):
            values = [node.value]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "audit":
                values = node.args[2:4]
            elif node.func.attr == "in_" and _names_a_state(node.func.value):
                values = node.args
            elif node.func.attr == "set_timer":
                values = node.args[2:3]
        found += [
            (each.lineno, each.value)
            for value in values
            for each in (value.elts if isinstance(value, ast.Tuple) else [value])
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
    return found


def _names_a_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in STATES


def modules() -> list[Path]:
    files = [file for package in PACKAGES_READ for file in (ROOT / package).rglob("*.py")]
    return [file for file in files if not file.relative_to(ROOT).as_posix().startswith(APART)]


def test_no_module_writes_a_state_by_hand():
    faults = [
        f"{file.relative_to(ROOT)}:{line}: {text!r}"
        for file in modules()
        for line, text in bare_literals(ast.parse(file.read_text("utf-8")))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "line",
    [
        'if blocker.state == "open": pass',
        'select(Timer).where(Timer.state != "done")',
        'sprint.status = "closed"',
        'if sprint.status in ("running", "debrief"): pass',
        'ProbeRun.state.in_(("waiting", "running"))',
        'Approval(state="waiting")',
        'uow.audit(1, who, "closed", "sprint", 1)',
        'uow.set_timer(1, key, "prompt", at)',
    ],
)
def test_a_state_written_by_hand_is_found(line):
    assert bare_literals(ast.parse(line))
