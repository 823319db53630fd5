"""Comparisons and spans: what takes longest, who answered fastest, how long something took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from bot.ask.facts import (
    CitedFact,
    is_answered,
    of_approval,
    of_blocker,
    of_change,
    of_gate,
    of_other,
)
from bot.ask.intent_of import requests_named
from bot.ask.items import ENGLISH, blocker_told
from bot.ask.lexicon import entry
from bot.ask.question import Question, Reply
from bot.ask.replies.supposed import FORECAST
from bot.ask.say import days, hours, percent
from bot.ask.slots import blockers_by_part, parts_of, reasons_named
from bot.domain.record import Approval, Blocker
from bot.reading.lead_time import find_lead_time, read_lead_time
from bot.reading.meaning import nearness

IS_COMPARED: Final = 0.55
"""From this nearness in meaning a question compares what one of the sample questions does."""
MOST_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class _Named:
    """Something that takes time: how it is told, and the days that somebody said."""

    line: str
    facts: list[CitedFact]
    days: float | None


def compared(q: Question) -> Reply | None:
    """Say which of the things that a question names takes longest; or of all, what it asks."""
    if not q.says("compares"):
        return None
    found = list(_named(q)) if q.says("between_two") else []
    if len(found) > 1:
        return _by_days(q, found)
    samples: dict[str, list[str]] = dict(entry(ENGLISH, "comparisons"))
    near = {name: max(nearness(q.text, texts)) for name, texts in samples.items()}
    best = max(near, key=near.__getitem__)
    return OF_ALL[best](q) if near[best] >= IS_COMPARED else None


def _named(q: Question) -> Iterator[_Named]:
    """Yield the blockers, requests and gates that a question names."""
    record = q.record
    for b in dict.fromkeys((*blockers_by_part(q.text, record, q.language), *q.slots.blockers)):
        if not q.silence(b):
            yield _of_blocker(q, b)
    of_subjects = replace(q, slots=replace(q.slots, blockers=(), people=()))
    asked = requests_named(of_subjects) if q.slots.subjects else []
    for part in parts_of(q.text):
        asked += reasons_named(part, record, q.language)
    for a in {a.id: a for a in asked}.values():
        yield _Named(q.decided(a), of_approval(a), _days(a.lead_time))
    for g in record.gates:
        if g.phase in q.slots.phases:
            yield _Named(q.gate(g), [of_gate(g)], _days(g.lead_time))


def _of_blocker(q: Question, blocker: Blocker) -> _Named:
    facts = [of_blocker(blocker)]
    facts += [of_change(blocker, blocker.resolution)] if blocker.resolution else []
    found = _days(blocker.lead_time)
    if found is None and (said := find_lead_time(blocker.title).days):
        found = said.mode
    return _Named(blocker_told(q, blocker), facts, found)


def _days(words: str | None) -> float | None:
    found = read_lead_time(words).days if words else None
    return found.mode if found else None


def _by_days(q: Question, found: list[_Named]) -> Reply:
    """Return the things that take time, the longest first."""
    ranked = sorted(found, key=lambda each: -(each.days or 0.0))
    known = [each for each in ranked if each.days is not None]
    head = q.say("longest_first") if len(known) > 1 else ""
    facts = [fact for each in ranked for fact in each.facts]
    return Reply([each.line for each in ranked], facts, head)


def _longest(q: Question) -> Reply | None:
    """Return what is open and takes longest, by what was said."""
    found = [_of_blocker(q, b) for b in q.logged_blockers]
    refused = [a for a in q.unsettled if a.lead_time]
    found += [_Named(q.decided(a), of_approval(a), _days(a.lead_time)) for a in refused]
    known = [each for each in found if each.days is not None]
    ranked = sorted(known, key=lambda each: -(each.days or 0.0))[:MOST_TOLD]
    return _by_days(q, ranked) if ranked else None


def _oldest(q: Question) -> Reply | None:
    """Return what has been open longest."""
    found = sorted(q.logged_blockers, key=lambda b: b.raised_at)
    return _opened(q, found[:MOST_TOLD]) if found else None


def _first(q: Question) -> Reply | None:
    """Return the blocker that was logged first."""
    found = min(_logged(q), key=lambda b: b.raised_at, default=None)
    return _by_days(q, [_of_blocker(q, found)]) if found else None


def _last(q: Question) -> Reply | None:
    """Return the blocker that was logged last."""
    found = max(_logged(q), key=lambda b: b.raised_at, default=None)
    return _by_days(q, [_of_blocker(q, found)]) if found else None


def _logged(q: Question) -> list[Blocker]:
    """Return the blockers that somebody logged."""
    return [b for b in q.record.blockers if not q.silence(b)]


def _answers(q: Question) -> Reply | None:
    """Return how long each answer to a request took, the fastest first."""
    found = [a for a in q.record.approvals if is_answered(a)]
    return _answered(q, sorted(found, key=_waited)) if found else None


def _loggers(q: Question) -> Reply | None:
    """Return how many blockers each person logged, who logged most first."""
    found = _logged(q)
    counts = Counter(b.by for b in found)
    lines = [q.say("logged_by", who=who, count=n) for who, n in counts.most_common()]
    return Reply(lines, [*map(of_blocker, found)]) if lines else None


def _probes(q: Question) -> Reply | None:
    """Return how many findings each probe has, that with most first."""
    counts = Counter((f.probe, f.source) for f in q.record.findings)
    lines = [
        q.say("found_by", probe=probe, source=source, count=n)
        for (probe, source), n in counts.most_common()
    ]
    return Reply(lines, [*map(of_other, q.record.findings)]) if lines else None


OF_ALL: Final[Mapping[str, Callable[[Question], Reply | None]]] = {
    "lead_time": _longest,
    "open": _oldest,
    "first": _first,
    "last": _last,
    "answers": _answers,
    "loggers": _loggers,
    "probes": _probes,
}
"""Sort of comparison, see the lexicon's `comparisons` → what answers it."""


def lasted(q: Question) -> Reply | None:
    """Say how long something took, or has taken by now, from one event to the other."""
    if not q.says("lasted"):
        return None
    asked = [a for a in requests_named(q) if is_answered(a)] if q.slots.subjects else []
    if asked:
        return _answered(q, asked)
    resolved = [b for b in q.slots.blockers if b.resolution]
    if resolved:
        return _opened(q, resolved)
    return _was_live(q) if q.says("up") and not q.slots.names else None


def _opened(q: Question, blockers: list[Blocker]) -> Reply:
    """Return how long blockers were open, or have been by now."""
    lines = []
    for b in blockers:
        end, told = b.resolution, {"title": q.quote(b.title)}
        if end is None:
            lines.append(q.say("span_open", **told, **_span(b.raised_at, q.now)))
            continue
        told |= {"resolver": end.by, "how": q.say(f"how_{end.how}")}
        lines.append(q.say("span_closed", **told, **_span(b.raised_at, end.at)))
    return Reply(lines, [fact for b in blockers for fact in _of_blocker(q, b).facts])


def _answered(q: Question, asked: list[Approval]) -> Reply:
    """Return how long answers to requests took."""
    lines = []
    for a in asked:
        told = {"who": a.approver, "requester": a.requested_by, "subject": q.subject(a)}
        span = _span(a.requested_at, a.requested_at + _waited(a))
        lines.append(q.say("span_answer", **told, **span))
    return Reply(lines, [fact for a in asked for fact in of_approval(a)])


def _span(start: float, end: float) -> dict[str, str]:
    return {"start": hours(start), "end": hours(end), "took": hours(end - start)}


def _was_live(q: Question) -> Reply | None:
    """Return how long each deployment was live, until it was rolled back or until now."""
    lines, facts = [], []
    for d in sorted(q.record.deployments, key=lambda d: d.at):
        later = (r for r in q.record.rollbacks if r.at >= d.at)
        back = min(later, key=lambda r: r.at, default=None)
        key = "span_live" if back else "span_live_yet"
        span = _span(d.at, back.at if back else q.now)
        lines.append(q.say(key, percent=percent(d.percent), **span))
        facts += [of_other(d), *([of_other(back)] if back else [])]
    return Reply(lines, facts) if lines else None


def _waited(approval: Approval) -> float:
    return (approval.decided_at or approval.due_at) - approval.requested_at


def past(q: Question) -> Reply | None:
    """Say what those who are named quoted before this sprint, and what it took then."""
    named = set(q.slots.subjects) | set(q.slots.hinted)
    found = [h for h in q.record.history if h.function in named] if q.says("last_time") else []
    if not found:
        return None
    lines = [_past(q, each.function, each.quoted, each.took) for each in found]
    asked = [a for a in q.record.approvals if a.subject in named and a.lead_time]
    facts = [FORECAST, *(fact for a in asked for fact in of_approval(a))]
    return Reply([*lines, *map(q.decided, asked)], facts)


def _past(q: Question, function: str, quoted: float, took: float | None) -> str:
    told = {"subject": q.say(f"subject_{function}"), "quoted": days(q.language, quoted)}
    if took is None:
        return q.say("past_open", **told)
    return q.say("past_quote", **told, took=days(q.language, took))


def of_success(q: Question) -> Reply | None:
    """Say what the team agreed on as success: its answers to the prompt of hour 0."""
    found = [a for a in q.record.answers if a.hour == 0] if q.says("success") else []
    lines = [q.answered(a) for a in found]
    return Reply(lines, [*map(of_other, found)]) if lines else None
