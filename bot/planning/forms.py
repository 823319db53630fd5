"""A plan as somebody filled it in: what can be taken, and how it gets into the sprint's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.db.models import Member, Sprint
from bot.domain.errors import FormError
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Criterion, Role, UseCase
from bot.messages.catalog import say, say_plain
from bot.messages.plan_card import PlanView
from bot.planning.defaults import people_of
from bot.planning.nights import team_nights
from bot.slack.text import mention
from bot.sprints.pings import can_act
from bot.unit_of_work import UnitOfWork

TITLE_LENGTHS: Final = range(1, 121)
FARTHEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PlanForm:
    """A plan as it was filled in; field names are those of the form, for the errors.

    Args:
        criteria: criterion → (met, the line that says why); None while nobody confirmed it.
        roles: role → user id.
        start: hour 0; None when nothing was chosen.
        accepts_doubles: one person in two roles is meant so.
    """

    title: str
    use_case: str | None
    use_case_words: str = ""
    criteria: Mapping[str, tuple[bool | None, str]] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)
    start: datetime | None = None
    timezone: str = "UTC"
    quiet_from: str | None = None
    quiet_until: str | None = None
    sponsor_id: str | None = None
    digest_channel_id: str | None = None
    is_private: bool = False
    accepts_doubles: bool = False


@dataclass(frozen=True, slots=True)
class PeopleForm:
    """What the form of a running sprint carries.

    Args:
        roles: role → user id.
        sponsor_id: who reads the digests; None for nobody.
        digest_channel_id: where she reads them; None for direct messages.
        quiet_from: `HH:MM`, or None.
        quiet_until: `HH:MM`, or None.
    """

    roles: Mapping[str, str | None]
    sponsor_id: str | None
    digest_channel_id: str | None
    quiet_from: str | None
    quiet_until: str | None


class DoublesError(FormError):
    """One person fills two roles, which has to be confirmed; `sentence` says who and which."""

    def __init__(self, sentence: str) -> None:
        super().__init__({"doubles": say_plain("plan.error_doubles")})
        self.sentence = sentence


def checked_start(uow: UnitOfWork, form: PlanForm) -> datetime:
    """Check every field of a plan and return its start.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        DoublesError: one person in two roles, not confirmed yet.
    """
    errors = _errors_about(form) | errors_of_people(uow, form)
    start = _start_of(uow, form, errors)
    if errors or start is None:
        raise FormError(errors)
    _check_doubles(uow, form)
    return start


def _errors_about(form: PlanForm) -> dict[str, str]:
    errors: dict[str, str] = {}
    if len(form.title.strip()) not in TITLE_LENGTHS:
        errors["title"] = say_plain("plan.error_title")
    if form.use_case not in set(UseCase):
        errors["use_case"] = say_plain("plan.error_use_case")
    if form.use_case == UseCase.OTHER and not form.use_case_words.strip():
        errors["use_case_words"] = say_plain("plan.error_words")
    for key in Criterion:
        met, reason = form.criteria.get(key, (None, ""))
        if met is not None and not reason.strip():
            errors[f"reason_{key}"] = say_plain("plan.error_reason")
    return errors


def errors_of_people(uow: UnitOfWork, form: PlanForm | PeopleForm) -> dict[str, str]:
    """Return what cannot be taken of people and quiet hours, field → sentence."""
    errors = {
        f"role_{role}": say_plain("plan.error_role")
        for role in Role
        if not _fills(uow, form.roles.get(role))
    }
    if form.sponsor_id and not can_act(uow, form.sponsor_id):
        errors["sponsor"] = say_plain("plan.error_sponsor")
    if bool(form.quiet_from) != bool(form.quiet_until):
        errors["quiet_until" if form.quiet_from else "quiet_from"] = say_plain("plan.error_quiet")
    return errors


def _fills(uow: UnitOfWork, user_id: str | None) -> bool:
    return bool(user_id) and can_act(uow, str(user_id))


def _start_of(uow: UnitOfWork, form: PlanForm, errors: dict[str, str]) -> datetime | None:
    """Check start and zone; what cannot be taken goes into `errors`."""
    try:
        ZoneInfo(form.timezone.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["timezone"] = say_plain("plan.error_timezone")
    if form.start is None:
        errors["start"] = say_plain("plan.error_when")
    elif form.start <= uow.now:
        errors["start"] = say_plain("plan.error_past")
    elif form.start > uow.now + FARTHEST:
        errors["start"] = say_plain("plan.error_far")
    return form.start


def _check_doubles(uow: UnitOfWork, form: PlanForm) -> None:
    counted = Counter(user for user in form.roles.values() if user)
    doubled = [user for user, times in counted.items() if times > 1]
    if not doubled or form.accepts_doubles:
        return
    sentences = []
    for user in doubled:
        titles = [uow.playbook.role(key).title for key, who in form.roles.items() if who == user]
        sentences.append(say("plan.form_doubles", who=mention(user), roles=listed(titles)))
    raise DoublesError("\n".join(sentences))


def fill_plan(uow: UnitOfWork, sprint: Sprint, form: PlanForm, start: datetime) -> None:
    """Write a checked form into the sprint's row."""
    sprint.title = form.title.strip()
    sprint.use_case = str(form.use_case)
    sprint.use_case_words = form.use_case_words.strip() or None
    sprint.criteria = {
        key: {"met": met, "reason": reason.strip()} for key, (met, reason) in form.criteria.items()
    }
    sprint.planned_start = start
    sprint.timezone = form.timezone.strip()
    sprint.quiet_from, sprint.quiet_until = _quiet_hours(uow, form, start)
    sprint.sponsor_id = form.sponsor_id
    sprint.digest_channel_id = form.digest_channel_id
    sprint.is_private = form.is_private
    _fill_team(sprint, form)
    for user_id in {sprint.lead_id, *form.roles.values(), form.sponsor_id} - {None}:
        uow.ensure_person(str(user_id))


def _quiet_hours(uow: UnitOfWork, form: PlanForm, start: datetime) -> tuple[str | None, str | None]:
    """Return the quiet hours chosen, else the team's nights; equal times mean none at all."""
    if form.quiet_from or form.quiet_until:
        return form.quiet_from, form.quiet_until
    team = [user_id for user_id in form.roles.values() if user_id]
    return team_nights(uow, team, form.timezone.strip(), start) or (None, None)


def _fill_team(sprint: Sprint, form: PlanForm) -> None:
    known = {member.role: member for member in sprint.members}
    for role in Role:
        user_id = str(form.roles[role])
        if role in known:
            known[role].user_id = user_id
        else:
            sprint.members.append(Member(role=role.value, user_id=user_id))


def plan_view(sprint: Sprint) -> PlanView:
    """Return what the form shows of a plan that is there already."""
    roles = {member.role: member.user_id for member in sprint.members}
    return PlanView(
        sprint_id=sprint.id,
        title=sprint.title,
        use_case=sprint.use_case,
        use_case_words=sprint.use_case_words,
        criteria={
            key: (answer.get("met"), str(answer.get("reason", "")))
            for key, answer in sprint.criteria.items()
        },
        roles=roles,
        people=people_of(roles),
        start=sprint.planned_start,
        timezone=sprint.timezone,
        quiet_from=sprint.quiet_from,
        quiet_until=sprint.quiet_until,
        sponsor_id=sprint.sponsor_id,
        digest_channel_id=sprint.digest_channel_id,
        is_private=sprint.is_private,
    )
