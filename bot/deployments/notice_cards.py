"""What people see of notices about high scores: a card of what was chosen, a message an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import func, or_, select

from bot.db.models import Sprint
from bot.db.notice_models import ScoreEvent, ScoreNotice
from bot.domain.enums import NoticeState
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.notice_card import NoticeView, hour_card, notice_card
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.unit_of_work import UnitOfWork


def host_of(notice: ScoreNotice) -> str:
    """Return a webhook's host: its address may hold a secret of the receiver's."""
    return urlsplit(notice.url).hostname or "" if notice.url else ""


def show(uow: UnitOfWork, sprint: Sprint, notice: ScoreNotice) -> None:
    """Post a notice's card, or bring it up to date."""
    uow.upsert(
        keys.score_notice(sprint.id, notice.id),
        Template.SCORE_NOTICE,
        {"notice": notice.id},
        sprint_id=sprint.id,
    )


def render_notice(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Put a notice's card into words."""
    notice = uow.session.get_one(ScoreNotice, int(args["notice"]))
    counts = _counts(uow, notice)
    threshold = f"{notice.threshold:g}"
    if notice.ended_at is not None:
        lines = [say("notice.ended", threshold=threshold)]
    else:
        lines = [say("notice.title", threshold=threshold, where=_where(notice))]
    if notice.url is not None:
        lines.append(_webhook_line(notice, counts))
    lost = counts.get(NoticeState.REFUSED, 0), counts.get(NoticeState.EXPIRED, 0)
    if any(lost):
        lines.append(say("notice.lost", refused=lost[0], expired=lost[1]))
    return notice_card(
        NoticeView(
            notice.id,
            notice.deployment_id,
            lines,
            say("notice.about", who=uow.name(notice.created_by), number=notice.deployment_id),
            is_over=notice.ended_at is not None,
        )
    )


def _where(notice: ScoreNotice) -> str:
    places = [say_plain("notice.channel")] if notice.in_channel else []
    return ", ".join([*places, *([host_of(notice)] if notice.url else [])])


def _counts(uow: UnitOfWork, notice: ScoreNotice) -> dict[str, int]:
    rows = uow.session.execute(
        select(ScoreEvent.state, func.count(ScoreEvent.id))
        .where(
            ScoreEvent.notice_id == notice.id,
            or_(ScoreEvent.score.is_not(None), ScoreEvent.state == NoticeState.WAITING),
        )
        .group_by(ScoreEvent.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - a row is no plain tuple


def _webhook_line(notice: ScoreNotice, counts: dict[str, int]) -> Mrkdwn:
    facts = {
        "host": host_of(notice),
        "sent": counts.get(NoticeState.SENT, 0),
        "waiting": counts.get(NoticeState.WAITING, 0),
    }
    if notice.failing_since is None:
        return say("notice.webhook_up", **facts)
    return say(
        "notice.webhook_down",
        **facts,
        since=moment(notice.failing_since),
        error=notice.error or "",
    )


def render_hour(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> Block:
    """Put an hour's high scores into words; nobody is named."""
    notice = uow.session.get_one(ScoreNotice, int(args["notice"]))
    start = datetime.fromisoformat(str(args["hour"]))
    count, highest, newest = uow.session.execute(
        select(
            func.count(ScoreEvent.id), func.max(ScoreEvent.score), func.max(ScoreEvent.at)
        ).where(
            ScoreEvent.notice_id == notice.id,
            ScoreEvent.score.is_not(None),
            ScoreEvent.at >= start,
            ScoreEvent.at < start + timedelta(hours=1),
        )
    ).one()
    return hour_card(
        say(
            "notice.hour",
            count=count,
            threshold=f"{notice.threshold:g}",
            highest=f"{highest or 0.0:.3g}",
            at=moment(newest or start),
        ),
        say("notice.hour_about", number=notice.deployment_id),
    )
