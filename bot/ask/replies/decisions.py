"""What was decided and why: requests, gates, overrides, corrections."""

from __future__ import annotations

import re
from typing import Final

from bot.ask import lexicon
from bot.ask.facts import CitedFact, of_approval, of_blocker, of_ending, of_gate, of_other
from bot.ask.intent_of import requests_named
from bot.ask.items import blocker_told
from bot.ask.lexicon import words_of
from bot.ask.question import Question, Reply
from bot.ask.say import hours
from bot.domain.record import Approval, Blocker, CauseLink, GateAnswer, Override
from bot.domain.vocabulary import Decision, Severity

Told = list[tuple[float, str, list[CitedFact]]]
MOST_BEHIND: Final = 2
MOST_LINKED: Final = 3
"""More records that are one cause are named alone."""


def decided(q: Question) -> Reply | None:
    """Say what was decided, or how the one thing that is named came out."""
    of_named = _of_named(q)
    if of_named is None:
        of_named = _everything(q)
    if not of_named:
        return None
    if not (q.says("means") or _links_asked(q)):  # the gate, or the records, go first
        of_named.sort(key=lambda each: each[0])
    lines, facts = [line for _, line, _ in of_named], [f for *_, facts in of_named for f in facts]
    is_whole = bool(_gate_questioned(q) or (_links_asked(q) and _named_ids(q)))
    return Reply(lines, facts, is_whole=is_whole)


def _of_named(q: Question) -> Told | None:
    """Return what a question's subject, gate or finding came to; None where it names none."""
    slots, text = q.slots, q.folded
    if q.record.links and q.says("same_cause"):
        return [each for link in _links_asked(q) for each in _link(q, link)]
    if q.says("gate") or (slots.phases and not slots.subjects and not slots.people):
        gates = [g for g in q.record.gates if not slots.phases or g.phase in slots.phases]
        reasons = [(g.at, b) for g in _gate_questioned(q) for b in _behind(q, g)]
        told = [(at, blocker_told(q, b), [of_blocker(b)]) for at, b in reasons]
        meant = _gate_questioned(q) if q.says("means") else []
        return [*(_gate(q, g, is_explained=g in meant) for g in gates), *told]
    overrides = [
        o for o in q.record.overrides if o.code.replace("_", " ") in text or o.code in text
    ]
    if overrides or "overr" in text or "uberg" in text or "anul" in text or "outre" in text:
        return [_override(q, o) for o in overrides or q.record.overrides]
    if "plan" in text or q.says("with_output"):
        return [_plan(q)] if q.record.action_plan else []
    if slots.subjects or slots.people:
        return _requests(q)
    return None


def _gate_questioned(q: Question) -> list[GateAnswer]:
    """Return the one gate of which a question asks why it came out so, or what that means.

    The phase's blockers say that, not the gate itself.
    """
    found = [g for g in q.record.gates if g.phase in q.slots.phases]
    is_asked = q.says("means") or (q.says("why") and q.says("gate"))
    is_asked = is_asked and not (q.slots.people or q.slots.blockers)
    return found if is_asked and len(found) == 1 else []


def _behind(q: Question, gate: GateAnswer) -> list[Blocker]:
    """Return the gravest blockers of a gate's phase that were logged before it, the last first."""
    found = [b for b in q.record.blockers if b.phase == gate.phase and b.raised_at <= gate.at]
    stops = [b for b in found if b.severity is Severity.STOPS and not q.silence(b)]
    return (stops or found)[: -MOST_BEHIND - 1 : -1]


def all_gates(q: Question) -> Reply | None:
    """Say what the gates found, where a question asks for several of them."""
    is_one = len(q.slots.phases) == 1 or (not q.slots.phases and "gates" not in q.folded)
    if is_one or not q.says("gate") or q.slots.people or q.says("why"):
        return None
    found = [g for g in q.record.gates if g.phase in q.slots.phases or not q.slots.phases]
    return Reply([q.gate(g) for g in found], [of_gate(g) for g in found]) if found else None


def gates(q: Question) -> Reply:
    """Say what the gates of the phases that are named found."""
    found = [g for g in q.record.gates if g.phase in q.slots.phases]
    return Reply([q.gate(g) for g in found], [of_gate(g) for g in found])


def _requests(q: Question) -> Told:
    slots = q.slots
    found = requests_named(q)
    if not slots.subjects:
        by = [a for a in found if a.approver in slots.people]
        found = by or found
    lines = [_approval(q, a) for a in found]
    if slots.subjects and set(slots.subjects) <= set(slots.hinted):  # "the data" may be its gate
        lines += [_gate(q, g) for g in q.record.gates if g.phase in slots.phases]
        if q.says("why") or q.says("overrode"):
            lines += [_override(q, o) for o in q.record.overrides]
    if slots.people and not slots.subjects:
        lines += [_gate(q, g) for g in q.record.gates if g.by in slots.people]
        lines += [_override(q, o) for o in q.record.overrides if o.by in slots.people]
    wanted = _decision_named(q)
    asks_how = any(map(q.says, ("why", "who", "when")))
    if (
        wanted is not None and asks_how and not _is_negated(q)
    ):  # "why did Cho approve" what Cho refused
        found = [a for a in found if a.decision is wanted and _is_by(q, a)]
        if not found:
            return []
    reasoned = any(a.reason for a in found) or any(o.by in slots.people for o in q.record.overrides)
    if q.says("why") and not reasoned:
        return []
    return lines


def _is_by(q: Question, approval: Approval) -> bool:
    """Whether who is said to have decided did; true where nobody is said to have."""
    names = "|".join(words_of(name)[0] for name in q.slots.people)
    if not names or approval.approver in q.slots.people:
        return True
    verbs = "|".join(str(lexicon.entry(q.language, name)) for name in ("approved", "rejected"))
    between = r"(?:\W+(?:a|t|il|elle|ha|has|hat)\b)*\W+(?:\w+ )?"
    return not re.search(rf"\b(?:{names})\b{between}(?:{verbs})", q.folded)


def _everything(q: Question) -> Told:
    wanted = _decision_named(q)
    if wanted is not None:
        return [_approval(q, a) for a in q.record.approvals if a.decision is wanted]
    lines = [_approval(q, a) for a in q.record.approvals if a.decision is not None]
    lines += [_gate(q, g) for g in q.record.gates]
    lines += [_override(q, o) for o in q.record.overrides]
    lines += [(c.at, q.corrected(c), [of_other(c)]) for c in q.record.corrections]
    lines += [(each.at, q.linked(each), [of_other(each)]) for each in q.record.links]
    if q.record.action_plan:
        lines.append(_plan(q))
    return lines


def _is_negated(q: Question) -> bool:
    """Whether a question asks why something did not come ("why wasn't it granted")."""
    said = lexicon.pattern(q.language, "rejected").sub(" ", q.folded)  # "said no" is a no itself
    return bool(re.search(r"\b(?:not|nicht|kein\w*|no|pas)\b|n't\b", said))


def _decision_named(q: Question) -> Decision | None:
    """Return the one outcome a question asks for."""
    rejected, approved = q.says("rejected"), q.says("approved")
    if rejected == approved:
        return None
    return Decision.REJECTED if rejected else Decision.APPROVED


def _approval(q: Question, approval: Approval) -> tuple[float, str, list[CitedFact]]:
    at = approval.decided_at if approval.decided_at is not None else approval.requested_at
    return at, q.decided(approval), of_approval(approval)


def _gate(
    q: Question, gate: GateAnswer, *, is_explained: bool = False
) -> tuple[float, str, list[CitedFact]]:
    return gate.at, q.gate_meaning(gate) if is_explained else q.gate(gate), [of_gate(gate)]


def _link(q: Question, link: CauseLink) -> Told:
    """Return the records that somebody joined or parted, each as it stands, and that they did."""
    ids, found = link.ids, q.record
    told: Told = [
        (link.at, blocker_told(q, b), [of_blocker(b), *of_ending(b)])
        for b in found.blockers
        if b.id in ids
    ]
    told += [(link.at, q.decided(a), of_approval(a)) for a in found.approvals if a.id in ids]
    told += [_gate(q, g) for g in found.gates if g.id in ids or g.phase in ids]
    is_short = link.same and 0 < len(told) <= MOST_LINKED
    line = q.joined(link) if is_short else q.linked(link)
    last = (link.at, line, [of_other(link)])
    return (
        [*told, last]
        if is_short
        else [(link.at, line, [f for *_, fs in [last, *told] for f in fs])]
    )


def _links_asked(q: Question) -> list[CauseLink]:
    """Return what somebody joined or parted, where a question asks whether things are one.

    What holds all that is named goes before what holds some of it.
    """
    named = _named_ids(q)
    found = [link for link in q.record.links if q.says("same_cause") and _is_about(q, link)]
    return [link for link in found if named <= link.ids] or found


def _is_about(q: Question, link: CauseLink) -> bool:
    """Whether somebody joined what a question names; true where it names nothing."""
    named = _named_ids(q)
    return not named or bool(named & link.ids)


def _named_ids(q: Question) -> set[str]:
    """Return the ids of the blockers and requests that a question names."""
    return {b.id for b in q.slots.blockers} | {a.id for a in requests_named(q)}


def _override(q: Question, override: Override) -> tuple[float, str, list[CitedFact]]:
    return override.at, q.override(override), [of_other(override)]


def _plan(q: Question) -> tuple[float, str, list[CitedFact]]:
    plan = q.record.action_plan
    if plan is None:
        raise LookupError
    key = "plan_yes" if plan.ready else "plan_no"
    return plan.at, q.say(key, by=plan.by, at=hours(plan.at)), [of_other(plan)]
