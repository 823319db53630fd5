"""A message is declared, not rendered, in the transaction of its facts."""

import ast

import pytest

from bot.messages import keys
from bot.messages.templates import Template
from bot.rendering import RENDERERS
from bot.slack import blocks
from tests.runtimes import ANA, CHO

APART = ("/keys.py", "/queue.py")


@pytest.fixture(scope="module")
def services(trees):
    return {
        name: tree
        for name, tree in trees.items()
        if name.startswith(("bot/", "handlers/", "scheduler/")) and not name.endswith(APART)
    }


def test_every_template_has_its_renderer():
    assert set(RENDERERS) == set(Template)


def calls_of(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


def hand_made_keys(tree: ast.AST) -> list[int]:
    return [
        call.lineno
        for call in calls_of(tree, "upsert")
        if call.args and isinstance(call.args[0], (ast.JoinedStr, ast.Constant))
    ]


def test_no_key_is_written_by_hand(services):
    faults = [f"{name}:{line}" for name, tree in services.items() for line in hand_made_keys(tree)]
    assert not faults, faults


def test_a_key_written_by_hand_is_found():
    assert hand_made_keys(ast.parse('uow.upsert(f"sprint:{1}:card", template, {})'))


def test_no_message_is_declared_without_its_template(services):
    faults = [
        f"{name}:{call.lineno}"
        for name, tree in services.items()
        for call in calls_of(tree, "upsert")
        if ast.unparse(call.args[1]) == "None"
        and "kind" not in {keyword.arg for keyword in call.keywords}
    ]
    assert not faults, faults


@pytest.mark.parametrize("act", ["log", "resolve", "ask", "decide", "gate"])
def test_no_block_is_built_in_a_write_transaction(runtime, running_sprint, monkeypatch, act):
    from bot.approvals.forms import ApprovalForm
    from bot.approvals.service import decide_approval, request_approval
    from bot.blockers.forms import BlockerForm
    from bot.blockers.service import log_blocker, resolve_blocker
    from bot.domain.vocabulary import Decision, Resolution, Severity, Subject
    from bot.hourly.gates import answer_gate

    form = BlockerForm(running_sprint, "No read access", severity=Severity.STOPS)
    asked = ApprovalForm(running_sprint, Subject.SECURITY, CHO, "scores for 1 %")
    with runtime.uow("T1") as uow:
        blocker = log_blocker(uow, ANA, form).id
        approval = request_approval(uow, ANA, asked).id
    acts = {
        "log": lambda uow: log_blocker(uow, ANA, form),
        "resolve": lambda uow: resolve_blocker(uow, ANA, blocker, Resolution.FIXED),
        "ask": lambda uow: request_approval(
            uow, ANA, ApprovalForm(running_sprint, Subject.PRIVACY, CHO, "scores for 1 %")
        ),
        "decide": lambda uow: decide_approval(uow, CHO, approval, Decision.APPROVED),
        "gate": lambda uow: answer_gate(uow, ANA, running_sprint, "data", "locked", early=True),
    }

    def built(*_args, **_more):
        raise AssertionError("a block is built before the acknowledgement")

    for name in ("message", "section", "context", "actions", "button", "header"):
        monkeypatch.setattr(blocks, name, built)
    with runtime.uow("T1") as uow:
        acts[act](uow)


def test_keys_of_different_things_differ():
    made = [
        keys.blocker(1, 2),
        keys.approval(1, 2),
        keys.fix(1, 2),
        keys.probe(1, 2),
        keys.deployment(1, 2),
        keys.plan_card(1),
        keys.pinned_card(1),
        keys.line(keys.blocker(1, 2), 1),
    ]
    assert len(set(made)) == len(made)
