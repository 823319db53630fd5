"""The report leaves as files: to the channel, to the sponsor, to whoever asks for it.

Files are made when they are sent, so that nobody waits for a page or a picture in a transaction.
"""

from __future__ import annotations

import base64
from typing import Any

from bot.report_links import LASTS
from bot.slack import blocks
from bot.slack.outbox import Priority, Recipe, person_lane, sprint_key, sprint_lane
from bot.slack.text import Mrkdwn
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.naming import slug
from bot.sprint.permissions import Action
from bot.store.models import Sprint
from bot.usecases import debrief, digests
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.record import record_of

FORMATS = ("pdf", "html")
CARD_KEY = "report-card"
READY = ("debrief", "closed")
"""The statuses in which there is a report."""


def send_report(unit: Unit, sprint: Sprint) -> None:
    """Send the closed sprint's report to its channel and to its sponsor."""
    lanes = dict.fromkeys([sprint_lane(sprint.id), digests.sponsor_lane(sprint)])
    for lane in filter(None, lanes):
        _send_picture(unit, sprint, lane)
        for form in FORMATS:
            _send_file(unit, sprint, lane, form)


def send_report_to(unit: Unit, actor_id: str, sprint: Sprint) -> str:
    """Send the report to one person; returns what they are told.

    Raises:
        InputError: there is none yet, or they may not.
    """
    require(unit, actor_id, Action.READ, sprint)
    if sprint.status not in READY:
        raise InputError(say("help.report_early"))
    for form in FORMATS:
        _send_file(unit, sprint, person_lane(actor_id), form)
    links = unit.house.links
    if links is None:
        return say("help.report_sent")
    link = Mrkdwn(links.link(unit.team_id, sprint.id, unit.now))
    return say("help.report_sent_link", link=link, days=LASTS.days)


def render(unit: Unit, sprint: Sprint, *forms: str) -> dict[str, bytes]:
    """Return the report as files' contents; the sprint is read and judged once for all of them.

    Args:
        unit: the open unit.
        sprint: a sprint in debrief or closed.
        forms: each one of `html`, `pdf`, `png`, `json` or `csv`.
    """
    from bot.report import render_report

    record, judged = record_of(unit, sprint), debrief.judge(unit, sprint)
    return {
        form: render_report(
            record,
            judged,
            unit.playbook,
            form,
            kickoff=sprint.started_at or sprint.planned_start,
            timezone=sprint.timezone,
        )
        for form in forms
    }


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _name(sprint: Sprint, form: str) -> str:
    return f"{slug(sprint.title)[:60] or 'sprint'}-{sprint.id}-report.{form}"


def _send_file(unit: Unit, sprint: Sprint, lane: str, form: str) -> None:
    unit.tell(
        [sprint],
        f"report:{form}:{lane}",
        {"name": "report", "form": form},
        kind="upload",
        lane=lane,
        priority=Priority.DIGEST,
    )


def write_report(unit: Unit, sprint: Sprint, recipe: Recipe) -> dict[str, Any]:
    """Return the report as a file to upload."""
    form = str(recipe["form"])
    return {
        "filename": _name(sprint, form),
        "title": say_plain("debrief.report_title", title=sprint.title),
        "comment": say("debrief.report_comment", title=sprint.title),
        "content": _encoded(render(unit, sprint, form)[form]),
        "share": True,
    }


def _send_picture(unit: Unit, sprint: Sprint, lane: str) -> None:
    """Post the summary card as a picture in a message, so that it comes exactly once."""
    name = f"{CARD_KEY}:{lane}"
    unit.tell(
        [sprint],
        f"{name}:file",
        {"name": "report_picture"},
        kind="upload",
        lane=lane,
        priority=Priority.DIGEST,
    )
    title = say_plain("debrief.report_title", title=sprint.title)
    picture = {
        "type": "image",
        "slack_file": {"key": sprint_key(sprint.id, f"{name}:file")},
        "alt_text": title,
    }
    unit.wish(
        sprint_key(sprint.id, name),
        lane,
        blocks.message(title, [blocks.header(title), picture]),
        sprint_id=sprint.id,
        priority=Priority.DIGEST,
    )


def write_picture(unit: Unit, sprint: Sprint, _recipe: Recipe) -> dict[str, Any]:
    """Return the summary card as a picture to upload for a message."""
    title = say_plain("debrief.report_title", title=sprint.title)
    return {
        "filename": _name(sprint, "png"),
        "title": title,
        "alt": title,
        "content": _encoded(render(unit, sprint, "png")["png"]),
        "share": False,
    }
