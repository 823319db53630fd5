"""Planning and starting: `/sprint plan`, its form, the plan card's buttons, the expectation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.slack import blocks
from bot.slack.cards.plan_card import (
    PLACES,
    PlanView,
    cancel_form,
    expectation_form,
    override_form,
    plan_form,
)
from bot.slack.cards.sprint_card import KICKOFF_FIELDS, kickoff_form
from bot.slack.ids import Act, View
from bot.slack.text import Mrkdwn, moment
from bot.slack.words import say, say_plain
from bot.sprint.errors import InputError
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import Category, Criterion, Role
from bot.store.models import Person, Sprint
from bot.usecases import expectations, kickoff, planning
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.plan_form import DoublesError, PlanForm, plan_view
from bot.usecases.planning import UnmetError
from bot.usecases.which import SeveralSprintsError, sprint_here
from handlers.desk import Desk, Handler
from handlers.request import Done, Open, Outcome, Replace, Request, Say

DEFAULT_START: Final = timedelta(hours=24)
RERUN_PREFIX: Final = "rerun:"


def open_plan(desk: Desk, request: Request) -> Outcome:
    """Open the empty form, with tomorrow's next full hour in the person's own zone."""
    with desk.house.reading(request.team_id) as unit:
        require(unit, request.user_id, Action.PLAN)
        return Open(plan_form(unit.playbook, _fresh_view(unit, request.user_id)))


def _fresh_view(unit: Unit, user_id: str) -> PlanView:
    zone = _zone_of(unit, user_id)
    start = (unit.now + DEFAULT_START).astimezone(ZoneInfo(zone))
    return PlanView(date=start.date().isoformat(), time=f"{start:%H}:00", timezone=zone)


def _zone_of(unit: Unit, user_id: str) -> str:
    zone = unit.session.scalar(
        select(Person.timezone).where(Person.team_id == unit.team_id, Person.user_id == user_id)
    )
    try:
        return ZoneInfo(zone or "UTC").key
    except (KeyError, ValueError, OSError):
        return "UTC"


def open_edit(desk: Desk, request: Request) -> Outcome:
    """Open the form with the plan in it."""
    with desk.house.reading(request.team_id) as unit:
        sprint = _planned_sprint(unit, request)
        require(unit, request.user_id, Action.EDIT_PLAN, sprint)
        planning.require_planned(sprint)
        return Open(plan_form(unit.playbook, plan_view(sprint)))


def _planned_sprint(unit: Unit, request: Request) -> Sprint:
    """Return the sprint that a button names, else the channel's, else one's own planned one."""
    if request.value:
        return unit.sprint(request.number())
    mine = planning.planned_of(unit, request.channel_id, request.user_id)
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise SeveralSprintsError(mine)
    return _any_sprint(unit, request)


def _any_sprint(unit: Unit, request: Request) -> Sprint:
    """Return the sprint that a button names, else the one that is meant here."""
    if request.value:
        return unit.sprint(request.number())
    try:
        return sprint_here(unit, request.channel_id, request.user_id)
    except InputError as missing:
        if missing.field:
            raise
        raise InputError(say("help.no_plan")) from None


def submit_plan(desk: Desk, request: Request) -> Outcome:
    """Save the plan; one person in two roles is asked about first."""
    form = _read_plan(request)
    sprint_id, rerun_of = _plan_target(request.private)
    try:
        with desk.house.unit(request.team_id) as unit:
            unit.meet(request.user_id, request.user_name)
            if rerun_of is not None:
                require(unit, request.user_id, Action.RERUN, unit.sprint(rerun_of))
            if sprint_id is None:
                sprint = planning.plan_sprint(unit, request.user_id, form, receipt=request.receipt)
                sprint.rerun_of = rerun_of
            else:
                sprint = planning.edit_plan(
                    unit, request.user_id, sprint_id, form, receipt=request.receipt
                )
            words = _saved_words(sprint, is_new=sprint_id is None)
    except DoublesError as doubled:
        return _ask_about_doubles(desk, request, form, doubled.sentence)
    return Say(blocks.message(words))


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


def _ask_about_doubles(desk: Desk, request: Request, form: PlanForm, sentence: str) -> Outcome:
    """Show the form again with what was typed and the warning to confirm on top."""
    with desk.house.reading(request.team_id) as unit:
        view = plan_form(unit.playbook, _view_of(form), doubles=sentence)
    return Replace(view | {"private_metadata": request.private})


def _view_of(form: PlanForm) -> PlanView:
    return PlanView(
        title=form.title,
        use_case=form.use_case,
        use_case_words=form.use_case_words,
        criteria=form.criteria,
        roles={role: str(user) for role, user in form.roles.items() if user},
        date=form.date,
        time=form.time,
        timezone=form.timezone,
        quiet_from=form.quiet_from,
        quiet_until=form.quiet_until,
        sponsor_id=form.sponsor_id,
        digest_channel_id=form.digest_channel_id,
        is_private=form.is_private,
    )


def _read_plan(request: Request) -> PlanForm:
    form = request.form
    return PlanForm(
        title=form.text("title"),
        use_case=form.choice("use_case"),
        use_case_words=form.text("use_case_words"),
        criteria={
            key.value: (form.choice(f"criterion_{key}") == "yes", form.text(f"reason_{key}"))
            for key in Criterion
        },
        roles={role.value: form.user(f"role_{role}") for role in Role},
        date=form.date("date"),
        time=form.time("time"),
        timezone=form.text("timezone"),
        quiet_from=form.time("quiet_from"),
        quiet_until=form.time("quiet_until"),
        sponsor_id=form.user("sponsor"),
        digest_channel_id=form.conversation("digest_channel"),
        is_private="private" in form.choices("private"),
        accepts_doubles="yes" in form.choices("doubles"),
    )


def start(desk: Desk, request: Request) -> Outcome:
    """Start now; an unmet criterion asks the lead for a sentence first."""
    try:
        with desk.house.unit(request.team_id) as unit:
            sprint = _planned_sprint(unit, request)
            sprint_id = sprint.id
            planning.start_sprint(unit, request.user_id, sprint_id)
            words = say("plan.started", title=sprint.title)
    except UnmetError as unmet:
        return _ask_override(desk, request, sprint_id, unmet)
    return Say(blocks.message(words))


def _ask_override(desk: Desk, request: Request, sprint_id: int, unmet: UnmetError) -> Outcome:
    with desk.house.reading(request.team_id) as unit:
        sprint = unit.sprint(sprint_id)
        try:
            require(unit, request.user_id, Action.OVERRIDE, sprint)
        except InputError:
            raise unmet from None
    return Open(override_form(sprint_id, unmet.criteria))


def submit_override(desk: Desk, request: Request) -> Outcome:
    """Start against an unmet criterion, with the sentence that says why."""
    with desk.house.unit(request.team_id) as unit:
        sprint = planning.start_sprint(
            unit, request.user_id, request.number(), override=request.form.text("reason")
        )
        return Say(blocks.message(say("plan.started", title=sprint.title)))


def open_cancel(desk: Desk, request: Request) -> Outcome:
    """Ask before a sprint is cancelled."""
    with desk.house.reading(request.team_id) as unit:
        sprint = _any_sprint(unit, request)
        require(unit, request.user_id, Action.CANCEL, sprint)
        if sprint.status not in planning.ACTIVE:
            raise InputError(say("plan.not_active", title=sprint.title, status=sprint.status))
        return Open(cancel_form(sprint.id, sprint.title))


def cancel_from_card(desk: Desk, request: Request) -> Outcome:
    """Cancel from the plan card, whose button has asked already."""
    return _cancel(desk, request, "")


def submit_cancel(desk: Desk, request: Request) -> Outcome:
    """Cancel a sprint for good."""
    return _cancel(desk, request, request.form.text("reason"))


def _cancel(desk: Desk, request: Request, reason: str) -> Outcome:
    with desk.house.unit(request.team_id) as unit:
        sprint = planning.cancel_sprint(unit, request.user_id, request.number(), reason)
        return Say(blocks.message(say("plan.cancelled", title=sprint.title)))


def open_expectation(desk: Desk, request: Request) -> Outcome:
    """Open the question what somebody expects, with what they said so far."""
    with desk.house.reading(request.team_id) as unit:
        sprint = unit.sprint(request.number())
        require(unit, request.user_id, Action.EXPECT, sprint)
        if sprint.status != "planned":
            raise InputError(say("plan.expect_late"))
        said = expectations.expectation_of(unit, sprint, request.user_id)
        ranking, kinds = (said.ranking, said.kinds) if said else ([], [])
        return Open(expectation_form(unit.playbook, sprint.id, ranking, kinds))


def submit_expectation(desk: Desk, request: Request) -> Outcome:
    """Note what somebody expects."""
    ranking = [request.form.choice(f"rank_{place}") or "" for place in PLACES]
    kinds = [kind for category in Category for kind in request.form.choices(f"kinds_{category}")]
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        expectations.answer_expectation(unit, request.user_id, request.number(), ranking, kinds)
    return Done()


def open_kickoff(desk: Desk, request: Request) -> Outcome:
    """Open the kickoff form with what was filled in so far."""
    with desk.house.reading(request.team_id) as unit:
        sprint = unit.sprint(request.number())
        require(unit, request.user_id, Action.KICK_OFF, sprint)
        kickoff.require_running(sprint)
        filled = {name: str(sprint.kickoff.get(name, "")) for name in KICKOFF_FIELDS}
        return Open(kickoff_form(sprint.id, filled))


def submit_kickoff(desk: Desk, request: Request) -> Outcome:
    """Note the kickoff."""
    answers = {name: request.form.text(name) for name in KICKOFF_FIELDS}
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        kickoff.save_kickoff(unit, request.user_id, request.number(), answers)
    return Done()


def open_rerun(desk: Desk, request: Request) -> Outcome:
    """Open the form for another run, filled in from the last one."""
    with desk.house.reading(request.team_id) as unit:
        if request.value:
            last = unit.sprint(request.number())
        else:
            last = sprint_here(unit, request.channel_id, request.user_id)
        require(unit, request.user_id, Action.RERUN, last)
        fresh = _fresh_view(unit, request.user_id)
        view = replace(
            plan_view(last),
            sprint_id=None,
            title=say_plain("fix.rerun_title", title=last.title)[:120],
            date=fresh.date,
            time=fresh.time,
        )
        form = plan_form(unit.playbook, view)
        return Open(form | {"private_metadata": f"{RERUN_PREFIX}{last.id}"})


ACTIONS: Final[dict[str, Handler]] = {
    Act.PLAN_OPEN: open_plan,
    Act.PLAN_EDIT: open_edit,
    Act.PLAN_START: start,
    Act.PLAN_CANCEL: cancel_from_card,
    Act.EXPECT_OPEN: open_expectation,
    Act.KICKOFF_OPEN: open_kickoff,
    Act.CANCEL_SPRINT: open_cancel,
    Act.RERUN_OPEN: open_rerun,
}
VIEWS: Final[dict[str, Handler]] = {
    View.PLAN: submit_plan,
    View.OVERRIDE: submit_override,
    View.CANCEL: submit_cancel,
    View.EXPECT: submit_expectation,
    View.KICKOFF: submit_kickoff,
}
