"""Deployments that hour48 serves: proposed, opened, advanced, rolled back; each one transaction.

In the audit trail a deployment is `proposed`, `set_up`, `accepted`, `shadowed`, `rehearsed`,
`opened`, `overridden`, `advanced`, `stepped_back`, `rolled_back` or `ended`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.db.deployment_models import Deployment, DeploymentStage
from bot.db.models import Sprint
from bot.deployments import announcements, checklist, queries
from bot.domain import rollout as rules
from bot.domain.enums import AuditAction, DeploymentState, TimerKind
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.rollout import WATCH_HOURS, Rollout, RolloutConditions, Stage, StepRefused, gate_of
from bot.domain.traffic import new_secret
from bot.messages.catalog import say
from bot.slack.text import clean
from bot.sprints.people import require
from bot.sprints.selection import refuse_cancelled, require_running
from bot.unit_of_work import Change, UnitOfWork

REASON_LENGTH: Final = 500
SHORTEST_REASON: Final = 8
GUARD: Final = "guard"
"""The actor of what a guard does."""
OPERATOR: Final = "operator"
"""The actor of what is typed on the machine itself, where nobody of Slack is known."""


def propose(uow: UnitOfWork, actor_id: str, sprint_id: int) -> Deployment:
    """Open the checklist of a sprint's deployment, with the newest model that was kept.

    Asking again brings the same checklist up to date; a model that came later is taken until the
    shadow run has begun.

    Raises:
        InputError: the sprint does not run, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.DEPLOY, sprint)
    require_running(sprint)
    row = queries.managed(uow, sprint.id) or _new(uow, sprint, actor_id)
    take_newest_model(uow, row)
    announcements.show_checklist(uow, sprint, row)
    return row


def _new(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> Deployment:
    row = Deployment(
        sprint_id=sprint.id,
        percent=0.0,
        deployed_by=actor_id,
        deployed_at=uow.now,
        state=DeploymentState.PROPOSED.value,
        salt=new_secret(),
        pseudonym_key=new_secret(),
        watched={},
    )
    uow.session.add(row)
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.PROPOSED, row)
    return row


def take_newest_model(uow: UnitOfWork, row: Deployment) -> None:
    """Let a proposed deployment name the model that was kept last."""
    model = queries.newest_model(uow, row.sprint_id)
    if row.state == DeploymentState.PROPOSED and model is not None:
        row.model_id = model.id
        uow.session.flush()


def model_was_kept(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring an open checklist up to date after the sprint has kept a model."""
    row = queries.managed(uow, sprint.id)
    if row is not None:
        take_newest_model(uow, row)
        announcements.show_checklist(uow, sprint, row)


def refresh(uow: UnitOfWork, sprint: Sprint) -> None:
    """Bring what is shown of a sprint's deployment up to date; nothing where there is none."""
    row = queries.managed(uow, sprint.id)
    if row is not None:
        announcements.show(uow, sprint, row)


def start_shadow(uow: UnitOfWork, actor_id: str, deployment_id: int) -> Deployment:
    """Let the model see traffic without answering it.

    Raises:
        InputError: there is no kept model, it is past that, or they may not.
    """

    def step(before: Rollout, row: Deployment, _sprint: Sprint) -> Rollout:
        return rules.start_shadow(before, has_model=row.model_id is not None)

    row, _ = _step(uow, actor_id, deployment_id, Action.DEPLOY, AuditAction.SHADOWED, step)
    return row


def rehearse(uow: UnitOfWork, actor_id: str, deployment_id: int) -> Deployment:
    """Pull the model in its shadow run, to time how long the replicas take.

    The monitor ends the rehearsal; see `bot.deployments.monitoring`.

    Raises:
        InputError: it is not in its shadow run, or they may not.
    """

    def step(before: Rollout, _row: Deployment, _sprint: Sprint) -> Rollout:
        return rules.rehearse(before)

    row, _ = _step(uow, actor_id, deployment_id, Action.DEPLOY, AuditAction.REHEARSED, step)
    return row


def open_traffic(
    uow: UnitOfWork,
    actor_id: str,
    deployment_id: int,
    *,
    override: str | None = None,
) -> Deployment:
    """Give the model its first percent of the traffic, if nothing is missing.

    Args:
        uow: the transaction.
        actor_id: who opens it; only the lead may.
        deployment_id: the deployment.
        override: why it is opened although something is missing; it stands in the debrief.

    Raises:
        InputError: something is missing, no reason is given, or they may not.
    """
    reason = _override_reason(override)

    def step(before: Rollout, row: Deployment, sprint: Sprint) -> Rollout:
        gate = gate_of(queries.gate_facts(uow, row, sprint))
        after = rules.open_traffic(before, gate, overridden=reason is not None)
        _note_override(uow, actor_id, row, gate, reason)
        return after

    row, sprint = _step(
        uow,
        actor_id,
        deployment_id,
        Action.GO_LIVE,
        AuditAction.OPENED,
        step,
        reason,
    )
    row.deployed_by, row.deployed_at = actor_id, uow.now
    row.rolled_back_at = row.rolled_back_by = row.rollback_reason = None
    _watch(uow, sprint, row)
    announcements.announce(uow, sprint, row)
    return row


def _override_reason(override: str | None) -> str | None:
    if override is None:
        return None
    reason = clean(override).strip().strip("\"'“”„").strip()[:REASON_LENGTH]
    if len(reason) < SHORTEST_REASON:
        raise InputError(say("rollout.override_needs_reason"), field="override")
    return reason


def _note_override(
    uow: UnitOfWork, actor_id: str, row: Deployment, gate: RolloutConditions, reason: str | None
) -> None:
    if reason is None or gate.is_open:
        return
    row.override_reason, row.override_by = reason, actor_id
    missing = [check.key for check in gate.missing]
    uow.audit_row(actor_id, AuditAction.OVERRIDDEN, row, reason=reason, missing=missing)


def _watch(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> None:
    """Let the digests of the first 24 hours fall due, and the end of what is kept."""
    every = uow.playbook.digest_every_hours
    for hour in range(every, WATCH_HOURS + 1, every):
        at = uow.now + timedelta(hours=hour)
        uow.set_timer(
            sprint.id,
            f"watch:{row.id}:{hour}",
            TimerKind.DEPLOYMENT_DIGEST,
            at,
            deployment_id=row.id,
            hour=hour,
        )
    forget_at = uow.now + timedelta(days=row.retention_days)
    uow.set_timer(
        sprint.id,
        f"retention:{row.id}",
        TimerKind.DEPLOYMENT_RETENTION,
        forget_at,
        deployment_id=row.id,
    )


def advance(uow: UnitOfWork, actor_id: str, deployment_id: int) -> Deployment:
    """Take the next larger stage; only when the guards say go.

    Raises:
        InputError: they do not, it is not live, or the person may not.
    """

    def step(before: Rollout, row: Deployment, _sprint: Sprint) -> Rollout:
        return rules.advance(before, queries.advice_on(uow, row))

    row, sprint = _step(uow, actor_id, deployment_id, Action.GO_LIVE, AuditAction.ADVANCED, step)
    announcements.announce(uow, sprint, row)
    return row


def step_back(uow: UnitOfWork, actor_id: str, deployment_id: int) -> Deployment:
    """Take the next smaller stage.

    Raises:
        InputError: there is none, it is not live, or they may not.
    """

    def step(before: Rollout, _row: Deployment, _sprint: Sprint) -> Rollout:
        return rules.step_back(before)

    row, sprint = _step(
        uow, actor_id, deployment_id, Action.ROLL_BACK, AuditAction.STEPPED_BACK, step
    )
    announcements.announce(uow, sprint, row)
    return row


def roll_back(
    uow: UnitOfWork, actor_id: str, deployment_id: int, reason: str = ""
) -> tuple[Deployment, bool]:
    """Pull the model everywhere: from now on everybody gets the control answer.

    It works whatever the sprint's status is, and a second press changes nothing.

    Returns:
        The deployment, and whether this press pulled it.

    Raises:
        InputError: nothing answers, or they may not.
    """
    row, sprint = queries.locked(uow, deployment_id)
    _require(uow, actor_id, Action.ROLL_BACK, row)
    before = queries.rollout_of(row)
    try:
        after = rules.roll_back(before)
    except StepRefused as refused:
        raise InputError(checklist.refusal(refused)) from None
    if after is before:
        return row, False
    given = clean(reason).strip()[:REASON_LENGTH] or None
    if before.state is DeploymentState.LIVE:
        row.rolled_back_at, row.rolled_back_by, row.rollback_reason = uow.now, actor_id, given
    _move(uow, row, after, actor_id, AuditAction.ROLLED_BACK, given)
    announcements.show(uow, sprint, row)
    announcements.announce(uow, sprint, row)
    return row, True


def explain_pull(uow: UnitOfWork, actor_id: str, deployment_id: int, reason: str) -> Deployment:
    """Note why a model was rolled back, after it was.

    Raises:
        InputError: it is not rolled back, or they may not.
    """
    row, sprint = queries.locked(uow, deployment_id)
    _require(uow, actor_id, Action.ROLL_BACK, row)
    given = clean(reason).strip()[:REASON_LENGTH]
    stage = announcements.newest_stage(uow, row, AuditAction.ROLLED_BACK)
    if stage is None:
        raise InputError(say("rollout.refused_not_pulled"))
    if not given:
        return row
    stage.reason = given
    if row.rolled_back_at is not None:
        row.rollback_reason = given
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.SAID, row, reason=given)
    announcements.show(uow, sprint, row)
    announcements.announce(uow, sprint, row, stage)
    return row


def end(uow: UnitOfWork, actor_id: str, deployment_id: int, reason: str = "") -> Deployment:
    """Take a deployment out of service for good; its process ends.

    Raises:
        InputError: they may not.
    """

    def step(before: Rollout, _row: Deployment, _sprint: Sprint) -> Rollout:
        return rules.end(before)

    row, _ = _step(uow, actor_id, deployment_id, Action.GO_LIVE, AuditAction.ENDED, step, reason)
    return row


NOBODY: Final = frozenset({GUARD, OPERATOR})
_GOES_FURTHER: Final = frozenset(
    (AuditAction.SHADOWED, AuditAction.REHEARSED, AuditAction.OPENED, AuditAction.ADVANCED)
)
"""Steps that a cancelled sprint takes no more; one that takes traffic back is always taken."""
Step = Callable[[Rollout, Deployment, Sprint], Rollout]


def _step(
    uow: UnitOfWork,
    actor_id: str,
    deployment_id: int,
    action: Action,
    kind: str,
    step: Step,
    reason: str | None = None,
) -> tuple[Deployment, Sprint]:
    """Make one change of what a deployment is meant to do, by somebody who may."""
    row, sprint = queries.locked(uow, deployment_id)
    _require(uow, actor_id, action, row if action is Action.ROLL_BACK else sprint)
    if kind in _GOES_FURTHER:
        refuse_cancelled(sprint)
    try:
        after = step(queries.rollout_of(row), row, sprint)
    except StepRefused as refused:
        raise InputError(checklist.refusal(refused)) from None
    _move(uow, row, after, actor_id, kind, reason)
    announcements.show(uow, sprint, row)
    return row, sprint


def _require(uow: UnitOfWork, actor_id: str, action: Action, about: Sprint | Deployment) -> None:
    """Let the actor pass, or say why not; guards and the operator need no role in the sprint."""
    if actor_id not in NOBODY:
        require(uow, actor_id, action, about)


def _move(
    uow: UnitOfWork,
    row: Deployment,
    after: Rollout,
    actor_id: str,
    kind: str,
    reason: str | None,
) -> None:
    """Write the new desired state; serving obeys it as soon as this is committed."""
    before = queries.rollout_of(row)
    if after == before:
        return
    row.state, row.percent = after.state.value, float(after.stage)
    row.generation = after.generation
    uow.session.add(
        DeploymentStage(
            deployment_id=row.id,
            kind=kind,
            generation=after.generation,
            from_state=before.state.value,
            from_percent=float(before.stage),
            to_state=after.state.value,
            to_percent=float(after.stage),
            actor_id=actor_id,
            at=uow.now,
            written_at=datetime.now(UTC),
            reason=reason,
            figures={
                arm: {"calls": calls, "errors": errors}
                for arm, (calls, errors) in queries.call_figures(uow, row).items()
            },
        )
    )
    uow.session.flush()
    uow.changes.add(Change.DEPLOYMENTS)
    uow.audit_row(
        actor_id,
        kind,
        row,
        percent=row.percent,
        state=row.state,
        generation=row.generation,
        reason=reason,
    )


def end_rehearsal(
    uow: UnitOfWork, deployment_id: int, milliseconds: float | None, replicas: int
) -> None:
    """Go back to the shadow run, and note how long the rollback took.

    Args:
        uow: the transaction.
        deployment_id: the deployment.
        milliseconds: until every replica had obeyed; None where not all did in time.
        replicas: how many there were.
    """
    row, sprint = queries.locked(uow, deployment_id)
    stage = next(reversed(queries.stages(uow, row)), None)
    if stage is None or stage.kind != AuditAction.REHEARSED or row.state != DeploymentState.PULLED:
        return
    stage.effective_ms, stage.replicas = milliseconds, replicas
    row.rehearsed_at = uow.now if milliseconds is not None else row.rehearsed_at
    row.rehearsal_ms = milliseconds if milliseconds is not None else row.rehearsal_ms
    before = queries.rollout_of(row)
    after = before.changed(DeploymentState.SHADOW, Stage.SHADOW)
    _move(uow, row, after, stage.actor_id, AuditAction.SHADOWED, None)
    announcements.show(uow, sprint, row)
    announcements.post_rehearsed(uow, row, milliseconds, replicas)


def effective(uow: UnitOfWork, stage_id: int, milliseconds: float, replicas: int) -> None:
    """Note how long it took until every replica had taken a change."""
    stage = uow.session.get_one(DeploymentStage, stage_id, with_for_update=True)
    if stage.effective_ms is not None:
        return
    stage.effective_ms, stage.replicas = milliseconds, replicas
    row, sprint = queries.locked(uow, stage.deployment_id)
    if stage.kind == AuditAction.ROLLED_BACK:  # no rehearsal says more than the real thing
        row.rehearsed_at, row.rehearsal_ms = uow.now, milliseconds
    announcements.show(uow, sprint, row)
