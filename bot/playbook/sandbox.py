"""Words that take facts: a small, safe part of Jinja2 for the playbook's sentences.

A playbook comes from a file that a company edits, so its templates may name facts, choose between
wordings and nothing else: no loops, calls, attributes or arithmetic, and therefore no surprises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from bot.playbook.texts import say

if TYPE_CHECKING:
    from jinja2 import Environment, Template, nodes

TEMPLATE_MARKS: Final = ("{{", "{%", "{#")
ALLOWED_FILTERS: Final = frozenset({"capitalize", "default", "lower", "title", "upper"})
ALLOWED_NODES: Final = frozenset(
    {
        "Template",
        "Output",
        "TemplateData",
        "Name",
        "Const",
        "If",
        "CondExpr",
        "Compare",
        "Operand",
        "And",
        "Or",
        "Not",
        "Filter",
    }
)


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """What an hourly prompt may name.

    Args:
        hour: hours since the kickoff.
        hours_left: hours until the debrief.
        use_case: the use case in the team's words.
        builder: the person who writes code, as Slack shows them.
        data_person: the person who knows the data.
        approver: the person who can approve.
        business: the person from the business.
        open_blockers: how many blockers are open.
        waiting_approvals: how many approvals wait for a decision.
        traffic: the share of production traffic the deployment takes, in percent; 0 when not live.
    """

    hour: int
    hours_left: int
    use_case: str
    builder: str
    data_person: str
    approver: str
    business: str
    open_blockers: int = 0
    waiting_approvals: int = 0
    traffic: float = 0


@dataclass(frozen=True, slots=True)
class ApprovalFacts:
    """What the sentence that asks for an approval may name.

    Args:
        use_case: the use case in the team's words.
        requester: who asks, as Slack shows them.
        approver: who is asked.
        deadline_hours: how many hours the approver has.
    """

    use_case: str
    requester: str
    approver: str
    deadline_hours: int


LONGEST_PERSON: Final = "W" * 40
LONGEST_USE_CASE: Final = "W" * 150
LONG_PROMPT: Final = PromptFacts(
    99, 99, LONGEST_USE_CASE, LONGEST_PERSON, LONGEST_PERSON, LONGEST_PERSON, LONGEST_PERSON, 1, 1
)
SHORT_PROMPT: Final = PromptFacts(0, 0, "churn", "Ana", "Ben", "Cho", "Dee", 0, 0, 1)
LONG_APPROVAL: Final = ApprovalFacts(LONGEST_USE_CASE, LONGEST_PERSON, LONGEST_PERSON, 999)


def takes_facts(text: str) -> bool:
    """Return whether `text` is a template rather than plain words."""
    return any(mark in text for mark in TEMPLATE_MARKS)


def render(text: str, facts: PromptFacts | ApprovalFacts) -> str:
    """Return `text` with its facts filled in; the result is not escaped for any medium."""
    return _rendered(text, facts) if takes_facts(text) else text


@lru_cache(maxsize=2_000)
def _rendered(text: str, facts: PromptFacts | ApprovalFacts) -> str:
    return _compiled(text).render({name: getattr(facts, name) for name in facts.__slots__})


def template_fault(text: str, samples: tuple[PromptFacts | ApprovalFacts, ...]) -> str | None:
    """Say what is wrong with a template, or None.

    Args:
        text: the words as they stand in the playbook.
        samples: facts to try it on; their names are the names it may use.
    """
    if not takes_facts(text):
        return None
    from jinja2 import TemplateError

    try:
        fault = _forbidden(_environment().parse(text), frozenset(asdict(samples[0])))
        if fault is None:
            for facts in samples:
                render(text, facts)
    except (TemplateError, TypeError) as error:
        return say("template_can_filled", error=error)
    return fault


def _forbidden(tree: nodes.Template, names: frozenset[str]) -> str | None:
    from jinja2 import nodes

    for node in _walk(tree):
        kind = type(node).__name__
        if kind not in ALLOWED_NODES:
            return say("template_construct_refused", kind=kind.lower())
        if isinstance(node, nodes.Name) and node.name not in names:
            return say("template_fact_unknown", name=node.name, names=", ".join(sorted(names)))
        if isinstance(node, nodes.Filter) and node.name not in ALLOWED_FILTERS:
            return say(
                "uses_filter_allowed",
                name=node.name,
                allowed_filters=", ".join(sorted(ALLOWED_FILTERS)),
            )
    return None


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    options: dict[str, Any] = {"undefined": StrictUndefined, "trim_blocks": True}
    return ImmutableSandboxedEnvironment(autoescape=False, **options)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Template:
    return _environment().from_string(text)
