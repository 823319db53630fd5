"""The rules between a playbook's fields: hours without gaps, phases that touch, no word missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final, get_args

from bot.domain.vocabulary import (
    Category,
    Criterion,
    Kind,
    Path,
    PathFamily,
    Remedy,
    Resolution,
    Role,
    Severity,
    ShouldDoAI,
    Subject,
    TimelineBand,
    UseCase,
)
from bot.playbook.fields import ButtonKey, QuestionKey
from bot.playbook.model import Playbook
from bot.playbook.prior_model import PhasePrior
from bot.playbook.source import Place
from bot.playbook.texts import say

Fault = tuple[Place, str]


def broken_rules(playbook: Playbook) -> Iterator[Fault]:
    """Yield every rule a playbook breaks: the place, and what is wrong there."""
    for rule in RULES:
        yield from rule(playbook)


def _hours_run_from_zero_to_length(playbook: Playbook) -> Iterator[Fault]:
    seen: dict[int, int] = {}
    for at, entry in enumerate(playbook.hours):
        if entry.hour in seen:
            yield ("hours", at, "hour"), say("hour_repeated", hour=entry.hour)
        elif entry.hour > playbook.length:
            yield (
                ("hours", at, "hour"),
                say("hour_after_end", hour=entry.hour, length=playbook.length),
            )
        seen.setdefault(entry.hour, at)
    missing = [str(hour) for hour in range(playbook.length + 1) if hour not in seen]
    if missing:
        yield ("hours",), say("count_words_missing", count=_count("hour", missing))


def _phases_touch(playbook: Playbook) -> Iterator[Fault]:
    at_hour = 0
    for at, phase in enumerate(playbook.phases):
        if phase.start != at_hour:
            gap = say("leaves_gap_after") if phase.start > at_hour else say("overlaps_with")
            fault = say("phase_start_wrong", start=phase.start, gap=gap, at_hour=at_hour)
            yield ("phases", at, "start"), fault
        if phase.end <= phase.start:
            yield ("phases", at, "end"), say("must_after_start", start=phase.start)
        at_hour = phase.end
    if at_hour != playbook.length:
        last = len(playbook.phases) - 1
        fault = say("last_phase_ends_wrong", at_hour=at_hour, length=playbook.length)
        yield ("phases", last, "end"), fault


def _keys_are_unique(playbook: Playbook) -> Iterator[Fault]:
    yield from _doubles(("phases",), [phase.key for phase in playbook.phases])
    for at, phase in enumerate(playbook.phases):
        yield from _doubles(("phases", at, "scenarios"), [each.key for each in phase.scenarios])
    for at, question in enumerate(playbook.questions):
        yield from _doubles(("questions", at, "options"), [each.key for each in question.options])
    for at, hour in enumerate(playbook.hours):
        for key in {key for key in hour.buttons if hour.buttons.count(key) > 1}:
            yield ("hours", at, "buttons"), say("names_button_twice", name=key)


def _every_key_has_words(playbook: Playbook) -> Iterator[Fault]:
    for name, wanted in COMPLETE.items():
        found = [str(part.key) for part in getattr(playbook, name)]
        yield from _doubles((name,), found)
        missing = [str(key) for key in wanted if str(key) not in found]
        if missing:
            yield (name,), say("words_missing", missing=", ".join(missing))


def _a_probe_button_has_a_probe(playbook: Playbook) -> Iterator[Fault]:
    for at, hour in enumerate(playbook.hours):
        if "probe" in hour.buttons and hour.probe is None:
            yield ("hours", at, "buttons"), say("probe_unnamed")


def _questions_offer_what_the_verdict_answers(playbook: Playbook) -> Iterator[Fault]:
    for at, question in enumerate(playbook.questions):
        wanted = ANSWERS.get(question.key, ())
        missing = [key for key in wanted if key not in {option.key for option in question.options}]
        if missing:
            fault = say("lacks_answers", missing=", ".join(missing))
            yield ("questions", at, "options"), fault


def _timelines_grow(playbook: Playbook) -> Iterator[Fault]:
    before = 0
    for at, timeline in enumerate(playbook.timelines):
        last = at == len(playbook.timelines) - 1
        if last != (timeline.up_to_days is None):
            fault = say("must_left_out") if last else say("length_missing")
            yield ("timelines", at, "up_to_days"), fault
        elif timeline.up_to_days is not None and timeline.up_to_days <= before:
            yield ("timelines", at, "up_to_days"), say("days_too_few", before=before)
        before = timeline.up_to_days or before


def _shares_make_a_whole(playbook: Playbook) -> Iterator[Fault]:
    total = sum(path.share_percent for path in playbook.paths)
    if total != 100:
        yield ("paths",), say("company_shares_wrong", total=total)


def _days_rise(playbook: Playbook) -> Iterator[Fault]:
    if list(playbook.follow_up_days) != sorted(set(playbook.follow_up_days)):
        yield ("follow_up_days",), say("days_not_rising")


def _doubles(place: Place, keys: list[str]) -> Iterator[Fault]:
    for at, key in enumerate(keys):
        if key in keys[:at]:
            yield (*place, at, "key"), say("stands_here_second_time", name=key)


def _count(noun: str, items: list[str]) -> str:
    shown = ", ".join(items[:6])
    if len(items) > 6:
        shown += say("and_more", number=len(items) - 6)
    return f"{noun}{'s' if len(items) > 1 else ''} {shown}"


COMPLETE: Final[dict[str, type[StrEnum] | tuple[str, ...]]] = {
    "categories": Category,
    "kinds": Kind,
    "remedies": Remedy,
    "severities": Severity,
    "resolutions": Resolution,
    "roles": Role,
    "criteria": Criterion,
    "use_cases": UseCase,
    "subjects": Subject,
    "paths": Path,
    "timelines": TimelineBand,
    "buttons": get_args(ButtonKey),
    "questions": get_args(QuestionKey),
}
"""What a playbook must have words for, because the verdict and the rows speak of it."""

ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "unlimited_resources": ("yes", "no"),
    "critical_path": (*PathFamily, "none"),
    "timeline": tuple(TimelineBand),
    "should_do_ai": tuple(ShouldDoAI),
}


WHOLE: Final = 100.0


def _priors_fit(playbook: Playbook) -> Iterator[Fault]:
    """Yield what is wrong with the priors; nothing where there are none."""
    if playbook.priors is None:
        return
    yield from _known_sources(playbook)
    scenarios = {
        phase.key: [scenario.key for scenario in phase.scenarios] for phase in playbook.phases
    }
    shares: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for at, prior in enumerate(playbook.priors.phases):
        place = ("priors", "phases", at)
        shares[prior.phase] += float(prior.percent)
        first.setdefault(prior.phase, at)
        yield from _fits(place, prior, scenarios)
    for phase, share in shares.items():
        if abs(share - WHOLE) > 0.01:
            fault = say("phase_shares_wrong", phase=phase, share=share)
            yield ("priors", "phases", first[phase], "percent"), fault


def _fits(place: Place, prior: PhasePrior, scenarios: dict[str, list[str]]) -> Iterator[Fault]:
    if prior.phase not in scenarios:
        yield (*place, "phase"), say("phase", phase=prior.phase, scenarios=", ".join(scenarios))
    elif prior.scenario not in scenarios[prior.phase]:
        known = ", ".join(scenarios[prior.phase])
        yield (*place, "scenario"), say("none", scenario=prior.scenario, known=known)
    if prior.days and list(prior.days) != sorted(prior.days):
        yield (*place, "days"), say("estimates_out_of_order")


def _known_sources(playbook: Playbook) -> Iterator[Fault]:
    priors = playbook.priors
    if priors is None:
        return
    known = {source.key for source in priors.sources}
    cited: list[tuple[Place, tuple[str, ...]]] = [
        (("priors", "quotes", "sources"), priors.quotes.sources)
    ]
    cited += [
        (("priors", "phases", at, "sources"), p.sources) for at, p in enumerate(priors.phases)
    ]
    for place, keys in cited:
        for key in keys:
            if key not in known:
                yield place, say("source", name=key, known=", ".join(sorted(known)))


RULES: Final[tuple[Callable[[Playbook], Iterator[Fault]], ...]] = (
    _priors_fit,
    _hours_run_from_zero_to_length,
    _phases_touch,
    _keys_are_unique,
    _every_key_has_words,
    _a_probe_button_has_a_probe,
    _questions_offer_what_the_verdict_answers,
    _timelines_grow,
    _shares_make_a_whole,
    _days_rise,
)
