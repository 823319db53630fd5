"""A plan as somebody filled it in: what can be taken, and how it gets into the sprint's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import ErrorDetails

from bot.db.models import Member, Sprint
from bot.domain.errors import FormError
from bot.domain.verdict.wording import listed
from bot.domain.vocabulary import Role, UseCase
from bot.domain.worth import read_worth
from bot.forms import check_form, rule, with_rules
from bot.messages.catalog import say, say_plain
from bot.messages.plan_card import PlanView
from bot.planning.defaults import people_of, team_nights
from bot.slack.text import mention
from bot.sprints.pings import can_act
from bot.unit_of_work import UnitOfWork

SHORTEST: Final = 3
TITLE_LENGTHS: Final = range(1, 121)
FARTHEST: Final = timedelta(days=366)


def _can_act(user_id: str | None, info: ValidationInfo) -> bool:
    uow: Any = info.context
    return bool(user_id) and can_act(uow, str(user_id))


def _is_zone(name: str, _info: ValidationInfo) -> bool:
    try:
        ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _checked_start(start: datetime | None, info: ValidationInfo) -> datetime:
    uow: Any = info.context
    if start is None:
        raise ValueError(say_plain("plan.error_when"))
    if not uow.now < start <= uow.now + FARTHEST:
        raise ValueError(say_plain("plan.error_past" if start <= uow.now else "plan.error_far"))
    return start


_Holder = Annotated[str | None, rule("plan.error_role", _can_act)]
_Answer = Annotated[
    tuple[bool | None, str],
    rule("plan.error_reason", lambda answer, _: answer[0] is None or bool(answer[1].strip())),
]


_Said = Annotated[str, rule("sprint.too_short", lambda said, _: len(said) >= SHORTEST)]


@with_rules
@dataclass(frozen=True, kw_only=True)
class PeopleForm:
    """What the form of a running sprint carries.

    Args:
        roles: role → user id.
        sponsor_id: who reads the digests; None for nobody.
        digest_channel_id: where she reads them; None for direct messages.
        quiet_from: `HH:MM`, or None.
        quiet_until: `HH:MM`, or None.
    """

    roles: Annotated[
        Mapping[str, _Holder], BeforeValidator(lambda given: {r.value: given.get(r) for r in Role})
    ]
    sponsor_id: Annotated[
        str | None,
        rule("plan.error_sponsor", lambda who, info: not who or _can_act(who, info)),
    ] = None
    digest_channel_id: str | None = None
    quiet_from: str | None = None
    quiet_until: Annotated[
        str | None,
        rule("plan.error_quiet", lambda end, info: bool(end) == bool(info.data["quiet_from"])),
    ] = None


@with_rules
@dataclass(frozen=True, kw_only=True)
class PlanForm(PeopleForm):
    """A plan as it was filled in.

    Args:
        criteria: criterion → (met, the line that says why); None while nobody confirmed it.
        start: hour 0; None when nothing was chosen.
        accepts_doubles: one person in two roles is meant so.
    """

    title: Annotated[
        str, rule("plan.error_title", lambda title, _: len(title.strip()) in TITLE_LENGTHS)
    ]
    use_case: Annotated[str | None, rule("plan.error_use_case", lambda key, _: key in set(UseCase))]
    use_case_words: Annotated[
        str,
        rule(
            "plan.error_words",
            lambda words, info: bool(words.strip()) or info.data.get("use_case") != UseCase.OTHER,
        ),
    ] = ""
    criteria: Mapping[str, _Answer] = field(default_factory=dict)
    start: Annotated[datetime | None, AfterValidator(_checked_start)] = None
    timezone: Annotated[str, rule("plan.error_timezone", _is_zone)] = "UTC"
    is_private: bool = False
    accepts_doubles: bool = False


@with_rules
@dataclass(frozen=True, kw_only=True)
class KickoffForm:
    """What the team agrees on at hour 0; the names are those of `KICKOFF_FIELDS`."""

    success: _Said
    data: _Said
    integration: _Said
    output: str = ""
    worth: Annotated[
        str,
        rule(
            "sprint.kickoff_worth_unread", lambda said, _: not said or read_worth(said) is not None
        ),
    ] = ""


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
    check_plan(uow, form)
    _check_doubles(uow, form)
    assert form.start is not None  # noqa: S101 - checked with the form
    return form.start


def check_plan(uow: UnitOfWork, form: PeopleForm | KickoffForm) -> None:
    """Check every field of a form.

    Raises:
        FormError: fields that cannot be taken, each under its block's name with its sentence.
    """
    check_form(form, uow, _block)


_BLOCKS: Final = {"roles": "role_{}", "criteria": "reason_{}", "sponsor_id": "sponsor"}


def _block(fault: ErrorDetails) -> str:
    """Return the name of the form's block that a fault belongs to."""
    name, *key = map(str, fault["loc"])
    if name == "quiet_until" and fault["input"]:  # the other one is missing
        return "quiet_from"
    return _BLOCKS.get(name, name).format(*key)


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
