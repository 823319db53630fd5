"""Hour 0: the channel, its people, its pinned card and every timer, wished for in one transaction.

Each step is a row of the outbox, so a crash between any two of them is finished by delivery.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.slack import blocks
from bot.slack.cards.sprint_card import KICKOFF_FIELDS, Welcome, welcome_card
from bot.slack.limits import PURPOSE, TOPIC
from bot.slack.outbox import Priority, sprint_lane
from bot.slack.text import Mrkdwn, clip, mention
from bot.slack.words import say, say_plain
from bot.sprint.errors import FormError, InputError
from bot.sprint.naming import channel_names
from bot.sprint.permissions import Action
from bot.store.models import Sprint
from bot.usecases import board, rerun
from bot.usecases.house import Unit
from bot.usecases.people import require

MANUAL = "https://github.com/hour48/hour48#readme"


def begin(unit: Unit, sprint: Sprint, actor_id: str) -> None:
    """Start the clock: every timer of the sprint, its channel and its first messages."""
    sprint.status = "running"
    sprint.started_at = unit.now
    unit.drop_timers(sprint.id, "start")
    unit.audit(sprint.id, actor_id, "started", "sprint", sprint.id)
    unit.session.flush()
    set_timers(unit, sprint)
    _open_channel(unit, sprint)
    _invite_team(unit, sprint)
    post_welcome(unit, sprint)
    rerun.post_last_plan(unit, sprint)
    board.refresh_board(unit, sprint)
    _furnish_channel(unit, sprint)


def set_timers(unit: Unit, sprint: Sprint) -> None:
    """Write every timer the sprint will need, in the order in which those of one hour happen."""
    start = unit.now
    gates = {phase.end: phase.key for phase in unit.playbook.phases}
    for hour in range(sprint.length_hours + 1):
        at = start + timedelta(hours=hour)
        unit.set_timer(sprint.id, f"prompt:{hour}", "prompt", at, hour=hour)
        if hour in gates:
            unit.set_timer(sprint.id, f"gate:{gates[hour]}", "gate", at, phase=gates[hour])
        if hour and hour % unit.playbook.digest_every_hours == 0:
            unit.set_timer(sprint.id, f"digest:{hour}", "digest", at, hour=hour)
    end = start + timedelta(hours=sprint.length_hours)
    unit.set_timer(sprint.id, "debrief", "debrief", end)
    unit.session.flush()


def _open_channel(unit: Unit, sprint: Sprint) -> None:
    unit.wish(
        f"sprint:{sprint.id}:channel",
        sprint_lane(sprint.id),
        {
            "names": channel_names(sprint.title, sprint.planned_start.date()),
            "private": sprint.is_private,
        },
        kind="create_channel",
        sprint_id=sprint.id,
        priority=Priority.SETUP,
    )


def _invite_team(unit: Unit, sprint: Sprint) -> None:
    """Invite one by one, so that one who cannot come keeps nobody else out."""
    people = [sprint.lead_id, *(member.user_id for member in sprint.members)]
    for user_id in dict.fromkeys(people):
        unit.wish(
            f"sprint:{sprint.id}:invite:{user_id}",
            sprint_lane(sprint.id),
            {"user_id": user_id},
            kind="invite",
            sprint_id=sprint.id,
            priority=Priority.SETUP,
        )


def _furnish_channel(unit: Unit, sprint: Sprint) -> None:
    """Topic, purpose, pin and bookmarks; after the card that they point to."""
    start = sprint.started_at or unit.now
    end = start + timedelta(hours=sprint.length_hours)
    topic = say_plain(
        "sprint.topic",
        title=clip(sprint.title, 100),
        length=sprint.length_hours,
        start=f"{start:%d %b %H:%M}",
        end=f"{end:%d %b %H:%M}",
    )
    purpose = say_plain("sprint.purpose", length=sprint.length_hours)
    card = board.card_key(sprint)
    wishes: list[tuple[str, str, dict[str, str]]] = [
        ("topic", "topic", {"text": clip(topic, TOPIC)}),
        ("purpose", "purpose", {"text": clip(purpose, PURPOSE)}),
        ("pin", "pin", {"message_key": card}),
        (
            "bookmark:card",
            "bookmark",
            {
                "title": say_plain("sprint.bookmark_card"),
                "link": MANUAL,
                "emoji": ":pushpin:",
                "message_key": card,
            },
        ),
    ]
    for name, kind, body in wishes:
        unit.wish(
            f"sprint:{sprint.id}:{name}",
            sprint_lane(sprint.id),
            body,
            kind=kind,
            sprint_id=sprint.id,
            priority=Priority.SETUP,
        )


def post_welcome(unit: Unit, sprint: Sprint) -> None:
    """Post the first message, or bring it up to date with the kickoff."""
    team = " · ".join(
        f"{unit.playbook.role(member.role).title} {mention(member.user_id)}"
        for member in sprint.members
    )
    answers = {name: str(sprint.kickoff.get(name, "")) for name in KICKOFF_FIELDS}
    filled = sprint.kickoff.get("by")
    welcome = Welcome(
        sprint_id=sprint.id,
        title=sprint.title,
        use_case=use_case_words(unit, sprint),
        length=sprint.length_hours,
        team=Mrkdwn(team),
        override=_override(unit, sprint),
        kickoff=answers if filled else {},
        kickoff_by=unit.name(filled),
    )
    unit.wish(
        f"sprint:{sprint.id}:welcome",
        sprint_lane(sprint.id),
        welcome_card(welcome),
        sprint_id=sprint.id,
        priority=Priority.SETUP,
    )


def use_case_words(unit: Unit, sprint: Sprint) -> str:
    """Return the use case in the team's own words, else in the playbook's."""
    return sprint.use_case_words or unit.playbook.use_case(sprint.use_case).title


def _override(unit: Unit, sprint: Sprint) -> Mrkdwn | None:
    if not sprint.override_reason:
        return None
    who = unit.name(sprint.override_by)
    return say("sprint.welcome_override", who=who, reason=sprint.override_reason)


def save_kickoff(unit: Unit, actor_id: str, sprint_id: int, answers: Mapping[str, str]) -> Sprint:
    """Note success criteria, data, integration sketch and who acts on the output.

    Raises:
        FormError: one of the first three is empty.
        InputError: the sprint does not run, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.KICK_OFF, sprint)
    require_running(sprint)
    errors = {
        name: say_plain("sprint.too_short")
        for name in KICKOFF_FIELDS
        if name != "output" and len(answers.get(name, "").strip()) < 3
    }
    if errors:
        raise FormError(errors)
    kept = {name: answers.get(name, "").strip() for name in KICKOFF_FIELDS}
    sprint.kickoff = {**kept, "by": actor_id, "at": unit.now.isoformat()}
    unit.audit(sprint.id, actor_id, "kicked_off", "sprint", sprint.id, **kept)
    post_welcome(unit, sprint)
    return sprint


def require_running(sprint: Sprint) -> None:
    """Refuse what only a running sprint, or one in debrief, can have done to it.

    Raises:
        InputError: it has not started, or it has ended.
    """
    if sprint.status == "planned":
        raise InputError(say("prompt.not_started", title=sprint.title))
    if sprint.status not in ("running", "debrief"):
        raise InputError(say("prompt.over"))


def say_cancelled(unit: Unit, sprint: Sprint, actor_id: str, reason: str) -> None:
    """Tell the channel that the sprint was cancelled, and why."""
    words = say("sprint.cancelled_post", who=unit.name(actor_id), reason=reason)
    unit.wish(
        f"sprint:{sprint.id}:cancelled",
        sprint_lane(sprint.id),
        blocks.message(words),
        sprint_id=sprint.id,
        priority=Priority.URGENT,
    )
    board.refresh_board(unit, sprint)
