"""What blocks, what one blocker came to, and what was resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import (
    CitedFact,
    of_blocker,
    of_change,
    of_decision,
    of_ending,
    of_gate,
    of_other,
    of_request,
)
from bot.ask.items import blocker_told, of_taking_back
from bot.ask.question import Question, Reply
from bot.ask.say import hours
from bot.domain.record import Approval, Blocker, Finding, GateAnswer
from bot.domain.vocabulary import Severity

MANY: Final = 4
"""More blockers than these are told in fewer words each."""
MANY_MORE: Final = 6
"""More than these are told by their titles alone, of which more words fit then."""


def raised(q: Question) -> Reply | None:
    """Say what is open of what the asker logged, where they ask for that."""
    if not (q.asker and q.says("i_raised")) or q.slots.blockers:
        return None
    return blocked(replace(q, slots=replace(q.slots, people=(q.asker,))))


def blocked(q: Question) -> Reply | None:
    """Say what is open, by phase, person or severity where the question names one."""
    if q.slots.blockers:
        return status(q)
    if q.slots.number:
        return None
    chosen = [b for b in q.open_blockers if _wanted(q, b)]
    if not chosen and not (q.slots.phases or q.slots.people):
        chosen = list(q.open_blockers)
    narrowed = bool((q.slots.phases and not _is_deploy_goal(q)) or q.slots.people)
    refusals = [a for a in q.standing_refusals if not narrowed or a.approver in q.slots.people]
    gates = [] if chosen or refusals else _bad_gates(q)
    facts = [fact for b in chosen for fact in _facts(q, b)]
    facts += [of_decision(a) for a in refusals] + [of_gate(g) for g in gates]
    findings = [] if narrowed else q.standing_findings
    facts += map(of_other, findings)
    stops = [b for b in chosen if b.severity is Severity.STOPS]
    slows = [b for b in chosen if b not in stops]
    logged = [b for b in chosen if not q.silence(b)]  # a deadline that passed was logged by nobody
    if len(chosen) + len(refusals) + len(findings) > MANY:
        lines = _in_short(q, stops, slows, refusals, findings)
    else:
        held = [
            *(line_of(q, b) for b in stops),
            *map(q.decided, refusals),
            *map(q.finding, findings),
        ]
        lines = [*held, *(line_of(q, b) for b in slows), *(q.gate(g) for g in gates)]
    silence_blocks = chosen and not logged  # "no open blockers" would deny the line that follows
    return Reply(lines, facts, "" if silence_blocks else _headline(q, len(logged), narrowed))


def _headline(q: Question, count: int, narrowed: bool) -> str:
    if count == 0:
        return q.say("blocked_none_of" if narrowed else "blocked_none", now=hours(q.now))
    return q.say("blocked_one" if count == 1 else "blocked_many", count=count, now=hours(q.now))


def _wanted(q: Question, blocker: Blocker) -> bool:
    slots = q.slots
    if slots.phases and blocker.phase not in slots.phases and not _is_deploy_goal(q):
        return False
    if slots.people and not {blocker.by, blocker.owner} & set(slots.people):
        return False
    if not q.says("only"):  # "what stops us", "what slows us down" may just mean what blocks
        return True
    found = {
        severity: lexicon.pattern(q.language, severity).search(q.folded) for severity in Severity
    }
    said = {severity: match.start() for severity, match in found.items() if match}
    return not said or blocker.severity is min(said, key=said.__getitem__)


def _is_deploy_goal(q: Question) -> bool:
    """Whether deployment is named as the goal ("what prevents us from deploying")."""
    return q.slots.phases == ("deployment",) and "phase" not in q.folded


def _bad_gates(q: Question) -> list[GateAnswer]:
    last = {gate.phase: gate for gate in sorted(q.record.gates, key=lambda g: g.at)}
    best = {phase.key: phase.scenarios[:1] for phase in q.record.phases}
    return [g for g in last.values() if g.scenario not in best.get(g.phase, ())]


def line_of(q: Question, blocker: Blocker) -> str:
    """Return an open blocker in one line."""
    if silent := q.silence(blocker):
        return q.overdue(silent)
    return q.say(
        "blocked_line",
        title=q.quote(blocker.title),
        severity=q.say(f"severity_{blocker.severity}"),
        phase=q.phase(blocker.phase),
        by=blocker.by,
        at=hours(blocker.raised_at),
        lead=q.lead(blocker),
    )


def _in_short(
    q: Question,
    stops: Sequence[Blocker],
    slows: Sequence[Blocker],
    refusals: Sequence[Approval],
    findings: Sequence[Finding],
) -> list[str]:
    """Return what blocks in the few words that leave room for many, by how grave it is."""
    count = len(stops) + len(slows) + len(refusals) + len(findings)
    told = bare_line_of if count > MANY_MORE else short_line_of
    silent = [b for b in (*stops, *slows) if q.silence(b)]
    held = [told(q, b) for b in stops if b not in silent]
    held += [q.say("found_short", probe=f.probe, says=q.quote(f.sentence)) for f in findings]
    unsettled = [short_line_of(q, b) for b in silent]
    for a in refusals:
        said = {"who": a.approver, "subject": q.subject(a), "why": q.why(a.reason)}
        unsettled.append(q.say("refused", at=hours(a.decided_at or a.due_at), **said))
    slow = [told(q, b) for b in slows if b not in silent]
    grouped = ((held, "of_stops"), (unsettled, "of_unapproved"), (slow, "of_slows"))
    return [
        q.say(key, line=line) if place == 0 else line
        for lines, key in grouped
        for place, line in enumerate(lines)
    ]


def bare_line_of(q: Question, blocker: Blocker) -> str:
    """Return an open blocker by its title alone, which leaves room for very many."""
    return f"{q.quote(blocker.title)}."


def short_line_of(q: Question, blocker: Blocker) -> str:
    """Return an open blocker in the few words that leave room for many."""
    if silent := q.silence(blocker):
        told = {"approver": silent.approver, "requester": silent.requested_by}
        due = hours(silent.due_at)
        return q.say("overdue_short", subject=q.subject(silent), due=due, **told)
    return q.say(
        "blocked_short",
        title=q.quote(blocker.title),
        by=blocker.by,
        at=hours(blocker.raised_at),
    )


def _approval_of(q: Question, blocker: Blocker) -> Approval | None:
    return next((a for a in q.record.approvals if a.id == blocker.approval), None)


def _facts(q: Question, blocker: Blocker) -> list[CitedFact]:
    approval = _approval_of(q, blocker)
    return [of_blocker(blocker), *([of_request(approval)] if approval else [])]


def status(q: Question) -> Reply | None:
    """Say how the blockers that a question names stand; all of them where it names none."""
    if q.slots.number:
        return None
    if not q.slots.blockers:
        return resolved(q) if q.says("resolved") else blocked(q)
    lines: list[str] = []
    facts: list[CitedFact] = []
    for blocker in q.slots.blockers:
        facts += _facts(q, blocker)
        silent = q.silence(blocker)
        lines.append(q.overdue(silent) if silent else blocker_told(q, blocker))
        facts += [*of_ending(blocker), *of_taking_back(q, blocker)]
    return Reply(lines, facts)


def resolved(q: Question) -> Reply | None:
    """Say what was resolved, by whom and how."""
    if q.slots.blockers:
        return status(q)
    done = [
        (b, b.resolution)
        for b in q.record.blockers
        if b.resolution
        and (not q.slots.people or b.resolution.by in q.slots.people)
        and (not q.slots.phases or b.phase in q.slots.phases)
    ]
    if not done:
        return Reply([q.say("resolved_none", now=hours(q.now))])
    lines = [
        q.say(
            "resolved",
            who=change.by,
            how=q.say(f"how_{change.how}"),
            title=q.quote(b.title),
            at=hours(change.at),
        )
        for b, change in done
    ]
    return Reply(lines, [of_change(b, change) for b, change in done])
