"""What happened since an hour, as one list in order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import (
    CitedFact,
    is_answered,
    of_approval,
    of_blocker,
    of_change,
    of_gate,
    of_other,
    of_request,
)
from bot.ask.intent_of import requests_named
from bot.ask.question import Question, Reply
from bot.ask.say import clipped, hours, percent
from bot.ask.shortening import MOST_WORDS
from bot.ask.slots import slots_of
from bot.domain.record import Blocker, PromptAnswer
from bot.domain.vocabulary import ACTED_ON, GuardrailOutcome, Severity

DEFAULT_HOURS: Final = 8.0
"""How far back, where a question says no time."""
LAST_HOURS: Final = 3.0
"""What was answered within them tells what the team is about to do."""
JUST_AFTER: Final = 0.01
"""Hours; what is asked for came after the event itself."""
MANY: Final = 2
"""So many blockers that came up and ended within a span are told in one line."""
Happening = tuple[float, int, str, list[CitedFact]]
"""When, its gravity, the line, and what it cites."""
MINOR, PLAIN, GRAVE, TURN = range(4)
"""How grave: what was said and asked, what came up, what was decided, what the sprint turns on."""


def since_event(q: Question) -> Reply | None:
    """Say what was recorded after an event that a question names ("since I said no")."""
    found = lexicon.pattern(q.language, "after_what").search(q.folded)
    is_told = q.slots.since is not None and not q.says("gate")
    if not found or is_told or not q.says("caught_up"):
        return None
    after = q.folded[found.start() :]
    tail = replace(q, text=after, slots=slots_of(after, q.language, q.record, q.now))
    at = _hour_of(tail)
    if at is None or at >= q.now:
        return None
    slots = replace(q.slots, since=at + JUST_AFTER, people=())
    return missed(replace(q, slots=slots))


def _hour_of(q: Question) -> float | None:
    """Return the hour of the last event that a question names; None where it names none."""
    slots = q.slots
    decided = q.says("approved") or q.says("rejected")
    asked = [a for a in requests_named(q) if slots.subjects or (decided and slots.people)]
    if decided and not asked and q.asker:
        asked = [a for a in q.record.approvals if a.approver == q.asker]
    found = [(a.decided_at if decided else a.requested_at) for a in asked]
    found += [g.at for g in q.record.gates if g.phase in slots.phases and q.says("gate")]
    logged = [b for b in q.record.blockers if b.by in slots.people] if q.says("blocker") else []
    found += [b.raised_at for b in slots.blockers or logged]
    if q.says("rollback"):
        found += [r.at for r in q.record.rollbacks]
    return max((at for at in found if at is not None), default=None)


def missed(q: Question) -> Reply:
    """Say what was recorded since the hour a question names; the gravest first if words are few."""
    default = 0.0 if q.slots.people else max(0.0, q.now - DEFAULT_HOURS)
    is_named = q.slots.since is not None
    since = q.slots.since if q.slots.since is not None else default
    until = min(q.slots.until if q.slots.until is not None else q.now, q.now)
    found = [e for e in _events(q, since, until) if _within(e[0], since, until)]
    if q.slots.people:
        found = [e for e in found if any(name in e[2] for name in q.slots.people)]
    span = {"since": hours(since), "now": hours(until)}
    if not found:
        return Reply([q.say("missed_none", **span)], is_whole=is_named)
    found.sort(key=lambda event: (event[0], event[1]))
    facts = [fact for event in found for fact in event[3]]
    lines, gravity = [event[2] for event in found], [event[1] for event in found]
    if sum(len(line.split()) for line in lines) > MOST_WORDS:
        lines = [_brief(q, event[2], event[0]) for event in found]
    return Reply(lines, facts, q.say("missed", **span), gravity, is_whole=is_named)


def _brief(q: Question, line: str, at: float) -> str:
    """Return a line of a list that names its hours, with no more than the number of its own."""
    told = {"at": hours(at)}
    bare = line.removeprefix(q.say("hour_before", **told))
    if bare == line:
        bare = line.replace(q.say("hour_within", **told), "", 1)
    return line if bare == line else f"{hours(at).written(q.language)}: {bare}"


def last_said(q: Question) -> Reply:
    """Return what the team answered in the last hours."""
    told = list(_answers(q, (a for a in q.record.answers if q.now - a.at <= LAST_HOURS)))
    return Reply([each[2] for each in told], [f for each in told for f in each[3]])


def said_of(q: Question) -> Reply | None:
    """Return what somebody of the team answered of the people that are named."""
    told = list(_answers(q, q.answers_naming))
    return (
        Reply([each[2] for each in told], [f for each in told for f in each[3]]) if told else None
    )


def _within(at: float, since: float, until: float) -> bool:
    """Whether an hour is after `since`; an hour that is named alone means that very hour."""
    if since == until:
        return int(at) == int(since)
    return since <= at <= until


def _events(q: Question, since: float, until: float) -> list[Happening]:
    span = since, until
    return [*_blockers(q, *span), *_approvals(q, *span), *_steps(q), *_owners(q), *_observed(q)]


def _blockers(q: Question, since: float, until: float) -> Iterator[Happening]:
    """Yield what came up and what ended; both in one line where both came between two hours."""

    def is_settled(b: Blocker) -> bool:
        end = b.resolution
        return bool(end and since <= b.raised_at and end.at <= until and len(b.history) == 1)

    settled = list(filter(is_settled, q.record.blockers))
    yield from _settled(q, settled)
    for b in (b for b in q.record.blockers if b not in settled):
        title, at = q.quote(b.title), b.raised_at
        if not q.silence(b):  # its request tells of that
            is_grave = b in q.open_blockers and b.severity is Severity.STOPS
            line = q.say("event_blocker", at=hours(at), by=b.by, title=title)
            yield at, GRAVE if is_grave else PLAIN, line, [of_blocker(b)]
        for change in b.history:
            if change.how is not None:
                key = f"event_resolve_{change.how}"
                line = q.say(key, at=hours(change.at), by=change.by, title=title)
                yield change.at, PLAIN, line, [of_change(b, change)]


def _settled(q: Question, blockers: Sequence[Blocker]) -> Iterator[Happening]:
    """Yield the blockers that came up and ended: each in a line, all in one if they are many."""
    told: list[str] = []
    facts: list[CitedFact] = []
    for b in blockers:
        end, title = b.resolution, q.quote(b.title)
        if end is None:
            continue
        ended = {"resolver": end.by, "how": q.say(f"how_{end.how}"), "resolved": hours(end.at)}
        cited = [of_blocker(b), of_change(b, end)]
        if len(blockers) < MANY:
            line = q.say("event_both", at=hours(b.raised_at), by=b.by, title=title, **ended)
            yield b.raised_at, PLAIN, line, cited
        told.append(q.say("settled_one", title=title, **ended))
        facts += cited
    if len(blockers) >= MANY:
        at = max(b.raised_at for b in blockers)
        yield at, PLAIN, q.say("settled", titles=", ".join(told)), facts


def _approvals(q: Question, since: float, until: float) -> Iterator[Happening]:
    """Yield what was asked for and, alone where both came between two hours, what came of it."""
    for a in q.record.approvals:
        at, subject = hours(a.requested_at), q.subject(a)
        line = q.say(
            "event_request", at=at, by=a.requested_by, approver=a.approver, subject=subject
        )
        is_mine = q.asker in (a.approver, a.requested_by)
        is_both = is_answered(a) and since <= a.requested_at and (a.decided_at or 0.0) <= until
        if not is_both:
            yield a.requested_at, MINOR + is_mine, line, [of_request(a)]
        if a.decision is not None and a.decided_at is not None:
            facts = of_approval(a) if is_both else of_approval(a)[-1:]
            facts += [of_blocker(b) for b in q.record.blockers if q.silence(b) is a]
            yield a.decided_at, GRAVE + is_mine, q.decided(a), facts


def _steps(q: Question) -> Iterator[Happening]:
    record = q.record
    for g in record.gates:
        yield g.at, TURN, q.gate(g), [of_gate(g)]
    for d in record.deployments:
        line = q.say("event_deploy", at=hours(d.at), by=d.by, percent=percent(d.percent))
        yield d.at, TURN, line, [of_other(d)]
    for r in record.rollbacks:
        line = q.say("event_rollback", at=hours(r.at), by=r.by, why=q.why_back(r))
        yield r.at, TURN, line, [of_other(r)]
    for o in record.overrides:
        yield o.at, PLAIN, q.override(o), [of_other(o)]
    for link in record.links:
        yield link.at, MINOR, q.linked(link), [of_other(link)]
    for c in record.corrections:
        yield c.at, PLAIN, q.corrected(c), [of_other(c)]


def _owners(q: Question) -> Iterator[Happening]:
    record = q.record
    for w in record.owners:
        part = q.say(f"part_{w.part}")
        key = "event_owner" if w.by != w.owner else "event_own_part"
        line = q.say(key, at=hours(w.at), owner=w.owner, by=w.by, part=part)
        yield w.at, MINOR, line, [of_other(w)]
    for rail in record.guardrails:
        outcome = q.say(f"outcome_{rail.outcome}")
        line = q.say("event_guardrail", at=hours(rail.at), name=rail.name, outcome=outcome)
        is_bad = rail.outcome == GuardrailOutcome.BREACHED
        yield rail.at, GRAVE if is_bad else MINOR, line, [of_other(rail)]
    for p in record.action_plans:
        line = q.say("plan_yes" if p.ready else "plan_no", by=p.by, at=hours(p.at))
        yield p.at, MINOR, line, [of_other(p)]


def _observed(q: Question) -> Iterator[Happening]:
    for f in q.record.findings:
        if f.level in ACTED_ON:
            sentence = clipped(f.sentence)
            line = q.say("event_probe", at=hours(f.at), probe=f.probe, says=sentence)
            yield f.at, PLAIN, line, [of_other(f)]
    yield from _answers(q, q.record.answers)


def _answers(q: Question, answers: Iterable[PromptAnswer]) -> Iterator[Happening]:
    for a in answers:
        yield a.at, MINOR, q.answered(a), [of_other(a)]
