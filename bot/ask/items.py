"""The items of a record, each told whole: who, when, what, why, how long and how it ended.

An answer tells the items that a question is about, so whatever it asks of them is in it, and where
it is not nobody recorded it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.ask.facts import (
    CitedFact,
    of_blocker,
    of_decision,
    of_ending,
    of_gate,
    of_other,
    of_request,
)
from bot.ask.question import Question
from bot.ask.say import clipped, hours, percent
from bot.domain.record import Approval, Blocker
from bot.domain.vocabulary import Decision

ENGLISH: Final = "en"
PENDING: Final = "pending"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a record.

    Args:
        sort: what it is: a blocker, a request, a gate …
        key: what it is about: a subject, a phase, a part, an id, a code.
        at: the hour it was recorded.
        state: how it stands: open, resolved, approved, the level of a finding …
        words: what somebody wrote of it, or a probe found; empty where nobody wrote anything.
        people: who has a part in it, who did it first.
        line: all of it in one line, in the language of the question.
        facts: what that line rests on.
    """

    sort: str
    key: str
    at: float
    state: str
    words: str
    people: tuple[str, ...]
    line: str
    facts: tuple[CitedFact, ...]


def items_of(q: Question) -> tuple[Item, ...]:
    """Return the items of a question's record, told in its language, in order of time."""
    found = [*_blockers(q), *_requests(q), *_gates(q), *_probes(q), *_steps(q), *_live(q)]
    return tuple(sorted(found, key=lambda item: item.at))


def in_english(q: Question) -> tuple[Item, ...]:
    """Return the same items told in English as they were logged, by which meaning is compared."""
    return items_of(replace(q, language=ENGLISH, is_as_logged=True))


def _blockers(q: Question) -> Iterator[Item]:
    for b in q.record.blockers:
        if q.silence(b):  # its request tells of that
            continue
        people = (b.by, b.owner or "", *(change.by for change in b.history))
        notes = [change.note or "" for change in b.history]
        facts = (of_blocker(b), *of_ending(b), *of_taking_back(q, b))
        state = "resolved" if b.resolution else "open"
        words = " ".join([b.title, *notes]).strip()
        line, named = blocker_told(q, b), _known(people)
        yield Item("blocker", b.id, b.raised_at, state, words, named, line, facts)


def blocker_told(q: Question, blocker: Blocker) -> str:
    """Return all of a blocker: what, who, when, how grave, how long, how it ended."""
    told = {
        "title": q.quote(blocker.title),
        "by": blocker.by,
        "at": hours(blocker.raised_at),
        "severity": q.say(f"severity_{blocker.severity}"),
        "phase": q.phase(blocker.phase),
        "lead": q.lead(blocker),
    }
    more = [q.say("owned", owner=blocker.owner)] if blocker.owner else []
    back = q.taken_back.get(blocker.id)
    if back:
        more.append(q.say("taken_back", by=back.by, at=hours(back.at), words=clipped(back.text)))
    change = blocker.resolution
    if change is None:
        return " ".join([q.say("status_back" if back else "status_open", **told), *more])
    ended = {
        "resolver": change.by,
        "how": q.say(f"how_{change.how}"),
        "resolved": hours(change.at),
        "why": q.why(change.note),
    }
    return " ".join([q.say("status_closed", **told, **ended), *more])


def of_taking_back(q: Question, blocker: Blocker) -> tuple[CitedFact, ...]:
    """Return the answer in which somebody took a blocker back; empty where nobody did."""
    back = q.taken_back.get(blocker.id)
    return (of_other(back),) if back else ()


def _requests(q: Question) -> Iterator[Item]:
    for a in q.record.approvals:
        decided = a.decision in (Decision.APPROVED, Decision.REJECTED)
        silent = [of_blocker(b) for b in q.record.blockers if q.silence(b) is a]
        facts = (of_request(a), *((of_decision(a),) if decided else ()), *silent)
        people = (a.approver, a.requested_by)
        state, words, line = str(a.decision or PENDING), a.reason or "", _request(q, a)
        yield Item("request", a.subject, a.requested_at, state, words, people, line, facts)


def _request(q: Question, approval: Approval) -> str:
    if approval.decision is None:
        return q.pending(approval)
    asked = q.say(
        "asked",
        requester=approval.requested_by,
        at=hours(approval.requested_at),
        due=hours(approval.due_at),
    )
    return f"{q.decided(approval)} {asked}"


def _gates(q: Question) -> Iterator[Item]:
    for g in q.record.gates:
        line, words = q.gate(g), g.note or ""
        yield Item("gate", g.phase, g.at, g.scenario, words, (g.by,), line, (of_gate(g),))


def _probes(q: Question) -> Iterator[Item]:
    for f in q.record.findings:
        overridden = [o for o in q.record.overrides if o.code == f.code]
        line = " ".join([q.finding(f), *map(q.override, overridden)])
        facts = (of_other(f), *map(of_other, overridden))
        words = f"{f.sentence} ({f.source}, {f.code.replace('_', ' ')})"
        yield Item("finding", f.code, f.at, f.level, words, (), line, facts)
    for o in q.record.overrides:
        words = f"{o.why} ({o.code.replace('_', ' ')})"
        found = [] if q.is_as_logged else [f for f in q.record.findings if f.code == o.code]
        line = " ".join([*map(q.finding, found), q.override(o)])
        facts = (of_other(o), *map(of_other, found))
        yield Item("override", o.code, o.at, "", words, (o.by,), line, facts)


def _steps(q: Question) -> Iterator[Item]:
    record = q.record
    for a in record.answers:
        line = q.answered(a)
        yield Item("answer", f"{a.hour:g}", a.at, "", a.text, (a.by,), line, (of_other(a),))
    for link in record.links:
        state = "same" if link.same else "parted"
        facts = (of_other(link), *_linked(q, link.ids))
        yield Item("link", "", link.at, state, "", (link.by,), q.linked(link), facts)
    for c in record.corrections:
        line = q.corrected(c)
        yield Item("correction", c.question, c.at, "", c.answer, (c.by,), line, (of_other(c),))
    for p in record.action_plans:
        line = q.say("plan_yes" if p.ready else "plan_no", by=p.by, at=hours(p.at))
        yield Item("plan", "", p.at, str(p.ready), p.note or "", (p.by,), line, (of_other(p),))
    for w in record.owners:
        people = (w.owner, w.by)
        yield Item("owner", w.part, w.at, "", "", people, q.owns(w), (of_other(w),))


def joining(q: Question, told: Sequence[CitedFact]) -> Iterator[tuple[str, CitedFact]]:
    """Yield who joined two or more records of which all facts are told, and what to cite."""
    for link in q.record.links:
        if link.same and {*_linked(q, link.ids)} <= {*told}:
            yield q.joined(link), of_other(link)


def _linked(q: Question, ids: frozenset[str]) -> Iterator[CitedFact]:
    yield from (of_blocker(b) for b in q.record.blockers if b.id in ids)
    for a in q.record.approvals:
        if a.id in ids:
            yield of_request(a)
            if a.decision in (Decision.APPROVED, Decision.REJECTED):
                yield of_decision(a)
    yield from (of_gate(g) for g in q.record.gates if g.id in ids or g.phase in ids)


def _live(q: Question) -> Iterator[Item]:
    record = q.record
    for d in record.deployments:
        line = q.say("event_deploy", at=hours(d.at), by=d.by, percent=percent(d.percent))
        shown = q.say("live_verified", evidence=clipped(d.evidence)) if d.evidence else ""
        shown = q.say("live_made_here") if d.made_here else shown or q.say("live_claimed")
        yield Item("deployment", d.id, d.at, "", "", (d.by,), f"{line} {shown}", (of_other(d),))
    for r in record.rollbacks:
        line = q.say("rollback_line", by=r.by, at=hours(r.at), why=q.why_back(r))
        yield Item("rollback", r.id, r.at, "", r.reason, (r.by,), line, (of_other(r),))
    for g in record.guardrails:
        outcome = q.say(f"outcome_{g.outcome}")
        line = q.say("event_guardrail", at=hours(g.at), name=g.name, outcome=outcome)
        yield Item("guardrail", g.name, g.at, g.outcome, g.name, (), line, (of_other(g),))


def _known(people: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, people)))
