"""Question 4: what to do in thirty days, item by item, with an owner and a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.absences import working_day
from bot.domain.verdict.evidence import reached_by
from bot.domain.verdict.facts import deployment_fact, reference_to
from bot.domain.verdict.judgement import Doubt, SupportedDoubt
from bot.domain.verdict.live import unowned_parts
from bot.domain.verdict.model import Cause, CauseDays, Critical, FactRef, Fix, Sort
from bot.domain.verdict.proposals import proposal_for
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Kind, PhaseKey, Role

THIRTY_DAYS: Final = 30
SOON: Final = 5
"""The day by which a question is answered."""
AGAIN: Final = 14
"""The day by which a sprint is run again up to the phase that nobody saw."""

_OWNERLESS: Final = f"{PhaseKey.DEPLOYMENT}.nobody"
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
    doubts: Sequence[SupportedDoubt],
    days: Mapping[str, CauseDays],
    *,
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
    fixes = [_fix(cause, record, days[cause.id]) for cause in in_order]
    fixes += [_ask_plan(held, record) for held in doubts if held.fact.sort is Sort.ACTION_PLAN]
    fixes += _ask_about_live(record, causes) if deployed else []
    if not deployed and (not fixes or _is_thin(doubts)):
        fixes.append(_next_step(record, has_causes=bool(causes)))
    return tuple(fixes)


def _is_thin(doubts: Sequence[SupportedDoubt]) -> bool:
    return any(held.doubt is Doubt.NO_EVIDENCE for held in doubts)


def _fix(cause: Cause, record: SprintRecord, days: CauseDays) -> Fix:
    who = cause.owner or owner_for(cause.kind, record)
    found = proposal_for(cause, who, record)
    reference = reference_to(cause.fact)
    in_time = days.p50 <= THIRTY_DAYS
    return Fix(
        found.text,
        found.who,
        found.day,
        reference,
        in_time,
        cause.facts,
        cause.id,
        found.is_question,
    )


def owner_for(kind: Kind, record: SprintRecord) -> str:
    """Return who takes a fix of this kind: the team's fitting role, else whoever there is."""
    fitting = record.team.get(_KIND_OWNER[kind])
    return fitting or next(
        (record.team[role] for role in sorted(record.team)), texts.say("sponsor")
    )


def _ask_plan(held: SupportedDoubt, record: SprintRecord) -> Fix:
    who = record.team.get(Role.BUSINESS) or owner_for(Kind.ACCOUNTABILITY, record)
    day = working_day(SOON, record)
    text = texts.say("ask_plan", who=who, day=day)
    return Fix(text, who, day, held.fact.id, True, (held.fact,), is_question=True)


def _ask_about_live(record: SprintRecord, causes: Sequence[Cause]) -> list[Fix]:
    """Ask for what a deployment lacks: somebody who owns it, and something that shows it.

    Where nobody takes responsibility, the item of that cause asks for names already.
    """
    last = max(record.deployments, key=lambda each: (each.at, each.id))
    fact = deployment_fact(last)
    fixes, day = [], working_day(SOON, record)
    if last.claimed:
        text = texts.say("ask_evidence", who=last.by, day=day)
        fixes.append(Fix(text, last.by, day, "evidence", True, (fact,), is_question=True))
    parts = unowned_parts(record)
    if parts and not any(cause.scenario == _OWNERLESS for cause in causes):
        who = record.team.get(Role.BUSINESS) or owner_for(Kind.ACCOUNTABILITY, record)
        text = texts.say("ask_owner", who=who, parts=listed(parts), day=day)
        fixes.append(Fix(text, who, day, "owners", True, (fact,), is_question=True))
    return fixes


def _next_step(record: SprintRecord, *, has_causes: bool) -> Fix:
    who = record.team.get(Role.BUILDER) or owner_for(Kind.INTEGRATION, record)
    unreached = reached_by(record).unreached
    titles = {phase.key: phase.title or phase.key for phase in record.phases}
    day = working_day(AGAIN if unreached else SOON, record)
    if len(unreached) == len(record.phases) and not has_causes:
        text = texts.say("next_again", who=who, day=day)
    elif unreached:
        text = texts.say("next_phase", who=who, phase=titles[unreached[0]].lower(), day=day)
    else:
        text = texts.say("next_live", who=who, day=day)
    fact = FactRef(Sort.RECORD, "record", texts.say("the_record"))
    return Fix(text, who, day, "record", True, (fact,))
