"""What the record says around a question: features that tell what it can be about.

"What became of it?" about a blocker that is open, about one that is resolved, and about a request
are three questions, and so is "anything new?" in the second hour and in the last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from bot.ask.classifier import BIAS, THING
from bot.ask.intents import Intent
from bot.ask.question import Question
from bot.ask.slots import Slots
from bot.domain.record import Approval, Blocker, BlockerChange, SprintRecord

LEAST_LOG: Final = -8.0
"""A less probable intent says no more than one of this log probability."""
LOG_WORTH: Final = 0.5
RECENT: Final = 3.0
"""Hours; what happened in the last ones is what people speak of."""
EARLY: Final = 8.0
LONG: Final = 12.0
"""Words of a long question."""
LONGEST: Final = 25
PENDING: Final = "pending"

NAMED: Final[Mapping[str, Callable[[Slots], object]]] = {
    "subject": lambda slots: slots.subjects,
    "hinted": lambda slots: slots.hinted,
    "person": lambda slots: slots.people,
    "people": lambda slots: len(slots.people) > 1,
    "phase": lambda slots: slots.phases,
    "part": lambda slots: slots.parts,
    "role": lambda slots: slots.roles,
    "since": lambda slots: slots.since is not None,
    "until": lambda slots: slots.until is not None,
    "blocker": lambda slots: len(slots.blockers) == 1,
    "blockers": lambda slots: len(slots.blockers) > 1,
    "open": lambda slots: any(not each.resolution for each in slots.blockers),
    "resolved": lambda slots: any(each.resolution for each in slots.blockers),
}
RECORDED: Final = (
    "blockers",
    "deployments",
    "rollbacks",
    "findings",
    "overrides",
    "owners",
    "guardrails",
    "gates",
)


def features(
    question: Question,
    plain: str,
    log_probabilities: Mapping[Intent, float],
    *,
    is_refused: bool,
    is_strange: bool,
) -> dict[str, float]:
    """Return the features of a question in its record.

    Args:
        question: the question.
        plain: the same, see `wording.normalised`.
        log_probabilities: what its words say, see `classifier.Classifier`.
        is_refused: its wording is one of those that no record answers.
        is_strange: it is about somebody or something that no record holds, or this one not.
    """
    slots, record, now = question.slots, question.record, question.now
    count = len(question.text.split())
    found = {
        f"says:{intent}": LOG_WORTH * max(LEAST_LOG, log)
        for intent, log in log_probabilities.items()
    }
    found |= {f"names:{name}": 1.0 for name, holds in NAMED.items() if holds(slots)}
    found |= dict.fromkeys(_of_requests(question), 1.0)
    found |= dict.fromkeys(_of_people(record, slots.people), 1.0)
    found |= dict.fromkeys(_of_record(record, now), 1.0)
    if slots.subjects and not any(name.startswith("of_subject:") for name in found):
        found["of_subject:none"] = 1.0
    others = {
        "asker": question.asker,
        "ended": now >= record.length,
        "early": now <= EARLY,
        "refused": is_refused,
        "strange": is_strange,
        "mark": "?" in question.text,
        "thing": THING in plain.split(),
    }
    found |= {name: 1.0 for name, holds in others.items() if holds}
    return found | {
        BIAS: 1.0,
        "hour": now / record.length,
        "words": min(count, LONGEST) / LONG,
    }


def _of_requests(question: Question) -> Iterator[str]:
    """Yield how the requests stand, and those for or of what is named."""
    slots = question.slots
    for asked in question.record.approvals:
        state = _state(asked)
        yield f"any:{state}"
        if asked.subject in slots.subjects:
            yield f"of_subject:{state}"
        elif asked.subject in slots.hinted:
            yield f"of_hinted:{state}"
        if asked.approver in slots.people:
            yield f"of_approver:{state}"
        if asked.requested_by in slots.people:
            yield f"of_requester:{state}"
        if asked.decided_at is not None and question.now - asked.decided_at <= RECENT:
            yield f"recent:{state}"


def _state(approval: Approval) -> str:
    return PENDING if approval.decision is None else str(approval.decision)


def _of_people(record: SprintRecord, people: Iterable[str]) -> Iterator[str]:
    """Yield what the people who are named did."""
    for person in people:
        roles = {
            "raised": any(each.by == person for each in record.blockers),
            "has": any(each.owner == person for each in record.blockers),
            "resolved": any(change.by == person for change in _changes(record.blockers)),
            "owns": any(each.owner == person for each in record.owners),
            "team": person in record.team.values(),
        }
        yield from (f"person:{role}" for role, holds in roles.items() if holds)


def _of_record(record: SprintRecord, now: float) -> Iterator[str]:
    """Yield what is on record, and what came lately."""
    for name in RECORDED:
        facts = getattr(record, name)
        if facts:
            yield f"on_record:{name}"
        if any(now - _at(fact) <= RECENT for fact in facts):
            yield f"recent:{name}"
    if any(not each.resolution for each in record.blockers):
        yield "on_record:open"
    if any(each.resolution for each in record.blockers):
        yield "on_record:resolved"
    if any(now - change.at <= RECENT for change in _changes(record.blockers)):
        yield "recent:resolved"


def _changes(blockers: Iterable[Blocker]) -> Iterator[BlockerChange]:
    return (change for each in blockers for change in each.history)


def _at(fact: Any) -> float:
    return float(fact.raised_at if isinstance(fact, Blocker) else fact.at)
