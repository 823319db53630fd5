"""States, kinds, levels and audit actions are written once, in the enums of `bot.domain`."""

import ast
from collections.abc import Iterator
from enum import StrEnum

import pytest

from bot.domain import enums, rollout, traffic, vocabulary, waits

APART = {
    "bot/db/migrations/": "what revisions froze",
    "bot/evidence/adapters/": "the words of GitHub, GitLab, Jira and ServiceNow",
    "probes/environment/anywhere.py": "a script that is pasted elsewhere, without imports of ours",
}
VALUES = {
    member.value
    for module in (enums, rollout, traffic, vocabulary, waits)
    for each in vars(module).values()
    if isinstance(each, type) and issubclass(each, StrEnum)
    for member in each
}
HOLDS_ONE = frozenset(
    {
        *("state", "status", "action", "kind", "level", "severity", "decision", "scenario"),
        *("subject", "outcome", "pace", "origin", "resolution", "remedy", "trigger"),
    }
)
"""Attributes, variables and arguments that hold a value of an enum."""
SOMETHING_ELSE = {
    ("bot/outbox/queue.py", "home"): "the first part of a queue's name",
    ("bot/outbox/call_context.py", "sprint"): "the first part of a queue's name",
    ("bot/deployments/queries.py", "go"): "the level of a monitor's finding, a key of `ADVICE`",
    ("bot/deployments/record_facts.py", "stops"): "the level of a finding in a sprint's record",
    ("bot/ask/replies/history.py", "stops"): "the level of a finding in a sprint's record",
    ("bot/ask/replies/history.py", "slows"): "the level of a finding in a sprint's record",
}
"""Where a word that is also an enum's value means another thing."""


def bare_literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string that stands where a value of an enum belongs."""
    for node in ast.walk(tree):
        for value in _in_question(node):
            several = isinstance(value, ast.Tuple | ast.Set | ast.List)
            for each in value.elts if several else [value]:
                if isinstance(each, ast.Constant) and each.value in VALUES:
                    yield each.lineno, str(each.value)


def _in_question(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.Compare() if any(map(_holds_one, [node.left, *node.comparators])):
            return [node.left, *node.comparators]
        case ast.Assign() if any(map(_holds_one, node.targets)):
            return [node.value]
        case ast.keyword() if node.arg in HOLDS_ONE:
            return [node.value]
        case ast.Call(func=ast.Attribute()):
            return _arguments(node, node.func)
    return []


def _arguments(node: ast.Call, called: ast.Attribute) -> list[ast.expr]:
    if called.attr == "in_" and _holds_one(called.value):
        return node.args
    return {"audit": node.args[2:4], "set_timer": node.args[2:3]}.get(called.attr, [])


def _holds_one(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name in HOLDS_ONE
        case ast.Subscript(slice=ast.Constant(value=name)):
            return name in HOLDS_ONE
        case ast.Call(func=ast.Name(id="str"), args=[inner]):
            return _holds_one(inner)
    return False


def test_no_module_writes_a_state_by_hand(trees):
    faults = [
        f"{name}:{line}: {text!r}"
        for name, tree in trees.items()
        if not name.startswith(tuple(APART))
        for line, text in bare_literals(tree)
        if (name, text) not in SOMETHING_ELSE
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "line",
    [
        'if blocker.state == "open": pass',
        'if "open" == blocker.state: pass',
        'if stage.kind == "rolled_back": pass',
        'if state not in ("count", "proved"): pass',
        'if str(finding["level"]) != "stops": pass',
        'if blocker.severity in {"stops", "slows"}: pass',
        'select(Timer).where(Timer.state != "done")',
        'sprint.status = "closed"',
        'if sprint.status in ("running", "debrief"): pass',
        'ProbeRun.state.in_(("waiting", "running"))',
        'Approval(state="waiting")',
        'Finding(level="stops")',
        'uow.audit(1, who, "closed", "sprint", 1)',
        'uow.set_timer(1, key, "prompt", at)',
    ],
)
def test_a_state_written_by_hand_is_found(line):
    assert list(bare_literals(ast.parse(line)))


def test_a_word_that_no_enum_has_is_no_state():
    assert not list(bare_literals(ast.parse('if chart.kind == "bar": pass')))
