"""What if: what a question takes as done, what stays in the way then, and the estimate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import CitedFact, of_blocker, of_change, of_decision, of_other, of_request
from bot.ask.intent_of import requests_named
from bot.ask.question import Question, Reply
from bot.ask.say import days, hours, share
from bot.ask.slots import blockers_by_part, blockers_in, parts_of, people_in
from bot.domain.record import Approval, Blocker
from bot.domain.verdict.model import Sort
from bot.domain.vocabulary import Decision, Severity
from bot.reading.folding import fold
from bot.reading.meaning import nearness

FORECAST = CitedFact("forecast_days")
CHANCE = CitedFact("chance_30_days")
IS_MEANT: Final = 0.3
"""From this nearness in meaning a blocker is meant that no word names."""
IS_PART_MEANT: Final = 0.4
"""The same for a part of a question."""
STANDS_IN_THE_WAY: Final = 50
"""How grave it is what stays in the way, beside an estimate."""
WORDS_OF_PART: Final = 3
IS_NEARER: Final = 0.12
"""By so much it has to be nearer than every other one."""


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open: blockers that somebody logged, and requests without a yes."""

    blockers: Sequence[Blocker]
    requests: Sequence[Approval]

    @property
    def facts(self) -> list[CitedFact]:
        refused = [a for a in self.requests if a.decision is Decision.REJECTED]
        asked = [a for a in self.requests if a.decision is not Decision.REJECTED]
        found = [*map(of_blocker, self.blockers), *map(of_decision, refused)]
        return [*found, *map(of_request, asked)]


def supposed(q: Question) -> Reply | None:
    """Return what stays open where a question takes records as done and asks for the rest."""
    asks = q.says("rest") and (q.says("supposes") or q.says("else"))
    return _with(q, taken) if asks and (taken := _taken(q)) else None


def what_if(q: Question) -> Reply | None:
    """Say what one fix, several, or all of them, would change."""
    is_all = q.says("everything") and not (q.slots.number or q.slots.names)
    if is_all and q.verdict.fixes and q.verdict.chances:
        fixes = [fix.blocker for fix in q.verdict.fixes]
        found = _with_fixes(q, q.say("every_fix"), fixes)
        return Reply(found.lines, [*found.facts, CitedFact("fixes")])
    if is_all and not (q.logged_blockers or q.unsettled):
        return Reply([q.say("blocked_none", now=hours(q.now))])
    if taken := _taken(q):
        return _with(q, taken)
    done = [b for b in q.slots.blockers if b.resolution]
    return _already(q, done[0]) if done else None


def _already(q: Question, blocker: Blocker) -> Reply:
    change = blocker.resolution
    if change is None:
        raise LookupError
    title = q.quote(blocker.title)
    line = q.say("what_if_done", title=title, by=change.by, at=hours(change.at))
    return Reply([line], [of_blocker(blocker), of_change(blocker, change)])


def _taken(q: Question) -> _Open | None:
    """Return what a question takes as done, with what people joined to it as one cause."""
    people = set(q.slots.people)
    named = {b.id for b in (*q.slots.blockers, *blockers_by_part(q.text, q.record, q.language))}
    named |= {a.id for a in requests_named(replace(q, slots=replace(q.slots, blockers=())))}
    named |= {b.id for b in q.record.blockers if people & set(people_in(b.title, q.record))}
    named |= {id_ for part in parts_of(q.text) for id_ in _meant(q, part)}
    named = named or _nearest(q, q.text, IS_MEANT)
    for link in q.record.links:
        if link.same and named & link.ids:
            named |= link.ids
    for link in q.record.links:
        if not link.same and named & link.ids and q.slots.blockers:
            named -= link.ids - {q.slots.blockers[0].id}
    silent = {a.id for b in q.open_blockers if b.id in named and (a := q.silence(b))}
    found = _Open(
        [b for b in q.logged_blockers if b.id in named],
        [a for a in q.unsettled if a.id in named | silent],
    )
    return found if found.blockers or found.requests else None


def _meant(q: Question, part: str) -> set[str]:
    """Return the open blocker that a part of a question means and no word of it names."""
    is_rest = lexicon.pattern(q.language, "rest").search(fold(part))
    is_named = blockers_in(part, q.record, q.language)[0]
    if is_rest or is_named or len(part.split()) < WORDS_OF_PART:
        return set()
    return _nearest(q, part, IS_PART_MEANT)


def _nearest(q: Question, text: str, least: float) -> set[str]:
    """Return the one open blocker that is meant in other words; none where that is unsure."""
    found = q.logged_blockers
    near = nearness(text, [b.title for b in found])
    first, second, *_ = [*sorted(near, reverse=True), 0.0, 0.0]
    is_sure = first >= least and first - second >= IS_NEARER
    return {found[near.index(first)].id} if is_sure else set()


def _with(q: Question, taken: _Open) -> Reply:
    """Return what stays in the way, and the estimate, with some records done."""
    blockers = [b for b in q.logged_blockers if b not in taken.blockers]
    rest = _Open(blockers, [a for a in q.unsettled if a not in taken.requests])
    findings = q.standing_findings
    stops = [b for b in rest.blockers if b.severity is Severity.STOPS]
    held = [q.quote(b.title) for b in stops]
    held += [q.unsettled_line(a) for a in rest.requests]
    held += [q.say("rest_found", probe=f.probe, says=q.quote(f.sentence)) for f in findings]
    slow = [q.quote(b.title) for b in rest.blockers if b not in stops]
    lines = [q.say("not_enough" if held else "enough")]
    lines += [q.say("still_open", titles=", ".join(held))] if held else []
    lines += [q.say("still_slows", titles=", ".join(slow))] if slow else []
    estimate = _estimate(q, taken)
    facts = [*taken.facts, *estimate.facts, *rest.facts, *map(of_other, findings)]
    silent = [of_blocker(b) for b in q.open_blockers if q.silence(b) in rest.requests]
    gravity = [*range(STANDS_IN_THE_WAY + len(lines), STANDS_IN_THE_WAY, -1)]
    gravity += [0] * len(estimate.lines)
    return Reply([*lines, *estimate.lines], [*facts, *silent], gravity=gravity)


def _estimate(q: Question, taken: _Open) -> Reply:
    """Return the chance with all fixes that end the causes of what is taken as done."""
    named = [_with_time(q, b) for b in taken.blockers] + [
        q.unsettled_line(a) for a in taken.requests
    ]
    titles = ", ".join(named)
    if not taken.requests and all(b.severity is Severity.SLOWS for b in taken.blockers):
        return Reply([q.say("what_if_slows", title=titles)], [FORECAST])
    ids = {(Sort.BLOCKER, b.id) for b in taken.blockers}
    ids |= {(Sort.APPROVAL, a.id) for a in taken.requests}
    found = q.verdict
    causes = {c.id for c in found.causes if any((f.sort, f.id) in ids for f in c.records)}
    fixes = [fix.blocker for fix in found.fixes if fix.cause in causes]
    return _with_fixes(q, titles, fixes)


def _with_time(q: Question, blocker: Blocker) -> str:
    """Return a blocker's title, and how long people said that it takes."""
    title = q.quote(blocker.title)
    return f"{title} ({q.quote(blocker.lead_time)})" if blocker.lead_time else title


def _with_fixes(q: Question, titles: str, fixes: Sequence[str]) -> Reply:
    """Return the chance and the forecast with fixes done."""
    chances = q.verdict.chances
    if not fixes or chances is None:
        return Reply([q.say("counted_done", titles=titles)])
    chance, then = q.try_fixes(q.record, fixes)
    told = {"chance": share(q.language, chance), "now": share(q.language, chances.now)}
    told |= {"p50": days(q.language, then.p50), "p80": days(q.language, then.p80)}
    key = "what_if" if told["chance"] != told["now"] else "what_if_same"
    return Reply([q.say(key, title=titles, **told)], [CHANCE, FORECAST])
