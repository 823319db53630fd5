"""A deployment's checklist: what is met, what is missing, and who presses what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.deployments import queries
from bot.deployments.announcements import NO_TRAFFIC_YET, about_words
from bot.domain.enums import AuditAction, DeploymentState
from bot.domain.rollout import MAY_OPEN, Condition, ConditionCheck, StepRefused, gate_of
from bot.messages.catalog import say, say_plain
from bot.messages.deployment_card import (
    CheckLine,
    Checklist,
    checklist_card,
)
from bot.outbox.queue import TemplateArgs
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.unit_of_work import UnitOfWork

BUTTONS: Final[dict[tuple[Condition, str], tuple[str, Act]]] = {
    (Condition.APPROVAL, "absent"): ("ask", Act.DEPLOY_ASK),
    (Condition.APPROVAL, "rejected"): ("ask", Act.DEPLOY_ASK),
    (Condition.APPROVAL, "expired"): ("ask", Act.DEPLOY_ASK),
    (Condition.APPROVAL, "lapsed"): ("ask", Act.DEPLOY_ASK),
    (Condition.GOVERNANCE, "missing"): ("check", Act.DEPLOY_CHECK),
    (Condition.GOVERNANCE, "stops"): ("check", Act.DEPLOY_CHECK),
    (Condition.OWNER, "absent"): ("own", Act.DEPLOY_ACCEPT),
    (Condition.OWNER, "named"): ("accept", Act.DEPLOY_ACCEPT),
    (Condition.ON_CALL, "missing"): ("set_up", Act.DEPLOY_SET_UP),
    (Condition.CONTROL, "missing"): ("set_up", Act.DEPLOY_SET_UP),
    (Condition.ACTION_PLAN, "missing"): ("plan", Act.DEPLOY_PLAN),
    (Condition.ACTION_PLAN, "no"): ("plan", Act.DEPLOY_PLAN),
    (Condition.SHADOW, "missing"): ("shadow", Act.DEPLOY_SHADOW),
    (Condition.SHADOW, "alarm"): ("shadow", Act.DEPLOY_SHADOW),
    (Condition.ROLLBACK, "missing"): ("rehearse", Act.DEPLOY_REHEARSE),
    (Condition.ROLLBACK, "old"): ("rehearse", Act.DEPLOY_REHEARSE),
    (Condition.ROLLBACK, "slow"): ("rehearse", Act.DEPLOY_REHEARSE),
}
"""Who misses something presses this; what nobody can give by a press has no button."""
IN_SHADOW: Final[dict[Act, tuple[str, Act]]] = {Act.DEPLOY_SHADOW: ("replay", Act.DEPLOY_REPLAY)}
"""What a button is once the shadow run has begun."""
ONLY_IN: Final[dict[Act, tuple[DeploymentState, ...]]] = {
    Act.DEPLOY_SHADOW: (DeploymentState.PROPOSED, DeploymentState.PULLED),
    Act.DEPLOY_REHEARSE: (DeploymentState.SHADOW,),
}
"""Buttons that mean something in some states only."""
BLOCKED: Final = frozenset({"rejected", "stops"})


def refusal(refused: StepRefused) -> str:
    """Return the refusal of a step that the rules do not allow."""
    missing = refused.gate.missing if refused.gate else ()
    return say(
        f"rollout.refused_{refused.code}",
        count=len(missing),
        first=_first(missing[0]) if missing else "",
    )


def _first(check: ConditionCheck) -> Mrkdwn:
    return say(f"rollout.check_{check.condition}_{check.code}", **_facts(check, {}))


def render_checklist(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put the checklist into words."""
    row, _ = queries.find(uow, int(args["deployment"]))
    gate = gate_of(queries.gate_facts(uow, row, sprint))
    return checklist_card(
        Checklist(
            deployment_id=row.id,
            lines=[check_line(uow, sprint, row, check) for check in gate.checks],
            about=[about_words(uow, row), say("rollout.checklist_serve")],
            lead=uow.name(sprint.lead_id),
            state=_checklist_state(row),
            overridden=queries.override_words(uow, row, "rollout.checklist_overridden"),
            can_open=gate.is_open and row.state in MAY_OPEN,
        )
    )


def _checklist_state(row: Deployment) -> Mrkdwn | None:
    if row.state in NO_TRAFFIC_YET:
        return None
    return say(f"rollout.checklist_{row.state}", percent=f"{row.percent:g}")


def check_line(
    uow: UnitOfWork, sprint: Sprint, row: Deployment, check: ConditionCheck
) -> CheckLine:
    """Return how a condition is met, or what is missing and which button gives it now."""
    code = _running(uow, sprint, row, check)
    facts = _facts(check, _shown(uow, sprint, check))
    words = say(f"rollout.check_{check.condition}_{code}", **facts)
    button = BUTTONS.get((check.condition, code))
    if button is not None and row.state == DeploymentState.SHADOW:
        button = IN_SHADOW.get(button[1], button)
    if button is not None and DeploymentState(row.state) not in ONLY_IN.get(
        button[1], tuple(DeploymentState)
    ):
        button = None
    value = f"{row.id}:{check.about}" if check.about else f"{row.id}:{check.condition}"
    return CheckLine(
        words,
        check.holds,
        blocked=check.code in BLOCKED,
        button=(*button, value) if button else None,
    )


def _running(uow: UnitOfWork, sprint: Sprint, row: Deployment, check: ConditionCheck) -> str:
    """Return a condition's code; one that is on its way says so instead."""
    if check.holds:
        return check.code
    if check.condition is Condition.GOVERNANCE and queries.is_checking(
        uow, sprint.id, queries.GOVERNANCE
    ):
        return "running"
    if check.condition is Condition.ROLLBACK and is_rehearsing(uow, row):
        return "running"
    return check.code


def is_rehearsing(uow: UnitOfWork, row: Deployment) -> bool:
    """Return whether the newest change is a rehearsal that has not ended."""
    newest = next(reversed(queries.stages(uow, row)), None)
    return newest is not None and newest.kind == AuditAction.REHEARSED


def _shown(uow: UnitOfWork, sprint: Sprint, check: ConditionCheck) -> dict[str, Any]:
    """Return what a condition's sentence says besides its own facts: names and titles."""
    if check.condition is Condition.APPROVAL:
        waiting = queries.waiting_on(uow, sprint.id, check.about)
        return {
            "subject": uow.playbook.subject(check.about).title,
            "who": uow.name(waiting.approver_id) if waiting else "",
            "deadline": moment(waiting.deadline) if waiting else "",
        }
    if check.condition is Condition.OWNER:
        who = check.facts.get("user_id")
        part = say_plain(f"rollout.part_{check.about}")
        return {"part": part, "who": uow.name(str(who)) if who else ""}
    if check.condition is Condition.ON_CALL:
        return {"who": uow.name(str(check.facts.get("user_id") or ""))}
    return {}


def _facts(check: ConditionCheck, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that any sentence about a condition may name."""
    part = say_plain(f"rollout.part_{check.about}") if check.condition is Condition.OWNER else ""
    usual = {"subject": check.about.replace("_", " ").capitalize(), "who": "", "deadline": ""}
    return {"part": part, **usual, **check.facts, **shown}
