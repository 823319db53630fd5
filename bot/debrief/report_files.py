"""The report leaves as files: to the channel, to the sponsor, to whoever asks for it.

Files are made when they are sent, so that nobody waits for a page or a picture in a transaction.
"""

from __future__ import annotations

import base64
from typing import Any

from bot.db.models import Sprint
from bot.debrief.links import make_link
from bot.debrief.queries import judge, workspace_map
from bot.domain.channel_names import slug
from bot.domain.enums import OutboxKind, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.fixes.queries import as_planned
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.refusal_map import lines, picture
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs, person_queue, sprint_queue
from bot.records.queries import record_of
from bot.report.page import Across
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn
from bot.sprints.overview import sponsor_queue
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork

FORMATS = ("pdf", "html")
CARD_KEY = "report-card"
LEAST_COMPARED = 2
"""A page compares this sprint with others from so many closed ones on."""
READY = (SprintStatus.DEBRIEF, SprintStatus.CLOSED)
"""The statuses in which there is a report."""


def send_report(uow: UnitOfWork, sprint: Sprint) -> None:
    """Send the closed sprint's report to its channel and to its sponsor."""
    threads = {sprint_queue(sprint.id): "debrief:closed"}
    if sponsor := sponsor_queue(sprint):
        threads[sponsor] = "sponsor:path"
    for queue, below in threads.items():
        is_there = uow.find_message(keys.sprint(sprint.id, below)) is not None
        thread = below if is_there else None
        _send_picture(uow, sprint, queue, thread)
        for form in FORMATS:
            _send_file(uow, sprint, queue, form, thread)


def readable(uow: UnitOfWork, actor_id: str, sprint_id: int) -> Sprint | None:
    """Return a sprint whose report somebody may read; None where there is none for them."""
    try:
        sprint = uow.sprint(sprint_id)
        require(uow, actor_id, Action.READ, sprint)
    except InputError:
        return None
    return sprint if sprint.status in READY else None


def send_report_to(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> tuple[Mrkdwn, int | None]:
    """Send the report to one person.

    Returns:
        What they are told, and the number of the link that it names; None where it names none.

    Raises:
        InputError: there is none yet, or they may not.
    """
    require(uow, actor_id, Action.READ, sprint)
    if sprint.status not in READY:
        raise InputError(say("help.report_early"))
    for form in FORMATS:
        _send_file(uow, sprint, person_queue(actor_id), form)
    links = uow.runtime.links
    if links is None:
        return say("help.report_sent"), None
    return make_link(uow, links, actor_id, sprint)


def render(uow: UnitOfWork, sprint: Sprint, *forms: str) -> dict[str, bytes]:
    """Return the report as files' contents; the sprint is read and judged once for all of them.

    Args:
        uow: the open unit.
        sprint: a sprint in debrief or closed.
        forms: each one of `html`, `pdf`, `png`, `json` or `csv`.
    """
    from bot.report import render_report

    record = record_of(uow, sprint)
    judged = as_planned(uow, sprint, judge(uow, sprint), says_state=False)
    return {
        form: render_report(
            record,
            judged,
            uow.playbook,
            form,
            kickoff=sprint.started_at or sprint.planned_start,
            timezone=sprint.timezone,
            across=_across(uow) if form == "html" else None,
        )
        for form in forms
    }


def _across(uow: UnitOfWork) -> Across | None:
    """Return where no is said over all closed sprints; None while there are too few to compare."""
    found = workspace_map(uow)
    if found.sprints < LEAST_COMPARED or not found.stations:
        return None
    return Across(say_plain("refusals.title"), picture(found), tuple(lines(found)))


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _name(sprint: Sprint, form: str) -> str:
    return f"{slug(sprint.title)[:60] or 'sprint'}-{sprint.id}-report.{form}"


def _send_file(
    uow: UnitOfWork, sprint: Sprint, queue: str, form: str, below: str | None = None
) -> None:
    uow.upsert_many(
        [sprint],
        f"report:{form}:{queue}",
        Template.REPORT_FILE,
        {"form": form},
        kind=OutboxKind.UPLOAD,
        queue=queue,
        priority=Priority.DIGEST,
        below=below,
    )


def render_report_file(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> dict[str, Any]:
    """Return the report as a file to upload."""
    form = str(args["form"])
    return {
        "filename": _name(sprint, form),
        "title": say_plain("debrief.report_title", title=sprint.title),
        "comment": say(f"debrief.report_comment_{form}", title=sprint.title),
        "content": _encoded(render(uow, sprint, form)[form]),
        "share": True,
    }


def _send_picture(uow: UnitOfWork, sprint: Sprint, queue: str, below: str | None) -> None:
    """Post the summary card as a picture in a message, so that it comes exactly once."""
    name = f"{CARD_KEY}:{queue}"
    uow.upsert_many(
        [sprint],
        f"{name}:file",
        Template.REPORT_PICTURE_FILE,
        {},
        kind=OutboxKind.UPLOAD,
        queue=queue,
        priority=Priority.DIGEST,
    )
    uow.upsert(
        keys.sprint(sprint.id, name),
        Template.REPORT_PICTURE,
        {"file": keys.sprint(sprint.id, f"{name}:file")},
        queue=queue,
        sprint_id=sprint.id,
        thread_key=keys.sprint(sprint.id, below) if below else None,
        priority=Priority.DIGEST,
    )


def render_picture(_uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the message that shows the summary card."""
    title = say_plain("debrief.report_title", title=sprint.title)
    picture = {"type": "image", "slack_file": {"key": args["file"]}, "alt_text": title}
    return blocks.message(title, [blocks.header(title), picture])


def render_picture_file(
    uow: UnitOfWork, sprint: Sprint, _template_args: TemplateArgs
) -> dict[str, Any]:
    """Return the summary card as a picture to upload for a message."""
    title = say_plain("debrief.report_title", title=sprint.title)
    return {
        "filename": _name(sprint, "png"),
        "title": title,
        "alt": title,
        "content": _encoded(render(uow, sprint, "png")["png"]),
        "share": False,
    }
