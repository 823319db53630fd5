"""Question 4: what to do in thirty days, item by item, with an owner and a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict import wording
from bot.domain.verdict.actions import deed_for, thing_for
from bot.domain.verdict.judgement import Doubt, Held
from bot.domain.verdict.model import Cause, Critical, FactRef, Fix, Sort
from bot.domain.verdict.named_things import party_named, with_article
from bot.domain.vocabulary import Kind, Remedy, Role

THIRTY_DAYS: Final = 30
DECIDABLE: Final = frozenset({Remedy.GOVERNANCE, Remedy.ORGANIZATION, Remedy.BUDGET})
DECIDABLE_DAYS: Final = 365.25
"""Rules, authority and money can be settled by a decision, unless the wait is longer than this."""
SOON: Final = 14
"""The day by which something is settled that waits for nobody outside."""
SPONSOR: Final = "The sponsor"

_KIND_OWNER: Final[dict[Kind, Role]] = {
    Kind.DATA_ACCESS: Role.DATA,
    Kind.INFRASTRUCTURE: Role.BUILDER,
    Kind.INTEGRATION: Role.BUILDER,
    Kind.DEPLOYMENT_PIPELINE: Role.BUILDER,
    Kind.APPROVAL_PROCESS: Role.APPROVER,
    Kind.DECISION_AUTHORITY: Role.APPROVER,
    Kind.RISK_TOLERANCE: Role.APPROVER,
    Kind.ACCOUNTABILITY: Role.BUSINESS,
    Kind.SKILLS_GAP: Role.BUSINESS,
    Kind.MISSING_ROLE: Role.BUSINESS,
    Kind.MISSING_PROCESS: Role.APPROVER,
    Kind.UNCLEAR_OWNERSHIP: Role.BUSINESS,
}


def plan_for(
    record: SprintRecord,
    causes: Sequence[Cause],
    ranked: Sequence[Critical],
    doubts: Sequence[Held],
    deployed: bool,
) -> tuple[Fix, ...]:
    """Return the plan in the order of the critical path; without causes, the one next step."""
    order = {each.cause.family or each.cause.id: n for n, each in enumerate(ranked)}
    in_order = sorted(
        causes,
        key=lambda each: (
            order.get(each.family or each.id, len(order)),
            -each.days.mode,
            each.turn,
        ),
    )
    fixes = [_fix(cause, record) for cause in in_order]
    fixes += [_settle(held, record) for held in doubts if held.fact.sort is Sort.ACTION_PLAN]
    fixes += [_decide_again(held, record) for held in doubts if deployed and _is_a_no(held)]
    if not fixes and not deployed:
        fixes = [_next_step(record, doubts)]
    return tuple(fixes)


def _fix(cause: Cause, record: SprintRecord) -> Fix:
    days = cause.days.mode
    decidable = cause.remedy in DECIDABLE and days <= DECIDABLE_DAYS
    in_time = days <= THIRTY_DAYS or decidable
    day = min(THIRTY_DAYS, max(1, math.ceil(days)))
    who = cause.owner or owner_for(cause.kind, record)
    template = wording.FIX_SETTLES if in_time else wording.FIX_BEGINS
    text = template.format(
        deed=deed_for(cause, in_time=in_time).format(who=who, day=day, thing=thing_for(cause)),
        party=_party(cause, who),
        wait=_wait(cause, in_time).format(range=wording.say_range(cause.days)),
        title=wording.quoted(cause.title),
    )
    return Fix(f"{text}.", who, day, _plain_id(cause), in_time, cause.facts, cause.id)


def _plain_id(cause: Cause) -> str:
    return cause.fact.id if cause.fact.sort is Sort.BLOCKER else cause.id


def _party(cause: Cause, who: str) -> str:
    if cause.owner or not cause.recorded:
        return ""
    party = cause.waits_for or party_named(cause.title)
    if not party or party.lower() in who.lower():
        return ""
    return wording.FIX_WITH.format(party=with_article(party))


def _wait(cause: Cause, in_time: bool) -> str:
    if not in_time:
        return wording.NOT_IN_THIRTY
    return wording.INSTEAD_OF if cause.days.mode > THIRTY_DAYS else ""


def owner_for(kind: Kind, record: SprintRecord) -> str:
    """Return who takes a fix of this kind: the team's fitting role, else whoever there is."""
    fitting = record.team.get(_KIND_OWNER[kind])
    return fitting or next((record.team[role] for role in sorted(record.team)), SPONSOR)


def _settle(held: Held, record: SprintRecord) -> Fix:
    who = record.team.get(Role.BUSINESS) or owner_for(Kind.ACCOUNTABILITY, record)
    text = wording.FIX_PLAN.format(who=who, day=SOON)
    return Fix(f"{text}.", who, SOON, held.fact.id, True, (held.fact,))


def _is_a_no(held: Held) -> bool:
    return held.fact.sort is Sort.APPROVAL


def _decide_again(held: Held, record: SprintRecord) -> Fix:
    asked = next(each for each in record.approvals if each.id == held.fact.id)
    subject, who = str(asked.subject).replace("_", " "), asked.approver
    text = wording.FIX_AGAINST_A_NO.format(who=who, subject=subject, day=SOON)
    return Fix(f"{text}.", who, SOON, f"approval-{asked.id}", True, (held.fact,))


def _next_step(record: SprintRecord, doubts: Sequence[Held]) -> Fix:
    empty = any(held.doubt is Doubt.NO_EVIDENCE for held in doubts)
    template = wording.FIX_NOTHING if empty else wording.FIX_LOOK_AGAIN
    who = record.team.get(Role.BUILDER) or owner_for(Kind.INTEGRATION, record)
    fact = FactRef(Sort.RECORD, "record", "the record")
    return Fix(f"{template.format(who=who, day=7)}.", who, 7, "record", True, (fact,))
