"""What deployments read: the row and its sprint, the gate's facts, traffic, owners, open alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from bot.db.deployment_models import Deployment, DeploymentOwner, DeploymentStage
from bot.db.models import Approval, AuditEntry, ProbeRun, Sprint
from bot.db.serving_models import (
    Model,
    Outcome,
    Prediction,
    ServingBatch,
    ServingWorker,
    WatchMinute,
)
from bot.deployments.alerts import ALARMS, open_findings
from bot.domain.batches import TO_SHADOW
from bot.domain.enums import (
    UNFINISHED_RUNS,
    ApprovalState,
    AuditAction,
    AuditSubject,
    BatchState,
    DeploymentState,
    ProbeRunState,
)
from bot.domain.errors import InputError
from bot.domain.rollout import BATCH_ENTITIES, Advice, GateFacts, Owner, Rollout, Stage
from bot.domain.traffic import Arm
from bot.domain.vocabulary import FindingLevel, OwnedPart
from bot.messages.catalog import say
from bot.slack.text import Mrkdwn
from bot.unit_of_work import UnitOfWork, name_in_log

GOVERNANCE: Final = "governance"
SEEN_FOR: Final = timedelta(seconds=5)
"""A serving process that was not seen for this long answers nobody any more."""
CLOSED: Final = (DeploymentState.CLAIMED.value, DeploymentState.ENDED.value)
"""Levels of a guard's finding that keep a shadow run from counting."""
ADVICE: Final[dict[str, Advice]] = {
    "pull": Advice.BACK,
    "alert": Advice.PAUSE,
    "hold": Advice.HOLD,
    "go": Advice.GO,
}


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What one arm answered.

    Args:
        calls: rows that were answered.
        errors: answers that failed through our fault; callers' mistakes never count.
        people: different entities.
    """

    calls: int = 0
    errors: int = 0
    people: int = 0


def locked(uow: UnitOfWork, deployment_id: int) -> tuple[Deployment, Sprint]:
    """Return a deployment and its sprint, both locked until the transaction ends.

    The sprint comes first, as everywhere; the other way round, two presses could deadlock.

    Raises:
        InputError: there is none of that number here.
    """
    of_row = select(Deployment.sprint_id).where(Deployment.id == deployment_id)
    mine = (
        select(Sprint)
        .where(Sprint.id == of_row.scalar_subquery(), Sprint.team_id == uow.team_id)
        .with_for_update()
    )
    sprint = uow.session.scalars(mine).one_or_none()
    if sprint is None:
        raise InputError(say("rollout.gone"))
    row = uow.session.scalars(
        select(Deployment).where(Deployment.id == deployment_id).with_for_update()
    ).one()
    name_in_log(sprint.id)
    return row, sprint


def find(uow: UnitOfWork, deployment_id: int) -> tuple[Deployment, Sprint]:
    """Return a deployment of this workspace and its sprint, to read.

    Raises:
        InputError: there is none of that number here.
    """
    found = uow.session.execute(
        select(Deployment, Sprint)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(Deployment.id == deployment_id, Sprint.team_id == uow.team_id)
    ).one_or_none()
    if found is None:
        raise InputError(say("rollout.gone"))
    return found[0], found[1]


def of_sprint(uow: UnitOfWork, sprint_id: int) -> Sequence[Deployment]:
    """Return a sprint's deployments, in the order of their making."""
    return uow.session.scalars(_of_sprint(sprint_id)).all()


def managed(uow: UnitOfWork, sprint_id: int) -> Deployment | None:
    """Return the newest deployment of a sprint that hour48 serves itself; None without one."""
    return uow.session.scalars(
        select(Deployment)
        .where(Deployment.sprint_id == sprint_id, Deployment.state.not_in(CLOSED))
        .order_by(Deployment.id.desc())
        .limit(1)
    ).first()


def _of_sprint(sprint_id: int) -> Select[Deployment]:
    return select(Deployment).where(Deployment.sprint_id == sprint_id).order_by(Deployment.id)


def newest_model(uow: UnitOfWork, sprint_id: int) -> Model | None:
    """Return the model that a sprint kept last."""
    return uow.session.scalars(
        select(Model)
        .where(Model.sprint_id == sprint_id, Model.team_id == uow.team_id)
        .order_by(Model.kept_at.desc(), Model.id.desc())
        .limit(1)
    ).first()


def model_of(uow: UnitOfWork, row: Deployment) -> Model | None:
    """Return the model that a deployment names."""
    return uow.session.get(Model, row.model_id) if row.model_id else None


def rollout_of(row: Deployment) -> Rollout:
    """Return a row's desired state as the rules see it."""
    percent = int(row.percent) if row.percent in set(Stage) else 0
    state = DeploymentState(row.state)
    return Rollout(
        state, Stage(percent) if state is DeploymentState.LIVE else Stage.SHADOW, row.generation
    )


# --- the gate -------------------------------------------------------------------------------


def gate_facts(uow: UnitOfWork, row: Deployment, sprint: Sprint) -> GateFacts:
    """Return all that the gate looks at, from the rows as they are now."""
    model = model_of(uow, row)
    governance = _newest_run(uow, sprint.id, GOVERNANCE)
    return GateFacts(
        now=uow.now,
        sha256=model.sha256 if model else None,
        lift=lift_of(uow, model),
        required=uow.playbook.go_live.approvals,
        approvals=newest_approvals(uow, sprint.id),
        governance_ran=governance is not None,
        stops=_stops(governance),
        owners={
            OwnedPart(each.part): Owner(each.user_id, each.accepted_at is not None)
            for each in owners(uow, row)
        },
        on_call=row.on_call,
        action_plan=sprint.action_plan,
        has_control=bool(row.control),
        shadow_entities=people_in(uow, row, Arm.SHADOW),
        clean_batches=clean_batches(uow, row),
        shadow_alarms=len(open_findings(uow, row, ALARMS)),
        rehearsed_at=row.rehearsed_at,
        rehearsal_ms=row.rehearsal_ms,
    )


def newest_approvals(uow: UnitOfWork, sprint_id: int) -> dict[str, str]:
    """Return the state of the newest request about each subject; withdrawn ones do not count."""
    rows = uow.session.execute(
        select(Approval.subject, Approval.state)
        .where(Approval.sprint_id == sprint_id, Approval.state != ApprovalState.WITHDRAWN)
        .order_by(Approval.id)
    )
    return {subject: state for subject, state in rows}  # noqa: C416 - a row is no plain tuple


def waiting_on(uow: UnitOfWork, sprint_id: int, subject: str) -> Approval | None:
    """Return the request about a subject that waits for an answer."""
    return uow.session.scalars(
        select(Approval)
        .where(
            Approval.sprint_id == sprint_id,
            Approval.subject == subject,
            Approval.state == ApprovalState.WAITING,
        )
        .order_by(Approval.id.desc())
        .limit(1)
    ).first()


def lift_of(uow: UnitOfWork, model: Model | None) -> float | None:
    """Return by how much a model beats guessing at the lower end of its interval.

    None where no honest comparison is known: the figure has to come from the run that made it.
    """
    if model is None or model.probe_run_id is None:
        return None
    run = uow.session.get(ProbeRun, model.probe_run_id)
    findings = run.result.get("findings", []) if run else []
    for finding in findings:
        if finding.get("code") in ("better_than_guessing", "no_better_than_guessing"):
            return _lift(finding.get("evidence") or {})
    return None


def _lift(evidence: Mapping[str, Any]) -> float | None:
    guessing = evidence.get("guessing") or {}
    low, guessed = evidence.get("low"), guessing.get("mean")
    if not isinstance(low, int | float) or not isinstance(guessed, int | float):
        return None
    chance = 0.0 if evidence.get("metric") == "R²" else 0.5
    return float(low) - max(float(guessed), chance)


def _newest_run(uow: UnitOfWork, sprint_id: int, probe: str) -> ProbeRun | None:
    return uow.session.scalars(
        select(ProbeRun)
        .where(
            ProbeRun.sprint_id == sprint_id,
            ProbeRun.probe == probe,
            ProbeRun.state == ProbeRunState.DONE,
        )
        .order_by(ProbeRun.id.desc())
        .limit(1)
    ).first()


def _stops(run: ProbeRun | None) -> tuple[str, ...]:
    found = run.shown.get("findings", []) if run else []
    return tuple(str(each["sentence"]) for each in found if each.get("level") == FindingLevel.STOPS)


def is_checking(uow: UnitOfWork, sprint_id: int, probe: str) -> bool:
    """Return whether a probe of this kind is under way."""
    under_way = select(ProbeRun.id).where(
        ProbeRun.sprint_id == sprint_id,
        ProbeRun.probe == probe,
        ProbeRun.state.in_(UNFINISHED_RUNS),
    )
    return uow.session.scalars(under_way.limit(1)).first() is not None


def owners(uow: UnitOfWork, row: Deployment) -> Sequence[DeploymentOwner]:
    """Return who was named for which part."""
    return uow.session.scalars(
        select(DeploymentOwner)
        .where(DeploymentOwner.deployment_id == row.id)
        .order_by(DeploymentOwner.id)
    ).all()


def owner_of(uow: UnitOfWork, row: Deployment, part: OwnedPart) -> DeploymentOwner | None:
    """Return who was named for one part."""
    return next((each for each in owners(uow, row) if each.part == part.value), None)


def advice_on(uow: UnitOfWork, row: Deployment) -> Advice:
    """Return what the guards say of a live model; until one says go, the answer is to hold."""
    levels = {
        finding.level
        for finding in open_findings(uow, row, tuple(ADVICE))
        if finding.generation >= _generation_of_stage(uow, row) or finding.level != "go"
    }
    return next((advice for level, advice in ADVICE.items() if level in levels), Advice.HOLD)


def _generation_of_stage(uow: UnitOfWork, row: Deployment) -> int:
    newest = next(reversed(stages(uow, row)), None)
    return newest.generation if newest else 0


# --- traffic --------------------------------------------------------------------------------


def people_in(uow: UnitOfWork, row: Deployment, arm: Arm) -> int:
    """Return how many different entities an arm has answered."""
    counted = select(func.count(func.distinct(Prediction.entity))).where(
        Prediction.deployment_id == row.id, Prediction.arm == arm.value
    )
    return uow.session.scalar(counted) or 0


def clean_batches(uow: UnitOfWork, row: Deployment) -> int:
    """Return how many batches count for the shadow run; a log that was replayed is none."""
    done = uow.session.scalars(
        select(ServingBatch.alarms).where(
            ServingBatch.deployment_id == row.id,
            ServingBatch.state == BatchState.DONE,
            ServingBatch.in_shadow.is_(True),
            ServingBatch.into != TO_SHADOW,
            ServingBatch.entities >= BATCH_ENTITIES,
            ServingBatch.failed == 0,
        )
    )
    return sum(not alarms for alarms in done)


def call_figures(uow: UnitOfWork, row: Deployment) -> dict[str, tuple[int, int]]:
    """Return the calls and our errors of each arm that answered; quick whatever the traffic was."""
    rows = uow.session.execute(
        select(WatchMinute.arm, func.sum(WatchMinute.calls), func.sum(WatchMinute.errors_ours))
        .where(WatchMinute.deployment_id == row.id)
        .group_by(WatchMinute.arm)
    )
    return {arm: (int(calls or 0), int(errors or 0)) for arm, calls, errors in rows}


def arm_figures(uow: UnitOfWork, row: Deployment) -> dict[Arm, ArmFigures]:
    """Return what each arm answered so far.

    It counts people over every prediction, seconds for a million; so never before a commit that
    somebody waits for.
    """
    counted = call_figures(uow, row)
    distinct = uow.session.execute(
        select(Prediction.arm, func.count(func.distinct(Prediction.entity)))
        .where(Prediction.deployment_id == row.id)
        .group_by(Prediction.arm)
    )
    people: dict[str, int] = {arm: count for arm, count in distinct}  # noqa: C416 - rows, no tuples
    return {arm: ArmFigures(*counted.get(arm, (0, 0)), people.get(arm, 0)) for arm in Arm}


def served_people(uow: UnitOfWork, row: Deployment) -> int:
    """Return how many different entities were answered by either arm while it was live."""
    counted = select(func.count(func.distinct(Prediction.entity))).where(
        Prediction.deployment_id == row.id,
        Prediction.arm.in_((Arm.MODEL.value, Arm.CONTROL.value)),
    )
    return uow.session.scalar(counted) or 0


def calls_by_minute(uow: UnitOfWork, row: Deployment, arm: Arm) -> list[tuple[datetime, int]]:
    """Return the calls of one arm, minute by minute."""
    rows = uow.session.execute(
        select(WatchMinute.minute, func.sum(WatchMinute.calls))
        .where(WatchMinute.deployment_id == row.id, WatchMinute.arm == arm.value)
        .group_by(WatchMinute.minute)
        .order_by(WatchMinute.minute)
    )
    return [(minute, int(calls or 0)) for minute, calls in rows]


def outcome_count(uow: UnitOfWork, row: Deployment) -> int:
    """Return how many outcomes were reported."""
    counted = select(func.count(Outcome.id)).where(Outcome.deployment_id == row.id)
    return uow.session.scalar(counted) or 0


def stages(uow: UnitOfWork, row: Deployment) -> Sequence[DeploymentStage]:
    """Return every change of what a deployment was meant to do, in order."""
    return uow.session.scalars(
        select(DeploymentStage)
        .where(DeploymentStage.deployment_id == row.id)
        .order_by(DeploymentStage.generation, DeploymentStage.id)
    ).all()


def newest_stage_id(uow: UnitOfWork, deployment_id: int) -> int:
    """Return the newest change of a deployment that has had one."""
    wanted = select(func.max(DeploymentStage.id)).where(
        DeploymentStage.deployment_id == deployment_id
    )
    return uow.session.execute(wanted).scalar_one()


def replicas(uow: UnitOfWork, row: Deployment, moment: datetime) -> Sequence[ServingWorker]:
    """Return the serving processes that were seen lately.

    Args:
        uow: the transaction.
        row: the deployment.
        moment: the machine's time; serving knows no other.
    """
    return uow.session.scalars(
        select(ServingWorker)
        .where(ServingWorker.deployment_id == row.id, ServingWorker.seen_at >= moment - SEEN_FOR)
        .order_by(ServingWorker.worker)
    ).all()


def to_serve(session: Session) -> Sequence[Deployment]:
    """Return every workspace's deployments that a process has to serve."""
    wanted = select(Deployment).where(Deployment.state.in_(SERVED)).order_by(Deployment.id)
    return session.scalars(wanted).all()


SERVED: Final = (
    DeploymentState.SHADOW.value,
    DeploymentState.LIVE.value,
    DeploymentState.PULLED.value,
)


def override_words(uow: UnitOfWork, row: Deployment, key: str) -> Mrkdwn | None:
    """Return why it was opened against the checklist, under a text's key; None where it was not."""
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
        override_words(uow, row, "rollout.card_overridden") for row in of_sprint(uow, sprint.id)
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
