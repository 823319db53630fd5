"""Keys of everything in the outbox: one constructor for each kind of thing.

A key names one thing in a workspace for ever; upserting it again changes that thing. Keys are
stored, so changing one here posts a second message beside the first.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NewType

Key = NewType("Key", str)


def sprint(sprint_id: int, name: str) -> Key:
    """Return the key of one of a sprint's own things, for batches that name it in SQL."""
    return Key(f"sprint:{sprint_id}:{name}")


def channel(sprint_id: int) -> Key:
    """Return the key of the sprint's channel."""
    return sprint(sprint_id, "channel")


def invite(sprint_id: int, user_id: str) -> Key:
    """Return the key of somebody's invitation to the sprint's channel."""
    return sprint(sprint_id, f"invite:{user_id}")


def setup(sprint_id: int, what: str) -> Key:
    """Return the key of the channel's topic, purpose, pin or a bookmark."""
    return sprint(sprint_id, what)


def pinned_card(sprint_id: int) -> Key:
    """Return the key of the card that is pinned in the sprint's channel."""
    return sprint(sprint_id, "card")


def welcome(sprint_id: int) -> Key:
    """Return the key of the channel's first message."""
    return sprint(sprint_id, "welcome")


def cancelled(sprint_id: int) -> Key:
    """Return the key of the message that the sprint was cancelled."""
    return sprint(sprint_id, "cancelled")


def last_plan(sprint_id: int) -> Key:
    """Return the key of what became of the plan before a rerun."""
    return sprint(sprint_id, "last_plan")


def plan_card(sprint_id: int) -> Key:
    """Return the key of the plan's card in the lead's direct messages."""
    return Key(f"plan:{sprint_id}:card")


def calendars(sprint_id: int) -> str:
    """Return what the keys of a sprint's calendar files begin with; a user's id follows."""
    return f"plan:{sprint_id}:calendar:"


def calendar_cancelled(sprint_id: int, user_id: str) -> Key:
    """Return the key of the file that takes a cancelled sprint out of somebody's calendar."""
    return Key(f"plan:{sprint_id}:uncalendar:{user_id}")


def calendar(sprint_id: int, user_id: str, start: datetime) -> Key:
    """Return the key of somebody's calendar file; another start is another file."""
    return Key(f"{calendars(sprint_id)}{user_id}:{int(start.timestamp())}")


def missed_start(sprint_id: int, start: datetime) -> Key:
    """Return the key of the message that a sprint did not start by itself."""
    return Key(f"plan:{sprint_id}:missed:{int(start.timestamp())}")


def expectation(sprint_id: int, user_id: str) -> Key:
    """Return the key of the question what somebody expects to block the sprint."""
    return Key(f"plan:{sprint_id}:expect:{user_id}")


def blocker(sprint_id: int, number: int) -> Key:
    """Return the key of a blocker's card."""
    return sprint(sprint_id, f"blocker:{number}")


def approval(sprint_id: int, number: int) -> Key:
    """Return the key of a request's card in the sprint's channel."""
    return sprint(sprint_id, f"approval:{number}")


def approval_direct(sprint_id: int, number: int, user_id: str) -> Key:
    """Return the key of a request's card in somebody's direct messages."""
    return Key(f"{approval(sprint_id, number)}:dm:{user_id}")


def dossier(sprint_id: int, number: int, queue: str, form: str) -> Key:
    """Return the key of a request's dossier as a file in a queue."""
    return Key(f"{approval(sprint_id, number)}:dossier:{form}:{queue}")


def line(card: str, number: int) -> Key:
    """Return the key of a line in the thread of a card."""
    return Key(f"{card}:line:{number}")


def silence(sprint_id: int) -> Key:
    """Return the key of what the lead is asked when nobody answers."""
    return sprint(sprint_id, "silence")


def reminders(user_id: str, at: datetime) -> Key:
    """Return the key of what somebody is reminded of together."""
    return Key(f"reminders:{user_id}:{int(at.timestamp())}")


def overdue(sprint_id: int, number: int) -> Key:
    """Return the key of what a stand-in or the sponsor reads about an overdue request."""
    return Key(f"{approval(sprint_id, number)}:overdue")


def gate(sprint_id: int, phase: str) -> Key:
    """Return the key of a phase's gate."""
    return sprint(sprint_id, f"gate:{phase}")


def sponsor_day(sprint_id: int, day: int) -> Key:
    """Return the key of the sponsor's post of a day, counted from 0."""
    return sprint(sprint_id, f"sponsor:day:{day + 1}")


def sponsor_gate(sprint_id: int, phase: str) -> Key:
    """Return the key of what the sponsor reads about a phase's end."""
    return sprint(sprint_id, f"sponsor:gate:{phase}")


def sponsor_path(sprint_id: int) -> Key:
    """Return the key of the path as the sponsor reads it."""
    return sprint(sprint_id, "sponsor:path")


def probe(sprint_id: int, run_id: int) -> Key:
    """Return the key of a probe run's message."""
    return sprint(sprint_id, f"probe:{run_id}")


def probe_picture(sprint_id: int, run_id: int, name: str) -> Key:
    """Return the key of a picture that a probe run's message shows."""
    return Key(f"{probe(sprint_id, run_id)}:picture:{name}")


def deployment(sprint_id: int, deployment_id: int) -> Key:
    """Return the key of a deployment's card."""
    return sprint(sprint_id, f"deployment:{deployment_id}")


def deployment_checklist(sprint_id: int, deployment_id: int) -> Key:
    """Return the key of a deployment's checklist."""
    return sprint(sprint_id, f"checklist:{deployment_id}")


def deployment_change(sprint_id: int, deployment_id: int, generation: int) -> Key:
    """Return the key of the line about one change of a deployment."""
    return Key(f"{deployment(sprint_id, deployment_id)}:change:{generation}")


def rehearsal(sprint_id: int, deployment_id: int, generation: int) -> Key:
    """Return the key of the line about a rehearsed rollback."""
    return Key(f"{deployment_checklist(sprint_id, deployment_id)}:rehearsal:{generation}")


def deployment_alert(sprint_id: int, deployment_id: int, finding_id: int) -> Key:
    """Return the key of an alert; one guard has one open alert about one subject."""
    return sprint(sprint_id, f"alert:{deployment_id}:{finding_id}")


def deployment_batch(sprint_id: int, deployment_id: int, batch_id: int) -> Key:
    """Return the key of the card about a table that a deployment scores."""
    return sprint(sprint_id, f"batch:{deployment_id}:{batch_id}")


def score_notice(sprint_id: int, notice_id: int) -> Key:
    """Return the key of the card of a notice about high scores."""
    return sprint(sprint_id, f"notice:{notice_id}")


def score_hour(sprint_id: int, notice_id: int, hour: datetime) -> Key:
    """Return the key of the message that counts an hour's high scores."""
    return Key(f"{score_notice(sprint_id, notice_id)}:hour:{int(hour.timestamp())}")


def action_plan(sprint_id: int) -> Key:
    """Return the key of the line whether the business has an action plan."""
    return sprint(sprint_id, "action_plan")


def debrief(sprint_id: int, part: str) -> Key:
    """Return the key of a part of the debrief: `intro`, a question, `closing` or `path`."""
    return sprint(sprint_id, f"debrief:{part}")


def fix(sprint_id: int, number: int) -> Key:
    """Return the key of an item of the thirty-day plan."""
    return sprint(sprint_id, f"fix:{number}")


def fix_reminder(sprint_id: int, number: int, due: datetime) -> Key:
    """Return the key of the question about an item on its day."""
    return Key(f"{fix(sprint_id, number)}:due:{due:%Y%m%d}")


def fix_checked(sprint_id: int, number: int, look: int) -> Key:
    """Return the key of a line about what a check said of an item, counted from 1."""
    return Key(f"{fix(sprint_id, number)}:checked:{look}")


def fix_regressed(sprint_id: int, number: int, at: datetime) -> Key:
    """Return the key of the message that an item broke again."""
    return Key(f"{fix(sprint_id, number)}:regressed:{int(at.timestamp())}")


def kept_check(sprint_id: int, check_id: int, at: datetime) -> Key:
    """Return the key of the message that a kept data check broke, or holds again."""
    return sprint(sprint_id, f"kept:{check_id}:{int(at.timestamp())}")


def follow_up(sprint_id: int, day: int) -> Key:
    """Return the key of the plan's weekly digest."""
    return sprint(sprint_id, f"follow_up:{day}")


def review(sprint_id: int) -> Key:
    """Return the key of the review on the plan's last day."""
    return sprint(sprint_id, "review")


def audit_file(sprint_id: int, user_id: str, at: datetime) -> Key:
    """Return the key of the audit trail as a file for somebody."""
    return sprint(sprint_id, f"audit:{user_id}:{int(at.timestamp())}")


def home(user_id: str) -> Key:
    """Return the key of somebody's Home tab, which is its own queue too."""
    return Key(f"home:{user_id}")


def person(user_id: str) -> Key:
    """Return the key of the look at who somebody is, which is its own queue too."""
    return Key(f"person:{user_id}")


INSTALLED: Final = "installed:"
"""What the keys of first messages begin with."""


def installed(user_id: str) -> Key:
    """Return the key of the first message to somebody."""
    return Key(f"{INSTALLED}{user_id}")


def delivery_failure(queue: str, kind: str, user_id: str, error: str) -> Key:
    """Return the key of what the lead is told about something that Slack refused for good."""
    return Key(f"mishap:{queue}:{kind}:{user_id}:{error}")


def switched_off(sprint_id: int, feature: str) -> Key:
    """Return the key of what a lead is told about a feature whose scope was declined."""
    return Key(f"off:{sprint_id}:{feature}")


def locked_out(sprint_id: int) -> Key:
    """Return the key of what a lead is told where an installation lacks a required scope."""
    return Key(f"locked:{sprint_id}")


def question(channel_id: str, ts: str) -> Key:
    """Return the key of the message that somebody asked in, or whose thread they asked in."""
    return Key(f"question:{channel_id}:{ts}")


def answer(channel_id: str, ts: str) -> Key:
    """Return the key of the answer to the question in a message."""
    return Key(f"answer:{channel_id}:{ts}")


def capture(sprint_id: int, at: datetime) -> Key:
    """Return the key of the line that quiet capture was switched on or off."""
    return sprint(sprint_id, f"capture:{int(at.timestamp())}")


def sponsor_told(sprint_id: int, user_id: str) -> Key:
    """Return the key of what a sponsor is told when a sprint is planned for her."""
    return sprint(sprint_id, f"sponsor:told:{user_id}")


def sponsor_cancelled(sprint_id: int, user_id: str) -> Key:
    """Return the key of what a sponsor is told when her sprint is cancelled."""
    return sprint(sprint_id, f"sponsor:cancelled:{user_id}")


def named_for_deployment(sprint_id: int, deployment_id: int, user_id: str) -> Key:
    """Return the key of what somebody is told who was named for a deployment."""
    return sprint(sprint_id, f"deployment:{deployment_id}:named:{user_id}")


def person_changed(sprint_id: int, user_id: str, at: datetime) -> Key:
    """Return the key of what somebody is told who took a role over or gave it up."""
    return sprint(sprint_id, f"people:{user_id}:{at.timestamp():.3f}")


def people_changed(sprint_id: int, at: datetime) -> Key:
    """Return the key of the line that people, channel or quiet hours of a sprint changed."""
    return sprint(sprint_id, f"people:{at.timestamp():.3f}")
