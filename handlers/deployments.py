"""`/sprint deploy` and `/sprint rollback`, and the buttons and forms of a deployment's cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from bot.deployments import external, queries, service, setup
from bot.deployments.forms import SetUpForm, shown_control
from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.rollout import gate_of
from bot.domain.vocabulary import OwnedPart
from bot.messages.catalog import say, say_plain
from bot.messages.deployment_card import SetUp, plan_form, set_up_form, why_form
from bot.probe_runs import service as probe_runs
from bot.probe_runs.service import Probe
from bot.slack.action_ids import Act, ViewId
from bot.sprints.selection import require_running
from bot.unit_of_work import UnitOfWork
from handlers import approvals
from handlers.authorization import asks, of_deployment
from handlers.context import Handler, HandlerContext
from handlers.presses import acts
from handlers.request import AfterCommit, Answer, Done, Ephemeral, Open, Request
from handlers.sprint_lookup import sprint_meant
from handlers.typed_text import pack, split_words, typed_text, unpack

ELSEWHERE: Final = "elsewhere"
WATCH: Final = "watch"
_OVERRIDE: Final = re.compile(r"(?:--|—|–)override(?:\s+|=)?(?P<reason>.*)", re.DOTALL)
"""Slack's clients turn two hyphens into a dash as one types."""
_LINK: Final = re.compile(r"<(?P<url>https?://[^|>\s]+)(?:\|[^>]*)?>")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed after `/sprint deploy`.

    Args:
        percent: the share; None where none was typed.
        elsewhere: whether it runs elsewhere.
        link: what shows it.
        is_watched: whether the link is an address to ask.
        override: why the checklist is passed over; None where it is not.
    """

    percent: float | None = None
    elsewhere: bool = False
    link: str | None = None
    is_watched: bool = False
    override: str | None = None


def read_deploy(text: str) -> Typed:
    """Read what was typed after `/sprint deploy`.

    Raises:
        InputError: it is neither the checklist nor something that runs elsewhere.
    """
    plain = typed_text(_LINK.sub(lambda found: found["url"], text))
    override = _OVERRIDE.search(plain)
    words = split_words(plain[: override.start()] if override else plain)
    elsewhere = bool(words) and words[0].lower() == ELSEWHERE
    rest = [word for word in words[int(elsewhere) :] if word != "%"]
    percent = _percent(rest[0]) if rest else None
    if elsewhere:
        return _elsewhere(percent, rest[1:])
    if len(rest) > 1 or (rest and percent != 1):
        raise InputError(say("rollout.percent_error"))
    return Typed(percent, override=override["reason"] if override else None)


def _percent(word: str) -> float | None:
    try:
        return float(word.rstrip("%").replace(",", "."))
    except ValueError:
        return None


def _elsewhere(percent: float | None, rest: list[str]) -> Typed:
    is_watched = bool(rest) and rest[0].lower() == WATCH
    links = rest[int(is_watched) :]
    if percent is None or len(links) > 1 or (is_watched and not links):
        raise InputError(say("rollout.elsewhere_error"))
    return Typed(percent, elsewhere=True, link=next(iter(links), None), is_watched=is_watched)


def on_deploy(ctx: HandlerContext, request: Request) -> Answer:
    """Open the checklist, pass it over with a reason, or note what runs elsewhere."""
    typed = read_deploy(request.text)
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    if typed.elsewhere:
        return _note(uow, request, sprint.id, typed)
    row = service.propose(uow, request.user_id, sprint.id)
    if typed.override is None:
        return _say(
            "rollout.deploy_ack",
            is_live=row.state == DeploymentState.LIVE,
            missing=len(gate_of(queries.gate_facts(uow, row, sprint)).missing),
            lead=uow.name(sprint.lead_id),
        )
    service.open_traffic(uow, request.user_id, row.id, override=typed.override)
    return _say("rollout.overridden_ack")


def _note(uow: UnitOfWork, request: Request, sprint_id: int, typed: Typed) -> Answer:
    row = external.note_elsewhere(
        uow,
        request.user_id,
        sprint_id,
        typed.percent or 0.0,
        link=typed.link,
        is_watched=typed.is_watched,
    )
    kind = "watched" if row.address else "evidence" if row.evidence else "claimed"
    return _say(f"rollout.elsewhere_ack_{kind}", percent=f"{row.percent:g}")


def on_rollback(ctx: HandlerContext, request: Request) -> Answer:
    """Take back all that is live in a sprint."""
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    outcome = external.roll_back_all(uow, request.user_id, sprint.id, typed_text(request.text))
    return _say(f"rollout.{outcome}_ack")


def _say(key: str, **facts: Any) -> Ephemeral:
    return Ephemeral(say(key, **facts))


# --- buttons --------------------------------------------------------------------------------


def on_roll_back(ctx: HandlerContext, request: Request) -> Answer:
    """Answer the red button: the model is pulled first, and the reason is asked after that."""
    row, changed = service.roll_back(ctx.uow, request.user_id, request.number())
    if not changed:
        return _say("rollout.already_rolled_back_ack")
    private = pack(deployment=row.id)
    return AfterCommit(lambda: Open(why_form(private)))


def submit_why(ctx: HandlerContext, request: Request) -> Answer:
    """Note why the model was rolled back."""
    number, why = unpack(request).required("deployment"), request.form.text("why")
    service.explain_pull(ctx.uow, request.user_id, number, why)
    return Done()


def on_open(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Go live*; only the lead may, and only when nothing is missing."""
    service.open_traffic(ctx.uow, request.user_id, request.number())
    return _say("rollout.deployed_ack")


def on_accept(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *I own it* and *Accept*: whoever presses answers for that part."""
    part = _part(request)
    is_new = setup.accept_ownership(ctx.uow, request.user_id, request.number(), part)
    return Done() if is_new else _say("rollout.accepted_already", part=setup.part_words(part))


def _part(request: Request) -> OwnedPart:
    word = request.value.partition(":")[2]
    try:
        return OwnedPart(word)
    except ValueError:
        raise InputError(say("blocker.unknown_choice")) from None


def on_ask(ctx: HandlerContext, request: Request) -> Answer:
    """Open the request for an approval with its subject filled in."""
    subject = request.value.partition(":")[2]
    row, sprint = queries.find(ctx.reading, request.number())
    what = say_plain("rollout.ask_what", title=sprint.title)
    initial = {"subject": subject, "what": what}
    return approvals.open_form(ctx, request, row.sprint_id, initial=initial)


def on_check(ctx: HandlerContext, request: Request) -> Answer:
    """Run the governance check of the deployment."""
    offer = ctx.probes.offers.get(queries.GOVERNANCE)
    if offer is None:
        raise InputError(say("probe.off"))
    uow = ctx.uow
    row, sprint = queries.find(uow, request.number())
    probe = Probe(offer.name, offer.phase)
    probe_runs.request_probe(uow, request.user_id, row.sprint_id, probe)
    service.refresh(uow, sprint)
    return Done()


def open_set_up(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form for owners, on-call and the control answer."""
    return _set_up(ctx, request.number())


def more_of_set_up(ctx: HandlerContext, request: Request) -> Answer:
    """Show every field of the set-up form."""
    return _set_up(ctx, unpack(request).required("deployment"), more=True)


def _set_up(ctx: HandlerContext, deployment_id: int, *, more: bool = False) -> Answer:
    uow = ctx.reading
    row, sprint = queries.find(uow, deployment_id)
    require_running(sprint)
    shown = SetUp(
        deployment_id=row.id,
        owners={OwnedPart(each.part): each.user_id for each in queries.owners(uow, row)},
        on_call=row.on_call,
        control=shown_control(row.control),
        entity_column=row.entity_column or "",
        keeps_features=row.keeps_features,
    )
    return Open(set_up_form(shown, pack(deployment=shown.deployment_id), more=more))


def submit_set_up(ctx: HandlerContext, request: Request) -> Answer:
    """Keep what the set-up form says."""
    form = SetUpForm(
        owners={part: request.form.user(f"owner_{part}") for part in OwnedPart},
        on_call=request.form.user("on_call"),
        control=request.form.text("control"),
        entity_column=request.form.text("entity_column"),
        keeps_features="yes" in request.form.choices("features")
        if request.form.has("features")
        else None,
    )
    setup.set_up(ctx.uow, request.user_id, unpack(request).required("deployment"), form)
    return Done()


def open_plan(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form for what the business does with the output."""
    uow = ctx.reading
    _, sprint = queries.find(uow, request.number())
    require_running(sprint)
    return Open(plan_form(pack(sprint=sprint.id)))


def submit_plan(ctx: HandlerContext, request: Request) -> Answer:
    """Note what the business does with the output."""
    external.set_action_plan(
        ctx.uow,
        request.user_id,
        unpack(request).required("sprint"),
        ready=request.form.one_of("ready", ("yes", "no")) == "yes",
        note=request.form.text("plan"),
    )
    return Done()


def on_refresh(ctx: HandlerContext, request: Request) -> Answer:
    """Bring the cards up to date with what was served since."""
    uow = ctx.uow
    row, sprint = queries.find(uow, request.number())
    service.refresh(uow, sprint)
    state = say_plain(f"rollout.state_{row.state}")
    return _say("rollout.refreshed", state=state)


ACTIONS: Final[dict[str, Handler]] = {
    Act.DEPLOY_ROLL_BACK: on_roll_back,
    Act.DEPLOY_OPEN: on_open,
    Act.DEPLOY_REHEARSE: acts(service.rehearse),
    Act.DEPLOY_ADVANCE: acts(service.advance),
    Act.DEPLOY_STEP_BACK: acts(service.step_back),
    Act.DEPLOY_ACCEPT: on_accept,
    Act.DEPLOY_ASK: on_ask,
    Act.DEPLOY_CHECK: on_check,
    Act.DEPLOY_SET_UP: asks(Action.DEPLOY, of_deployment, open_set_up),
    Act.DEPLOY_PLAN: asks(Action.SET_ACTION_PLAN, of_deployment, open_plan),
    Act.DEPLOY_REFRESH: asks(Action.READ, of_deployment, on_refresh, writes=True),
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.DEPLOY_SET_UP: submit_set_up,
    ViewId.DEPLOY_PLAN: submit_plan,
    ViewId.DEPLOY_WHY: submit_why,
}
MORE: Final[dict[str, Handler]] = {
    ViewId.DEPLOY_SET_UP: asks(Action.DEPLOY, of_deployment, more_of_set_up)
}
