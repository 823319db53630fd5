"""Hour 0: the channel, its people, its pinned card and every timer, in one transaction.

Each step is a row of the outbox, so a crash between any two of them is finished by delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.dates import day_and_time
from bot.db.models import Sprint
from bot.domain.channel_names import channel_names
from bot.domain.enums import AuditAction, OutboxKind, SprintStatus
from bot.domain.permissions import Action
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.sprint_card import KICKOFF_FIELDS, Welcome, welcome_card
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.planning.forms import KickoffForm, check_plan
from bot.slack import blocks
from bot.slack.limits import PURPOSE, TOPIC
from bot.slack.text import Mrkdwn, clip, mention
from bot.sprints.capture_notice import announce_capture
from bot.sprints.invitations import invite
from bot.sprints.overview import pinned_card_key, refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.plan_status import notify_sponsor
from bot.sprints.refused_buttons import drop_refused
from bot.sprints.selection import require_running
from bot.sprints.snapshot import use_case_title
from bot.sprints.timetable import set_timers
from bot.unit_of_work import UnitOfWork

MANUAL = "https://github.com/hour48/hour48#readme"


def begin(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> None:
    """Start the clock: every timer of the sprint, its channel and its first messages."""
    sprint.status = SprintStatus.RUNNING
    sprint.started_at = uow.now
    uow.drop_timers(sprint.id, "start")
    uow.audit_row(actor_id, AuditAction.STARTED, sprint)
    uow.session.flush()
    set_timers(uow, sprint)
    _open_channel(uow, sprint)
    _invite_team(uow, sprint)
    post_welcome(uow, sprint)
    post_last_plan(uow, sprint)
    notify_sponsor(uow, sprint)
    refresh_pinned_card(uow, sprint)
    _furnish_channel(uow, sprint)
    if sprint.quiet_capture:
        announce_capture(uow, sprint, sprint.lead_id)
    drop_refused(uow, sprint)


def _open_channel(uow: UnitOfWork, sprint: Sprint) -> None:
    uow.upsert(
        keys.channel(sprint.id),
        None,
        {
            "names": channel_names(sprint.title, _first_day(sprint)),
            "private": sprint.is_private,
        },
        kind=OutboxKind.CREATE_CHANNEL,
        sprint_id=sprint.id,
        priority=Priority.SETUP,
    )


def _first_day(sprint: Sprint) -> date:
    """Return the day of hour 0 in the sprint's own zone, however early it started."""
    start = sprint.started_at or sprint.planned_start
    return start.astimezone(ZoneInfo(sprint.timezone)).date()


def _invite_team(uow: UnitOfWork, sprint: Sprint) -> None:
    people = [sprint.lead_id, *(member.user_id for member in sprint.members)]
    for user_id in dict.fromkeys(people):
        invite(uow, sprint, user_id, Priority.SETUP)


def _furnish_channel(uow: UnitOfWork, sprint: Sprint) -> None:
    """Topic, purpose, pin and bookmarks; after the card that they point to."""
    start = sprint.started_at or uow.now
    end = start + timedelta(hours=sprint.length_hours)
    topic = say_plain(
        "sprint.topic",
        title=clip(sprint.title, 100),
        length=sprint.length_hours,
        start=day_and_time(start, sprint.timezone),
        end=day_and_time(end, sprint.timezone),
        zone=sprint.timezone,
    )
    purpose = say_plain("sprint.purpose", length=sprint.length_hours)
    card = pinned_card_key(sprint)
    messages: list[tuple[str, str, dict[str, str]]] = [
        ("topic", OutboxKind.TOPIC, {"text": clip(topic, TOPIC)}),
        ("purpose", OutboxKind.PURPOSE, {"text": clip(purpose, PURPOSE)}),
        ("pin", OutboxKind.PIN, {"message_key": card}),
        (
            "bookmark:card",
            OutboxKind.BOOKMARK,
            {
                "title": say_plain("sprint.bookmark_card"),
                "link": MANUAL,
                "emoji": ":pushpin:",
                "message_key": card,
            },
        ),
    ]
    for name, kind, body in messages:
        uow.upsert(
            keys.setup(sprint.id, name),
            None,
            body,
            kind=kind,
            sprint_id=sprint.id,
            priority=Priority.SETUP,
        )


def post_welcome(uow: UnitOfWork, sprint: Sprint) -> None:
    """Post the first message, or bring it up to date with the kickoff."""
    uow.upsert(
        keys.welcome(sprint.id), Template.WELCOME, {}, sprint_id=sprint.id, priority=Priority.SETUP
    )


def render_welcome(uow: UnitOfWork, sprint: Sprint, _args: TemplateArgs) -> blocks.Block:
    """Render the channel's first message."""
    team = " · ".join(
        f"{uow.playbook.role(member.role).title} {mention(member.user_id)}"
        for member in sprint.members
    )
    answers = {name: str(sprint.kickoff.get(name, "")) for name in KICKOFF_FIELDS}
    filled = sprint.kickoff.get("by")
    return welcome_card(
        Welcome(
            sprint_id=sprint.id,
            title=sprint.title,
            use_case=sprint.use_case_words or use_case_title(uow, sprint),
            length=sprint.length_hours,
            team=Mrkdwn(team),
            override=_override(uow, sprint),
            kickoff=answers if filled else {},
            kickoff_by=uow.name(filled) if filled else None,
        )
    )


def _override(uow: UnitOfWork, sprint: Sprint) -> Mrkdwn | None:
    if not sprint.override_reason:
        return None
    who = uow.name(sprint.override_by)
    return say("sprint.welcome_override", who=who, reason=sprint.override_reason)


def save_kickoff(
    uow: UnitOfWork, actor_id: str, sprint_id: int, answers: Mapping[str, str]
) -> Sprint:
    """Note success criteria, data, integration sketch and who acts on the output.

    Raises:
        FormError: one of the first three is empty, or no worth can be read.
        InputError: the sprint does not run, or they may not.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.KICK_OFF, sprint)
    require_running(sprint)
    form = KickoffForm(**{name: answers.get(name, "").strip() for name in KICKOFF_FIELDS})
    check_plan(uow, form)
    kept = asdict(form)
    sprint.kickoff = {**kept, "by": actor_id, "at": uow.now.isoformat()}
    uow.audit_row(actor_id, AuditAction.KICKED_OFF, sprint, **kept)
    post_welcome(uow, sprint)
    return sprint


def post_cancelled(uow: UnitOfWork, sprint: Sprint, actor_id: str, reason: str) -> None:
    """Tell the channel that the sprint was cancelled, and why."""
    uow.upsert(
        keys.cancelled(sprint.id),
        Template.CANCELLED,
        {"who": actor_id, "reason": reason},
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )
    refresh_pinned_card(uow, sprint)


def render_cancelled(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> blocks.Block:
    """Render that a sprint was cancelled, by whom and why."""
    return blocks.message(
        say("sprint.cancelled_post", who=uow.name(args["who"]), reason=args["reason"])
    )


def post_last_plan(uow: UnitOfWork, sprint: Sprint) -> None:
    """Put the last run's plan before the team that runs again; nothing for a first run."""
    if sprint.rerun_of is None:
        return
    uow.upsert(
        keys.last_plan(sprint.id),
        Template.LAST_PLAN,
        {"before": sprint.rerun_of},
        sprint_id=sprint.id,
    )
