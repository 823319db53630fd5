"""`/probe`: what can be probed here and now, and the runs that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from bot.approvals.dossier import renew_dossiers
from bot.debrief.service import refresh_debrief
from bot.domain.enums import AuditAction, AuditSubject, SprintStatus
from bot.domain.errors import FormError, InputError
from bot.domain.permissions import Action
from bot.forms import check_form, rule, with_rules
from bot.hourly.prompts import answer_by_form
from bot.messages.acceptance_form import acceptance_form
from bot.messages.catalog import say, say_plain
from bot.messages.probe_card import ALL, override_form, probe_form
from bot.messages.welcome_card import probe_needs_a_sprint
from bot.probe_runs import overrides
from bot.probe_runs import service as probe_runs
from bot.probe_runs.acceptances import AcceptanceForm, accept
from bot.probe_runs.known_when import KnownWhen
from bot.probe_runs.to_blockers import log_stopping
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.text import Mrkdwn
from bot.sprints.selection import NoSprintError
from bot.sprints.snapshot import gather
from bot.unit_of_work import UnitOfWork
from handlers import blockers, fixes
from handlers.authorization import asks, nothing
from handlers.context import Handler, HandlerContext, ProbeOffer
from handlers.payload import row_number
from handlers.presses import acts, shows
from handlers.request import Answer, Done, Ephemeral, Open, Request, Say
from handlers.sprint_lookup import in_sprint, sprint_meant
from handlers.typed_probe import KNOWN_TEMPLATES, PROBE_READERS, read_probe
from handlers.typed_text import split_words, typed_text

USAGE: Final = {
    "source": "{name} SOURCE[.TABLE]",
    "two sources": "{name} A.TABLE B.TABLE",
    "target": "{name} TARGET",
    "nothing": "{name}",
}


def on_command(ctx: HandlerContext, request: Request) -> Answer:
    """List what can be probed, or run a probe."""
    words = split_words(typed_text(request.text))
    if not words:
        return _open_blank(ctx, request)
    if words[0].lower() in ("list", "help"):
        return asks(Action.READ, nothing, _list)(ctx, request)
    if [word.lower() for word in words] == ["checks"]:
        return fixes.list_checks(ctx, request)
    if [word.lower() for word in words] == ["environment", "remote"]:
        return _invite(ctx, request)
    if [word.lower() for word in words] == ["governance", "accept"]:
        return open_acceptance(ctx, request)
    probe = read_probe(ctx, words)
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    probe_runs.request_probe(uow, request.user_id, sprint.id, probe)
    return Ephemeral(say("probe.started"))


def _open_blank(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form, with the probe that this hour asks for."""
    uow = ctx.reading
    sprint = sprint_meant(uow, request)
    probe_runs.require_probing(uow, request.user_id, sprint)
    now = _probe_now(uow, request)
    return _open_form(ctx, f"{sprint.id}:", now if now in ctx.probes.offers else None)


def open_first(ctx: HandlerContext, request: Request) -> Answer:
    """Answer *Run a probe* of the first message: the form, or what it takes to get there."""
    try:
        return _open_blank(ctx, request)
    except NoSprintError:
        return Open(probe_needs_a_sprint(ctx.probes.sources))


def _invite(ctx: HandlerContext, request: Request) -> Answer:
    """Give the command line that reports the environment of another machine."""
    if ctx.remote is None:
        raise InputError(say("probe.no_public_url"))
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    probe_runs.require_probing(uow, request.user_id, sprint)
    command = ctx.remote.invite(uow.team_id, sprint.id, request.user_id, "environment", uow.now)
    uow.audit(
        sprint.id, request.user_id, AuditAction.INVITED, AuditSubject.PROBE, probe="environment"
    )
    return Ephemeral(say("probe.invite", command=command))


def _list(ctx: HandlerContext, request: Request) -> Answer:
    uow = ctx.reading
    now = _probe_now(uow, request)
    lines = [
        say(
            "probe.list_line",
            usage=_usage(offer),
            about=offer.about(),
        )
        for offer in ctx.probes.offers.values()
    ]
    lines.append(say("probe.kept_usage"))
    title = say("probe.list_title")
    rows = [blocks.section(Mrkdwn("\n".join([title, *lines])))]
    if ctx.probes.sources:
        rows.append(
            blocks.context(say("probe.list_sources", sources=", ".join(ctx.probes.sources)))
        )
    else:
        rows.append(blocks.context(say("probe.list_no_sources")))
    if ctx.probes.targets:
        rows.append(
            blocks.context(say("probe.list_targets", targets=", ".join(ctx.probes.targets)))
        )
    if any(offer.takes_template for offer in ctx.probes.offers.values()):
        rows.append(blocks.context(say("probe.list_templates", names=KNOWN_TEMPLATES)))
    if now:
        rows.append(blocks.context(say("probe.list_now", probe=now)))
    return Say(blocks.message(title, rows))


def _usage(offer: ProbeOffer) -> str:
    return f"{USAGE[offer.needs].format(name=offer.name)} {offer.usage()}".rstrip()


def _probe_now(uow: UnitOfWork, request: Request) -> str | None:
    try:
        sprint = sprint_meant(uow, request)
    except InputError:
        return None
    if sprint.status != SprintStatus.RUNNING:
        return None
    return uow.playbook.hour(int(gather(uow, sprint).hour)).probe


def from_prompt(ctx: HandlerContext, request: Request, sprint_id: int, hour: int) -> Answer:
    """Run the probe of an hour at once where nothing is left to choose, else open the form."""
    uow = ctx.reading
    name = uow.playbook.hour(hour).probe
    offer = ctx.probes.offers.get(name or "")
    if offer is None:
        return _open_form(ctx, f"{sprint_id}:{hour}", None)
    places = ctx.probes.targets if offer.needs == "target" else ctx.probes.sources
    certain = offer.needs == "nothing" or (offer.needs in ("source", "target") and len(places) == 1)
    if not certain:
        return _open_form(ctx, f"{sprint_id}:{hour}", offer.name)
    try:
        probe = PROBE_READERS[offer.needs](ctx, offer, places[:1])
    except InputError:
        return _open_form(ctx, f"{sprint_id}:{hour}", offer.name)
    uow = ctx.uow
    probe_runs.request_probe(uow, request.user_id, sprint_id, probe)
    answer_by_form(uow, request.user_id, sprint_id, hour, "probe")
    return Done()


def _open_form(ctx: HandlerContext, private: str, initial: str | None) -> Open:
    listed = [(offer.name, offer.title) for offer in ctx.probes.offers.values()]
    places = [*ctx.probes.sources, *ctx.probes.targets]
    if not listed:
        raise InputError(say("probe.off"))
    takes = "environment" in ctx.probes.offers
    return Open(
        probe_form(
            private,
            listed,
            places,
            initial,
            ctx.probes.stacks if takes else (),
            ctx.probes.registries if takes else (),
        )
    )


def _only_for(probe: str, text: str) -> AfterValidator:
    return rule(text, lambda option, info: not option or info.data["probe"] == probe)


@with_rules
@dataclass(frozen=True, slots=True)
class ChosenOptions:
    """What the form offers beside a place, each for one probe alone; empty where left open."""

    probe: str
    time: Annotated[str, _only_for("baseline", "probe.time_only_baseline")]
    stacks: Annotated[str, _only_for("environment", "probe.only_environment")]
    registry: Annotated[str, _only_for("environment", "probe.only_environment")]

    def words(self) -> list[str]:
        """Return the options as they are typed in a command.

        Raises:
            FormError: options of another probe.
        """
        check_form(self, ())
        given = {"time": self.time, "stacks": self.stacks, "registry": self.registry}
        return [f"{name}={option}" for name, option in given.items() if option]


def submit(ctx: HandlerContext, request: Request) -> Answer:
    """Run the probe that the form names.

    Raises:
        FormError: what was chosen or typed names no probe that can be run.
    """
    form = request.form
    name = form.one_of("probe", ctx.probes.offers)
    place = form.choice("source") or ""
    table = form.text("table")
    options = ChosenOptions(
        name, form.text("time"), ",".join(form.choices("stacks")), form.choice("registry") or ""
    )
    where = f"{place}.{table}" if table else place
    words = [where, form.text("target"), *options.words()]
    try:
        probe = read_probe(ctx, [name, *filter(None, words)])
    except InputError as refused:
        field = "target" if place and not form.text("target") else "source"
        raise FormError({field if place else "probe": refused.message}) from None
    uow = ctx.uow
    probe_runs.request_probe(
        uow,
        request.user_id,
        request.number(),
        probe,
    )
    hour = row_number(request.private.partition(":")[2])
    answer_by_form(uow, request.user_id, request.number(), hour, "probe")
    return Done()


def _answer(known: KnownWhen) -> Handler:
    """Return the handler of a button that says when columns become known."""

    def answer(ctx: HandlerContext, request: Request) -> Answer:
        again = probe_runs.answer_question(
            ctx.uow, request.user_id, request.number(), request.number(1), known
        )
        return Ephemeral(say("probe.answer_reruns" if again else "probe.answer_noted"))

    return answer


def choose_time(ctx: HandlerContext, request: Request) -> Answer:
    """Run a probe again in the order of the date that a button names."""
    numbers = (request.number(place) for place in range(3))
    probe_runs.choose_time(ctx.uow, request.user_id, *numbers)
    return Ephemeral(say("probe.answer_reruns"))


def to_blocker(ctx: HandlerContext, request: Request) -> Answer:
    """Open the blocker form with what a finding suggests, or log all that stop the team."""
    if request.value.endswith(f":{ALL}"):
        return _all_to_blockers(ctx, request)
    run, finding = probe_runs.finding_of(ctx.reading, request.number(), request.number(1))
    sprint_id = run.sprint_id
    suggestion = finding.get("suggestion") or {}
    initial = {
        "title": str(suggestion.get("title") or finding["sentence"]),
        "kind": str(suggestion.get("kind") or ""),
        "remedy": str(suggestion.get("remedy") or ""),
        "severity": str(finding["level"]),
    }
    return blockers.open_form(
        ctx,
        request,
        sprint_id,
        initial=initial,
        probe_run_id=run.id,
        finding_code=str(finding["code"]),
        finding_number=request.number(1),
    )


def _all_to_blockers(ctx: HandlerContext, request: Request) -> Answer:
    count = log_stopping(ctx.uow, request.user_id, request.number())
    key = "probe.blockers_made" if count else "probe.blockers_there"
    return Ephemeral(say(key, count=count))


def open_override(ctx: HandlerContext, request: Request) -> Answer:
    """Ask why a stopping finding does not stop the team."""
    run, _, sentence = overrides.require_overridable(
        ctx.reading, request.user_id, request.number(), request.number(1)
    )
    return Open(override_form(run.id, request.number(1), sentence))


def submit_override(ctx: HandlerContext, request: Request) -> Answer:
    """Note why a stopping finding does not stop the team."""
    uow = ctx.uow
    override = overrides.override_finding(
        uow, request.user_id, request.number(), request.number(1), request.form.text("why")
    )
    sprint = uow.sprint(override.sprint_id)
    renew_dossiers(uow, sprint, override)
    refresh_debrief(uow, sprint)
    return Done()


def open_acceptance(ctx: HandlerContext, request: Request) -> Answer:
    """Open the form with which somebody accepts a duty of the governance check."""
    if not ctx.probes.duties:
        raise InputError(say("probe.off"))
    uow = ctx.uow
    sprint = sprint_meant(uow, request)
    probe_runs.require_probing(uow, request.user_id, sprint)
    listed = [
        (f"{section}.{key}", f"{say_plain(f'acceptance.section_{section}')}: {asks}")
        for section, key, asks in ctx.probes.duties
    ]
    return Open(acceptance_form(str(sprint.id), listed))


def submit_acceptance(ctx: HandlerContext, request: Request) -> Answer:
    """Note what somebody accepted.

    Raises:
        FormError: each field that can't be taken, with its reason.
    """
    form = request.form
    known = {f"{section}.{key}": (section, key) for section, key, _ in ctx.probes.duties}
    section, duty = known.get(form.choice("duty") or "", ("", ""))
    typed = AcceptanceForm(section, duty, form.text("says"), form.text("proof"))
    accept(ctx.uow, request.user_id, request.number(), typed)
    return Done()


COMMANDS: Final[dict[str, Handler]] = {"/probe": in_sprint(on_command)}
ACTIONS: Final[dict[str, Handler]] = {
    Act.WELCOME_PROBE: asks(Action.READ, nothing, open_first),
    Act.PROBE_CANCEL: acts(probe_runs.cancel_probe),
    Act.PROBE_KNOWN: _answer(KnownWhen.IN_TIME),
    Act.PROBE_LATER: _answer(KnownWhen.LATER),
    Act.PROBE_TIME: choose_time,
    Act.FINDING_TO_BLOCKER: to_blocker,
    Act.PROBE_SHOW_ALL: shows(probe_runs.show_findings),
    Act.FINDING_OVERRIDE: open_override,
}
VIEWS: Final[dict[str, Handler]] = {
    ViewId.PROBE: submit,
    ViewId.FINDING_OVERRIDE: submit_override,
    ViewId.ACCEPTANCE: submit_acceptance,
}
