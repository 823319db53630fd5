"""Whether it is live, since when and how sure; what was rolled back; who owns what; probes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.ask.attributes import asks_on_call, is_unrecorded, undecided, unowned
from bot.ask.facts import CitedFact, of_blocker, of_decision, of_gate, of_other
from bot.ask.intent_of import plain_of
from bot.ask.question import Question, Reply
from bot.ask.replies.decisions import decided, gates
from bot.ask.replies.obstacles import line_of, resolved, status
from bot.ask.say import clipped, hours, percent
from bot.ask.slots import findings_named
from bot.domain.going_live import Deployment
from bot.domain.hours_lost import by_category, lost_by_kind, stops_of
from bot.domain.record import Finding
from bot.domain.vocabulary import LEVEL_RANK, FindingLevel, OwnedPart, Role, Severity
from bot.reading.folding import fold

DID: Final[Mapping[str, Callable[[Question], Reply | None]]] = {
    "approved": decided,
    "rejected": decided,
    "overrode": decided,
    "resolved": resolved,
}
"""What somebody did → where it is told who ("who said no")."""
GOING_LIVE: Final = "deployment"
"""The phase whose gate says what came of going live."""
MOST_NAMED: Final = 1
"""Words that name something in a question that asks whether it is live and nothing else."""
UNOWNED: Final = "nobody"
"""The scenario of a deployment that nobody would own."""


def live(q: Question) -> Reply | None:
    """Say whether it is live, since when, on what share and how it is shown."""
    record = q.record
    if q.says("guardrail") or any(fold(g.name) in q.folded for g in record.guardrails):
        return _guardrails(q)
    if q.says("rollback"):
        return _rollback(q)
    last = max(record.deployments, key=lambda d: d.at, default=None)
    if last is not None:
        return _in_spite(q, last) or _deployed(q, last)
    if q.says("why") or q.says("who"):
        return None
    against = _against(q)
    lines = [q.say("live_no", now=hours(q.now)), *against.lines]
    return Reply(lines, [CitedFact("deployed"), *against.facts])


def _against(q: Question) -> Reply:
    """Return the gate and the refusals that tell why it is not live."""
    gates = [gate for gate in q.record.gates if gate.phase == GOING_LIVE]
    refused = q.standing_refusals
    facts = [*map(of_gate, gates), *map(of_decision, refused)]
    return Reply([*map(q.gate, gates), *map(q.decided, refused)], facts)


def _rollback(q: Question) -> Reply | None:
    back = max(q.record.rollbacks, key=lambda r: r.at, default=None)
    if back is None or (q.says("why") and q.slots.people and back.by not in q.slots.people):
        return None
    line = q.say("rollback_line", by=back.by, at=hours(back.at), why=q.why_back(back))
    return Reply([line], [of_other(back)])


def _asks_if_live(q: Question) -> bool:
    """Whether a yes or a no answers a question: it names nothing but that."""
    is_asked = q.says("running") or len(q.named_words) <= MOST_NAMED
    return is_asked and not q.says("why")


def _in_spite(q: Question, last: Deployment) -> Reply | None:
    """Say what the team answered between a refusal that was left standing and going live.

    None where a question asks for no reason, or nobody refused or said anything.
    """
    refused = [a for a in q.standing_refusals if a.decided_at and a.decided_at <= last.at]
    if not (refused and q.says("why") and q.says("running")):
        return None
    since = max(a.decided_at or 0.0 for a in refused)
    said = [a for a in q.record.answers if since <= a.at <= last.at]
    if not said:
        return None
    told = _deployed(q, last)
    lines = [*map(q.answered, said), *map(q.decided, refused), *told.lines]
    facts = [*map(of_other, said), *map(of_decision, refused), *told.facts]
    return Reply(lines, facts, is_ranked=True)


def _deployed(q: Question, last: Deployment) -> Reply:
    record = q.record
    facts = [of_other(last)]
    traffic = percent(last.percent)
    back = max(q.record.rollbacks, key=lambda r: r.at, default=None)
    if back is not None and back.at >= last.at:
        key = "live_rolled" if _asks_if_live(q) else "rollback_line"
        line = q.say(key, by=back.by, at=hours(back.at), why=q.why_back(back))
        was, against = q.say("live_was", at=hours(last.at), percent=traffic), _against(q)
        return Reply([line, was, *against.lines], [of_other(back), *facts, *against.facts])
    key = "live_yes" if _asks_if_live(q) else "event_deploy"
    lines = [q.say(key, by=last.by, at=hours(last.at), percent=traffic)]
    if last.made_here:
        lines.append(q.say("live_made_here"))
    elif last.evidence:
        lines.append(q.say("live_verified", evidence=clipped(last.evidence)))
    else:
        lines.append(q.say("live_claimed"))
    before = max(
        (d for d in record.deployments if d.at < last.at), key=lambda d: d.at, default=None
    )
    if before is not None:
        lines.append(q.say("live_was", at=hours(before.at), percent=percent(before.percent)))
    watched = _guardrails(q)
    return (
        Reply([*lines, *watched.lines], [*facts, *watched.facts])
        if watched
        else Reply(lines, facts)
    )


def _guardrails(q: Question) -> Reply | None:
    lines = [
        q.say("event_guardrail", at=hours(g.at), name=g.name, outcome=q.say(f"outcome_{g.outcome}"))
        for g in q.record.guardrails
    ]
    return Reply(lines, [of_other(g) for g in q.record.guardrails]) if lines else None


def who(q: Question) -> Reply | None:
    """Say who owns a part or a blocker, has a role, or is on the team."""
    slots = q.slots
    if slots.number:
        return None
    if found := undecided(q):
        return status(replace(q, slots=replace(slots, blockers=tuple(found))))
    if asks_on_call(q) and not (slots.blockers or slots.parts):
        return _on_call(q) or _part_or_role(q)
    if slots.blockers:
        owned = [b for b in slots.blockers if b.owner]
        lines = [q.say("owns_blocker", owner=b.owner, title=q.quote(b.title)) for b in owned]
        if lines:
            return Reply(lines, [of_blocker(b) for b in owned])
        asks_owner = q.says("owns") and not unowned(slots.blockers)
        return None if asks_owner else status(q)  # who logged it, and who resolved it
    return _part_or_role(q)


def _on_call(q: Question) -> Reply | None:
    """Say who is called when something happens: the service's owner, and what nobody minds."""
    owned, rest = _owned(q, (OwnedPart.SERVICE,)), _nobody(q)
    found = Reply([*owned.lines, *rest.lines], [*owned.facts, *rest.facts])
    return found if found.lines else None


def _part_or_role(q: Question) -> Reply | None:
    slots, team = q.slots, q.record.team.items()
    if slots.parts and slots.people and q.says("owns"):
        return _owners(q, slots.parts) or _of_people(q)
    if slots.people:
        return _of_people(q)
    if slots.roles and not (slots.parts and q.says("owns")):
        return _roles(q, [(r, n) for r, n in team if r in slots.roles])
    if slots.parts or q.says("owns"):
        return _owners(q, slots.parts or tuple(OwnedPart))
    did = next((reply for name, reply in DID.items() if q.says(name)), None)
    if did or not q.says("team"):
        return did(q) if did else _owners(q, tuple(OwnedPart))
    people = [f"{name} ({_role(q, role)})" for role, name in team]
    return Reply([q.say("team", people=", ".join(people))], [CitedFact("team")]) if people else None


def _of_people(q: Question) -> Reply | None:
    """Say which roles the people have that a question names, and what they took on."""
    people = q.slots.people
    roles = _roles(q, [(r, n) for r, n in q.record.team.items() if n in people])
    owned = [o for o in q.record.owners if o.owner in people]
    lines = [q.owns(o) for o in owned]
    found = Reply(
        [*(roles.lines if roles else ()), *lines],
        [*(roles.facts if roles else ()), *map(of_other, owned)],
    )
    return found if found.lines else None


def _owners(q: Question, parts: tuple[OwnedPart, ...]) -> Reply | None:
    found = _owned(q, parts)
    if not found.lines and not q.slots.parts:
        found = _nobody(q)
    return found if found.lines else None


def _owned(q: Question, parts: tuple[OwnedPart, ...]) -> Reply:
    found = {o.part: o for o in sorted(q.record.owners, key=lambda o: o.at) if o.part in parts}
    lines = [q.owns(o) for o in found.values()]
    rest = [q.say(f"part_{part}") for part in parts if part not in found]
    if found and rest:
        lines.append(q.say("owns_none", part=", ".join(rest)))
    return Reply(lines, [of_other(o) for o in found.values()])


def _nobody(q: Question) -> Reply:
    """Return the gates and the blockers that say that nobody takes care of something."""
    gates = [g for g in q.record.gates if g.scenario == UNOWNED]
    blockers = unowned(q.open_blockers)
    facts = [*map(of_gate, gates), *map(of_blocker, blockers)]
    return Reply([*map(q.gate, gates), *(line_of(q, b) for b in blockers)], facts)


def _roles(q: Question, held: list[tuple[str, str]]) -> Reply | None:
    lines = [q.say("role_is", who=name, role=_role(q, role)) for role, name in held]
    return Reply(lines, [CitedFact("team")]) if lines else None


def _role(q: Question, role: str) -> str:
    return q.say(f"role_{role}") if role in set(Role) else role


def all_findings(q: Question) -> Reply | None:
    """Say all that the probes found, where a question speaks of probes and of no one finding."""
    asks = q.says("of_probes") and not any(map(q.says, ("who", "why", "when", "how_many")))
    if not asks or findings_named(q.text, q.record) or is_unrecorded(q, plain_of(q)):
        return None
    found = _findings_of(q)
    return findings(q) if len(found) > 1 or not q.says("another") else None


def findings(q: Question) -> Reply | None:
    """Say what the probes found, the gravest first, and who went on in spite of it and why."""
    found = sorted(_findings_of(q), key=lambda f: (-LEVEL_RANK[FindingLevel(f.level)], f.at))
    if not found:
        return None
    lines = list(map(q.finding, found))
    ids, codes = {f.id for f in found}, {f.code for f in found}
    overridden = [
        o for o in q.record.overrides if (o.finding in ids if o.finding else o.code in codes)
    ]
    place = 0 if q.says("who") or q.says("why") else 1
    lines[place:place] = [q.override(each) for each in overridden]
    facts = [*map(of_other, found), *map(of_other, overridden)]
    told = gates(q)
    return Reply([*lines, *told.lines], [*facts, *told.facts])


def _findings_of(q: Question) -> Sequence[Finding]:
    """Return the findings of the probes and sources that are named; all where none is."""
    every = q.record.findings
    parts = {f: {f.probe, *f.source.lower().split("."), f.source.lower()} for f in every}
    named = [f for f in every if any(part in q.folded.split() for part in parts[f])]
    return named or findings_named(q.text, q.record) or every


def hours_lost(q: Question) -> Reply:
    """Say how many hours were lost, by category."""
    lost = lost_by_kind(stops_of(q.record))
    total = sum(lost.values())
    if not total:
        return Reply([q.say("lost_none", now=hours(q.now))])
    lines = [q.say("lost", hours=hours(total), now=hours(q.now))]
    lines += [
        q.say("lost_category", category=q.say(f"category_{category}"), hours=hours(amount))
        for category, amount in by_category(lost).items()
        if amount
    ]
    stopping = [b for b in q.record.blockers if b.severity is Severity.STOPS]
    refused = [of_decision(approval) for approval in q.standing_refusals]
    return Reply(lines, [CitedFact("hours_lost"), *map(of_blocker, stopping), *refused])
