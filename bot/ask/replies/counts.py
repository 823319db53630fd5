"""How many there are, by how they stand: counted over the record, whoever is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import CitedFact, of_blocker, of_change, of_decision
from bot.ask.items import ENGLISH, PENDING, items_of
from bot.ask.lexicon import entry
from bot.ask.question import Question, Reply
from bot.ask.say import hours
from bot.domain.record import Blocker
from bot.domain.vocabulary import Category, Severity
from bot.reading.meaning import nearness

BLOCKER: Final = "blocker"
RESOLVED: Final = "resolved"
IS_COUNT: Final = 0.6
"""From this nearness in meaning a question counts what one of the sample questions does."""


def counted(q: Question) -> Reply | None:
    """Return the count that a question asks for, and what is counted; None where it asks none."""
    counts = lexicon.patterns(q.language, "countable")
    named = next((sort for sort, form in counts.items() if form.search(q.folded)), None)
    if named:
        return COUNTING[RESOLVED if named == BLOCKER and _is_of_resolver(q) else named](q)
    if not q.says("how_many"):
        return None
    samples = dict(entry(ENGLISH, "counts"))
    near = {sort: max(nearness(q.text, texts)) for sort, texts in samples.items()}
    best = max(near, key=near.__getitem__)
    return COUNTING[best](q) if near[best] >= IS_COUNT else None


def _is_of_resolver(q: Question) -> bool:
    """Whether what somebody resolved is counted ("how many things did Eve fix")."""
    resolvers = {b.resolved_by for b in q.record.blockers}
    return q.says("resolved") and bool(resolvers & set(q.slots.people))


def requests(q: Question) -> Reply:
    """Count the requests, of and by those who are named, and tell each of them."""
    people = set(q.slots.people)
    found = [
        item
        for item in items_of(q)
        if item.sort == "request" and (not people or people & set(item.people))
    ]
    states = Counter(item.state for item in found)
    names = ("approved", "rejected", "expired", PENDING)
    line = q.say("requests", count=len(found), **{name: states[name] for name in names})
    return Reply([line, *(i.line for i in found)], [fact for i in found for fact in i.facts])


def blockers(q: Question) -> Reply:
    """Count the blockers by how they stand; those of who is named beside all of them."""
    slots, everybody = q.slots, _chosen(q)
    people = [who for who in slots.people if any(b.by == who for b in everybody)]
    asked = len(lexicon.pattern(q.language, "how_many").findall(q.folded))
    heads = [_counted(q, everybody)] if asked > 1 or not people else []
    found = everybody if asked > 1 or not people else [b for b in everybody if b.by in people]
    for who in people:
        of_one = [b for b in everybody if b.by == who]
        heads.append(f"{who}: {_counted(q, of_one)}")
    asks_ended = q.says("resolved") or q.says("is_gone")
    ranked = sorted(found, key=lambda b: (_is_ended(b) != asks_ended, b.severity != Severity.STOPS))
    refused = q.standing_refusals if q.says("is_there") and not people else []
    lines = [*(_told(q, b) for b in ranked), *map(q.decided, refused)]
    return Reply(lines, [*_facts(ranked), *map(of_decision, refused)], " ".join(heads))


def resolved(q: Question) -> Reply:
    """Count the blockers that were resolved, by those who are named."""
    people = set(q.slots.people)
    found = [b for b in q.record.blockers if b.resolution and _within(q, b.resolution.at)]
    found = [b for b in found if not people or b.resolved_by in people]
    head = q.say("resolved_count", count=len(found))
    return Reply([_told(q, b) for b in found], _facts(found), head)


def _is_ended(blocker: Blocker) -> bool:
    return blocker.resolution is not None


def _facts(found: Sequence[Blocker]) -> list[CitedFact]:
    ended = (of_change(b, b.resolution) for b in found if b.resolution)
    return [*map(of_blocker, found), *ended]


def _chosen(q: Question) -> list[Blocker]:
    """Return the blockers that somebody logged: of the phase, hours and gravity that are named."""
    found = [b for b in q.record.blockers if not q.silence(b) and _within(q, b.raised_at)]
    found = [b for b in found if not q.slots.phases or b.phase in q.slots.phases] or found
    kinds = lexicon.patterns(q.language, "categories")
    named = [Category(name) for name, form in kinds.items() if form.search(q.folded)]
    found = [b for b in found if not named or b.category in named]
    said = lexicon.patterns(q.language, "countable")[BLOCKER].search(q.folded)
    stops, slows = (
        bool(said and lexicon.pattern(q.language, name).search(said[0]))
        for name in ("stops", "slows")
    )
    wanted = Severity.STOPS if stops else Severity.SLOWS
    return found if stops == slows else [b for b in found if b.severity is wanted]


def _within(q: Question, hour: float) -> bool:
    until = q.now if q.slots.until is None else q.slots.until
    return (q.slots.since or 0.0) <= hour <= until


def _counted(q: Question, found: Sequence[Blocker]) -> str:
    done = sum(bool(b.resolution) for b in found)
    return q.say("counted", count=len(found), left=len(found) - done, resolved=done)


def _told(q: Question, blocker: Blocker) -> str:
    """Return a blocker in few words: who ended it and how, else who logged it."""
    title, change = q.quote(blocker.title), blocker.resolution
    if change:
        how = q.say(f"how_{change.how}")
        return q.say("resolved", who=change.by, how=how, title=title, at=hours(change.at))
    told = {"severity": q.say(f"severity_{blocker.severity}"), "by": blocker.by}
    return q.say("counted_line", title=title, at=hours(blocker.raised_at), **told)


COUNTING: Final[Mapping[str, Callable[[Question], Reply | None]]] = {
    "request": requests,
    BLOCKER: blockers,
    RESOLVED: resolved,
}
