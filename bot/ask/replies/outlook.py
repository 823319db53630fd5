"""What the verdict says: how long, what if, the critical path, the plan, the way on."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ask.facts import CitedFact, of_blocker, of_decision, of_gate, of_request
from bot.ask.intent_of import requests_named
from bot.ask.question import Question, Reply
from bot.ask.replies.obstacles import status
from bot.ask.replies.supposed import CHANCE, FORECAST, what_if
from bot.ask.say import LONGEST_QUOTE, clipped, days, hours, share, whole
from bot.domain.record import Blocker
from bot.domain.verdict.as_json import record_name
from bot.domain.verdict.model import Cause, Forecast, Sort
from bot.reading.lead_time import find_lead_time


def forecast(q: Question) -> Reply | None:
    """Say how long it would take; of one blocker, how long somebody said it takes."""
    if q.slots.number:
        return None
    if q.slots.blockers:
        return what_if(q) if q.says("chance") else _quoted(q)
    found = q.verdict
    if refused := _refused(q) or _said_of(q):
        return refused
    if found.forecast.p50 <= 0 and found.deployed:
        return Reply([q.say("forecast_live")], [FORECAST, CitedFact("deploy")])
    lines, facts = [_when(q, found.forecast)], [FORECAST]
    if found.chances:
        lines.append(q.say("chance", chance=share(q.language, found.chances.now)))
        facts.append(CHANCE)
    if found.critical_path and found.causes:
        cause = found.critical_path.cause
        lines.append(q.say("forecast_main", title=q.quote(cause.title)))
        facts += [CitedFact("critical_path"), *_records(q, cause)]
    return Reply(lines, facts)


def _refused(q: Question) -> Reply | None:
    """Return the refusals of the subjects that are named, with how long each was said to take."""
    named = requests_named(q) if not q.slots.blockers else []
    refused = [a for a in q.standing_refusals if a in named]
    facts = [*map(of_request, refused), *map(of_decision, refused), FORECAST]
    return (
        Reply([*map(q.decided, refused), _when(q, q.verdict.forecast)], facts) if refused else None
    )


def _said_of(q: Question) -> Reply | None:
    """Return how long the gates that are named take, or what those named said takes how long."""
    slots = q.slots
    gates = [g for g in q.record.gates if g.phase in slots.phases and g.lead_time]
    phases = slots.phases if gates else ()
    blockers = [
        b for b in q.open_blockers if b.lead_time and (b.by in slots.people or b.phase in phases)
    ]
    lines = [q.gate(g) for g in gates] + [_as_said(q, b) for b in blockers]
    return Reply(lines, [*map(of_gate, gates), *map(of_blocker, blockers)]) if lines else None


def _as_said(q: Question, blocker: Blocker) -> str:
    words = clipped(blocker.lead_time or "")
    return q.say("lead_time", title=q.quote(blocker.title), words=words, by=blocker.by)


def _when(q: Question, found: Forecast) -> str:
    p50, p80 = days(q.language, found.p50), days(q.language, found.p80)
    return q.say("forecast", p50=p50, p80=p80, now=hours(q.now))


def _records(q: Question, cause: Cause) -> list[CitedFact]:
    asked = {approval.id: approval for approval in q.record.approvals}
    return [
        of_request(asked[fact.id])
        if fact.id in asked
        else CitedFact(record_name(fact), fact.permalink)
        for fact in cause.records
    ]


def _quoted(q: Question) -> Reply | None:
    quoted = [b for b in q.slots.blockers if b.lead_time]
    if not quoted:
        is_told = all(b.resolution or find_lead_time(b.title).words for b in q.slots.blockers)
        return status(q) if is_told else None
    others = _of_cause(q, quoted)
    lines = [*(_as_said(q, b) for b in quoted), *others.lines]
    return Reply(lines, [*map(of_blocker, quoted), *others.facts])


def _of_cause(q: Question, blockers: Sequence[Blocker]) -> Reply:
    """Return the refusals and gates of the same causes for which somebody said how long."""
    ids = {b.id for b in blockers}
    causes = [c for c in q.verdict.causes if any(f.id in ids for f in c.records)]
    near = {(f.sort, f.id) for c in causes for f in c.records}
    refused = [a for a in q.unsettled if a.lead_time and (Sort.APPROVAL, a.id) in near]
    gates = [g for g in q.record.gates if g.lead_time and (Sort.GATE, g.id) in near]
    facts = [*map(of_request, refused), *map(of_decision, refused), *map(of_gate, gates)]
    return Reply([*map(q.decided, refused), *map(q.gate, gates)], facts)


def critical(q: Question) -> Reply | None:
    """Say what is on the critical path; of blockers that are compared, how long each takes.

    Whether AI is for now is said first where the question speaks of AI.
    """
    if q.says("ai"):
        ours = path(q)
        return Reply([*ours.lines, *_critical(q).lines], [*ours.facts, *_critical(q).facts])
    return _quoted(q) if len(q.slots.blockers) > 1 else _critical(q)


def _critical(q: Question) -> Reply:
    found = q.verdict
    if found.critical_path is None:
        return Reply([q.say("critical_none", now=hours(q.now))], [CitedFact("critical_path")])
    cause = found.critical_path.cause
    line = q.say("critical", title=q.quote(cause.title))
    return Reply([line], [CitedFact("critical_path"), *_records(q, cause)])


def path(q: Question) -> Reply:
    """Say which path the facts point to, and whether AI is for now."""
    found = q.verdict
    if found.nothing_known:
        return Reply([q.say("path_none")], [CitedFact("path")])
    lines = [q.say(f"should_{found.should_do_ai}"), q.say(f"path_{found.path}")]
    return Reply(lines, [CitedFact("should_do_ai"), CitedFact("path")])


def plan(q: Question) -> Reply | None:
    """Say what the thirty-day plan asks of whom."""
    fixes = q.verdict.fixes
    texts = (f.text if len(f.text) <= LONGEST_QUOTE else clipped(f.text) for f in fixes)
    lines = [q.say("fixes", text=text) for text in texts]
    return Reply(lines, [CitedFact("fixes")]) if lines else None


def surprise(q: Question) -> Reply | None:
    """Say which category was most under-expected."""
    found = q.verdict
    share = next((s for s in found.shares if s.category is found.surprise), None)
    if share is None:
        return None
    line = q.say(
        "surprise",
        category=q.say(f"category_{share.category}"),
        votes=share.votes,
        blockers=share.blockers,
    )
    return Reply([line], [CitedFact("surprise")])


def cost(q: Question) -> Reply | None:
    """Say what the delay costs, where the business said what the use case is worth."""
    delay = q.verdict.delay
    if (
        delay is None or delay.p50 is None or q.slots.blockers
    ):  # what a thing costs is not what the delay costs
        return None
    amount = whole(q.language, delay.p50)
    return Reply(
        [q.say("cost", amount=amount, currency=delay.currency)], [CitedFact("cost_of_delay")]
    )
