"""What Slack shows of a deployment: the checklist, the live card, lines about each change, alerts.

Cards are rendered from the rows when they are sent, so they are current however late they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.models import Sprint
from bot.deployments import alerts, queries
from bot.deployments.alerts import AlertGroup
from bot.deployments.wording import finding_words
from bot.domain.enums import MODEL_ASKED, AuditAction, DeploymentState
from bot.domain.rollout import Advice
from bot.domain.traffic import Arm
from bot.domain.vocabulary import OwnedPart
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.deployment_card import (
    AlertView,
    LiveCard,
    alert_card,
    live_card,
    sparkline,
)
from bot.messages.keys import Key
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, link, moment
from bot.sprints.card_threads import text_args
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.refused_buttons import drop_buttons
from bot.unit_of_work import UnitOfWork

TOLD: Final = frozenset(
    {
        AuditAction.OPENED,
        AuditAction.ADVANCED,
        AuditAction.STEPPED_BACK,
        AuditAction.ROLLED_BACK,
    }
)
"""The changes that the channel is told of."""
TOGETHER: Final = timedelta(hours=4)
"""How long after a change the next one is added to its message."""
NO_TRAFFIC_YET: Final = frozenset({DeploymentState.PROPOSED.value, DeploymentState.SHADOW.value})


def checklist_key(row: Deployment) -> Key:
    """Return the outbox key of a deployment's checklist."""
    return keys.deployment_checklist(row.sprint_id, row.id)


def live_key(row: Deployment) -> Key:
    """Return the outbox key of a deployment's live card."""
    return keys.deployment(row.sprint_id, row.id)


def show(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    """Bring everything that is shown of a deployment up to date."""
    if row.state != DeploymentState.CLAIMED:
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
    """Say in the channel what a change was, the newest if none is named.

    The first opening posts the live card, which says the same: its line goes below the card.
    A rollback has a message of its own; what soon follows it, or another change, is added to that.
    """
    stages = queries.stages(uow, row)
    stage = stage or next(reversed(stages), None)
    if stage is None:
        return
    first = _together(stages, stage)[0]
    uow.upsert(
        keys.deployment_change(sprint.id, row.id, first.generation),
        Template.DEPLOYMENT_CHANGES,
        {"deployment": row.id, "stage": first.id},
        sprint_id=sprint.id,
        thread_key=live_key(row) if first is _first_opening(stages) else None,
        priority=Priority.URGENT,
    )
    if row.state not in MODEL_ASKED:
        drop_buttons(uow, sprint.id, Act.DEPLOY_ROLL_BACK, str(row.id))


def _first_opening(stages: Sequence[DeploymentStage]) -> DeploymentStage | None:
    return next((each for each in stages if each.kind == AuditAction.OPENED), None)


def _together(stages: Sequence[DeploymentStage], stage: DeploymentStage) -> list[DeploymentStage]:
    """Return the changes that one message tells, a given one among them."""
    opening, group = _first_opening(stages), list[DeploymentStage]()
    for each in (one for one in stages if one.kind in TOLD):
        is_apart = not group or each.kind == AuditAction.ROLLED_BACK or group[-1] is opening
        if is_apart or each.at - group[-1].at > TOGETHER:
            if stage in group:
                break
            group = []
        group.append(each)
    return group if stage in group else [stage]


def render_changes(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the changes that one message tells, a line each."""
    row, _ = queries.find(uow, int(args["deployment"]))
    stages = queries.stages(uow, row)
    first = next(each for each in stages if each.id == args["stage"])
    words = [
        say(
            f"rollout.line_{each.kind}",
            who=actor_words(uow, each.actor_id),
            percent=f"{each.to_percent:g}",
            reason=_sentence(each.reason),
        )
        for each in _together(stages, first)
    ]
    told = Mrkdwn("\n".join(words))
    return blocks.message(told, [blocks.section(told)])


def post_rehearsed(
    uow: UnitOfWork, row: Deployment, milliseconds: float | None, replicas: int
) -> None:
    """Say below the checklist how long a rehearsed rollback took."""
    args = text_args("rollout.line_rehearsal_failed")
    if milliseconds is not None:
        spent = round(milliseconds)
        args = text_args("rollout.line_rehearsed", milliseconds=spent, replicas=replicas)
    uow.upsert(
        keys.rehearsal(row.sprint_id, row.id, row.generation),
        Template.LINE,
        args,
        sprint_id=row.sprint_id,
        thread_key=checklist_key(row),
    )


def actor_words(uow: UnitOfWork, actor_id: str) -> str:
    """Return what people call who did it; a guard is no person."""
    return say_plain("rollout.no_actor_guard") if actor_id == "guard" else uow.name(actor_id)


def _sentence(text: str | None) -> str:
    sentence = (text or "").strip()
    return sentence if not sentence or sentence[-1] in ".!?" else f"{sentence}."


# --- the checklist --------------------------------------------------------------------------


def about_words(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    """Return which model a deployment is of, and how it stands."""
    model = queries.model_of(uow, row)
    return say(
        "rollout.checklist_about",
        sha=model.sha256[:12] if model else "–",
        state=say_plain(f"rollout.state_{row.state}"),
        number=row.id,
    )


# --- the live card --------------------------------------------------------------------------


def render_live(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Put the live card into words."""
    row, _ = queries.find(uow, int(args["deployment"]))
    return live_card(live_facts(uow, row))


def live_facts(uow: UnitOfWork, row: Deployment) -> LiveCard:
    """Return what the live card says of a deployment and which buttons it has."""
    now = queries.rollout_of(row)
    is_live = now.state is DeploymentState.LIVE
    advice = queries.advice_on(uow, row)
    following = now.stage.following if is_live and advice is Advice.GO else None
    preceding = now.stage.preceding if is_live else None
    posted = alerts.alerted_at(uow, row)
    return LiveCard(
        deployment_id=row.id,
        state=say_plain(f"rollout.state_{row.state}"),
        lines=_live_lines(uow, row, advice),
        figures=_figures(uow, row),
        alerts=[
            say(
                "rollout.card_alert_open",
                what=finding_words(group.lead),
                since=moment(posted.get(group.first.id, uow.now)),
            )
            for group in alerts.alert_groups(uow, row)
            if group.closed_at is None
        ],
        small_print=_small_print(uow, row),
        next_percent=int(following) if following else None,
        previous_percent=int(preceding) if preceding else None,
        can_roll_back=is_live or now.state is DeploymentState.SHADOW,
        is_shadow=now.state is DeploymentState.SHADOW,
        can_score=is_live or now.state is DeploymentState.SHADOW,
    )


def _live_lines(uow: UnitOfWork, row: Deployment, advice: Advice) -> list[Mrkdwn]:
    lines = [_state_line(uow, row)]
    if row.state == DeploymentState.LIVE:
        lines.append(_advice_line(uow, row, advice))
    overridden = queries.override_words(uow, row, "rollout.card_overridden")
    return [*lines, overridden] if overridden else lines


def _state_line(uow: UnitOfWork, row: Deployment) -> Mrkdwn:
    if row.state == DeploymentState.LIVE:
        return say(
            "rollout.card_live",
            percent=f"{row.percent:g}",
            since=moment(row.deployed_at),
            who=uow.name(row.deployed_by),
        )
    if row.state == DeploymentState.PULLED:
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
    if row.state == DeploymentState.ENDED:
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
    open_groups = [one for one in alerts.alert_groups(uow, row) if one.closed_at is None]
    if advice is Advice.HOLD:
        reason = next(
            (
                str((one.facts or {}).get("says") or "")
                for one in reversed(alerts.open_findings(uow, row, (Advice.HOLD.value,)))
                if one.generation >= row.generation  # not what held in the shadow run
            ),
            "",
        )
        why = say("rollout.card_hold", says=reason) if reason else say("rollout.card_not_enough")
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
    shown = [about_words(uow, row)]
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
        Template.DEPLOYMENT_ALERT,
        {"deployment": row.id, "finding": group.first.id},
        sprint_id=row.sprint_id,
        priority=Priority.URGENT,
    )


def render_alert(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render an alert, open or closed."""
    row = uow.session.get_one(Deployment, args["deployment"])
    group = alerts.alert_group(uow, row, int(args["finding"]))
    lasted = None
    if group.closed_at is not None:
        lasted = lasted_words(group.closed_at - group.first.opened_at)
    return alert_card(
        AlertView(
            deployment_id=row.id,
            what=finding_words(group.lead),
            since=moment(alerts.alerted_at(uow, row).get(group.first.id, uow.now)),
            state=say_plain(f"rollout.state_{row.state}"),
            also=[finding_words(finding) for finding in group.others],
            pulled=group.pulls,
            lasted=lasted,
            can_roll_back=row.state in MODEL_ASKED,
            is_shadow=row.state == DeploymentState.SHADOW,
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
        Template.DEPLOYMENT_ELSEWHERE,
        {"deployment": row.id},
        sprint_id=row.sprint_id,
        priority=Priority.URGENT,
    )


def render_elsewhere(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Render what is known of a deployment that runs elsewhere."""
    row = uow.session.get_one(Deployment, args["deployment"])
    percent = f"{row.percent:g}"
    if row.rolled_back_at is None:
        rows = [blocks.section(elsewhere_words(uow, row))]
        if trust_of(row) == DeploymentState.CLAIMED:
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
    if row.state != DeploymentState.CLAIMED or (row.watched or {}).get("up"):
        return "verified"
    return "evidence" if row.evidence or row.address else DeploymentState.CLAIMED.value
