"""The deployment's digest: a picture every few hours of the first day, drawn when it is sent."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from bot.dates import day_and_time
from bot.db.deployment_models import Deployment
from bot.db.models import Sprint, Timer
from bot.db.serving_models import WatchMinute
from bot.deployments import alerts, announcements, queries
from bot.deployments.wording import finding_words
from bot.domain.channel_names import slug
from bot.domain.enums import OutboxKind
from bot.domain.traffic import Arm
from bot.messages import keys
from bot.messages.catalog import say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.report.deployment_picture import (
    DeploymentPicture,
    Stretch,
    Tile,
    render_deployment,
)
from bot.slack import blocks
from bot.unit_of_work import UnitOfWork

SLOTS: Final = 60
"""Bars of the picture; each sums the calls of its part of the time."""


def post_digest(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Post the picture of a deployment that is, or was, live; a due one."""
    row, _ = queries.locked(uow, int(timer.facts["deployment_id"]))
    if row.state in announcements.NO_TRAFFIC_YET:
        return
    post_picture(uow, sprint, row, f"{int(timer.facts['hour'])}")
    announcements.show_live(uow, sprint, row)


def post_last_picture(uow: UnitOfWork, sprint: Sprint) -> None:
    """Post the picture of the sprint's deployment for the debrief; none where nothing was live."""
    row = queries.managed(uow, sprint.id)
    if row is not None and row.state not in announcements.NO_TRAFFIC_YET:
        post_picture(uow, sprint, row, f"{sprint.length_hours}")


def post_picture(uow: UnitOfWork, sprint: Sprint, row: Deployment, hour: str) -> None:
    """Post a deployment's picture below its live card; the same hour is posted once."""
    name = f"deployment:{row.id}:digest:{hour}"
    uow.upsert_many(
        [sprint],
        f"{name}:file",
        Template.DEPLOYMENT_PICTURE_FILE,
        {"deployment": row.id, "hour": hour},
        kind=OutboxKind.UPLOAD,
        priority=Priority.DIGEST,
    )
    file = keys.sprint(sprint.id, f"{name}:file")
    uow.upsert(
        keys.sprint(sprint.id, name),
        Template.DEPLOYMENT_PICTURE,
        {"deployment": row.id, "hour": hour, "file": file},
        sprint_id=sprint.id,
        thread_key=announcements.live_key(row),
        priority=Priority.DIGEST,
    )


def render_message(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> dict[str, Any]:
    """Render the message that shows a deployment's picture."""
    row, _ = queries.find(uow, int(args["deployment"]))
    title = say_plain("rollout.digest_title", hour=args["hour"])
    alt = picture_words(uow, row)
    shown = {"type": "image", "slack_file": {"key": args["file"]}, "alt_text": alt}
    return blocks.message(title, [blocks.header(title), shown])


def render_picture_file(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> dict[str, Any]:
    """Return the picture as a file to upload."""
    row, _ = queries.find(uow, int(args["deployment"]))
    hour = str(args["hour"])
    content = render_deployment(picture_of(uow, sprint, row))
    return {
        "filename": f"{slug(sprint.title)[:60] or 'sprint'}-deployment-{row.id}-{hour}h.png",
        "title": say_plain("rollout.digest_title", hour=hour),
        "alt": picture_words(uow, row),
        "content": base64.b64encode(content).decode("ascii"),
        "share": False,
    }


def picture_words(uow: UnitOfWork, row: Deployment) -> str:
    """Return what the picture shows, for those who cannot see it."""
    arms = queries.arm_figures(uow, row)
    return say_plain(
        "rollout.picture_words",
        state=say_plain(f"rollout.state_{row.state}"),
        model=arms[Arm.MODEL].calls,
        control=arms[Arm.CONTROL].calls,
        alerts=len(alerts.alert_groups(uow, row)),
    )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What a deployment was meant to do from one moment of the sprint's time to another.

    `written_at` is the machine's time of the beginning, by which the calls are counted.
    """

    state: str
    percent: float
    generation: int
    start: datetime
    end: datetime
    written_at: datetime


def picture_of(uow: UnitOfWork, sprint: Sprint, row: Deployment) -> DeploymentPicture:
    """Return what the picture shows, from the rows."""
    arms = queries.arm_figures(uow, row)
    stretches = _stretches(uow, row)
    start = stretches[0].start
    span = max((uow.now - start).total_seconds(), 1.0)
    return DeploymentPicture(
        title=sprint.title[:70],
        subtitle=say_plain(
            "rollout.picture_about",
            number=row.id,
            state=say_plain(f"rollout.state_{row.state}"),
            percent=f"{row.percent:g}",
        ),
        tiles=[
            Tile(say_plain("rollout.tile_model"), str(arms[Arm.MODEL].calls)),
            Tile(say_plain("rollout.tile_people"), str(queries.served_people(uow, row))),
            Tile(
                say_plain("rollout.tile_errors"),
                str(arms[Arm.MODEL].errors + arms[Arm.CONTROL].errors),
            ),
            Tile(say_plain("rollout.tile_alerts"), str(len(alerts.alert_groups(uow, row)))),
            Tile(say_plain("rollout.tile_outcomes"), str(queries.outcome_count(uow, row))),
        ],
        bars=_bars(uow, row, stretches, span),
        stretches=[
            Stretch(
                each.state,
                say_plain(f"rollout.state_{each.state}")
                + (f" {each.percent:g} %" if each.percent else ""),
                (each.start - start).total_seconds() / span,
                (each.end - start).total_seconds() / span,
            )
            for each in stretches
        ],
        alerts=[
            say_plain(
                "rollout.picture_alert",
                what=str(finding_words(each.lead)),
                state="" if each.closed_at is None else say_plain("rollout.picture_closed"),
            )
            for each in alerts.alert_groups(uow, row)
        ],
        legend={arm.value: say_plain(f"rollout.arm_{arm}") for arm in Arm},
        start=day_and_time(start, sprint.timezone),
        end=f"{day_and_time(uow.now, sprint.timezone)} {sprint.timezone}",
    )


def _stretches(uow: UnitOfWork, row: Deployment) -> list[_Stretch]:
    stages = queries.stages(uow, row)
    if not stages:
        at, state, percent = row.deployed_at, row.state, row.percent
        return [_Stretch(state, percent, row.generation, at, max(at, uow.now), at)]
    ends = [*(stage.at for stage in stages[1:]), uow.now]
    return [
        _Stretch(
            stage.to_state,
            stage.to_percent,
            stage.generation,
            stage.at,
            max(stage.at, end),
            stage.written_at,
        )
        for stage, end in zip(stages, ends, strict=True)
    ]


def _bars(
    uow: UnitOfWork, row: Deployment, stretches: Sequence[_Stretch], span: float
) -> list[dict[str, int]]:
    """Return the calls by slot; a minute lies in the stretch whose generation it was counted in."""
    slots: list[dict[str, int]] = [{} for _ in range(SLOTS)]
    start = stretches[0].start
    rows = uow.session.execute(
        select(
            WatchMinute.minute,
            WatchMinute.arm,
            WatchMinute.generation,
            func.sum(WatchMinute.calls),
        )
        .where(WatchMinute.deployment_id == row.id)
        .group_by(WatchMinute.minute, WatchMinute.arm, WatchMinute.generation)
    )
    for minute, arm, generation, calls in rows:
        within = [each for each in stretches if each.generation <= generation] or stretches[:1]
        into = max(timedelta(), minute + timedelta(seconds=30) - within[-1].written_at)
        at = min(within[-1].start + into, within[-1].end)
        slot = slots[min(SLOTS - 1, int((at - start).total_seconds() / span * SLOTS))]
        slot[arm] = slot.get(arm, 0) + int(calls or 0)
    return slots
