"""What Slack shows of a deployment: the checklist, the live card, lines about each change, alerts.

Cards are rendered from the rows when they are sent, so they are current however late they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.db.deployment_models import DeploymentStage
from bot.db.models import AuditEntry, Deployment, Sprint
from bot.deployments import queries
from bot.deployments.queries import AlertGroup
from bot.deployments.wording import finding_words
from bot.domain.enums import AuditAction, AuditSubject
from bot.domain.rollout import Advice, Check, Condition, Refused, RolloutState, gate_of
from bot.domain.traffic import Arm
from bot.domain.vocabulary import OwnedPart
from bot.hourly.pinned_card import refresh_pinned_card
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.deployment_card import (
    AlertView,
    CheckLine,
    Checklist,
    LiveCard,
    alert_card,
    checklist_card,
    live_card,
    sparkline,
)
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs, sprint_queue
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, link, moment
from bot.sprints.card_threads import text_args
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
ONLY_IN: Final[dict[Act, tuple[RolloutState, ...]]] = {
    Act.DEPLOY_SHADOW: (RolloutState.PROPOSED, RolloutState.PULLED),
    Act.DEPLOY_REHEARSE: (RolloutState.SHADOW,),
}
"""Buttons that mean something in some states only."""
BLOCKED: Final = frozenset({"rejected", "stops"})
NO_TRAFFIC_YET: Final = frozenset({RolloutState.PROPOSED.value, RolloutState.SHADOW.value})


def checklist_key(row: Deployment) -> Key:
    """Return the outbox key of a deployment's checklist."""
    return keys.deployment_checklist(row.sprint_id, row.id)


def live_key(row: Deployment) -> Key:
    """Return the outbox key of a deployment's live card."""
    return keys.deployment(row.sprint_id, row.id)


def show(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    """Bring everything that is shown of a deployment up to date."""
    show_checklist(uow, sprint, row)
    show_live(uow, sprint, row)
    refresh_pinned_card(uow, sprint)


def show_checklist(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    """Post the checklist, or bring it up to date."""
    uow.upsert_many(
        [sprint],
        f"checklist:{row.id}",
        Template.DEPLOYMENT_CHECKLIST,
        {"deployment": row.id},
    )


def show_live(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    """Post the live card, or bring it up to date; before any traffic there is none."""
    if row.state in NO_TRAFFIC_YET and uow.find_message(live_key(row)) is None:
        return
    uow.upsert_many(
        [sprint],
        f"deployment:{row.id}",
        Template.DEPLOYMENT,
        {"deployment": row.id},
        priority=Priority.URGENT,
    )


def announce(
    uow: UnitOfWork, sprint: Sprint, row: Deployment, stage: DeploymentStage | None = None
) -> None:
    """Say in the channel what a change was, the newest if none is named, in a line of its own."""
    stage = stage or next(reversed(queries.stages(uow, row)), None)
    if stage is None:
        return
    args = text_args(
        f"rollout.line_{stage.kind}",
        who=actor_words(uow, stage.actor_id),
        percent=f"{stage.to_percent:g}",
        reason=_sentence(stage.reason),
    )
    uow.upsert(
        keys.deployment_change(sprint.id, row.id, stage.generation),
        sprint_queue(sprint.id),
        args,
        template=Template.LINE,
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )


def say_rehearsed(
    uow: UnitOfWork, row: Deployment, milliseconds: float | None, replicas: int
) -> None:
    """Say below the checklist how long a rehearsed rollback took."""
    args = text_args("rollout.line_rehearsal_failed")
    if milliseconds is not None:
        spent = round(milliseconds)
        args = text_args("rollout.line_rehearsed", milliseconds=spent, replicas=replicas)
    uow.upsert(
        keys.rehearsal(row.sprint_id, row.id, row.generation),
        sprint_queue(row.sprint_id),
        args,
        template=Template.LINE,
        sprint_id=row.sprint_id,
        thread_key=checklist_key(row),
    )


def refusal(refused: Refused) -> str:
    """Return what a person is told whose step the rules do not allow."""
    missing = refused.gate.missing if refused.gate else ()
    return say(
        f"rollout.refused_{refused.code}",
        count=len(missing),
        first=_first(missing[0]) if missing else "",
    )


def _first(check: Check) -> Mrkdwn:
    return say(f"rollout.check_{check.condition}_{check.code}", **_facts(check, {}))


def actor_words(uow: UnitOfWork, actor_id: str) -> str:
    """Return what people call who did it; a guard is no person."""
    return say_plain("rollout.no_actor_guard") if actor_id == "guard" else uow.name(actor_id)


def _sentence(text: str | None) -> str:
    said = (text or "").strip()
    return said if not said or said[-1] in ".!?" else f"{said}."


# --- the checklist --------------------------------------------------------------------------


def render_checklist(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put the checklist into words."""
    row, _ = queries.find(uow, int(args["deployment"]))
    gate = gate_of(queries.gate_facts(uow, row, sprint))
    return checklist_card(
        Checklist(
            deployment_id=row.id,
            lines=[_line(uow, sprint, row, check) for check in gate.checks],
            about=[_about(uow, row), say("rollout.checklist_serve")],
            lead=uow.name(sprint.lead_id),
            state=_checklist_state(row),
            overridden=_override(uow, row, "rollout.checklist_overridden"),
            can_open=gate.is_open
            and row.state in (RolloutState.SHADOW.value, RolloutState.PULLED.value),
        )
    )


def _checklist_state(row: Deployment) -> Mrkdwn | None:
    if row.state in NO_TRAFFIC_YET:
        return None
    return say(f"rollout.checklist_{row.state}", percent=f"{row.percent:g}")


def _about(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    model = queries.model_of(uow, row)
    return say(
        "rollout.checklist_about",
        sha=model.sha256[:12] if model else "–",
        state=say_plain(f"rollout.state_{row.state}"),
        number=row.id,
    )


def check_words(uow: UnitOfWork, sprint: Sprint, row: Deployment, check: Check) -> Mrkdwn:
    """Return how a condition is met, or what is missing and who gives it."""
    code = _running(uow, sprint, row, check)
    facts = _facts(check, _shown(uow, sprint, check))
    return say(f"rollout.check_{check.condition}_{code}", **facts)


def _line(uow: UnitOfWork, sprint: Sprint, row: Deployment, check: Check) -> CheckLine:
    code = _running(uow, sprint, row, check)
    words = check_words(uow, sprint, row, check)
    button = BUTTONS.get((check.condition, code))
    if button is not None and row.state == RolloutState.SHADOW:
        button = IN_SHADOW.get(button[1], button)
    if button is not None and RolloutState(row.state) not in ONLY_IN.get(
        button[1], tuple(RolloutState)
    ):
        button = None
    value = f"{row.id}:{check.about}" if check.about else f"{row.id}:{check.condition}"
    return CheckLine(
        words,
        check.holds,
        blocked=check.code in BLOCKED,
        button=(*button, value) if button else None,
    )


def _running(uow: UnitOfWork, sprint: Sprint, row: Deployment, check: Check) -> str:
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
    """Tell whether the newest change is a rehearsal that has not ended."""
    newest = next(reversed(queries.stages(uow, row)), None)
    return newest is not None and newest.kind == AuditAction.REHEARSED


def _shown(uow: UnitOfWork, sprint: Sprint, check: Check) -> dict[str, Any]:
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


def _facts(check: Check, shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that any sentence about a condition may name."""
    part = say_plain(f"rollout.part_{check.about}") if check.condition is Condition.OWNER else ""
    usual = {"subject": check.about.replace("_", " ").capitalize(), "who": "", "deadline": ""}
    return {"part": part, **usual, **check.facts, **shown}


def _override(uow: UnitOfWork, row: Deployment, key: str) -> Mrkdwn | None:
    if not row.override_reason:
        return None
    return say(
        key,
        who=uow.name(row.override_by),
        reason=row.override_reason,
        missing=len(overridden_conditions(uow, row)),
    )


def deployment_overrides(uow: UnitOfWork, sprint: Sprint) -> list[Mrkdwn]:
    """Return what the debrief says of deployments that were opened against the checklist."""
    found = (
        _override(uow, row, "rollout.card_overridden") for row in queries.of_sprint(uow, sprint.id)
    )
    return [words for words in found if words]


def overridden_conditions(uow: UnitOfWork, row: Deployment) -> list[str]:
    """Return which conditions were missing when it was opened against them."""
    entry = uow.session.scalars(
        select(AuditEntry)
        .where(
            AuditEntry.sprint_id == row.sprint_id,
            AuditEntry.subject == AuditSubject.DEPLOYMENT,
            AuditEntry.subject_id == row.id,
            AuditEntry.action == AuditAction.OVERRIDDEN,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return [str(key) for key in entry.facts.get("missing", [])] if entry else []


# --- the live card --------------------------------------------------------------------------


def render_live(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Put the live card into words."""
    row, _ = queries.find(uow, int(args["deployment"]))
    now = queries.rollout_of(row)
    is_live = now.state is RolloutState.LIVE
    advice = queries.advice_on(uow, row)
    following = now.stage.following if is_live and advice is Advice.GO else None
    preceding = now.stage.preceding if is_live else None
    return live_card(
        LiveCard(
            deployment_id=row.id,
            state=say_plain(f"rollout.state_{row.state}"),
            lines=_live_lines(uow, row, advice),
            figures=_figures(uow, row),
            alerts=[
                say(
                    "rollout.card_alert_open",
                    what=finding_words(group.lead),
                    since=moment(group.first.opened_at),
                )
                for group in queries.alert_groups(uow, row)
                if group.closed_at is None
            ],
            small_print=_small_print(uow, row),
            next_percent=int(following) if following else None,
            previous_percent=int(preceding) if preceding else None,
            can_roll_back=is_live or now.state is RolloutState.SHADOW,
            can_score=is_live or now.state is RolloutState.SHADOW,
        )
    )


def _live_lines(uow: UnitOfWork, row: Deployment, advice: Advice) -> list[Mrkdwn]:
    lines = [_state_line(uow, row)]
    if row.state == RolloutState.LIVE:
        lines.append(_advice_line(uow, row, advice))
    overridden = _override(uow, row, "rollout.card_overridden")
    return [*lines, overridden] if overridden else lines


def _state_line(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    if row.state == RolloutState.LIVE:
        return say(
            "rollout.card_live",
            percent=f"{row.percent:g}",
            since=moment(row.deployed_at),
            who=uow.name(row.deployed_by),
        )
    if row.state == RolloutState.PULLED:
        pulled = newest_stage(uow, row, AuditAction.ROLLED_BACK)
        parts = [
            say(
                "rollout.card_pulled",
                who=actor_words(uow, pulled.actor_id) if pulled else "",
                at=moment(pulled.at) if pulled else "",
                reason=_sentence(pulled.reason if pulled else ""),
            ),
            say("rollout.card_control"),
            _effective(pulled),
        ]
        return Mrkdwn("\n".join(parts))
    if row.state == RolloutState.ENDED:
        ended = newest_stage(uow, row, AuditAction.ENDED)
        return say("rollout.card_ended", at=moment(ended.at if ended else uow.now))
    return say("rollout.card_shadow")


def newest_stage(uow: UnitOfWork, row: Deployment, kind: str) -> DeploymentStage | None:
    """Return the newest change of a kind."""
    return next((each for each in reversed(queries.stages(uow, row)) if each.kind == kind), None)


def _effective(stage: DeploymentStage | None) -> Mrkdwn:
    if stage is None or stage.effective_ms is None:
        return say("rollout.card_effective_waiting")
    seconds = f"{stage.effective_ms / 1_000:.1f}"
    return say("rollout.card_effective", seconds=seconds, replicas=stage.replicas or 0)


def _advice_line(uow: UnitOfWork, row: Deployment, advice: Advice) -> Mrkdwn:
    """Say what the guards say, and why; where they hold, how much more has to be seen."""
    open_groups = [one for one in queries.alert_groups(uow, row) if one.closed_at is None]
    if advice is Advice.HOLD:
        holds = queries.open_findings(uow, row, (Advice.HOLD.value,))
        told = next((str((one.facts or {}).get("says") or "") for one in reversed(holds)), "")
        why = say("rollout.card_hold", says=told) if told else say("rollout.card_not_enough")
    else:
        found = open_groups[0].lead if open_groups else None
        why = finding_words(found) if found else say("rollout.card_not_enough")
    return say(f"rollout.card_advice_{advice}", why=why)


def _figures(uow: UnitOfWork, row: Deployment) -> list[Mrkdwn]:
    arms = queries.arm_figures(uow, row)
    model, control, shadow = arms[Arm.MODEL], arms[Arm.CONTROL], arms[Arm.SHADOW]
    if not any(each.calls or each.people for each in (model, control, shadow)):
        return []
    shown = [
        say("rollout.card_figures", calls=model.calls, people=model.people),
        say("rollout.card_control_figures", calls=control.calls, people=control.people),
        say("rollout.card_errors", model=model.errors, control=control.errors),
    ]
    if shadow.people:
        shown.append(say("rollout.card_shadow_figures", calls=shadow.calls, people=shadow.people))
    outcomes = queries.outcome_count(uow, row)
    if outcomes:
        shown.append(say("rollout.card_quality", outcomes=outcomes))
    line = sparkline([calls for _, calls in queries.calls_by_minute(uow, row, Arm.MODEL)])
    if line:
        shown.append(say("rollout.card_calls", line=line))
    return [*shown, _replicas(uow, row)]


def _replicas(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    up = queries.replicas(uow, row, datetime.now(UTC))
    if not up:
        return say("rollout.card_no_replicas")
    forms = dict.fromkeys(str(worker.form or "–") for worker in up)
    return say("rollout.card_replicas", count=len(up), form=", ".join(forms))


def _small_print(uow: UnitOfWork, row: Deployment) -> list[Mrkdwn]:
    named = [
        say(
            "rollout.card_owner",
            part=say_plain(f"rollout.part_{OwnedPart(owner.part)}"),
            who=uow.name(owner.user_id),
        )
        for owner in queries.owners(uow, row)
        if owner.accepted_at
    ]
    shown = [_about(uow, row)]
    if named:
        on_call = uow.name(row.on_call) if row.on_call else "–"
        shown.append(say("rollout.card_owners", owners=Mrkdwn(" · ".join(named)), on_call=on_call))
    return shown


# --- alerts ---------------------------------------------------------------------------------


def alert_key(row: Deployment, group: AlertGroup) -> Key:
    """Return the outbox key of an alert; what was found together is one alert."""
    return keys.deployment_alert(row.sprint_id, row.id, group.first.id)


def show_alert(uow: UnitOfWork, row: Deployment, group: AlertGroup) -> None:
    """Post an alert, or close the one that was posted."""
    uow.upsert(
        alert_key(row, group),
        sprint_queue(row.sprint_id),
        {"deployment": row.id, "finding": group.first.id},
        template=Template.DEPLOYMENT_ALERT,
        sprint_id=row.sprint_id,
        priority=Priority.URGENT,
    )


def render_alert(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render an alert, open or closed."""
    row = uow.session.get_one(Deployment, args["deployment"])
    group = queries.alert_group(uow, row, int(args["finding"]))
    lasted = None
    if group.closed_at is not None:
        lasted = lasted_words(group.closed_at - group.first.opened_at)
    return alert_card(
        AlertView(
            deployment_id=row.id,
            what=finding_words(group.lead),
            since=moment(group.first.opened_at),
            state=say_plain(f"rollout.state_{row.state}"),
            also=[finding_words(finding) for finding in group.others],
            pulled=group.pulls,
            lasted=lasted,
            can_roll_back=row.state in (RolloutState.LIVE.value, RolloutState.SHADOW.value),
        )
    )


def lasted_words(span: timedelta) -> str:
    """Return how long something lasted, in the largest unit that fits."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 1:
        return f"{max(1, round(span.total_seconds()))} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


# --- what runs elsewhere --------------------------------------------------------------------


def show_elsewhere(uow: UnitOfWork, row: Deployment) -> None:
    """Post what is known of a deployment that runs elsewhere, or bring it up to date."""
    uow.upsert(
        live_key(row),
        sprint_queue(row.sprint_id),
        {"deployment": row.id},
        template=Template.DEPLOYMENT_ELSEWHERE,
        sprint_id=row.sprint_id,
        priority=Priority.URGENT,
    )


def render_elsewhere(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what is known of a deployment that runs elsewhere."""
    row = uow.session.get_one(Deployment, args["deployment"])
    percent = f"{row.percent:g}"
    if row.rolled_back_at is None:
        rows = [blocks.section(elsewhere_words(uow, row))]
        if trust_of(row) == "claimed":
            rows.append(blocks.context(say("rollout.claimed_how", percent=percent)))
    else:
        ended = say(
            "deployment.rolled_back",
            who=uow.name(row.rolled_back_by),
            at=moment(row.rolled_back_at),
            reason=row.rollback_reason,
        )
        was = say("deployment.was_live", percent=percent, since=moment(row.deployed_at))
        rows = [blocks.section(ended), blocks.context(was)]
    return blocks.message(rows[0]["text"]["text"], rows)


def elsewhere_words(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    """Return what is known of a deployment that hour48 does not serve."""
    about: dict[str, Any] = {
        "percent": f"{row.percent:g}",
        "since": moment(row.deployed_at),
        "who": uow.name(row.deployed_by),
    }
    if row.address:
        shown = link(row.address, row.address)
        watched = row.watched or {}
        checks, up = int(watched.get("checks", 0)), int(watched.get("up", 0))
        kind = "new" if not checks else "down" if watched.get("error") else "up"
        return say(
            f"rollout.watched_{kind}",
            **about,
            link=shown,
            up=up,
            checks=checks,
            error=str(watched.get("error") or ""),
        )
    if row.evidence:
        return say("rollout.evidenced", **about, link=link(row.evidence, row.evidence))
    return say("rollout.claimed", **about)


def trust_of(row: Deployment) -> str:
    """Return how a deployment is known: `verified`, `evidence` or `claimed`."""
    if row.state != RolloutState.CLAIMED or (row.watched or {}).get("up"):
        return "verified"
    return "evidence" if row.evidence or row.address else "claimed"
