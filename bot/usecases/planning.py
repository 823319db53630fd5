"""Planning: a sprint is thought of, its team is asked what it expects, and it starts."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import or_, select

from bot.slack.cards.plan_card import (
    PlanCard,
    PlanView,
    expectation_ask,
    expectation_noted,
    plan_card,
)
from bot.slack.outbox import person_lane
from bot.slack.text import Mrkdwn, mention, moment
from bot.slack.words import say, say_plain
from bot.sprint.errors import FormError, InputError
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import KIND_CATEGORY, Category, Criterion, Kind, Role, UseCase
from bot.store.models import Expectation, Member, Sprint
from bot.usecases import calendar_file, kickoff
from bot.usecases.calling import can_act
from bot.usecases.house import THE_CLOCK, Unit
from bot.usecases.people import require

TITLE_LENGTHS: Final = range(1, 121)
FARTHEST: Final = timedelta(days=366)
ACTIVE: Final = ("planned", "running", "debrief")
SHORTEST_OVERRIDE: Final = 10


@dataclass(frozen=True, slots=True)
class PlanForm:
    """A plan as it was filled in; field names are those of the form, for the errors.

    Args:
        criteria: criterion → (met, the line that says why).
        roles: role → user id.
        date: ISO date in `timezone`.
        time: `HH:MM` in `timezone`.
        accepts_doubles: one person in two roles is meant so.
    """

    title: str
    use_case: str | None
    use_case_words: str = ""
    criteria: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)
    date: str | None = None
    time: str | None = None
    timezone: str = "UTC"
    quiet_from: str | None = None
    quiet_until: str | None = None
    sponsor_id: str | None = None
    digest_channel_id: str | None = None
    is_private: bool = False
    accepts_doubles: bool = False


class DoublesError(FormError):
    """One person fills two roles, which has to be confirmed; `sentence` says who and which."""

    def __init__(self, sentence: str) -> None:
        super().__init__({"doubles": say_plain("plan.error_doubles")})
        self.sentence = sentence


def plan_sprint(unit: Unit, actor_id: str, form: PlanForm, *, receipt: str | None = None) -> Sprint:
    """Plan a sprint, ask its team what they expect, and let it start by itself at its time.

    Raises:
        FormError: fields that cannot be taken, each with its sentence.
        DoublesError: one person in two roles, not confirmed yet.
    """
    require(unit, actor_id, Action.PLAN)
    start = _checked(unit, form)
    unit.once(receipt)
    sprint = Sprint(
        team_id=unit.team_id,
        lead_id=actor_id,
        created_at=unit.now,
        length_hours=unit.playbook.length,
    )
    _fill(unit, sprint, form, start)
    unit.session.add(sprint)
    unit.session.flush()
    unit.audit(sprint.id, actor_id, "planned", "sprint", sprint.id, title=sprint.title)
    _after_plan(unit, sprint)
    return sprint


def edit_plan(
    unit: Unit, actor_id: str, sprint_id: int, form: PlanForm, *, receipt: str | None = None
) -> Sprint:
    """Change a plan before its start; see `plan_sprint`."""
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.EDIT_PLAN, sprint)
    require_planned(sprint)
    start = _checked(unit, form)
    unit.once(receipt)
    _fill(unit, sprint, form, start)
    unit.session.flush()
    unit.audit(sprint.id, actor_id, "plan_changed", "sprint", sprint.id, title=sprint.title)
    _after_plan(unit, sprint)
    return sprint


def planned_of(unit: Unit, channel_id: str | None, user_id: str) -> Sequence[Sprint]:
    """Return the planned sprints that somebody leads or plays in; none in a sprint's own channel.

    Args:
        unit: the open unit.
        channel_id: where they are; the sprint of a channel goes before everything planned.
        user_id: who they are.
    """
    in_channel = select(Sprint.id).where(
        Sprint.team_id == unit.team_id, Sprint.channel_id == channel_id
    )
    if channel_id and unit.session.scalar(in_channel) is not None:
        return []
    in_team = select(Member.sprint_id).where(Member.user_id == user_id)
    mine = or_(Sprint.lead_id == user_id, Sprint.id.in_(in_team))
    return unit.session.scalars(
        select(Sprint)
        .where(Sprint.team_id == unit.team_id, Sprint.status == "planned", mine)
        .order_by(Sprint.id.desc())
    ).all()


def require_planned(sprint: Sprint) -> None:
    """Refuse what only a planned sprint can have done to it.

    Raises:
        InputError: it has started or ended.
    """
    if sprint.status != "planned":
        raise InputError(say("plan.not_planned", status=sprint.status))


def _checked(unit: Unit, form: PlanForm) -> datetime:
    errors = _errors_about(form) | _errors_of_people(unit, form)
    start = _start_of(unit, form, errors)
    if errors or start is None:
        raise FormError(errors)
    _check_doubles(unit, form)
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
        if not form.criteria.get(key, (False, ""))[1].strip():
            errors[f"reason_{key}"] = say_plain("plan.error_reason")
    return errors


def _errors_of_people(unit: Unit, form: PlanForm) -> dict[str, str]:
    errors = {
        f"role_{role}": say_plain("plan.error_role")
        for role in Role
        if not _fills(unit, form.roles.get(role))
    }
    if bool(form.quiet_from) != bool(form.quiet_until):
        errors["quiet_until" if form.quiet_from else "quiet_from"] = say_plain("plan.error_quiet")
    return errors


def _fills(unit: Unit, user_id: str | None) -> bool:
    return bool(user_id) and can_act(unit, str(user_id))


def _start_of(unit: Unit, form: PlanForm, errors: dict[str, str]) -> datetime | None:
    """Read date, time and zone together; what cannot be read goes into `errors`."""
    try:
        zone = ZoneInfo(form.timezone.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        errors["timezone"] = say_plain("plan.error_timezone")
        return None
    try:
        local = datetime.fromisoformat(f"{form.date}T{form.time}").replace(tzinfo=zone)
    except ValueError:
        errors["date"] = say_plain("plan.error_when")
        return None
    start = datetime.fromtimestamp(local.timestamp(), tz=unit.now.tzinfo)
    if start.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        errors["time"] = say_plain("plan.error_gap")
    if start <= unit.now:
        errors["time"] = say_plain("plan.error_past")
    if start > unit.now + FARTHEST:
        errors["date"] = say_plain("plan.error_far")
    return start


def _check_doubles(unit: Unit, form: PlanForm) -> None:
    counted = Counter(user for user in form.roles.values() if user)
    doubled = [user for user, times in counted.items() if times > 1]
    if not doubled or form.accepts_doubles:
        return
    sentences = []
    for user in doubled:
        titles = [unit.playbook.role(key).title for key, who in form.roles.items() if who == user]
        sentences.append(say("plan.form_doubles", who=mention(user), roles=" and ".join(titles)))
    raise DoublesError("\n".join(sentences))


def _fill(unit: Unit, sprint: Sprint, form: PlanForm, start: datetime) -> None:
    sprint.title = form.title.strip()
    sprint.use_case = str(form.use_case)
    sprint.use_case_words = form.use_case_words.strip() or None
    sprint.criteria = {
        key: {"met": met, "reason": reason.strip()} for key, (met, reason) in form.criteria.items()
    }
    sprint.planned_start = start
    sprint.timezone = form.timezone.strip()
    sprint.quiet_from = form.quiet_from
    sprint.quiet_until = form.quiet_until
    sprint.sponsor_id = form.sponsor_id
    sprint.digest_channel_id = form.digest_channel_id
    sprint.is_private = form.is_private
    _fill_team(sprint, form)
    for user_id in {sprint.lead_id, *form.roles.values(), form.sponsor_id} - {None}:
        unit.meet(str(user_id))


def _fill_team(sprint: Sprint, form: PlanForm) -> None:
    known = {member.role: member for member in sprint.members}
    for role in Role:
        user_id = str(form.roles[role])
        if role in known:
            known[role].user_id = user_id
        else:
            sprint.members.append(Member(role=role.value, user_id=user_id))


def _after_plan(unit: Unit, sprint: Sprint) -> None:
    unit.set_timer(sprint.id, "start", "start", sprint.planned_start)
    for user_id in team_of(sprint):
        ask_expectation(unit, sprint, user_id)
        _send_calendar(unit, sprint, user_id)
    refresh_plan_card(unit, sprint)


def team_of(sprint: Sprint) -> list[str]:
    """Return the team's user ids, each once, in the order of their roles."""
    return list(dict.fromkeys(member.user_id for member in sprint.members))


def _send_calendar(unit: Unit, sprint: Sprint, user_id: str) -> None:
    """Send the calendar file; another start sends another file, which replaces the events."""
    content = calendar_file.calendar_for(sprint, unit.playbook, unit.now)
    stamp = int(sprint.planned_start.timestamp())
    unit.wish(
        f"plan:{sprint.id}:calendar:{user_id}:{stamp}",
        person_lane(user_id),
        {
            "filename": f"sprint-{sprint.id}-{stamp}.ics",
            "title": say_plain("plan.calendar_title"),
            "comment": say("plan.calendar_comment"),
            "content": base64.b64encode(content).decode("ascii"),
            "share": True,
        },
        kind="upload",
        sprint_id=sprint.id,
    )


def ask_expectation(unit: Unit, sprint: Sprint, user_id: str) -> None:
    """Ask a team member once what they expect to block the sprint."""
    if expectation_of(unit, sprint, user_id) is None:
        unit.wish(
            f"plan:{sprint.id}:expect:{user_id}",
            person_lane(user_id),
            expectation_ask(sprint.id, sprint.title, sprint.planned_start),
            sprint_id=sprint.id,
        )


def expectation_of(unit: Unit, sprint: Sprint, user_id: str) -> Expectation | None:
    """Return what somebody expects, or None while they have not said."""
    return unit.session.scalars(
        select(Expectation).where(
            Expectation.sprint_id == sprint.id, Expectation.user_id == user_id
        )
    ).one_or_none()


def answer_expectation(
    unit: Unit, actor_id: str, sprint_id: int, ranking: Sequence[str], kinds: Sequence[str]
) -> None:
    """Note what somebody expects; until the start they may change their mind.

    Args:
        unit: the open unit.
        actor_id: who answers.
        sprint_id: the sprint.
        ranking: the three categories, the most expected first.
        kinds: kinds that they have in mind, in no order.

    Raises:
        FormError: a category stands twice in the ranking.
        InputError: the sprint has begun, or they are not in its team.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.EXPECT, sprint)
    if sprint.status != "planned":
        raise InputError(say("plan.expect_late"))
    if set(ranking) != set(Category) or len(ranking) != len(Category):
        raise FormError({"rank_2nd": say_plain("plan.expect_twice")})
    known = expectation_of(unit, sprint, actor_id)
    expectation = known or Expectation(sprint_id=sprint.id, user_id=actor_id)
    expectation.ranking = list(ranking)
    expectation.kinds = [kind for kind in kinds if kind in set(Kind)]
    expectation.answered_at = unit.now
    unit.session.add(expectation)
    unit.session.flush()
    titles = [unit.playbook.category(key).title.lower() for key in ranking]
    unit.wish(
        f"plan:{sprint.id}:expect:{actor_id}",
        person_lane(actor_id),
        expectation_noted(sprint.title, ", then ".join(titles)),
        sprint_id=sprint.id,
    )
    unit.audit(
        sprint.id,
        actor_id,
        "expected",
        "sprint",
        sprint.id,
        ranking=list(ranking),
        kinds=list(expectation.kinds),
    )
    refresh_plan_card(unit, sprint)


def votes(expectations: Sequence[Expectation]) -> dict[Category, int]:
    """Count what the team expected: a vote for every kind ticked, else one for the first rank."""
    counted: dict[Category, int] = defaultdict(int)
    for expectation in expectations:
        for kind in expectation.kinds:
            counted[KIND_CATEGORY[Kind(kind)]] += 1
        if not expectation.kinds and expectation.ranking:
            counted[Category(expectation.ranking[0])] += 1
    return dict(counted)


def start_sprint(
    unit: Unit, actor_id: str, sprint_id: int, *, override: str | None = None
) -> Sprint:
    """Start a planned sprint now.

    Args:
        unit: the open unit.
        actor_id: who starts it, or the clock.
        sprint_id: the sprint.
        override: the lead's sentence when a criterion is not met.

    Raises:
        FormError: the override says too little.
        UnmetError: a criterion is not met and there is no override.
        InputError: it cannot start, in words for the person.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    if actor_id != THE_CLOCK:
        require(unit, actor_id, Action.START, sprint)
    require_planned(sprint)
    unmet = unmet_criteria(unit, sprint)
    if unmet and not sprint.override_reason:
        _override(unit, sprint, actor_id, unmet, override)
    kickoff.begin(unit, sprint, actor_id)
    refresh_plan_card(unit, sprint)
    return sprint


class UnmetError(InputError):
    """A criterion is not met, so the sprint does not start; `criteria` names what is not."""

    def __init__(self, criteria: str) -> None:
        super().__init__(say_plain("plan.unmet_refusal", criteria=criteria))
        self.criteria = criteria


def _override(unit: Unit, sprint: Sprint, actor_id: str, unmet: str, override: str | None) -> None:
    if override is None:
        raise UnmetError(unmet)
    require(unit, actor_id, Action.OVERRIDE, sprint)
    if len(override.strip()) < SHORTEST_OVERRIDE:
        raise FormError({"reason": say_plain("plan.override_short")})
    sprint.override_reason = override.strip()
    sprint.override_by = actor_id
    unit.audit(sprint.id, actor_id, "overrode", "criterion", sprint.id, reason=override.strip())


def unmet_criteria(unit: Unit, sprint: Sprint) -> str:
    """Say which criteria are not met, as half a sentence; empty when all are."""
    unmet = [
        unit.playbook.criterion(key).title
        for key in Criterion
        if not sprint.criteria.get(key, {}).get("met")
    ]
    if not unmet:
        return ""
    quoted = " and ".join(f"“{title}”" for title in unmet)
    return f"{quoted} {'is' if len(unmet) == 1 else 'are'} not met"


def start_on_time(unit: Unit, sprint: Sprint) -> None:
    """Start a sprint whose time has come, or tell its lead why it does not."""
    if sprint.status != "planned":
        return
    try:
        start_sprint(unit, THE_CLOCK, sprint.id)
    except UnmetError as unmet:
        words = say("plan.unmet_missed", title=sprint.title, criteria=unmet.criteria)
        unit.wish(
            f"plan:{sprint.id}:missed:{int(sprint.planned_start.timestamp())}",
            person_lane(sprint.lead_id),
            {"text": words, "blocks": []},
            sprint_id=sprint.id,
        )
        refresh_plan_card(unit, sprint)


def cancel_sprint(unit: Unit, actor_id: str, sprint_id: int, reason: str = "") -> Sprint:
    """Stop a sprint for good, without a debrief.

    Raises:
        InputError: it has ended already, or they may not.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.CANCEL, sprint)
    if sprint.status not in ACTIVE:
        raise InputError(say("plan.not_active", title=sprint.title, status=sprint.status))
    was_running = sprint.status != "planned"
    sprint.status = "cancelled"
    sprint.ended_at = unit.now
    unit.drop_timers(sprint.id)
    unit.audit(sprint.id, actor_id, "cancelled", "sprint", sprint.id, reason=reason.strip())
    if was_running:
        kickoff.say_cancelled(unit, sprint, actor_id, reason.strip())
    refresh_plan_card(unit, sprint)
    return sprint


def refresh_plan_card(unit: Unit, sprint: Sprint) -> None:
    """Bring the plan's card in the lead's direct messages up to date."""
    is_open = sprint.status == "planned"
    roles = {member.role: member.user_id for member in sprint.members}
    card = PlanCard(
        sprint_id=sprint.id,
        title=sprint.title,
        status_line=_status_line(unit, sprint),
        roles=[
            (words.title, _mention(roles.get(words.key.value))) for words in unit.playbook.roles
        ],
        criteria=_criteria_lines(unit, sprint),
        missing=_missing(unit, sprint) if is_open else [],
        is_open=is_open,
    )
    unit.wish(
        f"plan:{sprint.id}:card",
        person_lane(sprint.lead_id),
        plan_card(card),
        sprint_id=sprint.id,
    )


def _mention(user_id: str | None) -> str:
    return mention(user_id) if user_id else ""


def _status_line(unit: Unit, sprint: Sprint) -> Mrkdwn:
    if sprint.status == "planned":
        length = sprint.length_hours
        return say("plan.card_starts", start=moment(sprint.planned_start), length=length)
    if sprint.status == "cancelled":
        return say("plan.card_cancelled", who=unit.name(sprint.lead_id))
    if sprint.status == "closed" and sprint.path:
        return say("plan.card_closed", path=unit.playbook.path(sprint.path).title)
    return say("plan.card_running", channel=channel_words(sprint))


def channel_words(sprint: Sprint) -> Mrkdwn:
    """Return a link to the sprint's channel, or what to say until it is there."""
    return Mrkdwn(f"<#{sprint.channel_id}>") if sprint.channel_id else Mrkdwn("its channel")


def _criteria_lines(unit: Unit, sprint: Sprint) -> list[Mrkdwn]:
    lines = []
    for words in unit.playbook.criteria:
        answer = sprint.criteria.get(words.key.value, {})
        key = "plan.criterion_met" if answer.get("met") else "plan.criterion_unmet"
        reason = answer.get("reason") or say_plain("plan.no_reason")
        lines.append(say(key, title=words.title, reason=reason))
    if sprint.override_reason:
        who = unit.name(sprint.override_by)
        lines.append(say("plan.overridden", who=who, reason=sprint.override_reason))
    return lines


def _missing(unit: Unit, sprint: Sprint) -> list[Mrkdwn]:
    lines = [
        say("plan.missing_criterion", title=unit.playbook.criterion(key).title)
        for key in Criterion
        if not sprint.criteria.get(key, {}).get("met")
    ]
    answered = set(
        unit.session.scalars(select(Expectation.user_id).where(Expectation.sprint_id == sprint.id))
    )
    lines += [
        say("plan.missing_vote", who=mention(user_id))
        for user_id in team_of(sprint)
        if user_id not in answered
    ]
    return lines


def plan_view(sprint: Sprint) -> PlanView:
    """Return what the form shows of a plan that is there already."""
    local = sprint.planned_start.astimezone(ZoneInfo(sprint.timezone))
    return PlanView(
        sprint_id=sprint.id,
        title=sprint.title,
        use_case=sprint.use_case,
        use_case_words=sprint.use_case_words,
        criteria={
            key: (bool(answer.get("met")), str(answer.get("reason", "")))
            for key, answer in sprint.criteria.items()
        },
        roles={member.role: member.user_id for member in sprint.members},
        date=local.date().isoformat(),
        time=f"{local:%H:%M}",
        timezone=sprint.timezone,
        quiet_from=sprint.quiet_from,
        quiet_until=sprint.quiet_until,
        sponsor_id=sprint.sponsor_id,
        digest_channel_id=sprint.digest_channel_id,
        is_private=sprint.is_private,
    )
