"""People, channel and quiet hours of a running sprint: replaced in the open, and recorded."""

from __future__ import annotations

from collections.abc import Mapping

from bot.approvals.service import inherit_requests
from bot.blockers.queries import record_name
from bot.blockers.service import inherit_blockers
from bot.db.models import Sprint
from bot.domain.enums import LIVE, AuditAction
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict.wording import listed
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.templates import Template
from bot.outbox.queue import Priority
from bot.planning.forms import PeopleForm, check_plan
from bot.planning.kickoff import post_welcome
from bot.slack.text import Mrkdwn, escape, mention
from bot.sprints.card_threads import text_args
from bot.sprints.invitations import invite
from bot.sprints.overview import refresh_pinned_card
from bot.sprints.people import require
from bot.sprints.plan_status import notify_sponsor, refresh_plan_card
from bot.sprints.selection import refuse_cancelled
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork


def require_changeable(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> None:
    """Refuse a change of people by somebody who may not, or of a sprint that is over.

    Raises:
        InputError: one of the two, in words for them.
    """
    require(uow, actor_id, Action.EDIT_PLAN, sprint)
    refuse_cancelled(sprint)
    if sprint.status not in LIVE:
        raise InputError(
            say("plan.people_over", status=say_plain(f"sprint.status_{sprint.status}"))
        )


def change_people(uow: UnitOfWork, actor_id: str, sprint_id: int, form: PeopleForm) -> Mrkdwn:
    """Replace people, channel or quiet hours of a running sprint; its channel is told.

    Returns:
        What the person is told.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        InputError: they may not, or the sprint is over.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require_changeable(uow, actor_id, sprint)
    check_plan(uow, form)
    before = _facts(sprint)
    sponsor = sprint.sponsor_id
    joined = _fill(uow, sprint, form)
    after = _facts(sprint)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if not changes:
        return say("plan.people_same")
    uow.session.flush()
    uow.audit_row(actor_id, AuditAction.PLAN_CHANGED, sprint, changes=changes)
    for user_id in joined:
        invite(uow, sprint, user_id, Priority.SETUP)
    if sprint.sponsor_id != sponsor:
        notify_sponsor(uow, sprint)
    _announce(uow, sprint, actor_id, changes)
    _notify_replaced(uow, sprint, actor_id, changes, _inherit(uow, sprint, actor_id, changes))
    post_welcome(uow, sprint)
    refresh_pinned_card(uow, sprint)
    refresh_plan_card(uow, sprint)
    return say("plan.people_saved")


def _facts(sprint: Sprint) -> dict[str, str | None]:
    has_quiet = sprint.quiet_from and sprint.quiet_from != sprint.quiet_until
    quiet = f"{sprint.quiet_from}–{sprint.quiet_until}" if has_quiet else None
    facts: dict[str, str | None] = {member.role: member.user_id for member in sprint.members}
    return facts | {
        "sponsor": sprint.sponsor_id,
        "channel": sprint.digest_channel_id,
        "quiet": quiet,
    }


def _fill(uow: UnitOfWork, sprint: Sprint, form: PeopleForm) -> list[str]:
    """Write the form into the rows and return who came into the team."""
    known = {sprint.lead_id, *(member.user_id for member in sprint.members)}
    for member in sprint.members:
        member.user_id = str(form.roles[member.role])
    sprint.sponsor_id = form.sponsor_id
    sprint.digest_channel_id = form.digest_channel_id
    sprint.quiet_from, sprint.quiet_until = form.quiet_from, form.quiet_until
    people = dict.fromkeys(member.user_id for member in sprint.members)
    for user_id in (*people, *([form.sponsor_id] if form.sponsor_id else [])):
        uow.ensure_person(user_id)
    return [user_id for user_id in people if user_id not in known]


def _announce(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, changes: Mapping[str, list[str | None]]
) -> None:
    lines = [_line(uow, name, before, now) for name, (before, now) in changes.items()]
    line = text_args("plan.people_line", who=uow.name(actor_id), changes=Mrkdwn("\n".join(lines)))
    uow.upsert(keys.people_changed(sprint.id, uow.now), Template.LINE, line, sprint_id=sprint.id)


def _inherit(
    uow: UnitOfWork, sprint: Sprint, actor_id: str, changes: Mapping[str, list[str | None]]
) -> dict[str, list[str]]:
    """Give what waits for those who left the team to who came in their place.

    Returns:
        Who left → what was theirs, such as "blocker 3".
    """
    staying = {sprint.lead_id, *(member.user_id for member in sprint.members)}
    taken: dict[str, list[str]] = {}
    for member in sprint.members:
        left, _ = changes.get(member.role, (None, None))
        if left is None or left in staying or left in taken:
            continue
        given = sprint, actor_id, left, member.user_id
        taken[left] = [
            *(record_name(f"blocker-{number}") for number in inherit_blockers(uow, *given)),
            *(record_name(f"approval-{number}") for number in inherit_requests(uow, *given)),
        ]
    return taken


def _notify_replaced(
    uow: UnitOfWork,
    sprint: Sprint,
    actor_id: str,
    changes: Mapping[str, list[str | None]],
    taken: dict[str, list[str]],
) -> None:
    """Tell who took a role over and who gave it up, in their direct messages."""
    for member in sprint.members:
        before, now = changes.get(member.role, (None, None))
        facts = {
            "who": uow.name(actor_id),
            "role": uow.playbook.role(member.role).title,
            "title": sprint.title,
            "hour": int(hour_of(sprint, uow.now)),
            "length": sprint.length_hours,
            "channel": Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else "",
            "now": uow.name(now),
            "taken": listed(taken.pop(before or "", [])),
        }
        for user_id, text in ((before, "plan.people_left"), (now, "plan.people_joined")):
            if user_id and user_id != actor_id:
                uow.upsert(
                    keys.person_changed(sprint.id, user_id, uow.now),
                    Template.LINE,
                    text_args(text, **facts),
                    sprint_id=sprint.id,
                    to=user_id,
                )


def _line(uow: UnitOfWork, name: str, before: str | None, now: str | None) -> Mrkdwn:
    if name == "channel":
        none = say("plan.people_no_channel")
        old, new = (Mrkdwn(f"<#{each}>") if each else none for each in (before, now))
        return say("plan.people_channel", who=new, before=old)
    if name == "quiet":
        none = say("plan.people_no_quiet")
        return say("plan.people_quiet", who=now or none, before=before or none)
    who = mention(now) if now else say("plan.people_nobody")
    was = escape(uow.name(before)) if before else say("plan.people_nobody")
    if name == "sponsor":
        return say("plan.people_sponsor", who=who, before=was)
    return say("plan.people_role", role=uow.playbook.role(name).title, who=who, before=was)
