"""What of one person is open: what waits for them, what they asked for, logged and own."""

from __future__ import annotations

from functools import partial

from bot.ask import lexicon
from bot.ask.attributes import tells_of_stand_in
from bot.ask.facts import CitedFact, is_answered, of_approval, of_blocker, of_other, of_request
from bot.ask.items import items_of
from bot.ask.question import Question, Reply
from bot.ask.say import hours
from bot.ask.slots import people_in
from bot.domain.record import Approval, Blocker
from bot.domain.vocabulary import Decision

Line = tuple[str, list[CitedFact]]


def whose(q: Question) -> tuple[str, ...]:
    """Return whom a question about somebody's part is about: the asker, or who is named."""
    return (q.asker,) if q.asker and q.says("me") else q.slots.people


def waiting_for(q: Question, person: str) -> list[Line]:
    """Return what somebody has to decide, and which open blockers are theirs."""
    found: list[Line] = [
        (must_decide(q, a), [of_request(a)]) for a in q.pending_approvals if a.approver == person
    ]
    for blocker in q.logged_blockers:
        if blocker.owner == person:
            title = q.quote(blocker.title)
            line = q.say("needed_owner", owner=person, title=title)
            found.append((line, [of_blocker(blocker)]))
    return found


def affairs(q: Question, person: str) -> list[Line]:
    """Return what else of somebody is open, and what came of what they asked or were asked."""
    logged = [b for b in q.logged_blockers if b.owner != person]
    mine = [b for b in logged if b.by == person]
    asked = [a for a in q.record.approvals if a.requested_by == person]
    named = [a for a in asked if a.subject in (*q.slots.subjects, *q.slots.hinted)]
    asked = named or [a for a in asked if a in q.unsettled]
    lapsed = [a for a in q.unsettled if a.approver == person and a not in q.pending_approvals]
    silent = [a for a in lapsed if a.decision is not Decision.REJECTED]
    spoken = [a for a in q.record.answers if a.by != person and _names(q, person, a.text)]
    owned = [o for o in q.record.owners if o.owner == person]
    decided = [a for a in q.record.approvals if a.approver == person and is_answered(a)]
    return [
        *((_asked(q, a), of_approval(a)) for a in named),
        *((q.overdue(a), [of_request(a)]) for a in silent),
        *((_asked(q, a), of_approval(a)) for a in asked if a not in named),
        *_blockers(q, "own_logged", person, mine),
        *about(q, person),
        *((q.answered(a), [of_other(a)]) for a in spoken),
        *((q.owns(o), [of_other(o)]) for o in owned),
        *((q.decided(a), of_approval(a)) for a in decided),
    ]


def about(q: Question, person: str) -> list[Line]:
    """Return the open blockers that somebody else logged and that name a person."""
    logged = [b for b in q.logged_blockers if person not in (b.by, b.owner)]
    return _blockers(q, "own_named", person, [b for b in logged if _names(q, person, b.title)])


def _names(q: Question, person: str, text: str) -> bool:
    return person in people_in(text, q.record)


def tasks(q: Question) -> Reply | None:
    """Say what is open for one person, where a question asks what they have to do."""
    slots = q.slots
    names_else = slots.blockers or slots.subjects or slots.phases
    return own(q) if q.says("tasks") and not names_else else None


def own(q: Question) -> Reply | None:
    """Say what is open for the asker or for who is named; None where neither is known."""
    people = whose(q)
    if not people:
        return None
    found = [line for who in people for line in (*waiting_for(q, who), *affairs(q, who))]
    for fix in q.verdict.fixes if q.now >= q.record.length else ():
        found += [(q.say("fixes", text=fix.text), [CitedFact("fixes")])] * (fix.owner in people)
    told = {"who": ", ".join(people), "now": hours(q.now)}
    if not found:
        return Reply([q.say("own_none", **told)])
    facts = [fact for _, facts in found for fact in facts]
    return Reply([line for line, _ in found], facts, q.say("own_head", **told))


def must_decide(q: Question, approval: Approval) -> str:
    """Return who must decide what until when."""
    return q.say(
        "needed_approval",
        approver=approval.approver,
        subject=q.subject(approval),
        due=hours(approval.due_at),
        left=hours(approval.due_at - q.now),
    )


def _asked(q: Question, approval: Approval) -> str:
    return q.decided(approval) if is_answered(approval) else q.pending_or_overdue(approval)


def _blockers(q: Question, key: str, person: str, found: list[Blocker]) -> list[Line]:
    titles = ", ".join(q.quote(b.title) for b in found)
    return [(q.say(key, who=person, titles=titles), [*map(of_blocker, found)])] if found else []


def away(q: Question) -> Reply | None:
    """Say what somebody wrote of who is away until when, or of who stands in."""
    asks = next((name for name in ("stands_in", "away") if q.says(name)), None)
    if asks is None or q.says("why") or not (q.slots.people or q.says("who")):
        return None
    people = set(q.slots.people)
    tells = tells_of_stand_in if asks == "stands_in" else partial(lexicon.tells_of, "away")
    found = [item for item in items_of(q) if tells(item.words)]
    if people:
        found = [i for i in found if people & {*people_in(i.words, q.record), *i.people[:1]}]
    facts = [fact for item in found for fact in item.facts]
    return Reply([item.line for item in found], facts) if found else None
