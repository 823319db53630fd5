"""The rules between a playbook's fields: hours without gaps, phases that touch, no word missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final, get_args

from bot.domain.vocabulary import (
    Category,
    Criterion,
    Family,
    Kind,
    Path,
    Remedy,
    Resolution,
    Role,
    Severity,
    ShouldDoAI,
    Subject,
    Timeline,
    UseCase,
)
from bot.playbook.model import ButtonKey, Playbook, QuestionKey
from bot.playbook.prior_rules import priors_fit
from bot.playbook.source import Place

Fault = tuple[Place, str]


def broken_rules(playbook: Playbook) -> Iterator[Fault]:
    """Yield every rule a playbook breaks: the place, and what is wrong there."""
    for rule in RULES:
        yield from rule(playbook)


def _hours_run_from_zero_to_length(playbook: Playbook) -> Iterator[Fault]:
    seen: dict[int, int] = {}
    for at, entry in enumerate(playbook.hours):
        if entry.hour in seen:
            yield ("hours", at, "hour"), f"hour {entry.hour} stands here a second time"
        elif entry.hour > playbook.length:
            yield ("hours", at, "hour"), f"hour {entry.hour} is after the end ({playbook.length})"
        seen.setdefault(entry.hour, at)
    missing = [str(hour) for hour in range(playbook.length + 1) if hour not in seen]
    if missing:
        yield ("hours",), f"has no words for {_count('hour', missing)}; add an entry for each"


def _phases_touch(playbook: Playbook) -> Iterator[Fault]:
    at_hour = 0
    for at, phase in enumerate(playbook.phases):
        if phase.start != at_hour:
            gap = "leaves a gap after" if phase.start > at_hour else "overlaps"
            fault = f"starts at {phase.start} and {gap} hour {at_hour}, where it must start"
            yield ("phases", at, "start"), fault
        if phase.end <= phase.start:
            yield ("phases", at, "end"), f"must be after its start, {phase.start}"
        at_hour = phase.end
    if at_hour != playbook.length:
        last = len(playbook.phases) - 1
        fault = f"the last phase ends at {at_hour}, the sprint at {playbook.length}"
        yield ("phases", last, "end"), fault


def _keys_are_unique(playbook: Playbook) -> Iterator[Fault]:
    yield from _doubles(("phases",), [phase.key for phase in playbook.phases])
    for at, phase in enumerate(playbook.phases):
        yield from _doubles(("phases", at, "scenarios"), [each.key for each in phase.scenarios])
    for at, question in enumerate(playbook.questions):
        yield from _doubles(("questions", at, "options"), [each.key for each in question.options])
    for at, hour in enumerate(playbook.hours):
        for key in {key for key in hour.buttons if hour.buttons.count(key) > 1}:
            yield ("hours", at, "buttons"), f"names the button '{key}' twice"


def _every_key_has_words(playbook: Playbook) -> Iterator[Fault]:
    for name, wanted in COMPLETE.items():
        found = [str(part.key) for part in getattr(playbook, name)]
        yield from _doubles((name,), found)
        missing = [str(key) for key in wanted if str(key) not in found]
        if missing:
            yield (name,), f"has no words for {', '.join(missing)}; add an entry for each"


def _a_probe_button_has_a_probe(playbook: Playbook) -> Iterator[Fault]:
    for at, hour in enumerate(playbook.hours):
        if "probe" in hour.buttons and hour.probe is None:
            yield ("hours", at, "buttons"), "has the probe button, so `probe` must name one"


def _questions_offer_what_the_verdict_answers(playbook: Playbook) -> Iterator[Fault]:
    for at, question in enumerate(playbook.questions):
        wanted = ANSWERS.get(question.key, ())
        missing = [key for key in wanted if key not in {option.key for option in question.options}]
        if missing:
            fault = f"lacks the answers {', '.join(missing)}"
            yield ("questions", at, "options"), fault


def _timelines_grow(playbook: Playbook) -> Iterator[Fault]:
    before = 0
    for at, timeline in enumerate(playbook.timelines):
        last = at == len(playbook.timelines) - 1
        if last != (timeline.up_to_days is None):
            fault = "must be left out" if last else "is missing; only the longest goes without"
            yield ("timelines", at, "up_to_days"), fault
        elif timeline.up_to_days is not None and timeline.up_to_days <= before:
            yield ("timelines", at, "up_to_days"), f"must be more than the {before} days before it"
        before = timeline.up_to_days or before


def _shares_make_a_whole(playbook: Playbook) -> Iterator[Fault]:
    total = sum(path.share_percent for path in playbook.paths)
    if total != 100:
        yield ("paths",), f"the shares of companies add up to {total} percent, not 100"


def _days_rise(playbook: Playbook) -> Iterator[Fault]:
    if list(playbook.follow_up_days) != sorted(set(playbook.follow_up_days)):
        yield ("follow_up_days",), "must rise, each day once"


def _doubles(place: Place, keys: list[str]) -> Iterator[Fault]:
    for at, key in enumerate(keys):
        if key in keys[:at]:
            yield (*place, at, "key"), f"'{key}' stands here a second time"


def _count(noun: str, items: list[str]) -> str:
    shown = ", ".join(items[:6]) + (f" and {len(items) - 6} more" if len(items) > 6 else "")
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
    "timelines": Timeline,
    "buttons": get_args(ButtonKey),
    "questions": get_args(QuestionKey),
}
"""What a playbook must have words for, because the verdict and the rows speak of it."""

ANSWERS: Final[dict[str, tuple[str, ...]]] = {
    "unlimited_resources": ("yes", "no"),
    "critical_path": (*Family, "none"),
    "timeline": tuple(Timeline),
    "should_do_ai": tuple(ShouldDoAI),
}

RULES: Final[tuple[Callable[[Playbook], Iterator[Fault]], ...]] = (
    priors_fit,
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
