"""A probe as it is typed after `/probe`, or put together by its form."""

from __future__ import annotations

from typing import Final

from bot.domain.errors import InputError
from bot.domain.vocabulary import UseCase
from bot.messages.catalog import say, say_plain
from bot.probe_runs.service import Probe
from bot.slack.text import Mrkdwn, typed
from handlers.context import HandlerContext, ProbeOffer

TEMPLATE: Final = "template"
TEMPLATES: Final = tuple(one.value for one in UseCase if one is not UseCase.OTHER)
KNOWN_TEMPLATES: Final = typed(TEMPLATES)


def read_probe(ctx: HandlerContext, words: list[str]) -> Probe:
    """Read what was typed after `/probe`.

    Raises:
        InputError: the probe, the source or the column is missing or unknown.
    """
    name = words[0].lower()
    offer = ctx.probes.offers.get(name)
    if offer is None:
        names = typed(ctx.probes.offers)
        raise InputError(say("probe.unknown", name=name[:40], names=names))
    return PROBE_READERS[offer.needs](ctx, offer, words[1:])


def _place(places: list[str], given: str) -> tuple[str, str | None]:
    """Split `SOURCE.TABLE`; only names an administrator gave are taken."""
    source, _, table = given.partition(".")
    known = given if given in places else source
    if known not in places:
        named = ", ".join(places) or say_plain("probe.no_sources")
        raise InputError(say("probe.unknown_source", name=given[:80], sources=named))
    return known, (table or None) if known == source else None


def _of_source(ctx: HandlerContext, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = ctx.probes.sources
    if not rest:
        raise InputError(_missing_source(offer, places))
    source, table = _place(places, rest[0])
    words, template = _template(rest[1:]) if offer.takes_template else (rest[1:], None)
    words, time = _time(words) if "time" in offer.options else (words, None)
    target = " ".join(words) or None
    if offer.name == "baseline" and not (target or template or ctx.probes.has_target(source)):
        raise InputError(say("probe.needs_target", probe=offer.name, source=rest[0]))
    named = {"use_case": template, "time": time}
    options = {key: value for key, value in named.items() if value} or None
    return Probe(offer.name, offer.phase, source, table, target, options)


def _time(words: list[str]) -> tuple[list[str], str | None]:
    """Part `time=created_at` or `--time created_at` from the other words.

    Raises:
        InputError: no column is named there.
    """
    for place, word in enumerate(words):
        key, joined, named = word.partition("=")
        if key.lower() not in ("time", "--time") or not (joined or key.startswith("--")):
            continue
        after = words[place + 1 :]
        column = named if joined else "".join(after[:1])
        if not column:
            raise InputError(say("probe.needs_time"))
        return [*words[:place], *after[0 if joined else 1 :]], column
    return words, None


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
            raise InputError(say(_NO_TEMPLATE[bool(given)], name=given[:40], names=KNOWN_TEMPLATES))
        return [*words[:place], *after[0 if joined else 1 :]], given.lower()
    return words, None


_NO_TEMPLATE: Final = {False: "probe.needs_template", True: "probe.unknown_template"}


def _missing_source(offer: ProbeOffer, places: list[str]) -> Mrkdwn:
    example = places[0] if places else "billing"
    named = ", ".join(places) or say_plain("probe.no_sources")
    return say("probe.needs_source", probe=offer.name, example=example, sources=named)


def _of_two(ctx: HandlerContext, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = ctx.probes.sources
    if len(rest) < 2:
        example = places[0] if places else "billing.customers"
        raise InputError(say("probe.needs_two", example=example))
    source, table = _place(places, rest[0])
    _place(places, rest[1])
    return Probe(offer.name, offer.phase, source, table, options={"other": rest[1]})


def _of_target(ctx: HandlerContext, offer: ProbeOffer, rest: list[str]) -> Probe:
    places = ctx.probes.targets
    if not rest:
        raise InputError(_missing_source(offer, places))
    source, _ = _place(places, rest[0])
    return Probe(offer.name, offer.phase, source)


def _of_nothing(ctx: HandlerContext, offer: ProbeOffer, rest: list[str]) -> Probe:
    if rest and not offer.options:
        raise InputError(say("probe.takes_nothing", probe=offer.name))
    return Probe(offer.name, offer.phase, options=_options(ctx, offer, rest) or None)


def _options(ctx: HandlerContext, offer: ProbeOffer, words: list[str]) -> dict[str, str]:
    """Read `stacks=r,java registry=HOST/PATH`.

    Raises:
        InputError: a word is something else, or names nothing that is known here.
    """
    options: dict[str, str] = {}
    for word in words:
        key, _, value = word.lstrip("-").partition("=")
        name = key.lower()
        if name not in offer.options:
            usage = offer.usage() or " ".join(f"[{each}=…]" for each in offer.options)
            raise InputError(say("probe.takes_options", probe=offer.name, usage=usage))
        options[name] = _CHECKED.get(name, _as_typed)(ctx, value)
    return options


def _as_typed(_ctx: HandlerContext, value: str) -> str:
    return value


def _stacks(ctx: HandlerContext, value: str) -> str:
    named = [one.strip().lower() for one in value.split(",") if one.strip()]
    names = typed(ctx.probes.stacks)
    if not named:
        raise InputError(say("probe.needs_stacks", names=names))
    unknown = next((one for one in named if one not in ctx.probes.stacks), None)
    if unknown is not None:
        raise InputError(say("probe.unknown_stack", name=unknown[:40], names=names))
    return ",".join(named)


def _registry(ctx: HandlerContext, value: str) -> str:
    if value not in ctx.probes.registries:
        names = ", ".join(ctx.probes.registries) or say_plain("probe.no_sources")
        raise InputError(say("probe.unknown_registry", name=value[:80], names=names))
    return value


_CHECKED: Final = {"stacks": _stacks, "registry": _registry}
"""Options whose values an administrator or the environment probe knows."""


PROBE_READERS: Final = {
    "source": _of_source,
    "two sources": _of_two,
    "target": _of_target,
    "nothing": _of_nothing,
}
