"""The report leaves as files: to the channel, to the sponsor, to whoever asks for it."""

from __future__ import annotations

import base64

from bot.report_links import LASTS
from bot.slack import blocks
from bot.slack.outbox import Priority, person_lane, sprint_lane
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
    files = render(unit, sprint, *FORMATS, "png")
    lanes = dict.fromkeys([sprint_lane(sprint.id), digests.sponsor_lane(sprint)])
    for lane in filter(None, lanes):
        _send_picture(unit, sprint, lane, files["png"])
        for form in FORMATS:
            _send_file(unit, sprint, lane, form, files[form])


def send_report_to(unit: Unit, actor_id: str, sprint: Sprint) -> str:
    """Send the report to one person; returns what they are told.

    Raises:
        InputError: there is none yet, or they may not.
    """
    require(unit, actor_id, Action.READ, sprint)
    if sprint.status not in READY:
        raise InputError(say("help.report_early"))
    for form, content in render(unit, sprint, *FORMATS).items():
        _send_file(unit, sprint, person_lane(actor_id), form, content)
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


def _send_file(unit: Unit, sprint: Sprint, lane: str, form: str, content: bytes) -> None:
    unit.wish(
        f"sprint:{sprint.id}:report:{form}:{lane}",
        lane,
        {
            "filename": _name(sprint, form),
            "title": say_plain("debrief.report_title", title=sprint.title),
            "comment": say("debrief.report_comment", title=sprint.title),
            "content": _encoded(content),
            "share": True,
        },
        kind="upload",
        sprint_id=sprint.id,
        priority=Priority.DIGEST,
    )


def _send_picture(unit: Unit, sprint: Sprint, lane: str, content: bytes) -> None:
    """Post the summary card as a picture in a message, so that it comes exactly once."""
    title = say_plain("debrief.report_title", title=sprint.title)
    key = f"sprint:{sprint.id}:{CARD_KEY}:{lane}"
    unit.wish(
        f"{key}:file",
        lane,
        {
            "filename": _name(sprint, "png"),
            "title": title,
            "alt": title,
            "content": _encoded(content),
            "share": False,
        },
        kind="upload",
        sprint_id=sprint.id,
        priority=Priority.DIGEST,
    )
    picture = {
        "type": "image",
        "slack_file": {"key": f"{key}:file"},
        "alt_text": title,
    }
    unit.wish(
        key,
        lane,
        blocks.message(title, [blocks.header(title), picture]),
        sprint_id=sprint.id,
        priority=Priority.DIGEST,
    )
