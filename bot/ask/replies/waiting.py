"""Who waits for whom, what is next, who is needed, and where the sprint is."""

from __future__ import annotations

from functools import partial

from bot.ask.facts import CitedFact, of_approval, of_blocker, of_gate, of_request
from bot.ask.intent_of import requests_named
from bot.ask.question import WHOLE, Question, Reply
from bot.ask.replies import own
from bot.ask.replies.history import last_said
from bot.ask.replies.obstacles import line_of, status
from bot.ask.replies.outlook import plan
from bot.ask.say import hours
from bot.ask.slots import people_of
from bot.domain.record import Approval, Phase
from bot.domain.vocabulary import Decision


def waiting(q: Question) -> Reply | None:
    """Say which requests wait, for whom, since when and until when."""
    slots = q.slots
    named = bool(slots.people or slots.subjects)
    chosen = _chosen(q)
    if slots.subjects and not chosen:
        return None
    if slots.blockers and not named:
        return _blockers_wait(q)
    open_ = [a for a in q.pending_approvals if a in chosen]
    silent = [a for a in chosen if _unanswered(q, a)]
    is_told = slots.subjects and (q.says("approved") or q.says("rejected"))
    line = q.pending if is_told else partial(_line, q)  # "did Cho say yes" wants a yes or a no
    lines = [line(a) for a in open_] + [q.overdue(a) for a in silent]
    facts = [of_request(a) for a in (*open_, *silent)]
    if not lines and slots.subjects:
        others = q.pending_approvals if set(slots.subjects) <= set(slots.hinted) else []
        return Reply(
            [*(q.decided(a) for a in chosen), *(_line(q, a) for a in others)],
            [*(f for a in chosen for f in of_approval(a)), *map(of_request, others)],
        )
    asked = {a.approver: None for a in (*open_, *silent)} if slots.subjects else {}
    about = [line for who in slots.people or asked for line in own.about(q, who)]
    lines += [line for line, _ in about]
    facts += [fact for _, told in about for fact in told]
    if not lines:
        of_one = own.own(q) if slots.people else None
        none = Reply([q.say("waiting_none", now=hours(q.now))])
        return of_one if of_one and of_one.facts else none
    return Reply(lines, facts)


def _blockers_wait(q: Question) -> Reply:
    found, open_ = status(q) or Reply([]), q.pending_approvals
    return Reply(
        [*found.lines, *(_line(q, a) for a in open_)], [*found.facts, *map(of_request, open_)]
    )


def _unanswered(q: Question, approval: Approval) -> bool:
    """Whether its deadline passed in silence and nobody gave the same thing since."""
    if approval in q.pending_approvals or approval.decision not in (None, Decision.EXPIRED):
        return False
    return not any(
        other.subject is approval.subject
        and other.decision is Decision.APPROVED
        and (other.decided_at or 0.0) >= approval.due_at
        for other in q.record.approvals
    )


def _chosen(q: Question) -> list[Approval]:
    """Return the requests that are named, or the asker's own; all where nothing is named."""
    if q.slots.subjects or q.slots.people:
        return requests_named(q)
    own = {q.asker} if q.asker and q.says("me") else set()
    return [a for a in q.record.approvals if not own or own & {a.approver, a.requested_by}]


def _line(q: Question, approval: Approval) -> str:
    return q.say(
        "waiting_line",
        requester=approval.requested_by,
        approver=approval.approver,
        subject=q.subject(approval),
        at=hours(approval.requested_at),
        waited=hours(q.now - approval.requested_at),
        due=hours(approval.due_at),
        left=hours(approval.due_at - q.now),
    )


def what_next(q: Question) -> Reply | None:
    """Say what is next where a question asks for nothing else."""
    names = q.slots.blockers or q.slots.subjects or q.slots.phases
    return coming(q) if q.says("next_up") and not names else None


def coming(q: Question) -> Reply:
    """Say what is next: the gate of the phase, deadlines, the next phase; at the end the plan."""
    record = q.record
    if (of_one := own.own(q)) and of_one.facts:
        return of_one
    open_ = _still_open(q)
    if q.now >= record.length:
        proposed = plan(q) or Reply([])
        over = q.say("next_over", length=hours(record.length))
        said, gates = last_said(q), [g for g in record.gates if g.phase == record.phases[-1].key]
        lines = [*said.lines, over, *map(q.gate, gates), *open_.lines, *proposed.lines]
        cited = [*proposed.facts, *map(of_gate, gates), *open_.facts, *said.facts]
        most = len(lines) - len(said.lines)
        gravity = [*[WHOLE] * len(said.lines), *range(most, 0, -1)]
        return Reply(lines, cited, gravity=gravity)
    answered = {gate.phase for gate in record.gates}
    late = [p for p in record.phases if p.end <= q.now and p.key not in answered]
    ahead = [p for p in record.phases if p.end > q.now]
    facts: list[CitedFact] = []
    lines = []
    events: list[tuple[float, str, CitedFact | None]] = []
    events += [
        (p.end, _gate_due(q, p), CitedFact(f"gate {p.key}")) for p in ahead if p.key not in answered
    ][:1]
    events += [(a.due_at, _due(q, a), of_request(a)) for a in q.pending_approvals]
    events += [(p.start, _begins(q, p), None) for p in ahead if p.start > q.now][:1]
    left = record.length - q.now
    events.append(
        (record.length, q.say("next_debrief", at=hours(record.length), left=hours(left)), None)
    )
    for _, line, fact in sorted(events, key=lambda event: event[0]):
        lines.append(line)
        facts += [fact] if fact else []
    lines += [q.say("next_gate_late", phase=q.phase(p.key), at=hours(p.end)) for p in late]
    return Reply([*lines, *open_.lines], [*facts, *open_.facts])


def _still_open(q: Question) -> Reply:
    """Return the open blockers and the refusals, by their titles."""
    logged = q.logged_blockers
    refused = [a for a in q.unsettled if a.decision in (Decision.REJECTED, Decision.EXPIRED)]
    titles = [*(q.quote(b.title) for b in logged), *(q.unsettled_line(a) for a in refused)]
    facts = [*map(of_blocker, logged), *(fact for a in refused for fact in of_approval(a))]
    lines = [q.say("open_now", titles=", ".join(titles))] if titles else []
    return Reply(lines, facts)


def _gate_due(q: Question, phase: Phase) -> str:
    left = hours(phase.end - q.now)
    return q.say("next_gate", phase=q.phase(phase.key), at=hours(phase.end), left=left)


def _begins(q: Question, phase: Phase) -> str:
    name = q.phase(phase.key)
    return q.say("next_phase", phase=name[:1].upper() + name[1:], at=hours(phase.start))


def _due(q: Question, approval: Approval) -> str:
    return q.say(
        "next_due",
        approver=approval.approver,
        subject=q.subject(approval),
        due=hours(approval.due_at),
        left=hours(approval.due_at - q.now),
    )


def needed(q: Question) -> Reply | None:
    """Say whether the asker, or whoever is named, has something to decide or to own."""
    people = own.whose(q)
    everybody = people or people_of(q.record)
    told = {"who": ", ".join(people), "now": hours(q.now)}
    due = [line for who in everybody for line in own.waiting_for(q, who)]
    if q.slots.blockers and not (people and due):
        return status(q)
    rest = [line for who in people for line in own.affairs(q, who)]
    facts = [fact for _, facts in (*due, *rest) for fact in facts]
    lines = [line for line, _ in (*due, *rest)]
    if due:
        is_asker = bool(q.asker and q.says("me"))
        head = "needed_you" if is_asker else "needed_yes" if people else "needed_all"
        return Reply(lines, facts, q.say(head, **told))
    if rest and (q.says("asks_what") or (q.slots.subjects and q.says("me"))):
        return Reply(lines, facts, q.say("own_head", **told))
    return Reply([q.say("needed_no" if people else "needed_nobody", **told), *lines], facts)


def place(q: Question) -> Reply:
    """Say which hour and phase it is."""
    record = q.record
    if q.now >= record.length:
        return Reply([q.say("now_over", length=hours(record.length))])
    key = record.phase_at(q.now)
    phase = next(p for p in record.phases if p.key == key)
    line = q.say(
        "now",
        now=hours(q.now),
        length=hours(record.length),
        phase=q.phase(key),
        left=hours(phase.end - q.now),
    )
    rest = q.open_blockers
    lines = [line, *map(q.gate, record.gates), *(line_of(q, b) for b in rest)]
    return Reply(lines, [*map(of_gate, record.gates), *map(of_blocker, rest)])
