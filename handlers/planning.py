"""Planning and starting: `/sprint plan`, its form, the plan card's buttons, the expectation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.db.models import Person, Sprint
from bot.domain.enums import LIVE, UNFINISHED, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action, is_allowed
from bot.domain.vocabulary import Category, Criterion, Role, UseCase
from bot.messages.catalog import say, say_plain
from bot.messages.plan_card import (
    PLACES,
    PlanView,
    cancel_form,
    expectation_form,
    override_form,
    people_form,
    plan_form,
)
from bot.messages.sprint_card import KICKOFF_FIELDS, kickoff_form
from bot.planning import expectations, kickoff
from bot.planning import service as planning
from bot.planning.defaults import next_working_morning, people_of, roles_of, use_case_of
from bot.planning.forms import DoublesError, PeopleForm, PlanForm, plan_view
from bot.planning.queries import expectation_of
from bot.planning.running_edit import change_people, require_changeable
from bot.planning.service import UnmetError
from bot.slack.action_ids import Act, ViewId
from bot.slack.text import Mrkdwn, moment
from bot.sprints.people import relations
from bot.sprints.selection import SeveralSprintsError, refuse_cancelled, require_running
from bot.unit_of_work import UnitOfWork
from handlers.authorization import asks, nothing, of_sprint
from handlers.context import Handler, HandlerContext
from handlers.request import Answer, Done, Ephemeral, Open, Replace, Request
from handlers.sprint_lookup import sprint_meant

RERUN_PREFIX: Final = "rerun:"


def open_plan(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form for a new sprint, which starts on the next working morning."""
    uow = ctx.reading
    return Open(plan_form(uow.playbook, _fresh_view(uow, request.user_id)))


def _fresh_view(uow: UnitOfWork, user_id: str) -> PlanView:
    zone = _zone_of(uow, user_id)
    return PlanView(
        criteria={
            key.value: (True if key is Criterion.VALUABLE else None, "") for key in Criterion
        },
        roles=roles_of([user_id]),
        people=[user_id],
        start=next_working_morning(uow.now, zone),
        timezone=zone,
    )


def _zone_of(uow: UnitOfWork, user_id: str) -> str:
    zone = uow.session.scalar(
        select(Person.timezone).where(Person.team_id == uow.team_id, Person.user_id == user_id)
    )
    try:
        return ZoneInfo(zone or "UTC").key
    except (KeyError, ValueError, OSError):
        return "UTC"


def open_edit(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form with the plan in it."""
    uow = ctx.reading
    sprint = _planned_sprint(uow, request)
    if sprint.status in LIVE:
        require_changeable(uow, request.user_id, sprint)
        return Open(people_form(uow.playbook, plan_view(sprint)))
    planning.require_planned(sprint)
    return Open(plan_form(uow.playbook, plan_view(sprint)))


def _require_postable(ctx: HandlerContext, request: Request) -> None:
    """Refuse a channel for digests that Slack would refuse the bot's posts in.

    Raises:
        InputError: what to do about it.
    """
    chosen = request.form.conversation("digest_channel")
    why = ctx.unpostable(request.team_id, chosen) if chosen else None
    if why:
        raise InputError(say_plain(f"plan.error_channel_{why}"), field="digest_channel")


def submit_people(ctx: HandlerContext, request: Request) -> Answer:
    """Replace people, channel or quiet hours of a running sprint."""
    _require_postable(ctx, request)
    form = request.form
    chosen = PeopleForm(
        roles={role.value: form.user(f"role_{role}") for role in Role},
        sponsor_id=form.user("sponsor"),
        digest_channel_id=form.conversation("digest_channel"),
        quiet_from=form.time("quiet_from"),
        quiet_until=form.time("quiet_until"),
    )
    notice = change_people(
        ctx.uow,
        request.user_id,
        request.number(),
        chosen,
    )
    return Ephemeral(notice)


def _planned_sprint(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint that a button names, else the channel's, else one's own planned one."""
    if request.value:
        return uow.sprint(request.number())
    if request.sprint_id is not None:
        return sprint_meant(uow, request)
    mine = planning.planned_of(uow, request.channel_id, request.user_id)
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise SeveralSprintsError(mine)
    return _any_sprint(uow, request)


def _any_sprint(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint that a button names, else the one that is meant here."""
    if request.value:
        return uow.sprint(request.number())
    try:
        return sprint_meant(uow, request)
    except InputError as missing:
        if missing.field:
            raise
        raise InputError(say("help.no_plan")) from None


def _behind(uow: UnitOfWork, request: Request) -> Sprint | None:
    """Return the sprint that an open form is about, or the one that it runs again."""
    sprint_id, rerun_of = _plan_target(request.private)
    number = sprint_id or rerun_of
    return uow.sprint(number) if number else None


def _planned_as(request: Request) -> Action:
    """Return what sending an open form does."""
    sprint_id, rerun_of = _plan_target(request.private)
    return Action.EDIT_PLAN if sprint_id else Action.RERUN if rerun_of else Action.PLAN


def _view_behind(uow: UnitOfWork, request: Request) -> PlanView:
    """Return what an open form started with: a plan, the last run's, or nothing yet.

    Raises:
        InputError: it has started meanwhile.
    """
    sprint_id, rerun_of = _plan_target(request.private)
    if sprint_id is not None:
        sprint = uow.sprint(sprint_id)
        planning.require_planned(sprint)
        return plan_view(sprint)
    if rerun_of is not None:
        return _rerun_view(uow, request.user_id, uow.sprint(rerun_of))
    return _fresh_view(uow, request.user_id)


def more_of_plan(ctx: HandlerContext, request: Request) -> Answer:
    """Show every field of a plan; who was chosen so far fills the roles in their order."""
    uow = ctx.reading
    view = _view_behind(uow, request)
    form = _read_plan(request, view)
    return Open(plan_form(uow.playbook, _view_of(form, view.sprint_id), more=True))


def submit_plan(ctx: HandlerContext, request: Request) -> Answer:
    """Save the plan; one person in two roles is asked about first."""
    _require_postable(ctx, request)
    uow = ctx.reading
    form = _read_plan(request, _view_behind(uow, request))
    sprint_id, rerun_of = _plan_target(request.private)
    try:
        uow = ctx.uow
        if sprint_id is None:
            sprint = planning.plan_sprint(uow, request.user_id, form)
            sprint.rerun_of = rerun_of
        else:
            sprint = planning.edit_plan(
                uow,
                request.user_id,
                sprint_id,
                form,
            )
        words = _saved_words(sprint, is_new=sprint_id is None)
        if (twin := planning.twin_of(uow, sprint)) is not None:
            warned = say("plan.twin", title=sprint.title, number=twin.id)
            words = Mrkdwn(f"{words}\n{warned}")
    except DoublesError as doubled:
        ctx.undo()
        return _ask_about_doubles(ctx, request, form, doubled.sentence)
    return Ephemeral(words)


def _plan_target(private: str) -> tuple[int | None, int | None]:
    """Read which sprint a form is about, and which one it runs again."""
    number = private.removeprefix(RERUN_PREFIX)
    if not number.isdecimal():
        return None, None
    is_rerun = private.startswith(RERUN_PREFIX)
    return (None, int(number)) if is_rerun else (int(number), None)


def _saved_words(sprint: Sprint, *, is_new: bool) -> Mrkdwn:
    key = "plan.saved" if is_new else "plan.changed"
    return say(key, title=sprint.title, start=moment(sprint.planned_start))


def _ask_about_doubles(
    ctx: HandlerContext, request: Request, form: PlanForm, sentence: str
) -> Answer:
    """Show the form again with what was typed and the warning to confirm on top."""
    view = plan_form(ctx.reading.playbook, _view_of(form), doubles=sentence, more=True)
    return Replace(view | {"private_metadata": request.private})


def _view_of(form: PlanForm, sprint_id: int | None = None) -> PlanView:
    return PlanView(
        sprint_id=sprint_id,
        title=form.title,
        use_case=form.use_case,
        use_case_words=form.use_case_words,
        criteria=form.criteria,
        roles={role: str(user) for role, user in form.roles.items() if user},
        people=people_of(form.roles),
        start=form.start,
        timezone=form.timezone,
        quiet_from=form.quiet_from,
        quiet_until=form.quiet_until,
        sponsor_id=form.sponsor_id,
        digest_channel_id=form.digest_channel_id,
        is_private=form.is_private,
    )


def _read_plan(request: Request, behind: PlanView) -> PlanForm:
    """Read a plan; fields that stand behind *More* keep what the form started with.

    Args:
        request: the submission, or the press on *More*.
        behind: what the form started with.
    """
    form, whole = request.form, request.form.has("timezone")
    title = form.text("title")
    rest = _read_more(request, title) if whole else _rest_of(behind, title)
    return PlanForm(
        title=title,
        criteria={key.value: _criterion(request, behind, key, whole=whole) for key in Criterion},
        roles=_roles(request, behind),
        start=form.moment("start"),
        sponsor_id=form.user("sponsor"),
        accepts_doubles="yes" in form.choices("doubles"),
        **rest,
    )


def _criterion(
    request: Request, behind: PlanView, key: Criterion, *, whole: bool
) -> tuple[bool | None, str]:
    form = request.form
    met, reason = (behind.criteria or {}).get(key.value, (None, ""))
    if whole:
        met = {"yes": True, "no": False}.get(form.choice(f"criterion_{key}") or "")
    return met, form.text(f"reason_{key}") if form.has(f"reason_{key}") else reason


def _roles(request: Request, behind: PlanView) -> dict[str, str | None]:
    """Read the roles; people whom nobody changed keep the roles that they have."""
    form = request.form
    if not form.has("people"):
        return {role.value: form.user(f"role_{role}") for role in Role}
    people, known = form.users("people"), dict(behind.roles or {})
    return {**known} if people == list(behind.people) and known else {**roles_of(people)}


def _read_more(request: Request, title: str) -> dict[str, Any]:
    form = request.form
    return {
        "use_case": form.choice("use_case"),
        "use_case_words": form.text("use_case_words") or _own_words(form.choice("use_case"), title),
        "timezone": form.text("timezone"),
        "quiet_from": form.time("quiet_from"),
        "quiet_until": form.time("quiet_until"),
        "digest_channel_id": form.conversation("digest_channel"),
        "is_private": "private" in form.choices("private"),
    }


def _rest_of(behind: PlanView, title: str) -> dict[str, Any]:
    """Return the fields behind *More*; a new plan's use case is read from its title."""
    use_case = behind.use_case or use_case_of(title)
    return {
        "use_case": use_case,
        "use_case_words": behind.use_case_words or _own_words(use_case, title),
        "timezone": behind.timezone,
        "quiet_from": behind.quiet_from,
        "quiet_until": behind.quiet_until,
        "digest_channel_id": behind.digest_channel_id,
        "is_private": behind.is_private,
    }


def _own_words(use_case: str | None, title: str) -> str:
    """Return what a use case of the team's own is called while nobody put it into words."""
    return title if use_case == UseCase.OTHER else ""


def start(ctx: HandlerContext, request: Request) -> Answer:
    """Start now; an unmet criterion asks the lead for a sentence first."""
    try:
        uow = ctx.uow
        sprint = _planned_sprint(uow, request)
        sprint_id = sprint.id
        planning.start_sprint(uow, request.user_id, sprint_id)
        words = say("plan.started", title=sprint.title)
    except UnmetError as unmet:
        ctx.undo()
        return _ask_override(ctx, request, sprint_id, unmet)
    return Ephemeral(words)


def _ask_override(
    ctx: HandlerContext, request: Request, sprint_id: int, unmet: UnmetError
) -> Answer:
    uow = ctx.reading
    sprint = uow.sprint(sprint_id)
    if not is_allowed(Action.OVERRIDE, relations(uow, request.user_id, sprint)):
        raise unmet
    return Open(override_form(sprint_id, unmet.criteria))


def submit_override(ctx: HandlerContext, request: Request) -> Answer:
    """Start against an unmet criterion, with the sentence that says why."""
    sprint = planning.start_sprint(
        ctx.uow, request.user_id, request.number(), override=request.form.text("reason")
    )
    return Ephemeral(say("plan.started", title=sprint.title))


def open_cancel(ctx: HandlerContext, request: Request) -> Answer:
    """Ask before a sprint is cancelled."""
    uow = ctx.reading
    sprint = _any_sprint(uow, request)
    if sprint.status not in UNFINISHED:
        words = say_plain(f"sprint.status_{sprint.status}")
        raise InputError(say("plan.not_active", title=sprint.title, status=words))
    has_started = sprint.status != SprintStatus.PLANNED
    return Open(cancel_form(sprint.id, sprint.title, has_started=has_started))


def cancel_from_card(ctx: HandlerContext, request: Request) -> Answer:
    """Cancel from the plan card, whose button has asked already."""
    return _cancel(ctx, request, "")


def submit_cancel(ctx: HandlerContext, request: Request) -> Answer:
    """Cancel a sprint for good."""
    return _cancel(ctx, request, request.form.text("reason"))


def _cancel(ctx: HandlerContext, request: Request, reason: str) -> Answer:
    sprint = planning.cancel_sprint(ctx.uow, request.user_id, request.number(), reason)
    return Ephemeral(say("plan.cancelled", title=sprint.title))


def open_expectation(ctx: HandlerContext, request: Request, *, more: bool = False) -> Answer:
    """Open the question what somebody expects, with what they said so far."""
    uow = ctx.reading
    sprint = uow.sprint(request.number())
    refuse_cancelled(sprint)
    if sprint.status != SprintStatus.PLANNED:
        raise InputError(say("plan.expect_late"))
    expectation = expectation_of(uow, sprint, request.user_id)
    ranking, kinds = (expectation.ranking, expectation.kinds) if expectation else ([], [])
    return Open(expectation_form(uow.playbook, sprint.id, ranking, kinds, more=more))


def more_of_expectation(ctx: HandlerContext, request: Request) -> Answer:
    """Show the kinds besides the ranking."""
    return open_expectation(ctx, request, more=True)


def submit_expectation(ctx: HandlerContext, request: Request) -> Answer:
    """Note what somebody expects."""
    ranking = [request.form.choice(f"rank_{place}") or "" for place in PLACES]
    kinds = [kind for category in Category for kind in request.form.choices(f"kinds_{category}")]
    uow = ctx.uow
    if not request.form.has(f"kinds_{Category.TECHNICAL}"):
        sprint = uow.sprint(request.number())
        expectation = expectation_of(uow, sprint, request.user_id)
        kinds = list(expectation.kinds) if expectation else []
    expectations.answer_expectation(uow, request.user_id, request.number(), ranking, kinds)
    return Done()


def open_kickoff(ctx: HandlerContext, request: Request) -> Answer:
    """Open the kickoff form with what was filled in so far."""
    uow = ctx.reading
    sprint = uow.sprint(request.number())
    require_running(sprint)
    filled = {name: str(sprint.kickoff.get(name, "")) for name in KICKOFF_FIELDS}
    return Open(kickoff_form(sprint.id, filled))


def submit_kickoff(ctx: HandlerContext, request: Request) -> Answer:
    """Note the kickoff."""
    answers = {name: request.form.text(name) for name in KICKOFF_FIELDS}
    kickoff.save_kickoff(ctx.uow, request.user_id, request.number(), answers)
    return Done()


def open_rerun(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form for another run, filled in from the last one."""
    uow = ctx.reading
    last = of_sprint(uow, request)
    form = plan_form(uow.playbook, _rerun_view(uow, request.user_id, last))
    return Open(form | {"private_metadata": f"{RERUN_PREFIX}{last.id}"})


def _rerun_view(uow: UnitOfWork, user_id: str, last: Sprint) -> PlanView:
    return replace(
        plan_view(last),
        sprint_id=None,
        title=say_plain("fix.rerun_title", title=last.title)[:120],
        start=_fresh_view(uow, user_id).start,
    )


SUBCOMMANDS: Final[dict[str, Handler]] = {
    "plan": asks(Action.PLAN, nothing, open_plan),
    "edit": asks(Action.EDIT_PLAN, _planned_sprint, open_edit),
    "start": start,
    "cancel": asks(Action.CANCEL, _any_sprint, open_cancel),
    "rerun": asks(Action.RERUN, of_sprint, open_rerun),
}
"""Words after `/sprint` that plan, start and end one."""
ACTIONS: Final[dict[str, Handler]] = {
    Act.PLAN_OPEN: SUBCOMMANDS["plan"],
    Act.PLAN_EDIT: SUBCOMMANDS["edit"],
    Act.PLAN_START: start,
    Act.PLAN_CANCEL: cancel_from_card,
    Act.EXPECT_OPEN: asks(Action.EXPECT, of_sprint, open_expectation),
    Act.KICKOFF_OPEN: asks(Action.KICK_OFF, of_sprint, open_kickoff),
    Act.CANCEL_SPRINT: SUBCOMMANDS["cancel"],
    Act.RERUN_OPEN: SUBCOMMANDS["rerun"],
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.PLAN: asks(_planned_as, _behind, submit_plan),
    ViewId.PEOPLE: submit_people,
    ViewId.OVERRIDE: submit_override,
    ViewId.CANCEL: submit_cancel,
    ViewId.EXPECT: submit_expectation,
    ViewId.KICKOFF: submit_kickoff,
}
MORE: Final[dict[str, Handler]] = {
    ViewId.PLAN: asks(_planned_as, _behind, more_of_plan),
    ViewId.EXPECT: asks(Action.EXPECT, of_sprint, more_of_expectation),
}
"""Forms with fields behind *More* → what opens them with all of those."""
