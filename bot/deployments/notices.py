"""Notices about high scores: a person chooses from which score on, served predictions set them off.

A webhook gets each high score at least once, under a key that is the same at every attempt. The
channel gets one message an hour, which counts. Both come from rows, in the predictions' order.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.notice_models import ScoreEvent, ScoreNotice
from bot.db.served_predictions import newest_prediction, next_predictions
from bot.db.serving_models import Prediction
from bot.deployments import queries
from bot.deployments.forms import NoticeSettings
from bot.deployments.notice_cards import host_of, show
from bot.domain.enums import MODEL_ASKED, AuditAction, DeploymentState, NoticeState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.traffic import Arm, notice_secret
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority
from bot.sprints.card_threads import say_below
from bot.sprints.people import require
from bot.unit_of_work import Change, Runtime, UnitOfWork

LEASE: Final = timedelta(seconds=60)
AT_ONCE: Final = 50
"""Scores that one turn sends to a webhook."""
ROWS_AT_A_LOOK: Final = 5_000
GIVE_UP: Final = timedelta(hours=24)
"""How long a webhook is tried for one score."""
LONGEST_PAUSE: Final = timedelta(minutes=10)
_READ: Final = (
    *(Prediction.id, Prediction.key, Prediction.entity, Prediction.score, Prediction.answer),
    Prediction.at,
)
TEST: Final = "test-"
"""How the key of the notice begins that is sent when a webhook was chosen."""


def choose(
    uow: UnitOfWork, actor_id: str, deployment_id: int, chosen: NoticeSettings
) -> tuple[ScoreNotice, str | None]:
    """Send notices about high scores from now on, in the place of what was chosen before.

    Returns:
        The notice, and the key that its webhook's calls are signed with; None without a webhook.

    Raises:
        FormError: fields that cannot be taken.
        InputError: the model answers nobody, or they may not.
    """
    chosen = chosen.checked()
    row, sprint = queries.locked(uow, deployment_id)
    require(uow, actor_id, Action.DEPLOY, sprint)
    if row.state not in MODEL_ASKED:
        state = say_plain(f"rollout.state_{row.state}")
        raise InputError(say("batch.nothing_answers", state=state))
    before = current(uow, row)
    if before is not None:
        _end(uow, sprint, before)
    so_far = newest_prediction(uow.session, row.id)
    notice = ScoreNotice(
        deployment_id=row.id,
        threshold=chosen.threshold,
        url=chosen.url,
        in_channel=chosen.in_channel,
        created_by=actor_id,
        created_at=datetime.now(UTC),
        read_to=so_far,
        horizon=so_far,
    )
    uow.session.add(notice)
    uow.session.flush()
    if chosen.url is not None:
        uow.session.add(
            ScoreEvent(
                notice_id=notice.id,
                deployment_id=row.id,
                key=f"{TEST}{uuid.uuid4().hex}",
                at=datetime.now(UTC),
            )
        )
    uow.changes.add(Change.NOTICES)
    uow.audit_row(
        actor_id,
        AuditAction.SET_UP,
        row,
        notice=notice.id,
        threshold=chosen.threshold,
        host=host_of(notice),
        in_channel=chosen.in_channel,
    )
    show(uow, sprint, notice)
    secret = notice_secret(notice.id, str(row.pseudonym_key)) if chosen.url else None
    return notice, secret


def current(uow: UnitOfWork, row: Deployment) -> ScoreNotice | None:
    """Return what was chosen last, unless it was stopped."""
    return uow.session.scalars(
        select(ScoreNotice)
        .where(ScoreNotice.deployment_id == row.id, ScoreNotice.ended_at.is_(None))
        .order_by(ScoreNotice.id.desc())
        .limit(1)
    ).first()


def stop(uow: UnitOfWork, actor_id: str, notice_id: int) -> None:
    """Send no more notices; what waits for the webhook is dropped.

    Raises:
        InputError: it was stopped before, or they may not.
    """
    of_notice = select(ScoreNotice.deployment_id).where(ScoreNotice.id == notice_id)
    row, sprint = queries.locked(uow, uow.session.scalar(of_notice) or 0)
    require(uow, actor_id, Action.DEPLOY, sprint)
    notice = uow.session.get_one(ScoreNotice, notice_id, with_for_update=True)
    if notice.ended_at is not None:
        raise InputError(say("notice.over"))
    _end(uow, sprint, notice)
    uow.audit_row(actor_id, AuditAction.CANCELLED, row, notice=notice.id)


def _end(uow: UnitOfWork, sprint: Sprint, notice: ScoreNotice) -> None:
    notice.ended_at = datetime.now(UTC)
    _drop_waiting(uow, notice, NoticeState.DROPPED)
    show(uow, sprint, notice)


def _drop_waiting(
    uow: UnitOfWork, notice: ScoreNotice, state: NoticeState, before: datetime | None = None
) -> int:
    waiting = [ScoreEvent.notice_id == notice.id, ScoreEvent.state == NoticeState.WAITING]
    if before is not None:
        waiting.append(ScoreEvent.at < before)
    ids = uow.session.scalars(select(ScoreEvent.id).where(*waiting)).all()
    uow.session.execute(
        update(ScoreEvent)
        .where(ScoreEvent.id.in_(ids))
        .values(state=state.value, settled_at=datetime.now(UTC))
    )
    return len(ids)


# --- finding high scores ----------------------------------------------------------------------


def active(runtime: Runtime) -> Sequence[tuple[str, int]]:
    """Return the workspace and number of every notice that has not ended."""
    with runtime.reading_sessions() as session:
        rows = session.execute(
            select(Sprint.team_id, ScoreNotice.id)
            .join(Deployment, Deployment.id == ScoreNotice.deployment_id)
            .join(Sprint, Sprint.id == Deployment.sprint_id)
            .where(ScoreNotice.ended_at.is_(None))
            .order_by(ScoreNotice.id)
        )
        return [(team_id, number) for team_id, number in rows]


def find_high(runtime: Runtime, team_id: str, notice_id: int) -> int:
    """Write down the high scores that were served since the last look; return how many.

    Only what the model answered counts: who got the control answer must not be acted on.
    """
    with runtime.uow(team_id) as uow:
        found = _locked(uow, notice_id)
        if found is None:
            return 0
        notice, row, sprint = found
        if row.state not in queries.SERVED:
            _end(uow, sprint, notice)
            return 0
        rows = next_predictions(
            uow.session,
            notice,
            _READ,
            ROWS_AT_A_LOOK,
            Prediction.arm == Arm.MODEL.value,
            Prediction.score >= notice.threshold,
        )
        state = NoticeState.WAITING if notice.url else NoticeState.SENT
        uow.session.add_all(
            ScoreEvent(
                notice_id=notice.id,
                deployment_id=row.id,
                key=one.key,
                entity=one.entity,
                score=one.score,
                answer=one.answer,
                at=one.at,
                state=state.value,
            )
            for one in rows
        )
        if rows:
            uow.session.flush()
            _post_hours(uow, sprint, notice, [one.at for one in rows])
            show(uow, sprint, notice)
        return len(rows)


def _locked(uow: UnitOfWork, notice_id: int) -> tuple[ScoreNotice, Deployment, Sprint] | None:
    of_notice = select(ScoreNotice.deployment_id).where(ScoreNotice.id == notice_id)
    row, sprint = queries.locked(uow, uow.session.scalar(of_notice) or 0)
    notice = uow.session.get_one(ScoreNotice, notice_id, with_for_update=True)
    return None if notice.ended_at is not None else (notice, row, sprint)


def _post_hours(
    uow: UnitOfWork, sprint: Sprint, notice: ScoreNotice, moments: Sequence[datetime]
) -> None:
    if not notice.in_channel:
        return
    for hour in dict.fromkeys(at.replace(minute=0, second=0, microsecond=0) for at in moments):
        uow.upsert(
            keys.score_hour(sprint.id, notice.id, hour),
            Template.SCORE_HOUR,
            {"notice": notice.id, "hour": hour.isoformat()},
            sprint_id=sprint.id,
            priority=Priority.URGENT,
        )


# --- sending them -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sending:
    """High scores to send to one webhook.

    Args:
        notice_id: of the notice.
        url: of the webhook.
        secret: that calls are signed with.
        events: a number and what is said, each.
    """

    notice_id: int
    url: str
    secret: str
    events: Sequence[tuple[int, dict[str, Any]]]


def claim(runtime: Runtime, team_id: str, notice_id: int) -> Sending | None:
    """Take what waits for a webhook, unless another worker has it or its pause is not over."""
    with runtime.uow(team_id) as uow:
        found = _locked(uow, notice_id)
        if found is None:
            return None
        notice, row, sprint = found
        now = datetime.now(UTC)
        if notice.url is None or _is_later(notice.leased_until) or _is_later(notice.next_try_at):
            return None
        if row.state == DeploymentState.PULLED:
            _drop_waiting(uow, notice, NoticeState.DROPPED)
        if _drop_waiting(uow, notice, NoticeState.EXPIRED, now - GIVE_UP):
            show(uow, sprint, notice)
        waiting = uow.session.scalars(
            select(ScoreEvent)
            .where(ScoreEvent.notice_id == notice.id, ScoreEvent.state == NoticeState.WAITING)
            .order_by(ScoreEvent.id)
            .limit(AT_ONCE)
        ).all()
        if not waiting:
            return None
        notice.leased_until = now + LEASE
        model = queries.model_of(uow, row)
        sha = model.sha256 if model else None
        secret = notice_secret(notice.id, str(row.pseudonym_key))
        events = [(one.id, _payload(one, notice, sha)) for one in waiting]
        return Sending(notice.id, notice.url, secret, events)


def _is_later(at: datetime | None) -> bool:
    return at is not None and at > datetime.now(UTC)


def _payload(event: ScoreEvent, notice: ScoreNotice, sha: str | None) -> dict[str, Any]:
    return {
        "event": event.key,
        "type": "score.test" if event.key.startswith(TEST) else "score.high",
        "deployment": event.deployment_id,
        "model": sha,
        "prediction": None if event.key.startswith(TEST) else event.key,
        "entity": event.entity,
        "score": event.score,
        "answer": event.answer,
        "threshold": notice.threshold,
        "at": event.at.isoformat(),
    }


def settle(
    runtime: Runtime,
    team_id: str,
    notice_id: int,
    settled: Sequence[tuple[int, NoticeState]],
    error: str | None,
) -> None:
    """Write down what a webhook took or refused, and when it is tried again.

    Args:
        runtime: the shared parts.
        team_id: the workspace.
        notice_id: of the notice.
        settled: events by number, and what became of each.
        error: why the rest waits; None where the webhook answers.
    """
    with runtime.uow(team_id) as uow:
        found = _locked(uow, notice_id)
        if found is None:
            return
        notice, _, sprint = found
        now = datetime.now(UTC)
        for number, state in settled:
            uow.session.execute(
                update(ScoreEvent)
                .where(ScoreEvent.id == number, ScoreEvent.state == NoticeState.WAITING)
                .values(state=state.value, settled_at=now)
            )
        notice.leased_until = None
        was_failing = notice.failing_since
        if error is None:
            notice.next_try_at = notice.failing_since = notice.error = None
            notice.attempts = 0
        else:
            pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(notice.attempts, 10)))
            notice.attempts += 1
            notice.next_try_at, notice.error = now + pause, error
            notice.failing_since = was_failing or now
        show(uow, sprint, notice)
        _post_change(uow, sprint, notice, was_failing)


def _post_change(
    uow: UnitOfWork, sprint: Sprint, notice: ScoreNotice, was_failing: datetime | None
) -> None:
    """Say below the card that the webhook went down, or is back; once each."""
    if (was_failing is None) == (notice.failing_since is None):
        return
    key = "notice.line_back" if was_failing else "notice.line_down"
    card = keys.score_notice(sprint.id, notice.id)
    say_below(uow, card, key, host=host_of(notice), error=notice.error or "")
