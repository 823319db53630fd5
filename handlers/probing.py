"""`/probe`: what can be probed here and now, and the runs that are asked for."""

from __future__ import annotations

import shlex
from typing import Final

from bot.slack import blocks
from bot.slack.cards.probe_card import probe_form
from bot.slack.ids import Act, View
from bot.slack.text import Mrkdwn
from bot.slack.words import say, say_plain
from bot.sprint.errors import FormError, InputError
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import UseCase
from bot.usecases import probing
from bot.usecases.facts import gather
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.probing import Probe
from bot.usecases.which import sprint_here
from handlers import blockers
from handlers.desk import Desk, Handler, ProbeOffer
from handlers.request import Done, Open, Outcome, Request, Say

USAGE: Final = {
    "source": "{name} SOURCE[.TABLE]",
    "two sources": "{name} A.TABLE B.TABLE",
    "target": "{name} TARGET",
    "nothing": "{name}",
}
_MORE_USAGE: Final = {
    "baseline": " [COLUMN] [template NAME]",
    "environment": " [remote]",
}
TEMPLATE: Final = "template"
TEMPLATED: Final = frozenset({"baseline", "quality"})
TEMPLATES: Final = tuple(one.value for one in UseCase if one is not UseCase.OTHER)


def on_command(desk: Desk, request: Request) -> Outcome:
    """List what can be probed, or run a probe."""
    words = _words(request.text)
    if not words or words[0].lower() in ("list", "help"):
        return _list(desk, request)
    if [word.lower() for word in words] == ["environment", "remote"]:
        return _invite(desk, request)
    probe = _read(desk, words)
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        sprint = sprint_here(unit, request.channel_id, request.user_id)
        probing.request_probe(unit, request.user_id, sprint.id, probe, receipt=request.receipt)
    return Say(blocks.message(say("probe.started")))


def _invite(desk: Desk, request: Request) -> Outcome:
    """Give the command line that reports the environment of another machine."""
    if desk.remote is None:
        raise InputError(say("probe.no_public_url"))
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        sprint = sprint_here(unit, request.channel_id, request.user_id)
        probing.require_probing(unit, request.user_id, sprint)
        command = desk.remote.invite(
            unit.team_id, sprint.id, request.user_id, "environment", unit.now
        )
        unit.audit(sprint.id, request.user_id, "invited", "probe", probe="environment")
    return Say(blocks.message(say("probe.invite", command=command)))


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _list(desk: Desk, request: Request) -> Outcome:
    with desk.house.reading(request.team_id) as unit:
        require(unit, request.user_id, Action.READ)
        now = _probe_now(unit, request)
    lines = [
        say(
            "probe.list_line",
            usage=_usage(offer),
            about=offer.about,
        )
        for offer in desk.probes.offers.values()
    ]
    title = say("probe.list_title")
    rows = [blocks.section(Mrkdwn("\n".join([title, *lines])))]
    if desk.probes.sources:
        rows.append(
            blocks.context(say("probe.list_sources", sources=", ".join(desk.probes.sources)))
        )
    else:
        rows.append(blocks.context(say("probe.list_no_sources")))
    if desk.probes.targets:
        rows.append(
            blocks.context(say("probe.list_targets", targets=", ".join(desk.probes.targets)))
        )
    if TEMPLATED & set(desk.probes.offers):
        rows.append(blocks.context(say("probe.list_templates", names=_KNOWN)))
    if now:
        rows.append(blocks.context(say("probe.list_now", probe=now)))
    return Say(blocks.message(title, rows))


def _usage(offer: ProbeOffer) -> str:
    usage = USAGE[offer.needs].format(name=offer.name)
    return usage + _MORE_USAGE.get(offer.name, "")


def _probe_now(unit: Unit, request: Request) -> str | None:
    try:
        sprint = sprint_here(unit, request.channel_id, request.user_id)
    except InputError:
        return None
    if sprint.status != "running":
        return None
    return unit.playbook.hour(int(gather(unit, sprint).hour)).probe


def _read(desk: Desk, words: list[str]) -> Probe:
    """Read what was typed after `/probe`.

    Raises:
        InputError: the probe, the source or the column is missing or unknown.
    """
    name = words[0].lower()
    offer = desk.probes.offers.get(name)
    if offer is None:
        names = ", ".join(desk.probes.offers)
        raise InputError(say("probe.unknown", name=name[:40], names=names))
    return PROBE_READERS[offer.needs](desk, offer, words[1:])


def _place(places: list[str], given: str) -> tuple[str, str | None]:
    """Split `SOURCE.TABLE`; only names an administrator gave are taken."""
    source, _, table = given.partition(".")
    known = given if given in places else source
    if known not in places:
        named = ", ".join(places) or say_plain("probe.no_sources")
        raise InputError(say("probe.unknown_source", name=given[:80], sources=named))
    return known, (table or None) if known == source else None


def _of_source(desk: Desk, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = desk.probes.sources
    if not rest:
        raise InputError(_missing_source(offer, places))
    source, table = _place(places, rest[0])
    words, template = _template(rest[1:]) if offer.name in TEMPLATED else (rest[1:], None)
    target = " ".join(words) or None
    if offer.name == "baseline" and not (target or template or desk.probes.has_target(source)):
        raise InputError(say("probe.needs_target", probe=offer.name, source=rest[0]))
    options = {"use_case": template} if template else None
    return Probe(offer.name, offer.phase, source, table, target, options)


def _template(words: list[str]) -> tuple[list[str], str | None]:
    """Part `template churn`, `template=churn` or `--template churn` from the other words.

    Raises:
        InputError: no template is named there, or none that is known.
    """
    for place, word in enumerate(words):
        key, joined, named = word.lstrip("-").partition("=")
        if key.rstrip(":").lower() != TEMPLATE:
            continue
        after = words[place + 1 :]
        given = named if joined else "".join(after[:1])
        if given.lower() not in TEMPLATES:
            raise InputError(say(_NO_TEMPLATE[bool(given)], name=given[:40], names=_KNOWN))
        return [*words[:place], *after[0 if joined else 1 :]], given.lower()
    return words, None


_NO_TEMPLATE: Final = {False: "probe.needs_template", True: "probe.unknown_template"}
_KNOWN: Final = ", ".join(TEMPLATES)


def _missing_source(offer: ProbeOffer, places: list[str]) -> Mrkdwn:
    example = places[0] if places else "billing"
    named = ", ".join(places) or say_plain("probe.no_sources")
    return say("probe.needs_source", probe=offer.name, example=example, sources=named)


def _of_two(desk: Desk, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = desk.probes.sources
    if len(rest) < 2:
        example = places[0] if places else "billing.customers"
        raise InputError(say("probe.needs_two", example=example))
    source, table = _place(places, rest[0])
    _place(places, rest[1])
    return Probe(offer.name, offer.phase, source, table, options={"other": rest[1]})


def _of_target(desk: Desk, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = desk.probes.targets
    if not rest:
        raise InputError(_missing_source(offer, places))
    source, _ = _place(places, rest[0])
    return Probe(offer.name, offer.phase, source)


def _of_nothing(_desk: Desk, offer: ProbeOffer, rest: list[str]) -> Probe:
    if rest:
        raise InputError(say("probe.takes_nothing", probe=offer.name))
    return Probe(offer.name, offer.phase)


PROBE_READERS: Final = {
    "source": _of_source,
    "two sources": _of_two,
    "target": _of_target,
    "nothing": _of_nothing,
}


def from_prompt(desk: Desk, request: Request, sprint_id: int, hour: int) -> Outcome:
    """Run the probe of an hour at once where nothing is left to choose, else open the form."""
    with desk.house.reading(request.team_id) as unit:
        name = unit.playbook.hour(hour).probe
    offer = desk.probes.offers.get(name or "")
    if offer is None:
        return _open_form(desk, sprint_id, None)
    places = desk.probes.targets if offer.needs == "target" else desk.probes.sources
    certain = offer.needs == "nothing" or (offer.needs in ("source", "target") and len(places) == 1)
    if not certain:
        return _open_form(desk, sprint_id, offer.name)
    try:
        probe = PROBE_READERS[offer.needs](desk, offer, places[:1])
    except InputError:
        return _open_form(desk, sprint_id, offer.name)
    with desk.house.unit(request.team_id) as unit:
        probing.request_probe(unit, request.user_id, sprint_id, probe)
    return Done()


def _open_form(desk: Desk, sprint_id: int, initial: str | None) -> Open:
    listed = [(offer.name, offer.title) for offer in desk.probes.offers.values()]
    places = [*desk.probes.sources, *desk.probes.targets]
    if not listed:
        raise InputError(say("probe.off"))
    return Open(probe_form(sprint_id, listed, places, initial))


def submit(desk: Desk, request: Request) -> Outcome:
    """Run the probe that the form names.

    Raises:
        FormError: what was chosen or typed names no probe that can be run.
    """
    form = request.form
    name = form.choice("probe") or ""
    if name not in desk.probes.offers:
        raise FormError({"probe": say_plain("blocker.unknown_choice")})
    place = form.choice("source") or ""
    table = form.text("table")
    words = [f"{place}.{table}" if table else place, form.text("target")]
    try:
        probe = _read(desk, [name, *filter(None, words)])
    except InputError as refused:
        field = "target" if place and not form.text("target") else "source"
        raise FormError({field if place else "probe": refused.message}) from None
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        probing.request_probe(
            unit, request.user_id, request.number(), probe, receipt=request.receipt
        )
    return Done()


def on_cancel(desk: Desk, request: Request) -> Outcome:
    """Stop a probe."""
    with desk.house.unit(request.team_id) as unit:
        unit.meet(request.user_id, request.user_name)
        probing.cancel_probe(unit, request.user_id, request.number())
    return Done()


def to_blocker(desk: Desk, request: Request) -> Outcome:
    """Open the blocker form with what a finding suggests."""
    with desk.house.unit(request.team_id) as unit:
        run, finding = probing.finding_of(unit, request.number(), request.number(1))
        sprint_id = run.sprint_id
    suggestion = finding.get("suggestion") or {}
    initial = {
        "title": str(suggestion.get("title") or finding["sentence"]),
        "kind": str(suggestion.get("kind") or ""),
        "remedy": str(suggestion.get("remedy") or ""),
        "severity": str(finding["level"]),
    }
    return blockers.open_form(
        desk,
        request,
        sprint_id,
        initial=initial,
        probe_run_id=run.id,
        finding_code=str(finding["code"]),
    )


COMMANDS: Final[dict[str, Handler]] = {"/probe": on_command}
ACTIONS: Final[dict[str, Handler]] = {
    Act.PROBE_CANCEL: on_cancel,
    Act.FINDING_TO_BLOCKER: to_blocker,
}
VIEWS: Final[dict[str, Handler]] = {View.PROBE: submit}
