"""The words: Jinja2 templates in `texts/<language>/*.yaml`, one key a sentence, said in two ways.

`say` gives mrkdwn: whatever a fact brings is escaped on its way in. `say_plain` gives text for
plain-text fields, where nothing is markup.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template

from bot.slack.text import Mrkdwn, clean, escape
from bot.texts import FALLBACK, TRANSLATIONS, language, read

TEXTS: Final = TRANSLATIONS / FALLBACK
SAYINGS_KEPT: Final = 4_000
"""Sayings that are remembered, so that many sprints of one hour do not fill in the same words."""


def plural(count: float, one: str, many: str | None = None) -> str:
    """Return `1 blocker`, `3 blockers` or `12,500 blockers`."""
    shown = f"{count:,.0f}" if count == round(count) else f"{count:g}"
    return f"{shown} {one}" if count == 1 else f"{shown} {many or one + 's'}"


def hours(value: float) -> str:
    """Return a number of hours as people say it, for example `1.5 h` or `12 min`."""
    minutes = round(value * 60)
    return f"{minutes or 1} min" if value > 0 and minutes < 60 else f"{round(value, 1):g} h"


def age(value: float) -> str:
    """Return how long something has stood, in hours given, as coarse as people would say it."""
    if value < _WHOLE_HOURS:
        return hours(value)
    return f"{round(value)} h" if value < _IN_DAYS else plural(round(value / 24), "day")


_WHOLE_HOURS: Final = 10
"""From here on a tenth of an hour says nothing."""
_IN_DAYS: Final = 48
FILTERS: Final = {"plural": plural, "hours": hours, "age": age}


def _environment(finalize: Any) -> Environment:
    environment = Environment(  # noqa: S701 - Slack is no HTML; `finalize` escapes every fact
        undefined=StrictUndefined, finalize=finalize, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(FILTERS)
    return environment


@cache
def _sources(into: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(TEXTS.glob("*.yaml")):
        for key, text in read(file, into).items():
            found[f"{file.stem}.{key}"] = str(text).strip()
    return found


@cache
def _template(key: str, into: str, *, marked_up: bool) -> Template:
    finalize = escape if marked_up else (lambda fact: clean(str(fact)))
    return _environment(finalize).from_string(_sources(into)[key])


def say(key: str, **facts: Any) -> Mrkdwn:
    """Return the words under `key` as mrkdwn, with every fact escaped.

    Args:
        key: the template's file and name, for example `blocker.logged`.
        facts: what the template names; `Mrkdwn` values (mentions, links, moments) pass unescaped.

    Raises:
        KeyError: there are no such words.
        jinja2.UndefinedError: the template names a fact that is not given.
    """
    return Mrkdwn(_said(key, facts, marked_up=True))


def say_plain(key: str, **facts: Any) -> str:
    """Return the words under `key` for a plain-text field; see `say`."""
    return _said(key, facts, marked_up=False)


def _said(key: str, facts: dict[str, Any], *, marked_up: bool) -> str:
    try:
        return _remembered(key, marked_up, language(), **facts)
    except TypeError:  # a list among the facts cannot be remembered by
        return _template(key, language(), marked_up=marked_up).render(**facts)


@lru_cache(maxsize=SAYINGS_KEPT, typed=True)
def _remembered(key: str, marked_up: bool, into: str, /, **facts: Any) -> str:  # noqa: FBT001  (every name is left to the facts)
    """Fill in a template; typed, since `Mrkdwn` and plain text of equal letters differ."""
    return _template(key, into, marked_up=marked_up).render(**facts)
